//! How an issue stood at an instant, told by its log.

use crate::domain::issue::event::Event;
use crate::domain::issue::record::{Issue, ReplayError, replay};
use crate::domain::time::Timestamp;

/// The beginning of a log that had been written by the end of `at`: up to the first event that came
/// later, or that is missing from `log`.
pub fn until(log: &[Event], at: Timestamp) -> &[Event] {
    let told =
        log.iter().zip(1..).take_while(|(event, seq)| event.seq == *seq && event.at <= at).count();
    &log[..told]
}

/// The issue as it stood at the end of `at`; `None` when it had not been reported. Texts that are
/// not in the log are empty.
///
/// # Errors
/// The log does not lead to an issue.
pub fn stand_at(log: &[Event], at: Timestamp) -> Result<Option<Issue>, ReplayError> {
    match until(log, at) {
        [] => Ok(None),
        told => replay(told).map(Some),
    }
}
