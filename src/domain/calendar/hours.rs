//! Working hours over the year: the slots of a usual work day, and the seasons and spans of days
//! that have others (local data, DOMAIN.md §5).

use super::slots::{SlotError, Slots};
use crate::domain::time::Day;
use std::fmt;

/// The most seasons and spans of days.
pub const SPELLS_MAX: usize = 32;
/// Seasons come back in these years.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2200;

/// When slots other than the usual ones are worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Every year, from a month and day up to and including another, over the new year if need be.
    Yearly((i8, i8), (i8, i8)),
    /// From a day on, up to and including another.
    Days(Day, Option<Day>),
}

/// The hours that are worked, day by day. Of several spells that hold a day the last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    usual: Slots,
    spells: Vec<(When, Slots)>,
}

/// Why a text gives no working hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error(transparent)]
    Slots(#[from] SlotError),
    #[error(
        "{0:?} is no spell of days: write it as 05-01..09-30 for every year, or as \
         2027-05-01..2027-09-30 or 2027-05-01.. once, with its slots behind a space"
    )]
    Malformed(String),
    #[error("more than {SPELLS_MAX} spells of days")]
    TooMany,
}

/// A month and day that every year has.
fn parse_yearly(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<i8>().ok()).flatten();
    let (month, day) = (two(month)?, two(day)?);
    jiff::civil::Date::new(2023, month, day).ok().map(|_| (month, day))
}

fn parse_when(text: &str) -> Option<When> {
    let (from, to) = text.split_once("..")?;
    if let (Some(from), Some(to)) = (parse_yearly(from), parse_yearly(to)) {
        return Some(When::Yearly(from, to));
    }
    let from = Day::parse(from)?;
    let to = if to.is_empty() { None } else { Some(Day::parse(to)?) };
    to.is_none_or(|to| from <= to).then_some(When::Days(from, to))
}

fn day_of(year: i16, (month, day): (i8, i8)) -> Option<Day> {
    jiff::civil::Date::new(year, month, day).ok().map(Day::of)
}

fn next(day: Day) -> Day {
    Day(day.0.saturating_add(1))
}

impl When {
    fn contains(self, day: Day) -> bool {
        match self {
            When::Days(from, to) => from <= day && to.is_none_or(|to| day <= to),
            When::Yearly(from, to) => {
                let date = day.date();
                let own = (date.month(), date.day());
                match from <= to {
                    true => from <= own && own <= to,
                    false => from <= own || own <= to,
                }
            }
        }
    }

    /// The days on which it begins, or is over.
    fn edges(self) -> Vec<Day> {
        match self {
            When::Days(from, to) => [Some(from), to.map(next)].into_iter().flatten().collect(),
            When::Yearly(from, to) => YEARS
                .flat_map(|year| [day_of(year, from), day_of(year, to).map(next)])
                .flatten()
                .collect(),
        }
    }
}

impl Hours {
    /// The same slots on every work day.
    pub fn of(slots: Slots) -> Self {
        Self { usual: slots, spells: Vec::new() }
    }

    /// Reads `08:00-12:00,14:00-18:00`, behind which seasons and spans of days may follow:
    /// `; 05-01..09-30 08:00-12:00,15:00-18:30; 2027-01-01.. 09:00-17:00`.
    ///
    /// # Errors
    /// Slots that are out of order, or a spell that names no days.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let mut parts = text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
        let usual = Slots::parse(parts.next().unwrap_or_default())?;
        let mut spells = Vec::new();
        for part in parts {
            let malformed = || HoursError::Malformed(part.to_owned());
            let (when, slots) = part.split_once(char::is_whitespace).ok_or_else(malformed)?;
            spells.push((parse_when(when).ok_or_else(malformed)?, Slots::parse(slots)?));
        }
        match spells.len() {
            0..=SPELLS_MAX => Ok(Self { usual, spells }),
            _ => Err(HoursError::TooMany),
        }
    }

    /// The slots of a day, if it is worked.
    pub fn on(&self, day: Day) -> &Slots {
        let last = self.spells.iter().rev().find(|(when, _)| when.contains(day));
        last.map_or(&self.usual, |(_, slots)| slots)
    }

    /// The days from which on other slots may be worked, in order, behind `first`.
    pub(super) fn edges(&self, first: Day) -> Vec<Day> {
        let mut days: Vec<Day> = self.spells.iter().flat_map(|(when, _)| when.edges()).collect();
        days.retain(|day| *day > first);
        days.sort_unstable();
        days.dedup();
        days
    }
}

impl fmt::Display for Hours {
    /// The form that [`Hours::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.usual)?;
        for (when, slots) in &self.spells {
            match when {
                When::Yearly(from, to) => {
                    write!(f, "; {:02}-{:02}..{:02}-{:02}", from.0, from.1, to.0, to.1)?;
                }
                When::Days(from, None) => write!(f, "; {from}..")?,
                When::Days(from, Some(to)) => write!(f, "; {from}..{to}")?,
            }
            write!(f, " {slots}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    #[test]
    fn hours_read_back_what_they_write_and_odd_ones_are_refused() {
        let text = "08:00-12:00,14:00-18:00; 05-01..09-30 08:00-12:00,15:00-18:30; \
                    2027-01-01.. 09:00-17:00; 2026-12-01..2026-12-05 10:00-12:00";
        assert_eq!(Hours::parse(text).unwrap().to_string(), text);
        let usual = "08:00-12:00,14:00-18:00";
        assert_eq!(Hours::parse(usual).unwrap(), Hours::of(Slots::usual()));
        for odd in ["02-29..03-01", "5-1..9-30", "2027-02-30..", "2027-05-02..2027-05-01", "x"] {
            let told = Hours::parse(&format!("{usual}; {odd} 09:00-17:00"));
            assert_eq!(told, Err(HoursError::Malformed(format!("{odd} 09:00-17:00"))));
        }
        for odd in ["", ";", "05-01..09-30 09:00-17:00", "08:00-12:00; 05-01..09-30 12:00-08:00"] {
            assert!(matches!(Hours::parse(odd), Err(HoursError::Slots(_))), "{odd}");
        }
        let many = format!("{usual}{}", "; 2027-01-01.. 09:00-17:00".repeat(SPELLS_MAX + 1));
        assert_eq!(Hours::parse(&many), Err(HoursError::TooMany));
    }

    #[test]
    fn a_season_comes_every_year_and_the_last_spell_counts() {
        let text = "08:00-18:00; 05-01..09-30 07:00-17:00; 11-15..02-15 09:00-16:00; \
                    2026-07-01..2026-07-03 00:00-24:00";
        let hours = Hours::parse(text).unwrap();
        for (on, slots) in [
            ("2026-04-30", "08:00-18:00"),
            ("2026-05-01", "07:00-17:00"),
            ("2031-09-30", "07:00-17:00"),
            ("2031-10-01", "08:00-18:00"),
            ("2026-11-15", "09:00-16:00"),
            ("2027-02-15", "09:00-16:00"),
            ("2027-02-16", "08:00-18:00"),
            ("2026-07-03", "00:00-24:00"),
            ("2026-07-04", "07:00-17:00"),
        ] {
            assert_eq!(hours.on(day(on)).to_string(), slots, "{on}");
        }
        let edges = hours.edges(day("2026-01-01"));
        for edge in ["2026-05-01", "2026-10-01", "2027-02-16", "2026-07-04"] {
            assert!(edges.contains(&day(edge)), "{edge}");
        }
        assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
