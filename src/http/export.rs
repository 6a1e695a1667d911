//! Issues as a table.

use super::App;
use super::csv::csv_file;
use super::extract::{Lang, Params, SignedIn};
use super::filter::{IssueQuery, page_query, parse_word};
use super::problem::ApiError;
use crate::app::error::AppError;
use crate::app::export::Table;
use crate::app::shown::list_scope;
use crate::app::window::find_as_of;
use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::export::ExportRow;
use crate::store::query::PageQuery;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures::stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use utoipa::IntoParams;

/// Rows that are read at once.
const ROWS_AT_ONCE: usize = 4_000;
/// As many pages wait to be written while the next one is read.
const PAGES_AHEAD: usize = 1;

type Rows = Result<Vec<ExportRow>, StoreError>;

/// Reads all that is asked for, ahead of whoever writes it, and stops when he is gone.
async fn read_all(app: App, mut page: PageQuery, scope: Scope, out: mpsc::Sender<Rows>) {
    loop {
        let rows = app.ctx.store.list_export(&page, &scope).await;
        let next = match &rows {
            Ok(rows) if rows.len() == page.limit => rows.last().map(|row| row.seek(page.sort)),
            _ => None,
        };
        if out.send(rows).await.is_err() || next.is_none() {
            return;
        }
        page.after = next;
    }
}

/// About how long a row is, in bytes.
const ROW_BYTES: usize = 400;

/// A table that is being written.
struct Export {
    rows: mpsc::Receiver<Rows>,
    /// Has ended by itself when all rows are there.
    reading: JoinHandle<()>,
    table: Table,
}

impl Export {
    fn begin(app: App, page: PageQuery, scope: Scope, table: Table) -> Self {
        let (out, rows) = mpsc::channel(PAGES_AHEAD);
        let reading = tokio::spawn(read_all(app, page, scope, out));
        Self { rows, reading, table }
    }

    /// Adds the next rows to `out`; `None` when there are no more.
    async fn next(&mut self, mut out: Vec<u8>) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(rows) = self.rows.recv().await.transpose()? else {
            let ended = (&mut self.reading).await;
            return ended.map(|()| None).map_err(|e| StoreError::Unavailable(e.to_string()));
        };
        out.reserve(ROW_BYTES * rows.len());
        self.table.push(&rows, &mut out);
        Ok(Some(out))
    }
}

/// In which words a table is written.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// `zh-CN` or `en`; that of Accept-Language when absent.
    lang: Option<String>,
}

/// All issues within one's scope that the filter finds, as CSV, in the order of the list; `limit`
/// and `cursor` are not heeded. What disputes are about is not told.
#[utoipa::path(get, path = "/issues/export", tag = "issues", params(IssueQuery, TableQuery),
    responses((status = 200, content_type = "text/csv", body = String), (status = 401),
        (status = 422)))]
pub async fn export_issues(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<IssueQuery>,
    Params(words): Params<TableQuery>,
) -> Result<Response, ApiError> {
    let snapshot = app.ctx.snapshot();
    let asked = page_query(&snapshot, find_as_of(&app.ctx).await?, &query)?;
    let page = PageQuery { after: None, limit: ROWS_AT_ONCE, ..asked };
    let scope = list_scope(&caller.actor, &page.filter);
    let lang = parse_word("lang", words.lang.as_ref(), Lang::parse)?.unwrap_or(lang);
    let table = Table::new(snapshot, lang);
    let head = table.begin();
    let mut export = Export::begin(app, page, scope, table);
    // What cannot be read at all is told before anything is sent.
    let first = export.next(head).await.map_err(AppError::from)?.unwrap_or_default();
    let rest = stream::try_unfold(export, |mut export| async move {
        let part = export.next(Vec::new()).await.inspect_err(|error| {
            tracing::warn!(%error, "a table was cut off");
        })?;
        Ok::<_, StoreError>(part.map(|part| (Bytes::from(part), export)))
    });
    let parts = futures::StreamExt::chain(stream::iter([Ok(Bytes::from(first))]), rest);
    Ok(csv_file("issues", Body::from_stream(parts)))
}
