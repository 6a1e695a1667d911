//! What evidence the end of the work needs (DOMAIN.md §3): a rule of the closing condition, and
//! the photos held against it.

use crate::domain::territory::position::distance_m;
use crate::domain::time::{HOUR_MS, Timestamp};

/// The rule of one closing condition; the default asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EvidenceRule {
    /// A photo of the state found.
    pub before: bool,
    /// A photo of the state after handling, named by the step that ends the work.
    pub after: bool,
    /// How far from the place the photos of the end may be, in metres.
    pub distance_m_max: Option<u32>,
    /// How old the photos of the end may be, in hours.
    pub age_hours_max: Option<u32>,
}

/// A photo as far as the rule looks at it. Time and place are the camera's claims where it made
/// any; else when the photo came, and where the one who handed it in said to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Whether it shows the state found: it was there before, or is meant so.
    pub before: bool,
    /// Whether the step that ends the work names it.
    pub named: bool,
    pub taken: Timestamp,
    pub position: Option<(f64, f64)>,
}

/// Why the evidence does not do.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EvidenceFault {
    #[error("a photo of the state found is needed")]
    NoBeforePhoto,
    #[error("a photo of the state after handling is needed")]
    NoAfterPhoto,
    #[error("the photo was taken {distance_m:.0} m from the place; {distance_m_max} m are allowed")]
    TooFar { distance_m: f64, distance_m_max: u32 },
    #[error("neither the photo nor you say where it was taken; allow the position")]
    NoPosition,
    #[error("the photo is {age_hours} hours old; {age_hours_max} are allowed")]
    TooOld { age_hours: i64, age_hours_max: u32 },
}

impl EvidenceFault {
    /// The name of the reason on the wire.
    pub const fn code(&self) -> &'static str {
        match self {
            EvidenceFault::NoBeforePhoto => "evidence_no_before_photo",
            EvidenceFault::NoAfterPhoto => "evidence_no_after_photo",
            EvidenceFault::TooFar { .. } => "evidence_too_far",
            EvidenceFault::NoPosition => "evidence_no_position",
            EvidenceFault::TooOld { .. } => "evidence_too_old",
        }
    }
}

/// Holds photos against a rule: the first fault, if there is one.
///
/// # Errors
/// What is missing, or the first photo of the end that is too far off or too old.
pub fn check_evidence(
    rule: &EvidenceRule,
    place: (f64, f64),
    photos: &[Shown],
    now: Timestamp,
) -> Result<(), EvidenceFault> {
    if rule.before && !photos.iter().any(|photo| photo.before) {
        return Err(EvidenceFault::NoBeforePhoto);
    }
    let after: Vec<&Shown> = photos.iter().filter(|photo| photo.named && !photo.before).collect();
    if rule.after && after.is_empty() {
        return Err(EvidenceFault::NoAfterPhoto);
    }
    for photo in after {
        if let Some(age_hours_max) = rule.age_hours_max {
            let age_ms = now.0.saturating_sub(photo.taken.0);
            if age_ms > i64::from(age_hours_max) * HOUR_MS {
                return Err(EvidenceFault::TooOld { age_hours: age_ms / HOUR_MS, age_hours_max });
            }
        }
        if let Some(distance_m_max) = rule.distance_m_max {
            let position = photo.position.ok_or(EvidenceFault::NoPosition)?;
            let distance_m = distance_m(place, position);
            if distance_m > f64::from(distance_m_max) {
                return Err(EvidenceFault::TooFar { distance_m, distance_m_max });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000 * HOUR_MS);
    const PLACE: (f64, f64) = (113.66, 34.78);

    fn photo(before: bool, named: bool, hours_ago: i64, position: Option<(f64, f64)>) -> Shown {
        Shown { before, named, taken: Timestamp(NOW.0 - hours_ago * HOUR_MS), position }
    }

    #[test]
    fn each_part_of_a_rule_is_refused_by_its_name() {
        let rule = EvidenceRule {
            before: true,
            after: true,
            distance_m_max: Some(100),
            age_hours_max: Some(24),
        };
        let near = Some((113.660_5, 34.78));
        let far = Some((113.67, 34.78));
        let before = photo(true, false, 500, None);
        let code = |photos: &[Shown]| {
            check_evidence(&rule, PLACE, photos, NOW).err().map(|fault| fault.code())
        };
        assert_eq!(code(&[photo(false, true, 1, near)]), Some("evidence_no_before_photo"));
        assert_eq!(code(&[before]), Some("evidence_no_after_photo"));
        // A photo that the step does not name is none of its evidence.
        let unnamed = photo(false, false, 1, near);
        assert_eq!(code(&[before, unnamed]), Some("evidence_no_after_photo"));
        assert_eq!(code(&[before, photo(false, true, 25, near)]), Some("evidence_too_old"));
        assert_eq!(code(&[before, photo(false, true, 24, far)]), Some("evidence_too_far"));
        assert_eq!(code(&[before, photo(false, true, 24, None)]), Some("evidence_no_position"));
        assert_eq!(code(&[before, photo(false, true, 24, near)]), None);
        assert_eq!(check_evidence(&EvidenceRule::default(), PLACE, &[], NOW), Ok(()));
    }
}
