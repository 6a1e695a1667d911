//! The demo's generated data: a district's real outline and street names, filled with communities,
//! grids, branches and people that do not exist. Generation is deterministic on every machine:
//! integers only, and a random generator of our own.
//!
//! The results are checked in under `geodata/jinshui`; a test fails when they are stale.

pub mod areas;
pub mod cut;
pub mod mesh;
pub mod names;
pub mod pack;
pub mod people;
pub mod plan;
pub mod rng;
