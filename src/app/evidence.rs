//! The evidence that ends the work, held against the rule of the closing condition.

use super::ctx::Snapshot;
use super::error::{AppError, Say, say};
use super::photo::TakenAt;
use super::upload::VOICE;
use crate::domain::id::AttachmentId;
use crate::domain::issue::evidence::{EvidenceFault, EvidenceRule, Shown, check_evidence};
use crate::domain::issue::record::Issue;
use crate::domain::time::Timestamp;
use crate::store::change::Attachment;
use jiff::tz::TimeZone;

/// When the camera says that a photo was taken; a time without a zone is one of the district's.
pub fn instant_of(taken: TakenAt, zone: &TimeZone) -> Option<Timestamp> {
    match taken {
        TakenAt::Instant(at) => Some(at),
        TakenAt::Local(local) => {
            let zoned = zone.to_ambiguous_zoned(local).compatible().ok()?;
            Some(Timestamp(zoned.timestamp().as_millisecond()))
        }
    }
}

fn rule_of(snapshot: &Snapshot, issue: &Issue) -> EvidenceRule {
    let condition = issue.condition.as_ref().and_then(|code| snapshot.catalog.condition(code));
    condition.map(|condition| condition.evidence).unwrap_or_default()
}

fn fault_says(fault: &EvidenceFault) -> Say {
    let en = fault.to_string();
    let zh = match fault {
        EvidenceFault::NoBeforePhoto => "缺少处置前照片".to_owned(),
        EvidenceFault::NoAfterPhoto => "缺少处置后照片".to_owned(),
        EvidenceFault::TooFar { distance_m, distance_m_max } => {
            format!("照片拍摄地点距事发地 {distance_m:.0} 米，不得超过 {distance_m_max} 米")
        }
        EvidenceFault::NoPosition => "照片和提交都没有位置，请允许定位后重试".to_owned(),
        EvidenceFault::TooOld { age_hours, age_hours_max } => {
            format!("照片已拍摄 {age_hours} 小时，不得超过 {age_hours_max} 小时")
        }
    };
    say(zh, en)
}

/// What the step that ends the work shows.
pub struct Hand<'a> {
    /// All photos of the issue.
    pub photos: &'a [Attachment],
    /// Those that the step names.
    pub named: &'a [AttachmentId],
    /// Where whoever hands it in says to be; holds for photos that say nothing.
    pub position: Option<(f64, f64)>,
}

/// Refuses what the rule of the issue's condition does not allow.
///
/// # Errors
/// `Evidence` with the reason's name.
pub fn check(
    snapshot: &Snapshot,
    issue: &Issue,
    hand: &Hand<'_>,
    now: Timestamp,
) -> Result<(), AppError> {
    let shown: Vec<Shown> = hand
        .photos
        .iter()
        .filter(|photo| photo.purpose != VOICE)
        .map(|photo| {
            let named = hand.named.contains(&photo.id);
            let says_before = matches!(photo.purpose.as_str(), "report" | "before");
            Shown {
                before: says_before,
                named,
                taken: photo.taken_at.unwrap_or(photo.at),
                position: photo.taken_position.or(hand.position),
            }
        })
        .collect();
    refuse(check_evidence(&rule_of(snapshot, issue), issue.place.position, &shown, now))
}

/// As [`check`], for what is settled in the moment of its report: one photo may show both states.
///
/// # Errors
/// As for [`check`].
pub fn check_settled(
    snapshot: &Snapshot,
    issue: &Issue,
    photos: &[Attachment],
    now: Timestamp,
) -> Result<(), AppError> {
    let seen = photos.iter().filter(|photo| photo.purpose != VOICE);
    let both = seen.flat_map(|photo| {
        [true, false].map(|before| Shown {
            before,
            named: true,
            taken: photo.taken_at.unwrap_or(photo.at),
            position: photo.taken_position.or(Some(issue.place.position)),
        })
    });
    let shown: Vec<Shown> = both.collect();
    refuse(check_evidence(&rule_of(snapshot, issue), issue.place.position, &shown, now))
}

fn refuse(checked: Result<(), EvidenceFault>) -> Result<(), AppError> {
    checked.map_err(|fault| AppError::Evidence { code: fault.code(), says: fault_says(&fault) })
}
