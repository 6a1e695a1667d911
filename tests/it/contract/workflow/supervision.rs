//! The rules of supervision: who is reminded and ordered, who comes when called, who may judge
//! whose work, and what the reporter's word is worth.

use super::{REPORTER, command, issue_in};
use crate::support::world::{START, actor, department};
use crate::support::zone;
use hexward::domain::access::{Actor, Grant, Role, Scope};
use hexward::domain::id::{AccountId, WorkerId};
use hexward::domain::issue::dossier::Dossier;
use hexward::domain::issue::event::{Event, fact};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::notice::{About, notices_of_step};
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, State};
use hexward::domain::issue::step::{
    Command, FieldFault, RATE_DAYS_MAX, Refusal, allowed_actions, decide,
};
use hexward::domain::issue::supervision::{
    AppealState, DeskReason, Ground, Holder, Judgement, Offer, Reach, Satisfaction, Standing,
    TaskKind, Verdict,
};
use hexward::domain::issue::workflow::Field;
use hexward::domain::metrics::contribution::{Measure, measures_of};
use hexward::domain::time::{DAY_MS, HOUR_MS, Timestamp};

pub fn supervisor() -> Actor {
    actor(9, Role::DutySupervisor, None)
}

pub fn handler(own: &str) -> Actor {
    actor(8, Role::Handler, Some(own))
}

/// An issue on its way, with the log of what was done.
pub struct Story {
    pub issue: Issue,
    pub log: Vec<Event>,
    pub now: Timestamp,
}

impl Story {
    pub fn of(issue: Issue) -> Self {
        Self { issue, log: Vec::new(), now: START }
    }

    pub fn at(state: State) -> Self {
        Self::of(issue_in(state, Kind::Hazard, true))
    }

    /// Takes a step an hour after the last.
    pub fn take(&mut self, who: &Actor, action: Action, edit: impl Fn(&mut Command)) -> &mut Self {
        let told = self.try_take(who, action, edit);
        told.unwrap_or_else(|refusal| panic!("{action}: {refusal}"));
        self
    }

    pub fn try_take(
        &mut self,
        who: &Actor,
        action: Action,
        edit: impl Fn(&mut Command),
    ) -> Result<(), Refusal> {
        let mut command = command(action, &self.issue);
        edit(&mut command);
        self.now = Timestamp(self.now.0 + HOUR_MS);
        let (after, event) = decide(&self.issue, &command, who, self.now)?;
        self.issue = after;
        self.log.push(event);
        Ok(())
    }

    pub fn counts(&self, measure: Measure) -> usize {
        let all = measures_of(&self.issue, &zone());
        all.iter().filter(|(_, own)| *own == measure).count()
    }
}

pub fn keep(_: &mut Command) {}

pub fn summon(codes: &'static [&'static str]) -> impl Fn(&mut Command) {
    move |command| command.told.departments = codes.iter().map(department).collect()
}

#[test]
fn an_order_is_owed_a_reply_by_the_lead_until_it_is_there() {
    let mut story = Story::at(State::Handling);
    let leader = actor(7, Role::Leader, None);
    story.take(&leader, Action::Urge, keep).take(&leader, Action::Urge, keep);
    story.take(&leader, Action::Supervise, |c| c.note = Some("三日内书面回复".into()));
    assert_eq!(story.issue.supervision.reply_due(), Some(Timestamp(START.0 + 30 * DAY_MS)));
    assert!(!allowed_actions(&story.issue, &handler("police")).contains(&Action::Reply));
    story.take(&handler("roads"), Action::Reply, |c| c.note = Some("已安排".into()));
    let own = &story.issue.supervision;
    assert_eq!((own.urges, own.orders, own.reply_due()), (2, 1, None));
    assert!(!allowed_actions(&story.issue, &handler("roads")).contains(&Action::Reply));
    assert_eq!(story.issue.state, State::Handling);
    let dossier = Dossier::of(&story.log);
    assert_eq!((dossier.urges.len(), dossier.orders.len()), (2, 1));
    assert_eq!(dossier.orders[0].replies[0].note.as_deref(), Some("已安排"));
    assert_eq!((story.counts(Measure::Urged), story.counts(Measure::Supervised)), (1, 1));
}

#[test]
fn a_whistle_lets_its_departments_read_come_once_and_be_judged() {
    let mut story = Story::at(State::Handling);
    let guest = handler("城管");
    let reads = |issue: &Issue, who: &Actor| Scope::of(who).allows(&issue.subject());
    assert!(!reads(&story.issue, &guest));
    let meeting = (113.66, 34.78);
    story.take(&supervisor(), Action::Whistle, |c| {
        summon(&["城管", "police", "城管"])(c);
        c.told.position = Some(meeting);
    });
    assert!(reads(&story.issue, &guest));
    assert!(!reads(&story.issue, &handler("Police")));
    let again = story.try_take(&supervisor(), Action::Whistle, summon(&["roads"]));
    assert!(matches!(again, Err(Refusal::NotFromHere { .. })), "{again:?}");
    // 0.001 degrees of latitude are 111.2 m.
    story.take(&guest, Action::Arrive, |c| c.told.position = Some((113.66, 34.781)));
    let twice = story.try_take(&guest, Action::Arrive, keep);
    assert!(matches!(twice, Err(Refusal::NotYours { .. })), "{twice:?}");
    let other = story.try_take(&handler("police"), Action::Arrive, |c| {
        c.department = Some(department("城管"));
    });
    let not_awaited = Refusal::Invalid { field: Field::Department, why: FieldFault::NotAwaited };
    assert_eq!(other, Err(not_awaited.clone()));
    let arrival = story.log.last().unwrap();
    assert_eq!(arrival.fact(fact::DISTANCE_M), Some("111.2"));
    // Where somebody stood is not in the log, so that it can be forgotten.
    assert!(arrival.facts.values().all(|value| !value.contains("34.781")), "{arrival:?}");
    let judge = |code: &'static str, judgement| {
        move |c: &mut Command| {
            c.department = Some(department(code));
            c.told.judgement = Some(judgement);
        }
    };
    story.take(&supervisor(), Action::JudgeArrival, judge("城管", Judgement::OnTime));
    assert!(story.issue.supervision.open_whistle().is_some());
    let twice = story.try_take(&supervisor(), Action::JudgeArrival, judge("城管", Judgement::Late));
    assert_eq!(twice, Err(not_awaited));
    // Absent is who has not come when the time is over.
    story.now = Timestamp(START.0 + 31 * DAY_MS);
    story.take(&supervisor(), Action::JudgeArrival, judge("police", Judgement::Absent));
    let whistle = story.issue.supervision.whistle.clone().unwrap();
    assert_eq!(whistle.ended, Some(story.now));
    assert_eq!(whistle.standing(&department("police")), Some(Standing::Absent));
    assert_eq!((story.counts(Measure::Whistled), story.counts(Measure::WhistledOnTime)), (1, 0));
    // What they saw they may go on reading.
    assert!(reads(&story.issue, &guest));
    let told = &Dossier::of(&story.log).whistles[0];
    assert_eq!(told.position, Some(meeting));
    let summons: Vec<_> = told
        .summoned
        .iter()
        .map(|s| (s.department.as_str(), s.arrival.is_some(), s.judgement.as_ref().unwrap().1))
        .collect();
    let expected = [("police", false, Judgement::Absent), ("城管", true, Judgement::OnTime)];
    assert_eq!(summons, expected);
    let next = Timestamp(story.now.0 + DAY_MS);
    story.take(&supervisor(), Action::Whistle, |c| {
        summon(&["police"])(c);
        c.until = Some(next);
    });
    story.take(&handler("police"), Action::Arrive, keep);
    story.take(&supervisor(), Action::JudgeArrival, judge("police", Judgement::OnTime));
    assert_eq!((story.counts(Measure::Whistled), story.counts(Measure::WhistledOnTime)), (1, 1));
}

#[test]
fn whoever_did_the_work_does_not_judge_it() {
    let both = |id: u128, roles: &[(Role, Option<&str>)]| Actor::Account {
        id: AccountId(id),
        name: "甲".into(),
        grants: roles
            .iter()
            .map(|(role, own)| Grant {
                role: *role,
                area: None,
                path: None,
                department: own.map(department),
                kinds: None,
            })
            .collect(),
    };
    let worker = both(8, &[(Role::Handler, Some("roads")), (Role::Acceptor, None)]);
    let colleague = both(5, &[(Role::Handler, Some("roads")), (Role::GridWorker, None)]);
    let stranger = both(6, &[(Role::Handler, Some("police")), (Role::GridWorker, None)]);
    let mut story = Story::at(State::Handling);
    story.take(&worker, Action::Submit, keep).take(&supervisor(), Action::OrderCheck, keep);
    assert_eq!(story.issue.supervision.handled_by, Some(AccountId(8)));
    let plain = actor(8, Role::Acceptor, None);
    for who in [&worker, &colleague, &plain] {
        for action in [Action::Pass, Action::Fail] {
            let told = story.try_take(who, action, keep);
            assert!(matches!(told, Err(Refusal::NotYours { .. })), "{who:?}: {told:?}");
        }
    }
    story.take(&stranger, Action::Fail, keep);
    // Nor does anybody approve what he settled himself.
    let mut story = Story::at(State::Reported);
    let settler = both(REPORTER.0, &[(Role::GridWorker, None), (Role::Acceptor, None)]);
    story.take(&settler, Action::Settle, keep);
    let told = story.try_take(&settler, Action::Approve, keep);
    assert!(matches!(told, Err(Refusal::NotYours { .. })), "{told:?}");
    story.take(&plain, Action::Approve, keep);
}

#[test]
fn opinions_and_disputes_are_not_inspected() {
    for kind in Kind::ALL {
        let issue = issue_in(State::Handled, kind, true);
        let offered = allowed_actions(&issue, &supervisor()).contains(&Action::OrderCheck);
        assert_eq!(offered, kind == Kind::Hazard, "{kind}");
    }
}

#[test]
fn a_task_is_its_holders_until_it_is_passed_on_or_done() {
    let mut story = Story::at(State::Handled);
    let (near, next) = (actor(31, Role::GridWorker, None), actor(32, Role::GridWorker, None));
    let to = |worker: u128, account: u128| {
        let (worker, account) = (WorkerId(worker), AccountId(account));
        move |c: &mut Command| {
            let holder = Holder::Worker { worker, account };
            c.told.offer = Some(Offer { holder, reason: None });
        }
    };
    story.take(&supervisor(), Action::OrderCheck, to(1, 31));
    // A worker whose grants reach nowhere near reads and does what he was asked to.
    let elsewhere = Actor::Account {
        id: AccountId(31),
        name: "乙".into(),
        grants: vec![Grant {
            role: Role::GridWorker,
            area: Some(hexward::domain::id::AreaCode::parse("x").unwrap()),
            path: Some(crate::support::world::path_of(&["x"])),
            department: None,
            kinds: None,
        }],
    };
    assert!(Scope::of(&elsewhere).allows(&story.issue.subject()));
    assert!(allowed_actions(&story.issue, &elsewhere).contains(&Action::Pass));
    let told = story.try_take(&next, Action::CheckIn, keep);
    assert!(matches!(told, Err(Refusal::NotYours { .. })), "{told:?}");
    story.take(&near, Action::CheckIn, keep);
    assert_eq!(story.issue.supervision.task.as_ref().unwrap().checked_in, Some(story.now));
    story.take(&near, Action::PassTask, to(2, 32));
    let task = story.issue.supervision.task.clone().unwrap();
    assert_eq!((task.kind, task.account()), (TaskKind::Inspection, Some(AccountId(32))));
    assert_eq!((task.passed, task.checked_in), (vec![WorkerId(1)], None));
    assert!(!Scope::of(&elsewhere).allows(&story.issue.subject()), "it is his no longer");
    let desk = Offer { holder: Holder::Desk, reason: Some(DeskReason::NobodySuitable) };
    story.take(&next, Action::PassTask, |c| c.told.offer = Some(desk));
    let task = story.issue.supervision.task.clone().unwrap();
    assert_eq!((task.account(), task.passed), (None, vec![WorkerId(1), WorkerId(2)]));
    let tasks = Dossier::of(&story.log).tasks;
    assert_eq!(tasks.len(), 3);
    assert!(tasks[0].check_in.as_ref().unwrap().1.is_some(), "a distance");
    assert_eq!(tasks[2].reason, Some(DeskReason::NobodySuitable));
    story.take(&actor(3, Role::Acceptor, None), Action::Pass, keep);
    assert_eq!(story.issue.supervision.task, None);
}

#[test]
fn the_lead_names_who_of_its_people_handles_an_issue() {
    let to = |who: Actor| move |c: &mut Command| c.told.assignee = Some(who.clone());
    let (one, other) = (actor(41, Role::Handler, Some("roads")), handler("roads"));
    let mut story = Story::at(State::Filed);
    let lead = |c: &mut Command| c.department = Some(department("roads"));
    story.take(&supervisor(), Action::Dispatch, lead);
    // Those of the lead alone name, and are named.
    for stranger in [
        handler("police"),
        actor(42, Role::Acceptor, None),
        Actor::Account { id: AccountId(43), name: "居民".into(), grants: Vec::new() },
    ] {
        let told = story.try_take(&other, Action::Assign, to(stranger.clone()));
        let why = FieldFault::NotAHandler;
        assert_eq!(told, Err(Refusal::Invalid { field: Field::Assignee, why }), "{stranger:?}");
        let told = story.try_take(&stranger, Action::Assign, to(one.clone()));
        assert!(matches!(told, Err(Refusal::NotYours { .. })), "{stranger:?} {told:?}");
    }
    let before = (story.issue.state, story.issue.clocks.clone());
    story.take(&other, Action::Assign, to(one.clone()));
    assert_eq!(story.issue.supervision.assignee, Some(AccountId(41)));
    assert_eq!((story.issue.state, story.issue.clocks.clone()), before, "nothing else changes");
    let again = story.try_take(&other, Action::Assign, to(one.clone()));
    assert_eq!(again, Err(Refusal::Invalid { field: Field::Assignee, why: FieldFault::Unchanged }));
    // He is told; who takes it on himself is not.
    let told = notices_of_step(&story.issue, story.log.last().unwrap());
    let told: Vec<_> = told.iter().map(|n| (n.about, n.recipient, n.account)).collect();
    assert_eq!(told, [(About::Assigned, Role::Handler, Some(AccountId(41)))]);
    story.take(&other, Action::Assign, to(other.clone()));
    assert_eq!(notices_of_step(&story.issue, story.log.last().unwrap()), []);
    // The others of the department may still act, and what is sent back to them is his again.
    story.take(&one, Action::Accept, keep).take(&one, Action::Submit, keep);
    story.take(&supervisor(), Action::OrderCheck, keep);
    story.take(&actor(3, Role::GridWorker, None), Action::Fail, keep);
    assert_eq!(story.issue.supervision.assignee, other.account());
    // What the department no longer has is nobody's of it.
    story.take(&one, Action::Return, keep);
    assert_eq!((story.issue.state, story.issue.supervision.assignee), (State::Filed, None));
}

#[test]
fn the_last_valid_revisit_counts_and_a_bad_one_proposes_to_reopen() {
    let mut story = Story::at(State::Closed);
    let valid = |verdict, satisfaction| {
        move |c: &mut Command| {
            c.told.reach = Some(Reach::Valid);
            c.told.verdict = Some(verdict);
            c.told.satisfaction = Some(satisfaction);
        }
    };
    let bare =
        story.try_take(&supervisor(), Action::Revisit, |c| c.told.reach = Some(Reach::Valid));
    assert_eq!(bare, Err(Refusal::Missing(Field::Verdict)));
    let odd = story.try_take(&supervisor(), Action::Revisit, |c| {
        c.told.verdict = Some(Verdict::Resolved);
    });
    assert_eq!(odd, Err(Refusal::Superfluous(Field::Verdict)));
    story.take(&supervisor(), Action::Revisit, keep);
    assert_eq!((story.issue.supervision.revisit, story.counts(Measure::Revisited)), (None, 0));
    story.take(
        &supervisor(),
        Action::Revisit,
        valid(Verdict::NotResolved, Satisfaction::VeryUnsatisfied),
    );
    assert!(story.issue.supervision.reopen_proposed);
    assert_eq!(
        [Measure::Revisited, Measure::Resolved, Measure::Satisfied].map(|m| story.counts(m)),
        [1, 0, 0]
    );
    // The reporter says otherwise: it is one revisit still, the last.
    story.take(&Actor::Anonymous, Action::Rate, |c| {
        c.told.verdict = Some(Verdict::Resolved);
        c.told.satisfaction = Some(Satisfaction::FairlySatisfied);
    });
    assert!(!story.issue.supervision.reopen_proposed);
    assert_eq!(
        [Measure::Revisited, Measure::Resolved, Measure::Satisfied].map(|m| story.counts(m)),
        [1, 1, 1]
    );
    assert_eq!(Dossier::of(&story.log).revisits.len(), 3);
    story.take(
        &supervisor(),
        Action::Revisit,
        valid(Verdict::NotResolved, Satisfaction::Unsatisfied),
    );
    // Opening it again does not make the verdict unsaid.
    story.take(&supervisor(), Action::Reopen, keep);
    assert!(!story.issue.supervision.reopen_proposed);
    assert_eq!((story.counts(Measure::Revisited), story.counts(Measure::Resolved)), (1, 0));
    let mut late = Story::at(State::Closed);
    late.now = Timestamp(START.0 + RATE_DAYS_MAX * DAY_MS);
    assert_eq!(late.try_take(&Actor::Anonymous, Action::Rate, keep), Err(Refusal::RateTooLate));
}

#[test]
fn an_exemption_stands_beside_the_raw_fact() {
    let mut story = Story::at(State::Handling);
    let roads = handler("roads");
    let against = |ground| move |c: &mut Command| c.told.ground = Some(ground);
    let early = story.try_take(&roads, Action::Appeal, against(Ground::FailedInspection));
    let nothing = Refusal::Invalid { field: Field::Ground, why: FieldFault::NothingToAppeal };
    assert_eq!(early, Err(nothing.clone()));
    story.take(&roads, Action::Submit, keep).take(&supervisor(), Action::OrderCheck, keep).take(
        &actor(3, Role::GridWorker, None),
        Action::Fail,
        keep,
    );
    let raw = (story.issue.counts.reworks, story.counts(Measure::ReworkedOfDue));
    assert_eq!(raw, (1, 1));
    story.take(&roads, Action::Appeal, against(Ground::FailedInspection));
    let second = story.try_take(&roads, Action::Appeal, against(Ground::Overdue));
    assert!(matches!(second, Err(Refusal::NotFromHere { .. })), "one at a time: {second:?}");
    story.take(&supervisor(), Action::DismissAppeal, keep);
    assert_eq!(story.counts(Measure::ExemptedRework), 0);
    story.take(&roads, Action::Appeal, against(Ground::FailedInspection));
    story.take(&supervisor(), Action::UpholdAppeal, keep);
    assert_eq!((story.issue.counts.reworks, story.counts(Measure::ReworkedOfDue)), raw);
    assert_eq!(story.counts(Measure::ExemptedRework), 1);
    let third = story.try_take(&roads, Action::Appeal, against(Ground::FailedInspection));
    assert_eq!(third, Err(nothing), "what is exempted is not appealed against again");
    let decisions: Vec<_> = Dossier::of(&story.log)
        .appeals
        .iter()
        .map(|appeal| appeal.decision.as_ref().unwrap().1)
        .collect();
    assert_eq!(decisions, [AppealState::Dismissed, AppealState::Upheld]);
}

#[test]
fn a_reporter_is_owed_a_word_within_a_day() {
    let counted = |hours: Option<i64>| {
        let mut story = Story::at(State::Filed);
        story.now = Timestamp(START.0 + (hours.unwrap_or(1) - 1) * HOUR_MS);
        if hours.is_some() {
            story.take(&actor(3, Role::Acceptor, None), Action::Contact, keep);
        }
        let day = measures_of(&story.issue, &zone())
            .into_iter()
            .find_map(|(day, m)| (m == Measure::DueContact).then_some(day.0));
        let first = START.day_in(&zone()).0;
        (day.map(|day| day - first), story.counts(Measure::ContactedOfDue))
    };
    // START is a local midnight: 24 hours later it is the next day.
    assert_eq!(counted(Some(3)), (Some(0), 1), "counted when it was done");
    assert_eq!(counted(Some(24)), (Some(1), 1));
    assert_eq!(counted(Some(25)), (Some(1), 0), "counted when it ran out");
    assert_eq!(counted(None), (Some(1), 0));
    let mut nobody = Story::at(State::Filed);
    nobody.issue.supervision.contactable = false;
    assert_eq!(nobody.counts(Measure::DueContact), 0);
    let told = nobody.try_take(&supervisor(), Action::Contact, keep);
    assert!(matches!(told, Err(Refusal::NotFromHere { .. })), "{told:?}");
}
