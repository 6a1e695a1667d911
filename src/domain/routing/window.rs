//! Time windows of rules: weekdays, hours and dates, in the district's civil time.

use std::fmt;

use crate::domain::time::{Day, Timestamp};

/// The minutes of a civil day.
pub(super) const DAY_MINUTES: u16 = 24 * 60;

/// The civil time of an instant in the district's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LocalTime {
    pub day: Day,
    /// 1 is Monday, 7 is Sunday (ISO 8601).
    pub weekday: u8,
    /// Minutes since local midnight by the clock on the wall, 0 to 1439.
    pub minute: u16,
}

impl LocalTime {
    /// A minute of a day by the clock on the wall.
    pub fn on(day: Day, minute: u16) -> Self {
        let weekday = day.date().weekday().to_monday_one_offset().unsigned_abs();
        Self { day, weekday, minute }
    }

    pub fn of(at: Timestamp, zone: &jiff::tz::TimeZone) -> Self {
        let instant =
            jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = zone.to_datetime(instant);
        Self {
            day: Day::of(local.date()),
            weekday: local.date().weekday().to_monday_one_offset().unsigned_abs(),
            minute: u16::from(local.hour().unsigned_abs()) * 60
                + u16::from(local.minute().unsigned_abs()),
        }
    }
}

/// Why a text is not a part of a time window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("{0:?} is not a list of weekdays such as 1-5 or 6,7 (1 is Monday)")]
    Weekdays(String),
    #[error("{0:?} is not a span of hours such as 08:00-18:00 or 22:00-06:00")]
    Hours(String),
    #[error("{0:?} is not a span of dates such as 2026-11-15..2027-03-15 or 11-15..03-15")]
    Dates(String),
}

/// A day of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MonthDay {
    month: u8,
    day: u8,
}

impl MonthDay {
    /// Reads `MM-DD`. 29 February is a day, which most years do not have.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_once('-')?;
        let (month, day) = (two_digits(month)?, two_digits(day)?);
        // 2000 was a leap year.
        let date = jiff::civil::Date::new(2000, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        date.is_ok().then_some(Self { month, day })
    }

    fn of(day: Day) -> Self {
        let date = day.date();
        Self { month: date.month().unsigned_abs(), day: date.day().unsigned_abs() }
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// A span of dates, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateSpan {
    Once(Day, Day),
    /// Every year; a first day after the last one reaches over New Year.
    EveryYear(MonthDay, MonthDay),
}

impl DateSpan {
    fn contains(&self, day: Day) -> bool {
        match *self {
            DateSpan::Once(first, last) => first <= day && day <= last,
            DateSpan::EveryYear(first, last) => {
                let day = MonthDay::of(day);
                if first <= last {
                    first <= day && day <= last
                } else {
                    first <= day || day <= last
                }
            }
        }
    }
}

impl fmt::Display for DateSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DateSpan::Once(first, last) => write!(f, "{first}..{last}"),
            DateSpan::EveryYear(first, last) => write!(f, "{first}..{last}"),
        }
    }
}

/// When a rule applies. Every part that is given must hold.
///
/// The weekday and the date are those of the instant itself: with hours `22:00-06:00` and weekday
/// 5, Saturday 01:00 is outside. Hours include their first minute and not their last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct TimeWindow {
    /// Bit `n` stands for ISO weekday `n`; no bit at all means any weekday.
    weekdays: u8,
    hours: Option<(u16, u16)>,
    dates: Option<DateSpan>,
}

impl TimeWindow {
    pub const ALWAYS: TimeWindow = TimeWindow { weekdays: 0, hours: None, dates: None };

    /// Reads the three parts; an empty text leaves its part open.
    ///
    /// # Errors
    /// A part that does not follow its form, or an empty or reversed span.
    pub fn parse(weekdays: &str, hours: &str, dates: &str) -> Result<Self, WindowError> {
        Ok(Self {
            weekdays: match weekdays {
                "" => 0,
                text => parse_weekdays(text).ok_or(WindowError::Weekdays(text.to_owned()))?,
            },
            hours: match hours {
                "" => None,
                text => Some(parse_hours(text).ok_or(WindowError::Hours(text.to_owned()))?),
            },
            dates: match dates {
                "" => None,
                text => Some(parse_dates(text).ok_or(WindowError::Dates(text.to_owned()))?),
            },
        })
    }

    pub fn contains(&self, time: &LocalTime) -> bool {
        let weekday = self.weekdays == 0 || self.weekdays & (1 << time.weekday) != 0;
        let hours = self.hours.is_none_or(|(from, to)| {
            if from < to {
                from <= time.minute && time.minute < to
            } else {
                from <= time.minute || time.minute < to
            }
        });
        weekday && hours && self.dates.is_none_or(|dates| dates.contains(time.day))
    }

    /// Whether some minute of the day lies in the window.
    pub(super) fn touches(&self, day: Day) -> bool {
        let weekday = day.date().weekday().to_monday_one_offset().unsigned_abs();
        (self.weekdays == 0 || self.weekdays & (1 << weekday) != 0)
            && self.dates.is_none_or(|dates| dates.contains(day))
    }

    /// Whether it touches every day.
    pub(super) fn is_daily(&self) -> bool {
        self.weekdays == 0 && self.dates.is_none()
    }

    /// The minutes of a day that it touches, as one or two half-open spans in order.
    pub(super) fn minutes(&self) -> Vec<(u16, u16)> {
        match self.hours {
            None => vec![(0, DAY_MINUTES)],
            Some((from, to)) if from < to => vec![(from, to)],
            Some((from, 0)) => vec![(from, DAY_MINUTES)],
            Some((from, to)) => vec![(0, to), (from, DAY_MINUTES)],
        }
    }

    /// The last day of a span of dates that comes once.
    pub(super) fn last_day(&self) -> Option<Day> {
        match self.dates {
            Some(DateSpan::Once(_, last)) => Some(last),
            _ => None,
        }
    }

    /// The first day that it ever touches, where it has one.
    pub(super) fn first_day(&self) -> Option<Day> {
        match self.dates {
            Some(DateSpan::Once(first, _)) => Some(first),
            _ => None,
        }
    }

    /// The weekdays as [`TimeWindow::parse`] reads them, in the shortest form.
    pub fn weekdays_text(&self) -> String {
        let is_in = |day: u8| self.weekdays & (1 << day) != 0;
        let starts = (1..=7).filter(|&day| is_in(day) && !is_in(day - 1));
        let span = |first: u8| match (first..=7).take_while(|&day| is_in(day)).last() {
            Some(last) if last > first => format!("{first}-{last}"),
            _ => first.to_string(),
        };
        starts.map(span).collect::<Vec<_>>().join(",")
    }

    /// The hours as [`TimeWindow::parse`] reads them.
    pub fn hours_text(&self) -> String {
        let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        self.hours.map_or_else(String::new, |(from, to)| format!("{}-{}", clock(from), clock(to)))
    }

    /// The dates as [`TimeWindow::parse`] reads them.
    pub fn dates_text(&self) -> String {
        self.dates.map_or_else(String::new, |dates| dates.to_string())
    }
}

fn two_digits(text: &str) -> Option<u8> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn parse_weekdays(text: &str) -> Option<u8> {
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let day = |text: &str| match text.as_bytes() {
            [digit @ b'1'..=b'7'] => Some(digit - b'0'),
            _ => None,
        };
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return None;
        }
        (first..=last).for_each(|day| days |= 1 << day);
    }
    Some(days)
}

fn parse_hours(text: &str) -> Option<(u16, u16)> {
    let clock = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (u16::from(two_digits(hour)?), u16::from(two_digits(minute)?));
        // 24:00 is the end of the day, so that 18:00-24:00 can be written.
        (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    };
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from)?, clock(to)?);
    (from != to && from < 24 * 60).then_some((from, to))
}

fn parse_dates(text: &str) -> Option<DateSpan> {
    let (first, last) = text.split_once("..")?;
    if let (Some(first), Some(last)) = (MonthDay::parse(first), MonthDay::parse(last)) {
        return Some(DateSpan::EveryYear(first, last));
    }
    let (first, last) = (Day::parse(first)?, Day::parse(last)?);
    (first <= last).then_some(DateSpan::Once(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> LocalTime {
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        LocalTime::of(Timestamp::parse(&format!("{text}:00+08:00")).unwrap(), &zone)
    }

    #[test]
    fn a_window_holds_the_minutes_that_it_names() {
        // 2026-11-20 is a Friday.
        for (weekdays, hours, dates, at, inside) in [
            ("", "", "", "2026-11-20T00:00", true),
            ("1-5", "", "", "2026-11-20T23:59", true),
            ("1-5", "", "", "2026-11-21T00:00", false),
            ("6,7", "", "", "2026-11-22T12:00", true),
            ("", "08:00-18:00", "", "2026-11-20T08:00", true),
            ("", "08:00-18:00", "", "2026-11-20T18:00", false),
            ("", "22:00-06:00", "", "2026-11-20T05:59", true),
            ("", "22:00-06:00", "", "2026-11-20T06:00", false),
            ("", "22:00-06:00", "", "2026-11-20T22:00", true),
            ("", "18:00-24:00", "", "2026-11-20T23:59", true),
            ("", "18:00-24:00", "", "2026-11-20T00:00", false),
            ("5", "22:00-06:00", "", "2026-11-21T01:00", false),
            ("", "", "2026-11-15..2026-11-20", "2026-11-20T23:59", true),
            ("", "", "2026-11-15..2026-11-20", "2026-11-21T00:00", false),
            ("", "", "11-15..03-15", "2027-01-01T00:00", true),
            ("", "", "11-15..03-15", "2026-11-14T23:59", false),
            ("", "", "11-15..03-15", "2026-03-15T12:00", true),
            ("", "", "06-01..09-30", "2026-10-01T00:00", false),
        ] {
            let window = TimeWindow::parse(weekdays, hours, dates).unwrap();
            assert_eq!(window.contains(&local(at)), inside, "{weekdays} {hours} {dates} {at}");
        }
    }

    #[test]
    fn a_window_reads_back_what_it_writes_and_refuses_the_rest() {
        for (weekdays, hours, dates) in [
            ("1-3,6", "22:00-06:00", "11-15..03-15"),
            ("1,3,5-7", "", ""),
            ("1-7", "", ""),
            ("", "", "2026-01-01..2026-01-01"),
        ] {
            let window = TimeWindow::parse(weekdays, hours, dates).unwrap();
            let (w, h, d) = (window.weekdays_text(), window.hours_text(), window.dates_text());
            assert_eq!((w.as_str(), h.as_str(), d.as_str()), (weekdays, hours, dates));
        }
        for (weekdays, hours, dates) in [
            ("0", "", ""),
            ("5-1", "", ""),
            ("1,", "", ""),
            ("", "8:00-18:00", ""),
            ("", "08:00-08:00", ""),
            ("", "08:00-24:01", ""),
            ("", "", "02-30..03-01"),
            ("", "", "2026-02-01..2026-01-01"),
            ("", "", "2026-02-01"),
        ] {
            assert!(TimeWindow::parse(weekdays, hours, dates).is_err(), "{weekdays}{hours}{dates}");
        }
    }
}
