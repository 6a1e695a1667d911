//! The periodic report as a file to print or to work with.

use super::App;
use super::extract::{Lang, Params, SignedIn};
use super::filter::parse_word;
use super::geojson::wants;
use super::problem::ApiError;
use crate::app::error::{AppError, say};
use crate::app::periodic::{Question, make_report};
use crate::app::window::metrics_scope;
use crate::domain::period::Period;
use crate::format::document::{Document, DocumentError, write_pdf, write_xlsx};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// The longest ledgers: of what is printed, and of what is worked with.
pub const PRINTED_ROWS_MAX: usize = 2_000;
pub const SHEET_ROWS_MAX: usize = 50_000;

const PDF: &str = "application/pdf";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which report.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeriodicQuery {
    /// A month `2026-10`, a quarter `2026-Q3` or a year `2026`.
    period: Option<String>,
    /// Code of an area, with all below it; the whole of one's scope when absent.
    area: Option<String>,
    /// `pdf` (default) or `xlsx`.
    format: Option<String>,
    /// `zh-CN` or `en`; that of Accept-Language when absent.
    lang: Option<String>,
}

/// A month, a quarter or a year in numbers, with the ledger of its issues: as of the end of the
/// period or, while it runs, of now. Every number carries its definition.
#[utoipa::path(get, path = "/metrics/periodic", tag = "metrics", params(PeriodicQuery),
    responses((status = 200, content_type = "application/pdf"), (status = 401),
        (status = 403), (status = 422)))]
pub async fn show_periodic_report(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    Params(query): Params<PeriodicQuery>,
) -> Result<Response, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let period = parse_word("period", query.period.as_ref(), Period::parse)?;
    let period = period.ok_or_else(|| {
        let example = "2026-10, 2026-Q3, 2026";
        ApiError::invalid(
            "period",
            say(format!("缺少期间，如 {example}"), format!("Name a period, such as {example}")),
        )
    })?;
    let as_sheet = wants("format", query.format.as_ref(), &["pdf", "xlsx"])? == "xlsx";
    let lang = parse_word("lang", query.lang.as_ref(), Lang::parse)?.unwrap_or(lang);
    let question = Question {
        period,
        area: query.area.filter(|area| !area.is_empty()),
        lang,
        ledger_rows_max: if as_sheet { SHEET_ROWS_MAX } else { PRINTED_ROWS_MAX },
    };
    let document = make_report(&app.ctx, &scope, &question).await?;
    let bytes = write_off_thread(document, as_sheet).await?;
    let (media, end) = if as_sheet { (XLSX, "xlsx") } else { (PDF, "pdf") };
    let area = question.area.map_or_else(String::new, |area| format!("-{area}"));
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"hexward-{period}{area}.{end}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// Laying out a long ledger takes a processor for a while.
async fn write_off_thread(document: Document, as_sheet: bool) -> Result<Vec<u8>, AppError> {
    let written = tokio::task::spawn_blocking(move || match as_sheet {
        true => write_xlsx(&document),
        false => write_pdf(&document),
    });
    let failed = |error: DocumentError| AppError::Internal(error.to_string());
    written.await.map_err(|error| AppError::Internal(error.to_string()))?.map_err(failed)
}
