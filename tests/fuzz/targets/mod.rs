//! What is fuzzed: each target is one function from bytes, shared between the fuzzer and the
//! replay of its corpus in the integration tests. A target panics when a promise is broken.

mod areas;
mod forms;
mod limits;
mod server;
mod tables;
mod tiles;

/// A target by the name of its folder in the corpus.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: &[Target] = &[
    ("areas", areas::run),
    ("tables", tables::run),
    ("limits", limits::run),
    ("tiles", tiles::run),
    ("forms", forms::run),
];

/// The first byte says what the rest is.
fn split(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(&first, rest)| (first, rest))
}

/// Words for people stand in both languages.
fn assert_said(says: &hexward::app::error::Say) {
    assert!(!says.zh.trim().is_empty() && !says.en.trim().is_empty(), "{says:?}");
}
