//! Counters: what was added step by step is what a rebuild gives, and what Rust sums up.

use crate::support::world::{DEPARTMENTS, World, add, department, random_kind, random_path};
use crate::support::{Chance, Fixture, ZONE, check, zone};
use hexward::domain::access::{Clause, Scope};
use hexward::domain::cell::descendant_interval;
use hexward::domain::id::AccountId;
use hexward::domain::issue::event::Event;
use hexward::domain::issue::record::{Issue, replay};
use hexward::domain::metrics::contribution::{
    Deltas, Key, Measure, ROLLUP_RESOLUTION, add_contribution,
};
use hexward::domain::time::Day;
use hexward::store::change::Change;
use hexward::store::query::{Group, GroupBy, RollupFilter, RollupSum};
use std::collections::BTreeMap;

/// Writes at least `events` events of random histories, several steps at a time.
async fn write_histories(fixture: &Fixture, world: &mut World, events: usize) {
    while world.events() < events {
        fixture.store.apply(world.next_change()).await.expect("the step is stored");
    }
}

#[test]
fn counters_kept_step_by_step_are_those_of_a_rebuild() {
    check(|fixture| async move {
        let mut world = World::new(31);
        write_histories(&fixture, &mut world, 4_000).await;
        let mut truth = Deltas::new();
        for issue in &world.issues {
            add_contribution(&mut truth, issue, &zone(), 1);
        }
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
        let rebuilt = fixture.store.replace_rollups(ZONE.into()).await.unwrap();
        assert_eq!(rebuilt, world.issues.len() as i64);
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
        assert!(fixture.store.replace_rollups("Nowhere/At_All".into()).await.is_err());
        // And they go on from there.
        for _ in 0..50 {
            fixture.store.apply(world.next_change()).await.unwrap();
        }
        let mut truth = Deltas::new();
        for issue in &world.issues {
            add_contribution(&mut truth, issue, &zone(), 1);
        }
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
        every_state_and_action_occurred(&world);
    });
}

/// Random histories show something only when they go everywhere.
fn every_state_and_action_occurred(world: &World) {
    use hexward::domain::issue::state::{Action, State};
    for state in State::ALL {
        let seen = world.logs.values().flatten().any(|event| event.to == *state);
        assert!(seen, "no history ever reached {state}");
    }
    // What jobs do by themselves is no part of these histories.
    let by_itself = [Action::Retime, Action::Escalate];
    for action in Action::ALL.iter().filter(|action| !by_itself.contains(action)) {
        let seen = world.logs.values().flatten().any(|event| event.action == *action);
        assert!(seen, "no history ever took {action}");
    }
}

pub const GROUPS: [GroupBy; 9] = [
    GroupBy::Nothing,
    GroupBy::Path,
    GroupBy::Cell,
    GroupBy::CellAt(h3o::Resolution::Nine),
    GroupBy::CellAt(h3o::Resolution::Six),
    GroupBy::Day,
    GroupBy::Kind,
    GroupBy::Department,
    GroupBy::PathCategory,
];

pub fn group_of(key: &Key, by: GroupBy) -> Group {
    match by {
        GroupBy::Nothing => Group::Nothing,
        GroupBy::Path => Group::Path(key.bin.path.clone()),
        GroupBy::Cell => Group::Cell(key.bin.cell),
        GroupBy::CellAt(resolution) => {
            let cell = h3o::CellIndex::try_from(key.bin.cell).unwrap();
            Group::Cell(cell.parent(resolution).unwrap().into())
        }
        GroupBy::Day => Group::Day(key.day),
        GroupBy::Kind => Group::Kind(key.bin.kind),
        GroupBy::Department => Group::Department(key.bin.department.clone()),
        GroupBy::PathCategory => {
            Group::PathCategory(key.bin.path.clone(), key.bin.category.clone())
        }
    }
}

pub fn is_wanted(key: &Key, filter: &RollupFilter) -> bool {
    let path = hexward::domain::access::AreaPath::from_stored(key.bin.path.clone());
    filter.from.is_none_or(|from| from <= key.day)
        && filter.to.is_none_or(|to| key.day <= to)
        && filter.area.as_ref().is_none_or(|area| path.is_within(area))
        && filter.bounds_cells.as_ref().is_none_or(|ranges| {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&key.bin.cell))
        })
        && filter.kind.is_none_or(|kind| key.bin.kind == kind)
        && filter.category.as_ref().is_none_or(|category| key.bin.category == *category)
        && (filter.department.is_none() || key.bin.department == filter.department)
        && (filter.measures.is_empty() || filter.measures.contains(&key.measure))
}

/// What a scope lets through to the counters: places, kinds and the department that is counted;
/// one's own reports give no share in them.
pub fn is_allowed(key: &Key, scope: &Scope) -> bool {
    let path = hexward::domain::access::AreaPath::from_stored(key.bin.path.clone());
    scope.clauses.iter().any(|clause| {
        clause.area.as_ref().is_none_or(|root| path.is_within(root))
            && clause.kinds.as_ref().is_none_or(|kinds| kinds.contains(&key.bin.kind))
            && !clause.is_personal()
            && clause.nature.is_none()
            && (clause.department.is_none() || clause.department == key.bin.department)
    })
}

pub fn random_filter(chance: &mut Chance, days: (i32, i32), key: &Key) -> RollupFilter {
    let day =
        |chance: &mut Chance| Day(days.0 + chance.below((days.1 - days.0 + 1) as usize) as i32);
    let cell = h3o::CellIndex::try_from(key.bin.cell).unwrap();
    let resolution = h3o::Resolution::try_from(chance.below(11) as u8).unwrap();
    let interval = descendant_interval(cell.parent(resolution).unwrap().into(), ROLLUP_RESOLUTION);
    RollupFilter {
        from: chance.one_in(3).then(|| day(chance)),
        to: chance.one_in(3).then(|| day(chance)),
        area: chance.one_in(3).then(|| random_path(chance)),
        bounds_cells: chance.one_in(4).then(|| vec![interval.unwrap()]),
        kind: chance.one_in(4).then(|| random_kind(chance)),
        category: chance.one_in(5).then(|| key.bin.category.clone()),
        department: chance.one_in(5).then(|| department(chance.pick(DEPARTMENTS))),
        measures: match chance.below(6) {
            0 => vec![key.measure],
            1 => vec![Measure::Reported, key.measure],
            _ => Vec::new(),
        },
    }
}

pub fn random_scope(chance: &mut Chance) -> Scope {
    let clauses = (0..chance.below(3)).map(|_| Clause {
        area: chance.one_in(2).then(|| random_path(chance)),
        department: chance.one_in(3).then(|| department(chance.pick(DEPARTMENTS))),
        kinds: chance.one_in(3).then(|| vec![random_kind(chance)]),
        reporter: chance.one_in(5).then_some(AccountId(1)),
        tasked: chance.one_in(9).then_some(AccountId(1)),
        nature: chance.one_in(9).then_some("legal_consultation"),
        ..Clause::default()
    });
    let clauses: Vec<_> = clauses.collect();
    if chance.one_in(2) { Scope::everything() } else { Scope { clauses } }
}

#[test]
fn sums_of_counters_are_slow_sums() {
    check(|fixture| async move {
        let mut world = World::new(32);
        write_histories(&fixture, &mut world, 600).await;
        let all = fixture.store.load_rollups().await.unwrap();
        let keys: Vec<&Key> = all.keys().collect();
        let days = (keys[0].day.0, keys[keys.len() - 1].day.0);
        let (chance, mut hits) = (&mut Chance(33), 0);
        for round in 0..280 {
            let by = GROUPS[round % GROUPS.len()];
            let key = *chance.pick(&keys);
            let (filter, scope) = (random_filter(chance, days, key), random_scope(chance));
            for key in all.keys() {
                // What the core says of filters and scopes is the same once more.
                let told = filter.admits(&key.bin) && filter.holds(key.day);
                let told = told && filter.wants(key.measure);
                assert_eq!(told, is_wanted(key, &filter), "{key:?} {filter:?}");
                let path = hexward::domain::access::AreaPath::from_stored(key.bin.path.clone());
                let told = scope.counts(&path, key.bin.kind, key.bin.department.as_ref());
                assert_eq!(told, is_allowed(key, &scope), "{key:?} {scope:?}");
            }
            let mut truth = BTreeMap::new();
            let counted = all.iter().filter(|(key, _)| !key.measure.is_standing());
            for (key, n) in counted.filter(|(k, _)| is_wanted(k, &filter) && is_allowed(k, &scope))
            {
                *truth.entry((group_of(key, by), key.measure)).or_insert(0) += n;
            }
            truth.retain(|_, n| *n != 0);
            let sums = fixture.store.sum_rollups(&filter, by, &scope).await.unwrap();
            let mut told = BTreeMap::new();
            for RollupSum { group, measure, n } in sums {
                assert!(told.insert((group, measure), n).is_none(), "a group came twice");
            }
            assert_eq!(told, truth, "round {round}: {by:?} {filter:?} {scope:?}");
            hits += usize::from(!truth.is_empty());
        }
        assert!(hits > 50, "only {hits} sums had anything in them");
    });
}

/// What the logs lead to counts for: replayed here, event by event.
fn truth_of<'a>(logs: impl Iterator<Item = &'a Vec<Event>>) -> Deltas {
    let mut truth = Deltas::new();
    for log in logs {
        add_contribution(&mut truth, &replay(log).expect("a log"), &zone(), 1);
    }
    truth
}

/// Random histories, made once for both engines: changes of thousands of steps each, what all their
/// logs lead to, and how many issues and events they have.
struct Histories {
    changes: Vec<Change>,
    truth: Deltas,
    issues: usize,
    events: usize,
}

fn histories(worlds: u64, events: usize) -> Histories {
    /// One transaction writes this many steps, or there would be a hundred thousand of them.
    const STEPS: usize = 2_500;
    let mut all = Histories { changes: Vec::new(), truth: Deltas::new(), issues: 0, events: 0 };
    for seed in 0..worlds {
        let mut world = World::new(50_000 + seed);
        while world.events() < events / worlds as usize {
            all.changes.push(world.next_joined(STEPS));
        }
        add(&mut all.truth, &truth_of(world.logs.values()));
        all.issues += world.issues.len();
        all.events += world.events();
    }
    all
}

#[test]
fn after_100_000_random_events_the_counters_are_those_of_a_rebuild() {
    const EVENTS: usize = 100_000;
    let made = std::sync::Arc::new(histories(20, EVENTS));
    assert!(made.events >= EVENTS, "only {} events", made.events);
    check(|fixture| {
        let made = made.clone();
        async move {
            for change in &made.changes {
                fixture.store.apply(change.clone()).await.expect("the steps are stored");
            }
            let stored = fixture.raw.number("SELECT COUNT(*) FROM event").await;
            assert_eq!(stored, made.events as i64);
            let kept = fixture.store.load_rollups().await.unwrap();
            assert_eq!(kept.len(), made.truth.len());
            let differing = kept.iter().find(|(key, n)| made.truth.get(key) != Some(n));
            assert_eq!(differing, None, "the counters are what the logs lead to");
            let rebuilt = fixture.store.replace_rollups(ZONE.into()).await.unwrap();
            assert_eq!(rebuilt, made.issues as i64);
            let again = fixture.store.load_rollups().await.unwrap();
            assert!(kept == again, "a rebuild changes nothing");
        }
    });
}

#[test]
fn a_counter_or_an_issue_row_that_is_not_what_the_log_says_is_found() {
    check(|fixture| async move {
        let mut world = World::new(36);
        write_histories(&fixture, &mut world, 800).await;
        let found = async || fixture.store.check_rollups(ZONE).await.unwrap();
        let right = found().await;
        assert!(right.is_right(), "{:?}", right.examples);
        assert_eq!(right.issues, world.issues.len() as i64);
        assert_eq!(right.counters, truth_of(world.logs.values()).len());
        // A row that says that an open issue is closed, behind the back of the log.
        let open = world.issues.iter().find(|issue| issue.state.is_open()).expect("an open one");
        let spoil = format!("UPDATE issue SET state = 'closed' WHERE id = '{}'", open.id);
        fixture.raw.execute(&spoil).await.unwrap();
        let spoilt = found().await;
        assert_eq!((spoilt.differing, spoilt.rows_differing), (0, 1), "{:?}", spoilt.examples);
        assert!(spoilt.examples[0].contains(&open.id.to_string()), "{:?}", spoilt.examples);
        // A rebuild goes by the log and not by the row.
        fixture.store.replace_rollups(ZONE.into()).await.unwrap();
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth_of(world.logs.values()));
        // A counter that lost one.
        let spoil = "UPDATE rollup SET n = n + 1 WHERE measure = 'reported' AND day = \
                     (SELECT MIN(day) FROM rollup WHERE measure = 'reported' AND n > 0)";
        fixture.raw.execute(spoil).await.unwrap();
        let spoilt = found().await;
        assert!(spoilt.differing >= 1 && spoilt.rows_differing == 1, "{spoilt:?}");
        assert!(spoilt.examples.iter().any(|line| line.contains("reported: kept")), "{spoilt:?}");
        assert!(fixture.store.check_rollups("Nowhere/At_All").await.is_err());
    });
}

#[test]
fn a_rebuild_while_others_write_loses_nothing() {
    check(|fixture| async move {
        let mut world = World::new(34);
        write_histories(&fixture, &mut world, 200).await;
        let writers: Vec<_> = (0..8u64)
            .map(|seed| {
                let store = fixture.store.clone();
                tokio::spawn(async move {
                    let mut world = World::new(1_000 + seed);
                    for _ in 0..60 {
                        store.apply(world.next_change()).await.unwrap();
                    }
                    world.issues
                })
            })
            .collect();
        let mut rebuilds = 0;
        while rebuilds < 3 || !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            fixture.store.replace_rollups(ZONE.into()).await.unwrap();
            rebuilds += 1;
        }
        let mut truth = Deltas::new();
        let mut count = |issue: &Issue| {
            let mut one = Deltas::new();
            add_contribution(&mut one, issue, &zone(), 1);
            add(&mut truth, &one);
        };
        world.issues.iter().for_each(&mut count);
        for writer in writers {
            let issues = writer.await.unwrap();
            issues.iter().for_each(&mut count);
        }
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
    });
}

#[test]
fn counters_of_another_version_are_built_anew_once_by_one_of_several_nodes() {
    check(|fixture| async move {
        // A database without issues is of this version after its first start.
        assert_eq!(fixture.store.renew_rollups(ZONE.into()).await.unwrap(), Some(0));
        assert_eq!(fixture.store.renew_rollups(ZONE.into()).await.unwrap(), None);
        let mut world = World::new(35);
        write_histories(&fixture, &mut world, 500).await;
        let truth = fixture.store.load_rollups().await.unwrap();
        // As a program left it that did not know these measures, or no version at all.
        for setting in [Some("1"), None] {
            match setting {
                Some(version) => {
                    fixture.store.put_setting("metrics_version", version).await.unwrap();
                }
                None => {
                    fixture
                        .raw
                        .execute("DELETE FROM setting WHERE name = 'metrics_version'")
                        .await
                        .unwrap();
                }
            }
            fixture.raw.execute("DELETE FROM rollup WHERE measure LIKE 'clos%'").await.unwrap();
            assert_ne!(fixture.store.load_rollups().await.unwrap(), truth);
            assert!(fixture.store.renew_rollups("Nowhere/At_All".into()).await.is_err());
            let other = hexward::store::open(&fixture.url).await.unwrap();
            let nodes = [&fixture.store, &other, &fixture.store, &other];
            let renewed = nodes.map(|node| node.renew_rollups(ZONE.into()));
            let renewed: Vec<_> = futures::future::join_all(renewed).await;
            let renewed: Vec<i64> = renewed.into_iter().filter_map(Result::unwrap).collect();
            assert_eq!(renewed, [world.issues.len() as i64], "one node does it");
            assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
        }
        // One that was built by hand is of this version, too.
        fixture.store.put_setting("metrics_version", "1").await.unwrap();
        fixture.store.replace_rollups(ZONE.into()).await.unwrap();
        assert_eq!(fixture.store.renew_rollups(ZONE.into()).await.unwrap(), None);
    });
}
