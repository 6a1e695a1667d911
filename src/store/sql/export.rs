//! Issues for tables.

use super::page::page_of;
use super::{Engine, Row};
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

/// In the order of [`row_of`], which goes by position because that is quicker for many rows.
const COLUMNS: &str = "id, number, kind, category, severity, state, \
    CASE WHEN kind = 'dispute' THEN NULL ELSE text END, \
    CASE WHEN kind = 'dispute' THEN NULL ELSE address END, \
    CASE WHEN kind = 'dispute' THEN coarse_lon ELSE lon END, \
    CASE WHEN kind = 'dispute' THEN coarse_lat ELSE lat END, \
    path, COALESCE(lead, proposed), reported_at, filed_at, due_at, handled_at, closed_at, \
    returns, reworks, source";

fn row_of(row: &Row) -> Result<ExportRow, StoreError> {
    fn word<T>(
        row: &Row,
        at: usize,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let text: &str = row.try_get(at)?;
        let corrupt = || StoreError::Corrupt { table: "issue", column, value: text.to_owned() };
        parse(text).ok_or_else(corrupt)
    }
    // What was a dispute once stays sealed.
    let plain = |at: usize| -> Result<Option<String>, StoreError> {
        let text: Option<&str> = row.try_get(at)?;
        Ok(text.filter(|text| !text.starts_with(SEALED_PREFIX)).map(str::to_owned))
    };
    let time = |at: usize| -> Result<Option<Timestamp>, StoreError> {
        Ok(row.try_get::<Option<i64>, _>(at)?.map(Timestamp))
    };
    let department: Option<&str> = row.try_get(11)?;
    Ok(ExportRow {
        id: word(row, 0, "id", IssueId::parse)?,
        number: row.try_get(1)?,
        kind: word(row, 2, "kind", Kind::parse)?,
        category: word(row, 3, "category", |code| CategoryCode::parse(code).ok())?,
        severity: word(row, 4, "severity", Severity::parse)?,
        state: word(row, 5, "state", State::parse)?,
        text: plain(6)?,
        address: plain(7)?,
        position: (row.try_get(8)?, row.try_get(9)?),
        path: AreaPath::from_stored(row.try_get(10)?),
        department: department.and_then(|code| DepartmentCode::parse(code).ok()),
        reported: Timestamp(row.try_get(12)?),
        filed: time(13)?,
        due: time(14)?,
        handled: time(15)?,
        closed: time(16)?,
        returns: row.try_get(17)?,
        reworks: row.try_get(18)?,
        source: row.try_get(19)?,
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
            let mut query = page_of(COLUMNS, page, scope, self.walk_of(page));
            let mut found = query.build().fetch(&pool);
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
