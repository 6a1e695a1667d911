//! Half a year of generated issues.

use super::accounts::Seat;
use super::load::{DemoError, Tell};
use crate::app::ctx::Ctx;

/// Loads the history.
///
/// # Errors
/// The store is not available.
pub async fn load(_: &Ctx, _: &[Seat], _: usize, _: Tell<'_>) -> Result<(), DemoError> {
    Ok(())
}
