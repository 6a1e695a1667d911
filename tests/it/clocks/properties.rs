//! The properties of the pause ledger that DOMAIN.md §5 asks for, on random pauses.

use super::calendar::now;
use super::rules::{Tale, filed, local};
use hexward::domain::calendar::Calendar;
use hexward::domain::issue::clock::{Light, Phase};
use hexward::domain::issue::state::Action;
use hexward::domain::time::{MINUTE_MS, Timestamp};
use proptest::prelude::*;

/// A ledger of running and paused intervals in minutes, begun on 9 June 2026.
fn ledger(tale: &mut Tale, pauses: &[(i64, i64)]) {
    let mut when = local("06-09T09:10");
    for (run, pause) in pauses {
        when.0 += run * MINUTE_MS;
        let suspend = tale.command(Action::Suspend, when);
        tale.give(&suspend, when);
        when.0 += pause * MINUTE_MS;
        let resume = tale.command(Action::Resume, when);
        tale.give(&resume, when);
    }
}

fn handled(limit: &str) -> Tale {
    let mut tale = filed(limit);
    tale.take(Action::Dispatch, "06-09T09:05");
    tale.take(Action::Accept, "06-09T09:10");
    tale
}

fn pauses() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((1i64..3_000, 1i64..6_000), 0..4)
}

fn limits() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["3 work_day", "9 work_hour", "30 urgent_hour", "4 natural_day"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn time_used_never_decreases_as_now_advances(
        pauses in pauses(), limit in limits(), a in 0i64..40_000, b in 0i64..40_000,
    ) {
        let mut tale = handled(limit);
        ledger(&mut tale, &pauses);
        let used = |minutes: i64| {
            let when = Timestamp(local("06-09T09:00").0 + minutes * MINUTE_MS);
            tale.total().read(&tale.keeper.calendar, when).unwrap().unwrap().used_ms
        };
        prop_assert!(used(a.min(b)) <= used(a.max(b)));
    }

    #[test]
    fn a_ledger_adds_up_over_its_intervals(pauses in pauses(), limit in limits()) {
        let mut tale = handled(limit);
        ledger(&mut tale, &pauses);
        let unit = tale.total().limit.unwrap().unit;
        let calendar: &Calendar = &tale.keeper.calendar;
        let end = local("08-30T09:00");
        let slow: i64 = tale.total().ledger.intervals()
            .filter(|interval| interval.entry.phase == Phase::Running)
            .map(|interval| {
                let span = (interval.entry.from, interval.to.unwrap_or(end));
                calendar.elapsed(unit, span, now()).unwrap()
            })
            .sum();
        prop_assert_eq!(tale.total().ledger.used(calendar, unit, end), Ok(slow));
    }

    #[test]
    fn a_pause_never_makes_anything_due_earlier(
        pauses in pauses(), limit in limits(), run in 1i64..4_000, pause in 1i64..9_000,
    ) {
        let mut tale = handled(limit);
        ledger(&mut tale, &pauses);
        let before = tale.due().unwrap();
        let when = Timestamp(tale.issue.updated.0 + run * MINUTE_MS);
        let suspend = tale.command(Action::Suspend, when);
        tale.give(&suspend, when);
        // Due already, it stays so; else nothing is due while it lasts.
        prop_assert!(tale.due().is_none_or(|due| due == before && due <= when));
        let when = Timestamp(when.0 + pause * MINUTE_MS);
        let resume = tale.command(Action::Resume, when);
        tale.give(&resume, when);
        prop_assert!(tale.due().unwrap() >= before);
    }

    #[test]
    fn the_light_is_what_the_kept_instants_say(
        pauses in pauses(), limit in limits(), minutes in 0i64..40_000,
    ) {
        let mut tale = handled(limit);
        ledger(&mut tale, &pauses);
        // At or after the last step, by which the instants were written.
        let when = Timestamp(tale.issue.updated.0 + minutes * MINUTE_MS);
        let dues = tale.total().dues;
        let light = match (dues.yellow, dues.red) {
            (_, Some(red)) if when >= red => Light::Red,
            (Some(yellow), _) if when >= yellow => Light::Yellow,
            _ => Light::Green,
        };
        let reading = tale.total().read(&tale.keeper.calendar, when).unwrap().unwrap();
        prop_assert_eq!(reading.light(), light);
        prop_assert_eq!(tale.issue.clocks.is_overdue(when), light == Light::Red);
    }
}
