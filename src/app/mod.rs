//! The use cases: they load what a decision needs, let the core decide, and save one change.

pub mod account;
pub mod ctx;
pub mod error;
pub mod instance;
