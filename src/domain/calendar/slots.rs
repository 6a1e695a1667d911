//! Working slots: the hours of a work day that are worked (local data, DOMAIN.md §5).

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::fmt;

/// The most slots of a day.
pub const SLOTS_MAX: usize = 12;

/// Half-open intervals of a day in milliseconds since midnight, in order and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots(Vec<(i64, i64)>);

/// Why a text gives no working slots.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    #[error("no working slot is given: write them as 08:00-12:00,14:00-18:00")]
    Empty,
    #[error("{0:?} is not a slot: write it as 08:00-12:00, from 00:00 to 24:00")]
    Malformed(String),
    #[error("the slot {0:?} begins before the one in front of it ends, or does not last")]
    Disorder(String),
    #[error("more than {SLOTS_MAX} slots")]
    TooMany,
}

fn parse_time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two_digits = |text: &str, max: i64| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i64>().ok().filter(|n| digits && *n <= max)
    };
    let at = two_digits(hours, 24)? * HOUR_MS + two_digits(minutes, 59)? * MINUTE_MS;
    (at <= DAY_MS).then_some(at)
}

impl Slots {
    /// The whole day.
    pub fn whole_day() -> Self {
        Self(vec![(0, DAY_MS)])
    }

    /// 08:00–12:00 and 14:00–18:00.
    pub fn usual() -> Self {
        Self(vec![(8 * HOUR_MS, 12 * HOUR_MS), (14 * HOUR_MS, 18 * HOUR_MS)])
    }

    /// Reads `08:00-12:00,14:00-18:00`.
    ///
    /// # Errors
    /// No slot, one that is not two times, or slots that are out of order.
    pub fn parse(text: &str) -> Result<Self, SlotError> {
        let mut slots: Vec<(i64, i64)> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let malformed = || SlotError::Malformed(part.to_owned());
            let (from, to) = part.split_once(['-', '–']).ok_or_else(malformed)?;
            let (from, to) = (parse_time(from), parse_time(to));
            let (Some(from), Some(to)) = (from, to) else { return Err(malformed()) };
            if from >= to || slots.last().is_some_and(|last| last.1 > from) {
                return Err(SlotError::Disorder(part.to_owned()));
            }
            slots.push((from, to));
        }
        match slots.len() {
            0 => Err(SlotError::Empty),
            1..=SLOTS_MAX => Ok(Self(slots)),
            _ => Err(SlotError::TooMany),
        }
    }

    /// The worked time of one work day, in milliseconds; more than 0.
    pub fn day_ms(&self) -> i64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    /// The worked time of a work day up to a time of day, in milliseconds.
    pub fn worked_by(&self, of_day_ms: i64) -> i64 {
        self.0.iter().map(|(from, to)| of_day_ms.clamp(*from, *to) - from).sum()
    }

    /// The first time of day by which `worked_ms`, more than 0 and at most a day's, is worked.
    pub fn time_by(&self, worked_ms: i64) -> i64 {
        let mut left = worked_ms;
        for (from, to) in &self.0 {
            if left <= to - from {
                return from + left;
            }
            left -= to - from;
        }
        self.0.last().map_or(DAY_MS, |last| last.1)
    }

    /// Whether a time of day is worked.
    pub fn contains(&self, of_day_ms: i64) -> bool {
        self.0.iter().any(|(from, to)| (*from..*to).contains(&of_day_ms))
    }
}

impl fmt::Display for Slots {
    /// The form that [`Slots::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |ms: i64| format!("{:02}:{:02}", ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS);
        let all: Vec<String> =
            self.0.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to))).collect();
        f.write_str(&all.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_read_back_what_they_write_and_odd_ones_are_refused() {
        for text in ["08:00-12:00,14:00-18:00", "00:00-24:00", "09:30-17:15"] {
            assert_eq!(Slots::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Slots::parse("8:00–12:00, 14:00–18:00"), Ok(Slots::usual()));
        let disorder = |part: &str| Err(SlotError::Disorder(part.to_owned()));
        let malformed = |part: &str| Err(SlotError::Malformed(part.to_owned()));
        for (text, told) in [
            ("", Err(SlotError::Empty)),
            ("08:00-08:00", disorder("08:00-08:00")),
            ("08:00-12:00,11:00-13:00", disorder("11:00-13:00")),
            ("22:00-06:00", disorder("22:00-06:00")),
            ("08:00", malformed("08:00")),
            ("08:00-24:01", malformed("08:00-24:01")),
            ("08:60-09:00", malformed("08:60-09:00")),
            ("-1:00-09:00", malformed("-1:00-09:00")),
        ] {
            assert_eq!(Slots::parse(text), told, "{text:?}");
        }
    }

    #[test]
    fn worked_time_and_time_of_day_are_inverse() {
        let slots = Slots::parse("06:00-07:30,09:00-12:00,23:00-24:00").unwrap();
        for minute in 1..=slots.day_ms() / MINUTE_MS {
            let at = slots.time_by(minute * MINUTE_MS);
            assert_eq!(slots.worked_by(at), minute * MINUTE_MS);
            assert_eq!(slots.worked_by(at - 1), minute * MINUTE_MS - 1);
        }
    }
}
