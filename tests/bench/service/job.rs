//! A node that sleeps in the middle of a job: the other one does the job, and nothing is done twice
//! when the first wakes again.

use super::faults::{CLIENTS, Outcome, seconds};
use super::reports::Reports;
use super::server::{Engine, Installation, Server, ask_database};
use super::storm::{Memory, Storm, verify};
use anyhow::ensure;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ISSUES: usize = 4_000;
/// Half of the time between two rounds of the job: the other node begins so much later.
const HALF_ROUND_S: f64 = 10.0;

/// Another calendar of this year, by which most due times move.
async fn publish_calendar(installation: &Installation) -> anyhow::Result<()> {
    let year = ask_database(&installation.database, "SELECT extract(year FROM now())").await?;
    let days = (1..=12).flat_map(|month| (8..=14).map(move |day| (month, day)));
    let off = days.map(|(month, day)| {
        format!(r#"{{"name": "停工", "date": "{year}-{month:02}-{day:02}", "isOffDay": true}}"#)
    });
    let off = off.collect::<Vec<_>>().join(", ");
    let file = installation.folder.join("calendar.json");
    let paper = "https://example.org/calendar";
    std::fs::write(
        &file,
        format!(r#"{{"year": {year}, "papers": ["{paper}"], "days": [{off}]}}"#),
    )?;
    installation.run(&["import", "calendar", &file.to_string_lossy()]).await?;
    Ok(())
}

/// How many due times were worked out again, and of how many issues.
async fn count_moved(installation: &Installation) -> anyhow::Result<(u64, u64)> {
    let sql = "SELECT count(*) || ' ' || count(DISTINCT issue_id) FROM event \
               WHERE action = 'retime'";
    let told = ask_database(&installation.database, sql).await?;
    let (steps, issues) = told.split_once(' ').unwrap_or_default();
    Ok((steps.parse()?, issues.parse()?))
}

/// The transactions that nodes have begun to write in.
async fn list_open(installation: &Installation) -> anyhow::Result<String> {
    let sql = "SELECT backend_xid FROM pg_stat_activity WHERE application_name = 'hexward' AND \
               datname = current_database() AND state = 'idle in transaction' AND \
               backend_xid IS NOT NULL";
    ask_database(&installation.database, sql).await
}

/// Stops the node in a transaction of the job, which so holds its rows; says how many due times it
/// has moved.
async fn stop_in_the_middle(installation: &Installation, node: &Server) -> anyhow::Result<u64> {
    let begun = Instant::now();
    while count_moved(installation).await?.0 == 0 {
        ensure!(begun.elapsed() < Duration::from_secs(60), "the job never began");
        seconds(0.01).await;
    }
    loop {
        node.signal("STOP").await?;
        let open = list_open(installation).await?;
        if !open.is_empty() {
            // The other node's come and go.
            seconds(0.3).await;
            if list_open(installation).await? == open {
                return Ok(count_moved(installation).await?.0);
            }
        }
        node.signal("CONT").await?;
        seconds(0.003).await;
        ensure!(begun.elapsed() < Duration::from_secs(90), "the node was never caught");
    }
}

/// Waits until a question is answered with yes, at most so many seconds; says how long that took.
async fn wait_for(
    installation: &Installation,
    (most_s, what): (u64, &str),
    sql: &str,
) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    while ask_database(&installation.database, sql).await? != "t" {
        ensure!(begun.elapsed() < Duration::from_secs(most_s), "{what}: not in {most_s} s");
        seconds(0.1).await;
    }
    Ok(begun.elapsed())
}

/// One of two nodes sleeps while it works due times out anew, with a transaction open, until the
/// other has done the job; then it wakes.
///
/// # Errors
/// As for `kill`; or the other does not do the job, or something is done twice.
pub async fn pause_in_a_job(engine: &Engine) -> Outcome {
    if !engine.is_shared() {
        return Ok(None);
    }
    let installation = engine.prepare_anew_with("job", ISSUES).await?;
    let other = installation.serve().await?;
    let begun = Instant::now();
    seconds(HALF_ROUND_S).await;
    let one = installation.serve().await?;
    // Only when the other has just had its round: the first to see the calendar is the one.
    seconds(2.2 * HALF_ROUND_S - begun.elapsed().as_secs_f64()).await;
    let by = "SELECT value FROM setting WHERE name = 'clocks_timed_by'";
    let before = ask_database(&installation.database, by).await?;
    publish_calendar(&installation).await?;
    let caught = stop_in_the_middle(&installation, &one).await?;
    let reports = Reports::of(other.address).await?;
    let memory = Arc::new(Memory::default());
    memory.sent_beside(ISSUES as u64);
    let storm = Storm::begin(&[other.address], &reports, (CLIENTS / 4, "job"), &memory);
    let begun = Instant::now();
    let more = format!("SELECT count(*) > {caught} FROM event WHERE action = 'retime'");
    wait_for(&installation, (120, "the other takes over"), &more).await?;
    let over = begun.elapsed();
    let is_done = format!("SELECT value <> '{before}' FROM setting WHERE name = 'clocks_timed_by'");
    wait_for(&installation, (180, "the other does the job"), &is_done).await?;
    let done = begun.elapsed();
    let meanwhile = memory.acknowledged().len();
    let moved = count_moved(&installation).await?;
    one.signal("CONT").await?;
    // Long enough for what it was doing, and for a round of both.
    seconds(2.5 * HALF_ROUND_S).await;
    storm.end().await;
    let (steps, issues) = count_moved(&installation).await?;
    ensure!(steps == issues, "{steps} times due times were moved, of {issues} issues");
    ensure!((steps, issues) == moved, "{steps} after it woke, {} before", moved.0);
    installation.run(&["clocks", "verify"]).await?;
    let kept = verify(&installation, &one, &memory).await?;
    one.stop().await?;
    other.stop().await?;
    Ok(Some(format!(
        "stopped with a transaction open after {caught} of {steps} due times; the other went on \
         after {:.0} s and was done after {:.0} s, {meanwhile} reports came in meanwhile; awake \
         again it moved none twice; {kept} acknowledged reports, each there once",
        over.as_secs_f64(),
        done.as_secs_f64()
    )))
}
