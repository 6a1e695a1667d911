//! What happens to a service that lives on: backups while it is in use, clocks that jump, nodes
//! that share the work. Each gives what came of it, or nothing where the engine knows no such
//! thing.

use super::client::Client;
use super::faults::{CLIENTS, Outcome, seconds};
use super::reports::Reports;
use super::server::{Engine, Server};
use super::storm::{Memory, Storm, verify};
use super::table::Times;
use anyhow::{Context, ensure};
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A backup is taken under load, restored, and compared with what it was taken of.
///
/// # Errors
/// Something that was acknowledged before is not in it or is something else, or something does not
/// verify.
pub async fn back_up(engine: &Engine) -> Outcome {
    let installation = engine.prepare_anew("backup").await?;
    let server = installation.serve().await?;
    let reports = Reports::of(server.address).await?;
    let memory = Arc::new(Memory::default());
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "backup"), &memory);
    seconds(2.0).await;
    let before = memory.acknowledged();
    let begun = Instant::now();
    let copy = installation.back_up().await?;
    let took = begun.elapsed();
    let meanwhile = memory.acknowledged().len() - before.len();
    seconds(0.5).await;
    storm.end().await;
    ensure!(meanwhile > 0, "nothing was reported during the backup");
    let restored = copy.serve().await?;
    let (mut there, mut here) =
        (Client::open(restored.address).await?, Client::open(server.address).await?);
    for report in &before {
        let path = format!("/api/v1/track/{}", report.tracking);
        let (copied, own) = (story(&mut there, &path).await?, story(&mut here, &path).await?);
        ensure!(copied == own, "{path}: {copied} in the backup, {own} where it was taken");
    }
    restored.stop().await?;
    let (kept, all) = (copy.count_issues().await?, verify(&installation, &server, &memory).await?);
    ensure!(kept >= before.len() as u64, "{kept} of {} are in the backup", before.len());
    server.stop().await?;
    Ok(Some(format!(
        "taken and restored in {:.1} s while {meanwhile} reports came in; {} acknowledged before, \
         each there as it was; it holds {kept} issues, and counters and logs are right; {all} \
         acknowledged in all",
        took.as_secs_f64(),
        before.len()
    )))
}

/// What does not change with the time of day.
async fn story(client: &mut Client, path: &str) -> anyhow::Result<String> {
    let answer = client.get(path).await?;
    ensure!(answer.status == 200, "{path}: {}", answer.status);
    let told: serde_json::Value = serde_json::from_slice(&answer.body)?;
    Ok(["number", "state", "category_name", "timeline"]
        .map(|name| told[name].to_string())
        .join(" "))
}

/// Makes the library that gives a program another clock.
fn make_clock(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, include_str!("clock.c"))?;
    let options = ["-shared", "-fPIC", "-O2", "-o"];
    let made = Command::new("cc").args(options).args([&library, &source]).status()?;
    ensure!(made.success(), "{} cannot be compiled", source.display());
    Ok(library)
}

/// How far the server's clock is from the machine's, in seconds.
async fn clock_of(server: &Server) -> anyhow::Result<i64> {
    // Sessions may end as the clock leaps.
    let mut client = Client::sign_in(server.address, "leader").await?;
    let told = client.get("/api/v1/metrics/summary").await?;
    let at: jiff::Timestamp = told.text("as_of").context("no instant")?.parse()?;
    Ok(at.as_second() - jiff::Timestamp::now().as_second())
}

/// The machine's clock leaps forward and back under load.
///
/// # Errors
/// Reports are no longer taken, or are lost or doubled, or something does not verify.
pub async fn jump_the_clock(engine: &Engine) -> Outcome {
    let installation = engine.prepare_anew("clock").await?;
    let (library, clock) = (make_clock(&installation.folder)?, installation.folder.join("clock"));
    std::fs::write(&clock, "+0\n")?;
    let (preload, file) = (library.to_string_lossy(), clock.to_string_lossy());
    let server =
        installation.serve_with(&[("LD_PRELOAD", &preload), ("MOVED_CLOCK", &file)]).await?;
    let reports = Reports::of(server.address).await?;
    let memory = Arc::new(Memory::default());
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "clock"), &memory);
    let mut longest = Duration::ZERO;
    let leaps = ["+3600", "-7200", "+172800", "-86400", "+0"];
    for leap in leaps {
        seconds(1.0).await;
        std::fs::write(&clock, format!("{leap}\n"))?;
        let (before, begun) = (memory.acknowledged().len(), Instant::now());
        while memory.acknowledged().len() < before + 2 * CLIENTS {
            ensure!(begun.elapsed() < Duration::from_secs(30), "nothing is taken after {leap} s");
            seconds(0.02).await;
        }
        longest = longest.max(begun.elapsed());
        let off = clock_of(&server).await?;
        let is_moved = leap.parse::<i64>().is_ok_and(|leap| (leap - off).abs() < 60);
        ensure!(is_moved, "the server's clock is off by {off} s, not by {leap} s");
    }
    seconds(0.5).await;
    storm.end().await;
    let kept = verify(&installation, &server, &memory).await?;
    server.stop().await?;
    Ok(Some(format!(
        "leapt {} times, by up to two days forward and three back; reports went on within {:.1} s; \
         {kept} acknowledged reports, each there once",
        leaps.len(),
        longest.as_secs_f64()
    )))
}

/// When the live feed of a node told of each issue.
type Told = Arc<Mutex<HashMap<String, Instant>>>;

async fn follow(node: SocketAddr) -> anyhow::Result<Told> {
    let mut feed = Client::sign_in(node, "leader").await?.watch("/api/v1/live").await?;
    let told = Told::default();
    let kept = told.clone();
    tokio::spawn(async move {
        let mut text = String::new();
        while let Some(Ok(frame)) = feed.body.frame().await {
            let Ok(bytes) = frame.into_data() else { continue };
            text.push_str(&String::from_utf8_lossy(&bytes));
            while let Some(end) = text.find("\n\n") {
                let event: String = text.drain(..end + 2).collect();
                let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                let data = data.and_then(|data| serde_json::from_str(data).ok());
                let data: serde_json::Value = data.unwrap_or_default();
                if let Some(id) = data["id"].as_str() {
                    let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    all.entry(id.to_owned()).or_insert_with(Instant::now);
                }
            }
        }
    });
    Ok(told)
}

const PROBES: u64 = 40;

/// How long after its acknowledgement by one node the feed of another tells of a report.
async fn feed_lag(from: &Server, reports: &Reports, told: &Told) -> anyhow::Result<Times> {
    let (mut client, mut times) = (Client::open(from.address).await?, Times::default());
    for n in 0..PROBES {
        let body = reports.body_inside(n).into();
        let answer = client.post("/api/v1/reports", body, &format!("probe-{n}")).await?;
        let (id, known) = (answer.text("id").context("no id")?, Instant::now());
        let at = loop {
            let seen = told.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
            if let Some(at) = seen {
                break at;
            }
            ensure!(known.elapsed() < Duration::from_secs(30), "the feed never told of {id}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        times.add(at.saturating_duration_since(known));
    }
    Ok(times)
}

/// Three nodes on one database, and clients that go round them.
///
/// # Errors
/// A report is lost or doubled, the nodes count differently, or the feed of one does not tell what
/// another took.
pub async fn three_nodes(engine: &Engine) -> Outcome {
    if !engine.is_shared() {
        return Ok(None);
    }
    let installation = engine.prepare_anew("nodes").await?;
    let nodes =
        [installation.serve().await?, installation.serve().await?, installation.serve().await?];
    let addresses = [nodes[0].address, nodes[1].address, nodes[2].address];
    let reports = Reports::of(addresses[0]).await?;
    let told = follow(addresses[2]).await?;
    let memory = Arc::new(Memory::default());
    let storm = Storm::begin(&addresses, &reports, (CLIENTS, "nodes"), &memory);
    seconds(1.0).await;
    let lag = feed_lag(&nodes[0], &reports, &told).await?;
    storm.end().await;
    let mut counts = Vec::new();
    for node in &nodes {
        let mut client = Client::sign_in(node.address, "leader").await?;
        let answer = client.get("/api/v1/metrics/summary").await?;
        let told: serde_json::Value = serde_json::from_slice(&answer.body)?;
        counts.push(told["n"].to_string());
    }
    ensure!(counts.iter().all(|n| *n == counts[0]), "the nodes count {counts:?}");
    // The probes are there beside what the storm sent.
    memory.sent_beside(PROBES);
    let kept = verify(&installation, &nodes[1], &memory).await?;
    for node in nodes {
        node.stop().await?;
    }
    Ok(Some(format!(
        "{kept} acknowledged reports, each there once; all three count {}; the feed of one told of \
         what another took after {:.0} ms (half), {:.0} ms at most of {}",
        counts[0],
        lag.quantile_ms(0.5),
        lag.quantile_ms(1.0),
        lag.len()
    )))
}
