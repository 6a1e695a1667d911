//! The committed OpenAPI document, from which the web side's types are generated, is the one that
//! the server describes itself with.

use std::path::Path;

#[test]
fn the_committed_openapi_document_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/openapi.json");
    let committed = std::fs::read_to_string(path).expect("the document can be read");
    let document = hexward::http::openapi().to_pretty_json().expect("the document can be written");
    // Compared whole first: a diff of 5,000 lines would hide the advice.
    assert!(
        committed.trim_end() == document,
        "web/openapi.json is stale: run `hexward openapi > web/openapi.json`, then `npm run types` \
         in web/"
    );
}
