//! The workflow, held against a table that is written here from the domain's description and not
//! from the code.

mod cases;
mod rounds;
mod rules;
mod supervision;

use crate::support::Chance;
use crate::support::world::{START, actor, department, random_place};
pub use cases::{REPORTER, issue_in};
use cases::{cases_in, ready_for};
use hexward::domain::access::{Actor, Role};
use hexward::domain::id::{AccountId, IssueId};
use hexward::domain::issue::care::{AgreementForm, CareFields, ClaimState, Risk};
use hexward::domain::issue::kind::{Kind, Severity};
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, Outcome, ReturnReason, State};
use hexward::domain::issue::step::{
    Command, Refusal, Relocation, Reroute, Target, allowed_actions, decide,
};
use hexward::domain::issue::supervision::{Ground, Judgement, Reach, Satisfaction, Verdict};
use hexward::domain::issue::workflow::Field;
use hexward::domain::time::{DAY_MS, Timestamp};
use std::sync::LazyLock;

/// `action: from,from -> to: roles: what must be said`. `*` is any state, `open` any that is not an
/// end, `worked` from filing until the work is done, `=` the same state, `<` the state before the
/// merge. Conditions on the issue are in [`expected`].
const TABLE: &str = "
accept_for_check: reported -> verifying: acceptor duty_supervisor:
file: reported,verifying -> filed: acceptor duty_supervisor:
reject: reported,verifying -> rejected: acceptor duty_supervisor: note
settle: reported -> self_handled: grid_worker: note
approve: self_handled -> closed: acceptor duty_supervisor:
refuse: self_handled -> filed: acceptor duty_supervisor: note
dispatch: filed -> dispatched: dispatcher duty_supervisor: department
accept: dispatched -> handling: handler:
return: dispatched,handling -> filed: handler: reason note
rule: arbitration -> dispatched: duty_supervisor: department note
suspend: handling -> suspended: duty_supervisor: until note
resume: suspended -> handling: handler duty_supervisor:
extend: handling -> handling: duty_supervisor: note
assign: dispatched,handling,suspended -> =: handler: assignee
request_extension: handling -> =: handler: note
request_suspension: handling -> =: handler: until note
decline_request: handling -> =: duty_supervisor: note
submit: handling -> handled: handler: outcome note
order_check: handled -> inspecting: acceptor dispatcher duty_supervisor:
pass: inspecting -> closed: grid_worker acceptor duty_supervisor:
fail: inspecting -> handling: grid_worker acceptor duty_supervisor: note
close: handled -> closed: acceptor dispatcher duty_supervisor:
force_close: handled -> closed: duty_supervisor: note
merge: open -> merged: acceptor dispatcher duty_supervisor: target
unmerge: merged -> <: acceptor dispatcher duty_supervisor:
reopen: closed -> filed: duty_supervisor: note
correct: unhandled -> =: acceptor dispatcher duty_supervisor: note place
comment: * -> =: grid_worker acceptor dispatcher duty_supervisor handler leader: note
urge: open -> =: acceptor dispatcher duty_supervisor leader:
supervise: open -> =: duty_supervisor leader: until note
reply: * -> =: handler: note
whistle: open -> =: dispatcher duty_supervisor: departments meeting until
arrive: * -> =: handler: position
judge_arrival: * -> =: dispatcher duty_supervisor: department judgement
contact: * -> =: acceptor dispatcher duty_supervisor handler:
revisit: closed -> =: acceptor dispatcher duty_supervisor: reach
rate: closed -> =: : verdict satisfaction
appeal: * -> =: handler: ground note
uphold_appeal: * -> =: duty_supervisor: note
dismiss_appeal: * -> =: duty_supervisor: note
pass_task: verifying,inspecting -> =: acceptor dispatcher duty_supervisor:
check_in: verifying,inspecting -> =: : position
control: open -> =: grid_worker acceptor duty_supervisor handler: note
set_severity: open -> =: acceptor dispatcher duty_supervisor handler: severity note
record_parties: open -> =: acceptor dispatcher duty_supervisor handler mediator: parties
read_parties: * -> =: dispatcher duty_supervisor handler mediator: note
set_risk: open -> =: acceptor dispatcher duty_supervisor handler mediator: risk
mediate: worked -> =: handler mediator: held_at venue mediators note
record_agreement: worked -> =: handler mediator: agreement_form
follow_up: handling,handled,inspecting,closed -> =: \
    grid_worker acceptor duty_supervisor handler mediator: kept note
answer: filed,dispatched,handling -> handled: legal_adviser: note
publish_answer: handled,closed -> =: acceptor duty_supervisor: note
publish_wish: worked -> =: acceptor duty_supervisor: note
withdraw: * -> =: acceptor duty_supervisor:
claim: worked -> =: grid_worker acceptor dispatcher duty_supervisor handler leader \
    legal_adviser mediator:
approve_claim: worked -> =: acceptor duty_supervisor:
unclaim: worked -> =: acceptor duty_supervisor: note
fulfil: worked -> handled: acceptor dispatcher duty_supervisor: note
escalate: dispatched -> =: :
";

/// Where a place or a category can still be put right.
const UNHANDLED: &[State] = &[
    State::Reported,
    State::Verifying,
    State::Filed,
    State::Dispatched,
    State::Handling,
    State::Arbitration,
];

/// From filing until the work is done.
const WORKED_ON: &[State] =
    &[State::Filed, State::Dispatched, State::Handling, State::Arbitration, State::Suspended];

/// The kind that an action is about, where it is about one.
fn kind_of(action: Action) -> Option<Kind> {
    match action {
        Action::Control | Action::SetSeverity => Some(Kind::Hazard),
        Action::RecordParties
        | Action::ReadParties
        | Action::SetRisk
        | Action::Mediate
        | Action::RecordAgreement
        | Action::FollowUp => Some(Kind::Dispute),
        Action::Answer
        | Action::PublishAnswer
        | Action::PublishWish
        | Action::Claim
        | Action::ApproveClaim
        | Action::Unclaim
        | Action::Fulfil => Some(Kind::Opinion),
        _ => None,
    }
}

const ENDS: &[State] = &[State::Closed, State::Rejected, State::Merged];

struct Line {
    action: Action,
    from: Vec<State>,
    to: &'static str,
    roles: Vec<Role>,
    needs: Vec<&'static str>,
}

static BOOK: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.is_empty()).map(|line| {
        let (action, rest) = line.split_once(": ").expect("an action");
        let (from, rest) = rest.split_once(" -> ").expect("an arrow");
        let (to, rest) = rest.split_once(": ").expect("roles");
        let (roles, needs) = rest.split_once(':').expect("needs");
        let from = match from {
            "*" => State::ALL.to_vec(),
            "unhandled" => UNHANDLED.to_vec(),
            "worked" => WORKED_ON.to_vec(),
            "open" => State::ALL.iter().copied().filter(|s| !ENDS.contains(s)).collect(),
            list => list.split(',').map(|s| State::parse(s).expect("a state")).collect(),
        };
        Line {
            action: Action::parse(action).expect("an action"),
            from,
            to,
            roles: roles.split_whitespace().map(|r| Role::parse(r).expect("a role")).collect(),
            needs: needs.split_whitespace().collect(),
        }
    });
    lines.collect()
});

fn outcome_of(kind: Kind) -> Outcome {
    match kind {
        Kind::Hazard => Outcome::Remedied,
        Kind::Dispute => Outcome::AgreementNotReached,
        Kind::Opinion => Outcome::Answered,
    }
}

/// A command that says what the table asks for.
pub fn command(action: Action, issue: &Issue) -> Command {
    let mut command = Command::bare(action, issue.version);
    let line = BOOK.iter().find(|line| line.action == action);
    for need in line.map(|line| line.needs.as_slice()).unwrap_or_default() {
        match *need {
            "note" => command.note = Some("because".into()),
            "department" if action == Action::JudgeArrival => {
                command.department = Some(department("police"));
            }
            "department" => command.department = Some(department("城管")),
            "departments" => command.told.departments = vec![department("police")],
            "meeting" => command.told.meeting = Some("东门".into()),
            "position" => command.told.position = Some((113.66, 34.78)),
            // The police has not come, and the time is over.
            "judgement" => command.told.judgement = Some(Judgement::Absent),
            "reach" => command.told.reach = Some(Reach::NotReached),
            "assignee" => command.told.assignee = Some(actor(77, Role::Handler, None)),
            "verdict" => command.told.verdict = Some(Verdict::Partly),
            "satisfaction" => command.told.satisfaction = Some(Satisfaction::Neutral),
            "ground" => command.told.ground = Some(Ground::FailedInspection),
            "reason" => command.reason = Some(ReturnReason::Unclear),
            "until" => command.until = Some(Timestamp(START.0 + 30 * DAY_MS)),
            "outcome" => command.outcome = Some(outcome_of(issue.kind)),
            "place" => {
                // By the new route the same department leads, so the state stays.
                command.place = Some(Relocation { place: random_place(&mut Chance(82)) });
                command.reroute = Some(Reroute { lead: issue.lead.clone(), limit: None });
            }
            "target" => {
                command.target = Some(Target {
                    id: IssueId(99),
                    number: "HX-99".into(),
                    state: State::Filed,
                    merged_into: None,
                });
            }
            "severity" => {
                command.reroute = Some(Reroute { lead: issue.lead.clone(), limit: None });
                command.care.severity = Some(match issue.severity {
                    Severity::General => Severity::Major,
                    Severity::Major => Severity::General,
                });
            }
            "parties" => command.care.parties = true,
            "risk" => command.care.risk = Some(Risk::Orange),
            "held_at" => command.care.held_at = Some(START),
            "venue" => command.care.venue = Some("社区调解室".into()),
            "mediators" => command.care.mediators = vec!["老张".into()],
            "agreement_form" => command.care.agreement_form = Some(AgreementForm::Oral),
            "kept" => command.care.kept = Some(true),
            other => panic!("{other} is no field"),
        }
    }
    command
}

/// Where the action leads by the book, and whether the actor may; `None`: not from here.
fn expected(line: &Line, issue: &Issue, who: &Actor) -> Option<(State, bool)> {
    let is_reporter = who.account() == Some(REPORTER);
    let is_wish = issue.nature.as_deref() == Some("small_wish");
    let claim = issue.care.claim.map(|claim| claim.state);
    let guard = match line.action {
        // 整改 of a hazard is looked at when its category says so; the other kinds need none.
        Action::Close => !(issue.kind == Kind::Hazard && issue.inspection),
        Action::Settle => is_reporter,
        // Opinions and disputes have no offender, and so no inspection.
        Action::OrderCheck => issue.kind == Kind::Hazard,
        Action::Reply => !issue.supervision.open_orders.is_empty(),
        Action::RequestExtension | Action::RequestSuspension => issue.supervision.asked.is_none(),
        Action::DeclineRequest => issue.supervision.asked.is_some(),
        Action::FollowUp => issue.care.agreement.is_some(),
        Action::Answer => issue.nature.as_deref() == Some("legal_consultation"),
        Action::PublishAnswer => {
            issue.kind == Kind::Opinion
                && issue.outcome == Some(Outcome::Answered)
                && issue.care.published.is_none()
        }
        Action::Withdraw => issue.care.published.is_some(),
        Action::Claim => is_wish && issue.care.claim.is_none(),
        Action::PublishWish => {
            is_wish && issue.care.claim.is_none() && issue.care.published.is_none()
        }
        Action::ApproveClaim => claim == Some(ClaimState::Pending),
        Action::Unclaim => claim.is_some(),
        Action::Fulfil => claim == Some(ClaimState::Approved),
        Action::Escalate => issue.clocks.stage.as_ref().is_some_and(|clock| clock.due.is_some()),
        Action::Arrive | Action::JudgeArrival => issue.supervision.whistle.is_some(),
        Action::Whistle => issue.supervision.whistle.is_none(),
        Action::UpholdAppeal | Action::DismissAppeal => issue.supervision.appeal.is_some(),
        Action::Appeal => issue.supervision.appeal.is_none(),
        Action::PassTask | Action::CheckIn => issue.supervision.task.is_some(),
        action => kind_of(action).is_none_or(|kind| kind == issue.kind),
    };
    if !line.from.contains(&issue.state) || !guard {
        return None;
    }
    let to = match line.to {
        "=" => issue.state,
        "<" => issue.state_before_merge.unwrap(),
        state => State::parse(state).unwrap(),
    };
    let by_role = line.roles.iter().any(|role| who.has_role(*role));
    // The task of these tests is the reporter's, if he works in a grid.
    let holds = is_reporter && who.has_role(Role::GridWorker);
    let for_holder = matches!(line.action, Action::PassTask | Action::CheckIn);
    let for_reporter = matches!(line.action, Action::Reopen | Action::Rate);
    let may = match who {
        Actor::System => matches!(line.action, Action::Resume | Action::Escalate),
        // Anybody may offer help with a wish that is public.
        Actor::Anonymous => {
            let public = issue.care.published.is_some();
            for_reporter || (line.action == Action::Claim && public)
        }
        Actor::Account { .. } => by_role || (is_reporter && for_reporter) || (holds && for_holder),
    };
    Some((to, may))
}

fn everyone() -> Vec<Actor> {
    let mut all = vec![Actor::System, Actor::Anonymous];
    for role in Role::ALL {
        all.push(actor(2, role, None));
        // The same office held by who reported it.
        all.push(actor(REPORTER.0, role, None));
    }
    all.push(Actor::Account { id: REPORTER, name: "居民".into(), grants: Vec::new() });
    all.push(Actor::Account { id: AccountId(5), name: "居民".into(), grants: Vec::new() });
    all
}

#[test]
fn every_state_action_role_and_kind_is_as_the_book_says() {
    let (lines, now) = (&*BOOK, Timestamp(START.0 + DAY_MS));
    let (mut taken, mut refused) = (0, 0);
    for issue in State::ALL.iter().flat_map(|state| cases_in(*state)) {
        let (state, kind) = (issue.state, issue.kind);
        for who in everyone() {
            let allowed: Vec<Action> = lines
                .iter()
                .filter(|line| expected(line, &issue, &who).is_some_and(|(_, may)| may))
                .map(|line| line.action)
                .collect();
            assert_eq!(sorted(&allowed_actions(&issue, &who)), sorted(&allowed));
            for &action in Action::ALL {
                let told = decide(&issue, &command(action, &issue), &who, now);
                let line = lines.iter().find(|line| line.action == action);
                let says = line.and_then(|line| expected(line, &issue, &who));
                let context = || format!("{action} while {state}, {kind}, {who:?}");
                match (says, told) {
                    (Some((to, true)), Ok((after, event))) => {
                        assert_eq!((after.state, event.to), (to, to), "{}", context());
                        assert_eq!((event.from, event.seq), (Some(state), 8), "{}", context());
                        taken += 1;
                    }
                    (Some((_, false)), Err(Refusal::NotYours { allowed: told, .. }))
                    | (None, Err(Refusal::NotFromHere { allowed: told, .. })) => {
                        assert_eq!(sorted(&told), sorted(&allowed), "{}", context());
                        refused += 1;
                    }
                    (_, told) => panic!("{}: {told:?}", context()),
                }
            }
        }
    }
    assert!(taken > 500 && refused > 10_000, "{taken} {refused}");
    // The book has every action, save those that follow from another step or from other data.
    let told: Vec<Action> = lines.iter().map(|line| line.action).collect();
    let missing = Action::ALL.iter().filter(|action| !told.contains(action)).copied();
    let by_themselves =
        [Action::Report, Action::Absorb, Action::Release, Action::Rehome, Action::Retime];
    assert_eq!(missing.collect::<Vec<_>>(), by_themselves);
}

fn sorted(actions: &[Action]) -> Vec<Action> {
    let mut actions = actions.to_vec();
    actions.sort_unstable();
    actions
}

#[test]
fn the_version_is_checked_before_everything_else() {
    let issue = issue_in(State::Closed, Kind::Hazard, true);
    for &action in Action::ALL {
        for seen in [6, 8, 0, -1, i64::MAX, i64::MIN] {
            let mut command = command(action, &issue);
            command.version = seen;
            command.note = None;
            let told = decide(&issue, &command, &Actor::Anonymous, START);
            assert_eq!(told, Err(Refusal::Stale { seen, current: 7 }), "{action}");
        }
    }
}

/// Someone who may take the action.
fn first_of(line: &Line) -> Actor {
    match line.action {
        Action::Escalate => Actor::System,
        _ => actor(REPORTER.0, *line.roles.first().unwrap_or(&Role::GridWorker), None),
    }
}

#[test]
fn what_the_table_asks_for_is_needed() {
    let later = Timestamp(START.0 + DAY_MS);
    for line in BOOK.iter() {
        let kind = kind_of(line.action).unwrap_or(Kind::Dispute);
        let issue = ready_for(line.action, line.from[0], kind);
        let who = first_of(line);
        for need in &line.needs {
            let mut command = command(line.action, &issue);
            match *need {
                "note" => command.note = Some(" \n ".into()),
                "department" => command.department = None,
                "reason" => command.reason = None,
                "until" => command.until = None,
                "outcome" => command.outcome = None,
                "place" => command.place = None,
                "target" => command.target = None,
                "departments" => command.told.departments.clear(),
                "meeting" => command.told.meeting = Some(" ".into()),
                "position" => command.told.position = None,
                "judgement" => command.told.judgement = None,
                "reach" => command.told.reach = None,
                "assignee" => command.told.assignee = None,
                "verdict" => command.told.verdict = None,
                "satisfaction" => command.told.satisfaction = None,
                "ground" => command.told.ground = None,
                _ => command.care = CareFields::default(),
            }
            let told = decide(&issue, &command, &who, later);
            let missing = matches!(&told, Err(Refusal::Missing(field))
                if field.as_str() == *need || is_of_kind(*field));
            assert!(missing, "{} without {need}: {told:?}", line.action);
        }
    }
}

/// Fields that one kind alone asks for; these tests take them away together.
fn is_of_kind(field: Field) -> bool {
    use Field::{AgreementForm, HeldAt, Kept, Mediators, Parties, Risk, Severity, Venue};
    matches!(field, Risk | Severity | HeldAt | Venue | Mediators | AgreementForm | Parties | Kept)
}

#[test]
fn fields_that_an_action_has_no_use_for_are_refused() {
    let later = Timestamp(START.0 + DAY_MS);
    for line in BOOK.iter() {
        let kind = match line.action {
            Action::OrderCheck => Kind::Hazard,
            action => kind_of(action).unwrap_or(Kind::Opinion),
        };
        let issue = ready_for(line.action, line.from[0], kind);
        let who = first_of(line);
        let mut told = Vec::new();
        for extra in ["department", "until", "target", "outcome", "reason", "cited_rule"] {
            let known = line.needs.contains(&extra)
                || (line.action == Action::Settle && extra == "outcome")
                || (line.action == Action::Arrive && extra == "department")
                || (line.action == Action::Return && extra == "cited_rule");
            let mut command = command(line.action, &issue);
            match extra {
                "department" => command.department = Some(department("x")),
                "until" => command.until = Some(Timestamp(later.0 + DAY_MS)),
                "target" => {
                    let state = State::Filed;
                    let (id, number) = (IssueId(99), "HX".into());
                    command.target = Some(Target { id, number, state, merged_into: None });
                }
                "outcome" => command.outcome = Some(Outcome::Answered),
                "reason" => command.reason = Some(ReturnReason::NotOurs),
                _ => command.cited_rule = Some("x".into()),
            }
            let result = decide(&issue, &command, &who, later);
            let refused =
                matches!(&result, Err(Refusal::Superfluous(field)) if field.as_str() == extra);
            assert_eq!(refused, !known, "{} with {extra}: {result:?}", line.action);
            told.push(refused);
        }
        assert!(told.contains(&true));
    }
}
