//! What a reporter is shown who follows a report by its number.

use super::Texts;
use super::issue::{View, photo_wire};
use crate::app::coarse::coarse_sentence;
use crate::app::route::Routed;
use crate::app::shown::is_told_by_number;
use crate::app::upload::VOICE;
use crate::domain::id::DepartmentCode;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, State};
use crate::domain::time::Timestamp;
use crate::store::change::{Attachment, StoredRoute};
use serde::Serialize;
use utoipa::ToSchema;

/// One step as a resident reads it.
#[derive(Serialize, ToSchema)]
pub struct TrackStep {
    pub at: String,
    pub action: String,
    pub action_name: Texts,
    pub state: String,
    /// What the office wrote for the reporter.
    pub note_public: Option<String>,
}

/// A photo as its reporter sees it.
#[derive(Serialize, ToSchema)]
pub struct TrackPhoto {
    pub id: String,
    pub thumb_url: String,
    pub url: String,
}

/// The report that one's own was merged into, as far as its course concerns all who reported the
/// same: without its number, its words, and who reported it.
#[derive(Serialize, ToSchema)]
pub struct MergedWire {
    pub state: String,
    pub outcome: Option<String>,
    pub department_name: Option<String>,
    pub closed_at: Option<String>,
    /// Its steps, without what was written to its reporter.
    pub timeline: Vec<TrackStep>,
}

/// An issue as its reporter follows it.
#[derive(Serialize, ToSchema)]
pub struct TrackWire {
    pub number: String,
    pub state: String,
    pub kind: String,
    pub category_name: String,
    pub text: Option<String>,
    pub reported_at: String,
    pub department_name: Option<String>,
    /// Why the matrix proposed a department.
    pub sentence: Option<Texts>,
    /// Whether a dispatcher chose another department than the one that the sentence speaks of.
    pub chosen_by_hand: bool,
    pub timeline: Vec<TrackStep>,
    pub outcome: Option<String>,
    /// When the whole should be done; null before filing, without a limit, and while suspended.
    pub due_at: Option<String>,
    /// Whether it depends on a year whose calendar is not published yet.
    pub due_provisional: bool,
    /// Until when it waits; null unless suspended.
    pub suspended_until: Option<String>,
    /// Whether it was merged into another report, whose number is not this reporter's to know.
    pub merged: bool,
    /// How that other report stands; null when it was not merged.
    pub merged_into: Option<MergedWire>,
    pub photos: Vec<TrackPhoto>,
    /// What the reporter may do now: `reopen`, `rate`.
    pub can: Vec<String>,
}

/// The department that has it or will get it: what was opened again is dispatched anew.
fn department_of(issue: &Issue) -> Option<&DepartmentCode> {
    let lead = issue.lead.as_ref().filter(|_| issue.state != State::Filed);
    lead.or(issue.proposed.as_ref())
}

/// The steps that a reporter is shown; inner traffic between departments stays inside.
fn track_step(event: &Event) -> Option<TrackStep> {
    let shown =
        super::supervision::is_shown(event.action) && !super::offer_kinds::is_inner(event.action);
    let with_note = matches!(
        event.action,
        Action::Reject
            | Action::Submit
            | Action::Settle
            | Action::Reopen
            | Action::Suspend
            | Action::Answer
            | Action::PublishAnswer
            | Action::Fulfil
    );
    shown.then(|| TrackStep {
        at: event.at.to_rfc3339(),
        action: event.action.to_string(),
        action_name: super::offer::action_name(event.action),
        state: event.to.to_string(),
        note_public: event.note.clone().filter(|_| with_note),
    })
}

/// What belongs to a followed issue beside itself.
pub struct Followed<'a> {
    pub events: &'a [Event],
    pub photos: &'a [Attachment],
    pub route: Option<&'a StoredRoute>,
    pub may_reopen: bool,
    pub may_rate: bool,
    /// The issue that it was merged into, at the end of all merges, with its log.
    pub merged_into: Option<(&'a Issue, &'a [Event])>,
}

fn merged_wire(view: &View<'_>, (issue, events): (&Issue, &[Event])) -> MergedWire {
    let department = department_of(issue);
    let steps = events.iter().filter_map(track_step);
    MergedWire {
        state: issue.state.to_string(),
        outcome: issue.outcome.map(|outcome| outcome.to_string()),
        department_name: department.map(|code| view.department(code).name),
        closed_at: issue.times.closed.map(|at| at.to_rfc3339()),
        timeline: steps.map(|step| TrackStep { note_public: None, ..step }).collect(),
    }
}

/// An issue as its reporter follows it. What a dispute is about is not shown: a number can be
/// passed on or found.
pub fn track_wire(view: &View<'_>, issue: &Issue, followed: &Followed<'_>) -> TrackWire {
    let readable = is_told_by_number(issue);
    let department = department_of(issue);
    let (number, route) = (&issue.number, Routed::of_stored(followed.route));
    let photos = followed.photos.iter().filter(|file| readable && file.purpose != VOICE);
    let photos = photos.map(photo_wire).map(|photo| {
        let url = |copy: &str| format!("/api/v1/track/{number}/photos/{}/{copy}", photo.id);
        TrackPhoto { thumb_url: url("thumb"), url: url("public"), id: photo.id }
    });
    let mut timeline: Vec<TrackStep> = followed.events.iter().filter_map(track_step).collect();
    if !readable {
        timeline.iter_mut().for_each(|step| step.note_public = None);
    }
    let dues = issue.clocks.total.as_ref().map(|total| total.dues).unwrap_or_default();
    TrackWire {
        number: number.clone(),
        state: issue.state.to_string(),
        kind: issue.kind.to_string(),
        category_name: view.category_name(&issue.category),
        text: readable.then(|| issue.text.clone()),
        reported_at: issue.times.reported.to_rfc3339(),
        department_name: department.map(|code| view.department(code).name),
        sentence: route.decision.as_ref().map(|_| match readable {
            true => route.sentence().into(),
            false => coarse_sentence(&route).into(),
        }),
        chosen_by_hand: route.lead().is_some_and(|proposed| department != Some(proposed)),
        timeline,
        outcome: issue.outcome.map(|outcome| outcome.to_string()),
        due_at: dues.due.filter(|_| issue.state.is_open()).map(Timestamp::to_rfc3339),
        due_provisional: dues.provisional,
        suspended_until: issue.suspended_until.map(Timestamp::to_rfc3339),
        merged: issue.merged_into.is_some(),
        merged_into: followed.merged_into.map(|other| merged_wire(view, other)),
        photos: photos.collect(),
        can: [(followed.may_reopen, "reopen"), (followed.may_rate, "rate")]
            .into_iter()
            .filter(|(may, _)| *may)
            .map(|(_, action)| action.to_owned())
            .collect(),
    }
}
