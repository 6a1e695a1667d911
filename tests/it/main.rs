//! The integration tests, as one binary: it links once.

mod left_out;
mod tidy;
