//! The feed: a follower sees every committed event once, in the order of each issue.

use crate::support::world::{START, World, opening, report};
use crate::support::{Chance, Fixture, Raw, check};
use hexward::domain::id::IssueId;
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
