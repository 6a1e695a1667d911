//! What each step does to the two clocks, and the properties of the pause ledger.

use super::calendar::{at, calendar, now};
use crate::support::Chance;
use crate::support::world::{actor, department, report};
use hexward::domain::access::{Actor, Role};
use hexward::domain::calendar::{Hours, Slots};
use hexward::domain::catalog::Limit;
use hexward::domain::id::{AccountId, IssueId};
use hexward::domain::issue::clock::{
    Allowance, Light, Phase, Stage, StageClock, StageLimits, Timekeeper, Total,
};
use hexward::domain::issue::event::{Event, fact};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::{Issue, evolve, replay};
use hexward::domain::issue::state::{Action, Outcome, ReturnReason, State};
use hexward::domain::issue::step::{Command, Refusal, Target, decide_timed};
use hexward::domain::issue::workflow::{TRANSITIONS, clock_effect_of, rows};
use hexward::domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use hexward::format::calendar::{CalendarPack, DayFile, shipped_years};

pub fn keeper() -> Timekeeper {
    Timekeeper {
        calendar: calendar("cn", "Asia/Shanghai", "08:00-12:00,14:00-18:00"),
        version: 1,
        stages: StageLimits::default(),
    }
}

/// An issue with its log, and a clock that the test moves.
pub struct Tale {
    pub keeper: Timekeeper,
    pub issue: Issue,
    log: Vec<Event>,
}

pub fn local(text: &str) -> Timestamp {
    at(&format!("2026-{text}:00+08:00"))
}

/// Reported and filed on Tuesday, 9 June 2026, at 09:00 with a limit.
pub fn filed(limit: &str) -> Tale {
    filed_by(&mut Chance(5), limit)
}

fn filed_by(chance: &mut Chance, limit: &str) -> Tale {
    let mut tale = reported_by(chance, limit);
    tale.take(Action::File, "06-09T09:00");
    tale
}

/// Reported on Tuesday, 9 June 2026, at 08:50 by account 2, with a limit; without one where it is
/// empty.
pub fn reported(limit: &str) -> Tale {
    reported_by(&mut Chance(5), limit)
}

fn reported_by(chance: &mut Chance, limit: &str) -> Tale {
    let (_, mut event) = report(chance, local("06-09T08:50"), Some(AccountId(2)));
    event.facts.insert(fact::KIND.into(), Kind::Hazard.to_string());
    event.facts.insert(fact::INSPECTION.into(), "true".into());
    if !limit.is_empty() {
        event.facts.insert(fact::LIMIT.into(), limit.into());
    }
    let keeper = keeper();
    let event = keeper.time(None, event, now());
    let issue = evolve(None, &event).unwrap();
    Tale { keeper, issue, log: vec![event] }
}

fn who(action: Action) -> Actor {
    let role = rows().find(|row| row.action == action).unwrap().roles.last();
    match role {
        None => Actor::System,
        // Whoever handled an issue does not inspect it.
        Some(role) if is_judged(action) => actor(3, *role, None),
        Some(role) => actor(2, *role, None),
    }
}

fn is_judged(action: Action) -> bool {
    use Action::{Approve, Close, Fail, ForceClose, Pass};
    matches!(action, Approve | Close | Fail | ForceClose | Pass)
}

impl Tale {
    pub fn command(&self, action: Action, when: Timestamp) -> Command {
        let mut command = Command::bare(action, self.issue.version);
        command.note = Some("because".into());
        match action {
            Action::Dispatch | Action::Rule => command.department = Some(department("roads")),
            Action::Return => {
                command.reason = Some(ReturnReason::NotOurs);
                command.cited_rule = Some("第3条".into());
            }
            Action::Suspend | Action::RequestSuspension => {
                command.until = Some(Timestamp(when.0 + 10 * DAY_MS))
            }
            Action::Submit => command.outcome = Some(Outcome::Remedied),
            Action::Merge => {
                let (id, number) = (IssueId(99), "HX".into());
                command.target =
                    Some(Target { id, number, state: State::Filed, merged_into: None });
            }
            _ => {}
        }
        command
    }

    pub fn decide(&self, command: &Command, when: Timestamp) -> Result<(Issue, Event), Refusal> {
        decide_timed(&self.issue, command, &who(command.action), (when, &self.keeper))
    }

    pub fn give(&mut self, command: &Command, when: Timestamp) {
        let (after, event) =
            self.decide(command, when).unwrap_or_else(|e| panic!("{}: {e}", command.action));
        self.issue = after;
        self.log.push(event);
        // The log alone rebuilds the clocks, without a calendar.
        assert_eq!(replay(&self.log).unwrap().clocks, self.issue.clocks);
        // What was written is what the pure functions give.
        assert_eq!(self.keeper.find_wrong_dues(&self.issue, now()), Ok(None));
    }

    pub fn take(&mut self, action: Action, when: &str) {
        let command = self.command(action, local(when));
        self.give(&command, local(when));
    }

    pub fn dispatch(&mut self, to: &str, when: &str) {
        let mut command = self.command(Action::Dispatch, local(when));
        command.department = Some(department(to));
        self.give(&command, local(when));
    }

    pub fn total(&self) -> &Total {
        self.issue.clocks.total.as_ref().expect("it was filed")
    }

    pub fn stage(&self) -> Option<&StageClock> {
        self.issue.clocks.stage.as_ref()
    }

    /// Minutes of the limit's type used.
    pub fn used(&self, when: &str) -> i64 {
        let read = self.total().read(&self.keeper.calendar, local(when)).unwrap();
        read.unwrap().used_ms / MINUTE_MS
    }

    pub fn stage_used(&self, when: &str) -> i64 {
        let read = self.stage().unwrap().read(&self.keeper.calendar, local(when)).unwrap();
        read.unwrap().used_ms / MINUTE_MS
    }

    fn light(&self, when: &str) -> Light {
        self.total().read(&self.keeper.calendar, local(when)).unwrap().unwrap().light()
    }

    pub fn due(&self) -> Option<Timestamp> {
        self.issue.clocks.due()
    }
}

/// An issue that was worked on, paused and perhaps ended, with its log.
pub fn random_tale(chance: &mut Chance) -> (Issue, Vec<Event>) {
    let limits = ["3 work_day", "9 work_hour", "30 urgent_hour", "4 natural_day", "2 urgent_hour"];
    let limit = *chance.pick(&limits);
    let on_the_spot = chance.one_in(6);
    let mut tale = if on_the_spot { reported_by(chance, limit) } else { filed_by(chance, limit) };
    let ways: [&[Action]; 6] = [
        &[],
        &[Action::Dispatch, Action::Accept],
        &[Action::Dispatch, Action::Accept, Action::Suspend],
        &[Action::Dispatch, Action::Accept, Action::Suspend, Action::Resume],
        &[Action::Dispatch, Action::Merge],
        &[Action::Dispatch, Action::Accept, Action::Submit, Action::ForceClose],
    ];
    let way = match on_the_spot {
        true => [&[Action::Settle][..], &[Action::Settle, Action::Approve]][chance.below(2)],
        false => *chance.pick(&ways),
    };
    for &action in way {
        let pause = chance.below(3 * 24 * 60) as i64 * MINUTE_MS;
        let when = Timestamp(tale.issue.updated.0 + pause);
        let command = tale.command(action, when);
        tale.give(&command, when);
    }
    (tale.issue, tale.log)
}

#[test]
fn the_total_clock_starts_at_filing_with_the_limit_of_the_route() {
    let tale = filed("8 work_hour");
    assert_eq!(tale.due(), Some(local("06-10T09:00")));
    assert_eq!(tale.total().limit, Some(Limit::parse("8 work_hour").unwrap()));
    assert_eq!(tale.total().ledger.began(), Some(local("06-09T09:00")));
}

#[test]
fn lights_turn_at_80_and_100_percent_at_the_instants_that_are_kept() {
    let tale = filed("5 urgent_hour");
    for (when, light) in [
        ("06-09T09:00", Light::Green),
        ("06-09T13:00", Light::Green),
        ("06-09T13:01", Light::Yellow),
        ("06-09T14:00", Light::Yellow),
        ("06-09T14:01", Light::Red),
    ] {
        assert_eq!(tale.light(when), light, "{when}");
    }
    let dues = tale.total().dues;
    assert_eq!(dues.yellow, Some(Timestamp(local("06-09T13:00").0 + 1)));
    assert_eq!(dues.red, Some(Timestamp(local("06-09T14:00").0 + 1)));
    let reading = tale.total().read(&tale.keeper.calendar, local("06-09T19:00")).unwrap();
    assert_eq!(reading.unwrap().overdue_multiple(), 1.0);
}

#[test]
fn the_sign_off_clock_starts_at_the_dispatch_and_not_when_the_inbox_is_opened() {
    let mut tale = filed("2 work_day");
    assert_eq!(tale.stage().unwrap().stage, Stage::Dispatch);
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T09:15")));
    tale.take(Action::Dispatch, "06-09T09:10");
    let sign_off = tale.stage().unwrap();
    assert_eq!((sign_off.stage, sign_off.due), (Stage::SignOff, Some(local("06-09T09:40"))));
    assert_eq!(tale.stage_used("06-09T11:10"), 120);
    // The total clock goes on from its filing.
    assert_eq!(tale.due(), Some(local("06-11T09:00")));
    tale.take(Action::Accept, "06-09T09:30");
    assert_eq!(tale.stage(), None);
    assert_eq!(tale.due(), Some(local("06-11T09:00")));
}

#[test]
fn every_stage_has_its_limit_and_local_ones_are_data() {
    let limits = StageLimits::parse("accept=20, sign_off=60,check=0", "urgent_hour").unwrap();
    let minutes = |stage| limits.of(stage).map(|allowance: Allowance| allowance.ms / MINUTE_MS);
    let told = Stage::ALL.map(minutes);
    assert_eq!(told, [Some(20), Some(15), Some(60), None]);
    for (text, unit) in [("sign=3", "work_hour"), ("accept=x", "work_hour"), ("", "hour")] {
        assert!(StageLimits::parse(text, unit).is_err(), "{text} {unit}");
    }
}

#[test]
fn a_suspension_pauses_both_clocks_and_nothing_is_due_until_it_ends() {
    let mut tale = filed("2 work_day");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    tale.take(Action::Suspend, "06-10T09:00");
    assert_eq!(tale.due(), None);
    assert_eq!(tale.total().ledger.phase(), Some(Phase::Paused));
    let entry = tale.total().ledger.entries().last().unwrap();
    assert_eq!((entry.why, entry.by.clone()), (Action::Suspend, tale.log[4].actor.clone()));
    assert_eq!((tale.used("06-10T09:00"), tale.used("06-18T09:00")), (1_440, 1_440));
    tale.take(Action::Resume, "06-18T15:00");
    assert_eq!(tale.used("06-18T15:00"), 1_440);
    // A day is left; it runs on from where it stood. The 19th is the Dragon Boat Festival.
    assert_eq!(tale.due(), Some(local("06-22T15:00")));
}

#[test]
fn a_suspension_that_is_ended_late_has_paused_up_to_its_date() {
    let mut tale = filed("2 work_day");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    // Ten days, up to Saturday the 20th at 09:00.
    tale.take(Action::Suspend, "06-10T09:00");
    tale.take(Action::Resume, "06-23T15:00");
    assert_eq!(tale.due(), Some(local("06-23T00:00")));
    assert_eq!(tale.used("06-23T15:00"), 1_440 + 1_440 + 900);
}

#[test]
fn an_extension_grants_one_limit_more_and_never_a_third_time() {
    let mut tale = filed("2 work_day");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    for (when, due) in [("06-10T10:00", "06-15T09:00"), ("06-12T10:00", "06-17T09:00")] {
        tale.take(Action::Extend, when);
        assert_eq!(tale.due(), Some(local(due)));
    }
    let third = tale.command(Action::Extend, local("06-12T11:00"));
    let told = tale.decide(&third, local("06-12T11:00"));
    assert!(matches!(told, Err(Refusal::NotFromHere { .. })), "{told:?}");
}

#[test]
fn what_is_overdue_is_not_extended() {
    let mut tale = filed("2 urgent_hour");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    let command = tale.command(Action::Extend, local("06-09T11:00"));
    assert!(tale.decide(&command, local("06-09T11:00")).is_ok());
    let told = tale.decide(&command, local("06-09T11:01"));
    assert_eq!(told, Err(Refusal::Overdue));
}

#[test]
fn a_return_to_the_same_department_resumes_its_clock_and_another_one_restarts() {
    let mut tale = filed("9 work_day");
    tale.dispatch("roads", "06-09T09:00");
    tale.take(Action::Return, "06-09T09:20");
    assert_eq!(tale.stage().unwrap().stage, Stage::Dispatch);
    tale.dispatch("roads", "06-09T10:00");
    // Twenty minutes were used; ten are left.
    assert_eq!(tale.stage_used("06-09T10:00"), 20);
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T10:10")));
    tale.take(Action::Return, "06-09T10:05");
    tale.dispatch("police", "06-09T11:00");
    assert_eq!(tale.stage_used("06-09T11:00"), 0);
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T11:30")));
    // The total clock never stopped.
    assert_eq!(tale.total().ledger.entries().len(), 1);
}

#[test]
fn a_department_that_accepted_and_returned_has_no_fresh_clock_either() {
    let mut tale = filed("9 work_day");
    tale.dispatch("roads", "06-09T09:00");
    tale.take(Action::Accept, "06-09T09:25");
    tale.take(Action::Return, "06-09T10:00");
    tale.dispatch("roads", "06-09T11:00");
    assert_eq!(tale.stage_used("06-09T11:02"), 27);
}

#[test]
fn the_third_return_goes_to_arbitration_whose_ruling_starts_a_sign_off() {
    let mut tale = filed("9 work_day");
    for (n, hour) in [(1, "09"), (2, "10"), (3, "11")] {
        tale.dispatch(["", "roads", "police", "城管"][n], &format!("06-09T{hour}:00"));
        tale.take(Action::Return, &format!("06-09T{hour}:10"));
    }
    assert_eq!(tale.issue.state, State::Arbitration);
    assert_eq!(tale.stage().unwrap().stage, Stage::Dispatch);
    let mut rule = tale.command(Action::Rule, local("06-09T11:20"));
    rule.department = Some(department("roads2"));
    tale.give(&rule, local("06-09T11:20"));
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T11:50")));
    assert_eq!(tale.used("06-09T12:00"), 180);
}

#[test]
fn rework_keeps_the_clock_running() {
    let mut tale = filed("3 work_day");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    tale.take(Action::Submit, "06-10T09:00");
    assert_eq!(tale.stage().unwrap().stage, Stage::Check);
    tale.take(Action::OrderCheck, "06-10T09:10");
    assert_eq!(tale.stage_used("06-10T09:30"), 20);
    tale.take(Action::Fail, "06-11T09:00");
    assert_eq!((tale.issue.counts.reworks, tale.stage()), (1, None));
    assert_eq!(tale.total().ledger.entries().len(), 1);
    assert_eq!(tale.due(), Some(local("06-12T09:00")));
    assert_eq!(tale.used("06-11T09:00"), 2 * 1_440);
}

#[test]
fn closing_stops_both_clocks_and_reopening_starts_new_ones_with_all_returns_left() {
    let mut tale = filed("3 work_day");
    tale.dispatch("roads", "06-09T09:05");
    tale.take(Action::Return, "06-09T09:07");
    tale.dispatch("roads", "06-09T09:08");
    tale.take(Action::Accept, "06-09T09:10");
    tale.take(Action::Submit, "06-10T09:00");
    tale.take(Action::OrderCheck, "06-10T09:10");
    tale.take(Action::Pass, "06-10T09:20");
    let used = tale.used("06-10T09:20");
    assert_eq!(used, tale.used("06-30T09:20"));
    assert_eq!(tale.total().ledger.phase(), Some(Phase::Stopped));
    // When it would have been due stays known, for those who count.
    assert_eq!(tale.due(), Some(local("06-12T09:00")));
    tale.take(Action::Reopen, "06-22T10:00");
    assert_eq!((tale.used("06-22T10:00"), tale.issue.counts.returns), (0, 0));
    assert_eq!(tale.due(), Some(local("06-25T10:00")));
    assert_eq!(tale.issue.clocks.aside, []);
    tale.dispatch("roads", "06-22T10:10");
    assert_eq!(tale.stage_used("06-22T10:11"), 1);
}

#[test]
fn a_merge_stops_the_clocks_and_taking_it_back_lets_them_run_on() {
    let mut tale = filed("3 work_day");
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Merge, "06-09T09:15");
    assert_eq!(tale.stage_used("06-10T09:15"), 10);
    tale.take(Action::Unmerge, "06-10T10:00");
    assert_eq!(tale.issue.state, State::Dispatched);
    assert_eq!(tale.stage_used("06-10T10:05"), 15);
    assert_eq!(tale.used("06-10T10:00"), 15);
    // What was suspended is suspended again.
    tale.take(Action::Accept, "06-10T10:06");
    tale.take(Action::Suspend, "06-10T11:00");
    tale.take(Action::Merge, "06-10T12:00");
    tale.take(Action::Unmerge, "06-11T12:00");
    assert_eq!((tale.issue.state, tale.due()), (State::Suspended, None));
    assert_eq!(tale.total().ledger.phase(), Some(Phase::Paused));
}

#[test]
fn without_a_limit_there_is_no_due_time_and_no_light() {
    let (_, event) = report(&mut Chance(5), local("06-09T08:50"), None);
    let keeper = keeper();
    let event = keeper.time(None, event, now());
    let issue = evolve(None, &event).unwrap();
    let mut tale = Tale { keeper, issue, log: vec![event] };
    tale.take(Action::File, "06-09T09:00");
    assert_eq!(tale.due(), None);
    assert_eq!(tale.total().read(&tale.keeper.calendar, now()), Ok(None));
}

#[test]
fn a_sign_off_is_escalated_once_for_each_rung_and_not_before_its_limit() {
    let mut tale = filed("9 work_day");
    tale.take(Action::Dispatch, "06-09T09:00");
    let early = tale.command(Action::Escalate, local("06-09T09:30"));
    assert_eq!(tale.decide(&early, local("06-09T09:30")), Err(Refusal::NotDue));
    for n in 1..=3 {
        tale.take(Action::Escalate, "06-09T09:31");
        assert_eq!(tale.stage().unwrap().escalations, n);
    }
    let fourth = tale.command(Action::Escalate, local("06-09T09:32"));
    assert!(tale.decide(&fourth, local("06-09T09:32")).is_err());
}

#[test]
fn rows_of_one_action_agree_on_the_clocks() {
    for row in TRANSITIONS {
        assert_eq!(clock_effect_of(row.action), row.clock, "{}", row.action);
    }
}

#[test]
fn another_calendar_moves_what_is_due_and_the_same_one_nothing() {
    let tale = filed("2 work_day");
    assert_eq!(tale.keeper.retime(&tale.issue, None, now()), None);
    let mut pack = CalendarPack::default();
    shipped_years("cn").unwrap().unwrap().into_iter().for_each(|file| pack.put("cn", file));
    let mut changed = pack.regions["cn"][&2026].clone();
    let day = DayFile { name: "停工".into(), date: "2026-06-10".into(), is_off_day: true };
    changed.days.push(day);
    pack.put("cn", changed);
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let calendar = pack.calendar("cn", zone, Hours::of(Slots::usual())).0;
    let other = Timekeeper { calendar, version: 2, ..keeper() };
    assert!(other.find_wrong_dues(&tale.issue, now()).unwrap().is_some());
    let (after, event) = other.retime(&tale.issue, None, now()).unwrap();
    assert_eq!((event.action, event.fact(fact::CALENDAR)), (Action::Retime, Some("cn 2")));
    assert_eq!(tale.due(), Some(local("06-11T09:00")));
    assert_eq!(after.clocks.due(), Some(local("06-12T09:00")));
    assert_eq!(other.find_wrong_dues(&after, now()), Ok(None));
    assert_eq!(other.retime(&after, None, now()), None);
}

#[test]
fn who_may_take_the_steps_of_the_service_is_the_service_alone() {
    let mut tale = filed("9 work_day");
    tale.take(Action::Dispatch, "06-09T09:00");
    let command = tale.command(Action::Escalate, local("06-09T12:00"));
    for role in Role::ALL {
        let told = decide_timed(
            &tale.issue,
            &command,
            &actor(3, role, None),
            (local("06-09T12:00"), &tale.keeper),
        );
        assert!(matches!(told, Err(Refusal::NotYours { .. })), "{role}: {told:?}");
    }
}
