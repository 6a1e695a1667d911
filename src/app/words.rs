//! What is wrong with areas, files and rows, in Chinese beside the English of the errors, and what
//! to do about it. One exhaustive match for each sort of error, so that none goes without words.

pub mod area;
pub mod file;
pub mod format;
pub mod history;
pub mod row;

use super::error::{Say, say};

/// The error's own English with its Chinese.
fn beside(zh: impl Into<String>, error: &impl std::fmt::Display) -> Say {
    say(zh, error.to_string())
}
