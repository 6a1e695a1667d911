//! The documents are held to what there is: every command that they give is read by the program's
//! own parser or found in the Makefile, every file that they name exists, the README's steps make
//! a city that serves, and the example settings are the defaults.

use crate::tidy::layers::{DOMAIN_CRATES, HOMES, LAYERS};
use clap::{Command, CommandFactory};
use hexward::config::{Config, ConfigArgs};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Folders that are built or made by running: a document may name what is not there yet.
const MADE: &[&str] = &["target/", "data/", "web/dist/", "web/node_modules/"];

/// A document under test.
struct Document {
    /// From the root of the repository.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> Document {
    let text = std::fs::read_to_string(root().join(path));
    Document { path: path.to_owned(), text: text.unwrap_or_else(|e| panic!("{path}: {e}")) }
}

/// The documents at the root and in `docs/`.
fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    for folder in ["", "docs/"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("the folder can be listed");
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        paths.extend(names.filter(|n| n.ends_with(".md")).map(|name| format!("{folder}{name}")));
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// The fenced blocks of a language: the number of the line before each, and its text.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (open.as_mut(), line.trim_start().strip_prefix("```")) {
            (None, Some(name)) => open = Some((number, name.trim().to_owned())),
            (Some(_), Some(_)) => open = None,
            (Some((start, name)), None) if name == language => {
                if out.last().is_none_or(|(last, _)| last != start) {
                    out.push((*start, String::new()));
                }
                if let Some((_, block)) = out.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            _ => {}
        }
    }
    out
}

/// The text between single backquotes, outside fenced blocks, with its line.
fn code_spans(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let inner = line.split('`').skip(1).step_by(2);
            out.extend(inner.map(|span| (number, span.to_owned())));
        }
    }
    out
}

/// The commands of a shell text as words: lines ended by `\` are joined, comments and assignments
/// left out, `a && b | c` is three commands, and what `sudo` runs stands for itself.
fn commands(shell: &str) -> Vec<Vec<String>> {
    let joined = shell.replace("\\\n", " ");
    let mut out = Vec::new();
    for line in joined.lines() {
        let mut command = Vec::new();
        for word in words(line) {
            if ["&&", "||", "|", ";"].contains(&word.as_str()) {
                out.push(std::mem::take(&mut command));
            } else {
                command.push(word);
            }
        }
        out.push(command);
    }
    out.into_iter().map(bare_command).filter(|command| !command.is_empty()).collect()
}

/// The words of a line, quotes taken off, up to a comment.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

/// A command without `sudo -u NAME`, assignments before it, and redirections.
fn bare_command(words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.peek() {
        let assigns = word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        });
        if word == "sudo" {
            words.next();
            if words.next_if(|word| word == "-u").is_some() {
                words.next();
            }
        } else if assigns {
            words.next();
        } else {
            break;
        }
    }
    words.take_while(|word| !word.starts_with(['>', '<'])).collect()
}

/// What is wrong with one command; `None` when nothing is, or when it is none of ours.
fn command_problem(words: &[String]) -> Option<String> {
    let program = Path::new(words.first()?).file_name()?.to_string_lossy().into_owned();
    match program.as_str() {
        "make" => make_problem(&words[1..], include_str!("../../Makefile")),
        "hexward" => {
            let all = std::iter::once("hexward").chain(words[1..].iter().map(String::as_str));
            let parsed = hexward::cli::Cli::command().try_get_matches_from(all);
            parsed.err().filter(|error| error.use_stderr()).map(|error| {
                let text = error.to_string();
                format!("{}: {}", words.join(" "), text.lines().next().unwrap_or(""))
            })
        }
        _ => None,
    }
}

fn make_problem(words: &[String], makefile: &str) -> Option<String> {
    words.iter().find_map(|word| {
        let known = match word.split_once('=') {
            Some((name, _)) => makefile.lines().any(|line| line.starts_with(&format!("{name} ?="))),
            None => makefile.lines().any(|line| line.starts_with(&format!("{word}:"))),
        };
        (!known).then(|| format!("the Makefile has no {word}"))
    })
}

/// What is wrong with a command named in running text: an unknown sub-command or option.
fn mention_problem(span: &str, mut command: &Command) -> Option<String> {
    for word in span.split_whitespace().skip(1) {
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or(option);
            let known = command.get_arguments().any(|arg| arg.get_long() == Some(name));
            if !known {
                return Some(format!("`{span}`: there is no --{name}"));
            }
        } else if let Some(sub) = command.find_subcommand(word) {
            command = sub;
        } else if command.has_subcommands() {
            return Some(format!("`{span}`: there is no {word}"));
        }
    }
    None
}

/// Whether a text is a path of this repository, as far as its form tells.
fn is_path(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let folders = ["src/", "docs/", "geodata/", "migrations/", "tests/", "web/", ".ci/"];
    let by_folder = folders.iter().any(|folder| text.starts_with(folder));
    let files = [".md", ".toml", ".service", "Makefile", ".rs"];
    plain && (by_folder || !text.contains('/') && files.iter().any(|end| text.ends_with(end)))
}

fn path_problem(path: &str) -> Option<String> {
    let made = MADE.iter().any(|folder| format!("{path}/").starts_with(folder));
    (!made && !root().join(path).exists()).then(|| format!("there is no {path}"))
}

/// The targets of the links in a document, from the root of the repository.
fn links(document: &Document) -> Vec<String> {
    let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
    let targets = document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or(target))
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .map(|target| match target.strip_prefix("../") {
            Some(up) => up.to_owned(),
            None => folder.join(target).to_string_lossy().into_owned(),
        })
        .collect()
}

fn problems(document: &Document) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |line: usize, problem: Option<String>| {
        out.extend(problem.map(|text| format!("{}:{line}: {text}", document.path)));
    };
    for (line, block) in blocks(&document.text, "sh") {
        for command in commands(&block) {
            say(line, command_problem(&command));
            let paths = command.iter().filter(|word| word.contains('/') && is_path(word));
            paths.for_each(|path| say(line, path_problem(path)));
        }
    }
    let mut program = hexward::cli::Cli::command();
    // Options of the program are handed down to its sub-commands only now.
    program.build();
    for (line, span) in code_spans(&document.text) {
        if span.starts_with("hexward ") {
            say(line, mention_problem(&span, &program));
        } else if let Some(rest) = span.strip_prefix("make ") {
            let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            say(line, make_problem(&words, include_str!("../../Makefile")));
        } else if is_path(&span) {
            say(line, path_problem(&span));
        }
    }
    links(document).iter().for_each(|path| say(1, path_problem(path)));
    out
}

#[test]
fn what_the_documents_name_exists() {
    let documents = documents();
    let names: Vec<_> = documents.iter().map(|document| document.path.as_str()).collect();
    assert!(names.contains(&"README.md") && names.contains(&"docs/deploy.md"), "{names:?}");
    let problems: Vec<_> = documents.iter().flat_map(problems).collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_readme_gives_the_same_commands_in_both_languages() {
    let of = |path| -> Vec<_> {
        let blocks = blocks(&read(path).text, "sh");
        blocks.iter().flat_map(|(_, block)| commands(block)).collect()
    };
    let (english, chinese) = (of("README.md"), of("README.zh-CN.md"));
    assert!(english.len() > 5, "{english:?}");
    assert_eq!(english, chinese);
}

#[test]
fn the_systemd_unit_starts_a_command_that_exists() {
    let unit = read("docs/hexward.service").text;
    let starts: Vec<_> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
    assert_eq!(starts.len(), 1);
    let found: Vec<_> = commands(starts[0]).iter().filter_map(|c| command_problem(c)).collect();
    assert_eq!(found, [""; 0]);
}

/// The binary, run from the root of the repository as a reader of the README would.
fn hexward(args: &[String]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hexward"));
    command.args(args).current_dir(root());
    command
}

fn run(args: &[String]) -> String {
    let out = hexward(args).output().expect("the binary starts");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "hexward {}: {}\n{told}", args.join(" "), out.status);
    String::from_utf8(out.stdout).expect("output is UTF-8")
}

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the command on a free port and asks whether it is ready.
fn serve_and_ask(args: &[String]) -> String {
    let mut command = hexward(args);
    command.env("HEXWARD_LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server(command.spawn().expect("the binary starts"));
    let stdout = server.0.stdout.take().expect("the output is piped");
    let line = BufReader::new(stdout).lines().next().expect("a line").expect("a readable line");
    let address = line.rsplit("http://").next().expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("the server answers");
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is read");
    answer
}

#[test]
fn following_the_readme_makes_a_city_that_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::write(at("points.csv"), "id,lon,lat\n1,113.68,34.79\n2,0,0\n").expect("written");
    let mut done = Vec::new();
    for (_, block) in blocks(&read("README.md").text, "sh") {
        for command in commands(&block).iter().filter(|command| command[0] == "hexward") {
            let place = |word: &String| match word.as_str() {
                "data/city" => at("city"),
                "points.csv" => at("points.csv"),
                other => other.to_owned(),
            };
            let args: Vec<String> = command[1..].iter().map(place).collect();
            let output = match args[0].as_str() {
                "serve" => serve_and_ask(&args),
                _ => run(&args),
            };
            done.push((args[..2].join(" "), output));
        }
    }
    let said = |command: &str, text: &str| {
        let found = done.iter().find(|(done, _)| done.starts_with(command));
        let (_, output) = found.unwrap_or_else(|| panic!("the README does not {command}"));
        assert!(output.contains(text), "{command}: {output}");
    };
    said("init", "410105");
    said("user add", "password: ");
    said("check", "761 areas");
    said("import areas", "761 areas, 0 of them repaired, 0 features refused");
    said("import branches", "197 branches");
    said("import people", "909 workers, 1347 posts");
    said("import catalog", "in force");
    said("import matrix", "in force");
    said("serve", "HTTP/1.1 200");
    said("locate", "1,113.68,34.79,410105;410105002;410105002002;410105002002005\n2,0,0,\n");
}

#[test]
fn the_demo_accounts_of_the_readme_are_those_of_the_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let run = |words: &[&str]| {
        run(&words.iter().chain(&["--data", &data]).map(|w| (*w).to_owned()).collect::<Vec<_>>())
    };
    run(&["demo", "--no-serve", "--issues", "1"]);
    let listed = run(&["user", "list"]);
    let role_of = |login: &str| {
        let line = listed.lines().find(|line| line.split('\t').next() == Some(login));
        line.and_then(|line| line.split('\t').nth(2)).map(str::to_owned)
    };
    for path in ["README.md", "README.zh-CN.md"] {
        let text = read(path).text;
        assert!(text.contains(hexward::demo::accounts::PASSWORD), "{path}");
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
        assert!(!rows.is_empty(), "{path} has no table of accounts");
        for row in rows {
            let role = row.split('|').nth(2).map(|cell| cell.trim().to_owned());
            for (_, login) in code_spans(row) {
                assert_eq!(role_of(&login), role, "{path}: {login}");
            }
        }
    }
}

#[test]
fn the_example_of_lineage_is_read_as_the_page_gives_it() {
    let example = read("tests/fixtures/formats/lineage.csv").text;
    assert!(read("docs/formats.md").text.contains(&format!("```csv\n{example}```")));
    let (events, problems) = hexward::format::lineage::read_lineage(example.as_bytes());
    assert_eq!((events.len(), problems.len()), (1, 0), "{problems:?}");
}

/// The names of all settings.
fn setting_names() -> BTreeSet<String> {
    let all = serde_json::to_value(Config::default()).expect("settings are values");
    all.as_object().expect("settings have names").keys().cloned().collect()
}

fn load_settings(toml: &str) -> Config {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), toml).expect("written");
    let args = ConfigArgs { config: Some(file.path().to_owned()), ..ConfigArgs::default() };
    Config::load(&args).unwrap_or_else(|error| panic!("{toml}: {error}"))
}

#[test]
fn the_example_settings_are_the_defaults_and_all_of_them() {
    let text = read("docs/hexward.toml").text;
    assert_eq!(load_settings(&text), Config::default());
    let assigned = text.lines().filter_map(|line| line.split_once(" = "));
    let named: BTreeSet<_> = assigned.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(named, setting_names());
}

#[test]
fn the_settings_that_the_documents_give_are_read() {
    let blocks = blocks(&read("docs/deploy.md").text, "toml");
    assert!(!blocks.is_empty());
    for (_, block) in blocks {
        assert_ne!(load_settings(&block), Config::default(), "{block}");
    }
    let (environment, names) = (read(".env.example").text, setting_names());
    let ours = environment.lines().filter_map(|line| line.strip_prefix("HEXWARD_"));
    let given: Vec<_> =
        ours.filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(!given.is_empty());
    for name in given {
        assert!(names.contains(&name.to_lowercase()), "there is no setting {name}");
    }
}

/// The cells of the table rows that begin with a code span, each as the code spans in it.
fn table_rows(text: &str) -> Vec<Vec<BTreeSet<String>>> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| {
        let inner = row.trim().trim_matches('|');
        let spans = |cell: &str| code_spans(cell).into_iter().map(|(_, span)| span).collect();
        inner.split('|').map(spans).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_layers_that_are_drawn_are_the_layers_that_are_kept() {
    let text = read("ARCHITECTURE.md").text;
    let section = text.split("## Code map").next().expect("split gives a first part");
    let (layers, crates): (Vec<_>, Vec<_>) =
        table_rows(section).into_iter().partition(|row| row.len() == 4);
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let told: Vec<_> = layers.iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let kept: Vec<(BTreeSet<String>, BTreeSet<String>)> =
        LAYERS.iter().map(|(layer, may_name)| (set(&[layer]), set(may_name))).collect();
    assert_eq!(told, kept);
    for row in &layers {
        let at_home = |(_, homes): &&(&str, &[&str])| homes.iter().any(|h| row[0].contains(*h));
        let homed = HOMES.iter().filter(at_home).map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(row[3], homed, "{:?}", row[0]);
    }
    let told: BTreeSet<_> = crates.iter().flat_map(|row| row[0].clone()).collect();
    let kept: BTreeSet<_> = set(DOMAIN_CRATES);
    let library = set(&["std", "core", "alloc"]);
    assert_eq!(told, &kept - &library);
}

#[test]
fn an_invented_command_target_or_file_is_found() {
    let check = |text: &str, expected: &[&str]| {
        let document = Document { path: "docs/x.md".into(), text: text.into() };
        let found = problems(&document);
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} does not say {expected}");
        }
    };
    check("```sh\nmake demo CITY=la\n```", &[]);
    check("```sh\nmake nothing\n```", &["no nothing"]);
    check("```sh\nmake demo TOWN=la\n```", &["no TOWN=la"]);
    check("```sh\nsudo -u hexward A=b hexward fly  # up\n```", &["docs/x.md:1: hexward fly"]);
    check("```sh\nls && target/release/hexward --fly\n```", &["--fly"]);
    check("```text\nhexward fly\n```", &[]);
    check("`hexward fly`, `make nothing`", &["there is no fly", "no nothing"]);
    check("`src/nothing.rs` and `Cargo.toml` and `data/x`", &["there is no src/nothing.rs"]);
    check(
        "[a](nothing.md) [b](../README.md#c) [c](https://d.e/f)",
        &["there is no docs/nothing.md"],
    );
}
