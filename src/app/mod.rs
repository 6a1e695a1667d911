//! The use cases: they load what a decision needs, let the core decide, and save one change.

pub mod account;
pub mod attach;
pub mod audit;
pub mod carry;
pub mod clocks;
pub mod ctx;
pub mod error;
pub mod handle;
pub mod import_issues;
pub mod instance;
pub mod intake;
pub mod likeness;
pub mod measure;
pub mod number;
pub mod people;
pub mod photo;
pub mod place;
pub mod report;
pub mod route;
pub mod shown;
pub mod snapshot;
pub mod territory;
pub mod tiles;
