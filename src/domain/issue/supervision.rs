//! What surrounds the work on an issue (DOMAIN.md §4, §7): reminders and orders, whistles, tasks,
//! and what the reporter and the departments say about the outcome. Folded from the log like the
//! rest of the issue; the whole story is the [`Dossier`](super::dossier::Dossier).
//!
//! Invariant: an exemption takes nothing away. It is a further fact beside the raw ones.

mod words;

pub use words::{
    AppealState, Ask, DeskReason, Ground, Judgement, Reach, Satisfaction, Standing, TaskKind,
    Verdict,
};

use super::event::{Event, EventActor, fact};
use super::record::{departments_of, parse_pair};
use super::state::{Action, State};
use crate::domain::access::Actor;
use crate::domain::id::{AccountId, DepartmentCode, WorkerId};
use crate::domain::time::{DAY_MS, Timestamp};

/// How long an office has to speak to the reporter (DOMAIN.md §7: response rate).
pub const RESPONSE_MS: i64 = DAY_MS;

/// The latest whistle.
#[derive(Clone, Debug, PartialEq)]
pub struct Whistle {
    pub at: Timestamp,
    /// By when the departments are to be there.
    pub until: Timestamp,
    /// WGS-84; the issue's own place where none is named.
    pub position: Option<(f64, f64)>,
    /// In the order in which they were summoned.
    pub standings: Vec<(DepartmentCode, Standing)>,
    /// When the last arrival was judged.
    pub ended: Option<Timestamp>,
}

impl Whistle {
    pub fn standing(&self, department: &DepartmentCode) -> Option<Standing> {
        self.standings.iter().find(|(code, _)| code == department).map(|(_, standing)| *standing)
    }

    fn set(&mut self, department: &DepartmentCode, standing: Standing, at: Timestamp) {
        for (code, own) in &mut self.standings {
            if code == department {
                *own = standing;
            }
        }
        if self.ended.is_none() && self.standings.iter().all(|(_, own)| own.is_judged()) {
            self.ended = Some(at);
        }
    }

    /// Whether it is over and every department was there in time.
    pub fn all_on_time(&self) -> bool {
        self.ended.is_some() && self.standings.iter().all(|(_, own)| *own == Standing::OnTime)
    }
}

/// An order that awaits its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// The order's place in the log.
    pub seq: i64,
    /// By when the reply is owed.
    pub until: Timestamp,
}

/// A request of the department that awaits the supervisor's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub ask: Ask,
    /// The request's place in the log.
    pub seq: i64,
    pub at: Timestamp,
    /// Until when a suspension is asked for.
    pub until: Option<Timestamp>,
    pub by: Option<AccountId>,
}

/// The last valid revisit or rating: the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revisit {
    pub at: Timestamp,
    pub verdict: Verdict,
    pub satisfaction: Satisfaction,
}

/// The latest appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal {
    pub at: Timestamp,
    pub ground: Ground,
    pub state: AppealState,
}

/// Who is asked to do a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The street's acceptors: nobody suitable was on duty.
    Desk,
    Worker {
        worker: WorkerId,
        account: AccountId,
    },
}

/// A verification or an inspection that was offered and is not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub kind: TaskKind,
    pub holder: Holder,
    pub offered: Timestamp,
    pub checked_in: Option<Timestamp>,
    /// Those who passed it on; they are not asked again.
    pub passed: Vec<WorkerId>,
}

impl Task {
    pub fn account(&self) -> Option<AccountId> {
        match self.holder {
            Holder::Desk => None,
            Holder::Worker { account, .. } => Some(account),
        }
    }
}

/// To whom a task goes, and why to the desk if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub holder: Holder,
    pub reason: Option<DeskReason>,
}

/// What a command of supervision says beside note, department, time and photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Whom a whistle summons.
    pub departments: Vec<DepartmentCode>,
    /// Where to, in words.
    pub meeting: Option<String>,
    /// WGS-84: of the meeting, or of whoever acts.
    pub position: Option<(f64, f64)>,
    pub judgement: Option<Judgement>,
    pub reach: Option<Reach>,
    pub verdict: Option<Verdict>,
    pub satisfaction: Option<Satisfaction>,
    pub ground: Option<Ground>,
    /// The order that a reply answers; the oldest one where none is named.
    pub order: Option<i64>,
    /// Who of the lead is to handle it, with his grants.
    pub assignee: Option<Actor>,
    /// Not said by people: to whom the service offers the task.
    pub offer: Option<Offer>,
}

/// What lists and counters know of all this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Supervision {
    /// Whether the reporter can be reached: an account, a name or a number.
    pub contactable: bool,
    /// First contact with the reporter.
    pub contacted: Option<Timestamp>,
    pub urges: u32,
    pub urged: Option<Timestamp>,
    /// Orders that demand a reply, and the first of them.
    pub orders: u32,
    pub supervised: Option<Timestamp>,
    /// The orders that await their replies, the oldest first.
    pub open_orders: Vec<OpenOrder>,
    pub replied: Option<Timestamp>,
    /// Every department that was ever summoned: it reads the issue.
    pub summoned: Vec<DepartmentCode>,
    pub whistle: Option<Whistle>,
    pub revisit: Option<Revisit>,
    /// The reporter says that it is not resolved, and nobody has reopened it.
    pub reopen_proposed: bool,
    pub appeal: Option<Appeal>,
    /// Facts that do not count against the department, beside the raw ones.
    pub exempted: Vec<Ground>,
    /// The same of earlier rounds: each holds until there is another fact of its sort.
    pub exempted_before: Vec<Ground>,
    /// What the department asks for; none once it is decided, or the handling is over.
    pub asked: Option<Asked>,
    pub task: Option<Task>,
    /// Who of the lead was named to handle it; none once the lead no longer has it.
    pub assignee: Option<AccountId>,
    /// Who settled it or handed in the feedback last, and so cannot inspect it.
    pub handled_by: Option<AccountId>,
}

fn time_of(event: &Event, name: &'static str) -> Result<Timestamp, &'static str> {
    event.fact(name).and_then(Timestamp::parse).ok_or(name)
}

fn word<T>(
    event: &Event,
    name: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, &'static str> {
    event.fact(name).and_then(parse).ok_or(name)
}

fn department(event: &Event) -> Result<DepartmentCode, &'static str> {
    word(event, fact::DEPARTMENT, |code| DepartmentCode::parse(code).ok())
}

/// The task that an event offers; none in the events of the time before there were tasks.
pub fn task_of(event: &Event) -> Option<Task> {
    let kind = event.fact(fact::TASK).and_then(TaskKind::parse)?;
    let worker = event.fact(fact::TASK_WORKER).and_then(WorkerId::parse);
    let account = event.fact(fact::TASK_ACCOUNT).and_then(AccountId::parse);
    let holder = match (worker, account) {
        (Some(worker), Some(account)) => Holder::Worker { worker, account },
        _ => Holder::Desk,
    };
    Some(Task { kind, holder, offered: event.at, checked_in: None, passed: Vec::new() })
}

/// The verdict that an event brings; none when the reporter was not reached.
///
/// # Errors
/// The name of the fact that is missing.
pub fn revisit_of(event: &Event) -> Result<Option<Revisit>, &'static str> {
    if event.action == Action::Revisit && word(event, fact::REACH, Reach::parse)? != Reach::Valid {
        return Ok(None);
    }
    Ok(Some(Revisit {
        at: event.at,
        verdict: word(event, fact::VERDICT, Verdict::parse)?,
        satisfaction: word(event, fact::SATISFACTION, Satisfaction::parse)?,
    }))
}

impl Supervision {
    /// The whistle that is not over.
    pub fn open_whistle(&self) -> Option<&Whistle> {
        self.whistle.as_ref().filter(|whistle| whistle.ended.is_none())
    }

    pub fn appeal_is_open(&self) -> bool {
        self.appeal.is_some_and(|appeal| appeal.state == AppealState::Open)
    }

    pub fn is_exempted(&self, ground: Ground) -> bool {
        self.exempted.contains(&ground) || self.exempted_before.contains(&ground)
    }

    /// By when the next reply is owed; none when none is.
    pub fn reply_due(&self) -> Option<Timestamp> {
        self.open_orders.iter().map(|order| order.until).min()
    }

    /// Takes in one event.
    ///
    /// # Errors
    /// The name of a fact that the event should have.
    pub fn apply(&mut self, event: &Event) -> Result<(), &'static str> {
        let at = event.at;
        match event.action {
            Action::Urge => {
                self.urges += 1;
                self.urged.get_or_insert(at);
            }
            Action::Supervise => {
                self.orders += 1;
                self.supervised.get_or_insert(at);
                let until = time_of(event, fact::UNTIL)?;
                self.open_orders.push(OpenOrder { seq: event.seq, until });
            }
            Action::Reply => {
                self.replied = Some(at);
                self.take_reply(event);
            }
            Action::RequestExtension | Action::RequestSuspension => self.ask(event),
            Action::DeclineRequest => self.asked = None,
            Action::Extend => {
                self.asked = self.asked.filter(|asked| asked.ask != Ask::Extension);
            }
            Action::Whistle | Action::Arrive | Action::JudgeArrival => self.whistle_step(event)?,
            Action::Contact => {
                self.contacted.get_or_insert(at);
            }
            Action::Revisit | Action::Rate => {
                if let Some(revisit) = revisit_of(event)? {
                    self.contacted.get_or_insert(at);
                    self.exempted_before.retain(|ground| *ground != Ground::LowRating);
                    self.reopen_proposed = revisit.verdict == Verdict::NotResolved;
                    self.revisit = Some(revisit);
                }
            }
            Action::Fail => {
                self.exempted_before.retain(|ground| *ground != Ground::FailedInspection);
            }
            Action::Reopen => self.begin_round(),
            Action::Appeal | Action::UpholdAppeal | Action::DismissAppeal => {
                self.appeal_step(event)?;
            }
            Action::AcceptForCheck | Action::OrderCheck => self.task = task_of(event),
            Action::PassTask | Action::CheckIn => self.task_step(event),
            Action::Assign => {
                self.assignee = Some(word(event, fact::ASSIGNEE, AccountId::parse)?);
            }
            Action::Dispatch | Action::Rule => self.assignee = None,
            Action::Submit | Action::Settle => self.handled_by = account_of(&event.actor),
            _ => {}
        }
        if !matches!(event.to, State::Verifying | State::Inspecting) {
            self.task = None;
        }
        if matches!(event.to, State::Filed | State::Arbitration) {
            self.assignee = None;
        }
        // A merge may be taken back.
        if !matches!(event.to, State::Handling | State::Merged) {
            self.asked = None;
        }
        Ok(())
    }

    /// A reply answers the order that it names, or the oldest. One of before orders were told apart
    /// answered all of them.
    fn take_reply(&mut self, event: &Event) {
        match event.fact(fact::ORDER).and_then(|seq| seq.parse::<i64>().ok()) {
            Some(seq) => self.open_orders.retain(|order: &OpenOrder| order.seq != seq),
            None => self.open_orders.clear(),
        }
    }

    fn ask(&mut self, event: &Event) {
        let ask = match event.action {
            Action::RequestSuspension => Ask::Suspension,
            _ => Ask::Extension,
        };
        let until = event.fact(fact::UNTIL).and_then(Timestamp::parse);
        let by = account_of(&event.actor);
        self.asked = Some(Asked { ask, seq: event.seq, at: event.at, until, by });
    }

    /// A new round has a limit and returns of its own, so what was exempted of the old ones is
    /// over; a failed inspection and a rating are still counted, and so is their exemption.
    fn begin_round(&mut self) {
        self.reopen_proposed = false;
        let old = std::mem::take(&mut self.exempted);
        let counted = old.into_iter().filter(|ground| {
            matches!(ground, Ground::FailedInspection | Ground::LowRating)
                && !self.exempted_before.contains(ground)
        });
        let counted: Vec<_> = counted.collect();
        self.exempted_before.extend(counted);
    }

    fn whistle_step(&mut self, event: &Event) -> Result<(), &'static str> {
        if event.action == Action::Whistle {
            let called = departments_of(&event.facts, fact::SUMMONED);
            let new = called.iter().filter(|code| !self.summoned.contains(code)).cloned();
            let new: Vec<_> = new.collect();
            self.summoned.extend(new);
            self.whistle = Some(Whistle {
                at: event.at,
                until: time_of(event, fact::UNTIL)?,
                position: event.fact(fact::MEETING_POSITION).and_then(parse_pair),
                standings: called.into_iter().map(|code| (code, Standing::Summoned)).collect(),
                ended: None,
            });
            return Ok(());
        }
        let standing = match event.action {
            Action::JudgeArrival => word(event, fact::JUDGEMENT, Judgement::parse)?.into(),
            _ if event.fact(fact::LATE) == Some("true") => Standing::ArrivedLate,
            _ => Standing::Arrived,
        };
        let department = department(event)?;
        if let Some(whistle) = &mut self.whistle {
            whistle.set(&department, standing, event.at);
        }
        Ok(())
    }

    fn appeal_step(&mut self, event: &Event) -> Result<(), &'static str> {
        if event.action == Action::Appeal {
            let ground = word(event, fact::GROUND, Ground::parse)?;
            self.appeal = Some(Appeal { at: event.at, ground, state: AppealState::Open });
            return Ok(());
        }
        let Some(appeal) = &mut self.appeal else { return Err(fact::GROUND) };
        appeal.state = match event.action {
            Action::UpholdAppeal => AppealState::Upheld,
            _ => AppealState::Dismissed,
        };
        if appeal.state == AppealState::Upheld && !self.exempted.contains(&appeal.ground) {
            self.exempted.push(appeal.ground);
        }
        Ok(())
    }

    fn task_step(&mut self, event: &Event) {
        let Some(task) = &mut self.task else { return };
        if event.action == Action::CheckIn {
            task.checked_in = Some(event.at);
            return;
        }
        let mut passed = std::mem::take(&mut task.passed);
        if let Holder::Worker { worker, .. } = task.holder {
            passed.push(worker);
        }
        self.task = task_of(event).map(|next| Task { passed, ..next });
    }
}

/// The account that acted, if it was one.
pub fn account_of(actor: &EventActor) -> Option<AccountId> {
    match actor {
        EventActor::Account { id, .. } => Some(*id),
        EventActor::Reporter | EventActor::Resident | EventActor::System | EventActor::Import => {
            None
        }
    }
}
