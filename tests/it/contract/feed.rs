//! The feed: a follower sees every committed event once, in the order of each issue.

use crate::support::world::{START, World, opening, report, report_as};
use crate::support::{Chance, Fixture, Raw, check};
use hexward::domain::id::IssueId;
use hexward::domain::time::{DAY_MS, Timestamp};
use hexward::store::port::FeedPosition;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Follows until `count` events have come.
async fn follow(fixture: &Fixture, count: usize, page: usize) -> Vec<(FeedPosition, IssueId, i64)> {
    let (mut position, mut seen) = (FeedPosition::default(), Vec::new());
    let begun = Instant::now();
    while seen.len() < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {count} came", seen.len());
        let entries = fixture.store.list_feed(position, page).await.unwrap();
        assert!(entries.len() <= page);
        for entry in &entries {
            assert!(position < entry.position, "the feed went back");
            assert_eq!(entry.issue.id, entry.event.issue);
            position = entry.position;
            seen.push((position, entry.event.issue, entry.event.seq));
        }
        if entries.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    seen
}

fn each_once_in_order(seen: &[(FeedPosition, IssueId, i64)]) {
    let mut last = BTreeMap::new();
    for (_, issue, seq) in seen {
        let before = last.insert(*issue, *seq).unwrap_or(0);
        assert_eq!(*seq, before + 1, "{issue}");
    }
}

#[test]
fn a_follower_sees_every_event_of_concurrent_writers_once_and_in_order() {
    check(|fixture| async move {
        const WRITERS: u64 = 12;
        const CHANGES: usize = 40;
        let writers: Vec<_> = (0..WRITERS)
            .map(|seed| {
                let store = fixture.store.clone();
                tokio::spawn(async move {
                    let mut world = World::new(500 + seed);
                    let mut events = 0;
                    for _ in 0..CHANGES {
                        let change = world.next_change();
                        events += change.saves.iter().map(|save| save.events.len()).sum::<usize>();
                        store.apply(change).await.unwrap();
                    }
                    events
                })
            })
            .collect();
        // The follower runs beside the writers; at least one event a change will come.
        let mut seen = follow(&fixture, WRITERS as usize * CHANGES, 17).await;
        let mut written = 0;
        for writer in writers {
            written += writer.await.unwrap();
        }
        if seen.len() < written {
            seen = follow(&fixture, written, 1_000).await;
        }
        assert_eq!(seen.len(), written);
        each_once_in_order(&seen);
        let last = seen.last().unwrap().0;
        assert_eq!(fixture.store.find_feed_end().await.unwrap(), last);
        assert!(fixture.store.list_feed(last, 10).await.unwrap().is_empty());
    });
}

#[test]
fn an_event_whose_transaction_commits_late_is_not_skipped() {
    check(|fixture| async move {
        let Raw::Postgres(pool) = &fixture.raw else {
            // SQLite has one writer: no transaction commits later than one that began after it.
            return;
        };
        let chance = &mut Chance(51);
        let (issue, event) = report(chance, START, None);
        // The late writer takes its feed number first.
        let mut slow = pool.begin().await.unwrap();
        let sql = format!(
            "INSERT INTO event (district, issue_id, seq, at, actor, action, to_state, facts, \
             attachments, previous, hash) VALUES ('d', '{}', 2, 1, 'system', 'comment', \
             'reported', '{{}}', '', '{}', '{}')",
            issue.id, issue.head, issue.head
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *slow).await.unwrap();
        fixture.store.apply(opening(&issue, event)).await.unwrap();
        let start = FeedPosition::default();
        assert!(fixture.store.list_feed(start, 10).await.unwrap().is_empty());
        assert_eq!(fixture.store.find_feed_end().await.unwrap(), start);
        slow.commit().await.unwrap();
        // Other databases of the server may hold the horizon back for a moment.
        let seen = follow(&fixture, 2, 10).await;
        let seqs: Vec<i64> = seen.iter().map(|(_, _, seq)| *seq).collect();
        assert_eq!(seqs, [2, 1], "the transaction that began first comes first");
    });
}

/// Of ids as they are made at a time.
fn id_at(at: Timestamp, number: u64) -> IssueId {
    IssueId(u128::from(at.0.cast_unsigned()) << 80 | 7 << 76 | 1 << 63 | u128::from(number))
}

#[test]
fn months_of_the_log_lie_apart_and_read_as_one() {
    check(|fixture| async move {
        let now = Timestamp(jiff::Timestamp::now().as_millisecond());
        let day = |n: i64| Timestamp(now.0 + n * DAY_MS);
        // The first month was made with the database.
        assert_eq!(fixture.store.make_parts(now).await.unwrap(), 0);
        let made = fixture.store.make_parts(day(62)).await.unwrap();
        assert_eq!(fixture.store.make_parts(day(62)).await.unwrap(), 0, "made once");
        let chance = &mut Chance(53);
        let mut ids = Vec::new();
        // Before there were months, in each that was made, and beyond the last.
        for (number, at) in [-400, 0, 31, 62, 400].map(day).into_iter().enumerate() {
            let id = id_at(at, number as u64);
            let (issue, event) = report_as(id, chance, START, None);
            fixture.store.apply(opening(&issue, event)).await.unwrap();
            ids.push(id);
        }
        let seen = follow(&fixture, ids.len(), 2).await;
        assert_eq!(seen.iter().map(|(_, id, _)| *id).collect::<Vec<_>>(), ids);
        for id in &ids {
            assert_eq!(fixture.store.list_events(*id).await.unwrap().len(), 1);
        }
        let Raw::Postgres(pool) = &fixture.raw else {
            assert_eq!(made, 0);
            return;
        };
        assert!(made >= 2, "a table of events and one of routes for a month and more: {made}");
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT tableoid::regclass::text FROM event ORDER BY issue_id")
                .fetch_all(pool)
                .await
                .unwrap();
        let month = |at: Timestamp| {
            let at = jiff::Timestamp::from_millisecond(at.0).unwrap();
            format!("event_{}", at.strftime("%Y_%m"))
        };
        let months = [0, 31, 62].map(|n| month(day(n)));
        assert_eq!(tables[0], "event_before");
        assert_eq!(tables[1..4], months);
        assert_eq!(tables[4], "event_later");
        // No table of the log forgets, nor takes an event twice.
        for table in &tables {
            for text in [format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
                let refused = sqlx::query(sqlx::AssertSqlSafe(text)).execute(pool).await;
                assert!(refused.unwrap_err().to_string().contains("append-only"), "{table}");
            }
        }
        // What lies beyond the months stays there when its month comes.
        fixture.store.make_parts(day(400)).await.unwrap();
        assert_eq!(follow(&fixture, ids.len(), 100).await, seen);
    });
}

#[test]
fn an_empty_feed_ends_at_its_start() {
    check(|fixture| async move {
        assert_eq!(fixture.store.find_feed_end().await.unwrap(), FeedPosition::default());
        assert!(fixture.store.list_feed(FeedPosition::default(), 5).await.unwrap().is_empty());
    });
}

#[test]
fn following_the_feed_reads_no_more_than_its_page() {
    check(|fixture| async move {
        let mut world = World::new(52);
        for _ in 0..30 {
            fixture.store.apply(world.next_change()).await.unwrap();
        }
        if let Raw::Sqlite(_) = &fixture.raw {
            let plan = fixture
                .raw
                .plan("SELECT * FROM event WHERE tx >= 0 AND feed > 20 ORDER BY feed LIMIT 5")
                .await;
            assert!(plan.contains("rowid>?") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    });
}
