//! The store: what is kept, behind ports. Two engines implement the ports with one SQL text, which
//! is compiled once for each (`sql/` is mounted by `sqlite` and by `postgres`).
//!
//! Invariants: no method reads issues without a [`Scope`](crate::domain::access::Scope), save the
//! ones that say why; a write that returned `Ok` is on disk.

pub mod account;
pub mod admin;
pub mod care;
pub mod change;
pub mod copy;
mod counters;
mod cube;
pub mod desk;
pub mod error;
pub mod export;
pub mod flow;
mod ledger;
pub mod map;
mod migrate;
mod nearby;
pub mod packs;
pub mod port;
mod postgres;
pub mod query;
mod replica;
mod sqlite;
pub mod upload;
mod values;
mod write_ahead;

pub use error::StoreError;

use std::sync::Arc;

/// Everything that is kept.
pub trait Store:
    port::Issues
    + port::Accounts
    + port::Territories
    + port::Rollups
    + port::Packs
    + port::Feed
    + port::Supervisions
    + care::Cares
    + desk::Desks
    + port::Notices
    + upload::Uploads
    + flow::Flows
    + map::Maps
    + export::Exports
    + admin::Admins
    + admin::People
{
    /// `"sqlite"` or `"postgres"`.
    fn engine(&self) -> &'static str;
}

/// Opens the database at `url` (`sqlite:PATH`, `sqlite::memory:` is not offered, or
/// `postgres://…`) and brings its tables up to date.
///
/// # Errors
/// The address has another scheme, the database cannot be reached, or a migration failed.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_with_replica(url, None).await
}

/// As [`open`]; tables, flows and numbers of the past are read from a streaming replica, if there
/// is one, and from the database itself while that is away. An embedded database has none.
///
/// # Errors
/// As for [`open`]; or the address of the replica makes no sense.
pub async fn open_with_replica(
    url: &str,
    replica: Option<&str>,
) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Arc::new(sqlite::Engine::open(path.trim_start_matches("//")).await?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(postgres::Engine::open(url, replica).await?));
    }
    Err(StoreError::Url(url.split(':').next().unwrap_or("").to_owned()))
}
