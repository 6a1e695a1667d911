//! Issues on the wire, as their reader may see them.

use super::care::{CareWire, care_wire};
use super::clock::ClocksWire;
use super::offer::{ActionOffer, offers_wire};
use super::report::{LimitWire, RouteWire};
use super::supervision::{DossierWire, SupervisionWire, supervision_wire};
use super::{Named, NamedArea, Texts};
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::shown::{reads_content, shown_address, shown_cell, shown_position, shown_text};
use crate::domain::access::{Actor, AreaPath};
use crate::domain::id::DepartmentCode;
use crate::domain::issue::event::{Event, EventActor, fact};
use crate::domain::issue::record::Issue;
use crate::domain::territory::level::Level;
use crate::domain::time::Timestamp;
use crate::http::extract::Lang;
use crate::store::change::{Attachment, Contact};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What a view of an issue depends on beside the issue.
pub struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub lang: Lang,
    pub actor: &'a Actor,
}

/// An issue in a list.
#[derive(Serialize, ToSchema)]
pub struct IssueBrief {
    pub id: String,
    pub number: String,
    pub kind: String,
    pub category_code: String,
    pub category_name: String,
    pub severity: String,
    pub state: String,
    /// The beginning; null when the reader may not know what a dispute is about.
    pub text: Option<String>,
    /// WGS-84 longitude and latitude.
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    pub address: Option<String>,
    pub grid: Option<Named>,
    pub street: Option<Named>,
    pub lead: Option<Named>,
    /// The first receiver, answerable until the department to which it was dispatched accepts.
    pub answerable: Option<Named>,
    pub proposed: Option<Named>,
    /// Who of the lead handles it; told to those who work here.
    pub assignee: Option<AssigneeWire>,
    pub reported_at: String,
    pub updated_at: String,
    pub version: i64,
    pub thumb_url: Option<String>,
    /// Null where a list does not tell them.
    pub clocks: Option<ClocksWire>,
    pub reworks: u32,
    pub returns: u32,
    pub reopened: u32,
    pub reports: u32,
    pub supervision: SupervisionWire,
    pub care: CareWire,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// Who of the lead department was named to handle an issue.
#[derive(Serialize, ToSchema)]
#[schema(as = Assignee)]
pub struct AssigneeWire {
    pub id: String,
    /// Told by `GET /issues` and `GET /issues/{id}`; null elsewhere, and where there is no such
    /// account any more.
    pub name: Option<String>,
    /// Whether it is the reader.
    pub own: bool,
}

/// A condition with its text.
#[derive(Serialize, ToSchema)]
pub struct ConditionBrief {
    pub code: String,
    pub text: String,
}

/// Who reported, as far as the reader may know.
#[derive(Serialize, ToSchema)]
pub struct ReporterWire {
    pub anonymous: bool,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub account_name: Option<String>,
}

/// A voice note that came with the report or an action.
#[derive(Serialize, ToSchema)]
#[schema(as = Voice)]
pub struct VoiceWire {
    pub id: String,
    /// `audio/webm`, `audio/ogg` or `audio/mp4`.
    pub media_type: String,
    pub url: String,
    pub at: String,
}

/// A photo.
#[derive(Serialize, ToSchema)]
pub struct PhotoWire {
    pub id: String,
    pub purpose: String,
    pub media_type: String,
    pub width: i64,
    pub height: i64,
    pub thumb_url: String,
    pub url: String,
    pub at: String,
}

/// Another issue, by id and number.
#[derive(Serialize, ToSchema)]
pub struct IssueLink {
    pub id: String,
    pub number: String,
}

/// An issue whole.
#[derive(Serialize, ToSchema)]
pub struct IssueWire {
    #[serde(flatten)]
    pub brief: IssueBrief,
    pub nature: Option<String>,
    pub condition: Option<ConditionBrief>,
    pub closing_condition: Option<String>,
    pub limit: Option<LimitWire>,
    pub accuracy_m: Option<f64>,
    pub datum: String,
    #[schema(value_type = [f64; 2])]
    pub raw: (f64, f64),
    pub chain: Vec<NamedArea>,
    pub candidates: Vec<NamedArea>,
    pub cell: String,
    pub assists: Vec<Named>,
    pub reporter: ReporterWire,
    pub source: String,
    pub external_id: Option<String>,
    pub outcome: Option<String>,
    pub extensions: u32,
    pub suspended_until: Option<String>,
    pub filed_at: Option<String>,
    pub dispatched_at: Option<String>,
    pub accepted_at: Option<String>,
    pub handled_at: Option<String>,
    pub closed_at: Option<String>,
    pub merged_into: Option<IssueLink>,
    pub merged_from: Vec<IssueLink>,
    pub route: Option<RouteWire>,
    pub photos: Vec<PhotoWire>,
    pub voices: Vec<VoiceWire>,
    pub actions: Vec<ActionOffer>,
    pub dossier: DossierWire,
}

/// One entry of an issue's log.
#[derive(Serialize, ToSchema)]
pub struct EventWire {
    pub seq: i64,
    pub at: String,
    pub actor: EventActorWire,
    pub action: String,
    pub action_name: Texts,
    pub from: Option<String>,
    pub to: String,
    pub note: Option<String>,
    pub data: BTreeMap<String, String>,
    pub attachments: Vec<String>,
    pub hash: String,
}

/// Who did it.
#[derive(Serialize, ToSchema)]
pub struct EventActorWire {
    /// `account`, `reporter`, `resident`, `system` or `import`.
    pub kind: String,
    pub name: Option<String>,
    pub role: Option<String>,
}

/// The characters of a text that a list shows.
const BRIEF_CHARS: usize = 120;

impl View<'_> {
    /// A department with its name.
    pub fn department(&self, code: &DepartmentCode) -> Named {
        let (zh, en) = self.snapshot.department_names(code);
        Named { code: code.to_string(), name: self.lang.pick(&say(zh, en)) }
    }

    /// The areas of a path, outermost first.
    pub fn chain(&self, path: &AreaPath) -> Vec<NamedArea> {
        path.codes().map(|code| self.area(code)).collect()
    }

    /// An area by code; retired ones are shown by their code.
    pub fn area(&self, code: &str) -> NamedArea {
        NamedArea {
            code: code.to_owned(),
            name: self.snapshot.area_called(code),
            level: self.snapshot.level_of(code).map_or_else(String::new, |l| l.to_string()),
        }
    }

    /// The area of a level in a path.
    pub fn area_at(&self, path: &AreaPath, level: Level) -> Option<Named> {
        let area = self.snapshot.area_at(path, level)?;
        Some(Named { code: area.code.to_string(), name: area.name.clone() })
    }

    /// The name of a category.
    pub fn category_name(&self, code: &crate::domain::id::CategoryCode) -> String {
        self.snapshot.category_name(code, self.lang)
    }

    /// Whether the reader may know what the issue is about.
    pub fn reads_text(&self, issue: &Issue) -> bool {
        reads_content(self.actor, issue)
    }

    /// What was reported, if the reader may know it.
    pub fn text(&self, issue: &Issue) -> Option<String> {
        shown_text(&self.snapshot.seals, self.actor, issue)
    }

    fn assignee(&self, issue: &Issue) -> Option<AssigneeWire> {
        let id = issue.supervision.assignee.filter(|_| self.actor.is_staff())?;
        Some(AssigneeWire { id: id.to_string(), name: None, own: self.actor.account() == Some(id) })
    }

    /// An issue in a list.
    pub fn brief(&self, issue: &Issue, cover: Option<&Attachment>) -> IssueBrief {
        let path = &issue.place.path;
        let readable = self.reads_text(issue);
        IssueBrief {
            id: issue.id.to_string(),
            number: issue.number.clone(),
            kind: issue.kind.to_string(),
            category_code: issue.category.to_string(),
            category_name: self.category_name(&issue.category),
            severity: issue.severity.as_str().to_owned(),
            state: issue.state.to_string(),
            text: self.text(issue).map(|text| text.chars().take(BRIEF_CHARS).collect()),
            position: shown_position(self.actor, issue),
            address: shown_address(&self.snapshot.seals, self.actor, issue),
            grid: self.area_at(path, Level::Grid),
            street: self.area_at(path, Level::Street),
            lead: issue.lead.as_ref().map(|code| self.department(code)),
            answerable: issue.answerable.as_ref().map(|code| self.department(code)),
            proposed: issue.proposed.as_ref().map(|code| self.department(code)),
            assignee: self.assignee(issue),
            reported_at: issue.times.reported.to_rfc3339(),
            updated_at: issue.updated.to_rfc3339(),
            version: issue.version,
            thumb_url: cover.filter(|_| readable).map(|photo| photo_url(photo, "thumb")),
            clocks: None,
            reworks: issue.counts.reworks,
            returns: issue.counts.returns,
            reopened: issue.counts.reopened,
            reports: issue.counts.reports,
            supervision: supervision_wire(self, issue),
            care: care_wire(issue),
            distance_m: None,
            score: None,
        }
    }
}

/// Where a copy of a photo is: `thumb`, `public` or `original`.
pub fn photo_url(photo: &Attachment, copy: &str) -> String {
    format!("/api/v1/photos/{}/{copy}", photo.id)
}

/// A photo on the wire.
pub fn photo_wire(photo: &Attachment) -> PhotoWire {
    PhotoWire {
        id: photo.id.to_string(),
        purpose: photo.purpose.clone(),
        media_type: photo.media_type.clone(),
        width: photo.width,
        height: photo.height,
        thumb_url: photo_url(photo, "thumb"),
        url: photo_url(photo, "public"),
        at: photo.at.to_rfc3339(),
    }
}

/// A voice note on the wire.
fn voice_wire(voice: &Attachment) -> VoiceWire {
    VoiceWire {
        id: voice.id.to_string(),
        media_type: voice.media_type.clone(),
        url: photo_url(voice, "original"),
        at: voice.at.to_rfc3339(),
    }
}

/// What belongs to an issue beside itself.
pub struct Belongings {
    pub photos: Vec<Attachment>,
    pub voices: Vec<Attachment>,
    pub contact: Option<Contact>,
    pub reporter_name: Option<String>,
    pub merged_into: Option<(crate::domain::id::IssueId, String)>,
    pub merged_from: Vec<(crate::domain::id::IssueId, String)>,
    pub route: Option<RouteWire>,
    pub dossier: DossierWire,
}

fn link((id, number): &(crate::domain::id::IssueId, String)) -> IssueLink {
    IssueLink { id: id.to_string(), number: number.clone() }
}

/// An issue whole, as its reader may see it: with the actions that are possible now, and the clocks
/// as of the instant to which the data reaches.
pub fn issue_wire(
    view: &View<'_>,
    issue: &Issue,
    belongings: Belongings,
    (now, as_of): (Timestamp, Timestamp),
) -> IssueWire {
    let readable = view.reads_text(issue);
    let condition = issue.condition.as_ref().and_then(|code| view.snapshot.catalog.condition(code));
    let time = |at: Option<Timestamp>| at.map(|at| at.to_rfc3339());
    let contact = belongings.contact.as_ref().filter(|_| readable && !issue.anonymous);
    let mut brief = view.brief(issue, belongings.photos.first());
    brief.text = view.text(issue);
    brief.clocks = Some(view.clocks(issue, as_of));
    IssueWire {
        nature: issue.nature.clone(),
        condition: condition
            .map(|known| ConditionBrief { code: known.code.to_string(), text: known.text.clone() }),
        closing_condition: condition.map(|known| known.closing_condition.clone()),
        limit: condition.and_then(|known| known.limit).map(LimitWire::of),
        accuracy_m: issue.place.accuracy_m.filter(|_| readable),
        datum: issue.place.datum.as_str().to_owned(),
        raw: if readable { issue.place.raw } else { brief.position },
        chain: view.chain(&issue.place.path),
        candidates: match readable {
            true => issue.place.candidates.iter().map(|code| view.area(code)).collect(),
            false => Vec::new(),
        },
        cell: format!("{:x}", shown_cell(view.actor, issue)),
        assists: issue.assists.iter().map(|code| view.department(code)).collect(),
        reporter: ReporterWire {
            anonymous: issue.anonymous,
            name: contact.map(|contact| contact.name.clone()),
            phone: contact.map(|contact| contact.phone.clone()),
            account_name: belongings.reporter_name.clone().filter(|_| readable),
        },
        source: issue.source.clone(),
        external_id: issue.external_id.clone(),
        outcome: issue.outcome.map(|outcome| outcome.to_string()),
        extensions: issue.counts.extensions,
        suspended_until: time(issue.suspended_until),
        filed_at: time(issue.times.filed),
        dispatched_at: time(issue.times.dispatched),
        accepted_at: time(issue.times.accepted),
        handled_at: time(issue.times.handled),
        closed_at: time(issue.times.closed),
        merged_into: belongings.merged_into.as_ref().map(link),
        merged_from: belongings.merged_from.iter().map(link).collect(),
        route: belongings.route.clone(),
        photos: match readable {
            true => belongings.photos.iter().map(photo_wire).collect(),
            false => Vec::new(),
        },
        voices: match readable {
            true => belongings.voices.iter().map(voice_wire).collect(),
            false => Vec::new(),
        },
        actions: offers_wire(issue, view.actor, now),
        dossier: belongings.dossier,
        brief,
    }
}

/// What the view of a log depends on beside the log.
pub struct LogView<'a> {
    /// Whether the reader may know what the issue is about.
    pub readable: bool,
    /// The names of accounts by id.
    pub names: &'a BTreeMap<String, String>,
    /// Ids of the merged issues that the reader may know of; a number gives its holder rights.
    pub known_others: &'a BTreeSet<String>,
}

impl LogView<'_> {
    fn shows(&self, event: &Event, name: &str) -> bool {
        match name {
            fact::TEXT_SHA256
            | fact::REPORTER
            | fact::TASK_ACCOUNT
            | fact::CLAIMANT
            | fact::ASKED_BY => false,
            fact::CITED_RULE
            | fact::VENUE
            | fact::MEDIATORS
            | fact::POSITION
            | fact::RAW
            | fact::CELL
            | fact::ACCURACY_M
            | fact::CANDIDATES
            | fact::MEETING
            | fact::MEETING_POSITION
            // From where one stood oneself it tells the place.
            | fact::DISTANCE_M => self.readable,
            fact::OTHER | fact::OTHER_NUMBER => {
                event.facts.get(fact::OTHER).is_some_and(|id| self.known_others.contains(id))
            }
            _ => true,
        }
    }
}

/// Who did it; `names` has the names of accounts by id.
pub fn actor_wire(actor: &EventActor, names: &BTreeMap<String, String>) -> EventActorWire {
    let nameless = |kind: &str| EventActorWire { kind: kind.into(), name: None, role: None };
    match actor {
        EventActor::Account { id, role } => EventActorWire {
            kind: "account".into(),
            name: names.get(&id.to_string()).cloned(),
            role: role.map(|role| role.to_string()),
        },
        EventActor::Reporter => nameless("reporter"),
        EventActor::Resident => nameless("resident"),
        EventActor::System => nameless("system"),
        EventActor::Import => nameless("import"),
    }
}

/// One entry of the log.
pub fn event_wire(event: &Event, shown: &LogView<'_>) -> EventWire {
    let actor = actor_wire(&event.actor, shown.names);
    let data = event.facts.iter().filter(|(name, _)| shown.shows(event, name));
    let data = data.filter_map(|(name, value)| match name.as_str() {
        // People are told by name.
        fact::ASSIGNEE => Some((name.clone(), shown.names.get(value)?.clone())),
        _ => Some((name.clone(), value.clone())),
    });
    EventWire {
        seq: event.seq,
        at: event.at.to_rfc3339(),
        actor,
        action: event.action.to_string(),
        action_name: super::offer::action_name(event.action),
        from: event.from.map(|state| state.to_string()),
        to: event.to.to_string(),
        note: event.note.clone().filter(|_| shown.readable),
        data: data.collect(),
        attachments: event.attachments.iter().map(ToString::to_string).collect(),
        hash: event.hash.to_string(),
    }
}
