//! The browser's side: the bundle inside the binary, and the API's documents, all from this host.

use super::App;
use super::extract::has_tag;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use utoipa_swagger_ui::SwaggerUi;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Bundle;

/// Paths below which an unknown name is an error, not a page of the application.
const NO_PAGES: &[&str] = &["/api/", "/tiles/", "/assets/", "/open311/", "/ogc/"];

fn file_response(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = has_tag(headers, &tag);
    // Built files carry a digest in their names; the page itself must be asked for again.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let head = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, cache.to_owned()),
    ];
    match known {
        true => (StatusCode::NOT_MODIFIED, head).into_response(),
        false => (head, body_of(file.data)).into_response(),
    }
}

/// The built-in bytes as they are, without a copy.
fn body_of(data: Cow<'static, [u8]>) -> Body {
    match data {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// Serves a file of the bundle, or the application's page for any other address.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let is_below =
        |below: &&str| uri.path().starts_with(*below) || uri.path() == below.trim_end_matches('/');
    let no_page = NO_PAGES.iter().any(is_below);
    if method != Method::GET && method != Method::HEAD {
        return match no_page {
            true => StatusCode::NOT_FOUND.into_response(),
            false => {
                (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response()
            }
        };
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Bundle::get(path).filter(|_| !path.is_empty()) {
        return file_response(path, file, &headers);
    }
    if no_page {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Bundle::get("index.html") {
        Some(page) => file_response("index.html", page, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The OpenAPI document and its viewer.
pub fn viewer(document: utoipa::openapi::OpenApi) -> Router<App> {
    SwaggerUi::new("/api/v1/docs").url("/api/v1/openapi.json", document).into()
}
