//! Periods that are reported on: a month, a quarter or a year of the civil calendar.

use super::time::Day;
use jiff::civil::Date;

/// A month, a quarter or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Month { year: i16, month: i8 },
    Quarter { year: i16, quarter: i8 },
    Year { year: i16 },
}

/// The years that a period may be in.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;

impl Period {
    /// Reads `2026-10`, `2026-Q3` or `2026`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |text: &str, length: usize| {
            let fine = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            fine.then(|| text.parse::<i16>().ok()).flatten()
        };
        let (year, rest) = match text.split_once('-') {
            None => (text, None),
            Some((year, rest)) => (year, Some(rest)),
        };
        let year = digits(year, 4).filter(|year| YEARS.contains(year))?;
        let Some(rest) = rest else { return Some(Period::Year { year }) };
        let part = |text: &str, length, last: i8| {
            let number = digits(text, length).and_then(|number| i8::try_from(number).ok());
            number.filter(|number| (1..=last).contains(number))
        };
        match rest.strip_prefix('Q') {
            Some(quarter) => Some(Period::Quarter { year, quarter: part(quarter, 1, 4)? }),
            None => Some(Period::Month { year, month: part(rest, 2, 12)? }),
        }
    }

    /// Its first and last day.
    pub fn days(self) -> (Day, Day) {
        let (year, first, months) = match self {
            Period::Month { year, month } => (year, month, 1),
            Period::Quarter { year, quarter } => (year, 3 * quarter - 2, 3),
            Period::Year { year } => (year, 1, 12),
        };
        let starts = |year: i16, month: i8| {
            // The year and the month are within their bounds, so this is always a date.
            Day::of(Date::new(year, month, 1).unwrap_or(Date::ZERO))
        };
        let next = match first + months {
            13.. => starts(year + 1, 1),
            month => starts(year, month),
        };
        (starts(year, first), Day(next.0 - 1))
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Period::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Period::Quarter { year, quarter } => write!(f, "{year:04}-Q{quarter}"),
            Period::Year { year } => write!(f, "{year:04}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_the_days_of_the_calendar() {
        for (text, from, to) in [
            ("2026-10", "2026-10-01", "2026-10-31"),
            ("2026-12", "2026-12-01", "2026-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2026-Q1", "2026-01-01", "2026-03-31"),
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2025", "2025-01-01", "2025-12-31"),
        ] {
            let period = Period::parse(text).unwrap();
            let (first, last) = period.days();
            assert_eq!((first.to_string(), last.to_string()), (from.into(), to.into()), "{text}");
            assert_eq!(period.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_period_is_none() {
        for text in ["", "26", "2026-0", "2026-13", "2026-Q5", "2026-Q0", "1999", "2026-1", "+026"]
        {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }
}
