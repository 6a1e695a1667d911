//! Import of history: rows of another system become issues with their log, placed, routed for the
//! record, counted, and kept a few hundred in one change.
//!
//! Invariant: a row is in or it is not, by its number in the other system. An import that was
//! killed is run again, and a finished one too: what is in is passed over, what is not comes in.

mod past;
#[cfg(test)]
mod tests;

pub use past::{Past, relive};

use super::confide::keep_log;
use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use super::number::new_number;
use super::place::{Placed, place};
use super::route::{Routed, route};
use crate::domain::audit::Hash;
use crate::domain::catalog::Category;
use crate::domain::id::{CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::event::{Facts, fact};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::{Issue, place_facts};
use crate::domain::issue::step::{join, outcomes_of};
use crate::domain::metrics::contribution::add_contribution;
use crate::domain::time::Timestamp;
use crate::format::history::{
    HistoryFileError, HistoryLine, HistoryReader, HistoryRow, Mapping, RowProblem,
};
use crate::store::change::{Change, ImportRun, Save, StoredRoute};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::io::Read;

/// Rows that are kept in one change.
pub const ROWS_PER_CHANGE: usize = 400;

/// Why an import cannot be begun, or not go on. What is in stays in.
#[derive(Debug)]
pub enum ImportError {
    File(HistoryFileError),
    /// The mapping leads to categories that the catalog does not have.
    UnknownCategories(Vec<CategoryCode>),
    App(AppError),
}

impl std::fmt::Display for ImportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::UnknownCategories(codes) => {
                let codes: Vec<&str> = codes.iter().map(CategoryCode::as_str).collect();
                let codes = codes.join(", ");
                write!(f, "the mapping leads to categories that the catalog lacks: {codes}")
            }
            // The command line and the API have words of their own for these.
            Self::App(error) => write!(f, "{error:?}"),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<HistoryFileError> for ImportError {
    fn from(error: HistoryFileError) -> Self {
        Self::File(error)
    }
}

impl<E: Into<AppError>> From<E> for ImportError {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

/// Why a row of a readable file is refused here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Row(#[from] RowProblem),
    #[error("department {0} is not known; import it, or map the word under [departments]")]
    UnknownDepartment(DepartmentCode),
    #[error("the category is a {category}, the mapping says {mapping}")]
    OtherKind { category: &'static str, mapping: &'static str },
    #[error("work on a {kind} does not end as {outcome}")]
    WrongOutcome { kind: &'static str, outcome: &'static str },
    #[error("{at} lies in the future")]
    Future { at: String },
    #[error("the position is none on earth")]
    NoPosition,
    #[error("the row makes no issue: {0}")]
    NoIssue(String),
}

/// A refused row.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportProblem {
    /// The line that the row begins on; the header's is 1.
    pub line: u64,
    pub refused: Refused,
}

/// What an import tells while it runs.
#[derive(Debug)]
pub enum Told<'a> {
    Problem(&'a ImportProblem),
    /// Rows that are settled, durably, and how far the file has been read.
    Progress {
        rows: u64,
        position_bytes: u64,
    },
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub rows: u64,
    pub imported: u64,
    /// In already, from this or another run; not changed.
    pub known: u64,
    pub refused: u64,
    /// Of the imported ones, those that lie in no area.
    pub outside: u64,
    /// Rows that a run which did not come to its end had settled.
    pub resumed_after: u64,
}

/// The identity of an import: the same file under the same mapping into the same district.
///
/// # Errors
/// The file cannot be read.
pub fn run_id(mapping: &str, mut file: impl Read, district: &str) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    for part in [mapping, district] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Hash(hasher.finalize().into()).to_string()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// A row that can be kept.
struct Ready {
    row: HistoryRow,
    placed: Placed,
}

/// One import under way.
struct Import<'a> {
    ctx: &'a Ctx,
    snapshot: &'a Snapshot,
    mapping: &'a Mapping,
    /// As it was before this run.
    before: ImportRun,
    /// False for a trial.
    is_kept: bool,
    summary: Summary,
    batch: Vec<Ready>,
}

/// Imports a file of history. `tell` hears of each refused row and of each durable step.
///
/// # Errors
/// The file cannot be read (further), the catalog lacks categories of the mapping, or the store is
/// not available. What was told as settled stays.
pub async fn import_issues<R: Read>(
    ctx: &Ctx,
    mapping: &Mapping,
    file: R,
    run_id: &str,
    tell: impl FnMut(Told<'_>),
) -> Result<Summary, ImportError> {
    let found = ctx.store.find_import(run_id).await?.filter(|run| !run.finished);
    let before = found.unwrap_or_else(|| new_run(run_id));
    read_on(ctx, mapping, file, Some(before), tell).await
}

/// Does all that [`import_issues`] does, save keeping it: what it tells is what an import would.
///
/// # Errors
/// As for [`import_issues`].
pub async fn try_issues<R: Read>(
    ctx: &Ctx,
    mapping: &Mapping,
    file: R,
    tell: impl FnMut(Told<'_>),
) -> Result<Summary, ImportError> {
    read_on(ctx, mapping, file, None, tell).await
}

/// Reads the file to its end. `kept` is how far the import had come; without it nothing is kept.
async fn read_on<R: Read>(
    ctx: &Ctx,
    mapping: &Mapping,
    file: R,
    kept: Option<ImportRun>,
    mut tell: impl FnMut(Told<'_>),
) -> Result<Summary, ImportError> {
    let snapshot = ctx.snapshot();
    check_categories(&snapshot, mapping)?;
    let is_kept = kept.is_some();
    let before = kept.unwrap_or_else(|| new_run(""));
    let resumed_after = u64::try_from(before.line).unwrap_or(0);
    let mut reader = HistoryReader::open(file, mapping)?;
    let mut import = Import {
        ctx,
        snapshot: &snapshot,
        mapping,
        before,
        is_kept,
        summary: Summary { resumed_after, ..Summary::default() },
        batch: Vec::with_capacity(ROWS_PER_CHANGE),
    };
    while let Some(line) = reader.next() {
        let HistoryLine { line, row, .. } = line?;
        import.summary.rows += 1;
        match row.map_err(Refused::from).and_then(|row| import.check(row)) {
            Ok(ready) => import.batch.push(ready),
            Err(refused) => {
                import.summary.refused += 1;
                tell(Told::Problem(&ImportProblem { line, refused }));
            }
        }
        if import.batch.len() == ROWS_PER_CHANGE {
            import.keep(false).await?;
            let position_bytes = reader.position_bytes();
            tell(Told::Progress { rows: import.summary.rows, position_bytes });
        }
    }
    import.keep(true).await?;
    let position_bytes = reader.position_bytes();
    tell(Told::Progress { rows: import.summary.rows, position_bytes });
    Ok(import.summary)
}

fn new_run(id: &str) -> ImportRun {
    ImportRun { id: id.to_owned(), line: 0, imported: 0, skipped: 0, refused: 0, finished: false }
}

fn check_categories(snapshot: &Snapshot, mapping: &Mapping) -> Result<(), ImportError> {
    let unknown: BTreeSet<_> =
        mapping.categories().filter(|code| snapshot.catalog.category(code).is_none()).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(ImportError::UnknownCategories(unknown.into_iter().cloned().collect())),
    }
}

impl<'a> Import<'a> {
    fn category(&self, row: &HistoryRow) -> Result<&'a Category, Refused> {
        let found = self.snapshot.catalog.category(&row.category);
        found.ok_or_else(|| Refused::NoIssue(format!("no category {}", row.category)))
    }

    /// What the file alone cannot know: whether catalog, matrix and territory go with the row.
    fn check(&self, row: HistoryRow) -> Result<Ready, Refused> {
        let category = self.category(&row)?;
        if let Some(kind) = row.kind.filter(|kind| *kind != category.kind) {
            let (category, mapping) = (category.kind.as_str(), kind.as_str());
            return Err(Refused::OtherKind { category, mapping });
        }
        if let Some(outcome) = row.outcome
            && !outcomes_of(category.kind).contains(&outcome)
        {
            let (kind, outcome) = (category.kind.as_str(), outcome.as_str());
            return Err(Refused::WrongOutcome { kind, outcome });
        }
        if let Some(code) = &row.department
            && !self.snapshot.has_department(code)
        {
            return Err(Refused::UnknownDepartment(code.clone()));
        }
        let latest = row.times.latest().unwrap_or(row.created);
        if latest > self.ctx.now() {
            return Err(Refused::Future { at: latest.to_rfc3339() });
        }
        match place(&self.snapshot.territory, row.position, row.datum, None) {
            Ok(placed) => Ok(Ready { row, placed }),
            Err(_) => Err(Refused::NoPosition),
        }
    }

    /// Keeps what has been gathered, with how far the import has come, in one change.
    async fn keep(&mut self, is_last: bool) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.batch);
        let numbers: Vec<String> = batch.iter().map(|r| r.row.external_id.clone()).collect();
        let known = self.ctx.store.list_known_external(&self.mapping.source, &numbers).await?;
        let known: HashSet<String> = known.into_iter().collect();
        let snapshot = self.snapshot;
        let mut change = Change {
            district: snapshot.instance.district.clone(),
            at: self.ctx.now(),
            ..Change::default()
        };
        for ready in batch {
            if known.contains(&ready.row.external_id) {
                self.summary.known += 1;
                continue;
            }
            self.summary.outside += u64::from(ready.placed.place.path.leaf().is_none());
            self.summary.imported += 1;
            self.add(ready, &mut change)?;
        }
        change.import_progress = Some(self.progress(is_last));
        if self.is_kept {
            self.ctx.store.apply(change).await?;
        }
        Ok(())
    }

    fn progress(&self, is_last: bool) -> ImportRun {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (before, summary) = (&self.before, &self.summary);
        ImportRun {
            id: before.id.clone(),
            // A run that goes on over what is settled has not lost what it had.
            line: count(summary.rows).max(before.line),
            imported: before.imported + count(summary.imported),
            skipped: (count(summary.known) - before.imported).max(0),
            refused: count(summary.refused),
            finished: is_last,
        }
    }

    /// Adds the issue of a row to a change.
    fn add(&self, ready: Ready, change: &mut Change) -> Result<(), ImportError> {
        let Ready { row, placed } = ready;
        let broken = |why: String| ImportError::App(AppError::Internal(why));
        let category = self.category(&row).map_err(|refused| broken(refused.to_string()))?;
        let severity = Severity::General;
        let routed = route(self.snapshot, &placed, (category, None), severity, row.created);
        let id = IssueId(self.ctx.new_uuid().as_u128());
        let facts = self.report_facts(&row, category, &placed, &routed);
        let lead = row.department.as_ref();
        let of_row = |error| broken(format!("{}: {error}", row.external_id));
        let Past { events, .. } =
            relive(id, &row, facts, lead, &self.mapping.source).map_err(of_row)?;
        let (keeper, now) = (&self.snapshot.keeper, change.at);
        let (issue, events) = keeper.time_log(events, now).map_err(of_row)?;
        let issue = Issue { text: row.text, address: row.address, ..issue };
        let (mut issue, events, said) = keep_log(&self.snapshot.seals, issue, events)?;
        self.snapshot.seals.keep_text(None, &mut issue)?;
        change.care.sealed.extend(said);
        add_contribution(&mut change.deltas, &issue, &self.snapshot.zone, 1);
        change.routes.push(StoredRoute {
            issue: id,
            seq: 1,
            at: row.created,
            matrix_version: routed.matrix_version,
            trace: routed.trace_json(),
        });
        change.saves.push(Save { version_seen: 0, issue, events });
        Ok(())
    }

    fn report_facts(
        &self,
        row: &HistoryRow,
        category: &Category,
        placed: &Placed,
        routed: &Routed,
    ) -> Facts {
        let mut facts = place_facts(&placed.place);
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                facts.insert(name.to_owned(), value);
            }
        };
        put(fact::NUMBER, Some(new_number()));
        put(fact::KIND, Some(category.kind.to_string()));
        put(fact::CATEGORY, Some(category.code.to_string()));
        put(fact::NATURE, category.nature.map(|nature| nature.as_str().to_owned()));
        put(fact::SEVERITY, Some(Severity::General.as_str().to_owned()));
        put(fact::INSPECTION, Some(category.needs_inspection.to_string()));
        // The digest of a short text lets a guess be tried, so a dispute's has none.
        let digest = || Hash::of_text(&row.text).to_string();
        put(fact::TEXT_SHA256, (category.kind != Kind::Dispute).then(digest));
        put(fact::SOURCE, Some(self.mapping.source.clone()));
        put(fact::EXTERNAL_ID, Some(row.external_id.clone()));
        put(fact::ANONYMOUS, Some(row.anonymous.to_string()));
        put(fact::CHANNEL, row.channel.clone());
        put(fact::STATUS, Some(row.status.clone()));
        put(fact::SERVICED, row.serviced.map(Timestamp::to_rfc3339));
        put(fact::PROPOSED, routed.lead().map(ToString::to_string));
        put(fact::LIMIT, routed.limit().map(|limit| limit.to_string()));
        let assists = routed.assists();
        put(fact::ASSISTS, (!assists.is_empty()).then(|| join(assists)));
        facts
    }
}
