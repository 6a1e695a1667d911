//! The one integration binary.

mod nasty;
mod truth;
