//! Rows to domain values and back.

use super::Row;
use super::care::{bind_care, care_of};
use super::clocks::{clock_columns, clocks_of};
use super::supervision::{bind_supervision, supervision_of};
use crate::domain::access::AreaPath;
use crate::domain::audit::Hash;
use crate::domain::datum::Datum;
use crate::domain::id::{
    AccountId, AttachmentId, CategoryCode, ConditionCode, DepartmentCode, IssueId,
};
use crate::domain::issue::care::Care;
use crate::domain::issue::event::{Event, EventActor, Facts};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::{Counts, Issue, Place, Times};
use crate::domain::issue::state::{Action, Outcome, State};
use crate::domain::issue::supervision::Supervision;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::care::SEALED_PREFIX;
use crate::store::change::Attachment;
use crate::store::values::Values;
use sqlx::Row as _;

/// The columns of `issue` that say something of every issue and may change, in the order of
/// [`bind_issue`].
pub const ISSUE_COLUMNS: &str = "version, head, state, kind, category, condition_code, nature, \
    severity, inspection, text, address, lon, lat, raw_x, raw_y, datum, accuracy_m, cell, path, \
    coarse_lon, coarse_lat, candidates, territory, source, external_id, reporter, anonymous, \
    contactable, proposed, lead, assists, answerable, binding, misdispatched, settled, outcome, \
    suspended_until, suspended_at, merged_into, state_before_merge, reported_at, filed_at, \
    round_at, dispatched_at, sent_at, accepted_at, handled_at, closed_at, ended_at, returns, \
    reworks, reopened, extensions, round_extensions, reports, updated_at, search, clocks, \
    limit_text, limit_grants, due_at, due_yellow_at, due_red_at, due_provisional, stage_due_at, \
    alarm_at";

/// Everything that [`issue_of`] reads.
pub const ISSUE_SELECT: &str = "issue.*";

/// Reads a column's text by `parse`.
pub fn parsed<T>(
    row: &Row,
    table: &'static str,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let value: String = row.try_get(column)?;
    parse(&value).ok_or(StoreError::Corrupt { table, column, value })
}

/// As [`parsed`], where the column may be NULL.
pub fn parsed_option<T>(
    row: &Row,
    table: &'static str,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    let value: Option<String> = row.try_get(column)?;
    match value {
        None => Ok(None),
        Some(value) => match parse(&value) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(StoreError::Corrupt { table, column, value }),
        },
    }
}

pub fn count(row: &Row, column: &'static str) -> Result<u32, StoreError> {
    let n: i64 = row.try_get(column)?;
    u32::try_from(n).map_err(|_| StoreError::Corrupt {
        table: "issue",
        column,
        value: n.to_string(),
    })
}

pub fn time_option(row: &Row, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
}

/// Parts joined by `;`.
pub fn split(text: &str) -> Vec<String> {
    text.split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn departments(text: &str) -> Option<Vec<DepartmentCode>> {
    split(text).iter().map(|code| DepartmentCode::parse(code).ok()).collect()
}

fn place_of(row: &Row) -> Result<Place, StoreError> {
    let cell: i64 = row.try_get("cell")?;
    Ok(Place {
        position: (row.try_get("lon")?, row.try_get("lat")?),
        raw: (row.try_get("raw_x")?, row.try_get("raw_y")?),
        datum: parsed(row, "issue", "datum", Datum::parse)?,
        accuracy_m: row.try_get("accuracy_m")?,
        cell: cell.cast_unsigned(),
        path: AreaPath::from_stored(row.try_get("path")?),
        candidates: split(row.try_get("candidates")?),
        territory: row.try_get("territory")?,
    })
}

/// One row of `issue`.
pub fn issue_of(row: &Row) -> Result<Issue, StoreError> {
    const T: &str = "issue";
    let department = |text: &str| DepartmentCode::parse(text).ok();
    Ok(Issue {
        id: parsed(row, T, "id", IssueId::parse)?,
        number: row.try_get("number")?,
        version: row.try_get("version")?,
        head: parsed(row, T, "head", Hash::parse)?,
        state: parsed(row, T, "state", State::parse)?,
        kind: parsed(row, T, "kind", Kind::parse)?,
        category: parsed(row, T, "category", |text| CategoryCode::parse(text).ok())?,
        condition: parsed_option(row, T, "condition_code", |c| ConditionCode::parse(c).ok())?,
        nature: row.try_get("nature")?,
        severity: parsed(row, T, "severity", Severity::parse)?,
        inspection: row.try_get("inspection")?,
        text: row.try_get("text")?,
        address: row.try_get("address")?,
        place: place_of(row)?,
        source: row.try_get("source")?,
        external_id: row.try_get("external_id")?,
        reporter: parsed_option(row, T, "reporter", AccountId::parse)?,
        anonymous: row.try_get("anonymous")?,
        proposed: parsed_option(row, T, "proposed", department)?,
        lead: parsed_option(row, T, "lead", department)?,
        assists: parsed(row, T, "assists", departments)?,
        answerable: parsed_option(row, T, "answerable", department)?,
        binding: row.try_get("binding")?,
        misdispatched: row.try_get("misdispatched")?,
        settled: row.try_get("settled")?,
        outcome: parsed_option(row, T, "outcome", Outcome::parse)?,
        suspended_until: time_option(row, "suspended_until")?,
        suspended_since: time_option(row, "suspended_at")?,
        merged_into: parsed_option(row, T, "merged_into", IssueId::parse)?,
        state_before_merge: parsed_option(row, T, "state_before_merge", State::parse)?,
        times: times_of(row)?,
        counts: Counts {
            returns: count(row, "returns")?,
            reworks: count(row, "reworks")?,
            reopened: count(row, "reopened")?,
            extensions: count(row, "extensions")?,
            round_extensions: count(row, "round_extensions")?,
            reports: count(row, "reports")?,
        },
        supervision: supervision_of(row)?,
        care: care_of(row)?,
        clocks: clocks_of(row)?,
        updated: Timestamp(row.try_get("updated_at")?),
    })
}

fn times_of(row: &Row) -> Result<Times, StoreError> {
    Ok(Times {
        reported: Timestamp(row.try_get("reported_at")?),
        filed: time_option(row, "filed_at")?,
        round: time_option(row, "round_at")?,
        dispatched: time_option(row, "dispatched_at")?,
        sent: time_option(row, "sent_at")?,
        accepted: time_option(row, "accepted_at")?,
        handled: time_option(row, "handled_at")?,
        closed: time_option(row, "closed_at")?,
        ended: time_option(row, "ended_at")?,
    })
}

/// What a search by words looks in: folded, with the number without its hyphens as well.
fn search_text(issue: &Issue) -> String {
    // What a dispute is about is not searched for: it is kept sealed, and stays so.
    let plain = |text: &'_ str| issue.kind != Kind::Dispute && !text.starts_with(SEALED_PREFIX);
    let text = Some(issue.text.as_str()).filter(|text| plain(text)).unwrap_or("");
    let address = issue.address.as_deref().filter(|text| plain(text)).unwrap_or("");
    let number = &issue.number;
    let external = issue.external_id.as_deref().unwrap_or("");
    format!("{number} {} {external} {address} {text}", number.replace('-', "")).to_lowercase()
}

/// Pushes the values of [`ISSUE_COLUMNS`].
pub fn bind_issue<'a>(values: &mut Values<'a>, issue: &'a Issue) {
    let millis = |time: Option<Timestamp>| time.map(|time| time.0);
    let (place, times, counts) = (&issue.place, &issue.times, &issue.counts);
    let (coarse_lon, coarse_lat) = place.coarse_position();
    values
        .push_bind(issue.version)
        .push_bind(issue.head.to_string())
        .push_bind(issue.state.as_str())
        .push_bind(issue.kind.as_str())
        .push_bind(issue.category.as_str())
        .push_bind(issue.condition.as_ref().map(|code| code.as_str()))
        .push_bind(issue.nature.as_deref())
        .push_bind(issue.severity.as_str())
        .push_bind(issue.inspection)
        .push_bind(issue.text.as_str())
        .push_bind(issue.address.as_deref())
        .push_bind(place.position.0)
        .push_bind(place.position.1)
        .push_bind(place.raw.0)
        .push_bind(place.raw.1)
        .push_bind(place.datum.as_str())
        .push_bind(place.accuracy_m)
        .push_bind(place.cell.cast_signed())
        .push_bind(place.path.as_str())
        .push_bind(coarse_lon)
        .push_bind(coarse_lat)
        .push_bind(place.candidates.join(";"))
        .push_bind(place.territory)
        .push_bind(issue.source.as_str())
        .push_bind(issue.external_id.as_deref())
        .push_bind(issue.reporter.map(|id| id.to_string()))
        .push_bind(issue.anonymous)
        .push_bind(issue.supervision.contactable);
    values
        .push_bind(issue.proposed.as_ref().map(|code| code.as_str()))
        .push_bind(issue.lead.as_ref().map(|code| code.as_str()))
        .push_bind(crate::domain::issue::step::join(&issue.assists))
        .push_bind(issue.answerable.as_ref().map(|code| code.as_str()))
        .push_bind(issue.binding)
        .push_bind(issue.misdispatched)
        .push_bind(issue.settled)
        .push_bind(issue.outcome.map(|outcome| outcome.as_str()))
        .push_bind(millis(issue.suspended_until))
        .push_bind(millis(issue.suspended_since))
        .push_bind(issue.merged_into.map(|id| id.to_string()))
        .push_bind(issue.state_before_merge.map(|state| state.as_str()))
        .push_bind(times.reported.0)
        .push_bind(millis(times.filed))
        .push_bind(millis(times.round))
        .push_bind(millis(times.dispatched))
        .push_bind(millis(times.sent))
        .push_bind(millis(times.accepted))
        .push_bind(millis(times.handled))
        .push_bind(millis(times.closed))
        .push_bind(millis(times.ended))
        .push_bind(i64::from(counts.returns))
        .push_bind(i64::from(counts.reworks))
        .push_bind(i64::from(counts.reopened))
        .push_bind(i64::from(counts.extensions))
        .push_bind(i64::from(counts.round_extensions))
        .push_bind(i64::from(counts.reports))
        .push_bind(issue.updated.0)
        .push_bind(search_text(issue));
    bind_clocks(values, issue);
}

/// Whether [`bind_later`] would write nothing but what the columns hold by themselves.
pub fn is_untouched(issue: &Issue) -> bool {
    let contactable = issue.supervision.contactable;
    issue.supervision == Supervision { contactable, ..Supervision::default() }
        && issue.care == Care::default()
}

/// Pushes the values of the columns of supervision and of care.
pub fn bind_later<'a>(values: &mut Values<'a>, issue: &'a Issue) {
    bind_supervision(values, &issue.supervision);
    bind_care(values, &issue.care);
}

fn bind_clocks(values: &mut Values<'_>, issue: &Issue) {
    let clocks = clock_columns(issue);
    values
        .push_bind(clocks.clocks)
        .push_bind(clocks.limit)
        .push_bind(clocks.grants)
        .push_bind(clocks.due)
        .push_bind(clocks.yellow)
        .push_bind(clocks.red)
        .push_bind(clocks.provisional)
        .push_bind(clocks.stage_due)
        .push_bind(clocks.alarm);
}

/// Facts as JSON.
pub fn facts_text(facts: &Facts) -> String {
    serde_json::to_string(facts).expect("texts under texts are JSON")
}

fn parse_facts(text: &str) -> Option<Facts> {
    serde_json::from_str(text).ok()
}

/// One row of `event`.
pub fn event_of(row: &Row) -> Result<Event, StoreError> {
    const T: &str = "event";
    Ok(Event {
        issue: parsed(row, T, "issue_id", IssueId::parse)?,
        seq: row.try_get("seq")?,
        at: Timestamp(row.try_get("at")?),
        actor: parsed(row, T, "actor", EventActor::parse)?,
        action: parsed(row, T, "action", Action::parse)?,
        from: parsed_option(row, T, "from_state", State::parse)?,
        to: parsed(row, T, "to_state", State::parse)?,
        note: row.try_get("note")?,
        note_digest: parsed_option(row, T, "note_digest", Hash::parse)?,
        facts: parsed(row, T, "facts", parse_facts)?,
        attachments: parsed(row, T, "attachments", |text| {
            split(text).iter().map(|id| AttachmentId::parse(id)).collect::<Option<Vec<_>>>()
        })?,
        previous: parsed(row, T, "previous", Hash::parse)?,
        hash: parsed(row, T, "hash", Hash::parse)?,
    })
}

/// One row of `attachment`.
pub fn attachment_of(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        id: parsed(row, "attachment", "id", AttachmentId::parse)?,
        issue: parsed(row, "attachment", "issue_id", IssueId::parse)?,
        sha256: row.try_get("sha256")?,
        media_type: row.try_get("media_type")?,
        size_bytes: row.try_get("size_bytes")?,
        width: row.try_get("width")?,
        height: row.try_get("height")?,
        purpose: row.try_get("purpose")?,
        at: Timestamp(row.try_get("at")?),
        taken_at: time_option(row, "taken_at")?,
        taken_position: taken_position(row)?,
    })
}

fn taken_position(row: &Row) -> Result<Option<(f64, f64)>, StoreError> {
    let lon: Option<f64> = row.try_get("taken_lon")?;
    let lat: Option<f64> = row.try_get("taken_lat")?;
    Ok(lon.zip(lat))
}
