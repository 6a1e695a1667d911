//! Shape: how long lines, functions and files may be, and that a module says what it is for.

use super::lex::{Token, tokens};

const FILE_LINES_MAX: usize = 500;
const LINE_COLUMNS_MAX: usize = 100;
const FUNCTION_LINES_MAX: usize = 70;

/// Functions that may be longer, as (file, function). Each needs a reason beside it.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];

/// Whether the file is code that people write and read.
pub fn is_code(path: &str) -> bool {
    let by_name = path == "Makefile"
        || [".rs", ".sql", ".mjs", ".js", ".ts", ".svelte", ".css"]
            .iter()
            .any(|e| path.ends_with(e));
    by_name || (path.starts_with(".ci/") && !path.ends_with(".txt"))
}

/// Every breach of shape in one file of code.
pub fn problems(path: &str, text: &str) -> Vec<String> {
    let generated = text.lines().take(5).any(|line| line.contains("auto-generated"));
    if generated {
        return Vec::new();
    }
    let mut out = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        out.push(format!("{path}: {lines} lines, at most {FILE_LINES_MAX}"));
    }
    // The browser side is laid out by prettier, which leaves only texts and paths longer.
    let laid_out = path.starts_with("web/") || path.ends_with(".mjs");
    for (at, line) in text.lines().enumerate().filter(|_| !laid_out) {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX && !cannot_be_broken(line) {
            out.push(format!("{path}:{}: {columns} columns, at most {LINE_COLUMNS_MAX}", at + 1));
        }
    }
    if path.ends_with(".rs") {
        if !text.starts_with("//!") {
            out.push(format!("{path}: the first line must be //! and say what it is for"));
        }
        out.extend(long_functions(path, &tokens(text)));
    }
    out
}

/// A line that is one literal or holds an address cannot be made shorter.
fn cannot_be_broken(line: &str) -> bool {
    line.trim_start().starts_with(['"', 'r']) && line.trim_start().contains('"')
        || line.contains("https://")
}

fn long_functions(path: &str, tokens: &[Token]) -> Vec<String> {
    let mut out = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let is_function = pair[0].text == "fn"
            && pair[1].text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let Some(end) = is_function.then(|| body_end(&tokens[at..])).flatten() else { continue };
        let (name, lines) = (&pair[1].text, end + 1 - pair[0].line);
        if lines > FUNCTION_LINES_MAX && !LONG_FUNCTIONS.contains(&(path, name)) {
            let line = pair[0].line;
            out.push(format!(
                "{path}:{line}: {name} has {lines} lines, at most {FUNCTION_LINES_MAX}"
            ));
        }
    }
    out
}

/// The line on which the body of the function that begins here ends; `None` without a body.
fn body_end(tokens: &[Token]) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for token in tokens {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            ";" if braces == 0 && brackets == 0 => return None,
            "{" => braces += 1,
            "}" if braces == 1 => return Some(token.line),
            "}" => braces -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::problems;

    fn check(path: &str, source: &str, expected: &[&str]) {
        let found = problems(path, source);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} does not say {expected}");
        }
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        check("src/a.rs", "//! This.\nfn f() {}\n", &[]);
        check("src/a.rs", "fn f() {}\n", &["the first line must be //!"]);
        check("src/a.rs", "// This.\n", &["the first line must be //!"]);
        check("web/src/a.ts", "export {};\n", &[]);
    }

    #[test]
    fn a_file_has_at_most_500_lines() {
        check("src/a.rs", &format!("//! A.\n{}", "\n".repeat(499)), &[]);
        check("src/a.rs", &format!("//! A.\n{}", "\n".repeat(500)), &["501 lines"]);
        check("web/api.ts", &format!("// auto-generated\n{}", "\n".repeat(900)), &[]);
    }

    #[test]
    fn a_line_has_at_most_100_columns() {
        let line = |n: usize| format!("//! A.\n// {}\n", "x".repeat(n));
        check("src/a.rs", &line(97), &[]);
        check("src/a.rs", &line(98), &["a.rs:2: 101 columns"]);
        check("src/a.rs", &format!("//! A.\n// {}\n", "网".repeat(97)), &[]);
        check("src/a.rs", &format!("//! A.\n    \"{}\",\n", "x".repeat(120)), &[]);
    }

    #[test]
    fn a_function_has_at_most_70_lines() {
        let function = |lines: usize, head: &str| {
            format!("//! A.\n{head} {{\n{}}}\n", "    a(\"}\");\n".repeat(lines - 2))
        };
        check("src/a.rs", &function(70, "fn f(x: [u8; 4]) -> u8"), &[]);
        check("src/a.rs", &function(71, "fn f(x: [u8; 4]) -> u8"), &["a.rs:2: f has 71 lines"]);
        check("src/a.rs", &format!("//! A.\ntrait T {{ fn f();\n{}}}\n", "\n".repeat(90)), &[]);
        check("src/a.rs", &format!("//! A.\ntype F = fn(u8);\n{}", "\n".repeat(90)), &[]);
    }
}
