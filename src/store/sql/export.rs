//! Issues for tables.

use super::page::page_of;
use super::{Engine, Row, dialect};
use crate::domain::access::{AreaPath, Scope};
use crate::domain::id::{CategoryCode, DepartmentCode, IssueId};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::care::SEALED_PREFIX;
use crate::store::export::{ExportRow, Exports};
use crate::store::query::PageQuery;
use async_trait::async_trait;
use futures::{FutureExt as _, TryStreamExt as _};
use sqlx::Row as _;
use std::time::Duration;

/// For how long rows gather: who waits for each of them is woken for each, which costs more than to
/// read it.
const GATHERED: Duration = Duration::from_millis(1);

/// What an issue's row says in codes and whole numbers, in the order of [`row_of`]: read as one
/// text, because the drivers take longer over each value than over its bytes. What may be any
/// text stands last.
const PACKED: [&str; 16] = [
    "id",
    "number",
    "kind",
    "category",
    "severity",
    "state",
    "path",
    "COALESCE(lead, proposed)",
    "reported_at",
    "filed_at",
    "due_at",
    "handled_at",
    "closed_at",
    "returns",
    "reworks",
    "source",
];

/// The rest.
const APART: &str = "CASE WHEN kind = 'dispute' THEN NULL ELSE text END, \
    CASE WHEN kind = 'dispute' THEN NULL ELSE address END, \
    CASE WHEN kind = 'dispute' THEN coarse_lon ELSE lon END, \
    CASE WHEN kind = 'dispute' THEN coarse_lat ELSE lat END";

/// Stands between packed columns; codes hold no control characters.
const BETWEEN: char = '\u{1f}';

fn columns() -> String {
    // Both engines take NULL for an empty text here.
    format!("concat({}), {APART}", PACKED.join(&format!(", '{BETWEEN}', ")))
}

/// What [`PACKED`] columns say, one after the other.
struct Packed<'a>(std::str::SplitN<'a, char>);

impl<'a> Packed<'a> {
    fn text(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }

    fn read<T>(
        &mut self,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text = self.text();
        let corrupt = || StoreError::Corrupt { table: "issue", column, value: text.to_owned() };
        parse(text).ok_or_else(corrupt)
    }

    /// `None` for NULL.
    fn time(&mut self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        self.read(column, |text| match text {
            "" => Some(None),
            _ => Some(Some(Timestamp(text.parse().ok()?))),
        })
    }
}

fn row_of(row: &Row) -> Result<ExportRow, StoreError> {
    let mut packed = Packed(row.try_get::<&str, _>(0)?.splitn(PACKED.len(), BETWEEN));
    // What was a dispute once stays sealed.
    let plain = |at: usize| -> Result<Option<String>, StoreError> {
        let text: Option<&str> = row.try_get(at)?;
        Ok(text.filter(|text| !text.starts_with(SEALED_PREFIX)).map(str::to_owned))
    };
    // In the order of the columns.
    Ok(ExportRow {
        id: packed.read("id", IssueId::parse)?,
        number: packed.text().to_owned(),
        kind: packed.read("kind", Kind::parse)?,
        category: packed.read("category", |code| CategoryCode::parse(code).ok())?,
        severity: packed.read("severity", Severity::parse)?,
        state: packed.read("state", State::parse)?,
        path: AreaPath::from_stored(packed.text().to_owned()),
        department: DepartmentCode::parse(packed.text()).ok(),
        reported: packed.read("reported_at", |text| text.parse().ok().map(Timestamp))?,
        filed: packed.time("filed_at")?,
        due: packed.time("due_at")?,
        handled: packed.time("handled_at")?,
        closed: packed.time("closed_at")?,
        returns: packed.read("returns", |text| text.parse().ok())?,
        reworks: packed.read("reworks", |text| text.parse().ok())?,
        source: packed.text().to_owned(),
        text: plain(1)?,
        address: plain(2)?,
        position: (row.try_get(3)?, row.try_get(4)?),
    })
}

#[async_trait]
impl Exports for Engine {
    async fn list_export(
        &self,
        page: &PageQuery,
        scope: &Scope,
    ) -> Result<Vec<ExportRow>, StoreError> {
        self.read_long(|pool| async move {
            let mut query = page_of(&columns(), page, scope, self.walk_of(page));
            let mut found = query.build().persistent(dialect::KEEPS_PLANS).fetch(&pool);
            let mut rows = Vec::new();
            while rows.len() < page.limit {
                match found.try_next().now_or_never() {
                    Some(Ok(Some(row))) => rows.push(row_of(&row)?),
                    Some(Ok(None)) => break,
                    Some(Err(error)) => return Err(error.into()),
                    None => tokio::time::sleep(GATHERED).await,
                }
            }
            Ok(rows)
        })
        .await
    }
}
