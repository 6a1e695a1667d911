//! The events of an issue: its append-only log, from which the issue can be built again.

use super::state::{Action, State};
use crate::domain::access::Role;
use crate::domain::audit::Hash;
use crate::domain::id::{AccountId, AttachmentId, IssueId};
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

/// What an event changes, by name. Names are the constants of [`fact`]; values are texts, so that
/// the log is readable in any tool and hashes the same everywhere.
pub type Facts = BTreeMap<String, String>;

/// The names of facts.
pub mod fact {
    pub const NUMBER: &str = "number";
    pub const KIND: &str = "kind";
    pub const CATEGORY: &str = "category";
    pub const CONDITION: &str = "condition";
    pub const NATURE: &str = "nature";
    pub const SEVERITY: &str = "severity";
    pub const INSPECTION: &str = "inspection";
    pub const TEXT_SHA256: &str = "text_sha256";
    pub const POSITION: &str = "position";
    pub const RAW: &str = "raw";
    pub const DATUM: &str = "datum";
    pub const ACCURACY_M: &str = "accuracy_m";
    pub const CELL: &str = "cell";
    pub const PATH: &str = "path";
    pub const CANDIDATES: &str = "candidates";
    pub const TERRITORY: &str = "territory";
    pub const SOURCE: &str = "source";
    pub const EXTERNAL_ID: &str = "external_id";
    pub const REPORTER: &str = "reporter";
    pub const ANONYMOUS: &str = "anonymous";
    pub const LEAD: &str = "lead";
    pub const ASSISTS: &str = "assists";
    pub const PROPOSED: &str = "proposed";
    pub const UNTIL: &str = "until";
    pub const OUTCOME: &str = "outcome";
    pub const REASON: &str = "reason";
    pub const CITED_RULE: &str = "cited_rule";
    pub const OTHER: &str = "other";
    pub const OTHER_NUMBER: &str = "other_number";
    pub const REPORTS: &str = "reports";
    pub const RISK: &str = "risk";
    pub const HELD_AT: &str = "held_at";
    pub const VENUE: &str = "venue";
    pub const MEDIATORS: &str = "mediators";
    pub const AGREEMENT_FORM: &str = "agreement_form";
    pub const VISITS: &str = "visits";
    pub const KEPT: &str = "kept";
    pub const CLAIMANT: &str = "claimant";
    /// `true` when a step is known to have been taken but not when: the event's time is then only
    /// its place in the order of the log. Imports of history write it.
    pub const TIME_INFERRED: &str = "time_inferred";
    /// The channel, the status in the other system's word, and the time of a service, as imported.
    pub const CHANNEL: &str = "channel";
    pub const STATUS: &str = "status";
    pub const SERVICED: &str = "serviced";
    /// `true` when the report left a name or a number to reach its reporter by.
    pub const CONTACT: &str = "contact";
    /// Departments that a whistle summons, where to, and the one that arrived or is judged.
    pub const SUMMONED: &str = "summoned";
    pub const MEETING: &str = "meeting";
    pub const MEETING_POSITION: &str = "meeting_position";
    pub const DEPARTMENT: &str = "department";
    /// How far from the place someone stood; the position itself is not in the log, so that it can
    /// be forgotten.
    pub const DISTANCE_M: &str = "distance_m";
    pub const JUDGEMENT: &str = "judgement";
    pub const REACH: &str = "reach";
    pub const VERDICT: &str = "verdict";
    pub const SATISFACTION: &str = "satisfaction";
    pub const GROUND: &str = "ground";
    /// The task that was offered, to whom, and why to the desk where no worker was found.
    pub const TASK: &str = "task";
    pub const TASK_WORKER: &str = "task_worker";
    pub const TASK_ACCOUNT: &str = "task_account";
    pub const TASK_REASON: &str = "task_reason";
    /// The limit that the route grants, and the limit of the stage that begins, as files write
    /// limits: `2 work_day`.
    pub const LIMIT: &str = "limit";
    pub const STAGE_LIMIT: &str = "stage_limit";
    /// When the total clock has used its limit, from when its light is yellow and red, and whether
    /// that depends on a year that is not published.
    pub const DUE: &str = "due";
    pub const DUE_YELLOW: &str = "due_yellow";
    pub const DUE_RED: &str = "due_red";
    pub const DUE_PROVISIONAL: &str = "due_provisional";
    pub const STAGE_DUE: &str = "stage_due";
    pub const STAGE_DUE_PROVISIONAL: &str = "stage_due_provisional";
    /// `true` when the step asked the matrix again: its limit and its lead are those of the event.
    pub const REROUTED: &str = "rerouted";
    /// Since when a clock has run that begins and stops with one step.
    pub const SINCE: &str = "since";
    /// The first receiver, who stays answerable until this dispatch is accepted.
    pub const ANSWERABLE: &str = "answerable";
    /// `true` when a department reported in after the time of the whistle.
    pub const LATE: &str = "late";
    /// The order that a reply answers: its place in the log.
    pub const ORDER: &str = "order";
    /// Who of the lead handles it: an account.
    pub const ASSIGNEE: &str = "assignee";
    /// Whose request a decision answers: an account.
    pub const ASKED_BY: &str = "asked_by";
    /// The region and version of the calendars that gave the due times.
    pub const CALENDAR: &str = "calendar";
}

/// Who did it, as it is written into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventActor {
    Account {
        id: AccountId,
        role: Option<Role>,
    },
    Reporter,
    /// Someone without an account who is not the reporter: who claims a wish.
    Resident,
    System,
    Import,
}

impl EventActor {
    /// The form that is stored and hashed.
    pub fn canonical(&self) -> String {
        match self {
            EventActor::Account { id, role } => {
                format!("account:{id}:{}", role.map_or("", |role| role.as_str()))
            }
            EventActor::Reporter => "reporter".into(),
            EventActor::Resident => "resident".into(),
            EventActor::System => "system".into(),
            EventActor::Import => "import".into(),
        }
    }

    /// Reads what [`EventActor::canonical`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "reporter" => return Some(EventActor::Reporter),
            "resident" => return Some(EventActor::Resident),
            "system" => return Some(EventActor::System),
            "import" => return Some(EventActor::Import),
            _ => {}
        }
        let (id, role) = text.strip_prefix("account:")?.split_once(':')?;
        let role = if role.is_empty() { None } else { Some(Role::parse(role)?) };
        Some(EventActor::Account { id: AccountId::parse(id)?, role })
    }
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub issue: IssueId,
    /// 1, 2, 3 … within the issue; the issue's version after this event.
    pub seq: i64,
    pub at: Timestamp,
    pub actor: EventActor,
    pub action: Action,
    pub from: Option<State>,
    pub to: State,
    pub note: Option<String>,
    pub note_digest: Option<Hash>,
    pub facts: Facts,
    pub attachments: Vec<AttachmentId>,
    pub previous: Hash,
    pub hash: Hash,
}

impl Event {
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// When it happened, unless that was only inferred.
    pub fn known_time(&self) -> Option<Timestamp> {
        (self.fact(fact::TIME_INFERRED) != Some("true")).then_some(self.at)
    }
}
