//! The open issues that a node knows by their places: loaded once, and followed by the log.

use super::feed::find_end;
use super::rows::parsed;
use super::{Db, Engine, Query, Row, dialect};
use crate::domain::id::{CategoryCode, IssueId};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::store::StoreError;
use crate::store::nearby::{Followed, Nearby, News, Spot};
use crate::store::port::FeedPosition;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Pool, Row as _};
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, StoreError>;

/// How old what others wrote may be before it is known here.
const PAUSE: Duration = Duration::from_millis(250);
/// Events that are read at once.
const EVENTS_MAX: i64 = 2_000;
/// Issues of so many milliseconds before the newest one are known: a report may be a month old
/// when it comes, and is compared with those of a month before it.
const AGE_MS: i64 = 62 * DAY_MS;

const SPOT: &str = "id, version, category, cell, lon, lat, reported_at, \
    state NOT IN ('closed', 'rejected', 'merged') AS is_open";

/// Parts of a list whose lengths are powers of two, so that there are few different statements and
/// each is prepared once.
fn parts<T>(mut rows: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = rows.len().min(most).checked_ilog2()?;
        let (part, rest) = rows.split_at(1 << size);
        rows = rest;
        Some(part)
    })
}

fn news_of(row: &Row) -> Result<News> {
    let id = parsed(row, "issue", "id", IssueId::parse)?;
    let version = row.try_get("version")?;
    if !row.try_get::<bool, _>("is_open")? {
        return Ok(News::Ended(id, version));
    }
    Ok(News::Open(Spot {
        id,
        version,
        category: parsed(row, "issue", "category", |code| CategoryCode::parse(code).ok())?,
        cell: row.try_get::<i64, _>("cell")?.cast_unsigned(),
        position: (row.try_get("lon")?, row.try_get("lat")?),
        reported: row.try_get("reported_at")?,
    }))
}

async fn load(pool: &Pool<Db>, nearby: &Nearby) -> Result<Followed> {
    let (at, position) = (Instant::now(), find_end(pool).await?);
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT MAX(reported_at) FROM issue").fetch_one(pool).await?;
    let from = newest.map_or(i64::MIN, |newest| newest.saturating_sub(AGE_MS));
    // What this node writes from now on is told by its writers; what others write, by the log.
    nearby.begin();
    let text = format!(
        "SELECT {SPOT} FROM issue WHERE state NOT IN ('closed', 'rejected', 'merged') \
         AND reported_at >= $1"
    );
    let mut rows = sqlx::query(AssertSqlSafe(text)).bind(from).fetch(pool);
    while let Some(row) = rows.try_next().await? {
        nearby.take([news_of(&row)?]);
    }
    nearby.know_from(Timestamp(from));
    Ok(Followed { position, at })
}

impl Engine {
    /// Follows what others wrote, unless somebody is at it or was a moment ago. What is not known
    /// yet is loaded meanwhile.
    pub async fn follow_nearby(&self) -> Result<()> {
        let Ok(mut followed) = self.nearby.followed.clone().try_lock_owned() else {
            return Ok(());
        };
        if let Some(followed) = followed.as_mut() {
            return match followed.at.elapsed() < PAUSE {
                true => Ok(()),
                false => self.follow(followed).await,
            };
        }
        let (pool, nearby) = (self.readers.clone(), self.nearby.clone());
        tokio::spawn(async move {
            match load(&pool, &nearby).await {
                Ok(loaded) => *followed = Some(loaded),
                Err(error) => tracing::warn!(%error, "the places of open issues are not loaded"),
            }
        });
        Ok(())
    }

    async fn follow(&self, followed: &mut Followed) -> Result<()> {
        let text = format!(
            "SELECT tx, feed, issue_id, seq FROM event WHERE {} AND {} ORDER BY {} LIMIT $3",
            dialect::FEED_AFTER,
            dialect::FEED_SETTLED,
            dialect::FEED_ORDER
        );
        loop {
            let (at, after) = (Instant::now(), followed.position);
            let rows = sqlx::query(AssertSqlSafe(text.as_str()))
                .bind(after.tx)
                .bind(after.feed)
                .bind(EVENTS_MAX)
                .fetch_all(&self.readers)
                .await?;
            let mut versions = Vec::with_capacity(rows.len());
            for row in &rows {
                let id = parsed(row, "event", "issue_id", IssueId::parse)?;
                versions.push((id, row.try_get("seq")?));
            }
            self.read_news(&self.nearby.fresh(versions.into_iter())).await?;
            if let Some(last) = rows.last() {
                let position =
                    FeedPosition { tx: last.try_get("tx")?, feed: last.try_get("feed")? };
                followed.position = position;
            }
            followed.at = at;
            if (rows.len() as i64) < EVENTS_MAX {
                return Ok(());
            }
        }
    }

    async fn read_news(&self, issues: &[IssueId]) -> Result<()> {
        for part in parts(issues, 256) {
            let mut query = Query::new(format!("SELECT {SPOT} FROM issue WHERE id IN ("));
            let mut ids = query.separated(", ");
            for id in part {
                ids.push_bind(id.to_string());
            }
            query.push(")");
            for row in query.build().fetch_all(&self.readers).await? {
                self.nearby.take([news_of(&row)?]);
            }
        }
        Ok(())
    }
}
