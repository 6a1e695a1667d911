//! What a list is asked for, on the wire.

use super::problem::ApiError;
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::measure::counted_by;
use crate::app::number::parse_number;
use crate::app::window::find_area_path;
use crate::domain::id::{AccountId, CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::care::{ClaimState, Risk};
use crate::domain::issue::clock::Light;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::time::{Day, Timestamp};
use crate::store::care::CareFilter;
use crate::store::query::{Assigned, Attention, Bounds, IssueFilter, PageQuery, Seek, Sort};
use serde::Deserialize;
use utoipa::IntoParams;

/// The issues of a page.
pub const LIMIT_DEFAULT: usize = 50;
pub const LIMIT_MAX: usize = 200;
/// The longest text to search for, in characters: each word is a condition of its own.
pub const WORDS_CHARS_MAX: usize = 200;

/// Which issues, in which order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IssueQuery {
    /// These issues alone: at most 200 ids, separated by commas.
    pub ids: Option<String>,
    /// States, separated by commas.
    pub state: Option<String>,
    pub open: Option<bool>,
    pub kind: Option<String>,
    pub category: Option<String>,
    /// Lead, or before dispatch the department proposed.
    pub department: Option<String>,
    /// A department that has a part without the lead: it assists, was summoned by a whistle, or is
    /// answerable still.
    pub assisting: Option<String>,
    /// Id of the account that was named to handle it, or `none`.
    pub assignee: Option<String>,
    /// Code of an area, with all below it.
    pub area: Option<String>,
    /// An H3 cell of resolution 0 to 11.
    pub cell: Option<String>,
    /// Disputes of this colour: `red`, `orange` or `yellow`.
    pub risk: Option<String>,
    /// Major hazards without a control measure.
    pub needs_control: Option<bool>,
    /// Agreements to be looked after up to this date.
    pub visit_due_by: Option<String>,
    /// Claimed wishes: `pending` or `approved`.
    pub claim: Option<String>,
    /// Words in text, address or number; all must occur. What a dispute is about is kept sealed and
    /// is not searched: a dispute is found by its number alone.
    pub q: Option<String>,
    /// Date, inclusive.
    pub reported_from: Option<String>,
    /// Date, inclusive.
    pub reported_to: Option<String>,
    /// `west,south,east,north` in degrees.
    pub bbox: Option<String>,
    /// What someone should look at: `urged`, `reply_owed`, `whistle_open`, `reopen_proposed` or
    /// `appeal_open`, `request_open` or `returned`.
    pub attention: Option<String>,
    /// A published number, such as `closing_rate.denominator`, `reported` or `open`.
    pub measure: Option<String>,
    /// The window of `measure`; dates, inclusive.
    pub from: Option<String>,
    pub to: Option<String>,
    /// The light of the total clock: `green`, `yellow` or `red`; of what has ended, at its end.
    pub light: Option<String>,
    /// `-reported_at` (default), `reported_at`, or `due_at` (what has no due time comes last).
    pub sort: Option<String>,
    /// Of a list of issues 50 if not said, 200 at most, and 0 for the total alone.
    pub limit: Option<usize>,
    pub cursor: Option<String>,
    /// Whether to count all that there are.
    pub count: Option<bool>,
    /// Count no further than this: a `total` that reaches it says "at least".
    pub count_max: Option<i64>,
}

fn unknown(field: &str, value: &str) -> ApiError {
    let says = say(format!("未知的值 {value:?}"), format!("The value {value:?} is not known"));
    ApiError::invalid(field, says)
}

fn words_too_long() -> ApiError {
    let says = say(
        format!("至多 {WORDS_CHARS_MAX} 个字"),
        format!("At most {WORDS_CHARS_MAX} characters"),
    );
    ApiError::invalid("q", says)
}

fn filled(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// Reads an optional word.
///
/// # Errors
/// It is there and not known.
pub fn parse_word<T>(
    field: &str,
    text: Option<&String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    match filled(text) {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| unknown(field, text)),
    }
}

/// Reads `west,south,east,north`.
pub fn parse_bounds(text: &str) -> Option<Bounds> {
    let numbers: Vec<f64> =
        text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        &[west, south, east, north] if numbers.iter().all(|n| n.is_finite()) => {
            Some(Bounds { west, south, east, north })
        }
        _ => None,
    }
}

/// Reads an H3 index.
pub fn parse_cell(text: &str) -> Option<u64> {
    let cell = u64::from_str_radix(text, 16).ok()?;
    h3o::CellIndex::try_from(cell).ok().map(u64::from)
}

/// Where the page after this issue begins.
pub fn cursor_of(issue: &Issue, sort: Sort) -> String {
    let seek = Seek::after(issue, sort);
    format!("{}_{}", seek.reported.0, seek.id)
}

fn parse_cursor(text: &str) -> Option<Seek> {
    let (reported, id) = text.split_once('_')?;
    Some(Seek { reported: Timestamp(reported.parse().ok()?), id: IssueId::parse(id)? })
}

/// The filter that a query asks for. Lights, and the issues behind numbers, are those `as_of` an
/// instant.
///
/// # Errors
/// A value is not known; its field is named.
pub fn issue_filter(
    snapshot: &Snapshot,
    as_of: Timestamp,
    query: &IssueQuery,
) -> Result<IssueFilter, ApiError> {
    let states = filled(query.state.as_ref()).map_or(Ok(Vec::new()), |text| {
        text.split(',').map(|s| State::parse(s).ok_or_else(|| unknown("state", s))).collect()
    })?;
    let ids = parse_ids(query.ids.as_ref())?;
    let day = |field, text| parse_word(field, text, Day::parse);
    let department = |field, text| parse_word(field, text, |c| DepartmentCode::parse(c).ok());
    let start = |day: Day| day.start_in(&snapshot.zone);
    let next = |day: Day| Day(day.0.saturating_add(1)).start_in(&snapshot.zone);
    let (from, to) = (day("from", query.from.as_ref())?, day("to", query.to.as_ref())?);
    let counted = match filled(query.measure.as_ref()) {
        None => None,
        Some(name) => Some(counted_by(snapshot, name, (from, to), as_of)?),
    };
    let area = match filled(query.area.as_ref()) {
        None => None,
        Some(code) => Some(find_area_path(snapshot, code)?),
    };
    Ok(IssueFilter {
        ids,
        states,
        open: query.open,
        kind: parse_word("kind", query.kind.as_ref(), Kind::parse)?,
        category: parse_word("category", query.category.as_ref(), |c| CategoryCode::parse(c).ok())?,
        department: department("department", query.department.as_ref())?,
        assisting: department("assisting", query.assisting.as_ref())?,
        assigned: parse_word("assignee", query.assignee.as_ref(), parse_assigned)?,
        area,
        cell: parse_word("cell", query.cell.as_ref(), parse_cell)?,
        bounds: parse_word("bbox", query.bbox.as_ref(), parse_bounds)?,
        words: match filled(query.q.as_ref()) {
            None => None,
            Some(text) => Some(parse_words(text).ok_or_else(words_too_long)?),
        },
        reporter: None,
        light: parse_word("light", query.light.as_ref(), Light::parse)?.map(|light| (light, as_of)),
        reported_from: day("reported_from", query.reported_from.as_ref())?.map(start),
        reported_before: day("reported_to", query.reported_to.as_ref())?.map(next),
        attention: parse_word("attention", query.attention.as_ref(), Attention::parse)?,
        counted,
        care: CareFilter {
            risk: parse_word("risk", query.risk.as_ref(), Risk::parse)?,
            needs_control: query.needs_control.unwrap_or(false),
            visit_due_by: day("visit_due_by", query.visit_due_by.as_ref())?,
            claim: parse_word("claim", query.claim.as_ref(), ClaimState::parse)?,
        },
    })
}

fn parse_assigned(text: &str) -> Option<Assigned> {
    match text {
        "none" => Some(Assigned::Nobody),
        id => AccountId::parse(id).map(Assigned::To),
    }
}

/// Reads ids separated by commas.
fn parse_ids(text: Option<&String>) -> Result<Vec<IssueId>, ApiError> {
    let Some(text) = filled(text) else { return Ok(Vec::new()) };
    let read = |id: &str| IssueId::parse(id.trim()).ok_or_else(|| unknown("ids", id));
    let ids = text.split(',').map(read).collect::<Result<Vec<_>, _>>()?;
    match ids.len() {
        0..=LIMIT_MAX => Ok(ids),
        _ => {
            let zh = format!("至多 {LIMIT_MAX} 个编号");
            Err(ApiError::invalid("ids", say(zh, format!("At most {LIMIT_MAX} ids"))))
        }
    }
}

/// Reads what is searched for; a tracking number in any form is searched as it is kept.
fn parse_words(text: &str) -> Option<String> {
    (text.chars().count() <= WORDS_CHARS_MAX)
        .then(|| parse_number(text).unwrap_or_else(|| text.to_owned()))
}

/// The page that a query asks for.
///
/// # Errors
/// As for [`issue_filter`].
pub fn page_query(
    snapshot: &Snapshot,
    as_of: Timestamp,
    query: &IssueQuery,
) -> Result<PageQuery, ApiError> {
    Ok(PageQuery {
        filter: issue_filter(snapshot, as_of, query)?,
        sort: match filled(query.sort.as_ref()) {
            None | Some("-reported_at") => Sort::NewestFirst,
            Some("reported_at") => Sort::OldestFirst,
            Some("due_at") => Sort::DueFirst,
            Some(other) => return Err(unknown("sort", other)),
        },
        after: parse_word("cursor", query.cursor.as_ref(), parse_cursor)?,
        limit: query.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX),
    })
}
