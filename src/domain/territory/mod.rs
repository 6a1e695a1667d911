//! Territory: areas with levels and polygons, the index that finds them from a position, their
//! import and repair, their checks, their lineage, and how they are drawn anew.

pub mod area;
pub mod asset;
pub mod check;
pub mod defect;
pub mod diff;
pub mod edit;
pub mod exact;
pub mod feature;
pub mod import;
pub mod index;
pub mod level;
pub mod lineage;
pub mod locate;
pub mod people;
pub mod position;
pub mod posting;
mod rebuild;
pub mod redraw;
pub mod repair;
mod rings;
pub mod snapshot;

pub use area::{Area, AreaKind, Validity};
pub use level::Level;
pub use locate::{Candidate, Location, Near};
pub use people::{Branch, DutyHours, Post, Worker};
pub use position::Position;
pub use snapshot::{Territory, Version};
