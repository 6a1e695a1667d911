//! The clock on the wall of a region, as a number that never goes back.

use crate::domain::time::{DAY_MS, Day, HOUR_MS, Timestamp};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Milliseconds on the wall clock since 1970-01-01T00:00 local time.
///
/// Where clocks are set forward the number jumps; where they are set back it stands still until
/// the wall clock has caught up. So it never decreases, every civil day is worth 24 hours, and a
/// limit of days ends at the hour at which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallMs(pub i64);

impl WallMs {
    pub fn of(day: Day, of_day_ms: i64) -> Self {
        Self(i64::from(day.0) * DAY_MS + of_day_ms)
    }

    /// The civil day, and the milliseconds since its midnight.
    pub fn split(self) -> (Day, i64) {
        let day = self.0.div_euclid(DAY_MS).clamp(i32::MIN.into(), i32::MAX.into());
        (Day(day as i32), self.0.rem_euclid(DAY_MS))
    }
}

/// Reads the wall clock of a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalClock {
    zone: TimeZone,
}

fn instant(ms: i64) -> jiff::Timestamp {
    let (min, max) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let ms = ms.clamp(min.as_millisecond() + 1, max.as_millisecond() - 1);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(max)
}

/// How long a clock that was set back may take to catch up, with room to spare.
const CATCH_UP_MS: i64 = 26 * HOUR_MS;

fn offset_ms(offset: jiff::tz::Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000
}

impl LocalClock {
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the wall clock has reached at an instant.
    pub fn wall(&self, at: Timestamp) -> WallMs {
        let now = instant(at.0);
        let offset = self.zone.to_offset(now);
        let wall = at.0.saturating_add(offset_ms(offset));
        // A clock is never set back by more than a day: with the offset of yesterday, nothing is
        // to be caught up.
        if self.zone.to_offset(instant(at.0.saturating_sub(CATCH_UP_MS))) == offset {
            return WallMs(wall);
        }
        // The change that is in force now may have set the clock back a moment ago.
        let next = instant(at.0.saturating_add(1));
        let reached = self.zone.preceding(next).next().map(|change| {
            let at = change.timestamp();
            let before = self.zone.to_offset(instant(at.as_millisecond() - 1));
            at.as_millisecond() + offset_ms(before)
        });
        WallMs(reached.map_or(wall, |reached| wall.max(reached)))
    }

    /// The first instant at which the wall clock has reached `wall`.
    pub fn first_at(&self, wall: WallMs) -> Timestamp {
        let (day, of_day) = wall.split();
        let midnight = day.date().to_datetime(jiff::civil::Time::midnight());
        let civil = midnight.saturating_add(jiff::SignedDuration::from_millis(of_day));
        let at = |offset| Timestamp(wall.0.saturating_sub(offset_ms(offset)));
        match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                self.change_at(at(offset), wall).unwrap_or(at(offset))
            }
            AmbiguousOffset::Fold { before, .. } => at(before),
            AmbiguousOffset::Gap { after, .. } => {
                // Reached when the clock is set forward over it: the change after this instant.
                let before_change = instant(at(after).0);
                let change = self.zone.following(before_change).next();
                change.map_or(at(after), |c| Timestamp(c.timestamp().as_millisecond()))
            }
        }
    }

    /// The change that set the clock back from exactly `wall`, which it shows again at `again`.
    fn change_at(&self, again: Timestamp, wall: WallMs) -> Option<Timestamp> {
        let yesterday = instant(again.0.saturating_sub(CATCH_UP_MS));
        if self.zone.to_offset(yesterday) == self.zone.to_offset(instant(again.0)) {
            return None;
        }
        let change = self.zone.preceding(instant(again.0)).next()?.timestamp().as_millisecond();
        let before = self.zone.to_offset(instant(change - 1));
        (change + offset_ms(before) == wall.0).then_some(Timestamp(change))
    }

    /// The civil day of an instant.
    pub fn day(&self, at: Timestamp) -> Day {
        self.wall(at).split().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE_MS;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn wall(text: &str) -> WallMs {
        WallMs(at(&format!("{text}Z")).0)
    }

    #[test]
    fn the_wall_clock_stands_still_when_it_is_set_back_and_jumps_when_set_forward() {
        let clock = LocalClock::new(TimeZone::get("America/Los_Angeles").unwrap());
        for (instant, shown) in [
            ("2026-03-08T01:59:00-08:00", "2026-03-08T01:59:00"),
            ("2026-03-08T03:00:00-07:00", "2026-03-08T03:00:00"),
            ("2026-11-01T01:59:00-07:00", "2026-11-01T01:59:00"),
            ("2026-11-01T01:00:00-08:00", "2026-11-01T02:00:00"),
            ("2026-11-01T01:59:00-08:00", "2026-11-01T02:00:00"),
            ("2026-11-01T02:30:00-08:00", "2026-11-01T02:30:00"),
        ] {
            assert_eq!(clock.wall(at(instant)), wall(shown), "{instant}");
        }
        let skipped = clock.first_at(wall("2026-03-08T02:30:00"));
        assert_eq!(skipped, at("2026-03-08T03:00:00-07:00"));
        assert_eq!(clock.first_at(wall("2026-11-01T01:30:00")), at("2026-11-01T01:30:00-07:00"));
    }

    #[test]
    fn the_first_instant_is_the_first_in_every_zone() {
        let zones =
            ["Asia/Shanghai", "America/Los_Angeles", "Australia/Lord_Howe", "America/Sao_Paulo"];
        for zone in zones {
            let clock = LocalClock::new(TimeZone::get(zone).unwrap());
            let mut last = WallMs(i64::MIN);
            // A year of half hours holds every change; in 2018 São Paulo still changed at midnight.
            for n in 0..17_600 {
                let now = Timestamp(at("2018-01-01T00:07:00Z").0 + n * 30 * MINUTE_MS);
                let wall = clock.wall(now);
                assert!(wall >= last, "{zone} {}", now.to_rfc3339());
                last = wall;
                let first = clock.first_at(wall);
                assert!(first <= now && now.0 - first.0 <= HOUR_MS, "{zone} {now:?}");
                assert!(clock.wall(first) >= wall && clock.wall(Timestamp(first.0 - 1)) < wall);
            }
        }
    }
}
