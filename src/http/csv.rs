//! Tables as files.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// CSV for the browser to keep as `name`.csv.
pub fn csv_file(name: &str, body: impl Into<Body>) -> Response {
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    (head, body.into()).into_response()
}
