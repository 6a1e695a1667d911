//! The faults. Each gives what came of it, or nothing where the engine knows no such fault.

use super::client::Client;
use super::reports::Reports;
use super::server::{Engine, Server};
use super::storm::{Memory, Storm, verify};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

pub type Outcome = anyhow::Result<Option<String>>;

pub const CLIENTS: usize = 16;
const KILLS: u64 = 10;

pub async fn seconds(n: f64) {
    tokio::time::sleep(Duration::from_secs_f64(n)).await;
}

/// The server is killed ten times under load, each time at another moment.
///
/// # Errors
/// A report that was acknowledged is lost or doubled, or something does not verify.
pub async fn kill(engine: &Engine) -> Outcome {
    let installation = engine.prepare_anew("kill").await?;
    let memory = Arc::new(Memory::default());
    for round in 0..KILLS {
        let server = installation.serve().await?;
        let reports = Reports::of(server.address).await?;
        let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "kill"), &memory);
        seconds(0.4 + 0.17 * round as f64).await;
        server.stop().await?;
        storm.end().await;
    }
    let server = installation.serve().await?;
    let kept = verify(&installation, &server, &memory).await?;
    server.stop().await?;
    Ok(Some(format!("killed {KILLS} times; {kept} acknowledged reports, each there once")))
}

/// Has the script of `.ci/with-postgres` do something to the database, and gives what it says.
///
/// # Errors
/// There is no such script, or it fails.
pub async fn control_database(words: &str) -> anyhow::Result<String> {
    let script = std::env::var("HEXWARD_TEST_POSTGRES_CONTROL").context(
        "HEXWARD_TEST_POSTGRES_CONTROL names no script: run this through .ci/with-postgres",
    )?;
    // A file, since the database keeps what it is started with open.
    let said = std::env::temp_dir().join(format!("hexward-control-{}", std::process::id()));
    let mut command = Command::new(script);
    command.args(words.split(' ')).stdout(std::fs::File::create(&said)?);
    let status = command.status().await?;
    let told = std::fs::read_to_string(&said)?;
    std::fs::remove_file(&said)?;
    ensure!(status.success(), "the database would not {words}");
    Ok(told)
}

/// The database is stopped under load and started again; the server stays.
///
/// # Errors
/// As for [`kill`]; or reports are not taken again afterwards.
pub async fn stop_database(engine: &Engine) -> Outcome {
    if !engine.is_shared() {
        return Ok(None);
    }
    let installation = engine.prepare_anew("database").await?;
    let server = installation.serve().await?;
    let reports = Reports::of(server.address).await?;
    let memory = Arc::new(Memory::default());
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "database"), &memory);
    let mut longest = Duration::ZERO;
    for _ in 0..3 {
        seconds(1.0).await;
        control_database("stop").await?;
        seconds(2.0).await;
        control_database("start").await?;
        let (before, begun) = (memory.acknowledged().len(), Instant::now());
        while memory.acknowledged().len() == before {
            ensure!(begun.elapsed() < Duration::from_secs(30), "no report is taken any more");
            seconds(0.02).await;
        }
        longest = longest.max(begun.elapsed());
    }
    storm.end().await;
    let kept = verify(&installation, &server, &memory).await?;
    ensure!(memory.refused() > 0, "nothing was refused while the database was away");
    server.stop().await?;
    Ok(Some(format!(
        "stopped 3 times; {} refused with 503 and Retry-After, taken again after {:.1} s at most; \
         {kept} acknowledged reports, each there once",
        memory.refused(),
        longest.as_secs_f64()
    )))
}

/// One of two nodes sleeps while the other goes on, and wakes again.
///
/// # Errors
/// As for [`kill`]; or the nodes count differently.
pub async fn pause_a_node(engine: &Engine) -> Outcome {
    if !engine.is_shared() {
        return Ok(None);
    }
    let installation = engine.prepare_anew("pause").await?;
    let (one, other) = (installation.serve().await?, installation.serve().await?);
    let reports = Reports::of(one.address).await?;
    let memory = Arc::new(Memory::default());
    let storms = [
        Storm::begin(&[one.address], &reports, (CLIENTS / 2, "pause"), &memory),
        Storm::begin(&[other.address], &reports, (CLIENTS / 2, "pause"), &memory),
    ];
    seconds(1.0).await;
    one.signal("STOP").await?;
    seconds(5.0).await;
    one.signal("CONT").await?;
    seconds(1.0).await;
    for storm in storms {
        storm.end().await;
    }
    let kept = verify(&installation, &other, &memory).await?;
    let count = async |node: &Server| -> anyhow::Result<String> {
        let mut client = Client::sign_in(node.address, "leader").await?;
        let answer = client.get("/api/v1/metrics/summary").await?;
        let told: serde_json::Value = serde_json::from_slice(&answer.body)?;
        Ok(told["n"].to_string())
    };
    let (here, there) = (count(&one).await?, count(&other).await?);
    ensure!(here == there, "one node counts {here} reports, the other {there}");
    one.stop().await?;
    other.stop().await?;
    Ok(Some(format!(
        "one of two nodes slept 5 s; {kept} acknowledged reports, each there once, and both nodes \
         count {here}"
    )))
}

/// A disk of its own for as long as this is held.
struct SmallDisk(PathBuf);

impl SmallDisk {
    async fn mount(at: &Path, megabytes: u32) -> anyhow::Result<Option<Self>> {
        let _ = Command::new("umount").arg(at).output().await;
        std::fs::create_dir_all(at)?;
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at);
        Ok(mount.status().await?.success().then(|| Self(at.to_owned())))
    }

    async fn grow(&self, megabytes: u32) -> anyhow::Result<()> {
        let size = format!("remount,size={megabytes}m");
        let status = Command::new("mount").args(["-o", &size]).arg(&self.0).status().await?;
        ensure!(status.success(), "the disk does not grow");
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The disk runs full under load, and has room again later.
///
/// # Errors
/// As for [`kill`]; or reports are not taken again when there is room.
pub async fn fill_the_disk(engine: &Engine) -> Outcome {
    if engine.is_shared() {
        return Ok(None);
    }
    let at = std::env::temp_dir().join("hexward-chaos-disk");
    let Some(disk) = SmallDisk::mount(&at, 48).await? else {
        return Ok(Some("left out: this user may not mount a disk".to_owned()));
    };
    let installation = engine.prepare_in(at.join("data"), "disk", 0).await?;
    let server = installation.serve().await?;
    let reports = Reports::of(server.address).await?;
    let memory = Arc::new(Memory::default());
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "disk"), &memory);
    let begun = Instant::now();
    while memory.refused() < 50 {
        ensure!(begun.elapsed() < Duration::from_secs(120), "the disk never ran full");
        seconds(0.1).await;
    }
    let full = memory.acknowledged().len();
    disk.grow(400).await?;
    let begun = Instant::now();
    while memory.acknowledged().len() < full + 200 {
        ensure!(begun.elapsed() < Duration::from_secs(30), "there is room, and nothing is taken");
        seconds(0.1).await;
    }
    storm.end().await;
    let kept = verify(&installation, &server, &memory).await?;
    server.stop().await?;
    Ok(Some(format!(
        "full after {full} reports, then 503 with Retry-After; taken again once there was room; \
         {kept} acknowledged reports, each there once"
    )))
}

/// Clients that send half of a request and wait, or stop in the middle, or send too much.
///
/// # Errors
/// As for [`kill`]; or others have to wait for them.
pub async fn bad_clients(engine: &Engine) -> Outcome {
    let installation = engine.prepare_anew("clients").await?;
    let server = installation.serve().await?;
    let reports = Reports::of(server.address).await?;
    let memory = Arc::new(Memory::default());
    let mut slow = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(server.address).await?;
        let body = reports.body(n);
        let head = head_of(&server, body.len());
        stream.write_all(format!("{head}{}", &body[..20]).as_bytes()).await?;
        slow.push(stream);
    }
    let storm = Storm::begin(&[server.address], &reports, (CLIENTS, "clients"), &memory);
    for n in 0..50_u64 {
        // Cut off in the middle of the body.
        let mut stream = TcpStream::connect(server.address).await?;
        let body = reports.body(n);
        let half = format!("{}{}", head_of(&server, body.len()), &body[..40]);
        stream.write_all(half.as_bytes()).await?;
        drop(stream);
    }
    let told = too_much(&server).await?;
    ensure!(told.contains(" 413 "), "a body of a gigabyte is answered with {told:?}");
    seconds(2.0).await;
    storm.end().await;
    drop(slow);
    let kept = verify(&installation, &server, &memory).await?;
    ensure!(kept > 200, "others had to wait: {kept} reports in two seconds");
    server.stop().await?;
    Ok(Some(format!(
        "200 stalled, 50 cut off, one of a gigabyte refused with 413; meanwhile {kept} reports, \
         each there once, and nothing of the others"
    )))
}

fn head_of(server: &Server, length: usize) -> String {
    format!(
        "POST /api/v1/reports HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n",
        server.address
    )
}

/// The first line of the answer to a body that says to be a gigabyte.
async fn too_much(server: &Server) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(server.address).await?;
    stream.write_all(head_of(server, 1 << 30).as_bytes()).await?;
    let chunk = vec![b' '; 1 << 16];
    for _ in 0..4_096 {
        // The server may answer and close before it has read everything.
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 256];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await??;
    let text = String::from_utf8_lossy(&answer[..read]).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
