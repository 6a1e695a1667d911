//! The habits of the project, kept by machine. Each rule is a function from text to problems,
//! shown to fail on a bad sample in its own module, and run here over the tracked files.

pub mod layers;
mod lex;
mod paths;
mod rules;
mod shape;
mod tracked;

use std::collections::BTreeSet;
use std::path::Path;

/// A file under version control, its path from the root with forward slashes.
struct File {
    path: String,
    /// Empty when it is not UTF-8: no rule reads binary files.
    text: String,
}

fn tracked_files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    tracked::paths(root)
        .into_iter()
        .filter_map(|path| {
            let bytes = std::fs::read(root.join(&path)).ok()?;
            Some(File { path, text: String::from_utf8(bytes).unwrap_or_default() })
        })
        .collect()
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn sources() -> Vec<File> {
    let is_source = |f: &File| f.path.starts_with("src/") && f.path.ends_with(".rs");
    let files: Vec<_> = tracked_files().into_iter().filter(is_source).collect();
    assert!(!files.is_empty(), "no sources found: the rules would pass on nothing");
    files
}

/// The crates that a manifest names, as code writes them: those of all sections whose name ends
/// with `suffix`.
pub fn crates_of(manifest: &str, suffix: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut out = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section == suffix || section.ends_with(&format!(".{suffix}"));
            let table = section.rsplit_once('.').filter(|(head, _)| head.ends_with(suffix));
            out.extend(table.map(|(_, name)| name.replace('-', "_")));
        } else if inside && let Some((key, _)) = line.split_once('=') {
            let name = key.trim().split('.').next().unwrap_or(key).trim_matches('"');
            out.insert(name.replace('-', "_"));
        }
    }
    out
}

#[test]
fn every_layer_names_only_what_it_may() {
    let manifest = include_str!("../../../Cargo.toml");
    let dev = crates_of(manifest, "dev-dependencies");
    let mut crates = crates_of(manifest, "dependencies");
    crates.extend(dev.iter().cloned());
    crates.extend(["std", "core", "alloc"].map(str::to_owned));
    assert!(crates.contains("sqlx") && crates.contains("utoipa_axum"), "{crates:?}");
    let problems: Vec<_> =
        sources().iter().flat_map(|f| layers::problems(&f.path, &f.text, &crates, &dev)).collect();
    assert_none(&problems);
}

#[test]
fn code_keeps_its_shape() {
    let problems: Vec<_> = tracked_files()
        .iter()
        .filter(|f| shape::is_code(&f.path))
        .flat_map(|f| shape::problems(&f.path, &f.text))
        .collect();
    assert_none(&problems);
}

#[test]
fn tracked_files_name_no_machine_and_no_registry() {
    let problems: Vec<_> =
        tracked_files().iter().flat_map(|f| tracked::addresses(&f.path, &f.text)).collect();
    assert_none(&problems);
}

#[test]
fn nothing_built_is_tracked() {
    let paths: Vec<_> = tracked_files().into_iter().map(|f| f.path).collect();
    assert_none(&tracked::built(&paths));
}

#[test]
fn landed_migrations_are_not_edited() {
    let files = tracked_files();
    let sums = files.iter().find(|f| f.path == "migrations/SUMS").map_or("", |f| f.text.as_str());
    let migrations: Vec<_> = files
        .iter()
        .filter_map(|f| Some((f.path.strip_prefix("migrations/")?, f.text.as_str())))
        .filter(|(path, _)| path.ends_with(".sql"))
        .collect();
    assert_none(&tracked::migrations(sums, &migrations));
}

#[test]
fn every_migration_is_run() {
    let files = tracked_files();
    let stores = files.iter().filter(|f| f.path.starts_with("src/store/"));
    let sources: String = stores.map(|f| f.text.as_str()).collect();
    let paths: Vec<&str> = files
        .iter()
        .filter_map(|f| f.path.strip_prefix("migrations/"))
        .filter(|path| path.ends_with(".sql"))
        .collect();
    assert_none(&tracked::idle_migrations(&paths, &sources));
}

#[test]
fn the_changelog_has_a_section_for_what_is_not_released() {
    let files = tracked_files();
    let log = files.iter().find(|f| f.path == "CHANGELOG.md").map_or("", |f| f.text.as_str());
    assert_none(&tracked::changelog(log));
}

#[test]
fn every_rule_of_the_domain_has_a_test() {
    let files = tracked_files();
    let table = files.iter().find(|f| f.path == "docs/rules.md").map_or("", |f| f.text.as_str());
    assert!(table.lines().count() > 100, "the table is not there");
    let code = files.iter().filter(|f| f.path.ends_with(".rs"));
    let mut known: BTreeSet<&str> = code.flat_map(|f| rules::functions(&f.text)).collect();
    let web = files.iter().filter(|f| f.path.ends_with(".test.ts"));
    known.extend(web.flat_map(|f| rules::titles(&f.text)));
    assert_none(&rules::problems(table, &known));
}

#[test]
fn the_crates_of_a_manifest_are_read_from_every_form() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na-b = \"1\"\nc.version = \"2\"\n\
                    [target.'cfg(unix)'.dependencies]\nd = { version = \"1\" }\n\
                    [dependencies.e]\nversion = \"1\"\n[dev-dependencies]\nf = \"1\"\n";
    let names = |suffix| Vec::from_iter(crates_of(manifest, suffix));
    assert_eq!(names("dependencies"), ["a_b", "c", "d", "e"]);
    assert_eq!(names("dev-dependencies"), ["f"]);
}
