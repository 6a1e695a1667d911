//! The corpora of the fuzzer, replayed: every input that once reached new code, or broke a promise,
//! goes through its target. `make fuzz` looks for more.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use crate::tidy::crates_of;
use std::path::{Path, PathBuf};
use targets::TARGETS;

/// What the corpora may hold, so that they stay a part of the repository that nobody minds.
const FILES_MAX: usize = 200;
const BYTES_MAX: usize = 300_000;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let entries = std::fs::read_dir(root.join(target)).expect("a folder of the target");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{target}: an empty corpus holds nothing");
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("a file"));
    files.into_iter().map(read).collect()
}

/// Each input goes through the target that it was found for.
fn replay(name: &str) {
    let (_, run) = TARGETS.iter().find(|(own, _)| *own == name).expect("a target");
    for (path, bytes) in corpus(name) {
        let result = std::panic::catch_unwind(|| run(&bytes));
        assert!(result.is_ok(), "{} breaks a promise, see above", path.display());
    }
}

#[test]
fn no_file_of_areas_breaks_a_promise() {
    replay("areas");
}

#[test]
fn no_table_and_no_document_breaks_a_promise() {
    replay("tables");
}

#[test]
fn no_limit_and_no_clock_breaks_a_promise() {
    replay("limits");
}

#[test]
fn no_address_of_a_tile_breaks_a_promise() {
    replay("tiles");
}

#[test]
fn no_body_breaks_a_promise() {
    replay("forms");
}

#[test]
fn the_corpora_are_small_and_each_is_replayed() {
    let sizes: Vec<usize> =
        TARGETS.iter().flat_map(|(name, _)| corpus(name)).map(|(_, bytes)| bytes.len()).collect();
    assert!(sizes.len() <= FILES_MAX, "{} files, at most {FILES_MAX}", sizes.len());
    let bytes: usize = sizes.iter().sum();
    assert!(bytes <= BYTES_MAX, "{bytes} bytes, at most {BYTES_MAX}");
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["areas", "tables", "limits", "tiles", "forms"], "each has its test above");
}

/// The fuzzer is built with `--locked`: what the service came to need is in its lock, too.
#[test]
fn the_lock_of_the_fuzzer_knows_what_the_service_needs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("a file");
    let (manifest, lock) = (read("Cargo.toml"), read("tests/fuzz/Cargo.lock"));
    let needed = crates_of(&manifest, "dependencies");
    assert!(needed.contains("axum"), "{needed:?}");
    let own = lock.split("[[package]]").find(|part| part.contains("\nname = \"hexward\"\n"));
    let own = own.expect("the service").replace('-', "_");
    // A name with its version where there are two of it.
    let is_known = |name: &String| {
        own.contains(&format!("\n \"{name}\",")) || own.contains(&format!("\n \"{name} "))
    };
    let missing: Vec<String> = needed.into_iter().filter(|name| !is_known(name)).collect();
    assert!(
        missing.is_empty(),
        "`cargo metadata --manifest-path tests/fuzz/Cargo.toml` adds {missing:?}"
    );
}
