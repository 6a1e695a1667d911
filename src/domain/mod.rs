//! The pure core: it decides and never acts. No I/O, no async, no clock, no randomness;
//! what it needs to know it is given as values.

pub mod access;
pub mod audit;
pub mod calendar;
pub mod catalog;
pub mod cell;
pub mod datum;
pub mod id;
pub mod issue;
pub mod metrics;
pub mod period;
pub mod retention;
pub mod routing;
pub mod sampling;
pub mod territory;
pub mod tile;
pub mod time;
