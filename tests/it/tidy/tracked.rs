//! Rules about files as such: what is under version control, and what must not stand in it.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

/// Folders that are built or installed and never tracked.
const BUILT: &[&str] = &["target/", "web/dist/", "data/"];

/// The paths of the tracked files. Without git, as in an unpacked archive, all files that are not
/// built count as tracked.
pub fn paths(root: &Path) -> Vec<String> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    match git {
        Ok(out) if out.status.success() && !out.stdout.is_empty() => {
            let list = String::from_utf8_lossy(&out.stdout).into_owned();
            list.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect()
        }
        _ => {
            let mut out = Vec::new();
            walk(root, "", &mut out);
            out
        }
    }
}

fn walk(root: &Path, prefix: &str, out: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(prefix)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if !entry.path().is_dir() {
            out.push(path);
        } else if built(&[format!("{path}/")]).is_empty() && name != ".git" {
            walk(root, &format!("{path}/"), out);
        }
    }
}

/// Paths that were built or installed.
pub fn built(paths: &[String]) -> Vec<String> {
    let is_built = |p: &&String| {
        BUILT.iter().any(|folder| p.starts_with(folder)) || p.contains("node_modules/")
    };
    paths.iter().filter(is_built).map(|p| format!("{p}: built, must not be tracked")).collect()
}

/// Lines that name a folder of one machine or the address of a package registry.
pub fn addresses(path: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut say = |what: &str| out.push(format!("{path}:{}: names {what}", at + 1));
        if names_machine_path(line) {
            say("a path of one machine");
        }
        if names_registry(line) {
            say("a package registry");
        }
    }
    out
}

/// A folder of one machine at the start of a path: not inside an address or a longer path.
fn names_machine_path(line: &str) -> bool {
    // Written in halves, so that this file does not name them.
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tm", "p/")];
    let homes = [concat!("/ho", "me/"), concat!("/Use", "rs/")];
    folders.iter().chain(&homes).any(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let starts = !before.is_some_and(|c| c.is_alphanumeric() || ".-_}~*".contains(c));
            let after = line[at + folder.len()..].chars().next();
            starts && after.is_some_and(|c| c.is_ascii_alphanumeric() || "._$".contains(c))
        })
    })
}

fn names_registry(line: &str) -> bool {
    let hosts = [
        concat!("registry.", "npmjs"),
        concat!("registry.", "npmmirror"),
        concat!("registry.", "yarnpkg"),
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("crates.io/", "api"),
        concat!("pypi", ".org/simple"),
        concat!("\"resolved\": ", "\"http"),
        concat!("replace", "-with"),
    ];
    // The lock file's name for the default registry is the same everywhere.
    let default = concat!("registry", "+https://github.com/rust-lang/crates.io-index");
    let foreign = line.contains(concat!("registry+", "http")) && !line.contains(default);
    let npmrc = line.trim_start().starts_with(concat!("registry", "="));
    foreign || npmrc || hosts.iter().any(|host| line.contains(host))
}

/// Compares the migrations, (path under `migrations/`, text), with the list of checksums, whose
/// lines are `sha256  path` as `sha256sum` writes them.
pub fn migrations(sums: &str, files: &[(&str, &str)]) -> Vec<String> {
    let listed: Vec<_> = sums.lines().filter_map(|line| line.split_once("  ")).collect();
    let mut out = Vec::new();
    for (path, text) in files {
        let sum = hex::encode(Sha256::digest(text.as_bytes()));
        match listed.iter().find(|(_, name)| name == path) {
            None => out.push(format!("migrations/{path}: not in SUMS; run `make sums`")),
            Some((listed, _)) if *listed != sum => out.push(format!(
                "migrations/{path}: edited after it landed; restore it and write a new one"
            )),
            Some(_) => {}
        }
    }
    for (_, name) in &listed {
        if !files.iter().any(|(path, _)| path == name) {
            out.push(format!("migrations/{name}: listed in SUMS and gone"));
        }
    }
    out
}

/// Migrations, by path under `migrations/`, that no source runs.
pub fn idle_migrations(paths: &[&str], sources: &str) -> Vec<String> {
    let runs = |path: &&&str| sources.contains(&format!("migrations/{path}\")"));
    let idle = paths.iter().filter(|path| !runs(path));
    idle.map(|path| format!("migrations/{path}: no engine runs it")).collect()
}

/// The changelog must have its section for changes not yet released.
pub fn changelog(text: &str) -> Vec<String> {
    let found = text.lines().any(|line| line.starts_with("## ") && line.contains("Unreleased"));
    if found { Vec::new() } else { vec!["CHANGELOG.md: no section \"## Unreleased\"".into()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_machine_are_found() {
        let bad = [
            concat!("see /wo", "rk/x"),
            concat!("\"/ro", "ot/.cargo\""),
            concat!("cp a /tm", "p/x"),
            concat!("(/ho", "me/ann/x)"),
            concat!("file:///ro", "ot/x"),
        ];
        for line in bad {
            assert_eq!(addresses("a.md", line).len(), 1, "{line}");
        }
        let good = [
            concat!("src/wo", "rk/x.rs"),
            concat!("https://a.b/wo", "rk/x"),
            concat!("${TMPDIR:-/tm", "p}/x"),
            concat!("under /tm", "p/"),
        ];
        for line in good {
            assert_eq!(addresses("a.md", line), [""; 0], "{line}");
        }
    }

    #[test]
    fn addresses_of_registries_are_found() {
        let bad = [
            concat!("\"resolved\": ", "\"https://mirror.example/a.tgz\""),
            concat!("registry", "=https://mirror.example"),
            concat!("curl https://registry.", "npmjs.org/x"),
            concat!("source = \"registry+", "https://mirror.example/index\""),
            concat!("replace", "-with = \"mirror\""),
        ];
        for line in bad {
            assert_eq!(addresses("Cargo.lock", line).len(), 1, "{line}");
        }
        let default = concat!("\"registry", "+https://github.com/rust-lang/crates.io-index\"");
        assert_eq!(addresses("Cargo.lock", default), [""; 0]);
    }

    #[test]
    fn built_files_are_found() {
        let paths = ["web/dist/index.html", "web/node_modules/a/b.js", "target/x", "src/data.rs"];
        let found = built(&paths.map(str::to_owned));
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn an_edited_a_new_and_a_lost_migration_are_found() {
        let sum = hex::encode(Sha256::digest(b"CREATE"));
        let sums = format!("{sum}  0001_a.sql\n{sum}  sqlite/0002_b.sql\n");
        let both = [("0001_a.sql", "CREATE"), ("sqlite/0002_b.sql", "CREATE")];
        assert_eq!(migrations(&sums, &both), [""; 0]);
        let edited = [("0001_a.sql", "DROP"), ("sqlite/0002_b.sql", "CREATE")];
        assert!(migrations(&sums, &edited)[0].contains("edited after it landed"));
        assert!(migrations(&sums, &both[..1])[0].contains("gone"));
        let new = [both[0], both[1], ("0003_c.sql", "CREATE")];
        assert!(migrations(&sums, &new)[0].contains("not in SUMS"));
    }

    #[test]
    fn a_migration_that_nobody_runs_is_found() {
        let sources = r#"(1, "a", include_str!("../../migrations/0001_a.sql")),"#;
        assert_eq!(idle_migrations(&["0001_a.sql"], sources), [""; 0]);
        assert_eq!(idle_migrations(&["0001_a.sql", "sqlite/0001_a.sql"], sources).len(), 1);
    }

    #[test]
    fn a_changelog_without_its_section_is_found() {
        assert_eq!(changelog("# Changelog\n\n## Unreleased\n"), [""; 0]);
        assert_eq!(changelog("# Changelog\n\n## 1.0.0\nUnreleased\n").len(), 1);
        assert_eq!(changelog("").len(), 1);
    }
}
