//! One row of history: its fields, read and checked against each other.

use super::mapping::Mapping;
use super::places::{Piece, Place, Places};
use super::time::TimeFault;
use crate::domain::datum::Datum;
use crate::domain::id::{CategoryCode, CodeError, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::state::Outcome;
use crate::domain::time::Timestamp;
use csv::StringRecord;
use std::fmt;

/// The longest text of an issue, in characters.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// The longest external number and channel, in characters.
pub const WORD_CHARS_MAX: usize = 64;

/// How far an issue had come in the other system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Reported,
    Filed,
    Dispatched,
    Handling,
    Handled,
    /// Closed after handling.
    Closed,
    /// Closed without having been handled by the department that had it, for the reason noted.
    ForceClosed,
    Rejected,
}

impl Reached {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "reported" => Self::Reported,
            "filed" => Self::Filed,
            "dispatched" => Self::Dispatched,
            "handling" => Self::Handling,
            "handled" => Self::Handled,
            "closed" => Self::Closed,
            "force_closed" => Self::ForceClosed,
            "rejected" => Self::Rejected,
            _ => return None,
        })
    }

    /// Whether nothing is owed any more.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Closed | Self::ForceClosed | Self::Rejected)
    }

    /// Whether a department has had it.
    pub const fn needs_department(self) -> bool {
        !matches!(self, Self::Reported | Self::Filed | Self::Rejected)
    }
}

/// The times that the file knows. What is `None` is not known; it is not guessed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KnownTimes {
    pub filed: Option<Timestamp>,
    pub dispatched: Option<Timestamp>,
    pub accepted: Option<Timestamp>,
    pub handled: Option<Timestamp>,
    /// The end: closing or rejection.
    pub closed: Option<Timestamp>,
}

impl KnownTimes {
    /// The last of them.
    pub fn latest(&self) -> Option<Timestamp> {
        let all = [self.filed, self.dispatched, self.accepted, self.handled, self.closed];
        all.into_iter().flatten().max()
    }
}

/// One issue of the other system.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    pub external_id: String,
    pub category: CategoryCode,
    /// `None` where the category says it.
    pub kind: Option<Kind>,
    pub text: String,
    pub address: Option<String>,
    /// Longitude and latitude in degrees of `datum`.
    pub position: (f64, f64),
    pub datum: Datum,
    pub created: Timestamp,
    pub times: KnownTimes,
    /// When a service was, or is to be, rendered; no event of the workflow.
    pub serviced: Option<Timestamp>,
    pub reached: Reached,
    /// The status in the other system's word.
    pub status: String,
    pub department: Option<DepartmentCode>,
    pub outcome: Option<Outcome>,
    pub channel: Option<String>,
    pub anonymous: bool,
    pub note: Option<String>,
}

/// What is wrong with a row, and what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    #[error("the row is not {expected}; name the file's encoding in the mapping")]
    Encoding { expected: &'static str },
    #[error(
        "the row has {found} fields, the header has {expected}{}",
        several_lines(*lines_count)
    )]
    FieldCount { expected: usize, found: usize, lines_count: u64 },
    #[error("a value is needed")]
    Empty,
    #[error("longer than {chars_max} characters")]
    TooLong { chars_max: usize },
    #[error("{text:?} is given on line {line} already; that row stands")]
    Double { text: String, line: u64 },
    #[error("{text:?} is not in the mapping; add it under [{table}]")]
    Unmapped { text: String, table: &'static str },
    #[error("{text:?} is no code: {why}")]
    Code { text: String, why: CodeError },
    #[error(transparent)]
    Time(#[from] TimeFault),
    #[error("{later} lies before {earlier}")]
    Backwards { earlier: &'static str, later: &'static str },
    #[error("the status {status:?} is an end, but the row has no time of it")]
    NoEnd { status: String },
    #[error("the status {status:?} is open, but the row has a closing time")]
    OpenWithEnd { status: String },
    #[error("{text:?} is no number of degrees")]
    NotDegrees { text: String },
    #[error("there is no such position: {lon}, {lat}; are longitude and latitude exchanged?")]
    OutOfRange { lon: f64, lat: f64 },
    #[error("the position is missing, and without one nobody is answerable; locate the address")]
    NoPosition,
    #[error("the position 0, 0 stands for a missing one")]
    NullIsland,
}

fn several_lines(lines_count: u64) -> String {
    match lines_count {
        0 | 1 => String::new(),
        n => format!(" and goes over {n} lines; is a quotation mark not closed?"),
    }
}

/// A refused row's reason, with the column of the file that it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct RowProblem {
    pub column: Option<String>,
    pub reason: Reason,
}

impl RowProblem {
    pub(super) const fn whole(reason: Reason) -> Self {
        Self { column: None, reason }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for RowProblem {}

/// A row under reading.
struct Fields<'a> {
    mapping: &'a Mapping,
    record: &'a StringRecord,
}

fn at(place: &Place, reason: impl Into<Reason>) -> RowProblem {
    RowProblem { column: Some(place.name.clone()), reason: reason.into() }
}

impl Fields<'_> {
    fn get(&self, place: &Place) -> &str {
        self.record.get(place.index).unwrap_or("").trim()
    }

    /// The field of an optional column, with its place; `None` when there is no such column or
    /// it is empty.
    fn filled<'p>(&self, place: &'p Option<Place>) -> Option<(&'p Place, &str)> {
        let place = place.as_ref()?;
        Some((place, self.get(place))).filter(|(_, text)| !text.is_empty())
    }

    fn needed(&self, place: &Place, chars_max: usize) -> Result<&str, RowProblem> {
        let text = self.get(place);
        match text.chars().count() {
            0 => Err(at(place, Reason::Empty)),
            n if n > chars_max => Err(at(place, Reason::TooLong { chars_max })),
            _ => Ok(text),
        }
    }

    fn time(
        &self,
        place: &Option<Place>,
        not_before: Timestamp,
    ) -> Result<Option<Timestamp>, RowProblem> {
        let Some((place, text)) = self.filled(place) else { return Ok(None) };
        let read = self.mapping.clock.read(text, Some(not_before));
        read.map(Some).map_err(|fault| at(place, fault))
    }

    fn degrees(&self, place: &Place) -> Result<f64, RowProblem> {
        let text = self.get(place);
        let degrees: f64 =
            text.parse().map_err(|_| at(place, Reason::NotDegrees { text: text.to_owned() }))?;
        match degrees.is_finite() {
            true => Ok(degrees),
            false => Err(at(place, Reason::NotDegrees { text: text.to_owned() })),
        }
    }

    fn position(&self, places: &Places) -> Result<(f64, f64), RowProblem> {
        for place in [&places.longitude, &places.latitude] {
            if self.get(place).is_empty() {
                return Err(at(place, Reason::NoPosition));
            }
        }
        let (lon, lat) = (self.degrees(&places.longitude)?, self.degrees(&places.latitude)?);
        if lon == 0.0 && lat == 0.0 {
            return Err(at(&places.longitude, Reason::NullIsland));
        }
        if lon.abs() > 180.0 || lat.abs() > 90.0 {
            return Err(at(&places.longitude, Reason::OutOfRange { lon, lat }));
        }
        Ok((lon, lat))
    }

    fn render(&self, pieces: &[Piece]) -> String {
        let mut text = String::new();
        for piece in pieces {
            text.push_str(match piece {
                Piece::Literal(literal) => literal,
                Piece::Field(index) => self.record.get(*index).unwrap_or("").trim(),
            });
        }
        text.trim().to_owned()
    }

    /// A rendered template, `None` when empty.
    fn rendered(
        &self,
        pieces: &[Piece],
        name: &'static str,
        chars_max: usize,
    ) -> Result<Option<String>, RowProblem> {
        let text = self.render(pieces);
        if text.chars().count() > chars_max {
            let reason = Reason::TooLong { chars_max };
            return Err(RowProblem { column: Some(name.to_owned()), reason });
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn category(&self, place: &Place) -> Result<CategoryCode, RowProblem> {
        let text = self.get(place);
        let unmapped = || Reason::Unmapped { text: text.to_owned(), table: "categories" };
        self.mapping.categories.get(text).cloned().ok_or_else(|| at(place, unmapped()))
    }

    fn reached(&self, place: &Place) -> Result<Reached, RowProblem> {
        let text = self.get(place);
        let unmapped = || Reason::Unmapped { text: text.to_owned(), table: "statuses" };
        self.mapping.statuses.get(text).copied().ok_or_else(|| at(place, unmapped()))
    }

    fn outcome(&self, place: &Option<Place>) -> Result<Option<Outcome>, RowProblem> {
        let Some((place, text)) = self.filled(place) else { return Ok(None) };
        let unmapped = || Reason::Unmapped { text: text.to_owned(), table: "outcomes" };
        let found = self.mapping.outcomes.get(text).copied().or_else(|| Outcome::parse(text));
        found.map(Some).ok_or_else(|| at(place, unmapped()))
    }

    fn anonymous(&self, place: &Option<Place>) -> Result<bool, RowProblem> {
        let Some((place, text)) = self.filled(place) else { return Ok(false) };
        let unmapped = || Reason::Unmapped { text: text.to_owned(), table: "anonymous" };
        self.mapping.anonymous.get(text).copied().ok_or_else(|| at(place, unmapped()))
    }

    fn department(
        &self,
        place: &Option<Place>,
        reached: Reached,
    ) -> Result<Option<DepartmentCode>, RowProblem> {
        let Some((place, text)) = self.filled(place) else {
            let column = place.as_ref().map(|place| place.name.clone());
            return match reached.needs_department() {
                true => Err(RowProblem { column, reason: Reason::Empty }),
                false => Ok(None),
            };
        };
        if let Some(code) = self.mapping.departments.get(text) {
            return Ok(Some(code.clone()));
        }
        let code = DepartmentCode::parse(text);
        code.map(Some).map_err(|why| at(place, Reason::Code { text: text.to_owned(), why }))
    }

    fn times(&self, places: &Places, created: Timestamp) -> Result<KnownTimes, RowProblem> {
        let mut latest = ("created", created);
        let mut next = |place: &Option<Place>, name: &'static str| {
            let time = self.time(place, latest.1)?;
            if let (Some(time), Some(place)) = (time, place) {
                if time < latest.1 {
                    let (earlier, later) = (latest.0, name);
                    return Err(at(place, Reason::Backwards { earlier, later }));
                }
                latest = (name, time);
            }
            Ok(time)
        };
        Ok(KnownTimes {
            filed: next(&places.filed, "filed")?,
            dispatched: next(&places.dispatched, "dispatched")?,
            accepted: next(&places.accepted, "accepted")?,
            handled: next(&places.handled, "handled")?,
            closed: next(&places.closed, "closed")?,
        })
    }
}

/// Reads a row whose fields are as many as the header's.
pub(super) fn read(
    mapping: &Mapping,
    places: &Places,
    record: &StringRecord,
) -> Result<HistoryRow, RowProblem> {
    let fields = Fields { mapping, record };
    let external_id = fields.needed(&places.external_id, WORD_CHARS_MAX)?.to_owned();
    let category = fields.category(&places.category)?;
    let reached = fields.reached(&places.status)?;
    let position = fields.position(places)?;
    let created = fields.needed(&places.created, WORD_CHARS_MAX)?;
    let created = mapping.clock.read(created, None).map_err(|fault| at(&places.created, fault))?;
    let times = fields.times(places, created)?;
    let status = fields.get(&places.status).to_owned();
    if reached.is_end() != times.closed.is_some() {
        let place = places.closed.as_ref().unwrap_or(&places.status);
        let reason = match reached.is_end() {
            true => Reason::NoEnd { status },
            false => Reason::OpenWithEnd { status },
        };
        return Err(at(place, reason));
    }
    let channel = match fields.filled(&places.channel) {
        Some((place, _)) => Some(fields.needed(place, WORD_CHARS_MAX)?.to_owned()),
        None => None,
    };
    let text = fields.rendered(&places.text, "text", TEXT_CHARS_MAX)?;
    Ok(HistoryRow {
        text: text.ok_or(RowProblem { column: Some("text".into()), reason: Reason::Empty })?,
        address: fields.rendered(&places.address, "address", TEXT_CHARS_MAX / 10)?,
        note: fields.rendered(&places.note, "note", TEXT_CHARS_MAX)?,
        serviced: fields.time(&places.serviced, created)?,
        department: fields.department(&places.department, reached)?,
        outcome: fields.outcome(&places.outcome)?,
        anonymous: fields.anonymous(&places.anonymous)?,
        kind: mapping.kind,
        datum: mapping.datum,
        external_id,
        category,
        position,
        created,
        times,
        reached,
        status,
        channel,
    })
}
