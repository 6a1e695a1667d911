//! The calendar of a region: quick sums of time of the four types, and their inverse.

use super::hours::Hours;
use super::local::{LocalClock, WallMs};
use super::slots::Slots;
use crate::domain::catalog::TimeType;
use crate::domain::time::{Day, Timestamp};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// What one year's notice says: the days on which it departs from plain weekends. A notice may
/// speak of the last days of the year before.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Year {
    pub year: i16,
    /// Where it was published.
    pub sources: Vec<String>,
    /// Whether each named day is worked, and what it is called.
    pub days: BTreeMap<Day, (bool, String)>,
}

/// Why a span of time cannot be measured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error(
        "region {region:?} has no calendar of {year}: import it with \
         `hexward import calendar FILE --region {region}`"
    )]
    MissingYear { region: String, year: i16 },
    #[error("the time lies beyond the years that can be reckoned with")]
    OutOfRange,
}

/// An instant that was worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub at: Timestamp,
    /// Whether it reaches into a year that is not published yet.
    pub provisional: bool,
}

/// One day that departs from plain weekends.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    day: Day,
    works: bool,
    /// By how much the work days up to and including this one differ from plain weeks.
    adjustment: i64,
}

/// Days in a row on which the same slots are worked, up to the next span.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    from: Day,
    slots: Slots,
    /// Work days before it, counted from a fixed day, and the time that they were worked, counted
    /// from the first span.
    days_before: i64,
    worked_before: i64,
}

/// The work days and working hours of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    region: String,
    clock: LocalClock,
    hours: Hours,
    /// The hours of every work day, in order and without gaps.
    worked: Vec<Span>,
    /// Work days, each of which lasts the whole day.
    whole_days: Vec<Span>,
    published: BTreeSet<i16>,
    /// In order of day; those that say the same as a plain week are left out.
    exceptions: Vec<Exception>,
}

/// Monday to Friday. Day 0 was a Thursday.
pub fn is_plain_work_day(day: Day) -> bool {
    (i64::from(day.0) + 3).rem_euclid(7) < 5
}

/// Plain work days from Monday 1969-12-29 up to but not including `day`.
fn plain_work_days_before(day: Day) -> i64 {
    let since_monday = i64::from(day.0) + 3;
    since_monday.div_euclid(7) * 5 + since_monday.rem_euclid(7).min(5)
}

/// Days beyond this many from 1970 are not reckoned with (the year 9999).
const DAY_MAX: i32 = 2_932_000;

impl Calendar {
    /// Joins the notices of a region. Of two that speak of one day, the later year's holds: the
    /// end of December is settled by the notice of the year that follows.
    pub fn new(region: &str, zone: TimeZone, hours: Hours, years: &[Year]) -> Self {
        let mut in_order: Vec<&Year> = years.iter().collect();
        in_order.sort_by_key(|year| year.year);
        let mut days = BTreeMap::<Day, bool>::new();
        for year in &in_order {
            days.extend(year.days.iter().map(|(day, (works, _))| (*day, *works)));
        }
        let mut adjustment = 0;
        let exceptions = days.into_iter().filter(|(day, works)| *works != is_plain_work_day(*day));
        let exceptions = exceptions.map(|(day, works)| {
            adjustment += if works { 1 } else { -1 };
            Exception { day, works, adjustment }
        });
        let mut calendar = Self {
            region: region.to_owned(),
            clock: LocalClock::new(zone),
            hours: hours.clone(),
            worked: Vec::new(),
            whole_days: Vec::new(),
            exceptions: exceptions.collect(),
            published: in_order.iter().map(|year| year.year).collect(),
        };
        calendar.worked = calendar.spans(&hours);
        calendar.whole_days = calendar.spans(&Hours::of(Slots::whole_day()));
        calendar
    }

    fn spans(&self, hours: &Hours) -> Vec<Span> {
        let first = Day(-DAY_MAX);
        let mut out: Vec<Span> = Vec::new();
        for from in std::iter::once(first).chain(hours.edges(first)) {
            let days_before = self.work_days_before(from);
            let worked_before = out.last().map_or(0, |last| {
                last.worked_before + (days_before - last.days_before) * last.slots.day_ms()
            });
            let slots = hours.on(from).clone();
            out.push(Span { from, slots, days_before, worked_before });
        }
        out
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    pub fn clock(&self) -> &LocalClock {
        &self.clock
    }

    /// The years that are published.
    pub fn years(&self) -> impl Iterator<Item = i16> + '_ {
        self.published.iter().copied()
    }

    /// Whether a day is worked, as far as is known: by notice, or else by plain weekends. Ask
    /// [`Calendar::check_day`] whether its year is published.
    pub fn works_on(&self, day: Day) -> bool {
        match self.exceptions.binary_search_by_key(&day, |e| e.day) {
            Ok(at) => self.exceptions[at].works,
            Err(_) => is_plain_work_day(day),
        }
    }

    /// Whether what depends on a day is provisional.
    ///
    /// # Errors
    /// The year of the day has begun at `now` and has no calendar.
    pub fn check_day(&self, day: Day, now: Timestamp) -> Result<bool, CalendarError> {
        self.check_span(day, day, now)
    }

    fn check_span(&self, first: Day, last: Day, now: Timestamp) -> Result<bool, CalendarError> {
        let current = self.clock.day(now).date().year();
        let (first, last) = (first.date().year(), last.date().year());
        let mut provisional = false;
        for year in first..=last {
            if self.published.contains(&year) {
                continue;
            }
            if year <= current {
                return Err(CalendarError::MissingYear { region: self.region.clone(), year });
            }
            provisional = true;
        }
        Ok(provisional)
    }

    /// Work days before `day`, counted from a fixed day.
    fn work_days_before(&self, day: Day) -> i64 {
        let earlier = self.exceptions.partition_point(|e| e.day < day);
        let adjustment = earlier.checked_sub(1).map_or(0, |at| self.exceptions[at].adjustment);
        plain_work_days_before(day) + adjustment
    }

    /// The work day before which there are `count` work days.
    fn work_day_number(&self, count: i64) -> Result<Day, CalendarError> {
        // The least day before the end of which there are more than `count` work days.
        let (mut low, mut high) = (-DAY_MAX, DAY_MAX);
        if self.work_days_before(Day(high)) <= count || self.work_days_before(Day(low)) > count {
            return Err(CalendarError::OutOfRange);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            match self.work_days_before(Day(middle + 1)) > count {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        Ok(Day(low))
    }

    fn spans_of(&self, unit: TimeType) -> Option<&[Span]> {
        match unit {
            TimeType::WorkHour => Some(&self.worked),
            TimeType::WorkDay => Some(&self.whole_days),
            TimeType::UrgentHour | TimeType::NaturalDay => None,
        }
    }

    /// Worked time up to a moment of the wall clock, from the first span, in milliseconds.
    fn worked_by(&self, spans: &[Span], wall: WallMs) -> i64 {
        let (day, of_day) = wall.split();
        let Some(span) = span_of(spans, day) else {
            return 0;
        };
        let today = if self.works_on(day) { span.slots.worked_by(of_day) } else { 0 };
        let days = self.work_days_before(day) - span.days_before;
        span.worked_before + days * span.slots.day_ms() + today
    }

    /// How much time of a type lies between two instants, in milliseconds; 0 when `to` is not
    /// after `from`. A day of [`TimeType::WorkDay`] and [`TimeType::NaturalDay`] is 24 hours on
    /// the wall clock.
    ///
    /// # Errors
    /// A year between them has begun at `now` and has no calendar, and the type needs one.
    pub fn elapsed(
        &self,
        unit: TimeType,
        (from, to): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<i64, CalendarError> {
        if to <= from {
            return Ok(0);
        }
        if unit == TimeType::UrgentHour {
            return Ok(to.0 - from.0);
        }
        let (start, end) = (self.clock.wall(from), self.clock.wall(to));
        match self.spans_of(unit) {
            None => Ok(end.0 - start.0),
            Some(spans) => {
                self.check_span(start.split().0, last_day_before(end), now)?;
                Ok(self.worked_by(spans, end) - self.worked_by(spans, start))
            }
        }
    }

    /// The first instant at which `amount_ms` of a type have gone by since `from`; `from` itself
    /// when the amount is not more than 0. The inverse of [`Calendar::elapsed`].
    ///
    /// # Errors
    /// As for [`Calendar::elapsed`]; or it lies beyond the year 9999.
    pub fn after(
        &self,
        unit: TimeType,
        (from, amount_ms): (Timestamp, i64),
        now: Timestamp,
    ) -> Result<Reached, CalendarError> {
        if amount_ms <= 0 {
            return Ok(Reached { at: from, provisional: false });
        }
        let sum = |a: i64| a.checked_add(amount_ms).ok_or(CalendarError::OutOfRange);
        if unit == TimeType::UrgentHour {
            return Ok(Reached { at: Timestamp(sum(from.0)?), provisional: false });
        }
        let start = self.clock.wall(from);
        let Some(spans) = self.spans_of(unit) else {
            let at = self.clock.first_at(WallMs(sum(start.0)?));
            return Ok(Reached { at, provisional: false });
        };
        let target = sum(self.worked_by(spans, start))?;
        let last = spans.partition_point(|span| span.worked_before < target);
        let span = last.checked_sub(1).and_then(|at| spans.get(at));
        let span = span.ok_or(CalendarError::OutOfRange)?;
        // The time of day is in (0, day]: a whole day is done when its work day ends.
        let rest = target - span.worked_before;
        let whole_days = (rest - 1).div_euclid(span.slots.day_ms());
        let day = self.work_day_number(span.days_before + whole_days)?;
        let provisional = self.check_span(start.split().0, day, now)?;
        let of_day = span.slots.time_by(rest - whole_days * span.slots.day_ms());
        Ok(Reached { at: self.clock.first_at(WallMs::of(day, of_day)), provisional })
    }
}

/// The span that a day is in.
fn span_of(spans: &[Span], day: Day) -> Option<&Span> {
    let behind = spans.partition_point(|span| span.from <= day);
    spans.get(behind.saturating_sub(1))
}

/// The day of the last moment before `wall`.
fn last_day_before(wall: WallMs) -> Day {
    WallMs(wall.0 - 1).split().0
}
