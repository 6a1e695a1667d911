//! When things happen: the days on which people report, the hours in which offices work, and how
//! long a step takes.

use super::words::Hours;
use crate::demo::rng::Rng;
use crate::domain::calendar::Calendar;
use crate::domain::time::{DAY_MS, Day, HOUR_MS, MINUTE_MS, Timestamp};

/// The days before the anchor on which issues were reported: half a year.
pub const DAYS: i32 = 183;

/// Local time around the anchor, without changes of the clocks.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The local midnight at which the history ends.
    pub until: Timestamp,
    offset_ms: i64,
    calendar: Calendar,
}

/// How long a thing takes as a share of its median, in percent, at even steps of likelihood: most
/// are near, few are very long.
const SPREAD: [i64; 20] =
    [18, 28, 37, 45, 53, 61, 69, 78, 88, 97, 106, 118, 132, 150, 172, 200, 245, 310, 430, 760];

impl Clock {
    /// The clock of a history that ends when `day` begins, in a region of these work days.
    pub fn ending(day: Day, calendar: &Calendar) -> Self {
        let until = day.start_in(calendar.clock().zone());
        let offset_ms = i64::from(day.0) * DAY_MS - until.0;
        Self { until, offset_ms, calendar: calendar.clone() }
    }

    /// Whether offices work. In a year without a calendar plain weekends will do for a history that
    /// is made up; no due time is worked out by it.
    fn is_work_day(&self, day: Day) -> bool {
        self.calendar.works_on(day)
    }

    fn local_ms(&self, at: Timestamp) -> i64 {
        at.0 + self.offset_ms
    }

    /// The instants of `count` reports in order, more on work days than at weekends.
    pub fn report_days(&self, count: usize, rng: &mut Rng) -> Vec<Day> {
        let last = (self.local_ms(self.until) / DAY_MS) as i32;
        let days: Vec<(Day, u64)> = (last - DAYS..last)
            .map(|number| {
                let day = Day(number);
                let wave = 90 + rng.below(40);
                (day, if self.is_work_day(day) { wave } else { wave * 55 / 100 })
            })
            .collect();
        let total: u64 = days.iter().map(|(_, weight)| weight).sum();
        let mut out: Vec<Day> = (0..count)
            .map(|_| {
                let mut at = rng.below(total);
                let hit = days.iter().find(|(_, weight)| {
                    let hit = at < *weight;
                    at = at.saturating_sub(*weight);
                    hit
                });
                hit.map_or(Day(last - 1), |(day, _)| *day)
            })
            .collect();
        out.sort_unstable();
        out
    }

    /// An instant of a day at which a thing of such hours is met.
    pub fn instant(&self, day: Day, hours: Hours, rng: &mut Rng) -> Timestamp {
        // The sum of two throws makes a peak in the middle.
        let mut around = |from_hour: i64, to_hour: i64| {
            let half = (to_hour - from_hour) * HOUR_MS / 2;
            from_hour * HOUR_MS + rng.between(0, half - 1) + rng.between(0, half - 1)
        };
        let (morning, noon, evening, long) =
            (around(7, 12), around(13, 19), around(17, 24), around(6, 23));
        let of_day = match (hours, rng.below(10)) {
            (Hours::Day, 0..=5) | (Hours::Any, 0..=2) => morning,
            (Hours::Day, 6..=8) | (Hours::Any, 3..=5) | (Hours::Evening, 0) => noon,
            (Hours::Evening, 1..=8) => evening,
            _ => long,
        };
        Timestamp(i64::from(day.0) * DAY_MS + of_day - self.offset_ms)
    }

    /// The first instant of office hours from `at` on, and a little later when one has to wait.
    pub fn office_time(&self, at: Timestamp, rng: &mut Rng) -> Timestamp {
        let local = self.local_ms(at);
        let (mut day, of_day) = (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS));
        let (hour, is_work) = (of_day / HOUR_MS, |day: i64| self.is_work_day(Day(day as i32)));
        if is_work(day) && matches!(hour, 8..=11 | 14..=17) {
            return at;
        }
        let late = rng.between(1, 50) * MINUTE_MS + rng.between(0, 59_999);
        if is_work(day) && hour < 14 {
            let opens = if hour < 8 { 8 } else { 14 };
            return Timestamp(day * DAY_MS + opens * HOUR_MS + late - self.offset_ms);
        }
        day += 1;
        while !is_work(day) {
            day += 1;
        }
        Timestamp(day * DAY_MS + 8 * HOUR_MS + late - self.offset_ms)
    }
}

/// A duration around a median, in milliseconds.
pub fn around_ms(median_minutes: i64, rng: &mut Rng) -> i64 {
    let step = rng.below(SPREAD.len() as u64 - 1) as usize;
    let percent = rng.between(SPREAD[step], SPREAD[step + 1]);
    median_minutes * MINUTE_MS * percent / 100 + rng.between(0, 59_999)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Hours as WorkingHours, Slots};
    use crate::format::calendar::{CalendarPack, shipped_years};

    fn clock() -> Clock {
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        let mut pack = CalendarPack::default();
        shipped_years("cn").unwrap().unwrap().into_iter().for_each(|file| pack.put("cn", file));
        let (calendar, _) = pack.calendar("cn", zone, WorkingHours::of(Slots::usual()));
        Clock::ending(Day::parse("2026-11-20").unwrap(), &calendar)
    }

    #[test]
    fn an_office_works_in_its_hours_on_work_days() {
        let at = |text: &str| Timestamp::parse(&format!("{text}:00+08:00")).unwrap();
        // 2026-11-20 is a Friday.
        for (from, day, hour) in [
            ("2026-11-20T09:30", "2026-11-20T09:30", None),
            ("2026-11-20T03:00", "2026-11-20T08:00", Some(8)),
            ("2026-11-20T12:30", "2026-11-20T14:00", Some(14)),
            ("2026-11-20T18:00", "2026-11-23T08:00", Some(8)),
            ("2026-11-22T10:00", "2026-11-23T08:00", Some(8)),
            // The National Day of 2026, and the Saturday that is worked after it.
            ("2026-10-01T10:00", "2026-10-08T08:00", Some(8)),
            ("2026-10-10T10:00", "2026-10-10T10:00", None),
        ] {
            let mut rng = Rng::new(1, from);
            let found = clock().office_time(at(from), &mut rng);
            let wait = found.0 - at(day).0;
            match hour {
                None => assert_eq!(wait, 0, "{from}"),
                Some(_) => assert!((1..HOUR_MS).contains(&wait), "{from}: {wait}"),
            }
        }
    }

    #[test]
    fn reports_fall_into_the_half_year_and_mostly_on_work_days() {
        let (clock, mut rng) = (clock(), Rng::new(1, "days"));
        let days = clock.report_days(4_000, &mut rng);
        let last = Day::parse("2026-11-20").unwrap();
        assert!(days.iter().all(|day| (last.0 - DAYS..last.0).contains(&day.0)));
        let work = days.iter().filter(|day| clock.is_work_day(**day)).count();
        assert!((3_000..3_500).contains(&work), "{work}");
        for hours in [Hours::Day, Hours::Evening, Hours::Any] {
            for day in &days {
                let at = clock.instant(*day, hours, &mut rng);
                assert_eq!(clock.local_ms(at).div_euclid(DAY_MS), i64::from(day.0));
            }
        }
    }

    #[test]
    fn half_of_all_durations_are_below_the_median() {
        let mut rng = Rng::new(1, "durations");
        let below = (0..10_000).filter(|_| around_ms(100, &mut rng) < 100 * MINUTE_MS).count();
        assert!((4_700..5_300).contains(&below), "{below}");
    }
}
