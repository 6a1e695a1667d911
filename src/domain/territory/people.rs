//! Those who are bound to areas: party branches, workers and their posts.

use std::fmt;

use super::area::Validity;
use super::position::Position;
use crate::domain::id::{AreaCode, BranchCode, WorkerId};
use crate::domain::time::Timestamp;

/// A party branch (党支部).
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub code: BranchCode,
    pub name: String,
    pub parent: Option<BranchCode>,
    pub position: Option<Position>,
    /// The areas that it serves; many branches may serve one area.
    pub areas: Vec<AreaCode>,
    /// What it can lend: rooms, volunteers, legal advice …
    pub resources: Vec<String>,
    /// When it is open, as published; for people to read.
    pub opening_hours: String,
}

/// A person with posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    pub id: WorkerId,
    pub name: String,
    pub phone: Option<String>,
}

/// What binds a worker to a grid (定人、定岗、定责).
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    pub worker: WorkerId,
    pub area: AreaCode,
    /// The title, as published: grid leader, grid worker, police, legal adviser …
    pub role: String,
    pub duties: String,
    pub validity: Validity,
    pub hours: DutyHours,
    /// Where the post's holder usually is; the middle of the area when absent.
    pub station: Option<Position>,
}

/// When a post is on duty: weekly slots in local time. No slot means at all times.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DutyHours(Vec<DutySlot>);

/// A slot of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DutySlot {
    /// Bit 0 is Monday.
    weekdays: u8,
    /// Minutes since local midnight: the first of the slot, and the first after it.
    from_minute: u16,
    to_minute: u16,
}

/// Why a text does not say duty hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DutyHoursError {
    #[error("{0:?} is not a weekday (Mon Tue Wed Thu Fri Sat Sun) or a range of them")]
    Weekdays(String),
    #[error("{0:?} is not a span of hours such as 08:00-12:00")]
    Span(String),
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MINUTES: u16 = 24 * 60;

impl DutyHours {
    /// Reads `Mon-Fri 08:00-12:00,14:00-18:00; Sat 09:00-12:00`. Without weekdays a part holds
    /// every day; an empty text means at all times; `22:00-06:00` runs past midnight.
    ///
    /// # Errors
    /// The part that is neither weekdays nor a span of hours.
    pub fn parse(text: &str) -> Result<Self, DutyHoursError> {
        let mut slots = Vec::new();
        for part in text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty()) {
            let (weekdays, spans) = match part.split_once(' ') {
                Some((days, spans)) => (parse_weekdays(days)?, spans),
                None => (0b111_1111, part),
            };
            for span in spans.split([',', '，']).map(str::trim) {
                push_span(&mut slots, weekdays, span)?;
            }
        }
        Ok(Self(slots))
    }

    /// Whether these hours hold at an instant, in the local time of `zone`.
    pub fn hold_at(&self, at: Timestamp, zone: &jiff::tz::TimeZone) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Ok(instant) = jiff::Timestamp::from_millisecond(at.0) else { return false };
        let local = zone.to_datetime(instant);
        let weekday = 1_u8 << local.weekday().to_monday_zero_offset();
        let minute = (i16::from(local.hour()) * 60 + i16::from(local.minute())) as u16;
        self.0.iter().any(|slot| {
            slot.weekdays & weekday != 0 && (slot.from_minute..slot.to_minute).contains(&minute)
        })
    }
}

fn push_span(slots: &mut Vec<DutySlot>, weekdays: u8, span: &str) -> Result<(), DutyHoursError> {
    let wrong = || DutyHoursError::Span(span.to_owned());
    let (from, to) = span.split_once('-').ok_or_else(wrong)?;
    let (from_minute, to_minute) =
        (parse_minute(from).ok_or_else(wrong)?, parse_minute(to).ok_or_else(wrong)?);
    if from_minute < to_minute {
        slots.push(DutySlot { weekdays, from_minute, to_minute });
        return Ok(());
    }
    // Past midnight: the evening of the day, and the morning of the day after it.
    let day_after = ((weekdays << 1) | (weekdays >> 6)) & 0b111_1111;
    slots.push(DutySlot { weekdays, from_minute, to_minute: DAY_MINUTES });
    slots.push(DutySlot { weekdays: day_after, from_minute: 0, to_minute });
    Ok(())
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |t: &str| {
        (t.len() <= 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u16>().ok())
    };
    let total = digits(hour)?? * 60 + digits(minute)?.filter(|m| *m < 60)?;
    (total <= DAY_MINUTES).then_some(total)
}

fn parse_weekdays(text: &str) -> Result<u8, DutyHoursError> {
    let wrong = || DutyHoursError::Weekdays(text.to_owned());
    let number = |name: &str| {
        WEEKDAYS.iter().position(|day| day.eq_ignore_ascii_case(name.trim())).ok_or_else(wrong)
    };
    let mut days = 0;
    for part in text.split(',') {
        match part.split_once('-') {
            None => days |= 1 << number(part)?,
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                let length = (last + 7 - first) % 7;
                days |= (0..=length).map(|i| 1 << ((first + i) % 7)).sum::<u8>();
            }
        }
    }
    Ok(days)
}

impl fmt::Display for DutyHours {
    /// Writes what [`DutyHours::parse`] reads to the same hours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, slot) in self.0.iter().enumerate() {
            let names = WEEKDAYS.iter().enumerate().filter(|(d, _)| slot.weekdays >> d & 1 == 1);
            let days = names.map(|(_, name)| *name).collect::<Vec<_>>().join(",");
            let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
            let gap = if i == 0 { "" } else { "; " };
            write!(f, "{gap}{days} {}-{}", clock(slot.from_minute), clock(slot.to_minute))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, at: &str) -> bool {
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        let hours = DutyHours::parse(text).unwrap();
        let again = DutyHours::parse(&hours.to_string()).unwrap();
        let at = Timestamp::parse(at).unwrap();
        assert_eq!(hours.hold_at(at, &zone), again.hold_at(at, &zone), "{text}");
        hours.hold_at(at, &zone)
    }

    #[test]
    fn duty_hours_are_read_in_local_time() {
        // 2026-11-20 is a Friday.
        let text = "Mon-Fri 08:00-12:00,14:00-18:00; Sat 09:00-12:00";
        assert!(holds(text, "2026-11-20T08:00:00+08:00"));
        assert!(!holds(text, "2026-11-20T12:00:00+08:00"));
        assert!(holds(text, "2026-11-21T01:30:00Z"));
        assert!(!holds(text, "2026-11-22T10:00:00+08:00"));
        assert!(holds("", "2026-11-22T10:00:00+08:00"));
    }

    #[test]
    fn a_night_shift_runs_into_the_next_day() {
        assert!(holds("Sun 22:00-06:00", "2026-11-22T23:00:00+08:00"));
        assert!(holds("Sun 22:00-06:00", "2026-11-23T05:59:00+08:00"));
        assert!(!holds("Sun 22:00-06:00", "2026-11-22T05:00:00+08:00"));
        assert!(holds("Sat-Mon 00:00-24:00", "2026-11-22T05:00:00+08:00"));
    }

    #[test]
    fn what_is_not_hours_is_refused_by_name() {
        for (text, part) in [
            ("Xyz 08:00-09:00", "Xyz"),
            ("08:00", "08:00"),
            ("Mon 8-9", "8-9"),
            ("25:00-26:00", "25:00-26:00"),
        ] {
            assert!(DutyHours::parse(text).unwrap_err().to_string().contains(part), "{text}");
        }
    }
}
