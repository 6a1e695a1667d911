//! How the counters stood: the log says what they said, by every way, in every scope and filter.

use super::rollups::{GROUPS, group_of, is_allowed, is_wanted, random_filter, random_scope};
use crate::support::world::{World, joined};
use crate::support::{Chance, Fixture, check, zone};
use hexward::domain::access::{AreaPath, Scope};
use hexward::domain::issue::record::Issue;
use hexward::domain::metrics::contribution::{Deltas, Key, Measure};
use hexward::domain::metrics::standing::{stand_at, until};
use hexward::domain::time::{DAY_MS, Day, Timestamp};
use hexward::store::query::{AsOf, Group, GroupBy, OpenSum, RollupFilter, Standing, Way};
use std::collections::BTreeMap;

/// What the counters and the issues were at an instant.
struct Moment {
    at: Timestamp,
    counters: Deltas,
    issues: Vec<Issue>,
}

/// Writes a random history and notes down now and then how everything stands.
async fn record(fixture: &Fixture, world: &mut World, changes: usize, every: usize) -> Vec<Moment> {
    let (mut moments, mut waiting) = (Vec::new(), Vec::new());
    for step in 0..changes {
        let wanted = (step % every == 0).then(|| (world.now, world.issues.clone()));
        let change = world.next_change();
        // Only the last step of an instant leaves things as they stood at its end.
        if let Some((at, issues)) = wanted.filter(|(at, _)| change.at > *at) {
            fixture.store.apply(joined(std::mem::take(&mut waiting))).await.unwrap();
            let counters = fixture.store.load_rollups().await.unwrap();
            moments.push(Moment { at, counters, issues });
        }
        waiting.push(change);
    }
    fixture.store.apply(joined(waiting)).await.unwrap();
    let counters = fixture.store.load_rollups().await.unwrap();
    moments.push(Moment { at: world.now, counters, issues: world.issues.clone() });
    moments
}

type Sums = BTreeMap<(Group, Measure), i64>;
type Open = BTreeMap<(Group, Day), i64>;

/// The slow truth from counters as they were written down.
fn truth_of(moment: &Moment, filter: &RollupFilter, scope: &Scope, by: GroupBy) -> (Sums, Open) {
    let (mut sums, mut open) = (Sums::new(), Open::new());
    let always = RollupFilter { from: None, to: None, ..filter.clone() };
    for (key, n) in moment.counters.iter().filter(|(key, _)| is_allowed(key, scope)) {
        if key.measure == Measure::Open && is_wanted(key, &always) {
            *open.entry((group_of(key, by), key.day)).or_insert(0) += n;
        } else if !key.measure.is_standing() && is_wanted(key, filter) {
            *sums.entry((group_of(key, by), key.measure)).or_insert(0) += n;
        }
    }
    sums.retain(|_, n| *n != 0);
    open.retain(|_, n| *n != 0);
    (sums, open)
}

/// The slow truth of what is overdue, from the issues as they were.
fn overdue_of(
    issues: &[Issue],
    at: Timestamp,
    filter: &RollupFilter,
    scope: &Scope,
    by: GroupBy,
) -> Open {
    let mut overdue = Open::new();
    let always = RollupFilter { from: None, to: None, ..filter.clone() };
    for issue in issues.iter().filter(|issue| issue.state.is_open()) {
        let Some(since) = issue.overdue_from().filter(|since| *since <= at) else {
            continue;
        };
        let bin = hexward::domain::metrics::contribution::bin_of(issue);
        let key = Key { day: since.day_in(&zone()), bin, measure: Measure::OpenOverdue };
        if is_allowed(&key, scope) && is_wanted(&key, &always) {
            *overdue.entry((group_of(&key, by), key.day)).or_insert(0) += 1;
        }
    }
    overdue
}

fn by_group(sums: &[OpenSum]) -> Open {
    sums.iter().flat_map(OpenSum::each).collect()
}

fn told_by(standing: &Standing, at: usize) -> (Sums, Open) {
    let (sums, open) = &standing.groups[at];
    (sums.iter().map(|sum| ((sum.group.clone(), sum.measure), sum.n)).collect(), by_group(open))
}

/// The issues reported in the window, by state.
fn states_of(moment: &Moment, filter: &RollupFilter, scope: &Scope) -> BTreeMap<String, i64> {
    let mut states = BTreeMap::new();
    for issue in &moment.issues {
        let bin = hexward::domain::metrics::contribution::bin_of(issue);
        let path = AreaPath::from_stored(bin.path.clone());
        let day = issue.times.reported.day_in(&zone());
        let seen = scope.counts(&path, bin.kind, bin.department.as_ref());
        if seen && filter.admits(&bin) && filter.holds(day) {
            *states.entry(issue.state.to_string()).or_insert(0) += 1;
        }
    }
    states
}

#[test]
fn as_of_an_instant_the_log_says_what_the_counters_said_then() {
    check(|fixture| async move {
        let mut world = World::new(81);
        let moments = record(&fixture, &mut world, 900, 12).await;
        assert!(moments.len() > 40, "only {} moments", moments.len());
        let (chance, mut hits, mut overdue_hits) = (&mut Chance(82), 0, 0);
        for (round, moment) in moments.iter().enumerate() {
            let keys: Vec<&Key> = moment.counters.keys().collect();
            let Some(first) = keys.first() else { continue };
            let days = (first.day.0, keys[keys.len() - 1].day.0);
            let key = *chance.pick(&keys);
            // Plain questions and odd ones, about everything and about little.
            let filter = match round % 3 {
                0 => RollupFilter::default(),
                _ => random_filter(chance, days, key),
            };
            let scope = random_scope(chance);
            let mut read = Vec::new();
            for way in [Way::Back, Way::Forward, Way::Shorter] {
                let question = AsOf {
                    at: moment.at,
                    zone: zone(),
                    filter: filter.clone(),
                    groups: GROUPS.to_vec(),
                    way,
                };
                let told = fixture.store.sum_as_of(&question, &scope).await.unwrap();
                for (at, by) in GROUPS.into_iter().enumerate() {
                    let mut truth = truth_of(moment, &filter, &scope, by);
                    if !filter.wants(Measure::Open) {
                        truth.1.clear();
                    }
                    assert_eq!(told_by(&told, at), truth, "{way:?} {by:?} {filter:?} {scope:?}");
                    hits += usize::from(!truth.0.is_empty());
                    let truth = overdue_of(&moment.issues, moment.at, &filter, &scope, by);
                    assert_eq!(by_group(&told.overdue[at]), truth, "{way:?} {by:?} {filter:?}");
                    overdue_hits += usize::from(!truth.is_empty());
                }
                let states: BTreeMap<String, i64> =
                    told.states.iter().map(|(state, n)| (state.to_string(), *n)).collect();
                assert_eq!(states, states_of(moment, &filter, &scope), "{way:?} {filter:?}");
                read.push(told.events);
            }
            assert!(read[2] <= read[0].max(read[1]), "the shorter way is none of them: {read:?}");
        }
        assert!(hits > 300, "only {hits} sums had anything in them");
        assert!(overdue_hits > 100, "only {overdue_hits} sums had anything overdue in them");
    });
}

#[test]
fn as_of_now_the_log_says_what_the_counters_say() {
    check(|fixture| async move {
        let mut world = World::new(83);
        let moments = record(&fixture, &mut world, 500, 1_000).await;
        let now = &moments[moments.len() - 1];
        // And later: nothing has happened since. And before all: nothing had.
        for at in [now.at, Timestamp(now.at.0 + 1_000_000)] {
            for way in [Way::Back, Way::Forward] {
                let filter = RollupFilter::default();
                let groups = vec![GroupBy::Path];
                let question = AsOf { at, zone: zone(), filter: filter.clone(), groups, way };
                let told = fixture.store.sum_as_of(&question, &Scope::everything()).await.unwrap();
                let truth = truth_of(now, &filter, &Scope::everything(), GroupBy::Path);
                assert_eq!(told_by(&told, 0), truth);
                assert_eq!(told.events == 0, way == Way::Back, "nothing has to be taken back");
            }
        }
        for way in [Way::Back, Way::Forward] {
            let question = AsOf {
                at: Timestamp(0),
                zone: zone(),
                filter: RollupFilter::default(),
                groups: vec![GroupBy::Nothing],
                way,
            };
            let told = fixture.store.sum_as_of(&question, &Scope::everything()).await.unwrap();
            assert!(told.groups[0].0.is_empty() && told.groups[0].1.is_empty(), "{told:?}");
            assert!(told.states.is_empty());
        }
        let last = fixture.store.find_last_event().await.unwrap();
        assert_eq!(last, Some(world.now));
    });
}

#[test]
fn what_is_overdue_at_an_instant_is_what_the_issues_say() {
    check(|fixture| async move {
        let mut world = World::new(85);
        record(&fixture, &mut world, 1_800, 2_000).await;
        let all = fixture.store.load_rollups().await.unwrap();
        let keys: Vec<&Key> = all.keys().collect();
        let (chance, mut counts) = (&mut Chance(86), std::collections::BTreeSet::new());
        for round in 0..120 {
            // From now on to years ahead, at any hour: counters hold days to come.
            let at = Timestamp(world.now.0 + (chance.share() * 900.0 * DAY_MS as f64) as i64);
            let by = GROUPS[round % GROUPS.len()];
            let mut filter = match round % 3 {
                0 => RollupFilter::default(),
                _ => {
                    let key = *chance.pick(&keys);
                    random_filter(chance, (0, 0), key)
                }
            };
            (filter.from, filter.to, filter.measures) = (None, None, Vec::new());
            let scope = random_scope(chance);
            let told = fixture.store.sum_overdue(&filter, by, &scope, (at, &zone())).await;
            let truth = overdue_of(&world.issues, at, &filter, &scope, by);
            assert_eq!(by_group(&told.unwrap()), truth, "{at:?} {by:?} {filter:?} {scope:?}");
            counts.insert(truth.values().sum::<i64>());
        }
        assert!(counts.len() > 10, "{counts:?}");
    });
}

#[test]
fn a_log_is_told_up_to_the_first_event_that_came_later() {
    let mut world = World::new(84);
    while world.events() < 400 {
        world.next_change();
    }
    let log = world.logs.values().max_by_key(|log| log.len()).unwrap();
    assert!(log.len() > 6);
    for (i, event) in log.iter().enumerate() {
        let told = until(log, event.at);
        assert!(told.len() > i && told.iter().all(|event_told| event_told.at <= event.at));
        assert!(log.get(told.len()).is_none_or(|next| next.at > event.at));
        let issue = stand_at(log, event.at).unwrap().unwrap();
        assert_eq!(issue.version, told.len() as i64);
    }
    // A node whose clock was slow wrote an event before the one that it followed: what came after
    // an event that had not happened had not happened, whether that event is there or was left out.
    let mut skewed = log.clone();
    skewed[2].at = Timestamp(skewed[5].at.0 + 1);
    assert_eq!(until(&skewed, log[5].at).len(), 2);
    skewed.remove(2);
    assert_eq!(until(&skewed, log[5].at).len(), 2);
    assert_eq!(stand_at(log, Timestamp(log[0].at.0 - 1)).unwrap(), None);
}
