//! How long what is personal is kept after an issue has ended, by kind (DOMAIN.md §8; local).

use super::issue::kind::Kind;
use super::time::{DAY_MS, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

/// The longest term, in days.
pub const DAYS_MAX: i64 = 36_600;

/// Days after the end of an issue, as `hazard=730,dispute=1095,opinion=730`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms(BTreeMap<Kind, i64>);

/// A text that says no terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not KIND=DAYS for hazard, dispute and opinion, with 1 to {DAYS_MAX} days each")]
pub struct TermsError(String);

impl Terms {
    /// Reads the setting; each kind must be there once.
    ///
    /// # Errors
    /// The text, when a kind or its days cannot be read or are missing.
    pub fn parse(text: &str) -> Result<Self, TermsError> {
        let wrong = || TermsError(text.to_owned());
        let mut terms = BTreeMap::new();
        for part in text.split(',') {
            let (kind, days) = part.split_once('=').ok_or_else(wrong)?;
            let days: i64 = days.trim().parse().map_err(|_| wrong())?;
            let kind = Kind::parse(kind.trim()).ok_or_else(wrong)?;
            if !(1..=DAYS_MAX).contains(&days) || terms.insert(kind, days).is_some() {
                return Err(wrong());
            }
        }
        if terms.len() == Kind::ALL.len() { Ok(Self(terms)) } else { Err(wrong()) }
    }

    /// Issues of a kind that ended before this instant are past their term at `now`.
    pub fn ended_before(&self, kind: Kind, now: Timestamp) -> Timestamp {
        let days = self.0.get(&kind).copied().unwrap_or(DAYS_MAX);
        Timestamp(now.0.saturating_sub(days * DAY_MS))
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|(kind, days)| format!("{kind}={days}"));
        f.write_str(&parts.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_term() {
        let terms = Terms::parse("hazard=1, dispute=2,opinion=3").unwrap();
        assert_eq!(terms.ended_before(Kind::Dispute, Timestamp(2 * DAY_MS + 5)), Timestamp(5));
        assert_eq!(Terms::parse(&terms.to_string()), Ok(terms));
        for wrong in [
            "",
            "hazard=1",
            "hazard=1,dispute=2,opinion=0",
            "hazard=1,dispute=2,opinion=x",
            "hazard=1,hazard=1,dispute=2,opinion=3",
            "hazard=1,dispute=2,wish=3",
        ] {
            assert!(Terms::parse(wrong).is_err(), "{wrong}");
        }
    }
}
