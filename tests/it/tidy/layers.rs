//! The layer rule: which layer may name which other, which crate has which home, and where the
//! clock and chance may be asked.

use super::lex::tokens;
use super::paths::{Target, named};
use std::collections::BTreeSet;

/// A layer, and the layers that it may name besides itself. ARCHITECTURE.md draws the arrows;
/// what is below an arrow's end may be named too, for values of the core pass through all.
pub const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("format", &["domain"]),
    ("store", &["domain"]),
    ("app", &["domain", "format", "store"]),
    ("feed", &["domain", "store", "app"]),
    ("jobs", &["domain", "app", "feed"]),
    // Pages read through the scoped ports and turn rows and files into JSON; what is written
    // goes through a use case of `app`.
    ("http", &["domain", "format", "store", "app", "feed", "config"]),
    ("demo", &["domain", "format", "store", "app"]),
    ("cli", &["domain", "config", "format", "store", "app", "feed", "jobs", "http", "demo"]),
];

/// The only crates that the core names.
pub const DOMAIN_CRATES: &[&str] = &[
    "std",
    "core",
    "alloc",
    "geo",
    "geo_types",
    "geojson",
    "h3o",
    "rstar",
    "thiserror",
    "sha2",
    "jiff",
];

/// Crates with a home: no other layer names them.
pub const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("axum", &["http"]),
    ("axum_extra", &["http"]),
    ("tower_http", &["http"]),
    ("utoipa", &["http"]),
    ("utoipa_axum", &["http"]),
    ("utoipa_swagger_ui", &["http"]),
    ("rust_embed", &["http"]),
    // The options that stand over the configuration file are described beside it.
    ("clap", &["cli", "config", "main"]),
];

/// The one place that asks the clock, makes ids and draws lots.
const CONTEXT: &[&str] = &["src/app/ctx.rs"];

/// What asks the clock or chance, as the last two names of a call.
const IMPURE: &[(&str, &str)] = &[
    ("SystemTime", "now"),
    ("Timestamp", "now"),
    ("Zoned", "now"),
    ("Utc", "now"),
    ("Local", "now"),
    ("Uuid", "now_v7"),
    ("Uuid", "new_v4"),
];

/// The layer of a file: its first folder or its own name under `src`; `lib` and `main` are roots.
fn layer_of(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

/// Every breach of the layer rule in one file. `crates` are the dependencies' names, `dev` those
/// that only tests may use.
pub fn problems(
    path: &str,
    text: &str,
    crates: &BTreeSet<String>,
    dev: &BTreeSet<String>,
) -> Vec<String> {
    let layer = layer_of(path);
    if layer == "lib" {
        return Vec::new();
    }
    let known = layer == "main" || LAYERS.iter().any(|&(name, _)| name == layer);
    if !known {
        return vec![format!("{path}: {layer} is none of the layers of ARCHITECTURE.md")];
    }
    let mut out = Vec::new();
    for named in named(path, text, crates) {
        let why = match &named.target {
            Target::Ours(module) => breach_of_ours(layer, module),
            Target::Foreign(name) if named.in_test && (dev.contains(name) || name == "rand") => {
                None
            }
            Target::Foreign(name) => breach_of_foreign(layer, name),
        };
        out.extend(why.map(|why| format!("{path}:{}: {why}", named.line)));
    }
    out.extend(impure_calls(path, text, layer));
    out
}

fn breach_of_ours(layer: &str, module: &[String]) -> Option<String> {
    let other = module.first()?;
    let allowed = LAYERS.iter().find(|&&(name, _)| name == layer).map_or(&["cli"][..], |l| l.1);
    // A name at the crate's root is no layer; only the core is closed to it.
    let is_layer = LAYERS.iter().any(|&(name, _)| name == other);
    let fine = other == layer || allowed.contains(&other.as_str());
    (!fine && (is_layer || layer == "domain"))
        .then(|| format!("{layer} must not name crate::{}", module.join("::")))
}

fn breach_of_foreign(layer: &str, name: &str) -> Option<String> {
    if layer == "domain" && !DOMAIN_CRATES.contains(&name) {
        return Some(format!("domain must not name the crate {name}"));
    }
    let home = HOMES.iter().find(|&&(krate, _)| krate == name)?.1;
    (!home.contains(&layer))
        .then(|| format!("{layer} must not name {name}: its home is {}", home.join(" and ")))
}

fn impure_calls(path: &str, text: &str, layer: &str) -> Vec<String> {
    if CONTEXT.contains(&path) {
        return Vec::new();
    }
    // Tests may ask for the time; they stand at the end of a file.
    let tokens = tokens(text);
    let test_from = tokens
        .windows(4)
        .position(|w| w[0].text == "cfg" && w[2].text == "test" && w[3].text == ")")
        .unwrap_or(tokens.len());
    let impure = |kind: &str, call: &str| {
        IMPURE.contains(&(kind, call)) || (layer == "domain" && (kind, call) == ("Instant", "now"))
    };
    tokens[..test_from]
        .windows(3)
        .filter(|w| w[1].text == "::" && impure(&w[0].text, &w[2].text))
        .map(|w| {
            let call = format!("{}::{}", w[0].text, w[2].text);
            format!("{path}:{}: {call} belongs in {}", w[0].line, CONTEXT[0])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::problems;

    fn check(path: &str, source: &str, expected: &[&str]) {
        let crates = ["std", "sqlx", "axum", "serde", "rand", "jiff", "geo", "proptest"];
        let dev = ["proptest"].map(str::to_owned).into();
        let found = problems(path, source, &crates.map(str::to_owned).into(), &dev);
        assert_eq!(found.len(), expected.len(), "{path}: {source}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} does not say {expected}");
        }
    }

    #[test]
    fn the_core_names_nothing_of_the_outside() {
        let path = "src/domain/issue/clock.rs";
        check(path, "use crate::domain::time::Day; use geo::Area; use std::fmt;", &[]);
        check(path, "use serde::Serialize;", &["must not name the crate serde"]);
        check(
            path,
            "fn f() { sqlx::query(); }",
            &["clock.rs:1: domain must not name the crate sqlx"],
        );
        check(path, "use crate::app::Ctx;", &["must not name crate::app::Ctx"]);
        check(path, "use super::super::super::store::Row;", &["crate::store::Row"]);
        check(path, "use crate::Anything;", &["crate::Anything"]);
        check(path, "\nfn f() { Instant::now(); }", &["clock.rs:2: Instant::now"]);
        check(path, "fn f() { jiff::Timestamp::now(); }", &["Timestamp::now"]);
        check(path, "use rand::Rng;", &["the crate rand"]);
        check(path, "#[cfg(test)] mod tests { use proptest::prelude::*; use rand::Rng; }", &[]);
        check(path, "#[cfg(test)] mod tests { use sqlx::Row; }", &["the crate sqlx"]);
    }

    #[test]
    fn crates_stay_at_home() {
        check("src/store/sqlite.rs", "use sqlx::Row;", &[]);
        check("src/app/report.rs", "use sqlx::Row;", &["its home is store"]);
        check("src/app/report.rs", "use axum::Json;", &["its home is http"]);
        check("src/jobs/notify.rs", "use axum::Json;", &["its home is http"]);
        check("src/http/mod.rs", "use axum::Router; use sqlx::PgPool;", &["its home is store"]);
        check("src/main.rs", "use axum::Router;", &["its home is http"]);
    }

    #[test]
    fn an_arrow_is_the_only_permission() {
        check("src/app/report.rs", "use crate::{domain::time, store::Store};", &[]);
        check("src/app/report.rs", "use crate::http::wire;", &["app must not name crate::http"]);
        check("src/store/mod.rs", "use crate::app::Ctx;", &["store must not name crate::app"]);
        check("src/jobs/mod.rs", "use crate::http::wire;", &["jobs must not name crate::http"]);
        check(
            "src/format/csv.rs",
            "use crate::store::Row;",
            &["format must not name crate::store"],
        );
        check("src/main.rs", "use hexward::cli;", &[]);
        check("src/main.rs", "use hexward::store;", &["main must not name crate::store"]);
    }

    #[test]
    fn a_file_outside_the_layers_is_found() {
        check("src/util/mod.rs", "", &["util is none of the layers"]);
        check("src/helpers.rs", "", &["helpers is none of the layers"]);
    }

    #[test]
    fn the_clock_is_asked_in_one_place() {
        check("src/app/ctx.rs", "fn f() { SystemTime::now(); Uuid::now_v7(); }", &[]);
        check("src/app/report.rs", "fn f() { SystemTime::now(); }", &["SystemTime::now"]);
        check("src/http/mod.rs", "fn f() { uuid::Uuid::new_v4(); }", &["Uuid::new_v4"]);
        check("src/http/mod.rs", "fn f() { Instant::now(); }", &[]);
        check("src/http/mod.rs", "#[cfg(test)] mod tests { fn f() { SystemTime::now(); } }", &[]);
    }
}
