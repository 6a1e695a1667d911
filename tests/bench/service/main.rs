//! The promises of the running service, measured from outside over HTTP on generated data: `make
//! bench` runs it, and `cargo bench --bench service -- submit queue` runs what is named.
//!
//! The server is the binary as it is shipped; the clients share its processors, as the promises
//! say. Databases stay in `target/bench` for the next run. `HEXWARD_BENCH_POSTGRES` names a server
//! (`postgres://…/postgres`) for the other engine; without it that one is left out.
//! `HEXWARD_BENCH_ISSUES` is how many issues there are, a million when it is not set.
//!
//! `cargo bench --bench service -- chaos` (or `make chaos`) does to the service what may happen to
//! it while reports come in. After each fault it is looked that no report was lost or doubled that
//! was acknowledged, that what was refused was refused in the way that is promised (503 with
//! Retry-After), and that `metrics verify` and `audit verify` find nothing.

mod client;
mod faults;
mod job;
mod living;
#[path = "../mesh.rs"]
mod mesh;
mod reading;
mod reference;
mod reports;
mod server;
mod standby;
mod start;
mod storm;
mod submit;
mod table;

use server::Engine;
use table::{Table, Verdicts};

/// What is measured, by name.
const PROMISES: [&str; 8] =
    ["submit", "heatmap", "tiles", "queue", "drill", "export", "start", "reference"];

/// What is done to the service, by name.
const FAULTS: [&str; 10] =
    ["kill", "database", "pause", "job", "disk", "clients", "clock", "backup", "nodes", "replica"];

/// What a run is asked for.
pub struct Asked {
    pub issues: usize,
    names: Vec<String>,
}

impl Asked {
    /// `known` are the names that there are.
    fn of(names: Vec<String>, known: &[&str]) -> anyhow::Result<Self> {
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            anyhow::bail!("there is no {unknown:?}; there are {}", known.join(", "));
        }
        let issues = std::env::var("HEXWARD_BENCH_ISSUES").ok().filter(|text| !text.is_empty());
        let issues = issues.map_or(Ok(1_000_000), |text| text.parse())?;
        Ok(Self { issues, names })
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|asked| asked == name)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> anyhow::Result<()> {
    // Cargo itself adds --bench.
    let mut words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if words.first().is_some_and(|word| word == "chaos") {
        words.remove(0);
        return bear(&Asked::of(words, &FAULTS)?).await;
    }
    measure(&Asked::of(words, &PROMISES)?).await
}

async fn measure(asked: &Asked) -> anyhow::Result<()> {
    let mut table = Table::default();
    for engine in Engine::all() {
        if asked.wants("submit") {
            submit::measure(&engine, &mut table).await?;
        }
        if PROMISES[1..].iter().any(|name| asked.wants(name)) {
            let server = start::measure(&engine, asked, &mut table).await?;
            reading::measure(&server, asked, &mut table).await?;
            if asked.wants("reference")
                && let Some(database) = server.database()
            {
                reference::measure(&server, database, asked, &mut table).await?;
            }
            server.stop().await?;
        }
    }
    table.print();
    Ok(())
}

async fn bear(asked: &Asked) -> anyhow::Result<()> {
    let mut verdicts = Verdicts::default();
    for engine in Engine::all() {
        for name in FAULTS.into_iter().filter(|name| asked.wants(name)) {
            let outcome = match name {
                "kill" => faults::kill(&engine).await,
                "database" => faults::stop_database(&engine).await,
                "pause" => faults::pause_a_node(&engine).await,
                "job" => job::pause_in_a_job(&engine).await,
                "disk" => faults::fill_the_disk(&engine).await,
                "clients" => faults::bad_clients(&engine).await,
                "clock" => living::jump_the_clock(&engine).await,
                "backup" => living::back_up(&engine).await,
                "replica" => standby::lose_a_replica(&engine).await,
                _ => living::three_nodes(&engine).await,
            };
            verdicts.add(name, engine.name, outcome);
        }
    }
    verdicts.print();
    anyhow::ensure!(verdicts.all_hold(), "not every fault was borne");
    Ok(())
}
