//! Supervision on the wire: what a list shows of it, the whole story of one issue, tasks, samples.

use super::Named;
use super::issue::{EventActorWire, IssueBrief, View, actor_wire};
use crate::app::error::say;
use crate::domain::issue::dossier::{
    Dossier, Entry, RequestStory, RevisitStory, Summons, TaskStory,
};
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::supervision::{DeskReason, Holder, Revisit, Supervision};
use crate::domain::time::Timestamp;
use crate::store::change::Presence;
use crate::store::port::SampleRow;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a list shows of an issue's supervision.
#[derive(Serialize, ToSchema)]
pub struct SupervisionWire {
    /// Whether the reporter can be reached.
    pub contactable: bool,
    pub contacted_at: Option<String>,
    pub urges: u32,
    pub orders: u32,
    /// By when the next written reply is owed; null when none is.
    pub reply_due_at: Option<String>,
    pub replied_at: Option<String>,
    /// By when the summoned departments are to be there; null when no whistle is open.
    pub whistle_until: Option<String>,
    /// The departments of the last whistle: code, name and where each stands (`summoned`,
    /// `arrived`, `arrived_late`, `on_time`, `late` or `absent`).
    pub whistle: Vec<StandingWire>,
    /// The last valid revisit or rating.
    pub revisit: Option<RevisitWire>,
    /// The reporter says that it is not resolved, and nobody has reopened it.
    pub reopen_proposed: bool,
    /// `open`, `upheld` or `dismissed`.
    pub appeal_state: Option<String>,
    pub appeal_ground: Option<String>,
    /// Facts that do not count against the department: `return_budget`, `overdue`,
    /// `failed_inspection`, `low_rating`. The raw counts stay.
    pub exempted: Vec<String>,
    /// What the department asks of the supervisor; null when nothing awaits a decision.
    pub asked: Option<AskedWire>,
    pub task: Option<TaskBrief>,
}

/// What a department asks for.
#[derive(Serialize, ToSchema)]
pub struct AskedWire {
    /// `extension` or `suspension`.
    pub ask: String,
    pub at: String,
    /// Until when a suspension is asked for.
    pub until: Option<String>,
}

/// A department of a whistle.
#[derive(Serialize, ToSchema)]
pub struct StandingWire {
    pub department: Named,
    pub standing: String,
}

/// The reporter's word.
#[derive(Serialize, ToSchema)]
pub struct RevisitWire {
    pub at: String,
    /// `resolved`, `partly` or `not_resolved`.
    pub verdict: String,
    /// `satisfied`, `fairly_satisfied`, `neutral`, `unsatisfied` or `very_unsatisfied`.
    pub satisfaction: String,
}

/// An open task of an issue.
#[derive(Serialize, ToSchema)]
pub struct TaskBrief {
    /// `verification` or `inspection`.
    pub kind: String,
    /// `me`, `worker` or `desk`.
    pub holder: String,
    pub worker_id: Option<String>,
    pub worker_name: Option<String>,
    pub offered_at: String,
    pub checked_in_at: Option<String>,
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::to_rfc3339)
}

fn revisit_wire(revisit: Revisit) -> RevisitWire {
    RevisitWire {
        at: revisit.at.to_rfc3339(),
        verdict: revisit.verdict.to_string(),
        satisfaction: revisit.satisfaction.to_string(),
    }
}

fn holder_words(view: &View<'_>, holder: Holder) -> (String, Option<String>, Option<String>) {
    match holder {
        Holder::Desk => ("desk".to_owned(), None, None),
        Holder::Worker { worker, account } => {
            let mine = view.actor.account() == Some(account);
            let name = view.snapshot.territory.worker(worker).map(|known| known.name.clone());
            let word = if mine { "me" } else { "worker" };
            (word.to_owned(), Some(worker.to_string()), name)
        }
    }
}

/// Those of this round, and those of earlier ones that still count.
fn exempted(own: &Supervision) -> Vec<String> {
    let mut all: Vec<_> = own.exempted.iter().chain(&own.exempted_before).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(ToString::to_string).collect()
}

/// What a list shows.
pub fn supervision_wire(view: &View<'_>, issue: &Issue) -> SupervisionWire {
    let own = &issue.supervision;
    let standings = own.whistle.as_ref().map_or(&[][..], |whistle| &whistle.standings);
    let task = own.task.as_ref().map(|task| {
        let (holder, worker_id, worker_name) = holder_words(view, task.holder);
        TaskBrief {
            kind: task.kind.to_string(),
            holder,
            worker_id,
            worker_name,
            offered_at: task.offered.to_rfc3339(),
            checked_in_at: text(task.checked_in),
        }
    });
    SupervisionWire {
        contactable: own.contactable,
        contacted_at: text(own.contacted),
        urges: own.urges,
        orders: own.orders,
        reply_due_at: text(own.reply_due()),
        replied_at: text(own.replied),
        whistle_until: text(own.open_whistle().map(|whistle| whistle.until)),
        whistle: standings
            .iter()
            .map(|(code, standing)| StandingWire {
                department: view.department(code),
                standing: standing.to_string(),
            })
            .collect(),
        revisit: own.revisit.map(revisit_wire),
        reopen_proposed: own.reopen_proposed,
        appeal_state: own.appeal.map(|appeal| appeal.state.to_string()),
        appeal_ground: own.appeal.map(|appeal| appeal.ground.to_string()),
        exempted: exempted(own),
        asked: own.asked.map(|asked| AskedWire {
            ask: asked.ask.to_string(),
            at: asked.at.to_rfc3339(),
            until: text(asked.until),
        }),
        task,
    }
}

/// Something that someone did.
#[derive(Serialize, ToSchema)]
pub struct EntryWire {
    /// The entry of the log.
    pub seq: i64,
    pub at: String,
    pub by: EventActorWire,
    pub note: Option<String>,
    pub photo_ids: Vec<String>,
}

/// Somebody was there.
#[derive(Serialize, ToSchema)]
pub struct ArrivalWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    /// From the place, in metres.
    pub distance_m: Option<f64>,
    /// WGS-84; null once it was forgotten.
    #[schema(value_type = Option<[f64; 2]>)]
    pub position: Option<(f64, f64)>,
}

/// The judgement of an arrival, or the decision of an appeal or a request.
#[derive(Serialize, ToSchema)]
pub struct RulingWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    /// `on_time`, `late` or `absent`; `upheld` or `dismissed`; `granted` or `declined`.
    pub ruling: String,
}

/// An order with its replies.
#[derive(Serialize, ToSchema)]
pub struct OrderWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    pub until: Option<String>,
    pub replies: Vec<EntryWire>,
}

/// A summoned department.
#[derive(Serialize, ToSchema)]
pub struct SummonedWire {
    pub department: Named,
    pub arrival: Option<ArrivalWire>,
    pub judgement: Option<RulingWire>,
}

/// A whistle.
#[derive(Serialize, ToSchema)]
pub struct WhistleWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    pub until: Option<String>,
    pub meeting: Option<String>,
    #[schema(value_type = Option<[f64; 2]>)]
    pub position: Option<(f64, f64)>,
    pub summoned: Vec<SummonedWire>,
}

/// A revisit or rating; no verdict where nobody was reached.
#[derive(Serialize, ToSchema)]
pub struct RevisitStoryWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    pub by_reporter: bool,
    pub verdict: Option<String>,
    pub satisfaction: Option<String>,
}

/// An appeal with its decision.
#[derive(Serialize, ToSchema)]
pub struct AppealWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    pub ground: String,
    pub decision: Option<RulingWire>,
}

/// A request of the department with its decision.
#[derive(Serialize, ToSchema)]
pub struct RequestWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    /// `extension` or `suspension`.
    pub ask: String,
    pub until: Option<String>,
    /// Its `ruling` is `granted` or `declined`; null while it is open, or when it fell away.
    pub decision: Option<RulingWire>,
}

/// One offer of a task.
#[derive(Serialize, ToSchema)]
pub struct TaskStoryWire {
    #[serde(flatten)]
    pub entry: EntryWire,
    pub kind: String,
    pub holder: String,
    pub worker_id: Option<String>,
    pub worker_name: Option<String>,
    /// Why it went to the desk.
    pub reason: Option<String>,
    pub reason_text: Option<String>,
    pub check_in: Option<ArrivalWire>,
}

/// The whole story of an issue's supervision.
#[derive(Serialize, ToSchema)]
pub struct DossierWire {
    pub urges: Vec<EntryWire>,
    pub orders: Vec<OrderWire>,
    pub whistles: Vec<WhistleWire>,
    pub contacts: Vec<EntryWire>,
    pub revisits: Vec<RevisitStoryWire>,
    pub appeals: Vec<AppealWire>,
    pub requests: Vec<RequestWire>,
    pub tasks: Vec<TaskStoryWire>,
}

/// What the view of a dossier depends on.
pub struct DossierView<'a> {
    pub view: &'a View<'a>,
    /// Whether the reader may know what the issue is about.
    pub readable: bool,
    /// The names of accounts by id.
    pub names: &'a BTreeMap<String, String>,
    pub presences: &'a [Presence],
}

impl DossierView<'_> {
    fn entry(&self, entry: &Entry) -> EntryWire {
        EntryWire {
            seq: entry.seq,
            at: entry.at.to_rfc3339(),
            by: actor_wire(&entry.by, self.names),
            note: entry.note.clone().filter(|_| self.readable),
            photo_ids: entry.photos.iter().map(ToString::to_string).collect(),
        }
    }

    fn arrival(&self, (entry, distance_m): &(Entry, Option<f64>)) -> ArrivalWire {
        let stood = self.presences.iter().find(|presence| presence.seq == entry.seq);
        ArrivalWire {
            entry: self.entry(entry),
            distance_m: distance_m.filter(|_| self.readable),
            position: stood.map(|presence| presence.position).filter(|_| self.readable),
        }
    }

    fn ruling<T: ToString>(&self, (entry, ruling): &(Entry, T)) -> RulingWire {
        RulingWire { entry: self.entry(entry), ruling: ruling.to_string() }
    }

    fn summons(&self, summons: &Summons) -> SummonedWire {
        SummonedWire {
            department: self.view.department(&summons.department),
            arrival: summons.arrival.as_ref().map(|arrival| self.arrival(arrival)),
            judgement: summons.judgement.as_ref().map(|judgement| self.ruling(judgement)),
        }
    }

    fn revisit(&self, story: &RevisitStory) -> RevisitStoryWire {
        RevisitStoryWire {
            entry: self.entry(&story.entry),
            by_reporter: story.by_reporter,
            verdict: story.revisit.map(|revisit| revisit.verdict.to_string()),
            satisfaction: story.revisit.map(|revisit| revisit.satisfaction.to_string()),
        }
    }

    fn request(&self, story: &RequestStory) -> RequestWire {
        let word = |granted: &bool| if *granted { "granted" } else { "declined" };
        RequestWire {
            entry: self.entry(&story.entry),
            ask: story.ask.to_string(),
            until: text(story.until),
            decision: story.decision.as_ref().map(|(entry, granted)| RulingWire {
                entry: self.entry(entry),
                ruling: word(granted).to_owned(),
            }),
        }
    }

    fn task(&self, story: &TaskStory) -> TaskStoryWire {
        let (holder, worker_id, worker_name) = holder_words(self.view, story.holder);
        let reason = story.reason.map(|reason| match reason {
            DeskReason::NobodyOnDuty => say("附近没有在岗网格员", "No worker is on duty near by"),
            DeskReason::NobodySuitable => say(
                "在岗网格员都没有账号、参与过处置或已转出",
                "Those on duty have no account, handled it, or passed it on",
            ),
        });
        TaskStoryWire {
            entry: self.entry(&story.entry),
            kind: story.kind.to_string(),
            holder,
            worker_id,
            worker_name,
            reason: story.reason.map(|reason| reason.to_string()),
            reason_text: reason.map(|says| self.view.lang.pick(&says)),
            check_in: story.check_in.as_ref().map(|check_in| self.arrival(check_in)),
        }
    }

    /// The story as its reader may see it.
    pub fn wire(&self, dossier: &Dossier) -> DossierWire {
        let entries = |all: &[Entry]| all.iter().map(|entry| self.entry(entry)).collect();
        let orders = dossier.orders.iter().map(|order| OrderWire {
            entry: self.entry(&order.entry),
            until: text(order.until),
            replies: entries(&order.replies),
        });
        let whistles = dossier.whistles.iter().map(|whistle| WhistleWire {
            entry: self.entry(&whistle.entry),
            until: text(whistle.until),
            meeting: Some(whistle.meeting.clone()).filter(|_| self.readable),
            position: whistle.position.filter(|_| self.readable),
            summoned: whistle.summoned.iter().map(|summons| self.summons(summons)).collect(),
        });
        let appeals = dossier.appeals.iter().map(|appeal| AppealWire {
            entry: self.entry(&appeal.entry),
            ground: appeal.ground.to_string(),
            decision: appeal.decision.as_ref().map(|decision| self.ruling(decision)),
        });
        DossierWire {
            urges: entries(&dossier.urges),
            orders: orders.collect(),
            whistles: whistles.collect(),
            contacts: entries(&dossier.contacts),
            revisits: dossier.revisits.iter().map(|story| self.revisit(story)).collect(),
            appeals: appeals.collect(),
            requests: dossier.requests.iter().map(|story| self.request(story)).collect(),
            tasks: dossier.tasks.iter().map(|story| self.task(story)).collect(),
        }
    }
}

/// A sample as it was drawn.
#[derive(Serialize, ToSchema)]
pub struct SampleWire {
    pub id: String,
    pub at: String,
    /// Whoever draws with it from the same closings draws the same sample.
    pub seed: i64,
    /// Days of closing, inclusive.
    pub from: String,
    pub to: String,
    pub area: Option<String>,
    pub kind: Option<String>,
    pub share: Option<f64>,
    pub size: Option<i64>,
    /// The closings that it was drawn from.
    pub population: i64,
}

/// A sample with the issues that the reader may still read, in the order in which they were drawn.
#[derive(Serialize, ToSchema)]
pub struct SampledWire {
    #[serde(flatten)]
    pub sample: SampleWire,
    pub items: Vec<IssueBrief>,
}

/// A sample on the wire.
pub fn sample_wire(sample: &SampleRow) -> SampleWire {
    SampleWire {
        id: sample.id.clone(),
        at: sample.at.to_rfc3339(),
        seed: sample.seed,
        from: sample.from.to_string(),
        to: sample.to.to_string(),
        area: sample.area.clone(),
        kind: sample.kind.map(|kind| kind.to_string()),
        share: sample.share,
        size: sample.size,
        population: sample.population,
    }
}

/// Whether a step is told to the reporter: what offices and departments say to each other is not.
pub const fn is_shown(action: Action) -> bool {
    use Action::{
        Appeal, Arrive, Assign, CheckIn, Comment, DeclineRequest, DismissAppeal, JudgeArrival,
        PassTask, Rehome, Release, Reply, RequestExtension, RequestSuspension, Supervise,
        UpholdAppeal, Urge, Whistle,
    };
    let inner = matches!(
        action,
        Appeal
            | Arrive
            | Assign
            | CheckIn
            | Comment
            | DeclineRequest
            | DismissAppeal
            | JudgeArrival
            | PassTask
            | Rehome
            | Release
            | Reply
            | RequestExtension
            | RequestSuspension
            | Supervise
            | UpholdAppeal
            | Urge
            | Whistle
    );
    !inner
}
