//! A real streaming replica beside the database: what is read from it, how far it is behind, and
//! what happens while it is away.

use super::client::Client;
use super::faults::{CLIENTS, Outcome, control_database, seconds};
use super::reports::Reports;
use super::server::{Engine, Installation, Server, ask_database};
use super::storm::{Memory, Storm, verify};
use super::table::Times;
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A replica for as long as this is held.
struct Standby {
    database: String,
}

impl Standby {
    async fn make(installation: &Installation) -> anyhow::Result<Self> {
        // What a run left that was broken off.
        control_database("drop standby").await?;
        let port = control_database("make standby").await?;
        let (_, name) = installation.database.rsplit_once('/').context("no name of a database")?;
        Ok(Self { database: format!("postgres://hexward@127.0.0.1:{}/{name}", port.trim()) })
    }

    async fn ask(&self, sql: &str) -> anyhow::Result<String> {
        ask_database(&self.database, sql).await
    }

    /// Holds back what comes from the database.
    async fn hold_back(&self) -> anyhow::Result<()> {
        self.ask("SELECT pg_wal_replay_pause()").await?;
        while self.ask("SELECT pg_get_wal_replay_pause_state()").await? != "paused" {
            seconds(0.01).await;
        }
        Ok(())
    }

    /// Waits until the server asks it, and says how long that took.
    async fn wait_until_asked(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hexward'";
        while self.ask(sql).await? == "0" {
            ensure!(begun.elapsed() < Duration::from_secs(60), "the replica is not asked again");
            seconds(0.1).await;
        }
        Ok(begun.elapsed())
    }
}

/// A report in the middle of the territory, acknowledged; its tracking number.
async fn report(client: &mut Client, reports: &Reports, n: u64) -> anyhow::Result<String> {
    let body = reports.body_inside(n).into();
    let answer = client.post("/api/v1/reports", body, &format!("probe-{n}")).await?;
    answer.text("number").with_context(|| format!("probe {n}: {}", answer.status))
}

/// Whether one list of issues, or the same as a table, holds a report.
async fn holds(client: &mut Client, path: &str, number: &str) -> anyhow::Result<bool> {
    let answer = client.get(path).await?;
    ensure!(answer.status == 200, "{path}: {}", answer.status);
    Ok(String::from_utf8_lossy(&answer.body).contains(number))
}

/// With the replica held back the table lacks what was just reported, and whoever reported it sees
/// it all the same; so the one is read from the replica and the other is not.
async fn tell_apart(server: &Server, reports: &Reports, standby: &Standby) -> anyhow::Result<()> {
    let mut leader = Client::sign_in(server.address, "leader").await?;
    let mut resident = Client::open(server.address).await?;
    let place = reports.bounds_inside();
    let table = format!("/api/v1/issues/export?bbox={place}");
    let list = format!("/api/v1/issues?limit=200&bbox={place}");
    standby.hold_back().await?;
    let number = report(&mut resident, reports, 0).await?;
    let tracked = resident.get(&format!("/api/v1/track/{number}")).await?.status;
    ensure!(tracked == 200, "one's own report is not to be seen: {tracked}");
    ensure!(holds(&mut leader, &list, &number).await?, "the list lacks one's own report");
    ensure!(!holds(&mut leader, &table, &number).await?, "the table is not of the replica");
    standby.ask("SELECT pg_wal_replay_resume()").await?;
    Ok(())
}

const PROBES: u64 = 40;

/// How long after its acknowledgement the table of the replica holds a report; the list has to
/// hold it at once.
async fn table_lag(server: &Server, reports: &Reports) -> anyhow::Result<Times> {
    let mut leader = Client::sign_in(server.address, "leader").await?;
    let (mut resident, mut times) = (Client::open(server.address).await?, Times::default());
    let place = reports.bounds_inside();
    let table = format!("/api/v1/issues/export?bbox={place}");
    for n in 1..PROBES {
        let number = report(&mut resident, reports, n).await?;
        let known = Instant::now();
        let mut behind = Duration::ZERO;
        // What was asked before it came is not in the answer, however late that is.
        loop {
            let asked = known.elapsed();
            if holds(&mut leader, &table, &number).await? {
                break;
            }
            ensure!(known.elapsed() < Duration::from_secs(30), "the table never held {number}");
            behind = asked;
        }
        times.add(behind);
        let tracked = resident.get(&format!("/api/v1/track/{number}")).await?.status;
        ensure!(tracked == 200, "one's own report is not to be seen: {tracked}");
    }
    Ok(times)
}

/// People who read much all the time, and how long they waited.
#[derive(Default)]
struct Reading {
    over: AtomicBool,
    times: Mutex<Times>,
    faults: Mutex<Vec<String>>,
}

impl Reading {
    fn begin(self: &Arc<Self>, server: &Server, paths: &[String]) -> JoinSet<()> {
        let mut lanes = JoinSet::new();
        for path in paths {
            lanes.spawn(self.clone().read_on(server.address, path.clone()));
        }
        lanes
    }

    async fn read_on(self: Arc<Self>, address: SocketAddr, path: String) {
        while !self.over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let answer = async {
                let mut client = Client::sign_in(address, "leader").await?;
                client.get(&path).await
            };
            let fault = match answer.await {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(format!("{path}: {}", answer.status)),
                Err(error) => Some(format!("{path}: {error:#}")),
            };
            self.times.lock().unwrap_or_else(PoisonError::into_inner).add(begun.elapsed());
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.extend(fault);
        }
    }

    async fn end(&self, mut lanes: JoinSet<()>) -> anyhow::Result<Times> {
        self.over.store(true, Ordering::Relaxed);
        while lanes.join_next().await.is_some() {}
        let faults =
            std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        ensure!(faults.is_empty(), "{} wrong answers, first: {}", faults.len(), faults[0]);
        Ok(std::mem::take(&mut *self.times.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Compares all rows of all tables; says how many tables there are.
async fn compare(installation: &Installation, standby: &Standby) -> anyhow::Result<usize> {
    let begun = Instant::now();
    let written = ask_database(&installation.database, "SELECT pg_current_wal_lsn()").await?;
    let caught_up = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
    while standby.ask(&caught_up).await? != "t" {
        ensure!(begun.elapsed() < Duration::from_secs(60), "the replica never catches up");
        seconds(0.05).await;
    }
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let tables = standby.ask(tables).await?;
    for table in tables.lines() {
        let rows = format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' \
             ORDER BY md5(t::text))), '') FROM {table} t"
        );
        let (here, there) =
            (ask_database(&installation.database, &rows).await?, standby.ask(&rows).await?);
        ensure!(here == there, "{table}: {here} in the database, {there} in its replica");
    }
    Ok(tables.lines().count())
}

const AWAY_S: f64 = 5.0;

/// A streaming replica is read from, stopped under load and started again.
///
/// # Errors
/// As for `kill`; or what is read is refused, the replica is not asked, or it ends otherwise than
/// the database.
pub async fn lose_a_replica(engine: &Engine) -> Outcome {
    if !engine.is_shared() {
        return Ok(None);
    }
    let installation = engine.prepare_anew("replica").await?;
    let standby = Standby::make(&installation).await?;
    let told = read_from(&installation, &standby).await;
    control_database("drop standby").await?;
    told.map(Some)
}

async fn read_from(installation: &Installation, standby: &Standby) -> anyhow::Result<String> {
    let replica = [("HEXWARD_DATABASE_REPLICA", standby.database.as_str())];
    let server = installation.serve_with(&replica).await?;
    let reports = Reports::of(server.address).await?;
    tell_apart(&server, &reports, standby).await?;
    let memory = Arc::new(Memory::default());
    memory.sent_beside(PROBES);
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "replica"), &memory);
    seconds(1.0).await;
    let lag = table_lag(&server, &reports).await?;
    let yesterday = standby.ask("SELECT current_date - 1").await?;
    let paths = [
        "/api/v1/issues/export".to_owned(),
        "/api/v1/metrics/flow".to_owned(),
        format!("/api/v1/metrics/summary?as_of={yesterday}"),
    ];
    let reading = Arc::new(Reading::default());
    let lanes = reading.begin(&server, &paths);
    let mut again = Duration::ZERO;
    for _ in 0..2 {
        seconds(1.0).await;
        control_database("stop standby").await?;
        seconds(AWAY_S).await;
        control_database("start standby").await?;
        again = again.max(standby.wait_until_asked().await?);
    }
    let waited = reading.end(lanes).await?;
    storm.end().await;
    ensure!(memory.refused() == 0, "{} reports were refused", memory.refused());
    let kept = verify(installation, &server, &memory).await?;
    server.stop().await?;
    let tables = compare(installation, standby).await?;
    Ok(format!(
        "tables came from the replica: one asked for right after a report held it after {:.0} ms \
         (half), {:.0} ms at most of {}; one's own report was seen at once; stopped 2 times for \
         {AWAY_S} s: {} readings, none refused, half in {:.0} ms, {:.1} s at most; asked again \
         {:.1} s after its start; {kept} acknowledged reports, each there once; all {tables} \
         tables the same on both",
        lag.quantile_ms(0.5),
        lag.quantile_ms(1.0),
        lag.len(),
        waited.len(),
        waited.quantile_ms(0.5),
        waited.quantile_ms(1.0) / 1_000.0,
        again.as_secs_f64()
    ))
}
