//! The counters that nodes keep in memory follow the table, on every node and whatever is written;
//! and new issues that are written together are written as if each were alone.

use super::rollups::{GROUPS, group_of, is_allowed, is_wanted, random_filter, random_scope};
use crate::support::world::{World, add, opening, report};
use crate::support::{Chance, Fixture, ZONE, check, zone};
use futures::future::join_all;
use hexward::domain::id::IssueId;
use hexward::domain::metrics::contribution::{Deltas, Key, Measure, add_contribution};
use hexward::domain::time::Timestamp;
use hexward::store::change::{Applied, Change, Idempotency};
use hexward::store::query::{Group, GroupBy, RollupFilter, RollupSum};
use hexward::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

type Told = BTreeMap<(Group, Measure), i64>;

/// What a node answers to a question, and what the table of counters says.
async fn answers(
    fixture: &Fixture,
    node: &dyn Store,
    chance: &mut Chance,
    by: GroupBy,
) -> (Told, Told) {
    let all: Deltas = fixture.store.load_rollups().await.expect("counters");
    let keys: Vec<&Key> = all.keys().collect();
    let days = (keys[0].day.0, keys[keys.len() - 1].day.0);
    let (filter, scope) = match chance.one_in(2) {
        true => (RollupFilter::default(), hexward::domain::access::Scope::everything()),
        false => {
            let key = *chance.pick(&keys);
            (random_filter(chance, days, key), random_scope(chance))
        }
    };
    let mut truth = Told::new();
    for (key, n) in &all {
        let counts = !key.measure.is_standing();
        if counts && is_wanted(key, &filter) && is_allowed(key, &scope) {
            *truth.entry((group_of(key, by), key.measure)).or_insert(0) += n;
        }
    }
    truth.retain(|_, n| *n != 0);
    let sums = node.sum_rollups(&filter, by, &scope).await.expect("sums");
    let told = sums.into_iter().map(|RollupSum { group, measure, n }| ((group, measure), n));
    (told.collect(), truth)
}

#[test]
fn every_node_counts_what_any_node_wrote() {
    check(|fixture| async move {
        let other = hexward::store::open(&fixture.url).await.expect("another node");
        let (mut world, mut chance) = (World::new(71), Chance(72));
        for round in 0..120 {
            let writer = if chance.one_in(2) { &other } else { &fixture.store };
            let change = world.next_change();
            writer.apply(change).await.expect("the step is stored");
            let by = GROUPS[round % GROUPS.len()];
            for node in [&fixture.store, &other] {
                let (told, truth) = answers(&fixture, node.as_ref(), &mut chance, by).await;
                assert_eq!(told, truth, "round {round}, {by:?}");
            }
        }
        // Counters that were wrong are known no longer once they were built anew.
        fixture.raw.execute("UPDATE rollup SET n = n + 7").await.unwrap();
        other.replace_rollups(ZONE.into()).await.unwrap();
        world.next_change();
        for node in [&fixture.store, &other] {
            node.sweep_counters().await.unwrap();
            assert!(node.follow_counters().await.unwrap(), "they are in memory");
            for by in GROUPS {
                let (told, truth) = answers(&fixture, node.as_ref(), &mut chance, by).await;
                assert_eq!(told, truth, "{by:?}");
            }
        }
    });
}

#[test]
fn the_log_of_counters_is_shortened_by_age_alone() {
    check(|fixture| async move {
        let mut chance = Chance(73);
        let (issue, event) = report(&mut chance, Timestamp(1_790_000_000_000), None);
        fixture.store.apply(opening(&issue, event)).await.unwrap();
        let rows = "SELECT COUNT(*) FROM rollup_log";
        assert_eq!(fixture.raw.number(rows).await, 1);
        // However old they are, the last ones stay: a clock that leapt must take nothing fresh.
        fixture.raw.execute("UPDATE rollup_log SET at = 0").await.unwrap();
        fixture.store.sweep_counters().await.unwrap();
        assert_eq!(fixture.raw.number(rows).await, 1);
        let many = "INSERT INTO rollup_log (body) WITH RECURSIVE n (i) AS \
                    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT '' FROM n";
        fixture.raw.execute(many).await.unwrap();
        fixture.store.sweep_counters().await.unwrap();
        assert_eq!(fixture.raw.number(rows).await, 100_000, "the old one went");
    });
}

/// What a node that starts with a file answers, and whether it had its counters from that file:
/// then it does not see what was changed in the table behind its back.
async fn starts_from_file(fixture: &Fixture, file: &Path) -> (Arc<dyn Store>, bool) {
    let node = hexward::store::open(&fixture.url).await.expect("a node that starts");
    node.keep_counters_in(file.to_owned());
    fixture.raw.execute("UPDATE rollup SET n = n + 1000000").await.unwrap();
    assert!(node.follow_counters().await.unwrap());
    let all = hexward::domain::access::Scope::everything();
    let sums = node.sum_rollups(&RollupFilter::default(), GroupBy::Nothing, &all).await.unwrap();
    fixture.raw.execute("UPDATE rollup SET n = n - 1000000").await.unwrap();
    (node, sums.iter().all(|sum| sum.n < 1_000_000))
}

#[test]
fn a_node_that_starts_has_its_counters_from_its_file_and_all_that_came_since() {
    check(|fixture| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("below/counters.packed");
        let (mut world, mut chance) = (World::new(75), Chance(76));
        let save = async || {
            let node = hexward::store::open(&fixture.url).await.unwrap();
            node.keep_counters_in(file.clone());
            assert!(!node.save_counters().await.unwrap(), "nothing is in memory yet");
            assert!(node.follow_counters().await.unwrap());
            node
        };
        let node = save().await;
        assert!(node.save_counters().await.unwrap());
        // No row of the log tells which database it was.
        node.apply(world.next_change()).await.unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
        for _ in 0..40 {
            node.apply(world.next_change()).await.unwrap();
        }
        assert!(node.follow_counters().await.unwrap());
        assert!(node.save_counters().await.unwrap());
        assert!(!node.save_counters().await.unwrap(), "nothing has changed since");
        for round in 0..3 {
            for _ in 0..15 {
                fixture.store.apply(world.next_change()).await.unwrap();
            }
            let (started, from_file) = starts_from_file(&fixture, &file).await;
            assert!(from_file, "round {round}");
            for by in GROUPS {
                let (told, truth) = answers(&fixture, started.as_ref(), &mut chance, by).await;
                assert_eq!(told, truth, "round {round}, {by:?}");
            }
        }
        // Half a file is none.
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
        std::fs::write(&file, &whole).unwrap();
        // Counters that were built anew are those of the table.
        fixture.store.replace_rollups(ZONE.into()).await.unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
    });
}

#[test]
fn a_file_of_another_history_is_not_followed() {
    check(|fixture| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("counters.packed");
        let mut world = World::new(77);
        for _ in 0..30 {
            fixture.store.apply(world.next_change()).await.unwrap();
        }
        let node = hexward::store::open(&fixture.url).await.unwrap();
        node.keep_counters_in(file.clone());
        assert!(node.follow_counters().await.unwrap() && node.save_counters().await.unwrap());
        assert!(starts_from_file(&fixture, &file).await.1);
        // As in a copy from before, which went on by itself: the last rows say something else.
        let last = "id = (SELECT MAX(id) FROM rollup_log)";
        fixture
            .raw
            .execute(&format!("UPDATE rollup_log SET at = at + 1 WHERE {last}"))
            .await
            .unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
        fixture
            .raw
            .execute(&format!("UPDATE rollup_log SET at = at - 1 WHERE {last}"))
            .await
            .unwrap();
        let taken_back = starts_from_file(&fixture, &file).await.1;
        // PostgreSQL tells who wrote a row, so one that was written again is another one.
        assert_eq!(taken_back, fixture.store.engine() == "sqlite");
        // As in a copy that has not come so far.
        fixture.raw.execute(&format!("DELETE FROM rollup_log WHERE {last}")).await.unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
    });
}

#[test]
fn a_file_that_is_older_than_the_log_is_not_followed() {
    check(|fixture| async move {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("counters.packed");
        let mut world = World::new(78);
        for _ in 0..30 {
            fixture.store.apply(world.next_change()).await.unwrap();
        }
        let first = "id = (SELECT MIN(id) FROM rollup_log)";
        fixture.raw.execute(&format!("UPDATE rollup_log SET at = 0 WHERE {first}")).await.unwrap();
        let node = hexward::store::open(&fixture.url).await.unwrap();
        node.keep_counters_in(file.clone());
        assert!(node.follow_counters().await.unwrap() && node.save_counters().await.unwrap());
        let rows = "SELECT COUNT(*) FROM rollup_log";
        let before = fixture.raw.number(rows).await;
        let nothing = "\t622236750694711295\thazard\tc-1\t";
        let many = format!(
            "INSERT INTO rollup_log (body) WITH RECURSIVE n (i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT '{nothing}' FROM n"
        );
        fixture.raw.execute(&many).await.unwrap();
        fixture.store.sweep_counters().await.unwrap();
        assert_eq!(fixture.raw.number(rows).await, before + 99_999, "one went by its age");
        assert!(starts_from_file(&fixture, &file).await.1, "it was known to the file");
        fixture.raw.execute("UPDATE rollup_log SET at = 0").await.unwrap();
        fixture.store.sweep_counters().await.unwrap();
        assert!(!starts_from_file(&fixture, &file).await.1);
    });
}

/// A report that was sent under a key.
fn keyed(chance: &mut Chance, n: usize, key: &str) -> Change {
    let at = Timestamp(1_790_000_000_000 + n as i64);
    let (issue, event) = report(chance, at, None);
    let mark = Idempotency {
        scope: "anonymous".into(),
        key: key.to_owned(),
        fingerprint: format!("print {n}"),
        issue: issue.id,
    };
    let codes = vec![(issue.id, format!("code {n}"))];
    Change { idempotency: Some(mark), codes, ..opening(&issue, event) }
}

#[test]
fn reports_that_are_written_together_are_written_as_if_each_were_alone() {
    check(|fixture| async move {
        let mut chance = Chance(74);
        let first = keyed(&mut chance, 0, "first");
        let (known, number) = (first.saves[0].issue.id, first.saves[0].issue.number.clone());
        fixture.store.apply(first.clone()).await.unwrap();
        let mut truth = first.deltas.clone();
        for round in 0..12 {
            let mut changes: Vec<Change> =
                (0..40).map(|n| keyed(&mut chance, n, &format!("key {round} {n}"))).collect();
            // Some rounds have nothing wrong, some have one that was sent before, one whose number
            // is taken, and two under one key.
            if round % 3 > 0 {
                changes[7] = keyed(&mut chance, 7, "first");
            }
            if round % 3 > 1 {
                changes[11].saves[0].issue.number.clone_from(&number);
                changes[23] = keyed(&mut chance, 23, &format!("key {round} 22"));
            }
            let sent = changes.iter().map(|change| fixture.store.apply(change.clone()));
            let outcomes = join_all(sent).await;
            let mut twins = Vec::new();
            for (n, (change, outcome)) in changes.iter().zip(outcomes).enumerate() {
                match (n, outcome) {
                    (7, Ok(Applied::Replayed { issue, .. })) if round % 3 > 0 => {
                        assert_eq!(issue, known);
                    }
                    (11, Err(StoreError::Taken(_))) if round % 3 > 1 => {}
                    (22 | 23, Ok(Applied::Replayed { issue, .. })) if round % 3 > 1 => {
                        twins.push(issue);
                    }
                    (_, Ok(Applied::Done)) => add(&mut truth, &change.deltas),
                    (n, other) => panic!("round {round}, report {n}: {other:?}"),
                }
            }
            if round % 3 > 1 {
                let either: Vec<IssueId> =
                    [22, 23].iter().map(|n: &usize| changes[*n].saves[0].issue.id).collect();
                assert!(twins.len() == 1 && either.contains(&twins[0]), "one of two under a key");
            }
        }
        assert_eq!(fixture.store.load_rollups().await.unwrap(), truth);
        let mut counted = Deltas::new();
        let issues = fixture.store.scan_issues(None, 10_000).await.unwrap();
        for issue in &issues {
            add_contribution(&mut counted, issue, &zone(), 1);
        }
        assert_eq!(counted, truth, "no report was lost or doubled");
        for table in ["event", "report_code", "idempotency"] {
            let rows = fixture.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(rows, issues.len() as i64, "{table}");
        }
    });
}
