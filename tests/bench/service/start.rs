//! How long the server takes to start on much data, and how much memory it holds.

use super::Asked;
use super::client::Client;
use super::server::{Engine, Server};
use super::table::Table;
use anyhow::ensure;
use std::time::Instant;

/// # Errors
/// The data cannot be made, or the server does not start.
pub async fn measure(engine: &Engine, asked: &Asked, table: &mut Table) -> anyhow::Result<Server> {
    let installation = engine.prepare(&format!("issues_{}", asked.issues), asked.issues).await?;
    let server = installation.serve().await?;
    if asked.wants("start") {
        let (name, issues) = (engine.name, asked.issues);
        let seconds = server.started.as_secs_f64();
        table.at_most(&format!("start with {issues} issues, {name}"), (3.0, seconds), "s", "");
        // Numbers of the last weeks, as a leader asks for them first.
        let mut client = Client::sign_in(server.address, "leader").await?;
        let begun = Instant::now();
        let path = "/api/v1/metrics/cells?format=geojson&metrics=closing_rate&res=8";
        let answer = client.get(path).await?;
        ensure!(answer.status == 200, "{path}: {}", answer.status);
        let seconds = seconds + begun.elapsed().as_secs_f64();
        let promise = format!("first heatmap after a start with {issues} issues, {name}");
        table.at_most(&promise, (3.0, seconds), "s", "");
        let memory = server.memory_mb()?;
        table.at_most(
            &format!("memory at rest, {issues} issues, {name}"),
            (300.0, memory),
            "MB",
            "",
        );
    }
    Ok(server)
}
