//! Long readings go to a replica; the database answers what it cannot. Another database, with less
//! in it, stands for a replica here: so it can be told which of the two answered.

use super::paging::everything;
use crate::support::world::World;
use crate::support::{Fixture, check};
use hexward::domain::access::Scope;
use hexward::store::Store;
use hexward::store::query::IssueFilter;
use sqlx::Connection;
use std::sync::Arc;
use std::time::Duration;

async fn count(store: &Arc<dyn Store>) -> (usize, usize) {
    let (page, all) = (everything(IssueFilter::default()), Scope::everything());
    let table = store.list_export(&page, &all).await.unwrap();
    let list = store.list_issues(&page, &all).await.unwrap();
    (table.len(), list.items.len())
}

async fn open(fixture: &Fixture, replica: &str) -> Arc<dyn Store> {
    let store = hexward::store::open_with_replica(&fixture.url, Some(replica)).await;
    store.expect("it opens, whether the replica is there or not")
}

#[test]
fn tables_come_from_the_replica_and_lists_from_the_database() {
    check(async |fixture| {
        // An embedded database has no replica: its configuration refuses one.
        let Some(other) = fixture.second_database().await else { return };
        let mut world = World::new(26);
        other.store.apply(world.next_joined(200)).await.unwrap();
        let old = count(&other.store).await.0;
        fixture.store.apply(World::new(26).next_joined(400)).await.unwrap();
        let now = count(&fixture.store).await.0;
        assert!(now > old && old > 5, "{now} {old}");
        assert_eq!(count(&open(&fixture, &other.url).await).await, (old, now));
        let away = "postgres://127.0.0.1:1/nowhere";
        assert_eq!(count(&open(&fixture, away).await).await, (now, now));
    });
}

/// Ends the one connection that waits for a lock, as a replica that is stopped ends all.
const BREAK_OFF: &str = "SELECT COUNT(*) FROM (SELECT pg_terminate_backend(pid) \
    FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') AS t";

#[test]
fn a_table_that_the_replica_breaks_off_comes_from_the_database() {
    check(async |fixture| {
        let Some(other) = fixture.second_database().await else { return };
        fixture.store.apply(World::new(26).next_joined(400)).await.unwrap();
        let now = count(&fixture.store).await.0;
        let store = open(&fixture, &other.url).await;
        let mut holder = sqlx::PgConnection::connect(&other.url).await.unwrap();
        for lock in ["BEGIN", "LOCK TABLE issue IN ACCESS EXCLUSIVE MODE"] {
            sqlx::query(lock).execute(&mut holder).await.unwrap();
        }
        let reading = tokio::spawn(async move { count(&store).await });
        while other.raw.number(BREAK_OFF).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(reading.await.unwrap(), (now, now));
    });
}
