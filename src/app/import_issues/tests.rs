//! How each stage that another system had reached is relived.

use super::*;
use crate::domain::audit::verify_chain;
use crate::domain::datum::Datum;
use crate::domain::id::CategoryCode;
use crate::domain::issue::event::Event;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Times;
use crate::domain::issue::state::{Action, Outcome, State};
use crate::domain::issue::workflow::{TRANSITIONS, To};
use crate::format::history::{KnownTimes, Reached};

const ALL: [Reached; 8] = [
    Reached::Reported,
    Reached::Filed,
    Reached::Dispatched,
    Reached::Handling,
    Reached::Handled,
    Reached::Closed,
    Reached::ForceClosed,
    Reached::Rejected,
];

fn row(reached: Reached, times: KnownTimes) -> HistoryRow {
    HistoryRow {
        external_id: "7".into(),
        category: CategoryCode::parse("c").unwrap(),
        kind: None,
        text: "t".into(),
        address: None,
        position: (113.7, 34.8),
        datum: Datum::Wgs84,
        created: Timestamp(1_000),
        times: KnownTimes { closed: reached.is_end().then_some(Timestamp(9_000)), ..times },
        serviced: None,
        reached,
        status: "S".into(),
        department: DepartmentCode::parse("d").ok(),
        outcome: None,
        channel: None,
        anonymous: false,
        note: Some("yard".into()),
    }
}

fn past(row: &HistoryRow, kind: Kind, inspection: bool) -> Past {
    let pair = || "113.7,34.8".to_owned();
    let facts = Facts::from([
        (fact::NUMBER.into(), "HX".into()),
        (fact::KIND.into(), kind.to_string()),
        (fact::CATEGORY.into(), "c".into()),
        (fact::INSPECTION.into(), inspection.to_string()),
        (fact::POSITION.into(), pair()),
        (fact::RAW.into(), pair()),
        (fact::DATUM.into(), "wgs84".into()),
        (fact::CELL.into(), "8b".into()),
        (fact::TERRITORY.into(), "1".into()),
    ]);
    relive(IssueId(1), row, facts, row.department.as_ref(), "Old").unwrap()
}

fn actions(past: &Past) -> Vec<Action> {
    past.events.iter().map(|event| event.action).collect()
}

/// Whether the workflow has such a step, whoever takes it.
fn is_in_workflow(event: &Event) -> bool {
    let Some(from) = event.from else { return event.action == Action::Report };
    TRANSITIONS.iter().any(|row| {
        row.action == event.action && row.from.contains(&from) && row.to == To::State(event.to)
    })
}

#[test]
fn every_past_is_a_way_through_the_workflow() {
    for reached in ALL {
        for kind in Kind::ALL {
            for inspection in [false, true] {
                let past = past(&row(reached, KnownTimes::default()), kind, inspection);
                for event in &past.events {
                    assert!(is_in_workflow(event), "{reached:?} {kind} {event:?}");
                }
                let Past { issue, events } = past;
                assert_eq!(verify_chain(&events, issue.version, issue.head), Ok(()));
                assert!(events.is_sorted_by_key(|event| event.at), "{events:?}");
                let forces = issue.kind == Kind::Hazard && inspection && reached == Reached::Closed;
                let is_forced = events.iter().any(|event| event.action == Action::ForceClose);
                assert_eq!(is_forced, forces || reached == Reached::ForceClosed);
            }
        }
    }
}

#[test]
fn a_past_leads_to_where_the_other_system_was() {
    use Action::{Accept, Close, Dispatch, File, ForceClose, Reject, Report, Submit};
    let cases: [(Reached, State, &[Action]); 8] = [
        (Reached::Reported, State::Reported, &[Report]),
        (Reached::Filed, State::Filed, &[Report, File]),
        (Reached::Dispatched, State::Dispatched, &[Report, File, Dispatch]),
        (Reached::Handling, State::Handling, &[Report, File, Dispatch, Accept]),
        (Reached::Handled, State::Handled, &[Report, File, Dispatch, Accept, Submit]),
        (Reached::Closed, State::Closed, &[Report, File, Dispatch, Accept, Submit, Close]),
        (
            Reached::ForceClosed,
            State::Closed,
            &[Report, File, Dispatch, Accept, Submit, ForceClose],
        ),
        (Reached::Rejected, State::Rejected, &[Report, Reject]),
    ];
    for (reached, state, expected) in cases {
        let past = past(&row(reached, KnownTimes::default()), Kind::Hazard, false);
        assert_eq!((past.issue.state, actions(&past).as_slice()), (state, expected));
        let lead = past.issue.lead.as_ref().map(DepartmentCode::as_str);
        assert_eq!(lead, reached.needs_department().then_some("d"), "{reached:?}");
    }
}

#[test]
fn a_time_that_is_not_known_is_no_time() {
    let unknown = past(&row(Reached::Closed, KnownTimes::default()), Kind::Hazard, false);
    let expected = Times {
        reported: Timestamp(1_000),
        filed: Some(Timestamp(1_000)),
        closed: Some(Timestamp(9_000)),
        ended: Some(Timestamp(9_000)),
        ..Times::default()
    };
    assert_eq!(unknown.issue.times, expected);
    let inferred: Vec<Action> = unknown
        .events
        .iter()
        .filter(|event| event.known_time().is_none())
        .map(|event| event.action)
        .collect();
    assert_eq!(inferred, [Action::File, Action::Dispatch, Action::Accept, Action::Submit]);
    let at = |ms| Some(Timestamp(ms));
    let times = KnownTimes {
        filed: at(2_000),
        dispatched: at(3_000),
        accepted: at(4_000),
        handled: at(5_000),
        closed: None,
    };
    let known = past(&row(Reached::Closed, times), Kind::Hazard, false);
    let expected = Times {
        filed: at(2_000),
        dispatched: at(3_000),
        sent: at(3_000),
        accepted: at(4_000),
        handled: at(5_000),
        ..expected
    };
    assert_eq!(known.issue.times, expected);
    assert!(known.events.iter().all(|event| event.known_time().is_some()));
}

#[test]
fn an_outcome_is_the_files_word_or_the_only_one_possible() {
    let with = |kind, reached, outcome| {
        let row = HistoryRow { outcome, ..row(reached, KnownTimes::default()) };
        past(&row, kind, false).issue.outcome
    };
    let agreed = Some(Outcome::AgreementReached);
    assert_eq!(with(Kind::Dispute, Reached::Closed, agreed), agreed);
    assert_eq!(with(Kind::Dispute, Reached::Closed, None), None);
    assert_eq!(with(Kind::Opinion, Reached::Closed, None), None);
    assert_eq!(with(Kind::Hazard, Reached::Closed, None), Some(Outcome::Remedied));
    assert_eq!(with(Kind::Hazard, Reached::ForceClosed, None), None);
}
