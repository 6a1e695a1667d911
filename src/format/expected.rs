//! What a field should hold. It is a value and not a text, so that every language has words for it.

use std::fmt;

/// What a field should hold where another text was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Flag,
    Date,
    /// The day of a succession.
    Day,
    Degrees,
    WorkerId,
    TwoDigits,
    Whole,
    /// A bound of evidence.
    Bound,
    /// The number of a limit.
    Amount,
    Level,
    Kind,
    Severity,
    Class,
    /// As published tables write it.
    PublishedClass,
    Nature,
    Photo,
    LimitUnit,
    Relation,
    LineageKind,
    Selector,
    Cell,
    Definition,
    Better,
    Weight,
    Encoding,
    Delimiter,
    Datum,
    System,
    Status,
    Outcome,
}

impl Expected {
    /// All of them, for a test that goes over every sentence.
    pub const ALL: &[Expected] = &[
        Expected::Flag,
        Expected::Date,
        Expected::Day,
        Expected::Degrees,
        Expected::WorkerId,
        Expected::TwoDigits,
        Expected::Whole,
        Expected::Bound,
        Expected::Amount,
        Expected::Level,
        Expected::Kind,
        Expected::Severity,
        Expected::Class,
        Expected::PublishedClass,
        Expected::Nature,
        Expected::Photo,
        Expected::LimitUnit,
        Expected::Relation,
        Expected::LineageKind,
        Expected::Selector,
        Expected::Cell,
        Expected::Definition,
        Expected::Better,
        Expected::Weight,
        Expected::Encoding,
        Expected::Delimiter,
        Expected::Datum,
        Expected::System,
        Expected::Status,
        Expected::Outcome,
    ];
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::Flag => "true or false",
            Expected::Date => "a date such as 2026-01-31",
            Expected::Day => "a day such as 2026-07-01",
            Expected::Degrees => "a number of degrees",
            Expected::WorkerId => "an id such as 0192f3a4-5b6c-7d8e-9f00-112233445566",
            Expected::TwoDigits => "two digits",
            Expected::Whole => "a whole number",
            Expected::Bound => "a whole number from 1 to 99999, or empty",
            Expected::Amount => "a whole number from 1 to 9999, or empty",
            Expected::Level => "province, city, district, street, community, grid or micro_grid",
            Expected::Kind => "hazard, dispute or opinion",
            Expected::Severity => "general or major",
            Expected::Class => "component, event, 部件 or 事件",
            Expected::PublishedClass => "部件 or 事件",
            Expected::Nature => "suggestion, complaint, question, legal_consultation or small_wish",
            Expected::Photo => "none, before or before_and_after",
            Expected::LimitUnit => {
                "urgent_hour, work_hour, work_day, natural_day or empty to refuse"
            }
            Expected::Relation => "exact, narrower, broader or related",
            Expected::LineageKind => "split, merge or retire",
            Expected::Selector => "condition:CODE, small:CODE, big:CODE, kind:KIND or any",
            Expected::Cell => "an H3 cell of a resolution up to 11, such as 8729a56d1ffffff",
            Expected::Definition => {
                "a definition of docs/metrics.md, such as rework_rate_handled@1"
            }
            Expected::Better => "higher or lower",
            Expected::Weight => "a number from 0 to 1 with at most four decimals, such as 0.25",
            Expected::Encoding => "utf-8 or gb18030",
            Expected::Delimiter => "a comma, a semicolon or a tab",
            Expected::Datum => "wgs84, gcj02 or bd09",
            Expected::System => "the name of the system",
            Expected::Status => {
                "reported, filed, dispatched, handling, handled, closed, force_closed or rejected"
            }
            Expected::Outcome => {
                "remedied, agreement_reached, agreement_not_reached, answered, adopted or claimed"
            }
        })
    }
}
