//! The due cohorts in SQL: the same as
//! [`due_measures`](crate::domain::metrics::cohort::due_measures).

use crate::domain::metrics::contribution::Measure;

/// When the issue was handled; what is closed was.
macro_rules! handled {
    () => {
        "COALESCE(handled_at, CASE WHEN state = 'closed' THEN closed_at END)"
    };
}

macro_rules! closed {
    () => {
        "CASE WHEN state = 'closed' THEN closed_at END"
    };
}

/// The limit, or the end of the work, whichever came first. A comparison with NULL is unknown, so
/// what has no end yet goes by its limit.
macro_rules! sooner {
    ($done:expr) => {
        concat!(
            "CASE WHEN due_at IS NULL OR (",
            $done,
            ") < due_at THEN (",
            $done,
            ") \
                 ELSE due_at END"
        )
    };
}

macro_rules! with_suspended {
    ($done:expr) => {
        concat!("CASE WHEN state = 'suspended' THEN suspended_at ELSE ", sooner!($done), " END")
    };
}

/// Owed and not suspended, with a limit or an end, and `more`.
macro_rules! due {
    ($done:expr, $more:expr) => {
        concat!(
            "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged', 'suspended') \
                 AND (due_at IS NOT NULL OR (",
            $done,
            ") IS NOT NULL)",
            $more
        )
    };
}

macro_rules! due_or_suspended {
    ($done:expr) => {
        concat!(
            "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged') AND (",
            with_suspended!($done),
            ") IS NOT NULL"
        )
    };
}

macro_rules! on_time {
    ($done:expr) => {
        concat!(
            " AND due_at IS NOT NULL AND (",
            $done,
            ") IS NOT NULL \
                 AND (due_red_at IS NULL OR (",
            $done,
            ") < due_red_at)"
        )
    };
}

/// When a measure of the cohorts counts an issue, and the time whose day it counts under; `None`
/// for other measures.
pub const fn due_where(measure: Measure) -> Option<(&'static str, &'static str)> {
    const TO_HANDLE: &str = sooner!(handled!());
    const TO_CLOSE: &str = sooner!(closed!());
    Some(match measure {
        Measure::OpenOverdue => (
            "due_red_at",
            "due_red_at IS NOT NULL AND state NOT IN ('closed', 'rejected', 'merged') \
             AND (NOT settled OR handled_at IS NULL OR due_red_at <= handled_at)",
        ),
        Measure::HandlingDue => (TO_HANDLE, due!(handled!(), "")),
        Measure::HandlingDone => {
            (TO_HANDLE, due!(handled!(), concat!(" AND ", handled!(), " IS NOT NULL")))
        }
        Measure::HandledOnTime => (TO_HANDLE, due!(handled!(), on_time!(handled!()))),
        Measure::HandledUndated => (TO_HANDLE, due!(handled!(), " AND due_at IS NULL")),
        Measure::HandlingExtended => (TO_HANDLE, due!(handled!(), " AND extensions > 0")),
        Measure::ExtendedUndated => {
            (TO_HANDLE, due!(handled!(), " AND extensions > 0 AND due_at IS NULL"))
        }
        Measure::HandlingDueOrSuspended => {
            (with_suspended!(handled!()), due_or_suspended!(handled!()))
        }
        Measure::ClosingDue => (TO_CLOSE, due!(closed!(), "")),
        Measure::ClosingDone => {
            (TO_CLOSE, due!(closed!(), " AND state = 'closed' AND closed_at IS NOT NULL"))
        }
        Measure::ClosedOnTime => (TO_CLOSE, due!(closed!(), on_time!(closed!()))),
        Measure::ClosedUndated => (TO_CLOSE, due!(closed!(), " AND due_at IS NULL")),
        Measure::ClosingReworked => (TO_CLOSE, due!(closed!(), " AND reworks > 0")),
        Measure::ReworkedUndated => {
            (TO_CLOSE, due!(closed!(), " AND reworks > 0 AND due_at IS NULL"))
        }
        Measure::SuspendedUndated => (
            "suspended_at",
            "filed_at IS NOT NULL AND state = 'suspended' AND suspended_at IS NOT NULL \
             AND limit_text IS NULL",
        ),
        Measure::ClosingDueOrSuspended => {
            (with_suspended!(closed!()), due_or_suspended!(closed!()))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metrics::contribution::PLAIN;

    /// PostgreSQL tells how many issues a cohort holds by statistics of the very same expression.
    #[test]
    fn there_are_statistics_of_each_time_that_is_no_column() {
        let migration = include_str!("../../../migrations/postgres/0030_cohorts.sql");
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let migration = in_one_line(migration);
        let mut seen = 0;
        for (measure, _) in PLAIN {
            let Some((time, _)) = due_where(*measure) else { continue };
            if time.contains(' ') {
                let time = in_one_line(time);
                assert!(migration.contains(&format!("ON ( {time}) FROM issue;")), "{time}");
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen}");
    }
}
