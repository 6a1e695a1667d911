//! The cube against the plain sum over all counters.

use super::file::Kept;
use super::*;
use crate::domain::access::Clause;
use crate::domain::cell::cells_near;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::metrics::contribution::{Bin, Deltas};
use h3o::LatLng;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const MEASURES: [Measure; 5] = [
    Measure::Reported,
    Measure::Closed,
    Measure::Open,
    Measure::OpenOverdue,
    Measure::CloseTime(12),
];
const PATHS: [&str; 6] = ["", "d/", "d/s1/", "d/s1/g1/", "d/s1/g2/", "d/s2/g3/"];

fn department(n: u8) -> Option<DepartmentCode> {
    (n < 3).then(|| DepartmentCode::parse(&format!("dep-{n}")).unwrap())
}

fn category(n: u8) -> CategoryCode {
    CategoryCode::parse(&format!("c-{n}")).unwrap()
}

fn cell(n: u8) -> u64 {
    let (east, north) = (f64::from(n % 16) * 0.003, f64::from(n / 16) * 0.003);
    LatLng::new(34.75 + north, 113.66 + east).unwrap().to_cell(ROLLUP_RESOLUTION).into()
}

fn a_key() -> impl Strategy<Value = Key> {
    let kind = prop::sample::select(&Kind::ALL[..]);
    let path = prop::sample::select(&PATHS[..]);
    let measure = prop::sample::select(&MEASURES[..]);
    (-3_i32..30, path, any::<u8>(), kind, 0_u8..4, 0_u8..4, measure).prop_map(
        |(day, path, at, kind, own, lead, measure)| {
            let bin = Bin {
                path: path.to_owned(),
                cell: cell(at),
                kind,
                category: category(own),
                department: department(lead),
            };
            Key { day: Day(day), bin, measure }
        },
    )
}

fn an_area() -> impl Strategy<Value = Option<AreaPath>> {
    let paths = prop::sample::select(&PATHS[..]);
    prop::option::of(paths.prop_map(|path| AreaPath::from_stored(path.to_owned())))
}

fn some_cells() -> impl Strategy<Value = Option<Vec<(u64, u64)>>> {
    prop::option::weighted(0.3, (any::<u8>(), 6_u8..10, any::<bool>())).prop_map(|asked| {
        let (at, resolution, near) = asked?;
        let resolution = Resolution::try_from(resolution).unwrap();
        let place = LatLng::from(h3o::CellIndex::try_from(cell(at)).unwrap());
        let (lon, lat) = (place.lng(), place.lat());
        match near {
            true => cells_near((lon, lat, lon + 0.01, lat + 0.01), resolution, ROLLUP_RESOLUTION),
            false => Some(vec![
                descendant_interval(parent_cell(cell(at), resolution), ROLLUP_RESOLUTION).unwrap(),
            ]),
        }
    })
}

fn a_filter() -> impl Strategy<Value = RollupFilter> {
    (
        prop::option::weighted(0.4, -5_i32..32),
        prop::option::weighted(0.4, -5_i32..32),
        an_area(),
        some_cells(),
        prop::option::weighted(0.3, prop::sample::select(&Kind::ALL[..])),
        prop::option::weighted(0.2, 0_u8..5),
        prop::option::weighted(0.2, 0_u8..3),
        prop_oneof![
            3 => Just(Vec::new()),
            1 => prop::sample::subsequence(&MEASURES[..], 1..=2),
        ],
    )
        .prop_map(|(from, to, area, bounds_cells, kind, own, lead, measures)| RollupFilter {
            from: from.map(Day),
            to: to.map(Day),
            area,
            bounds_cells,
            kind,
            category: own.map(category),
            department: lead.and_then(department),
            measures,
        })
}

fn a_scope() -> impl Strategy<Value = Scope> {
    let kinds =
        prop::option::weighted(0.3, prop::sample::subsequence(&Kind::ALL[..], 0..=Kind::ALL.len()));
    let clause = (an_area(), prop::option::weighted(0.3, 0_u8..4), kinds, 0_u8..8);
    let clause = clause.prop_map(|(area, lead, kinds, own)| Clause {
        area,
        department: lead.and_then(department),
        kinds,
        nature: (own == 0).then_some("legal_consultation"),
        ..Clause::default()
    });
    prop_oneof![
        Just(Scope::everything()),
        prop::collection::vec(clause, 0..4).prop_map(|clauses| Scope { clauses })
    ]
}

fn a_group() -> impl Strategy<Value = GroupBy> {
    prop_oneof![
        Just(GroupBy::Nothing),
        Just(GroupBy::Path),
        Just(GroupBy::Cell),
        (4_u8..11).prop_map(|r| GroupBy::CellAt(Resolution::try_from(r).unwrap())),
        Just(GroupBy::Day),
        Just(GroupBy::Kind),
        Just(GroupBy::Department),
        Just(GroupBy::PathCategory),
    ]
}

/// What the counters say, one after the other.
fn admitted<'a>(
    all: &'a Deltas,
    filter: &'a RollupFilter,
    scope: &'a Scope,
) -> impl Iterator<Item = (&'a Key, i64)> {
    all.iter().map(|(key, n)| (key, *n)).filter(|(key, _)| {
        let path = AreaPath::from_stored(key.bin.path.clone());
        filter.admits(&key.bin)
            && filter.holds(key.day)
            && scope.counts(&path, key.bin.kind, key.bin.department.as_ref())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn what_is_packed_and_what_is_fresh_say_what_all_counters_say(
        counters in prop::collection::vec((a_key(), -2_i64..4), 0..120),
        packed_at in prop::collection::vec(0_usize..120, 0..3),
        filter in a_filter(),
        scope in a_scope(),
        group in a_group(),
        as_bytes in any::<bool>(),
    ) {
        let (mut cube, mut all) = (Cube::default(), Deltas::new());
        for (at, (key, n)) in counters.iter().enumerate() {
            if packed_at.contains(&at) {
                let packed = cube.repack().unwrap();
                // More comes in while they are packed.
                cube.add(key, *n);
                cube.take(packed);
            } else {
                cube.add(key, *n);
            }
            *all.entry(key.clone()).or_insert(0) += n;
        }
        // As bytes they are the same.
        let bytes = cube.to_bytes(b"then".to_vec());
        let kept = Kept::open(bytes).unwrap();
        prop_assert_eq!(kept.moment(), b"then");
        let kept = kept.into_cube();
        prop_assert!(kept.is_some());
        let cube = if as_bytes { kept.unwrap_or_default() } else { cube };
        let mut truth = BTreeMap::<(Group, Measure), i64>::new();
        let mut standing = BTreeMap::<(Group, Day), i64>::new();
        for (key, n) in admitted(&all, &filter, &scope) {
            let of = Group::of(group, key.day, &key.bin);
            if key.measure == Measure::Open {
                *standing.entry((of, key.day)).or_insert(0) += n;
            } else if !key.measure.is_standing() && filter.wants(key.measure) {
                *truth.entry((of, key.measure)).or_insert(0) += n;
            }
        }
        truth.retain(|_, n| *n != 0);
        standing.retain(|_, n| *n != 0);
        let mut found = BTreeMap::new();
        for RollupSum { group, measure, n } in cube.sum(&filter, group, &scope) {
            prop_assert!(found.insert((group, measure), n).is_none(), "a group came twice");
        }
        prop_assert_eq!(found, truth);
        let mut found = BTreeMap::new();
        let mut groups = BTreeSet::new();
        for sum in cube.sum_standing(Measure::Open, &filter, group, &scope) {
            prop_assert!(groups.insert(sum.group.clone()), "a group came twice");
            prop_assert!(sum.days.is_sorted_by(|one, next| one.0 < next.0), "days out of order");
            found.extend(sum.each());
        }
        prop_assert_eq!(&found, &standing);
        if let Some(counted) = cube.count_standing(Measure::Open, &filter, group, &scope) {
            let mut counts = BTreeMap::<Group, i64>::new();
            standing.into_iter().for_each(|((of, _), n)| *counts.entry(of).or_insert(0) += n);
            counts.retain(|_, n| *n != 0);
            let found = counted.len();
            prop_assert_eq!(counted.into_iter().collect::<BTreeMap<_, _>>(), counts.clone());
            prop_assert_eq!(found, counts.len(), "a group came twice");
        }
    }
}

proptest! {
    #[test]
    fn bytes_that_are_broken_are_not_read(
        counters in prop::collection::vec((a_key(), -2_i64..4), 0..40),
        at in any::<prop::sample::Index>(),
        by in 1_u8..=255,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut cube = Cube::default();
        counters.iter().for_each(|(key, n)| cube.add(key, *n));
        let bytes = cube.into_packed().to_bytes(Vec::new());
        let mut broken = bytes.clone();
        broken[at.index(bytes.len())] ^= by;
        prop_assert!(Kept::open(broken).is_none());
        prop_assert!(Kept::open(bytes[..cut.index(bytes.len())].to_vec()).is_none());
    }

    #[test]
    fn any_bytes_with_a_right_sum_are_read_or_refused(
        counters in prop::collection::vec((a_key(), -2_i64..4), 0..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut cube = Cube::default();
        counters.iter().for_each(|(key, n)| cube.add(key, *n));
        let mut bytes = cube.into_packed().to_bytes(Vec::new());
        bytes.truncate(bytes.len() - 32);
        for (at, by) in changes {
            let at = at.index(bytes.len());
            bytes[at] = by;
        }
        let sum = <sha2::Sha256 as sha2::Digest>::digest(&bytes);
        bytes.extend_from_slice(&sum);
        if let Some(cube) = Kept::open(bytes).and_then(Kept::into_cube) {
            let all = Scope { clauses: vec![Clause::default()] };
            cube.sum(&RollupFilter::default(), GroupBy::Path, &all);
        }
    }
}
