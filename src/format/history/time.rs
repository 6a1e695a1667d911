//! Times as another system wrote them: local, without a zone, in a format of its own.

use crate::domain::time::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Why a text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    #[error("{text:?} is no time in any of the formats {}", formats.join(" | "))]
    NotATime { text: String, formats: Vec<String> },
    #[error("{text:?} never was: the clocks of {zone} were put forward over it")]
    Skipped { text: String, zone: String },
}

/// How to read the times of a file.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: TimeZone,
    name: String,
    formats: Vec<String>,
}

impl Clock {
    /// Takes an IANA zone and formats of `strptime`, tried in order. `None` for an unknown zone.
    pub fn new(zone: &str, formats: Vec<String>) -> Option<Self> {
        let name = zone.to_owned();
        TimeZone::get(zone).ok().map(|zone| Self { zone, name, formats })
    }

    /// The first format that does not read back a date and time that it wrote.
    pub fn faulty_format(&self) -> Option<&str> {
        let sample = jiff::civil::date(2026, 4, 1).at(0, 0, 0, 0);
        let sample = sample.to_zoned(self.zone.clone()).ok();
        let reads = |format: &String| {
            let written = sample.as_ref()?;
            let text = jiff::fmt::strtime::format(format, written).ok()?;
            let read = self.read_as(format, &text, None)?.ok()?;
            (read.0 == written.timestamp().as_millisecond()).then_some(())
        };
        self.formats.iter().find(|format| reads(format).is_none()).map(String::as_str)
    }

    /// Reads a time. A format with an offset (`%z`) is taken by it. An hour that came twice, when
    /// clocks were put back, is the first of the two, unless only the second is `not_before`. An
    /// hour that never came is refused: any instant put in its stead would be made up.
    ///
    /// # Errors
    /// In no format, or skipped by the clocks.
    pub fn read(&self, text: &str, not_before: Option<Timestamp>) -> Result<Timestamp, TimeFault> {
        let found = self.formats.iter().find_map(|format| self.read_as(format, text, not_before));
        found.unwrap_or_else(|| {
            let formats = self.formats.clone();
            Err(TimeFault::NotATime { text: text.to_owned(), formats })
        })
    }

    /// `None` when the text is not in this format.
    fn read_as(
        &self,
        format: &str,
        text: &str,
        not_before: Option<Timestamp>,
    ) -> Option<Result<Timestamp, TimeFault>> {
        let parts = BrokenDownTime::parse(format, text).ok()?;
        if parts.offset().is_some() {
            let instant = parts.to_timestamp().ok()?;
            return Some(Ok(Timestamp(instant.as_millisecond())));
        }
        let local = parts.to_datetime().ok()?;
        let at = |offset: jiff::tz::Offset| {
            offset.to_timestamp(local).ok().map(|at| Timestamp(at.as_millisecond()))
        };
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset).map(Ok),
            AmbiguousOffset::Fold { before, after } => {
                let (first, second) = (at(before)?, at(after)?);
                let is_second = not_before.is_some_and(|bound| first < bound && second >= bound);
                Some(Ok(if is_second { second } else { first }))
            }
            AmbiguousOffset::Gap { .. } => {
                Some(Err(TimeFault::Skipped { text: text.to_owned(), zone: self.name.clone() }))
            }
        }
    }
}
