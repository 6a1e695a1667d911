//! A streaming replica of a PostgreSQL database, for what reads much and may be a moment old.

use super::StoreError;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const CONNECTIONS_MAX: u32 = 8;
/// How long one waits for a connection before the database itself is asked.
const ACQUIRE_MAX: Duration = Duration::from_secs(2);
/// How long a replica that was away is left alone.
const AWAY: Duration = Duration::from_secs(15);

pub struct Replica {
    pool: PgPool,
    /// Until when nobody asks it, since it was found to be away.
    away_until: Mutex<Option<Instant>>,
}

impl Replica {
    /// A replica at `url`; nothing is connected yet, so that a node starts without it.
    ///
    /// # Errors
    /// The address makes no sense.
    pub fn at(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("hexward");
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_MAX)
            .connect_lazy_with(options);
        Ok(Self { pool, away_until: Mutex::default() })
    }

    /// Its connections; none while it is away.
    pub async fn connections(&self) -> Option<PgPool> {
        let away_until = || self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        let was_away = {
            let mut until = away_until();
            if until.is_some_and(|until| Instant::now() < until) {
                return None;
            }
            // One looks whether it is back; the others need not wait for that.
            let again = Instant::now() + AWAY;
            until.as_mut().map(|until| *until = again).is_some()
        };
        match self.pool.acquire().await {
            Ok(_) => {
                // Who began before it went away does not say that it is back.
                if was_away {
                    tracing::info!("the replica is back");
                    *away_until() = None;
                }
                Some(self.pool.clone())
            }
            Err(error) => {
                let known = away_until().replace(Instant::now() + AWAY).is_some();
                if !known {
                    tracing::warn!(%error, "the replica is away; the database itself is asked");
                }
                None
            }
        }
    }
}
