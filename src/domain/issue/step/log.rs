//! Events put together and chained, and the steps that follow from another one.

use crate::domain::audit::{Hash, event_hash};
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::issue::clock::Timekeeper;
use crate::domain::issue::event::{Event, EventActor, Facts, fact};
use crate::domain::issue::record::{Issue, evolve, place_facts};
use crate::domain::issue::state::{Action, State};
use crate::domain::time::Timestamp;

/// An event before it is chained.
#[derive(Clone, Debug)]
pub struct Draft {
    pub actor: EventActor,
    pub action: Action,
    pub note: Option<String>,
    pub facts: Facts,
    pub attachments: Vec<AttachmentId>,
}

/// The next event of `issue`.
pub fn chain(issue: &Issue, at: Timestamp, draft: Draft, to: State) -> Event {
    seal(issue.id, issue.version + 1, at, draft, (Some(issue.state), to), issue.head)
}

/// Puts an event together and gives it its hash.
pub fn seal(
    issue: IssueId,
    seq: i64,
    at: Timestamp,
    draft: Draft,
    (from, to): (Option<State>, State),
    previous: Hash,
) -> Event {
    let mut event = Event {
        issue,
        seq,
        at,
        actor: draft.actor,
        action: draft.action,
        from,
        to,
        note_digest: draft.note.as_deref().map(Hash::of_text),
        note: draft.note,
        facts: draft.facts,
        attachments: draft.attachments,
        previous,
        hash: Hash::START,
    };
    event.hash = event_hash(&event);
    event
}

/// The other issue of a merge, as the log names it.
fn other_facts(other: &Issue) -> Facts {
    Facts::from([
        (fact::OTHER.to_owned(), other.id.to_string()),
        (fact::OTHER_NUMBER.to_owned(), other.number.clone()),
    ])
}

/// The step that a merge causes in the issue that stays: it stands for more reports, or fewer.
pub fn count_reports(
    issue: &Issue,
    other: &Issue,
    action: Action,
    actor: EventActor,
    now: Timestamp,
) -> Option<(Issue, Event)> {
    let draft = Draft { actor, action, note: None, facts: Facts::new(), attachments: Vec::new() };
    count_said(issue, other, draft, now)
}

/// As [`count_reports`], with what is said and shown beside it.
pub fn count_said(
    issue: &Issue,
    other: &Issue,
    said: Draft,
    now: Timestamp,
) -> Option<(Issue, Event)> {
    let mut facts = other_facts(other);
    facts.insert(fact::REPORTS.to_owned(), other.counts.reports.to_string());
    let draft = Draft { facts, ..said };
    let event = chain(issue, now.max(issue.updated), draft, issue.state);
    evolve(Some(issue), &event).ok().map(|after| (after, event))
}

/// The step by which a report becomes a part of what is known already. It comes with the report
/// itself, in its reporter's name: from then on only the office merges.
pub fn add_to(
    report: &Issue,
    known: &Issue,
    actor: EventActor,
    (now, keeper): (Timestamp, &Timekeeper),
) -> Option<(Issue, Event)> {
    let (action, facts) = (Action::Merge, other_facts(known));
    let draft = Draft { actor, action, note: None, facts, attachments: Vec::new() };
    let event = chain(report, now.max(report.updated), draft, State::Merged);
    let event = keeper.time(Some(report), event, now);
    evolve(Some(report), &event).ok().map(|after| (after, event))
}

/// The step by which a new territory puts an open issue elsewhere; `None` when nothing changes.
pub fn rehome(
    issue: &Issue,
    place: &crate::domain::issue::record::Place,
    now: Timestamp,
) -> Option<(Issue, Event)> {
    if issue.place == *place {
        return None;
    }
    let draft = Draft {
        actor: EventActor::System,
        action: Action::Rehome,
        note: None,
        facts: place_facts(place),
        attachments: Vec::new(),
    };
    let event = chain(issue, now.max(issue.updated), draft, issue.state);
    evolve(Some(issue), &event).ok().map(|after| (after, event))
}
