//! The committed OpenAPI document, from which the web side's types are generated, is the one that
//! the server describes itself with.

use std::path::Path;
use std::process::Stdio;

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

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hexward"));
    let pipes = command.arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("it starts");
    drop(child.stdout.take());
    let told = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && text.is_empty(), "{:?} {text}", told.status);
}
