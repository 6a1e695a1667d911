//! When something holds within the days that a check looks at: which days, which minutes of them,
//! for which severities; and whether some spans together cover another.

use super::super::Rule;
use super::super::window::DAY_MINUTES;
use crate::domain::catalog::Validity;
use crate::domain::issue::kind::Severity;
use crate::domain::time::Day;

/// A set of the days that a check looks at, one bit each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Days(Box<[u64]>);

impl Days {
    pub(super) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)].into())
    }

    /// The days among the first `count` for which `holds` is true.
    pub(super) fn of(count: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut days = Self::none(count);
        for i in (0..count).filter(|&i| holds(i)) {
            days.0[i / 64] |= 1 << (i % 64);
        }
        days
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|&bits| bits == 0)
    }

    pub(super) fn has(&self, i: usize) -> bool {
        self.0[i / 64] & (1 << (i % 64)) != 0
    }

    pub(super) fn add(&mut self, other: &Days) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, more)| *own |= more);
    }

    pub(super) fn without(&self, other: &Days) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(own, less)| own & !less).collect())
    }

    pub(super) fn meets(&self, other: &Days) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn holds(&self, other: &Days) -> bool {
        other.without(self).is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len() * 64).filter(|&i| self.has(i))
    }
}

/// The days that a check looks at: so many from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    pub from: Day,
    pub days: usize,
}

impl Horizon {
    fn day(self, i: usize) -> Day {
        Day(self.from.0.saturating_add(i32::try_from(i).unwrap_or(i32::MAX)))
    }

    pub(super) fn days_of(self, validity: Validity) -> Days {
        if validity == Validity::ALWAYS {
            return self.all();
        }
        Days::of(self.days, |i| validity.contains(self.day(i)))
    }

    pub(super) fn all(self) -> Days {
        let mut bits = vec![u64::MAX; self.days.div_ceil(64)];
        let rest = self.days % 64;
        if let (Some(last), 1..) = (bits.last_mut(), rest) {
            *last = (1 << rest) - 1;
        }
        Days(bits.into())
    }
}

const GENERAL: u8 = 1;
const MAJOR: u8 = 2;

/// When a rule holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) days: Days,
    /// Half-open spans of minutes, in order.
    minutes: Vec<(u16, u16)>,
    severities: u8,
}

/// A moment that nothing covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub day: Day,
    /// Minutes since local midnight.
    pub minute: u16,
    pub severity: Severity,
}

impl Span {
    pub(super) fn of(rule: &Rule, horizon: Horizon) -> Self {
        let on = |i: usize| {
            let day = horizon.day(i);
            rule.validity.contains(day) && rule.window.touches(day)
        };
        let days = match rule.window.is_daily() {
            true => horizon.days_of(rule.validity),
            false => Days::of(horizon.days, on),
        };
        Self {
            days,
            minutes: rule.window.minutes(),
            severities: match rule.severity {
                None => GENERAL | MAJOR,
                Some(Severity::General) => GENERAL,
                Some(Severity::Major) => MAJOR,
            },
        }
    }

    /// All minutes of some days.
    pub(super) fn whole(days: Days) -> Self {
        Self { days, minutes: vec![(0, DAY_MINUTES)], severities: GENERAL | MAJOR }
    }

    /// Whether both hold at some moment.
    pub(super) fn meets(&self, other: &Span) -> bool {
        let minute = |a: &(u16, u16), b: &(u16, u16)| a.0 < b.1 && b.0 < a.1;
        self.severities & other.severities != 0
            && self.minutes.iter().any(|a| other.minutes.iter().any(|b| minute(a, b)))
            && self.days.meets(&other.days)
    }

    fn holds(&self, other: &Span) -> bool {
        self.severities & other.severities == other.severities
            && other.minutes.iter().all(|inner| covers_minutes(inner, &mut self.minutes.clone()))
            && self.days.holds(&other.days)
    }
}

/// Whether spans of minutes together cover one.
fn covers_minutes(need: &(u16, u16), spans: &mut [(u16, u16)]) -> bool {
    first_gap(need, spans).is_none()
}

/// The first minute of `need` that no span holds.
fn first_gap(need: &(u16, u16), spans: &mut [(u16, u16)]) -> Option<u16> {
    spans.sort_unstable();
    let mut reached = need.0;
    for &(from, to) in spans.iter() {
        if from > reached {
            break;
        }
        reached = reached.max(to);
    }
    (reached < need.1).then_some(reached)
}

/// The first moment of `need` that none of `by` holds; `None` when they cover it.
pub(super) fn first_uncovered(need: &Span, by: &[&Span], horizon: Horizon) -> Option<Moment> {
    if by.iter().any(|span| span.holds(need)) {
        return None;
    }
    for (bit, severity) in [(GENERAL, Severity::General), (MAJOR, Severity::Major)] {
        if need.severities & bit == 0 {
            continue;
        }
        for i in need.days.iter() {
            let on = by.iter().filter(|span| span.severities & bit != 0 && span.days.has(i));
            let mut minutes: Vec<(u16, u16)> = on.flat_map(|span| span.minutes.clone()).collect();
            let gap = need.minutes.iter().find_map(|part| first_gap(part, &mut minutes));
            if let Some(minute) = gap {
                return Some(Moment { day: horizon.day(i), minute, severity });
            }
        }
    }
    None
}
