//! Instants and days. An instant is milliseconds since 1970-01-01T00:00Z; a day is a civil date of
//! the district's own time zone. The current time is always an argument.

use std::fmt;

/// An instant, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

/// Milliseconds in a second, a minute, an hour, a day.
pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A civil date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Timestamp {
    /// RFC 3339 in UTC with milliseconds.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| self.0.to_string(), |t| format!("{t:.3}"))
    }

    /// What a clock in `zone` shows: `YYYY-MM-DD HH:MM`; nothing beyond the calendar.
    pub fn clock_in(self, zone: &jiff::tz::TimeZone) -> String {
        let instant = jiff::Timestamp::from_millisecond(self.0).ok();
        instant.map_or_else(String::new, |instant| {
            zone.to_datetime(instant).strftime("%Y-%m-%d %H:%M").to_string()
        })
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_millisecond()))
    }

    /// The civil date of this instant in `zone`; the first or last one that there is for an
    /// instant beyond the calendar (years -9999 to 9999).
    pub fn day_in(self, zone: &jiff::tz::TimeZone) -> Day {
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(match self.0 {
            ..0 => jiff::Timestamp::MIN,
            0.. => jiff::Timestamp::MAX,
        });
        Day::of(zone.to_datetime(instant).date())
    }
}

impl Day {
    pub fn of(date: jiff::civil::Date) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        Self((date - epoch).get_days())
    }

    /// The civil date; the first or last one that there is for a day beyond the calendar.
    pub fn date(self) -> jiff::civil::Date {
        let (first, last) = (Self::of(jiff::civil::Date::MIN), Self::of(jiff::civil::Date::MAX));
        let days = self.0.clamp(first.0, last.0);
        jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(days))
    }

    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::civil::Date>().ok().map(Self::of)
    }

    /// The first instant of this day in `zone`.
    pub fn start_in(self, zone: &jiff::tz::TimeZone) -> Timestamp {
        let start = self.date().to_zoned(zone.clone());
        Timestamp(start.map_or(i64::from(self.0) * DAY_MS, |z| z.timestamp().as_millisecond()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_turns_at_local_midnight() {
        let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        let before = Timestamp::parse("2026-03-31T23:59:59.999+08:00").unwrap();
        assert_eq!(before.day_in(&zone).to_string(), "2026-03-31");
        assert_eq!(Timestamp(before.0 + 1).day_in(&zone).to_string(), "2026-04-01");
        assert_eq!(Day::parse("2026-04-01").unwrap().start_in(&zone), Timestamp(before.0 + 1));
    }

    #[test]
    fn an_instant_reads_back_what_it_writes() {
        let t = Timestamp(1_774_972_799_123);
        assert_eq!(Timestamp::parse(&t.to_rfc3339()), Some(t));
    }
}
