//! The server under measurement: its database, its process.

use super::client::Client;
use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const BINARY: &str = env!("CARGO_BIN_EXE_hexward");
/// A key for the disputes of generated data, the same in every run.
const SEAL_KEYS: &str = "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Where the data is.
pub struct Engine {
    pub name: &'static str,
    /// The server of databases; none for the embedded one.
    postgres: Option<String>,
}

impl Engine {
    /// Whether nodes share a server of databases.
    pub fn is_shared(&self) -> bool {
        self.postgres.is_some()
    }

    /// The engines that there are on this machine.
    pub fn all() -> Vec<Self> {
        let named = std::env::var("HEXWARD_BENCH_POSTGRES").ok().filter(|url| !url.is_empty());
        let postgres = named.map(|url| Self { name: "PostgreSQL", postgres: Some(url) });
        let sqlite = Self { name: "SQLite", postgres: None };
        std::iter::once(sqlite).chain(postgres).collect()
    }

    /// The installation called `name` with the demo's territory and people and `issues` generated
    /// issues; made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn prepare(&self, name: &str, issues: usize) -> anyhow::Result<Installation> {
        let folder = target().join("bench").join(format!("{}-{name}", self.name.to_lowercase()));
        self.prepare_in(folder, name, issues).await
    }

    /// As [`Engine::prepare`], always anew and without issues.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn prepare_anew(&self, name: &str) -> anyhow::Result<Installation> {
        self.prepare_anew_with(name, 0).await
    }

    /// As [`Engine::prepare`], always anew.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn prepare_anew_with(
        &self,
        name: &str,
        issues: usize,
    ) -> anyhow::Result<Installation> {
        let folder = target().join("bench").join(format!("{}-{name}", self.name.to_lowercase()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        self.prepare_in(folder, name, issues).await
    }

    /// As [`Engine::prepare`], in a folder of one's own.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn prepare_in(
        &self,
        folder: PathBuf,
        name: &str,
        issues: usize,
    ) -> anyhow::Result<Installation> {
        std::fs::create_dir_all(&folder)?;
        let database = match &self.postgres {
            None => String::new(),
            Some(url) => {
                let (server, _) = url.rsplit_once('/').context("HEXWARD_BENCH_POSTGRES: no /")?;
                format!("{server}/bench_{name}")
            }
        };
        let installation = Installation { folder, database };
        let marker = installation.folder.join("ready");
        if marker.exists() {
            return Ok(installation);
        }
        if let Some(url) = &self.postgres {
            create_database(url, &format!("bench_{name}")).await?;
        }
        let begun = Instant::now();
        let issues = issues.to_string();
        let mut status = installation.command(&["demo", "--no-serve", "--issues", &issues]);
        ensure!(status.stdout(Stdio::null()).status().await?.success(), "the demo was not loaded");
        eprintln!("{} {name}: {issues} issues in {:.0?}", self.name, begun.elapsed());
        std::fs::write(marker, b"")?;
        Ok(installation)
    }
}

async fn create_database(server: &str, name: &str) -> anyhow::Result<()> {
    for statement in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")]
    {
        let status = Command::new("psql").args(["--quiet", server, "-c", &statement]).status();
        ensure!(status.await.context("running psql")?.success(), "{statement}");
    }
    Ok(())
}

/// Asks a PostgreSQL database; gives the rows as lines.
///
/// # Errors
/// It refuses.
pub async fn ask_database(url: &str, sql: &str) -> anyhow::Result<String> {
    let mut psql = Command::new("psql");
    let done = psql.args(["--quiet", "--tuples-only", "--no-align", url, "-c", sql]).output();
    let done = done.await.context("running psql")?;
    ensure!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

async fn shell(program: &str, words: &[&str]) -> anyhow::Result<()> {
    let done = Command::new(program).args(words).output().await.context(program.to_owned())?;
    let complained = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{program}: {complained}");
    Ok(())
}

fn target() -> PathBuf {
    // The binary is in target/release.
    Path::new(BINARY).ancestors().nth(2).unwrap_or(Path::new("target")).to_owned()
}

/// A folder and a database.
pub struct Installation {
    pub folder: PathBuf,
    /// Its address; empty for the embedded one.
    pub database: String,
}

impl Installation {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("--data").arg(&self.folder).args(words).kill_on_drop(true);
        // The server refuses settings that it does not know: those of the benches are none of its.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HEXWARD_")) {
            command.env_remove(name);
        }
        command.env("HEXWARD_SEAL_KEYS", SEAL_KEYS).env("HEXWARD_ANONYMOUS_PER_MINUTE_MAX", "0");
        if !self.database.is_empty() {
            command.args(["--database", &self.database]);
        }
        command
    }

    /// Runs a command to its end and gives what it says.
    ///
    /// # Errors
    /// It fails; what it said.
    pub async fn run(&self, words: &[&str]) -> anyhow::Result<String> {
        let done = self.command(words).output().await?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let complained = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "hexward {}: {said}{complained}", words.join(" "));
        Ok(said)
    }

    /// How many issues there are, once counters and logs are found to be right.
    ///
    /// # Errors
    /// A counter or a log is wrong.
    pub async fn count_issues(&self) -> anyhow::Result<u64> {
        self.run(&["audit", "verify"]).await?;
        let said = self.run(&["metrics", "verify"]).await?;
        let issues = said.split_whitespace().next().context("no number")?;
        issues.parse().with_context(|| format!("metrics verify: {said}"))
    }

    /// Backs it up while it is in use, as docs/operations.md says, and restores that beside it.
    ///
    /// # Errors
    /// A command fails.
    pub async fn back_up(&self) -> anyhow::Result<Self> {
        let folder = self.folder.join("backup");
        std::fs::create_dir_all(&folder)?;
        let to = folder.to_string_lossy().into_owned();
        if self.database.is_empty() {
            self.run(&["backup", &to]).await?;
            return Ok(Self { folder, database: String::new() });
        }
        let (server, name) = self.database.rsplit_once('/').context("no name of a database")?;
        let copy = format!("{name}_restored");
        let dump = format!("{to}/hexward.dump");
        shell("pg_dump", &["--format=custom", "--file", &dump, &self.database]).await?;
        create_database(&format!("{server}/postgres"), &copy).await?;
        let database = format!("{server}/{copy}");
        shell("pg_restore", &["--no-owner", "--dbname", &database, &dump]).await?;
        let anew = "SET session_replication_role = replica; UPDATE event SET tx = 0";
        shell("psql", &["--quiet", &database, "-c", anew]).await?;
        Ok(Self { folder, database })
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub async fn serve(&self) -> anyhow::Result<Server> {
        self.serve_with(&[]).await
    }

    /// As [`Installation::serve`], with more in its environment.
    ///
    /// # Errors
    /// It does not start.
    pub async fn serve_with(&self, environment: &[(&str, &str)]) -> anyhow::Result<Server> {
        let begun = Instant::now();
        let log = std::fs::File::create(self.folder.join("server.log"))?;
        let mut child = self
            .command(&["demo", "--listen", "127.0.0.1:0"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let out = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(out).lines();
        let address: SocketAddr = loop {
            let Some(line) = lines.next_line().await? else {
                bail!("the server did not start; see {}", self.folder.display())
            };
            if let Some((_, address)) = line.split_once("http://") {
                break address.trim().parse()?;
            }
        };
        // Somebody reads on, so that the server never waits for its output.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let mut client = Client::open(address).await?;
        while client.get("/readyz").await?.status != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (database, started) = (self.database.clone(), begun.elapsed());
        Ok(Server { child, database, address, started })
    }
}

/// A server that runs.
pub struct Server {
    child: Child,
    database: String,
    pub address: SocketAddr,
    /// From the command to being ready.
    pub started: Duration,
}

impl Server {
    /// The address of its database; none where that is embedded.
    pub fn database(&self) -> Option<&str> {
        Some(self.database.as_str()).filter(|address| !address.is_empty())
    }

    /// Its resident memory in megabytes.
    ///
    /// # Errors
    /// The machine does not tell.
    pub fn memory_mb(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(kb.parse::<f64>()? / 1_024.0)
    }

    /// Ends it at once, as a loss of power to the process would.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Sends a signal by its name.
    ///
    /// # Errors
    /// The process is gone.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.child.id().context("the server has ended")?.to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().await?;
        ensure!(status.success(), "kill -s {name}");
        Ok(())
    }
}
