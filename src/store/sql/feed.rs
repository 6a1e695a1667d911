//! The feed: committed events in an order that never changes.

use super::rows::{event_of, issue_of};
use super::{Db, Engine, dialect};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::port::{Feed, FeedEntry, FeedPosition};
use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Pool, Row as _};

type Result<T> = std::result::Result<T, StoreError>;

/// The last place of the feed that nothing can come before any more.
pub async fn find_end(pool: &Pool<Db>) -> Result<FeedPosition> {
    let text = format!(
        "SELECT tx, feed FROM event WHERE {} ORDER BY {} LIMIT 1",
        dialect::FEED_SETTLED,
        dialect::FEED_LAST_FIRST
    );
    let row = sqlx::query(AssertSqlSafe(text)).fetch_optional(pool).await?;
    row.map_or(Ok(FeedPosition::default()), |row| {
        Ok(FeedPosition { tx: row.try_get("tx")?, feed: row.try_get("feed")? })
    })
}

#[async_trait]
impl Feed for Engine {
    async fn find_feed_end(&self) -> Result<FeedPosition> {
        find_end(&self.readers).await
    }

    async fn list_feed(&self, after: FeedPosition, limit: usize) -> Result<Vec<FeedEntry>> {
        let text = format!(
            "SELECT event.tx AS tx, event.feed AS feed, event.issue_id, event.seq, event.at, \
             event.actor, event.action, event.from_state, event.to_state, event.note, \
             event.note_digest, event.facts, event.attachments, event.previous, event.hash, \
             issue.* FROM event JOIN issue ON issue.id = event.issue_id \
             WHERE {} AND {} ORDER BY {} LIMIT $3",
            dialect::FEED_AFTER,
            dialect::FEED_SETTLED,
            dialect::FEED_ORDER
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(after.tx)
            .bind(after.feed)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let position = FeedPosition { tx: row.try_get("tx")?, feed: row.try_get("feed")? };
                Ok(FeedEntry { position, event: event_of(row)?, issue: issue_of(row)? })
            })
            .collect()
    }

    async fn make_parts(&self, now: Timestamp) -> Result<i64> {
        let Some(text) = dialect::MAKE_PARTS else { return Ok(0) };
        Ok(sqlx::query_scalar(text).bind(now.0).fetch_one(&self.readers).await?)
    }
}
