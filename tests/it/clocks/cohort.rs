//! The due cohorts, step by step: on which day an issue counts, and for what.

use super::rules::{Tale, filed, local};
use crate::support::world::{START, report};
use crate::support::{Chance, zone};
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::{Action, ReturnReason};
use hexward::domain::metrics::contribution::{Bin, Measure, bin_of, measures_of};
use hexward::domain::metrics::definition::{
    CLOSING_RATE, CLOSING_RATE_FILED, CLOSING_RATE_SUSPENDED, DISPATCH_ACCURACY, EXTENSION_RATE,
    FILING_RATE, HANDLING_RATE, HANDLING_RATE_UNDATED, ON_TIME_CLOSING_RATE, ON_TIME_HANDLING_RATE,
    REWORK_RATE, Tally,
};
use hexward::domain::metrics::figure::FIGURES;
use hexward::domain::time::Day;

fn day(text: &str) -> Day {
    Day::parse(&format!("2026-{text}")).expect("a day")
}

/// The day on which the issue counts for a measure.
fn when(tale: &Tale, measure: Measure) -> Option<Day> {
    let measures = measures_of(&tale.issue, &zone());
    measures.into_iter().find_map(|(day, m)| (m == measure).then_some(day))
}

/// What issues count for from a day to another.
fn tally(tales: &[Tale], from: &str, to: &str) -> Tally {
    let mut tally = Tally::default();
    for tale in tales {
        for (at, measure) in measures_of(&tale.issue, &zone()) {
            if (day(from)..=day(to)).contains(&at) {
                tally.add(measure, 1);
            }
        }
    }
    tally
}

fn take_all(tale: &mut Tale, steps: &[(Action, &str)]) {
    for (action, when) in steps {
        tale.take(*action, when);
    }
}

/// In the hands of the department since 9 June, due on 11 June at 09:00.
fn handling() -> Tale {
    let mut tale = filed("2 work_day");
    take_all(&mut tale, &[(Action::Dispatch, "06-09T09:10"), (Action::Accept, "06-09T09:20")]);
    tale
}

#[test]
fn what_nobody_touched_is_due_on_the_day_of_its_limit() {
    let tale = filed("2 work_day");
    assert_eq!(tale.due(), Some(local("06-11T09:00")));
    assert_eq!(when(&tale, Measure::HandlingDue), Some(day("06-11")));
    assert_eq!(when(&tale, Measure::ClosingDue), Some(day("06-11")));
    assert_eq!(when(&tale, Measure::OpenOverdue), Some(day("06-11")));
    let tales = [tale];
    let week = tally(&tales, "06-08", "06-14");
    for rate in [HANDLING_RATE, ON_TIME_HANDLING_RATE, CLOSING_RATE, ON_TIME_CLOSING_RATE] {
        assert_eq!(week.rate(&rate).value(), Some(0.0), "{}", rate.id);
        // Before its limit it counts for nothing: it is not due.
        assert_eq!(tally(&tales, "06-08", "06-10").rate(&rate).value(), None, "{}", rate.id);
    }
}

#[test]
fn what_is_done_before_its_limit_counts_on_the_day_on_which_it_is_done() {
    let mut tale = handling();
    tale.take(Action::Submit, "06-10T10:00");
    assert_eq!(when(&tale, Measure::HandledOnTime), Some(day("06-10")));
    assert_eq!(when(&tale, Measure::ClosingDue), Some(day("06-11")), "it is still to be closed");
    take_all(&mut tale, &[(Action::OrderCheck, "06-10T10:10"), (Action::Pass, "06-10T11:00")]);
    for measure in [Measure::ClosingDue, Measure::ClosingDone, Measure::ClosedOnTime] {
        assert_eq!(when(&tale, measure), Some(day("06-10")), "{measure}");
    }
    assert_eq!(when(&tale, Measure::OpenOverdue), None);
}

#[test]
fn what_is_done_after_its_limit_counts_on_the_day_of_the_limit_and_not_as_on_time() {
    let mut tale = handling();
    take_all(
        &mut tale,
        &[
            (Action::Submit, "06-16T10:00"),
            (Action::OrderCheck, "06-16T10:10"),
            (Action::Pass, "06-16T11:00"),
        ],
    );
    assert_eq!(when(&tale, Measure::ClosingDone), Some(day("06-11")));
    assert_eq!(when(&tale, Measure::Closed), Some(day("06-16")), "the closing has its own day");
    assert_eq!(when(&tale, Measure::ClosedOnTime), None);
    assert_eq!(when(&tale, Measure::HandledOnTime), None);
    let week = tally(&[tale], "06-08", "06-14");
    assert_eq!(week.rate(&CLOSING_RATE).value(), Some(1.0));
    assert_eq!(week.rate(&ON_TIME_CLOSING_RATE).value(), Some(0.0));
}

#[test]
fn the_last_instant_of_the_limit_is_within_it() {
    for (at, on_time) in [("06-11T09:00", true), ("06-11T09:01", false)] {
        let mut tale = handling();
        tale.take(Action::Submit, at);
        assert_eq!(when(&tale, Measure::HandledOnTime).is_some(), on_time, "{at}");
        assert_eq!(when(&tale, Measure::HandlingDone), Some(day("06-11")));
    }
}

#[test]
fn a_suspended_issue_leaves_the_cohort_and_comes_back_with_its_new_limit() {
    let mut tale = handling();
    tale.take(Action::Suspend, "06-10T09:00");
    for measure in [Measure::HandlingDue, Measure::ClosingDue, Measure::OpenOverdue] {
        assert_eq!(when(&tale, measure), None, "{measure}");
    }
    for measure in [Measure::HandlingDueOrSuspended, Measure::ClosingDueOrSuspended] {
        assert_eq!(when(&tale, measure), Some(day("06-10")), "{measure}");
    }
    tale.take(Action::Resume, "06-15T09:00");
    assert_eq!(when(&tale, Measure::ClosingDue), Some(day("06-16")));
    assert_eq!(when(&tale, Measure::ClosingDueOrSuspended), Some(day("06-16")));
}

#[test]
fn what_has_no_limit_is_in_no_cohort_while_it_is_suspended_either() {
    let rate = |limit: &str| {
        let mut tale = filed(limit);
        take_all(&mut tale, &[(Action::Dispatch, "06-09T09:10"), (Action::Accept, "06-09T09:20")]);
        tale.take(Action::Suspend, "06-10T09:00");
        tally(&[tale], "06-10", "06-10").rate(&CLOSING_RATE_SUSPENDED).value()
    };
    assert_eq!((rate("2 work_day"), rate("")), (Some(0.0), None));
}

#[test]
fn an_extension_moves_the_day_and_counts() {
    let mut tale = handling();
    tale.take(Action::Extend, "06-10T09:00");
    assert_eq!(when(&tale, Measure::HandlingDue), Some(day("06-15")));
    let tales = [tale];
    assert_eq!(tally(&tales, "06-15", "06-15").rate(&EXTENSION_RATE).value(), Some(1.0));
    assert_eq!(tally(&tales, "06-08", "06-14").rate(&EXTENSION_RATE).value(), None);
}

#[test]
fn rework_takes_the_feedback_back_and_counts_where_the_closing_is_due() {
    let mut tale = handling();
    take_all(
        &mut tale,
        &[
            (Action::Submit, "06-10T10:00"),
            (Action::OrderCheck, "06-10T10:10"),
            (Action::Fail, "06-10T11:00"),
        ],
    );
    assert_eq!(when(&tale, Measure::HandlingDone), None);
    assert_eq!(when(&tale, Measure::HandlingDue), Some(day("06-11")));
    assert_eq!(when(&tale, Measure::ClosingReworked), Some(day("06-11")));
    assert_eq!(tally(&[tale], "06-11", "06-11").rate(&REWORK_RATE).value(), Some(1.0));
}

#[test]
fn what_has_no_limit_counts_when_it_is_done_and_is_not_on_time() {
    let mut tale = filed("");
    assert_eq!(tale.due(), None);
    take_all(&mut tale, &[(Action::Dispatch, "06-09T09:10"), (Action::Accept, "06-09T09:20")]);
    assert_eq!(when(&tale, Measure::HandlingDue), None);
    tale.take(Action::Submit, "07-20T10:00");
    assert_eq!(when(&tale, Measure::HandlingDue), Some(day("07-20")));
    assert_eq!(when(&tale, Measure::ClosingDue), None);
    let month = tally(&[tale], "07-01", "07-31");
    // Due to nobody by any day, it counts for nobody: it would only ever count when it is done.
    assert_eq!(month.rate(&HANDLING_RATE).value(), None);
    assert_eq!(month.rate(&HANDLING_RATE_UNDATED).value(), Some(1.0), "a city may count it");
    assert_eq!(month.rate(&ON_TIME_HANDLING_RATE).value(), None);
}

#[test]
fn a_return_as_not_ours_lowers_the_accuracy_for_good_and_another_reason_does_not() {
    for (reason, accuracy) in [(ReturnReason::NotOurs, 0.0), (ReturnReason::Unclear, 1.0)] {
        let mut tale = filed("2 work_day");
        tale.take(Action::Dispatch, "06-09T09:10");
        let mut back = tale.command(Action::Return, local("06-09T09:20"));
        back.reason = Some(reason);
        tale.give(&back, local("06-09T09:20"));
        let rate = |tale: &Tale| {
            let tales = std::slice::from_ref(tale);
            tally(tales, "06-09", "06-09").rate(&DISPATCH_ACCURACY).value()
        };
        assert_eq!(rate(&tale), Some(accuracy), "{reason}");
        // The right dispatch after it does not wash it off.
        take_all(
            &mut tale,
            &[
                (Action::Dispatch, "06-09T09:30"),
                (Action::Accept, "06-09T09:40"),
                (Action::Submit, "06-10T10:00"),
                (Action::OrderCheck, "06-10T10:10"),
                (Action::Pass, "06-10T11:00"),
            ],
        );
        assert_eq!(rate(&tale), Some(accuracy), "{reason}");
    }
}

#[test]
fn what_was_filed_of_the_reports_of_its_day_is_the_filing_rate() {
    let rate = |issues: &[&Issue]| {
        let mut tally = Tally::default();
        for (_, measure) in issues.iter().flat_map(|issue| measures_of(issue, &zone())) {
            tally.add(measure, 1);
        }
        tally.rate(&FILING_RATE).value()
    };
    let filed = filed("2 work_day").issue;
    let (waiting, _) = report(&mut Chance(1), START, None);
    assert_eq!(rate(&[&waiting]), Some(0.0));
    assert_eq!(rate(&[&filed]), Some(1.0));
    assert_eq!(rate(&[&filed, &waiting]), Some(0.5));
}

#[test]
fn no_counter_and_no_number_names_a_person() {
    // Taken apart whole, so that a new part of the key has to be thought of here.
    let Bin { path: _, cell: _, kind: _, category: _, department: _ } =
        bin_of(&filed("2 work_day").issue);
    let people = ["worker", "handler", "person", "account", "actor", "reporter_"];
    let names = Measure::plain().map(|measure| measure.to_string());
    for name in names.chain(FIGURES.iter().map(|figure| figure.id.to_owned())) {
        assert!(!people.iter().any(|word| name.contains(word)), "{name}");
    }
}

#[test]
fn a_busy_month_of_filing_flatters_nobody() {
    // Nine are filed with a month to go, one was due; it was not done.
    let mut tales: Vec<Tale> = (0..9).map(|_| filed("30 natural_day")).collect();
    tales.push(filed("1 natural_day"));
    for tale in tales.iter_mut().take(9) {
        take_all(tale, &[(Action::Dispatch, "06-09T09:10"), (Action::Accept, "06-09T09:20")]);
    }
    let june = tally(&tales, "06-01", "06-30");
    assert_eq!(june.rate(&CLOSING_RATE).denominator, 1, "nine are not due yet");
    assert_eq!(june.rate(&CLOSING_RATE_FILED).denominator, 10);
    let july = tally(&tales, "07-01", "07-31");
    assert_eq!(july.rate(&CLOSING_RATE).denominator, 9);
}

#[test]
fn an_issue_that_was_rejected_merged_or_reopened_is_due_only_as_it_stands() {
    let mut merged = handling();
    merged.take(Action::Submit, "06-09T09:40");
    assert_eq!(when(&merged, Measure::Handled), Some(day("06-09")));
    merged.take(Action::Merge, "06-09T10:00");
    for measure in [Measure::ClosingDue, Measure::Handled, Measure::ReworkedOfHandled] {
        assert_eq!(when(&merged, measure), None, "{measure}");
    }
    let measures = measures_of(&merged.issue, &zone());
    assert!(!measures.iter().any(|(_, m)| matches!(m, Measure::HandleTime(_))), "{measures:?}");
    let mut reopened = handling();
    take_all(
        &mut reopened,
        &[
            (Action::Submit, "06-10T10:00"),
            (Action::OrderCheck, "06-10T10:10"),
            (Action::Pass, "06-10T11:00"),
            (Action::Reopen, "06-15T09:00"),
        ],
    );
    assert_eq!(when(&reopened, Measure::ClosingDone), None);
    assert_eq!(when(&reopened, Measure::ClosingDue), Some(day("06-17")), "a new limit runs");
}
