//! What every engine of the store promises, checked on each of them.

mod admin;
mod apply;
mod as_of;
mod counters;
mod feed;
mod filter;
mod log;
mod map;
mod matrix;
mod nearby;
pub mod paging;
mod people;
mod replica;
mod rollups;
mod territory;
mod time;
mod workflow;
