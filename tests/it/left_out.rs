//! What a run of `cargo test` leaves out, and a word about it: a test that did not run must not
//! look like one that passed.

use std::io::Write;

/// The PostgreSQL server for tests, as `postgres://…`; `None` leaves its tests out.
pub fn postgres_url() -> Option<String> {
    std::env::var("HEXWARD_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// The line to print, or `None` when nothing is left out.
fn notice(postgres: Option<&str>) -> Option<&'static str> {
    postgres.is_none().then_some(
        "left out: PostgreSQL (set HEXWARD_TEST_POSTGRES, or use .ci/with-postgres) and the tests \
         that need Node (web, browser). `make test` runs all of them.",
    )
}

#[test]
fn what_is_left_out_is_said() {
    if let Some(line) = notice(postgres_url().as_deref()) {
        // The test harness captures print! and eprintln!, and a notice must be seen.
        let mut stderr = std::io::stderr().lock();
        writeln!(stderr, "\n{line}").expect("the notice is written");
    }
    assert!(notice(None).is_some_and(|line| line.contains("PostgreSQL")));
    assert_eq!(notice(Some("postgres://127.0.0.1/x")), None);
}
