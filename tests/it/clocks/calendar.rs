//! The quick sums of a calendar against a slow truth that walks minute by minute, and the
//! properties of DOMAIN.md §5.

use hexward::domain::calendar::{Calendar, CalendarError, Hours, Reached, Year};
use hexward::domain::catalog::TimeType;
use hexward::domain::time::{DAY_MS, Day, HOUR_MS, MINUTE_MS, Timestamp};
use hexward::format::calendar::{CalendarPack, shipped_years};
use jiff::tz::TimeZone;
use proptest::prelude::*;

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// After all shipped years.
pub fn now() -> Timestamp {
    at("2026-12-31T12:00:00Z")
}

pub fn calendar(region: &str, zone: &str, slots: &str) -> Calendar {
    let mut pack = CalendarPack::default();
    for file in shipped_years(region).unwrap().unwrap() {
        pack.put(region, file);
    }
    let zone = TimeZone::get(zone).unwrap();
    pack.calendar(region, zone, Hours::parse(slots).unwrap()).0
}

/// Regions with their zones and several slot settings.
pub const SETTINGS: [(&str, &str, &str); 7] = [
    ("cn", "Asia/Shanghai", "08:00-12:00,14:00-18:00"),
    ("cn", "Asia/Shanghai", "09:30-17:15"),
    ("cn", "Asia/Urumqi", "00:00-24:00"),
    ("us-federal", "America/Los_Angeles", "08:00-12:00,13:00-17:00"),
    ("us-federal", "America/New_York", "06:00-07:30,09:00-12:00,23:00-24:00"),
    ("us-federal", "Australia/Lord_Howe", "08:00-16:00"),
    (
        "cn",
        "Asia/Shanghai",
        "08:00-12:00,14:00-18:00; 05-01..09-30 08:00-12:00,15:00-18:30; \
         11-15..02-15 09:00-12:00,13:30-17:00; 2025-11-05..2025-11-20 10:00-15:00; \
         2026-03-02.. 08:30-11:30",
    ),
];

/// Whether a day is worked, by looking through the files day by day.
fn works(years: &[Year], day: Day) -> bool {
    let told = years.iter().rev().find_map(|year| year.days.get(&day));
    told.map_or_else(
        || !matches!(day.date().weekday().to_monday_one_offset(), 6 | 7),
        |(works, _)| *works,
    )
}

/// Walks from 3 January of a year to the end of another in steps, adding up those that are worked,
/// and compares the quick sums at every step. The zones change their clocks on days of rest.
fn walk(setting: (&str, &str, &str), (first, last): (i16, i16), step_ms: i64) -> i64 {
    let (region, zone, slots) = setting;
    let calendar = calendar(region, zone, slots);
    let mut pack = CalendarPack::default();
    shipped_years(region).unwrap().unwrap().into_iter().for_each(|f| pack.put(region, f));
    let (years, _) = pack.years(region);
    let day = |year, month, day| Day::of(jiff::civil::date(year, month, day));
    let zone = calendar.clock().zone();
    let start = day(first, 1, 3).start_in(zone);
    let end = day(last, 12, 30).start_in(zone);
    let (mut now_at, mut hours, mut days) = (start, 0, 0);
    let mut cached = (None, false);
    while now_at < end {
        // Every step is added up; the sums are asked for at every 13th.
        if (now_at.0 - start.0) / step_ms % 13 == 0 {
            let sum = |unit| calendar.elapsed(unit, (start, now_at), now()).unwrap();
            let told = (sum(TimeType::WorkHour), sum(TimeType::WorkDay));
            assert_eq!(told, (hours, days), "{setting:?} {}", now_at.to_rfc3339());
        }
        let local = zone.to_datetime(jiff::Timestamp::from_millisecond(now_at.0).unwrap());
        if cached.0 != Some(local.date()) {
            cached = (Some(local.date()), works(&years, Day::of(local.date())));
        }
        let of_day = i64::from(local.hour()) * HOUR_MS + i64::from(local.minute()) * MINUTE_MS;
        if cached.1 {
            days += step_ms;
            hours += if calendar.hours().on(Day::of(local.date())).contains(of_day) {
                step_ms
            } else {
                0
            };
        }
        now_at.0 += step_ms;
    }
    hours
}

#[test]
fn the_quick_sums_equal_a_walk_through_all_years_by_quarters_of_an_hour() {
    for setting in SETTINGS {
        assert!(walk(setting, (2019, 2026), 15 * MINUTE_MS) > 8 * 240 * HOUR_MS);
    }
}

#[test]
fn the_quick_sums_equal_a_walk_through_a_year_by_minutes() {
    for setting in SETTINGS {
        assert!(walk(setting, (2025, 2025), MINUTE_MS) > 240 * HOUR_MS);
    }
}

#[test]
fn a_limit_over_a_change_of_season_is_worked_in_both() {
    let hours = "08:00-12:00,14:00-18:00; 05-01..09-30 08:00-12:00,15:00-18:30";
    let calendar = calendar("cn", "Asia/Shanghai", hours);
    let six_hours = (at("2026-04-30T17:00:00+08:00"), 6 * HOUR_MS);
    let due = calendar.after(TimeType::WorkHour, six_hours, now()).unwrap();
    // One hour in April, the holiday up to the 5th, four in the morning and one from 15:00.
    assert_eq!(due.at, at("2026-05-06T16:00:00+08:00"));
    let used = calendar.elapsed(TimeType::WorkHour, (six_hours.0, due.at), now());
    assert_eq!(used, Ok(6 * HOUR_MS));
}

#[test]
fn after_and_elapsed_are_inverse_in_all_years_slots_and_zones() {
    for (region, zone, slots) in SETTINGS {
        let calendar = calendar(region, zone, slots);
        let mut from = at("2019-01-02T01:23:45.678Z");
        while from < at("2026-10-01T00:00:00Z") {
            for unit in TimeType::ALL {
                for amount in [1, MINUTE_MS, 4 * HOUR_MS, DAY_MS, 9 * DAY_MS + 12_345] {
                    let due = calendar.after(unit, (from, amount), now()).unwrap();
                    let used = |to| calendar.elapsed(unit, (from, to), now()).unwrap();
                    let when = format!("{zone} {unit:?} {amount} from {}", from.to_rfc3339());
                    assert!(used(Timestamp(due.at.0 - 1)) < amount, "{when}");
                    // A clock that is set forward skips what would have been reached between.
                    let skipped = match unit {
                        TimeType::NaturalDay => HOUR_MS,
                        _ if zone == "Australia/Lord_Howe" => HOUR_MS,
                        _ => 0,
                    };
                    assert!((amount..=amount + skipped).contains(&used(due.at)), "{when}");
                }
            }
            from.0 += 83 * HOUR_MS + 7 * MINUTE_MS + 13;
        }
    }
}

#[test]
fn a_work_day_ends_at_the_hour_at_which_it_began() {
    let calendar = calendar("cn", "Asia/Shanghai", "08:00-12:00,14:00-18:00");
    let (day, hour) = (DAY_MS, HOUR_MS);
    for (unit, from, amount, due) in [
        // Friday to Monday.
        (TimeType::WorkDay, "2026-06-12T10:30", day, "2026-06-15T10:30"),
        // Begun on a Saturday, it runs from Monday's start to its end.
        (TimeType::WorkDay, "2026-06-13T15:00", day, "2026-06-16T00:00"),
        // Over the National Day of 2025, with the working Sunday of 28 September before it.
        (TimeType::WorkDay, "2025-09-26T16:00", 3 * day, "2025-09-30T16:00"),
        (TimeType::WorkDay, "2025-09-30T16:00", day, "2025-10-09T16:00"),
        (TimeType::WorkDay, "2025-10-10T09:00", day, "2025-10-11T09:00"),
        // Two hours at the end of a Friday, and at noon.
        (TimeType::WorkHour, "2026-06-12T16:00", 2 * hour, "2026-06-12T18:00"),
        (TimeType::WorkHour, "2026-06-12T17:30", 2 * hour, "2026-06-15T09:30"),
        (TimeType::WorkHour, "2026-06-12T11:30", hour, "2026-06-12T14:30"),
        (TimeType::UrgentHour, "2026-06-12T23:30", 2 * hour, "2026-06-13T01:30"),
        (TimeType::NaturalDay, "2026-06-12T23:30", 3 * day, "2026-06-15T23:30"),
    ] {
        let local = |text: &str| at(&format!("{text}:00+08:00"));
        let told = calendar.after(unit, (local(from), amount), now()).unwrap();
        assert_eq!(told, Reached { at: local(due), provisional: false }, "{unit:?} {from}");
    }
}

#[test]
fn natural_days_end_at_the_same_hour_when_clocks_are_changed() {
    let calendar = calendar("us-federal", "America/Los_Angeles", "08:00-17:00");
    for (from, days, due) in [
        ("2026-03-07T10:00:00-08:00", 2, "2026-03-09T10:00:00-07:00"),
        ("2026-03-07T02:30:00-08:00", 1, "2026-03-08T03:00:00-07:00"),
        ("2026-10-31T10:00:00-07:00", 1, "2026-11-01T10:00:00-08:00"),
        ("2026-10-31T01:30:00-07:00", 1, "2026-11-01T01:30:00-07:00"),
    ] {
        let told = calendar.after(TimeType::NaturalDay, (at(from), days * DAY_MS), now()).unwrap();
        assert_eq!(told.at, at(due), "{from}");
    }
    // The work days around the change are as long as any.
    let told = calendar.after(TimeType::WorkDay, (at("2026-03-06T09:00:00-08:00"), DAY_MS), now());
    assert_eq!(told.unwrap().at, at("2026-03-09T09:00:00-07:00"));
}

#[test]
fn a_begun_year_without_a_calendar_is_an_error_that_names_region_year_and_remedy() {
    let calendar = calendar("cn", "Asia/Shanghai", "08:00-18:00");
    let from = at("2026-12-30T09:00:00+08:00");
    let ask = |now: &str| calendar.after(TimeType::WorkDay, (from, 5 * DAY_MS), at(now));
    let early = ask("2026-12-30T09:00:00+08:00").unwrap();
    assert_eq!(early, Reached { at: at("2027-01-06T09:00:00+08:00"), provisional: true });
    let late = ask("2027-01-01T00:00:00+08:00").unwrap_err();
    assert_eq!(late, CalendarError::MissingYear { region: "cn".into(), year: 2027 });
    assert!(late.to_string().contains("cn") && late.to_string().contains("hexward import"));
    let old = (at("2018-06-01T09:00:00+08:00"), at("2018-06-02T09:00:00+08:00"));
    for unit in [TimeType::WorkHour, TimeType::WorkDay] {
        let told = calendar.elapsed(unit, old, now());
        assert_eq!(told, Err(CalendarError::MissingYear { region: "cn".into(), year: 2018 }));
    }
    // What runs always needs no calendar.
    for unit in [TimeType::UrgentHour, TimeType::NaturalDay] {
        assert_eq!(calendar.elapsed(unit, old, now()), Ok(DAY_MS));
        assert!(!calendar.after(unit, (from, 9 * DAY_MS), now()).unwrap().provisional);
    }
}

#[test]
fn a_due_time_at_the_end_of_the_last_published_day_is_not_provisional() {
    let calendar = calendar("cn", "Asia/Shanghai", "08:00-18:00");
    let from = at("2026-12-31T00:00:00+08:00");
    let told = calendar.after(TimeType::WorkDay, (from, DAY_MS), now()).unwrap();
    assert_eq!(told, Reached { at: at("2027-01-01T00:00:00+08:00"), provisional: false });
}

#[test]
fn an_endless_limit_is_an_error_and_no_overflow() {
    let calendar = calendar("cn", "Asia/Shanghai", "08:00-18:00");
    for unit in [TimeType::WorkHour, TimeType::WorkDay] {
        let told = calendar.after(unit, (now(), i64::MAX - now().0), now());
        assert_eq!(told, Err(CalendarError::OutOfRange));
    }
}

fn unit() -> impl Strategy<Value = TimeType> {
    prop::sample::select(TimeType::ALL.to_vec())
}

/// Instants of all shipped years.
fn instant() -> impl Strategy<Value = i64> {
    1_546_400_000_000i64..1_798_600_000_000
}

proptest! {
    #[test]
    fn time_used_never_decreases_and_adds_up(
        setting in prop::sample::select(SETTINGS.to_vec()), unit in unit(),
        mut times in prop::array::uniform3(instant()),
    ) {
        times.sort_unstable();
        let [a, b, c] = times.map(Timestamp);
        let calendar = calendar(setting.0, setting.1, setting.2);
        let used = |from, to| calendar.elapsed(unit, (from, to), now()).unwrap();
        prop_assert!(used(a, b) <= used(a, c));
        prop_assert_eq!(used(a, b) + used(b, c), used(a, c));
    }

    #[test]
    fn a_due_time_never_comes_earlier_for_a_later_start_or_a_larger_limit(
        setting in prop::sample::select(SETTINGS.to_vec()), unit in unit(),
        from in instant(), later in 0i64..40 * DAY_MS, amount in 1i64..20 * DAY_MS,
    ) {
        let calendar = calendar(setting.0, setting.1, setting.2);
        let at = |from, amount| {
            calendar.after(unit, (Timestamp(from), amount), now()).map(|due| due.at)
        };
        // The last year reaches into one that is not published; it has not begun.
        let due = at(from, amount).unwrap();
        prop_assert!(due <= at(from + later, amount).unwrap());
        prop_assert!(due <= at(from, amount + later).unwrap());
    }
}
