//! Lineage: what became of areas that were split, merged or retired. History stays with the old
//! polygon; open issues, workers and rules go to the successor. A retired code is never used again.

use std::collections::BTreeSet;

use crate::domain::id::AreaCode;
use crate::domain::time::Day;

/// What happened to areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineageKind {
    /// One area became several.
    Split,
    /// Several areas became one.
    Merge,
    /// An area ended without a successor, or with one that takes over.
    Retire,
}

impl LineageKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            LineageKind::Split => "split",
            LineageKind::Merge => "merge",
            LineageKind::Retire => "retire",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [LineageKind::Split, LineageKind::Merge, LineageKind::Retire]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One event of lineage. Its `from` codes are retired on the day, unless they are in `to` as well:
/// a split may leave the smaller rest under the old code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    pub kind: LineageKind,
    pub from: Vec<AreaCode>,
    pub to: Vec<AreaCode>,
    pub on: Day,
}

/// Why an event of lineage cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    #[error("a split has one area before and two or more after")]
    Split,
    #[error("a merge has two or more areas before and one after")]
    Merge,
    #[error("a retirement has one area before and at most one other after")]
    Retire,
    #[error("{0} is named twice on one side")]
    Repeated(AreaCode),
    #[error("{0} was retired before; its code is not used again")]
    Reused(AreaCode),
    #[error("{0} is not an area in force before the event")]
    Unknown(AreaCode),
    #[error("{0} is not among the areas after the event")]
    Missing(AreaCode),
    #[error("{0} ends with the event, but is among the areas after it")]
    Kept(AreaCode),
    #[error("{0} is gone, and no event tells what became of it")]
    Unexplained(AreaCode),
}

impl Lineage {
    /// Checks the event by itself.
    ///
    /// # Errors
    /// Sides that do not fit the kind, or a code twice on a side.
    pub fn check(&self) -> Result<(), LineageError> {
        let sides = (self.from.len(), self.to.len());
        match self.kind {
            LineageKind::Split if sides.0 != 1 || sides.1 < 2 => return Err(LineageError::Split),
            LineageKind::Merge if sides.0 < 2 || sides.1 != 1 => return Err(LineageError::Merge),
            LineageKind::Retire if sides.0 != 1 || sides.1 > 1 || self.from == self.to => {
                return Err(LineageError::Retire);
            }
            _ => {}
        }
        for side in [&self.from, &self.to] {
            let mut seen = BTreeSet::new();
            if let Some(code) = side.iter().find(|code| !seen.insert(*code)) {
                return Err(LineageError::Repeated(code.clone()));
            }
        }
        Ok(())
    }

    /// The codes that end with this event.
    pub fn retired(&self) -> impl Iterator<Item = &AreaCode> {
        self.from.iter().filter(|code| !self.to.contains(code))
    }
}

/// Checks the lineage of a new territory: every event fits the areas before and after, no retired
/// code comes back, and nothing disappears unexplained. Gives all errors.
pub fn check_lineage(
    before: &BTreeSet<AreaCode>,
    after: &BTreeSet<AreaCode>,
    retired_earlier: &BTreeSet<AreaCode>,
    events: &[Lineage],
) -> Vec<LineageError> {
    let mut errors: Vec<LineageError> = events.iter().filter_map(|e| e.check().err()).collect();
    let mut ended = BTreeSet::new();
    for event in events {
        let unknown = event.from.iter().filter(|code| !before.contains(code));
        errors.extend(unknown.cloned().map(LineageError::Unknown));
        let missing = event.to.iter().filter(|code| !after.contains(code));
        errors.extend(missing.cloned().map(LineageError::Missing));
        let kept = event.retired().filter(|code| after.contains(code));
        errors.extend(kept.cloned().map(LineageError::Kept));
        ended.extend(event.retired());
    }
    let reused = after.iter().filter(|code| retired_earlier.contains(code));
    errors.extend(reused.cloned().map(LineageError::Reused));
    let unexplained = before.difference(after).filter(|code| !ended.contains(code));
    errors.extend(unexplained.cloned().map(LineageError::Unexplained));
    errors
}

/// Follows an area to those that carry its work on, through all events in order of their days.
/// Gives the area itself when nothing happened to it, and nothing when it ended for good.
pub fn successors(code: &AreaCode, events: &[Lineage]) -> BTreeSet<AreaCode> {
    let mut ordered: Vec<&Lineage> = events.iter().collect();
    ordered.sort_by_key(|event| event.on);
    let mut current = BTreeSet::from([code.clone()]);
    for event in ordered {
        if event.from.iter().any(|from| current.contains(from)) {
            current.retain(|c| !event.from.contains(c));
            current.extend(event.to.iter().cloned());
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<AreaCode> {
        text.split_whitespace().map(|t| AreaCode::parse(t).unwrap()).collect()
    }

    fn set(text: &str) -> BTreeSet<AreaCode> {
        codes(text).into_iter().collect()
    }

    fn event(kind: LineageKind, from: &str, to: &str, day: i32) -> Lineage {
        Lineage { kind, from: codes(from), to: codes(to), on: Day(day) }
    }

    #[test]
    fn a_retired_code_does_not_come_back() {
        let events = [event(LineageKind::Split, "a", "a1 a2", 1)];
        assert!(check_lineage(&set("a b"), &set("a1 a2 b"), &set("z"), &events).is_empty());
        let errors = check_lineage(&set("a b"), &set("a1 a2 z"), &set("z"), &events);
        let code = |t| AreaCode::parse(t).unwrap();
        assert_eq!(errors, [LineageError::Reused(code("z")), LineageError::Unexplained(code("b"))]);
    }

    #[test]
    fn sides_fit_the_kind() {
        for (kind, from, to, error) in [
            (LineageKind::Split, "a", "b", LineageError::Split),
            (LineageKind::Merge, "a", "b", LineageError::Merge),
            (LineageKind::Retire, "a", "a", LineageError::Retire),
            (LineageKind::Merge, "a a", "b", LineageError::Repeated(codes("a").remove(0))),
        ] {
            assert_eq!(event(kind, from, to, 1).check(), Err(error));
        }
    }

    #[test]
    fn successors_follow_every_event_in_order() {
        let events = [
            event(LineageKind::Merge, "a2 b", "c", 20),
            event(LineageKind::Split, "a", "a a2", 10),
            event(LineageKind::Retire, "d", "", 5),
        ];
        let next = |text| successors(&AreaCode::parse(text).unwrap(), &events);
        assert_eq!(next("a"), set("a c"));
        assert_eq!(next("b"), set("c"));
        assert_eq!(next("d"), set(""));
        assert_eq!(next("e"), set("e"));
    }
}
