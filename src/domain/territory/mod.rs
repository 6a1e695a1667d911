//! Territory: areas with levels and polygons, the index that finds them from a position, their
//! import and repair, their checks and their lineage.

pub mod area;
pub mod defect;
pub mod exact;
pub mod feature;
pub mod index;
pub mod level;
pub mod people;
pub mod position;
mod rebuild;
pub mod repair;
mod rings;
pub mod snapshot;
