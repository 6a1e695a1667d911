//! The clocks follow the route, the date of a suspension, and the worker who settles on the spot.

use super::calendar::now;
use super::rules::{Tale, filed, keeper, local, reported};
use crate::support::world::{actor, department, random_place};
use crate::support::{Chance, zone};
use hexward::domain::access::{Actor, Role};
use hexward::domain::catalog::Limit;
use hexward::domain::issue::clock::{Phase, Stage};
use hexward::domain::issue::kind::Severity;
use hexward::domain::issue::state::{Action, State};
use hexward::domain::issue::step::{Command, Reclass, Refusal, Relocation, Reroute, decide_timed};
use hexward::domain::metrics::contribution::{Measure, measures_of};
use hexward::domain::time::{DAY_MS, HOUR_MS, Timestamp};

fn route(lead: &str, limit: Option<&str>) -> Option<Reroute> {
    let limit = limit.map(|text| Limit::parse(text).unwrap());
    Some(Reroute { lead: Some(department(lead)), limit })
}

impl Tale {
    /// A correction of the place, which the matrix answers with this.
    fn moved(&self, to: (&str, Option<&str>), when: &str) -> Command {
        let mut command = self.command(Action::Correct, local(when));
        command.place = Some(Relocation { place: random_place(&mut Chance(3)) });
        command.reroute = route(to.0, to.1);
        command
    }

    /// The same of the category.
    fn reclassed(&self, to: (&str, Option<&str>), when: &str) -> Command {
        let mut command = self.moved(to, when);
        command.place = None;
        command.category = Some(Reclass {
            kind: self.issue.kind,
            category: self.issue.category.clone(),
            condition: None,
            nature: None,
            inspection: true,
            proposed: Some(department(to.0)),
            limit: command.reroute.as_ref().and_then(|route| route.limit),
        });
        command
    }

    fn counts(&self, measure: Measure) -> usize {
        measures_of(&self.issue, &zone()).iter().filter(|(_, own)| *own == measure).count()
    }
}

#[test]
fn a_corrected_place_or_category_brings_its_limit_before_filing_and_after() {
    for by_place in [true, false] {
        let fix = |tale: &Tale, to, when: &str| match by_place {
            true => tale.moved(to, when),
            false => tale.reclassed(to, when),
        };
        let mut tale = reported("2 work_day");
        let command = fix(&tale, ("roads", Some("8 work_hour")), "06-09T08:55");
        tale.give(&command, local("06-09T08:55"));
        tale.take(Action::File, "06-09T09:00");
        assert_eq!(tale.due(), Some(local("06-10T09:00")));
        // After filing: what was used stays used.
        let command = fix(&tale, ("roads", Some("4 urgent_hour")), "06-09T10:00");
        tale.give(&command, local("06-09T10:00"));
        assert_eq!((tale.due(), tale.used("06-09T10:00")), (Some(local("06-09T13:00")), 60));
        assert_eq!(tale.issue.state, State::Filed);
        // No limit any more, and one again: it has run since filing.
        let command = fix(&tale, ("roads", None), "06-09T10:30");
        tale.give(&command, local("06-09T10:30"));
        assert_eq!((tale.due(), tale.total().limit), (None, None));
        let command = fix(&tale, ("roads", Some("2 urgent_hour")), "06-09T10:45");
        tale.give(&command, local("06-09T10:45"));
        assert_eq!(tale.due(), Some(local("06-09T11:00")));
        assert_eq!(tale.total().ledger.began(), Some(local("06-09T09:00")));
    }
}

#[test]
fn what_had_no_limit_gets_a_clock_that_starts_at_filing() {
    let mut tale = filed("");
    assert_eq!(tale.due(), None);
    tale.dispatch("roads", "06-09T09:10");
    tale.take(Action::Accept, "06-09T09:20");
    let command = tale.moved(("roads", Some("2 urgent_hour")), "06-09T10:00");
    tale.give(&command, local("06-09T10:00"));
    assert_eq!((tale.issue.state, tale.due()), (State::Handling, Some(local("06-09T11:00"))));
    assert_eq!(tale.counts(Measure::HandlingDue), 1);
}

#[test]
fn a_correction_to_another_lead_ends_the_sign_off_and_starts_the_dispatch() {
    let mut tale = filed("2 work_day");
    tale.dispatch("roads", "06-09T09:10");
    let command = tale.moved(("police", Some("2 work_day")), "06-09T09:20");
    tale.give(&command, local("06-09T09:20"));
    let stage = tale.stage().unwrap();
    assert_eq!((stage.stage, stage.due), (Stage::Dispatch, Some(local("06-09T09:35"))));
    tale.dispatch("police", "06-09T09:30");
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T10:00")));
    // Back to the first: its sign-off goes on where it stood, as after a return.
    let command = tale.moved(("roads", Some("2 work_day")), "06-09T09:40");
    tale.give(&command, local("06-09T09:40"));
    tale.dispatch("roads", "06-09T09:50");
    assert_eq!(tale.stage_used("06-09T09:50"), 10);
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T10:10")));
    // A correction that leaves the lead leaves the sign-off alone.
    let command = tale.moved(("roads", Some("3 work_day")), "06-09T09:55");
    tale.give(&command, local("06-09T09:55"));
    assert_eq!(tale.stage().unwrap().due, Some(local("06-09T10:10")));
}

#[test]
fn another_severity_is_routed_anew_with_its_limit() {
    let mut tale = filed("2 work_day");
    tale.dispatch("roads", "06-09T09:10");
    tale.take(Action::Accept, "06-09T09:20");
    let mut command = tale.command(Action::SetSeverity, local("06-09T10:00"));
    command.care.severity = Some(match tale.issue.severity {
        Severity::General => Severity::Major,
        Severity::Major => Severity::General,
    });
    // Without the matrix's answer it is not taken.
    let told = tale.decide(&command, local("06-09T10:00"));
    assert!(matches!(told, Err(Refusal::Missing(_))), "{told:?}");
    command.reroute = route("police", Some("3 urgent_hour"));
    tale.give(&command, local("06-09T10:00"));
    assert_eq!((tale.issue.state, tale.due()), (State::Filed, Some(local("06-09T12:00"))));
    assert_eq!(tale.issue.proposed, Some(department("police")));
    assert_eq!(tale.stage().unwrap().stage, Stage::Dispatch);
}

#[test]
fn a_pause_ends_at_its_date_however_late_the_service_notices_it() {
    // Paused from Wednesday 09:00, a day used, until Tuesday 15:00.
    let due_when = |resumed: Option<&str>, by: &Actor| {
        let mut tale = filed("2 work_day");
        tale.dispatch("roads", "06-09T09:05");
        tale.take(Action::Accept, "06-09T09:10");
        let mut suspend = tale.command(Action::Suspend, local("06-10T09:00"));
        suspend.until = Some(local("06-16T15:00"));
        tale.give(&suspend, local("06-10T09:00"));
        let when = resumed.map_or(suspend.until.unwrap(), local);
        let resume = Command::bare(Action::Resume, tale.issue.version);
        let (after, event) = decide_timed(&tale.issue, &resume, by, (when, &tale.keeper)).unwrap();
        assert_eq!(event.at, when, "the log says when it was noticed");
        let wrong = tale.keeper.find_wrong_dues(&after, now());
        assert_eq!(wrong, Ok(None));
        let entry = after.clocks.total.as_ref().unwrap().ledger.entries().last().unwrap();
        assert_eq!(entry.phase, Phase::Running);
        (after.clocks.due(), entry.from)
    };
    let due = Some(local("06-17T15:00"));
    let handler = actor(2, Role::Handler, Some("roads"));
    for resumed in [None, Some("06-16T15:01"), Some("06-19T03:00"), Some("07-30T12:00")] {
        assert_eq!(due_when(resumed, &Actor::System), (due, local("06-16T15:00")), "{resumed:?}");
    }
    assert_eq!(due_when(Some("06-18T10:00"), &handler), (due, local("06-16T15:00")));
    // Whoever takes it up before the date has the clock from then on.
    let early = due_when(Some("06-12T15:00"), &handler);
    assert_eq!(early, (Some(local("06-15T15:00")), local("06-12T15:00")));
}

#[test]
fn what_is_settled_on_the_spot_is_on_time_by_the_limit_of_its_condition() {
    for (settled, on_time) in [("06-09T10:50", 1), ("06-09T10:51", 0)] {
        let mut tale = reported("2 urgent_hour");
        tale.take(Action::Settle, settled);
        let total = tale.total();
        assert_eq!(total.ledger.phase(), Some(Phase::Stopped));
        assert_eq!(tale.due(), Some(local("06-09T10:50")));
        let now_used = tale.used("06-12T10:00");
        assert_eq!(now_used, tale.used(settled), "it runs no further");
        assert_eq!(tale.counts(Measure::HandledOnTime), on_time, "{settled}");
        tale.take(Action::Approve, "06-09T16:00");
        assert_eq!((tale.issue.state, tale.used("06-12T10:00")), (State::Closed, now_used));
        assert_eq!(tale.counts(Measure::HandlingDone), 1);
    }
    // A refusal files it: the clock of the work begins then.
    let mut tale = reported("2 urgent_hour");
    tale.take(Action::Settle, "06-09T09:30");
    tale.take(Action::Refuse, "06-09T10:00");
    assert_eq!((tale.due(), tale.used("06-09T11:00")), (Some(local("06-09T12:00")), 60));
}

#[test]
fn a_stage_that_reaches_into_an_unpublished_year_is_provisional() {
    let mut tale = filed("2 work_day");
    assert!(!tale.stage().unwrap().provisional);
    // Five minutes before the last slot of the last published year ends.
    let years: Vec<i16> = keeper().calendar.years().collect();
    let last = years.last().unwrap();
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let mut day = at(&format!("{last}-12-31T17:55:00+08:00"));
    while !tale.keeper.calendar.works_on(day.day_in(&zone())) {
        day = Timestamp(day.0 - DAY_MS);
    }
    let command = tale.command(Action::Dispatch, day);
    let timing = (day, &tale.keeper);
    let by = actor(2, Role::DutySupervisor, None);
    let (after, event) = decide_timed(&tale.issue, &command, &by, timing).unwrap();
    let stage = after.clocks.stage.clone().unwrap();
    assert!(stage.provisional && stage.due > Some(at(&format!("{last}-12-31T18:00:00+08:00"))));
    assert_eq!(event.fact("stage_due_provisional"), Some("true"));
    // It is so in the row, too, and gone with the stage.
    tale.issue = after;
    let accept = tale.command(Action::Accept, Timestamp(day.0 + HOUR_MS));
    let by = actor(8, Role::Handler, Some("roads"));
    let timing = (Timestamp(day.0 + 60_000), &tale.keeper);
    let (after, _) = decide_timed(&tale.issue, &accept, &by, timing).unwrap();
    assert_eq!(after.clocks.stage, None);
}
