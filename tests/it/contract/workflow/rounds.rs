//! What stays of one step for the next: who is answerable, what the department asked for, which
//! orders are open, and what a reopened issue begins with.

use super::supervision::{Story, handler, keep, summon, supervisor};
use super::{REPORTER, command, issue_in};
use crate::support::world::{actor, department};
use crate::support::zone;
use hexward::domain::access::{Actor, Grant, Role, Scope};
use hexward::domain::catalog::Limit;
use hexward::domain::id::AccountId;
use hexward::domain::issue::clock::{Dues, Ledger, Total};
use hexward::domain::issue::dossier::Dossier;
use hexward::domain::issue::event::fact;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, ReturnReason, State};
use hexward::domain::issue::step::{Command, FieldFault, Refusal, allowed_actions, decide};
use hexward::domain::issue::supervision::{
    Ask, Ground, Judgement, Reach, Satisfaction, Standing, Verdict,
};
use hexward::domain::issue::workflow::Field;
use hexward::domain::metrics::contribution::{Measure, bin_of, measures_of};
use hexward::domain::metrics::histogram::bucket_of;
use hexward::domain::time::{DAY_MS, HOUR_MS, Timestamp};

fn to(code: &'static str) -> impl Fn(&mut Command) {
    move |command| command.department = Some(department(code))
}

fn reads(issue: &Issue, code: &str) -> bool {
    Scope::of(&handler(code)).allows(&issue.subject())
}

fn days_on(story: &mut Story, days: i64) {
    story.now = Timestamp(story.now.0 + days * DAY_MS);
}

/// An issue whose total clock is beyond its limit from `red` on.
fn limited(state: State, red: Timestamp) -> Story {
    let mut story = Story::at(state);
    let due = Timestamp(red.0 - 1);
    story.issue.clocks.total = Some(Total {
        limit: Limit::parse("2 natural_day").ok(),
        grants: 1,
        ledger: Ledger::default(),
        dues: Dues { due: Some(due), yellow: None, red: Some(red), provisional: false },
    });
    story
}

#[test]
fn the_first_receiver_stays_answerable_until_another_department_accepts() {
    let mut story = Story::at(State::Handling);
    assert_eq!(story.issue.answerable, None);
    story.take(&handler("roads"), Action::Return, keep);
    story.take(&supervisor(), Action::Dispatch, to("城管"));
    assert_eq!(story.issue.answerable, Some(department("roads")));
    assert_eq!(story.log.last().unwrap().fact(fact::ANSWERABLE), Some("roads"));
    assert!(reads(&story.issue, "roads") && reads(&story.issue, "城管"));
    assert!(!allowed_actions(&story.issue, &handler("roads")).contains(&Action::Accept));
    // The numbers are the lead's alone.
    assert_eq!(bin_of(&story.issue).department, Some(department("城管")));
    // One that sends it on without accepting does not become the first.
    story.take(&handler("城管"), Action::Return, keep);
    story.take(&supervisor(), Action::Dispatch, to("Police"));
    assert_eq!(story.issue.answerable, Some(department("roads")));
    assert!(!reads(&story.issue, "城管"));
    story.take(&handler("Police"), Action::Accept, keep);
    assert_eq!(story.issue.answerable, None);
    assert!(!reads(&story.issue, "roads") && reads(&story.issue, "Police"));
    // Who gets back what was its own is answerable as the lead.
    let mut story = Story::at(State::Dispatched);
    story.take(&handler("roads"), Action::Return, keep);
    story.take(&supervisor(), Action::Dispatch, to("城管"));
    story.take(&handler("城管"), Action::Return, keep);
    story.take(&supervisor(), Action::Dispatch, to("roads"));
    assert_eq!(story.issue.answerable, None);
    // A ruling is a dispatch.
    story.take(&handler("roads"), Action::Return, keep);
    assert_eq!(story.issue.state, State::Arbitration);
    story.take(&supervisor(), Action::Rule, to("Police"));
    assert_eq!(story.issue.answerable, Some(department("roads")));
}

#[test]
fn the_department_asks_and_the_supervisor_grants_or_declines() {
    let mut story = Story::at(State::Handling);
    let (roads, boss) = (handler("roads"), supervisor());
    assert!(!allowed_actions(&story.issue, &handler("police")).contains(&Action::RequestExtension));
    story.take(&roads, Action::RequestExtension, |c| c.note = Some("须封路".into()));
    let asked = story.issue.supervision.asked.unwrap();
    assert_eq!((asked.ask, asked.by), (Ask::Extension, Some(AccountId(8))));
    assert_eq!((story.issue.state, story.issue.counts.extensions), (State::Handling, 0));
    let twice = story.try_take(&roads, Action::RequestSuspension, keep);
    assert!(matches!(twice, Err(Refusal::NotFromHere { .. })), "one at a time: {twice:?}");
    story.take(&boss, Action::Extend, keep);
    assert_eq!((story.issue.supervision.asked, story.issue.counts.extensions), (None, 1));
    let asker = AccountId(8).to_string();
    assert_eq!(story.log.last().unwrap().fact(fact::ASKED_BY), Some(asker.as_str()));
    story.take(&roads, Action::RequestSuspension, keep);
    let until = story.issue.supervision.asked.unwrap().until;
    assert!(until.is_some());
    let bare = story.try_take(&boss, Action::DeclineRequest, |c| c.note = None);
    assert_eq!(bare, Err(Refusal::Missing(Field::Note)));
    story.take(&boss, Action::DeclineRequest, keep);
    assert_eq!((story.issue.supervision.asked, story.issue.state), (None, State::Handling));
    story.take(&roads, Action::RequestSuspension, keep);
    story.take(&boss, Action::Suspend, keep);
    assert_eq!((story.issue.supervision.asked, story.issue.state), (None, State::Suspended));
    story.take(&boss, Action::Resume, keep);
    // What is asked for falls away with the handling.
    story.take(&roads, Action::RequestExtension, keep).take(&roads, Action::Submit, keep);
    assert_eq!(story.issue.supervision.asked, None);
    let told: Vec<_> = Dossier::of(&story.log)
        .requests
        .iter()
        .map(|one| (one.ask, one.decision.as_ref().map(|(_, granted)| *granted)))
        .collect();
    let (extension, suspension) = (Ask::Extension, Ask::Suspension);
    assert_eq!(
        told,
        [
            (extension, Some(true)),
            (suspension, Some(false)),
            (suspension, Some(true)),
            (extension, None)
        ]
    );
}

#[test]
fn nobody_decides_what_he_asked_for_himself() {
    let grant = |role, own: Option<&str>| Grant {
        role,
        area: None,
        path: None,
        department: own.map(department),
        kinds: None,
    };
    let both = Actor::Account {
        id: AccountId(8),
        name: "甲".into(),
        grants: vec![grant(Role::Handler, Some("roads")), grant(Role::DutySupervisor, None)],
    };
    for (ask, grants, other) in [
        (Action::RequestExtension, Action::Extend, Action::Suspend),
        (Action::RequestSuspension, Action::Suspend, Action::Extend),
    ] {
        let mut story = Story::at(State::Handling);
        story.take(&both, ask, keep);
        for own in [grants, Action::DeclineRequest] {
            let told = story.try_take(&both, own, keep);
            assert!(matches!(told, Err(Refusal::NotYours { .. })), "{own}: {told:?}");
        }
        assert!(allowed_actions(&story.issue, &both).contains(&other));
        story.take(&supervisor(), grants, keep);
    }
}

#[test]
fn an_extension_is_granted_late_when_it_was_asked_for_in_time() {
    let red = Timestamp(issue_in(State::Handling, Kind::Hazard, true).updated.0 + 2 * DAY_MS);
    let mut story = limited(State::Handling, red);
    story.take(&handler("roads"), Action::RequestExtension, keep);
    story.now = Timestamp(red.0 + DAY_MS);
    story.take(&supervisor(), Action::Extend, keep);
    assert_eq!(story.issue.counts.extensions, 1);
    // Asked for too late, or not asked for at all.
    let mut story = limited(State::Handling, red);
    story.now = Timestamp(red.0);
    let late = story.try_take(&handler("roads"), Action::RequestExtension, keep);
    assert_eq!(late, Err(Refusal::Overdue));
    assert_eq!(story.try_take(&supervisor(), Action::Extend, keep), Err(Refusal::Overdue));
    // A suspension that was asked for in time is no extension.
    let mut story = limited(State::Handling, red);
    story.take(&handler("roads"), Action::RequestSuspension, keep);
    story.now = red;
    assert_eq!(story.try_take(&supervisor(), Action::Extend, keep), Err(Refusal::Overdue));
}

#[test]
fn a_return_that_says_not_ours_cites_the_rule() {
    for &reason in ReturnReason::ALL {
        for cited in [None, Some(""), Some(" \n"), Some("权责清单 第3条")] {
            let issue = issue_in(State::Dispatched, Kind::Hazard, true);
            let mut back = command(Action::Return, &issue);
            back.reason = Some(reason);
            back.cited_rule = cited.map(str::to_owned);
            let told = decide(&issue, &back, &handler("roads"), issue.updated).err();
            let lacks =
                reason != ReturnReason::Unclear && cited.is_none_or(|c| c.trim().is_empty());
            let expected = lacks.then_some(Refusal::Missing(Field::CitedRule));
            assert_eq!(told, expected, "{reason} {cited:?}");
        }
    }
}

#[test]
fn whoever_did_the_work_neither_closes_nor_rates_it() {
    let both = |id: u128, roles: &[Role]| Actor::Account {
        id: AccountId(id),
        name: "甲".into(),
        grants: roles
            .iter()
            .map(|role| Grant {
                role: *role,
                area: None,
                path: None,
                department: None,
                kinds: None,
            })
            .collect(),
    };
    let worker =
        both(REPORTER.0, &[Role::GridWorker, Role::Handler, Role::Acceptor, Role::DutySupervisor]);
    let refused = |story: &mut Story, who: &Actor, action| {
        let told = story.try_take(who, action, keep);
        assert!(matches!(told, Err(Refusal::NotYours { .. })), "{action}: {told:?}");
        assert!(!allowed_actions(&story.issue, who).contains(&action), "{action}");
    };
    // Handed in by himself: neither close nor force it.
    let mut story = Story::of(issue_in(State::Handling, Kind::Opinion, false));
    story.take(&worker, Action::Submit, keep);
    refused(&mut story, &worker, Action::Close);
    refused(&mut story, &worker, Action::ForceClose);
    story.take(&actor(9, Role::Acceptor, None), Action::Close, keep);
    refused(&mut story, &worker, Action::Rate);
    // Settled by himself: the number alone is no other person.
    let mut story = Story::at(State::Reported);
    story.take(&worker, Action::Settle, keep);
    refused(&mut story, &worker, Action::Approve);
    story.take(&supervisor(), Action::Approve, keep);
    refused(&mut story, &worker, Action::Rate);
    refused(&mut story, &Actor::Anonymous, Action::Rate);
    // What another one handled he may rate as its reporter.
    let mut story = Story::of(issue_in(State::Handling, Kind::Opinion, false));
    story.take(&handler("roads"), Action::Submit, keep).take(&supervisor(), Action::Close, keep);
    story.take(&worker, Action::Rate, keep);
}

#[test]
fn a_judgement_agrees_with_the_arrival_and_the_time() {
    use Judgement::{Absent, Late, OnTime};
    let judged = |came: Option<i64>, judged: i64, judgement| {
        let mut story = Story::at(State::Handling);
        let until = Timestamp(story.now.0 + 10 * HOUR_MS);
        let start = story.now;
        let at = |hours| Timestamp(start.0 + (hours - 1) * HOUR_MS);
        story.take(&supervisor(), Action::Whistle, |c| {
            summon(&["police"])(c);
            c.until = Some(until);
        });
        if let Some(hours) = came {
            story.now = at(hours);
            story.take(&handler("police"), Action::Arrive, keep);
            let late = story.issue.supervision.whistle.as_ref().unwrap().standings[0].1;
            let expected = if hours > 10 { Standing::ArrivedLate } else { Standing::Arrived };
            assert_eq!(late, expected, "came after {hours} h");
        }
        story.now = at(judged);
        let told = story.try_take(&supervisor(), Action::JudgeArrival, |c| {
            c.told.judgement = Some(judgement);
        });
        match told {
            Ok(()) => None,
            Err(Refusal::Invalid { field: Field::Judgement, why }) => Some(why),
            Err(other) => panic!("{other}"),
        }
    };
    let (early, late) = (Some(9), Some(11));
    for (came, at, judgement, fault) in [
        (None, 5, OnTime, Some(FieldFault::NotArrived)),
        (None, 12, OnTime, Some(FieldFault::NotArrived)),
        (None, 12, Late, Some(FieldFault::NotArrived)),
        (None, 10, Absent, Some(FieldFault::NotYet)),
        (None, 11, Absent, None),
        (early, 10, OnTime, None),
        (early, 12, Late, Some(FieldFault::InTime)),
        (Some(10), 12, Late, Some(FieldFault::InTime)),
        (late, 12, Late, None),
        (late, 12, OnTime, None),
        (late, 12, Absent, None),
        (early, 10, Absent, Some(FieldFault::NotYet)),
    ] {
        assert_eq!(judged(came, at, judgement), fault, "{came:?} {at} {judgement}");
    }
}

#[test]
fn only_what_is_or_was_overdue_is_appealed_against_as_overdue() {
    let against = |c: &mut Command| c.told.ground = Some(Ground::Overdue);
    let nothing = Refusal::Invalid { field: Field::Ground, why: FieldFault::NothingToAppeal };
    let red = Timestamp(issue_in(State::Handling, Kind::Hazard, true).updated.0 + 5 * HOUR_MS);
    let mut unlimited = Story::at(State::Handling);
    let told = unlimited.try_take(&handler("roads"), Action::Appeal, against);
    assert_eq!(told, Err(nothing.clone()));
    let mut story = limited(State::Handling, red);
    let early = story.try_take(&handler("roads"), Action::Appeal, against);
    assert_eq!(early, Err(nothing.clone()));
    story.now = Timestamp(red.0);
    story.take(&handler("roads"), Action::Appeal, against);
    // Closed in time, and looked at long after.
    for (closed, late) in [(Timestamp(red.0 - 1), false), (red, true)] {
        let mut story = limited(State::Closed, red);
        (story.issue.times.closed, story.issue.times.ended) = (Some(closed), Some(closed));
        story.now = Timestamp(red.0 + 30 * DAY_MS);
        let told = story.try_take(&handler("roads"), Action::Appeal, against);
        assert_eq!(told, if late { Ok(()) } else { Err(nothing.clone()) });
    }
}

#[test]
fn every_order_is_open_until_its_own_reply() {
    let mut story = Story::at(State::Handling);
    let start = story.now;
    let by = |days: i64| {
        let until = Timestamp(start.0 + days * DAY_MS);
        move |c: &mut Command| c.until = Some(until)
    };
    for days in [9, 3, 6] {
        story.take(&supervisor(), Action::Supervise, by(days));
    }
    let seqs: Vec<i64> = story.log.iter().map(|event| event.seq).collect();
    assert_eq!(story.issue.supervision.reply_due(), Some(Timestamp(start.0 + 3 * DAY_MS)));
    let reply = |order: Option<i64>| move |c: &mut Command| c.told.order = order;
    let wrong = story.try_take(&handler("roads"), Action::Reply, reply(Some(seqs[0] - 1)));
    assert_eq!(wrong, Err(Refusal::Invalid { field: Field::Order, why: FieldFault::NotOwed }));
    story.take(&handler("roads"), Action::Reply, reply(Some(seqs[1])));
    assert_eq!(story.issue.supervision.reply_due(), Some(Timestamp(start.0 + 6 * DAY_MS)));
    let twice = story.try_take(&handler("roads"), Action::Reply, reply(Some(seqs[1])));
    assert_eq!(twice, Err(Refusal::Invalid { field: Field::Order, why: FieldFault::NotOwed }));
    // None named: the oldest.
    story.take(&handler("roads"), Action::Reply, reply(None));
    let open: Vec<i64> = story.issue.supervision.open_orders.iter().map(|one| one.seq).collect();
    assert_eq!(open, [seqs[2]]);
    let replies: Vec<usize> =
        Dossier::of(&story.log).orders.iter().map(|order| order.replies.len()).collect();
    assert_eq!(replies, [1, 1, 0]);
    story.take(&handler("roads"), Action::Reply, keep);
    assert_eq!(story.issue.supervision.reply_due(), None);
    assert!(!allowed_actions(&story.issue, &handler("roads")).contains(&Action::Reply));
}

/// From dispatch to closing, with so many hours from the acceptance to the feedback.
fn work(story: &mut Story, hours: i64) {
    story.take(&supervisor(), Action::Dispatch, to("roads"));
    story.take(&handler("roads"), Action::Accept, keep);
    story.now = Timestamp(story.now.0 + (hours - 1) * HOUR_MS);
    story.take(&handler("roads"), Action::Submit, keep);
    story.take(&supervisor(), Action::ForceClose, keep);
}

#[test]
fn a_reopened_issue_begins_a_round_with_times_of_its_own() {
    let mut story = Story::at(State::Filed);
    work(&mut story, 5);
    let first = story.issue.clone();
    days_on(&mut story, 100);
    story.take(&supervisor(), Action::Reopen, keep);
    let times = &story.issue.times;
    assert_eq!((times.round, times.accepted, times.sent), (Some(story.now), None, None));
    assert_eq!((times.handled, times.closed, times.ended), (None, None, None));
    let timed = |issue: &Issue| {
        let all = measures_of(issue, &zone()).into_iter().map(|(_, measure)| measure);
        all.filter(|m| {
            matches!(m, Measure::AcceptTime(_) | Measure::HandleTime(_) | Measure::CloseTime(_))
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(timed(&story.issue), []);
    // The first dispatch stays a fact.
    assert_eq!(times.dispatched, first.times.dispatched);
    assert_eq!(story.counts(Measure::Dispatched), 1);
    work(&mut story, 7);
    // Dispatched an hour after the reopening, accepted after another, and so on.
    let bucket = |hours: i64| bucket_of(hours * HOUR_MS);
    assert_eq!(
        timed(&story.issue),
        [
            Measure::AcceptTime(bucket(1)),
            Measure::HandleTime(bucket(7)),
            Measure::CloseTime(bucket(10))
        ]
    );
}

#[test]
fn a_new_round_has_all_extensions_left_and_the_old_ones_stay_facts() {
    let mut story = Story::at(State::Handling);
    let extend = |story: &mut Story| story.try_take(&supervisor(), Action::Extend, keep);
    assert_eq!((extend(&mut story), extend(&mut story)), (Ok(()), Ok(())));
    assert!(extend(&mut story).is_err());
    let asks = story.try_take(&handler("roads"), Action::RequestExtension, keep);
    assert!(matches!(asks, Err(Refusal::NotFromHere { .. })), "{asks:?}");
    story.take(&handler("roads"), Action::Submit, keep);
    story.take(&supervisor(), Action::ForceClose, keep);
    story.take(&supervisor(), Action::Reopen, keep);
    assert_eq!((story.issue.counts.extensions, story.issue.counts.round_extensions), (2, 0));
    story.take(&supervisor(), Action::Dispatch, to("roads"));
    story.take(&handler("roads"), Action::Accept, keep);
    assert_eq!((extend(&mut story), extend(&mut story)), (Ok(()), Ok(())));
    assert!(extend(&mut story).is_err());
    assert_eq!((story.issue.counts.extensions, story.issue.counts.round_extensions), (4, 2));
}

#[test]
fn what_is_exempted_in_one_round_exempts_nothing_of_the_next() {
    let against = |ground| move |c: &mut Command| c.told.ground = Some(ground);
    let (roads, boss) = (handler("roads"), supervisor());
    let worker = actor(31, Role::GridWorker, None);
    let fail = |story: &mut Story| {
        story.take(&roads, Action::Submit, keep).take(&boss, Action::OrderCheck, keep);
        story.take(&worker, Action::Fail, keep);
    };
    let exempt = |story: &mut Story, ground| {
        story.take(&roads, Action::Appeal, against(ground));
        story.take(&boss, Action::UpholdAppeal, keep);
    };
    let red = Timestamp(issue_in(State::Handling, Kind::Hazard, true).updated.0 + HOUR_MS);
    let mut story = limited(State::Handling, red);
    exempt(&mut story, Ground::Overdue);
    fail(&mut story);
    exempt(&mut story, Ground::FailedInspection);
    story.take(&roads, Action::Submit, keep).take(&boss, Action::ForceClose, keep);
    let rated = |c: &mut Command| {
        c.told.reach = Some(Reach::Valid);
        c.told.verdict = Some(Verdict::NotResolved);
        c.told.satisfaction = Some(Satisfaction::Unsatisfied);
    };
    story.take(&boss, Action::Revisit, rated);
    exempt(&mut story, Ground::LowRating);
    let measures = [Measure::ExemptedRework, Measure::ExemptedOverdue, Measure::ExemptedRating];
    let counted = |story: &Story| measures.map(|measure| story.counts(measure));
    assert_eq!(counted(&story), [1, 1, 1]);
    story.take(&boss, Action::Reopen, keep);
    // The old inspection and the old rating are still counted, and so are their exemptions; the
    // limit is another one.
    assert_eq!(counted(&story), [1, 0, 1]);
    assert_eq!((story.counts(Measure::ReworkedOfDue), story.counts(Measure::Revisited)), (1, 1));
    story.take(&boss, Action::Dispatch, to("roads")).take(&roads, Action::Accept, keep);
    fail(&mut story);
    assert_eq!(counted(&story), [0, 0, 1]);
    story.take(&roads, Action::Submit, keep).take(&boss, Action::ForceClose, keep);
    story.take(&boss, Action::Revisit, rated);
    assert_eq!(counted(&story), [0, 0, 0]);
    // And each can be appealed against again.
    exempt(&mut story, Ground::FailedInspection);
    exempt(&mut story, Ground::LowRating);
    assert_eq!(counted(&story), [1, 0, 1]);
}
