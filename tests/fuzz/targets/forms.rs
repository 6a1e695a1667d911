//! Bodies of requests: reports as JSON and as forms, photos, files of an import, all through the
//! router.

use super::server::{Reply, server};
use super::split;
use axum::body::Body;
use axum::http::Request;

/// The boundary of the forms of the corpus.
const FORM: &str = "multipart/form-data; boundary=b";
const JSON: &str = "application/json";

/// The first byte chooses where the rest is sent and as what. A preview and the trial of an import
/// keep nothing; the reports that are kept lie in a database that is thrown away.
pub fn run(data: &[u8]) {
    let Some((choice, body)) = split(data) else { return };
    let (path, kind) = match choice {
        b'p' => ("/reports/preview", JSON),
        b'r' => ("/reports", FORM),
        b'j' => ("/reports", JSON),
        b'u' => ("/uploads", JSON),
        b'e' => ("/imports/people", FORM),
        b'b' => ("/imports/branches", FORM),
        b'c' => ("/imports/categories", FORM),
        b'a' => ("/imports/assets", FORM),
        b'i' => ("/imports/issues", FORM),
        b't' => return with_type(body),
        _ => return,
    };
    check(path, kind, body);
}

/// The first line is the content type.
fn with_type(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == b'\n');
    let [kind, body] = [(); 2].map(|()| parts.next().unwrap_or(b""));
    if let Ok(kind) = std::str::from_utf8(kind) {
        check("/reports", kind, body);
    }
}

fn check(path: &str, kind: &str, body: &[u8]) {
    let first = send(path, kind, body);
    let is_settled = first.status.is_client_error() && first.status.as_u16() != 429;
    if is_settled || path.ends_with("/preview") {
        let again = send(path, kind, body);
        assert_eq!(again.status, first.status, "{path}: the same body, another answer");
    }
}

fn send(path: &str, kind: &str, body: &[u8]) -> Reply {
    let server = server();
    let request = Request::post(format!("/api/v1{path}"))
        .header("content-type", kind)
        .header("authorization", format!("Bearer {}", server.token))
        .body(Body::from(body.to_vec()));
    match request {
        Ok(request) => server.send(request, path),
        // The type is none that a header can hold.
        Err(_) => server.send(Request::post(path).body(Body::empty()).expect("one"), path),
    }
}
