//! The paths that a source file names: what `use` brings in and what is written out in place,
//! each resolved to a foreign crate or to a module of ours.

use super::lex::{Token, tokens};
use std::collections::BTreeSet;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Another crate, by the name that code uses.
    Foreign(String),
    /// A module of this crate, as its path from the root: `["domain", "time"]`.
    Ours(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub target: Target,
    pub line: usize,
    /// Inside `#[cfg(test)] mod …`, or in a file of tests.
    pub in_test: bool,
}

/// The module path of a file under `src`: `src/a/b.rs` and `src/a/b/mod.rs` are both `[a, b]`.
pub fn module_of(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

struct Scan<'a> {
    tokens: &'a [Token],
    crates: &'a BTreeSet<String>,
    local: BTreeSet<String>,
    /// The module at this point, and the brace depths at which its inline part ends.
    module: Vec<String>,
    inline: Vec<(usize, bool)>,
    depth: usize,
    file_is_test: bool,
    out: Vec<Named>,
}

/// Everything that `text`, the file at `path`, names from the crates in `crates` or from ours.
pub fn named(path: &str, text: &str, crates: &BTreeSet<String>) -> Vec<Named> {
    let tokens = tokens(text);
    let mut scan = Scan {
        tokens: &tokens,
        crates,
        local: BTreeSet::new(),
        module: module_of(path),
        inline: Vec::new(),
        depth: 0,
        file_is_test: path.ends_with("tests.rs") || path.contains("/tests/"),
        out: Vec::new(),
    };
    scan.collect_local_names();
    scan.walk();
    scan.out
}

impl Scan<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_name(&self, at: usize) -> bool {
        self.text(at).starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// A module of ours may bear the name of a crate, `metrics` for one: a name declared by `mod`
    /// or brought in from our own crate is ours wherever a path begins with it.
    fn collect_local_names(&mut self) {
        for at in 0..self.tokens.len() {
            if self.text(at) == "mod" && self.is_name(at + 1) {
                self.local.insert(self.text(at + 1).to_owned());
            }
            if self.text(at) == "use" {
                for path in self.use_paths(at).0 {
                    let ours = matches!(path.segments[0].as_str(), "crate" | "self" | "super");
                    if ours && let Some(name) = path.name {
                        self.local.insert(name);
                    }
                }
            }
        }
    }

    fn walk(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.text(at) {
                "{" => self.open(at),
                "}" => self.close(at),
                "use" if self.text(at + 1) != "<" => self.take_use(at),
                "extern" if self.text(at + 1) == "crate" => {
                    self.record(&[self.text(at + 2).to_owned()], at);
                    at + 3
                }
                _ if self.starts_path(at) => self.take_path(at),
                _ => at + 1,
            };
        }
    }

    fn open(&mut self, at: usize) -> usize {
        self.depth += 1;
        let is_mod = at >= 2 && self.text(at - 2) == "mod" && self.is_name(at - 1);
        if is_mod {
            self.module.push(self.text(at - 1).to_owned());
            self.inline.push((self.depth, self.test_attribute_before(at - 2)));
        }
        at + 1
    }

    fn close(&mut self, at: usize) -> usize {
        if self.inline.last().is_some_and(|&(depth, _)| depth == self.depth) {
            self.inline.pop();
            self.module.pop();
        }
        self.depth = self.depth.saturating_sub(1);
        at + 1
    }

    /// Whether `#[cfg(test)]` stands before the item whose keyword is at `at`.
    fn test_attribute_before(&self, at: usize) -> bool {
        let end = if self.text(at.wrapping_sub(1)) == "pub" { at - 1 } else { at };
        let wanted = ["#", "[", "cfg", "(", "test", ")", "]"];
        end >= wanted.len()
            && (0..wanted.len()).all(|i| self.text(end - wanted.len() + i) == wanted[i])
    }

    fn starts_path(&self, at: usize) -> bool {
        let before = if at == 0 { "" } else { self.text(at - 1) };
        self.is_name(at)
            && self.text(at + 1) == "::"
            && !matches!(before, "." | "mod" | "fn")
            && (before != "::" || !self.is_name(at.wrapping_sub(2)))
    }

    fn take_path(&mut self, at: usize) -> usize {
        let mut segments = vec![self.text(at).to_owned()];
        let mut next = at + 1;
        while self.text(next) == "::" && self.is_name(next + 1) {
            segments.push(self.text(next + 1).to_owned());
            next += 2;
        }
        self.record(&segments, at);
        next
    }

    fn take_use(&mut self, at: usize) -> usize {
        let (paths, next) = self.use_paths(at);
        for path in paths {
            self.record(&path.segments, path.at);
        }
        next
    }

    /// The paths of the `use` at `at`, written out in full, and the place after its `;`.
    fn use_paths(&self, at: usize) -> (Vec<UsePath>, usize) {
        let mut out = Vec::new();
        let mut next = self.use_tree(at + 1, &[], &mut out);
        while next < self.tokens.len() && self.text(next) != ";" {
            next += 1;
        }
        (out, next + 1)
    }

    fn use_tree(&self, mut at: usize, prefix: &[String], out: &mut Vec<UsePath>) -> usize {
        let begin = at;
        let mut segments = prefix.to_vec();
        loop {
            match self.text(at) {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "" | ";") {
                        at = self.use_tree(at, &segments, out);
                        at += usize::from(self.text(at) == ",");
                    }
                    return at + 1;
                }
                "*" => {
                    at += 1;
                    break;
                }
                _ if self.is_name(at) => {
                    segments.push(self.text(at).to_owned());
                    at += 1;
                    if self.text(at) != "::" {
                        break;
                    }
                }
                _ => return at + 1,
            }
        }
        let mut name = segments.last().cloned();
        if self.text(at) == "as" {
            name = Some(self.text(at + 1).to_owned());
            at += 2;
        }
        if !segments.is_empty() {
            out.push(UsePath { segments, name, at: begin });
        }
        at
    }

    fn record(&mut self, segments: &[String], at: usize) {
        let Some(target) = self.resolve(segments) else { return };
        let in_test = self.file_is_test || self.inline.iter().any(|&(_, test)| test);
        self.out.push(Named { target, line: self.tokens[at].line, in_test });
    }

    fn resolve(&self, segments: &[String]) -> Option<Target> {
        let first = segments[0].as_str();
        match first {
            "crate" | "hexward" => Some(Target::Ours(segments[1..].to_vec())),
            "self" | "super" => {
                let mut module = self.module.clone();
                let mut rest = segments;
                while let Some((head, tail)) = rest.split_first() {
                    match head.as_str() {
                        "self" => {}
                        "super" => drop(module.pop()),
                        _ => break,
                    }
                    rest = tail;
                }
                module.extend(rest.iter().cloned());
                Some(Target::Ours(module))
            }
            _ if self.local.contains(first) => None,
            _ if self.crates.contains(first) => Some(Target::Foreign(first.to_owned())),
            _ => None,
        }
    }
}

struct UsePath {
    segments: Vec<String>,
    /// The name that it brings into scope.
    name: Option<String>,
    at: usize,
}

#[cfg(test)]
mod tests {
    use super::{Target, named};

    fn check(source: &str, expected: &str) {
        let crates = ["std", "serde", "sqlx", "metrics"].map(str::to_owned).into();
        let found: Vec<_> = named("src/domain/issue/clock.rs", source, &crates)
            .into_iter()
            .map(|n| {
                let target = match n.target {
                    Target::Foreign(name) => format!("{name}!"),
                    Target::Ours(path) => path.join("/"),
                };
                format!("{target}@{}{}", n.line, if n.in_test { "t" } else { "" })
            })
            .collect();
        assert_eq!(found.join(" "), expected, "{source}");
    }

    #[test]
    fn use_trees_are_written_out() {
        check("use serde::{de::Error, Serialize as S};", "serde!@1 serde!@1");
        check("use {serde::Serialize,\n sqlx as db};", "serde!@1 sqlx!@2");
        check("pub use ::sqlx::*;", "sqlx!@1");
        check("extern crate sqlx;", "sqlx!@1");
        check("use crate::{domain::time::Day, app};", "domain/time/Day@1 app@1");
    }

    #[test]
    fn paths_in_place_count_and_methods_and_text_do_not() {
        check("fn f() -> sqlx::Result<()> { ::serde::x() }", "sqlx!@1 serde!@1");
        check("#[derive(serde::Serialize)] struct A;", "serde!@1");
        check("fn f() { a.sqlx::<u8>(); \"sqlx::query\"; }\n// sqlx::query", "");
        check("fn f() { b::sqlx::c(); Vec::<u8>::new(); }", "");
        check("pub(crate) fn f() { crate::app::g() }", "app/g@1");
    }

    #[test]
    fn super_is_followed_through_inline_modules() {
        check("use super::x;", "domain/issue/x@1");
        check("use super::super::super::app::y;", "app/y@1");
        check(
            "mod m { use super::x; mod n { use super::super::super::z; } }",
            "domain/issue/clock/x@1 domain/issue/z@1",
        );
        check("mod m { fn f() {} } use self::z;", "domain/issue/clock/z@1");
    }

    #[test]
    fn a_module_of_ours_may_bear_the_name_of_a_crate() {
        check("use crate::domain::metrics; fn f() { metrics::g() }", "domain/metrics@1");
        check("mod metrics; fn f() { metrics::g() }", "");
        check("fn f() { metrics::g() }", "metrics!@1");
    }

    #[test]
    fn test_modules_are_told_apart() {
        check("#[cfg(test)]\nmod tests { use sqlx::x; }\nuse serde::y;", "sqlx!@2t serde!@3");
        check("#[cfg(unix)]\nmod other { use sqlx::x; }", "sqlx!@2");
    }
}
