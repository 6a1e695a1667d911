//! Clients that report without pause, whatever happens to the server, and what they remember.

use super::client::Client;
use super::reports::Reports;
use super::server::{Installation, Server};
use anyhow::{Context, ensure};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// A report that was acknowledged: its key, its own number and the tracking number.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    key: String,
    n: u64,
    pub tracking: String,
}

/// What the clients know.
#[derive(Default)]
pub struct Memory {
    next: AtomicU64,
    over: AtomicBool,
    acknowledged: Mutex<Vec<Acknowledged>>,
    refused: AtomicU64,
    faults: Mutex<Vec<String>>,
}

impl Memory {
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Others have sent so many reports beside the storm.
    pub fn sent_beside(&self, n: u64) {
        self.next.fetch_add(n, Ordering::Relaxed);
    }

    fn fault(&self, text: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

/// Clients at work.
pub struct Storm {
    pub memory: Arc<Memory>,
    lanes: JoinSet<()>,
}

impl Storm {
    /// Begins with so many clients, each of which goes round the nodes; `run` tells the keys of
    /// this storm from others.
    pub fn begin(
        nodes: &[SocketAddr],
        reports: &Reports,
        (clients, run): (usize, &str),
        memory: &Arc<Memory>,
    ) -> Self {
        let mut lanes = JoinSet::new();
        memory.over.store(false, Ordering::Relaxed);
        for _ in 0..clients {
            lanes.spawn(report_on(nodes.to_vec(), reports.clone(), run.to_owned(), memory.clone()));
        }
        Self { memory: memory.clone(), lanes }
    }

    /// Ends when all have their answer or have lost their connection.
    pub async fn end(mut self) {
        self.memory.over.store(true, Ordering::Relaxed);
        while self.lanes.join_next().await.is_some() {}
    }
}

async fn report_on(nodes: Vec<SocketAddr>, reports: Reports, run: String, memory: Arc<Memory>) {
    let mut clients: Vec<Option<Client>> = nodes.iter().map(|_| None).collect();
    for turn in 0_usize.. {
        if memory.over.load(Ordering::Relaxed) {
            break;
        }
        let client = &mut clients[turn % nodes.len()];
        let Some(own) = client else {
            *client = Client::open(nodes[turn % nodes.len()]).await.ok();
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let n = memory.next.fetch_add(1, Ordering::Relaxed);
        let key = format!("{run}-{n}");
        let sent = own.post("/api/v1/reports", reports.body(n).into(), &key);
        match tokio::time::timeout(Duration::from_secs(30), sent).await {
            Err(_) => {
                memory.fault(format!("report {n} had no answer in 30 seconds"));
                *client = None;
            }
            // What was sent and not acknowledged may be there or not.
            Ok(Err(_)) => *client = None,
            Ok(Ok(answer)) if matches!(answer.status, 200 | 201) => match answer.text("number") {
                Some(tracking) => {
                    let mut all =
                        memory.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(Acknowledged { key, n, tracking });
                }
                None => memory.fault(format!("report {n}: no number in the answer")),
            },
            Ok(Ok(answer)) if answer.status == 503 => {
                if !answer.retry_after {
                    memory.fault(format!("report {n}: 503 without Retry-After"));
                }
                memory.refused.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(Ok(answer)) => memory.fault(format!("report {n}: {}", answer.status)),
        }
    }
}

/// Looks that every acknowledged report is there once, and that nothing is amiss; says how many
/// there are.
///
/// # Errors
/// What is amiss.
pub async fn verify(
    installation: &Installation,
    server: &Server,
    memory: &Memory,
) -> anyhow::Result<usize> {
    let faults = memory.faults.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ensure!(faults.is_empty(), "{} wrong answers, first: {}", faults.len(), faults[0]);
    let acknowledged = memory.acknowledged();
    ensure!(!acknowledged.is_empty(), "no report was acknowledged at all");
    let (mut client, reports) =
        (Client::open(server.address).await?, Reports::of(server.address).await?);
    for report in &acknowledged {
        let path = format!("/api/v1/track/{}", report.tracking);
        let status = client.get(&path).await?.status;
        ensure!(status == 200, "the acknowledged report {} is lost: {status}", report.tracking);
        // Sent again it is the same report.
        let body = reports.body(report.n).into();
        let again = client.post("/api/v1/reports", body, &report.key).await?;
        let tracking = again.text("number").context("no number")?;
        ensure!(
            again.status == 200 && tracking == report.tracking,
            "report {} came back as {tracking} with {}",
            report.tracking,
            again.status
        );
    }
    // Keys that were never acknowledged may have a report, and none has two.
    let sent = memory.next.load(Ordering::Relaxed);
    let kept = installation.count_issues().await?;
    let (least, most) = (acknowledged.len() as u64, sent);
    ensure!((least..=most).contains(&kept), "{kept} issues of {least} acknowledged, {most} sent");
    Ok(acknowledged.len())
}
