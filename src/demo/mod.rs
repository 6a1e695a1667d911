//! The demo: a district's real outline and street names, filled with communities, grids, branches,
//! people and half a year of issues that do not exist; and Los Angeles with its real requests.
//!
//! Two parts are kept apart. The generators (`areas` to `rng`, and `history` but for its `load`)
//! are pure and deterministic on every machine: integers where it matters, and a random generator
//! of our own. `load` and what it calls put the results into an installation.
//!
//! The generated areas and people are checked in under `geodata/jinshui`; a test fails when they
//! are stale. The issues are generated while loading, because they end on the day of the load.

pub mod accounts;
pub mod areas;
pub mod cut;
pub mod history;
pub mod jinshui;
pub mod la;
pub mod load;
pub mod mesh;
pub mod names;
pub mod pack;
pub mod people;
pub mod plan;
pub mod rng;
