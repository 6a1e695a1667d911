//! The whole story of an issue's supervision, told from its log: each order with its replies, each
//! whistle with its arrivals, each revisit, appeal and task. The issue itself keeps only what lists
//! and counters need.

use super::event::{Event, EventActor, fact};
use super::record::{departments_of, parse_pair};
use super::state::Action;
use super::supervision::{
    AppealState, Ask, DeskReason, Ground, Holder, Judgement, Revisit, TaskKind, revisit_of, task_of,
};
use crate::domain::id::{AttachmentId, DepartmentCode};
use crate::domain::time::Timestamp;

/// Something that someone did, with the words that went with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The event's place in the log.
    pub seq: i64,
    pub at: Timestamp,
    pub by: EventActor,
    pub note: Option<String>,
    pub photos: Vec<AttachmentId>,
}

/// An order, with the replies to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub entry: Entry,
    pub until: Option<Timestamp>,
    pub replies: Vec<Entry>,
}

/// A summoned department: when it arrived, how far from the place in metres, how it was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Summons {
    pub department: DepartmentCode,
    pub arrival: Option<(Entry, Option<f64>)>,
    pub judgement: Option<(Entry, Judgement)>,
}

/// A whistle.
#[derive(Clone, Debug, PartialEq)]
pub struct WhistleStory {
    pub entry: Entry,
    pub until: Option<Timestamp>,
    pub meeting: String,
    pub position: Option<(f64, f64)>,
    pub summoned: Vec<Summons>,
}

/// A revisit or the reporter's own rating; no verdict where nobody was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisitStory {
    pub entry: Entry,
    pub by_reporter: bool,
    pub revisit: Option<Revisit>,
}

/// An appeal with its decision.
#[derive(Clone, Debug, PartialEq)]
pub struct AppealStory {
    pub entry: Entry,
    pub ground: Ground,
    pub decision: Option<(Entry, AppealState)>,
}

/// A request of the department with its decision; none that is open or fell away.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestStory {
    pub entry: Entry,
    pub ask: Ask,
    /// Until when a suspension was asked for.
    pub until: Option<Timestamp>,
    /// Whether it was granted.
    pub decision: Option<(Entry, bool)>,
}

/// One offer of a task, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskStory {
    pub entry: Entry,
    pub kind: TaskKind,
    pub holder: Holder,
    pub reason: Option<DeskReason>,
    /// With the distance from the place, in metres.
    pub check_in: Option<(Entry, Option<f64>)>,
}

/// The story.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dossier {
    pub urges: Vec<Entry>,
    pub orders: Vec<Order>,
    pub whistles: Vec<WhistleStory>,
    pub contacts: Vec<Entry>,
    pub revisits: Vec<RevisitStory>,
    pub appeals: Vec<AppealStory>,
    pub requests: Vec<RequestStory>,
    pub tasks: Vec<TaskStory>,
}

fn entry_of(event: &Event) -> Entry {
    Entry {
        seq: event.seq,
        at: event.at,
        by: event.actor.clone(),
        note: event.note.clone(),
        photos: event.attachments.clone(),
    }
}

fn distance_of(event: &Event) -> Option<f64> {
    event.fact(fact::DISTANCE_M)?.parse().ok()
}

fn until_of(event: &Event) -> Option<Timestamp> {
    event.fact(fact::UNTIL).and_then(Timestamp::parse)
}

impl Dossier {
    /// Replays a log. What a log does not say is left out.
    pub fn of(events: &[Event]) -> Self {
        let mut dossier = Self::default();
        for event in events {
            dossier.take(event);
        }
        dossier
    }

    fn take(&mut self, event: &Event) {
        let entry = entry_of(event);
        match event.action {
            Action::Urge => self.urges.push(entry),
            Action::Supervise => {
                self.orders.push(Order { entry, until: until_of(event), replies: Vec::new() });
            }
            Action::Reply => self.take_reply(event),
            Action::RequestExtension
            | Action::RequestSuspension
            | Action::Extend
            | Action::Suspend
            | Action::DeclineRequest => self.take_request(event),
            Action::Whistle => self.whistles.push(whistle_of(event)),
            Action::Arrive | Action::JudgeArrival => self.take_arrival(event),
            Action::Contact => self.contacts.push(entry),
            Action::Revisit | Action::Rate => self.revisits.push(RevisitStory {
                entry,
                by_reporter: event.action == Action::Rate,
                revisit: revisit_of(event).ok().flatten(),
            }),
            Action::Appeal => {
                if let Some(ground) = event.fact(fact::GROUND).and_then(Ground::parse) {
                    self.appeals.push(AppealStory { entry, ground, decision: None });
                }
            }
            Action::UpholdAppeal => self.decide_appeal(entry, AppealState::Upheld),
            Action::DismissAppeal => self.decide_appeal(entry, AppealState::Dismissed),
            Action::AcceptForCheck | Action::OrderCheck | Action::PassTask => {
                if let Some(task) = task_of(event) {
                    let reason = event.fact(fact::TASK_REASON).and_then(DeskReason::parse);
                    let (kind, holder) = (task.kind, task.holder);
                    self.tasks.push(TaskStory { entry, kind, holder, reason, check_in: None });
                }
            }
            Action::CheckIn => {
                if let Some(task) = self.tasks.last_mut() {
                    task.check_in = Some((entry, distance_of(event)));
                }
            }
            _ => {}
        }
    }

    /// A reply that names no order is of a time when there was one at most.
    fn take_reply(&mut self, event: &Event) {
        let seq: Option<i64> = event.fact(fact::ORDER).and_then(|seq| seq.parse().ok());
        let order = match seq {
            Some(seq) => self.orders.iter_mut().find(|order| order.entry.seq == seq),
            None => self.orders.last_mut(),
        };
        if let Some(order) = order {
            order.replies.push(entry_of(event));
        }
    }

    fn take_request(&mut self, event: &Event) {
        let (entry, until) = (entry_of(event), until_of(event));
        let (ask, granted) = match event.action {
            Action::RequestExtension | Action::Extend => (Some(Ask::Extension), true),
            Action::RequestSuspension | Action::Suspend => (Some(Ask::Suspension), true),
            _ => (None, false),
        };
        if let Some(ask) = ask
            && matches!(event.action, Action::RequestExtension | Action::RequestSuspension)
        {
            self.requests.push(RequestStory { entry, ask, until, decision: None });
            return;
        }
        // Only a step that names the asker decides a request; others are the supervisor's own.
        let open = self.requests.last_mut().filter(|_| event.fact(fact::ASKED_BY).is_some());
        if let Some(open) = open.filter(|open| open.decision.is_none()) {
            open.decision = Some((entry, granted));
        }
    }

    fn take_arrival(&mut self, event: &Event) {
        let code = event.fact(fact::DEPARTMENT);
        let summoned = self.whistles.last_mut().map(|whistle| whistle.summoned.iter_mut());
        let own = summoned.into_iter().flatten().find(|own| Some(own.department.as_str()) == code);
        let Some(own) = own else { return };
        let entry = entry_of(event);
        match event.fact(fact::JUDGEMENT).and_then(Judgement::parse) {
            Some(judgement) => own.judgement = Some((entry, judgement)),
            None => own.arrival = Some((entry, distance_of(event))),
        }
    }

    fn decide_appeal(&mut self, entry: Entry, state: AppealState) {
        if let Some(appeal) = self.appeals.last_mut() {
            appeal.decision = Some((entry, state));
        }
    }
}

fn whistle_of(event: &Event) -> WhistleStory {
    let called = departments_of(&event.facts, fact::SUMMONED);
    let summons = |department| Summons { department, arrival: None, judgement: None };
    WhistleStory {
        entry: entry_of(event),
        until: until_of(event),
        meeting: event.fact(fact::MEETING).unwrap_or("").to_owned(),
        position: event.fact(fact::MEETING_POSITION).and_then(parse_pair),
        summoned: called.into_iter().map(summons).collect(),
    }
}
