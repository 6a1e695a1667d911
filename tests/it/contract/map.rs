//! What a map shows is what a slow reading of all issues tells, by counters and by issues.

use super::filter::matches;
use super::rollups::random_scope;
use crate::support::world::{CATEGORIES, World, category, random_kind, random_path};
use crate::support::{Chance, check, zone};
use h3o::Resolution;
use hexward::domain::access::{Clause, Scope};
use hexward::domain::cell::{COARSE_RESOLUTION, parent_cell};
use hexward::domain::id::AccountId;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::time::{Day, Timestamp};
use hexward::store::map::Around;
use hexward::store::query::{Bounds, IssueFilter};
use std::collections::BTreeMap;

/// Filters that counters can tell of, and others.
fn random_filter(chance: &mut Chance, issues: &[Issue]) -> IssueFilter {
    let day = |chance: &mut Chance| {
        let Timestamp(at) = chance.pick(issues).times.reported;
        let begins = Timestamp(at).day_in(&zone()).start_in(&zone());
        // A day's beginning, most often.
        Timestamp(begins.0 + if chance.one_in(6) { 1 } else { 0 })
    };
    IssueFilter {
        open: chance.one_in(2).then(|| !chance.one_in(4)),
        kind: chance.one_in(3).then(|| random_kind(chance)),
        category: chance.one_in(4).then(|| category(chance.pick(CATEGORIES))),
        area: chance.one_in(3).then(|| random_path(chance)),
        reported_from: chance.one_in(3).then(|| day(chance)),
        reported_before: chance.one_in(3).then(|| day(chance)),
        reporter: chance.one_in(9).then(|| AccountId(1 + chance.below(4) as u128)),
        ..IssueFilter::default()
    }
}

/// Scopes as people have them: places, and one's own part beside.
fn scope_of_someone(chance: &mut Chance) -> Scope {
    if chance.one_in(3) {
        return random_scope(chance);
    }
    let mut clauses: Vec<Clause> = (0..1 + chance.below(2))
        .map(|_| Clause {
            area: chance.one_in(2).then(|| random_path(chance)),
            kinds: chance.one_in(3).then(|| vec![random_kind(chance)]),
            coarse_disputes: chance.one_in(2),
            ..Clause::default()
        })
        .collect();
    let own = AccountId(1 + chance.below(4) as u128);
    clauses.push(Clause { reporter: Some(own), ..Clause::default() });
    if chance.one_in(2) {
        clauses.push(Clause { tasked: Some(own), ..Clause::default() });
    }
    Scope { clauses }
}

fn around(chance: &mut Chance, issues: &[Issue]) -> Around {
    let (lon, lat) = chance.pick(issues).place.position;
    let most = if chance.one_in(2) { 0.05 } else { 0.006 };
    let (w, h) = (chance.share() * most, chance.share() * most);
    let bounds = Bounds { west: lon - w, south: lat - h, east: lon + w, north: lat + h };
    Around { bounds, resolution: Resolution::try_from(5 + chance.below(5) as u8).unwrap() }
}

type Counts = BTreeMap<u64, i64>;

/// Of cells that are not around the box nothing is promised.
fn only_around(counts: impl IntoIterator<Item = (u64, i64)>, around: Option<&Around>) -> Counts {
    let near = around.and_then(|around| around.intervals(COARSE_RESOLUTION));
    let is_near = |cell: &u64| {
        near.as_ref().is_none_or(|all| all.iter().any(|(low, high)| (low..=high).contains(&cell)))
    };
    counts.into_iter().filter(|(cell, _)| is_near(cell)).collect()
}

#[test]
fn cells_are_counted_by_counters_and_by_issues_as_by_hand() {
    check(|fixture| async move {
        let mut world = World::new(26);
        fixture.store.apply(world.next_joined(3_000)).await.unwrap();
        let (chance, mut known, mut own) = (&mut Chance(27), 0, 0);
        for round in 0..300 {
            let filter = random_filter(chance, &world.issues);
            let scope = scope_of_someone(chance);
            let around = (!chance.one_in(3)).then(|| around(chance, &world.issues));
            let around = around.as_ref();
            let mut truth = Counts::new();
            let found = |i: &&Issue| matches(i, &filter) && scope.allows(&i.subject());
            for issue in world.issues.iter().filter(found) {
                *truth.entry(parent_cell(issue.place.cell, COARSE_RESOLUTION)).or_insert(0) += 1;
            }
            let truth = only_around(truth, around);
            let say = format!("round {round}: {filter:?} {around:?} {scope:?}");
            let told = fixture.store.count_cells(&filter, around, &scope).await.unwrap();
            assert_eq!(only_around(told, around), truth, "{say}");
            let told = fixture.store.count_known_cells(&filter, around, &zone(), &scope).await;
            if let Some(told) = told.unwrap() {
                assert_eq!(only_around(told, around), truth, "{say}");
                known += usize::from(!truth.is_empty());
                own += usize::from(scope.clauses.iter().any(Clause::is_personal));
            }
        }
        assert!(known > 60 && own > 30, "{known} {own}");
    });
}

#[test]
fn what_counters_do_not_know_is_not_asked_of_them() {
    check(|fixture| async move {
        let mut world = World::new(28);
        fixture.store.apply(world.next_joined(300)).await.unwrap();
        let begins = Day(20_000).start_in(&zone());
        let all = Scope::everything();
        for filter in [
            IssueFilter { open: Some(false), ..IssueFilter::default() },
            IssueFilter { words: Some("x".into()), ..IssueFilter::default() },
            IssueFilter { reporter: Some(AccountId(1)), ..IssueFilter::default() },
            IssueFilter { reported_from: Some(Timestamp(begins.0 + 1)), ..IssueFilter::default() },
        ] {
            let told = fixture.store.count_known_cells(&filter, None, &zone(), &all).await.unwrap();
            assert_eq!(told, None, "{filter:?}");
        }
        let filter = IssueFilter { reported_from: Some(begins), ..IssueFilter::default() };
        let told = fixture.store.count_known_cells(&filter, None, &zone(), &all).await.unwrap();
        assert!(told.is_some());
        let nature = Clause { nature: Some("legal_consultation"), ..Clause::default() };
        let scope = Scope { clauses: vec![nature] };
        let told = fixture.store.count_known_cells(&filter, None, &zone(), &scope).await.unwrap();
        assert_eq!(told, None, "counters know no natures");
    });
}

#[test]
fn points_are_what_a_slow_filter_finds_where_the_reader_may_know_them() {
    check(|fixture| async move {
        let mut world = World::new(29);
        fixture.store.apply(world.next_joined(3_000)).await.unwrap();
        let (chance, mut hits, mut coarse) = (&mut Chance(30), 0, 0);
        for round in 0..400 {
            let anywhere = random_filter(chance, &world.issues);
            let bounds = chance.one_in(2).then(|| around(chance, &world.issues).bounds);
            let filter = IssueFilter { bounds, ..anywhere.clone() };
            let scope = scope_of_someone(chance);
            // Whoever has it by a task alone does not know where a dispute lies.
            let exact = Scope {
                clauses: (scope.clauses.iter())
                    .filter(|clause| !clause.coarse_disputes && clause.tasked.is_none())
                    .cloned()
                    .collect(),
            };
            let is_within = |(lon, lat): (f64, f64)| {
                bounds.is_none_or(|Bounds { west, south, east, north }| {
                    (west..=east).contains(&lon) && (south..=north).contains(&lat)
                })
            };
            let found = |i: &&Issue| {
                let place = |coarse: bool| match coarse {
                    true => i.place.coarse_position(),
                    false => i.place.position,
                };
                matches(i, &anywhere)
                    && scope.allows_where(&i.subject(), |coarse| is_within(place(coarse)))
            };
            let mut truth: Vec<_> = world.issues.iter().filter(found).collect();
            truth.sort_by_key(|issue| issue.id);
            let told = fixture.store.list_points(&filter, truth.len(), &scope).await.unwrap();
            let told = told.unwrap_or_else(|| panic!("round {round}: {filter:?} {scope:?}"));
            assert_eq!(told.len(), truth.len(), "round {round}: {filter:?} {scope:?}");
            for (point, issue) in told.iter().zip(&truth) {
                let knows = issue.kind != Kind::Dispute || exact.allows(&issue.subject());
                let position =
                    if knows { issue.place.position } else { issue.place.coarse_position() };
                coarse += usize::from(!knows);
                assert_eq!((point.id, point.position), (issue.id, position), "round {round}");
                assert_eq!((point.kind, point.state), (issue.kind, issue.state));
                assert_eq!((&point.category, point.severity), (&issue.category, issue.severity));
            }
            if let Some(fewer) = truth.len().checked_sub(1) {
                hits += 1;
                let told = fixture.store.list_points(&filter, fewer, &scope).await.unwrap();
                assert_eq!(told, None, "there is one more than was asked for");
            }
        }
        assert!(hits > 60 && coarse > 100, "{hits} {coarse}");
    });
}
