//! What a reader may know of an issue beside the fact of it.

use super::number::parse_number;
use super::seal::{Seals, part};
use crate::domain::access::{Actor, Scope};
use crate::domain::cell::{COARSE_RESOLUTION, parent_cell};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::store::care::SEALED_PREFIX;
use crate::store::query::IssueFilter;

/// Whether the reader may know what the issue is about.
pub fn reads_content(actor: &Actor, issue: &Issue) -> bool {
    issue.kind != Kind::Dispute || actor.reads_dispute(&issue.subject())
}

/// Whether whoever holds the number may know what the issue is about: a number can be passed on or
/// found. What was a dispute once stays sealed to him.
pub fn is_told_by_number(issue: &Issue) -> bool {
    issue.kind != Kind::Dispute && !issue.text.starts_with(SEALED_PREFIX)
}

fn open(seals: &Seals, issue: &Issue, part: &str, kept: &str) -> Option<String> {
    let opened = seals.open(issue.id, part, kept);
    if let Err(error) = &opened {
        tracing::warn!(issue = %issue.id, part, ?error, "a sealed text is not shown");
    }
    opened.ok()
}

/// What was reported, to a reader who may know it; that of a dispute is kept sealed.
pub fn shown_text(seals: &Seals, actor: &Actor, issue: &Issue) -> Option<String> {
    // What was a dispute once stays sealed, so every text is opened; a plain one is as it is.
    reads_content(actor, issue).then(|| open(seals, issue, part::TEXT, &issue.text))?
}

/// The address, as [`shown_text`].
pub fn shown_address(seals: &Seals, actor: &Actor, issue: &Issue) -> Option<String> {
    let kept = issue.address.as_deref()?;
    reads_content(actor, issue).then(|| open(seals, issue, part::ADDRESS, kept))?
}

/// The H3 cell that the reader is told: a coarse one for a dispute that he may not read.
pub fn shown_cell(actor: &Actor, issue: &Issue) -> u64 {
    match reads_content(actor, issue) {
        true => issue.place.cell,
        false => parent_cell(issue.place.cell, COARSE_RESOLUTION),
    }
}

/// The longitude and latitude that the reader is told: the middle of a coarse cell for a dispute
/// that he may not read.
pub fn shown_position(actor: &Actor, issue: &Issue) -> (f64, f64) {
    match reads_content(actor, issue) {
        true => issue.place.position,
        false => issue.place.coarse_position(),
    }
}

/// What a list may show to the reader. Searching by words is narrower than reading, but whoever
/// knows the number of a case finds it.
pub fn list_scope(actor: &Actor, filter: &IssueFilter) -> Scope {
    match filter.words.as_deref() {
        Some(words) if parse_number(words).is_none() => Scope::of_words(actor),
        _ => Scope::of(actor),
    }
}
