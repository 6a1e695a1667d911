//! Reports a second, durable: 64 connections that each send the next report when the last one is
//! answered.

use super::client::Client;
use super::reports::Reports;
use super::server::Engine;
use super::table::{Table, Times};
use anyhow::ensure;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 64;
const WARM: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(20);
/// Durable reports and the times of those that were measured.
async fn send(
    address: SocketAddr,
    (reports, lane): (Arc<Reports>, usize),
    until: (Instant, Instant),
) -> anyhow::Result<Times> {
    let mut client = Client::open(address).await?;
    let (from, to) = until;
    let mut times = Times::default();
    // Keys differ from run to run, so that nothing is taken for a repetition.
    let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
    for n in 0_u64.. {
        let begun = Instant::now();
        if begun >= to {
            break;
        }
        let serial = n * CONNECTIONS as u64 + lane as u64;
        let key = format!("bench-{run}-{serial}");
        let answer = client.post("/api/v1/reports", reports.body(serial).into(), &key).await?;
        ensure!(answer.status == 201, "{}: {:?}", answer.status, answer.body);
        if begun >= from {
            times.add(begun.elapsed());
        }
    }
    Ok(times)
}

/// How often a second a page can be brought onto this disk.
fn syncs_a_second(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("fsync.tmp");
    let mut file = File::create(&path)?;
    let (page, begun) = ([7_u8; 4_096], Instant::now());
    let mut count = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    std::fs::remove_file(path)?;
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

/// # Errors
/// The server does not run, or refuses a report.
pub async fn measure(engine: &Engine, table: &mut Table) -> anyhow::Result<()> {
    // Anew each time: what earlier runs reported would lie near what this one reports.
    let installation = engine.prepare_anew("submit").await?;
    let server = installation.serve().await?;
    let syncs = syncs_a_second(&installation.folder)?;
    table.reference(
        &format!("fsync of a page, one after another ({})", engine.name),
        &format!("{syncs:.0} /s"),
    );
    let reports = Arc::new(Reports::of(server.address).await?);
    let from = Instant::now() + WARM;
    let until = (from, from + MEASURED);
    let mut lanes = JoinSet::new();
    for lane in 0..CONNECTIONS {
        lanes.spawn(send(server.address, (reports.clone(), lane), until));
    }
    let mut times = Times::default();
    while let Some(lane) = lanes.join_next().await {
        times.join(lane??);
    }
    let rate = times.len() as f64 / MEASURED.as_secs_f64();
    let least = if engine.name == "SQLite" { 8_000.0 } else { 4_000.0 };
    let (p50, p99) = (times.quantile_ms(0.5), times.quantile_ms(0.99));
    table.at_least(&format!("submit, {}", engine.name), (least, rate), "/s", "");
    let more = format!(" (half in {p50:.1} ms)");
    table.at_most(&format!("submit, p99, {}", engine.name), (100.0, p99), "ms", &more);
    server.stop().await
}
