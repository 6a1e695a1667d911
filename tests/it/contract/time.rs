//! Extreme instants and days: never a panic, and what can be said is said.

use hexward::domain::issue::record::evolve;
use hexward::domain::metrics::contribution::measures_of;
use hexward::domain::metrics::histogram::{Histogram, bucket_floor_ms, bucket_of};
use hexward::domain::time::{Day, Timestamp};
use proptest::prelude::*;

fn zones() -> Vec<jiff::tz::TimeZone> {
    ["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue", "UTC"]
        .iter()
        .map(|name| jiff::tz::TimeZone::get(name).expect("a zone"))
        .collect()
}

/// Any number, with the ends and the edges of the calendar well represented.
fn any_ms() -> impl Strategy<Value = i64> {
    const LAST_MS: i64 = 253_402_207_200_999;
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX),
        LAST_MS - 200_000_000..LAST_MS + 200_000_000,
        -377_705_023_201_000 - 200_000_000..-377_705_023_201_000i64 + 200_000_000,
        -5_000_000_000_000i64..5_000_000_000_000,
    ]
}

fn any_day() -> impl Strategy<Value = i32> {
    prop_oneof![
        any::<i32>(),
        Just(i32::MIN),
        Just(i32::MAX),
        2_932_800..2_932_900,
        -4_371_700..-4_371_500,
        -4000..60_000,
    ]
}

proptest! {
    #[test]
    fn an_instant_of_any_value_has_a_text_and_a_day(ms in any_ms()) {
        let instant = Timestamp(ms);
        let text = instant.to_rfc3339();
        if let Some(read) = Timestamp::parse(&text) {
            prop_assert_eq!(read, instant, "{}", text);
        } else {
            let calendar = jiff::Timestamp::from_millisecond(ms);
            prop_assert!(calendar.is_err(), "{} does not read back", text);
        }
        for zone in zones() {
            let day = instant.day_in(&zone);
            let _ = (day.to_string(), day.start_in(&zone));
        }
    }

    #[test]
    fn a_later_instant_has_no_earlier_day(a in any_ms(), b in any_ms()) {
        for zone in zones() {
            let day = |ms| Timestamp(ms).day_in(&zone);
            let (first, last) = (day(a.min(b)), day(a.max(b)));
            prop_assert!(first <= last, "{first} {last}");
        }
    }

    #[test]
    fn a_day_of_any_value_has_a_date_and_a_start(day in any_day()) {
        let day = Day(day);
        let date = day.date();
        let known = Day::of(date) == day;
        prop_assert_eq!(known, (-4_371_587..=2_932_896).contains(&day.0), "{}", date);
        if known && (0..=9999).contains(&date.year()) {
            prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
        for zone in zones() {
            let start = day.start_in(&zone);
            // The instants at the very ends of the calendar lie outside it in some zones.
            if known && (-4_371_000..2_932_000).contains(&day.0) {
                prop_assert_eq!(start.day_in(&zone), day);
                prop_assert!(Timestamp(start.0 - 1).day_in(&zone) < day);
            }
        }
    }

    #[test]
    fn any_text_is_an_instant_or_none(text in ".{0,40}") {
        let _ = (Timestamp::parse(&text), Day::parse(&text));
    }

    #[test]
    fn durations_between_any_instants_have_a_bucket(
        a in any_ms(), b in any_ms(), q in any::<f64>(),
    ) {
        let bucket = bucket_of(b.saturating_sub(a));
        let mut histogram = Histogram::default();
        histogram.add(bucket, 1);
        histogram.add(u16::MAX, 1);
        let _ = (histogram.quantile_ms(q), bucket_floor_ms(bucket));
    }

    #[test]
    fn an_issue_with_any_times_is_counted(
        times in prop::collection::vec(prop::option::of(any_ms()), 7),
    ) {
        let chance = &mut crate::support::Chance(71);
        let (mut issue, event) = crate::support::world::report(chance, Timestamp(0), None);
        prop_assert!(evolve(None, &event).is_ok());
        let at = |n: usize| times[n].map(Timestamp);
        issue.times.reported = at(0).unwrap_or_default();
        issue.times.filed = at(1);
        issue.times.dispatched = at(2);
        issue.times.accepted = at(3);
        issue.times.handled = at(4);
        issue.times.closed = at(5);
        issue.state = hexward::domain::issue::state::State::Closed;
        for zone in zones() {
            prop_assert!(!measures_of(&issue, &zone).is_empty());
        }
    }
}
