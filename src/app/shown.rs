//! What a reader may know of an issue beside the fact of it.

use super::number::parse_number;
use crate::domain::access::{Actor, Scope};
use crate::domain::cell::parent_cell;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::store::query::IssueFilter;
use h3o::{CellIndex, LatLng, Resolution};

/// How exactly the place of a dispute is told to those who may not know what it is about.
pub const COARSE_RESOLUTION: Resolution = Resolution::Nine;

/// Whether the reader may know what the issue is about.
pub fn reads_content(actor: &Actor, issue: &Issue) -> bool {
    issue.kind != Kind::Dispute || actor.reads_dispute(&issue.subject())
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
    if reads_content(actor, issue) {
        return issue.place.position;
    }
    // A stored cell is always an index; were it none, nothing would be told.
    let cell = CellIndex::try_from(shown_cell(actor, issue));
    cell.map_or((0.0, 0.0), |cell| {
        let middle = LatLng::from(cell);
        (middle.lng(), middle.lat())
    })
}

/// What a list may show to the reader. Searching by words is narrower than reading, but whoever
/// knows the number of a case finds it.
pub fn list_scope(actor: &Actor, filter: &IssueFilter) -> Scope {
    match filter.words.as_deref() {
        Some(words) if parse_number(words).is_none() => Scope::of_words(actor),
        _ => Scope::of(actor),
    }
}
