//! The integration tests, as one binary: it links once.

mod demo_pack;
mod left_out;
mod nasty;
mod tidy;
mod truth;
