//! Issues in every state that the book tells apart.

use crate::support::Chance;
use crate::support::world::{START, department, report};
use hexward::domain::id::{AccountId, IssueId, WorkerId};
use hexward::domain::issue::care::{AgreementForm, Claim, ClaimState, Published};
use hexward::domain::issue::clock::{Ledger, Stage, StageClock};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, Outcome, State};
use hexward::domain::issue::supervision::{
    Appeal, AppealState, Ask, Asked, Ground, Holder, OpenOrder, Standing, Task, TaskKind, Whistle,
};
use hexward::domain::time::Timestamp;

/// The reporter of the issues of these tests.
pub const REPORTER: AccountId = AccountId(1);

/// An issue of one kind in one state, led by `roads`, assisted by `police`.
pub fn issue_in(state: State, kind: Kind, inspection: bool) -> Issue {
    let (mut issue, _) = report(&mut Chance(81), START, Some(REPORTER));
    issue.state = state;
    issue.kind = kind;
    issue.inspection = inspection;
    issue.nature = None;
    issue.version = 7;
    issue.lead = Some(department("roads"));
    issue.assists = vec![department("police")];
    issue.times.filed = Some(START);
    if state == State::Closed {
        issue.times.closed = Some(START);
        issue.times.ended = Some(START);
    }
    if state == State::Merged {
        issue.merged_into = Some(IssueId(3));
        issue.state_before_merge = Some(State::Handling);
    }
    issue
}

/// The same with everything open that supervision can open: an order, a whistle that awaits the
/// police, an appeal, and a task that the reporter holds as a worker.
pub fn busy_in(state: State, kind: Kind, inspection: bool) -> Issue {
    let mut issue = issue_in(state, kind, inspection);
    let own = &mut issue.supervision;
    own.open_orders = vec![OpenOrder { seq: 5, until: START }];
    own.asked = Some(Asked {
        ask: Ask::Extension,
        seq: 6,
        at: START,
        until: None,
        by: Some(AccountId(77)),
    });
    own.summoned = vec![department("police")];
    own.whistle = Some(Whistle {
        at: START,
        until: START,
        position: None,
        standings: vec![(department("police"), Standing::Summoned)],
        ended: None,
    });
    let ground = Ground::FailedInspection;
    own.appeal = Some(Appeal { at: START, ground, state: AppealState::Open });
    own.task = Some(Task {
        kind: TaskKind::Inspection,
        holder: Holder::Worker { worker: WorkerId(4), account: REPORTER },
        offered: START,
        checked_in: None,
        passed: Vec::new(),
    });
    issue
}

/// An issue in which the action is possible as far as supervision goes.
pub fn ready_for(action: Action, state: State, kind: Kind) -> Issue {
    match action {
        Action::Appeal => appealable_in(state, kind),
        Action::Whistle | Action::RequestExtension | Action::RequestSuspension => {
            issue_in(state, kind, false)
        }
        Action::Answer => consulted_in(state),
        Action::PublishWish | Action::Claim => wish_in(state, None),
        Action::ApproveClaim => wish_in(state, Some(ClaimState::Pending)),
        Action::Unclaim | Action::Fulfil => wish_in(state, Some(ClaimState::Approved)),
        Action::PublishAnswer => answered_in(state, false),
        Action::Withdraw => answered_in(state, true),
        Action::FollowUp => agreed_in(state),
        Action::Escalate => overdue_in(state),
        _ => busy_in(state, kind, false),
    }
}

/// An issue with something that there is to appeal against.
fn appealable_in(state: State, kind: Kind) -> Issue {
    let mut issue = issue_in(state, kind, false);
    issue.counts.reworks = 1;
    issue
}

/// An opinion of one nature.
fn opinion_in(state: State, nature: &str) -> Issue {
    let mut issue = issue_in(state, Kind::Opinion, false);
    issue.nature = Some(nature.into());
    issue
}

/// A legal consultation.
fn consulted_in(state: State) -> Issue {
    opinion_in(state, "legal_consultation")
}

/// A small wish, claimed by account 88 or by nobody.
fn wish_in(state: State, claim: Option<ClaimState>) -> Issue {
    let mut issue = opinion_in(state, "small_wish");
    let account = Some(AccountId(88));
    issue.care.claim = claim.map(|state| Claim { state, seq: 4, account });
    issue
}

/// An opinion that was answered.
fn answered_in(state: State, is_published: bool) -> Issue {
    let mut issue = opinion_in(state, "suggestion");
    issue.outcome = Some(Outcome::Answered);
    issue.care.published = is_published.then_some(Published { seq: 5, at: START });
    issue
}

/// A dispute with an agreement.
fn agreed_in(state: State) -> Issue {
    let mut issue = issue_in(state, Kind::Dispute, false);
    issue.care.agreement = Some(AgreementForm::Oral);
    issue
}

/// An issue whose stage has used up its limit.
fn overdue_in(state: State) -> Issue {
    let mut issue = issue_in(state, Kind::Hazard, false);
    issue.clocks.stage = Some(StageClock {
        stage: Stage::SignOff,
        department: issue.lead.clone(),
        allowance: None,
        ledger: Ledger::default(),
        due: Some(Timestamp(START.0 - 1)),
        provisional: false,
        escalations: 0,
    });
    issue
}

/// Everything that the book tells apart, in one state.
pub fn cases_in(state: State) -> Vec<Issue> {
    let mut cases: Vec<Issue> = Kind::ALL
        .into_iter()
        .flat_map(|kind| {
            [issue_in(state, kind, true), issue_in(state, kind, false), busy_in(state, kind, true)]
        })
        .collect();
    cases.extend([consulted_in(state), wish_in(state, None), agreed_in(state), overdue_in(state)]);
    cases.extend(ClaimState::ALL.iter().map(|claim| wish_in(state, Some(*claim))));
    cases.extend([false, true].map(|is_published| answered_in(state, is_published)));
    let mut published = wish_in(state, None);
    published.care.published = Some(Published { seq: 5, at: START });
    cases.push(published);
    for case in &mut cases {
        case.counts.reworks = 1;
    }
    cases
}
