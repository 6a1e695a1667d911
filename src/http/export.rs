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
use crate::store::query::PageQuery;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures::stream;
use serde::Deserialize;
use utoipa::IntoParams;

/// Rows that are read at once.
const ROWS_AT_ONCE: usize = 4_000;

/// A table that is being written.
struct Export {
    app: App,
    page: PageQuery,
    scope: Scope,
    table: Table,
    over: bool,
}

impl Export {
    async fn next(&mut self, mut out: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let rows = self.app.ctx.store.list_export(&self.page, &self.scope).await?;
        self.table.push(&rows, &mut out);
        self.over = rows.len() < self.page.limit;
        self.page.after = rows.last().map(|row| row.seek(self.page.sort));
        Ok(out)
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
    let mut export = Export { app, page, scope, table, over: false };
    // What cannot be read at all is told before anything is sent.
    let first = export.next(head).await.map_err(AppError::from)?;
    let rest = stream::try_unfold(export, |mut export| async move {
        if export.over {
            return Ok(None);
        }
        let part = export.next(Vec::new()).await.inspect_err(|error| {
            tracing::warn!(%error, "a table was cut off");
        })?;
        Ok::<_, StoreError>(Some((Bytes::from(part), export)))
    });
    let parts = futures::StreamExt::chain(stream::iter([Ok(Bytes::from(first))]), rest);
    Ok(csv_file("issues", Body::from_stream(parts)))
}
