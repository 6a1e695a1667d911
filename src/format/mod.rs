//! Formats: files and wire forms in and out. Each reader gives values *and* problems, by line and
//! reason; it decides nothing.

pub mod catalog;
pub mod csv_rows;
pub mod matrix;
pub mod pack;
pub mod packs;
pub mod trace;
