//! The SQL of all ports, compiled once for each engine: `super` is `sqlite` or `postgres`.

mod accounts;
mod admin;
mod apply;
mod as_of;
pub mod care;
mod clocks;
mod cohort;
mod counters;
mod desk;
mod export;
mod feed;
mod filter;
mod flow;
mod insert;
mod issues;
mod map;
mod nearby;
mod notices;
mod packed;
mod packs;
mod page;
mod persons;
mod place;
mod rollups;
mod rows;
mod sealed;
mod supervision;
mod territories;
mod truth;
pub mod uploads;

pub use apply::{apply_change, together_of, write_rarer};

use super::insert::{Insert, inserts, run_all};
use super::{Conn, Db, Engine, dialect};

type Query = sqlx::QueryBuilder<Db>;
type Row = <Db as sqlx::Database>::Row;

impl crate::store::Store for Engine {
    fn engine(&self) -> &'static str {
        dialect::ENGINE
    }
}
