//! One issue on its way: every step is decided by the workflow itself, by someone who may take it,
//! at a time at which offices work.

use super::World;
use super::hours::around_ms;
use super::opening::new_id;
use super::staff::{Handler, Office};
use crate::demo::load::DemoError;
use crate::demo::rng::Rng;
use crate::domain::access::Actor;
use crate::domain::id::{AttachmentId, DepartmentCode};
use crate::domain::issue::event::Event;
use crate::domain::issue::kind::Severity;
use crate::domain::issue::party::DisputeRecord;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, Outcome, ReturnReason};
use crate::domain::issue::step::{Command, Refusal, Target, count_reports, decide_timed};
use crate::domain::time::Timestamp;
use crate::store::care::Claimant;
use crate::store::change::{Contact, StoredRoute};

/// What a department cites that says that an issue is not its own.
const CITED_RULE: &str = "《街道权责清单（演示）》部门职责";

/// Why an issue goes no further.
#[derive(Debug)]
pub enum Halt {
    /// The history ends before the next step.
    End,
    /// Nobody takes the next step.
    Neglected,
    Refused(Action, Refusal),
    /// Someone whom the step needs has no seat.
    Nobody(&'static str),
}

impl Halt {
    /// Whether the issue may stay as it is.
    pub fn settle(stopped: Result<(), Halt>) -> Result<(), DemoError> {
        match stopped {
            Ok(()) | Err(Halt::End | Halt::Neglected) => Ok(()),
            Err(Halt::Refused(action, why)) => Err(DemoError::Refused(format!("{action}: {why}"))),
            Err(Halt::Nobody(who)) => Err(DemoError::Refused(format!("there is no {who}"))),
        }
    }
}

/// Who waits for whom: office hours, or at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Only in office hours.
    Desk,
    /// At any hour.
    Now,
}

/// What is drawn, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPhoto {
    pub id: AttachmentId,
    /// `report` or `after`.
    pub purpose: &'static str,
    pub at: Timestamp,
}

/// An issue under way.
pub struct Play<'w> {
    pub world: &'w World<'w>,
    pub office: &'w Office,
    pub rng: Rng,
    pub issue: Issue,
    pub events: Vec<Event>,
    pub routes: Vec<StoredRoute>,
    /// Those who assist the proposed lead.
    pub assists: Vec<DepartmentCode>,
    pub contact: Option<Contact>,
    pub photos: Vec<PlannedPhoto>,
    /// The worker of the grid.
    pub worker: &'w Actor,
    /// Chance for what the kinds have of their own, so that the rest stays as it was.
    pub kinds: Rng,
    pub parties: Option<DisputeRecord>,
    pub agreement: Option<String>,
    pub claims: Vec<(i64, Claimant)>,
}

impl<'w> Play<'w> {
    /// A command with what is usually noted.
    pub fn command(&mut self, action: Action, about: &str) -> Command {
        let note = self.world.words.remark(action.as_str(), about, &mut self.rng);
        Command { note, ..Command::bare(action, self.issue.version) }
    }

    /// Takes a step at or after an instant.
    ///
    /// # Errors
    /// The history ends before, or the workflow refuses.
    pub fn take(
        &mut self,
        actor: &Actor,
        mut command: Command,
        (at, pace): (Timestamp, Pace),
    ) -> Result<(), Halt> {
        let at = match pace {
            Pace::Desk => self.world.clock.office_time(at, &mut self.rng),
            Pace::Now => at,
        };
        if at >= self.world.clock.until {
            return Err(Halt::End);
        }
        command.version = self.issue.version;
        // A term that would be over before the office opens begins with the step.
        let term = command.until.map(|until| until.0 - self.issue.updated.0);
        command.until = command.until.zip(term).map(|(until, term)| match until > at {
            true => until,
            false => Timestamp(at.0 + term),
        });
        let action = command.action;
        let timing = (at, &self.world.snapshot.keeper);
        let (after, event) = match decide_timed(&self.issue, &command, actor, timing) {
            // Nobody extends what is overdue already; the work goes on.
            Err(Refusal::Overdue) => return Ok(()),
            told => told.map_err(|refusal| Halt::Refused(action, refusal))?,
        };
        self.issue = after;
        self.events.push(event);
        Ok(())
    }

    /// Takes a step about `median_minutes` after the last.
    ///
    /// # Errors
    /// As for [`Play::take`].
    pub fn act(
        &mut self,
        actor: &Actor,
        command: Command,
        (median_minutes, pace): (i64, Pace),
    ) -> Result<(), Halt> {
        let at = Timestamp(self.issue.updated.0 + around_ms(median_minutes, &mut self.rng));
        self.take(actor, command, (at, pace))
    }

    /// A step of the desk with nothing but its remark.
    pub fn desk(&mut self, actor: &Actor, action: Action, minutes: i64) -> Result<(), Halt> {
        let command = self.command(action, "");
        let minutes = minutes * self.office.manner.pace / 100;
        self.act(actor, command, (minutes, self.pace()))
    }

    /// What is major is worked on at any hour.
    pub fn pace(&self) -> Pace {
        match self.issue.severity {
            Severity::Major => Pace::Now,
            Severity::General => Pace::Desk,
        }
    }

    /// The seat that acts for a department.
    pub fn handler(&self, department: &DepartmentCode) -> Result<&'w Handler, Halt> {
        self.world.staff.handler(department.as_str()).ok_or(Halt::Nobody("handler"))
    }

    /// Dispatches to a department, with what the matrix says of those who assist.
    pub fn dispatch(&mut self, to: &DepartmentCode, action: Action) -> Result<(), Halt> {
        let mut command = self.command(action, "");
        command.department = Some(to.clone());
        if self.issue.proposed.as_ref() == Some(to) {
            command.assists.clone_from(&self.assists);
        }
        let actor = match action {
            Action::Rule => &self.office.supervisor,
            _ => &self.office.dispatcher,
        };
        let minutes = 40 * self.office.manner.pace / 100;
        self.act(actor, command, (minutes, self.pace()))
    }

    /// Sends the issue back.
    pub fn send_back(&mut self, handler: &Handler, reason: ReturnReason) -> Result<(), Halt> {
        let mut command = self.command(Action::Return, reason.as_str());
        command.reason = Some(reason);
        if reason.is_wrong_dispatch() {
            command.cited_rule = Some(CITED_RULE.to_owned());
        }
        self.act(&handler.actor, command, (150 * handler.manner.pace / 100, Pace::Desk))
    }

    /// Hands in how it ended, with a photo where the report had one.
    pub fn submit(
        &mut self,
        handler: &Handler,
        outcome: Outcome,
        minutes: i64,
    ) -> Result<(), Halt> {
        let about = match outcome {
            Outcome::Remedied => self.issue.kind.as_str(),
            other => other.as_str(),
        };
        let mut command = self.command(Action::Submit, about);
        command.outcome = Some(outcome);
        let photographed = !self.photos.is_empty();
        let id = AttachmentId(new_id(self.issue.updated, &mut self.rng));
        if photographed {
            command.photos = vec![id];
        }
        self.act(&handler.actor, command, (minutes * handler.manner.pace / 100, self.pace()))?;
        if photographed {
            self.photos.push(PlannedPhoto { id, purpose: "after", at: self.issue.updated });
        }
        Ok(())
    }

    /// Merges this issue into another, which counts its reports.
    pub fn merge_into(&mut self, other: &mut Play<'w>) -> Result<(), Halt> {
        let before = self.issue.clone();
        let mut command = self.command(Action::Merge, "");
        command.target = Some(Target {
            id: other.issue.id,
            number: other.issue.number.clone(),
            state: other.issue.state,
            merged_into: other.issue.merged_into,
        });
        let acceptor = &self.office.acceptor;
        // The desk sees both: not before either was last touched.
        let both = self.issue.updated.max(other.issue.updated);
        let at = Timestamp(both.0 + around_ms(30, &mut self.rng));
        self.take(acceptor, command, (at, Pace::Desk))?;
        self.count(other, &before, Action::Absorb);
        Ok(())
    }

    /// Takes the merge back.
    pub fn unmerge_from(&mut self, other: &mut Play<'w>) -> Result<(), Halt> {
        let before = self.issue.clone();
        let acceptor = &self.office.acceptor;
        let command = self.command(Action::Unmerge, "");
        let both = self.issue.updated.max(other.issue.updated);
        let at = Timestamp(both.0 + around_ms(300, &mut self.rng));
        self.take(acceptor, command, (at, Pace::Desk))?;
        self.count(other, &before, Action::Release);
        Ok(())
    }

    fn count(&self, other: &mut Play<'w>, before: &Issue, action: Action) {
        let Some(last) = self.events.last() else { return };
        let step = count_reports(&other.issue, before, action, last.actor.clone(), last.at);
        if let Some((after, event)) = step {
            other.issue = after;
            other.events.push(event);
        }
    }
}
