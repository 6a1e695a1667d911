//! The rules of the workflow that are about more than one step.

use super::{REPORTER, command, issue_in};
use crate::support::world::{START, actor, category, department, path_of};
use hexward::domain::access::{Actor, Grant, Role};
use hexward::domain::id::{AccountId, AreaCode, AttachmentId, IssueId};
use hexward::domain::issue::care::{AgreementForm, Claim, ClaimState};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, Outcome, ReturnReason, State};
use hexward::domain::issue::step::{
    ASSISTS_MAX, Command, FieldFault, NOTE_CHARS_MAX, PHOTOS_MAX, REOPEN_DAYS_MAX, Reclass,
    Refusal, Reroute, Target, allowed_actions, count_reports, decide,
};
use hexward::domain::issue::workflow::Field;
use hexward::domain::metrics::contribution::{Measure, measures_of};
use hexward::domain::time::{DAY_MS, Timestamp};

fn supervisor() -> Actor {
    actor(9, Role::DutySupervisor, None)
}

fn handler() -> Actor {
    actor(8, Role::Handler, Some("roads"))
}

/// Takes the action or says why it could not.
fn take(issue: &Issue, action: Action, who: &Actor, at: Timestamp) -> Issue {
    let mut command = command(action, issue);
    if command.department.is_some() {
        command.department = Some(department("roads"));
    }
    match decide(issue, &command, who, at) {
        Ok((after, _)) => after,
        Err(refusal) => panic!("{action}: {refusal}"),
    }
}

fn refusal(issue: &Issue, command: &Command, who: &Actor, at: Timestamp) -> Refusal {
    decide(issue, command, who, at).expect_err("it is refused")
}

#[test]
fn the_third_return_goes_to_arbitration_and_its_ruling_binds() {
    let mut issue = issue_in(State::Filed, Kind::Hazard, true);
    for (returns, state) in [(1, State::Filed), (2, State::Filed), (3, State::Arbitration)] {
        issue = take(&issue, Action::Dispatch, &supervisor(), START);
        if returns == 2 {
            issue = take(&issue, Action::Accept, &handler(), START);
        }
        issue = take(&issue, Action::Return, &handler(), START);
        assert_eq!((issue.counts.returns, issue.state), (returns, state));
    }
    let dispatcher = actor(7, Role::Dispatcher, None);
    assert!(!allowed_actions(&issue, &dispatcher).contains(&Action::Dispatch));
    assert!(!allowed_actions(&issue, &handler()).contains(&Action::Return));
    issue = take(&issue, Action::Rule, &supervisor(), START);
    assert!(issue.binding && issue.state == State::Dispatched);
    for _ in 0..2 {
        let told = refusal(&issue, &command(Action::Return, &issue), &handler(), START);
        assert!(matches!(told, Refusal::NotFromHere { .. }), "{told:?}");
        if issue.state == State::Dispatched {
            issue = take(&issue, Action::Accept, &handler(), START);
        }
    }
}

#[test]
fn only_a_wrong_dispatch_counts_against_its_accuracy() {
    for (reason, wrong) in [
        (ReturnReason::NotOurs, true),
        (ReturnReason::WrongPlace, true),
        (ReturnReason::Unclear, false),
    ] {
        let issue = issue_in(State::Dispatched, Kind::Hazard, true);
        let mut back = command(Action::Return, &issue);
        back.reason = Some(reason);
        back.cited_rule = Some("第3条".into());
        let (after, event) = decide(&issue, &back, &handler(), START).unwrap();
        assert_eq!(after.misdispatched, wrong, "{reason}");
        assert_eq!(event.fact("cited_rule"), Some("第3条"));
        // Another return for another reason does not wash it off.
        let again = take(&after, Action::Dispatch, &supervisor(), START);
        let again = take(&again, Action::Return, &handler(), START);
        assert_eq!(again.misdispatched, wrong);
    }
}

#[test]
fn a_correction_that_names_another_lead_goes_back_to_the_dispatcher() {
    use hexward::domain::catalog::{Limit, TimeType};
    for (state, to) in [
        (State::Reported, State::Reported),
        (State::Filed, State::Filed),
        (State::Dispatched, State::Filed),
        (State::Handling, State::Filed),
        (State::Arbitration, State::Arbitration),
    ] {
        let issue = issue_in(state, Kind::Hazard, true);
        let mut correct = command(Action::Correct, &issue);
        let limit = Some(Limit { amount: 2, unit: TimeType::UrgentHour });
        correct.reroute = Some(Reroute { lead: Some(department("police")), limit });
        let (after, event) = decide(&issue, &correct, &supervisor(), START).unwrap();
        assert_eq!((after.state, &after.proposed), (to, &Some(department("police"))), "{state}");
        assert_eq!(event.fact("limit"), Some("2 urgent_hour"));
        assert_ne!(after.place, issue.place);
        // The first receiver stays answerable until the next dispatch is accepted.
        assert_eq!(after.lead, issue.lead);
        assert_eq!(
            after.counts.returns, issue.counts.returns,
            "it was not the department's return"
        );
        let mut idle = command(Action::Correct, &issue);
        idle.place = None;
        assert!(matches!(refusal(&issue, &idle, &supervisor(), START), Refusal::Missing(_)));
    }
}

#[test]
fn a_limit_is_extended_twice_at_most() {
    let mut issue = issue_in(State::Handling, Kind::Hazard, true);
    for extensions in 1..=2 {
        issue = take(&issue, Action::Extend, &supervisor(), START);
        assert_eq!((issue.counts.extensions, issue.state), (extensions, State::Handling));
    }
    let told = refusal(&issue, &command(Action::Extend, &issue), &supervisor(), START);
    assert!(matches!(told, Refusal::NotFromHere { .. }), "{told:?}");
}

#[test]
fn a_suspension_lies_ahead_and_ends_within_a_year() {
    let issue = issue_in(State::Handling, Kind::Hazard, true);
    let told = |now: Timestamp, until: Timestamp| {
        let mut suspend = command(Action::Suspend, &issue);
        suspend.until = Some(until);
        decide(&issue, &suspend, &supervisor(), now).err()
    };
    let out = Some(Refusal::Invalid { field: Field::Until, why: FieldFault::OutOfTerm });
    let at = |text: &str| Timestamp::parse(text).unwrap();
    // The same day of next year counts to its end; a year over a leap day has one day more.
    for (now, last) in [
        ("2026-03-01T09:00:00Z", "2027-03-02T00:00:00Z"),
        ("2027-03-01T09:00:00Z", "2028-03-02T00:00:00Z"),
        ("2027-12-31T23:59:59Z", "2029-01-01T00:00:00Z"),
        ("2028-02-29T00:00:00Z", "2029-03-01T00:00:00Z"),
        ("2028-02-28T12:00:00Z", "2029-03-01T00:00:00Z"),
    ] {
        let (now, last) = (at(now), at(last));
        for (until, fits) in [
            (now.0 + 1, true),
            (last.0, true),
            (now.0, false),
            (now.0 - 1, false),
            (last.0 + 1, false),
        ] {
            let expected = if fits { None } else { out.clone() };
            assert_eq!(told(now, Timestamp(until)), expected, "{now:?} {until}");
        }
    }
    for (now, until) in [(i64::MAX, i64::MAX), (i64::MAX - 1, i64::MAX), (i64::MIN, i64::MAX)] {
        assert_eq!(told(Timestamp(now), Timestamp(until)), out, "{now}");
    }
    let held = take(&issue, Action::Suspend, &supervisor(), START);
    assert_eq!(held.suspended_until, Some(Timestamp(START.0 + 30 * DAY_MS)));
    let (again, event) =
        decide(&held, &command(Action::Resume, &held), &Actor::System, START).unwrap();
    assert_eq!((again.state, again.suspended_until), (State::Handling, None));
    assert_eq!(event.actor.canonical(), "system");
}

#[test]
fn a_failed_inspection_is_rework_by_the_same_department() {
    let mut issue = issue_in(State::Handling, Kind::Hazard, true);
    let lead = issue.lead.clone();
    for reworks in 1..=3 {
        issue = take(&issue, Action::Submit, &handler(), START);
        assert_eq!(issue.times.handled, Some(START));
        issue = take(&issue, Action::OrderCheck, &supervisor(), START);
        issue = take(&issue, Action::Fail, &actor(4, Role::GridWorker, None), START);
        assert_eq!((issue.counts.reworks, issue.state), (reworks, State::Handling));
        assert_eq!(
            (issue.lead.clone(), issue.times.handled, issue.outcome),
            (lead.clone(), None, None)
        );
    }
}

#[test]
fn who_reported_reopens_within_the_term_and_the_supervisor_at_any_time() {
    let issue = issue_in(State::Closed, Kind::Opinion, false);
    let resident = Actor::Account { id: REPORTER, name: "居民".into(), grants: Vec::new() };
    let term = Timestamp(START.0 + REOPEN_DAYS_MAX * DAY_MS);
    let late = Timestamp(term.0 + 1);
    let elsewhere = AreaCode::parse("other").unwrap();
    // A supervisor of another place, who reported this as anybody may.
    let stranger = Actor::Account {
        id: REPORTER,
        name: "值班长".into(),
        grants: vec![Grant {
            role: Role::DutySupervisor,
            area: Some(elsewhere),
            path: Some(path_of(&["other"])),
            department: None,
            kinds: None,
        }],
    };
    let own_office = actor(REPORTER.0, Role::DutySupervisor, None);
    let reopen = command(Action::Reopen, &issue);
    for who in [&resident, &Actor::Anonymous, &stranger] {
        let (after, _) = decide(&issue, &reopen, who, term).unwrap();
        assert_eq!((after.state, after.counts.reopened), (State::Filed, 1));
        assert_eq!((after.times.closed, after.times.ended, after.outcome), (None, None, None));
        assert_eq!(refusal(&issue, &reopen, who, late), Refusal::ReopenTooLate, "{who:?}");
    }
    for who in [supervisor(), own_office] {
        let (after, event) = decide(&issue, &reopen, &who, Timestamp(late.0 * 2)).unwrap();
        assert_eq!(after.state, State::Filed);
        assert!(event.actor.canonical().ends_with(":duty_supervisor"), "{:?}", event.actor);
    }
    decide(&issue, &reopen, &resident, Timestamp(i64::MAX)).unwrap_err();
    let mut ancient = issue.clone();
    ancient.times.closed = Some(Timestamp(i64::MAX));
    decide(&ancient, &reopen, &resident, Timestamp(i64::MAX)).unwrap();
}

#[test]
fn a_merge_and_its_undoing_leave_both_issues_as_they_were() {
    for &state in State::ALL.iter().filter(|state| state.is_open()) {
        let mut issue = issue_in(state, Kind::Hazard, true);
        issue.counts.reports = 3;
        let mut other = issue_in(State::Handling, Kind::Hazard, true);
        other.id = IssueId(99);
        other.counts.reports = 2;
        let (merged, event) =
            decide(&issue, &command(Action::Merge, &issue), &supervisor(), START).unwrap();
        assert_eq!((merged.state, merged.merged_into), (State::Merged, Some(other.id)));
        let (grown, _) =
            count_reports(&other, &issue, Action::Absorb, event.actor.clone(), START).unwrap();
        assert_eq!((grown.counts.reports, grown.state), (5, State::Handling));
        let back = take(&merged, Action::Unmerge, &supervisor(), START);
        let (shrunk, _) =
            count_reports(&grown, &merged, Action::Release, event.actor, START).unwrap();
        assert_eq!(shrunk.counts, other.counts);
        // The ledgers alone remember that the clocks stood still meanwhile.
        let (version, head, clocks) = (back.version, back.head, back.clocks.clone());
        let expected = Issue { version, head, clocks, ..issue.clone() };
        assert_eq!(back, expected, "{state}");
    }
}

#[test]
fn an_issue_merges_into_another_open_one() {
    let issue = issue_in(State::Filed, Kind::Hazard, true);
    let target = |id, state, merged_into| Target { id, number: "HX".into(), state, merged_into };
    for (target, why) in [
        (target(issue.id, State::Filed, None), FieldFault::Itself),
        (target(IssueId(5), State::Merged, Some(issue.id)), FieldFault::Itself),
        (target(IssueId(5), State::Merged, Some(IssueId(6))), FieldFault::TargetNotOpen),
        (target(IssueId(5), State::Closed, None), FieldFault::TargetNotOpen),
        (target(IssueId(5), State::Rejected, None), FieldFault::TargetNotOpen),
    ] {
        let mut merge = command(Action::Merge, &issue);
        merge.target = Some(target);
        let told = refusal(&issue, &merge, &supervisor(), START);
        assert_eq!(told, Refusal::Invalid { field: Field::Target, why });
    }
}

#[test]
fn texts_and_lists_have_limits() {
    let issue = issue_in(State::Dispatched, Kind::Hazard, true);
    let told = |edit: &dyn Fn(&mut Command)| {
        let mut back = command(Action::Return, &issue);
        edit(&mut back);
        decide(&issue, &back, &handler(), START).err()
    };
    let invalid = |field, why| Some(Refusal::Invalid { field, why });
    let long = "网".repeat(NOTE_CHARS_MAX + 1);
    let fits = "网".repeat(NOTE_CHARS_MAX);
    assert_eq!(told(&|c| c.note = Some(long.clone())), invalid(Field::Note, FieldFault::TooLong));
    assert_eq!(told(&|c| c.note = Some(fits.clone())), None);
    assert_eq!(told(&|c| c.note = Some("两行\r\n\t文字".into())), None);
    let rule = told(&|c| c.cited_rule = Some(long.clone()));
    assert_eq!(rule, invalid(Field::CitedRule, FieldFault::TooLong));
    for bad in ["a\0b", "\u{1b}[31m", "\u{7f}", "a\u{85}"] {
        let note = told(&|c| c.note = Some(bad.into()));
        assert_eq!(note, invalid(Field::Note, FieldFault::ControlCharacter), "{bad:?}");
        let rule = told(&|c| c.cited_rule = Some(bad.into()));
        assert_eq!(rule, invalid(Field::CitedRule, FieldFault::ControlCharacter), "{bad:?}");
    }
    let filed = issue_in(State::Filed, Kind::Hazard, true);
    let mut dispatch = command(Action::Dispatch, &filed);
    dispatch.assists = (0..=ASSISTS_MAX).map(|n| department(format!("d{n}"))).collect();
    let many = refusal(&filed, &dispatch, &supervisor(), START);
    assert_eq!(Some(many), invalid(Field::Assists, FieldFault::TooMany));
    dispatch.assists.pop();
    decide(&filed, &dispatch, &supervisor(), START).unwrap();
    dispatch.assists = dispatch.department.clone().into_iter().collect();
    let both = refusal(&filed, &dispatch, &supervisor(), START);
    assert_eq!(Some(both), invalid(Field::Assists, FieldFault::LeadAssists));
    let mut remark = command(Action::Comment, &filed);
    remark.photos = (0..=PHOTOS_MAX as u128).map(AttachmentId).collect();
    let many = refusal(&filed, &remark, &supervisor(), START);
    assert_eq!(Some(many), invalid(Field::Photos, FieldFault::TooMany));
}

#[test]
fn an_outcome_fits_the_kind() {
    for kind in Kind::ALL {
        let mut issue = issue_in(State::Handling, kind, true);
        // What these outcomes ask for first.
        issue.care.agreement = Some(AgreementForm::Oral);
        issue.care.claim = Some(Claim { state: ClaimState::Approved, seq: 2, account: None });
        for &outcome in Outcome::ALL {
            let fits = match outcome {
                Outcome::Remedied => kind == Kind::Hazard,
                Outcome::AgreementReached | Outcome::AgreementNotReached => kind == Kind::Dispute,
                Outcome::Answered | Outcome::Adopted | Outcome::Claimed => kind == Kind::Opinion,
            };
            let mut submit = command(Action::Submit, &issue);
            submit.outcome = Some(outcome);
            assert_eq!(
                decide(&issue, &submit, &handler(), START).is_ok(),
                fits,
                "{kind} {outcome}"
            );
        }
    }
}

#[test]
fn nobody_acts_outside_the_scope_of_the_grant() {
    let mut issue = issue_in(State::Filed, Kind::Dispute, true);
    issue.place.path = path_of(&["41", "4101", "a"]);
    let grant = |area: Option<&str>, path: Option<&[&str]>, kinds: Option<Vec<Kind>>| Grant {
        role: Role::DutySupervisor,
        area: area.map(|code| AreaCode::parse(code).unwrap()),
        path: path.map(path_of),
        department: None,
        kinds,
    };
    let may = |grants: Vec<Grant>| {
        let who = Actor::Account { id: AccountId(2), name: "a".into(), grants };
        allowed_actions(&issue, &who).contains(&Action::Dispatch)
    };
    let inside: &[&str] = &["41", "4101"];
    assert!(may(vec![grant(Some("4101"), Some(inside), None)]));
    assert!(may(vec![grant(None, None, Some(vec![Kind::Dispute]))]));
    assert!(!may(vec![grant(None, None, Some(vec![Kind::Hazard, Kind::Opinion]))]));
    assert!(!may(vec![grant(None, None, Some(Vec::new()))]));
    assert!(!may(vec![grant(Some("4101"), None, None)]), "the area is gone");
    for outside in [&["41", "410"][..], &["41", "41010"], &["4101"], &["41", "4101", "a", "b"]] {
        assert!(!may(vec![grant(Some("x"), Some(outside), None)]), "{outside:?}");
    }
}

#[test]
fn a_department_acts_where_it_leads_and_not_where_it_assists() {
    let issue = issue_in(State::Handling, Kind::Hazard, true);
    let assist = actor(2, Role::Handler, Some("police"));
    assert_eq!(allowed_actions(&issue, &assist), [Action::Comment]);
    let nobody = actor(2, Role::Handler, Some("城管"));
    assert_eq!(allowed_actions(&issue, &nobody), []);
    let told = refusal(&issue, &command(Action::Submit, &issue), &assist, START);
    assert!(matches!(told, Refusal::NotYours { .. }), "{told:?}");
    assert!(allowed_actions(&issue, &handler()).contains(&Action::Submit));
}

#[test]
fn a_refused_settlement_leaves_no_feedback_behind() {
    for kind in Kind::ALL {
        let worker = actor(REPORTER.0, Role::GridWorker, None);
        let mut issue = issue_in(State::Reported, kind, true);
        issue.times.filed = None;
        let settled = take(&issue, Action::Settle, &worker, START);
        // Whether the parties of a dispute agreed is not supposed when it is not said.
        let outcome = match kind {
            Kind::Hazard => Some(Outcome::Remedied),
            Kind::Dispute => None,
            Kind::Opinion => Some(Outcome::Answered),
        };
        assert_eq!((settled.settled, settled.outcome), (true, outcome));
        let later = Timestamp(START.0 + DAY_MS);
        let filed = take(&settled, Action::Refuse, &supervisor(), later);
        assert_eq!((filed.settled, filed.outcome, filed.times.handled), (false, None, None));
        assert_eq!(filed.times.filed, Some(START));
        let filed = take(&filed, Action::Dispatch, &supervisor(), later);
        let handling = take(&filed, Action::Accept, &handler(), later);
        let measures = measures_of(&handling, &crate::support::zone());
        let early = measures.iter().any(|(_, m)| {
            matches!(m, Measure::HandleTime(_) | Measure::MediationEnded | Measure::LegalAnswered)
        });
        assert!(!early, "{measures:?}");
    }
}

#[test]
fn filing_may_correct_the_category_and_nothing_else_may() {
    let class = Reclass {
        kind: Kind::Opinion,
        category: category("0102"),
        condition: None,
        nature: Some("small_wish".into()),
        inspection: false,
        proposed: Some(department("城管")),
        limit: None,
    };
    let issue = issue_in(State::Reported, Kind::Hazard, true);
    let mut file = command(Action::File, &issue);
    file.category = Some(class.clone());
    let (after, _) = decide(&issue, &file, &supervisor(), START).unwrap();
    assert_eq!(
        (after.kind, after.category, after.proposed),
        (class.kind, class.category.clone(), class.proposed.clone())
    );
    let mut check = command(Action::AcceptForCheck, &issue);
    check.category = Some(class);
    let told = refusal(&issue, &check, &supervisor(), START);
    assert_eq!(told, Refusal::Superfluous(Field::Category));
}

#[test]
fn a_clock_that_was_set_back_does_not_put_an_event_before_the_last_one() {
    let mut issue = issue_in(State::Dispatched, Kind::Hazard, true);
    issue.updated = Timestamp(START.0 + 5_000);
    let (after, event) =
        decide(&issue, &command(Action::Accept, &issue), &handler(), START).unwrap();
    assert_eq!((event.at, after.updated), (issue.updated, issue.updated));
}
