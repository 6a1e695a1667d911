//! How long the server takes to start on much data, and how much memory it holds.

use super::Asked;
use super::server::{Engine, Server};
use super::table::Table;

/// # Errors
/// The data cannot be made, or the server does not start.
pub async fn measure(engine: &Engine, asked: &Asked, table: &mut Table) -> anyhow::Result<Server> {
    let installation = engine.prepare(&format!("issues_{}", asked.issues), asked.issues).await?;
    let server = installation.serve().await?;
    if asked.wants("start") {
        let (name, issues) = (engine.name, asked.issues);
        let seconds = server.started.as_secs_f64();
        table.at_most(&format!("start with {issues} issues, {name}"), (3.0, seconds), "s", "");
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
