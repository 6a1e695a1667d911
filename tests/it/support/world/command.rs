//! The commands that random histories give.

use super::{
    CATEGORIES, DEPARTMENTS, NATURES, World, actor, category, department, random_kind, random_place,
};
use crate::support::Chance;
use hexward::domain::access::Role;
use hexward::domain::catalog::{Limit, TimeType};
use hexward::domain::id::{AccountId, AttachmentId, DepartmentCode, WorkerId};
use hexward::domain::issue::care::{AgreementForm, Risk};
use hexward::domain::issue::kind::Severity;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, Outcome, ReturnReason};
use hexward::domain::issue::step::{self, Command, Reclass, Relocation, Reroute, Target};
use hexward::domain::issue::supervision::{
    Ground, Holder, Judgement, Offer, Reach, Satisfaction, Standing, Told, Verdict,
};
use hexward::domain::issue::workflow::{Field, rows};
use hexward::domain::time::{DAY_MS, Day, Timestamp};

impl World {
    /// A command with what its rows of the workflow require, and some of what they allow.
    pub fn command(&mut self, issue: &Issue, action: Action, other: &Issue) -> Command {
        let mut command = Command::bare(action, issue.version);
        let Some(row) = rows().find(|row| row.action == action && row.from.contains(&issue.state))
        else {
            return command;
        };
        for field in row.required {
            self.fill(&mut command, *field, issue, other);
        }
        if matches!(action, Action::Correct | Action::SetSeverity) {
            // The matrix was asked again.
            let lead = Some(department(self.chance.pick(DEPARTMENTS)));
            let limit = Limit { amount: 2, unit: TimeType::WorkDay };
            let limit = self.chance.one_in(2).then_some(limit);
            command.reroute = Some(Reroute { lead, limit });
        }
        if action == Action::Correct {
            // At least one of place and category is corrected.
            let field = *self.chance.pick(&[Field::Place, Field::Category]);
            self.fill(&mut command, field, issue, other);
        }
        for field in row.optional {
            // What these say follows from the rest.
            let follows = matches!(field, Field::Verdict | Field::Satisfaction | Field::Department);
            if !follows && self.chance.one_in(3) {
                self.fill(&mut command, *field, issue, other);
            }
        }
        if command.reason.is_some_and(ReturnReason::is_wrong_dispatch) {
            self.fill(&mut command, Field::CitedRule, issue, other);
        }
        let offers = [Action::AcceptForCheck, Action::OrderCheck, Action::PassTask];
        if offers.contains(&action) && self.chance.one_in(2) {
            let worker = WorkerId(self.chance.id());
            let holder = Holder::Worker { worker, account: AccountId(1) };
            command.told.offer = Some(Offer { holder, reason: None });
        }
        command
    }

    pub fn fill(&mut self, command: &mut Command, field: Field, issue: &Issue, other: &Issue) {
        let chance = &mut self.chance;
        match field {
            Field::Note => command.note = Some("现场已查看 'ok' 100%".into()),
            Field::Department => command.department = Some(a_department(chance, command, issue)),
            Field::Assists => {
                let pick = department(chance.pick(DEPARTMENTS));
                let leads = command.department.as_ref() == Some(&pick);
                command.assists = if leads { Vec::new() } else { vec![pick] };
            }
            Field::Until => {
                // A whistle calls for the same day or one of the next.
                let longest = if command.action == Action::Whistle { 3 } else { 300 };
                let days = 1 + chance.below(longest) as i64;
                command.until = Some(Timestamp(self.now.0 + days * DAY_MS));
            }
            Field::Target => {
                command.target = Some(Target {
                    id: other.id,
                    number: other.number.clone(),
                    state: other.state,
                    merged_into: other.merged_into,
                });
            }
            Field::Outcome => {
                let any = *chance.pick(step::outcomes_of(issue.kind));
                let agreed = issue.care.agreement.map(|_| Outcome::AgreementReached);
                command.outcome = agreed.or(Some(any));
            }
            Field::Reason => command.reason = Some(*chance.pick(ReturnReason::ALL)),
            Field::CitedRule => command.cited_rule = Some("权责清单 第3条".into()),
            Field::Category => {
                command.category = Some(Reclass {
                    kind: random_kind(chance),
                    category: category(chance.pick(CATEGORIES)),
                    condition: None,
                    nature: chance.pick(NATURES).map(str::to_owned),
                    inspection: chance.one_in(2),
                    proposed: Some(department(chance.pick(DEPARTMENTS))),
                    limit: None,
                });
            }
            Field::Place => command.place = Some(Relocation { place: random_place(chance) }),
            Field::Photos => command.photos = vec![AttachmentId(chance.id())],
            Field::Risk => command.care.risk = Some(*chance.pick(Risk::ALL)),
            Field::Severity => {
                let all = [Severity::General, Severity::Major];
                command.care.severity = Some(*chance.pick(&all));
            }
            Field::HeldAt => command.care.held_at = Some(self.now),
            Field::Venue => command.care.venue = Some("调解室 'x' 100%".into()),
            Field::Mediators => command.care.mediators = vec!["老张".into(), "O'Neil".into()],
            Field::AgreementForm => {
                command.care.agreement_form = Some(*chance.pick(AgreementForm::ALL));
            }
            Field::Visits => {
                let day = (self.now.0 / DAY_MS) as i32 + 1 + chance.below(60) as i32;
                command.care.visits = vec![Day(day), Day(day + 30)];
            }
            Field::Kept => command.care.kept = Some(chance.one_in(2)),
            Field::Parties => command.care.parties = true,
            Field::Judgement => {
                command.told.judgement = Some(*chance.pick(judged(command, issue)));
            }
            Field::Order => {
                command.told.order = Some(chance.pick(&issue.supervision.open_orders).seq);
            }
            _ => fill_told(chance, &mut command.told, field, issue, self.now),
        }
    }
}

/// One of those that a judgement is still owed to, or any.
fn a_department(chance: &mut Chance, command: &Command, issue: &Issue) -> DepartmentCode {
    let whistle =
        issue.supervision.open_whistle().filter(|_| command.action == Action::JudgeArrival);
    let standings = whistle.map_or(&[][..], |whistle| &whistle.standings);
    let come = standings.iter().find(|(_, standing)| standing.has_arrived());
    let owed = come.or_else(|| standings.iter().find(|(_, standing)| !standing.is_judged()));
    owed.map_or_else(|| department(chance.pick(DEPARTMENTS)), |(code, _)| code.clone())
}

/// What may be said of the department that the command judges.
fn judged(command: &Command, issue: &Issue) -> &'static [Judgement] {
    let whistle = issue.supervision.open_whistle();
    let standing =
        whistle.zip(command.department.as_ref()).and_then(|(own, code)| own.standing(code));
    match standing {
        Some(Standing::Arrived) => &[Judgement::OnTime],
        Some(Standing::ArrivedLate) => &[Judgement::OnTime, Judgement::Late, Judgement::Absent],
        _ => &[Judgement::Absent],
    }
}

fn fill_told(chance: &mut Chance, told: &mut Told, field: Field, issue: &Issue, now: Timestamp) {
    match field {
        Field::Departments => {
            told.departments =
                (0..1 + chance.below(2)).map(|_| department(chance.pick(DEPARTMENTS))).collect();
        }
        Field::Assignee => {
            told.assignee =
                Some(actor(1_000 + chance.below(1_000_000) as u128, Role::Handler, None));
        }
        Field::Meeting => told.meeting = Some("路口 'A'".into()),
        Field::Position => {
            told.position = Some((113.6 + chance.share() * 0.1, 34.7 + chance.share() * 0.1));
        }
        Field::Reach => {
            told.reach = Some(*chance.pick(Reach::ALL));
            if told.reach == Some(Reach::Valid) {
                told.verdict = Some(*chance.pick(Verdict::ALL));
                told.satisfaction = Some(*chance.pick(Satisfaction::ALL));
            }
        }
        Field::Verdict => told.verdict = Some(*chance.pick(Verdict::ALL)),
        Field::Satisfaction => told.satisfaction = Some(*chance.pick(Satisfaction::ALL)),
        Field::Ground => told.ground = Some(rare_ground(issue, now).unwrap_or(Ground::Overdue)),
        _ => {}
    }
}

/// Something that there is to appeal against and that seldom comes about.
pub fn rare_ground(issue: &Issue, now: Timestamp) -> Option<Ground> {
    let low = issue.supervision.revisit.is_some_and(|revisit| revisit.satisfaction.is_low());
    let there = [
        (Ground::FailedInspection, issue.counts.reworks > 0),
        (Ground::ReturnBudget, issue.counts.returns >= 2),
        (Ground::LowRating, low),
        (Ground::Overdue, issue.clocks.is_overdue(issue.times.ended.unwrap_or(now))),
    ];
    let open = |ground: &Ground| !issue.supervision.is_exempted(*ground);
    there.into_iter().filter(|(_, there)| *there).map(|(ground, _)| ground).find(open)
}
