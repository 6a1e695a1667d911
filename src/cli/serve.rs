//! `hexward serve`: the server, until it is told to stop.

use super::open::{keep_counters, open_keyed};
use crate::app::ctx::Ctx;
use crate::config::{Config, ConfigArgs};
use crate::http::{self, App, Options};
use crate::{feed, jobs};
use anyhow::Context;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The address and port to listen on; 127.0.0.1:8080 when not said anywhere.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// Runs the command.
///
/// # Errors
/// The configuration, the database or the address cannot be used.
pub async fn run(config_args: &ConfigArgs, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let (mut config, ctx) = open_keyed(config_args).await?;
    config.listen = args.listen.unwrap_or(config.listen);
    serve(&config, ctx, |address| println!("Hexward listens on http://{address}")).await?;
    Ok(ExitCode::SUCCESS)
}

/// Serves until SIGTERM or Ctrl-C; then no request is taken any more, and those under way are
/// ended in order. `ready` is called once the address answers.
///
/// # Errors
/// The address is taken, or the server broke.
pub async fn serve(
    config: &Config,
    ctx: Arc<Ctx>,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone()));
    feed::spawn(ctx.clone(), stop.clone());
    jobs::spawn(ctx.clone(), stop.clone());
    let options = Options {
        secure_cookies: config.https,
        trusted_proxies: config.trusted_proxies.clone(),
        anonymous_per_minute_max: config.anonymous_per_minute_max,
    };
    ready(listener.local_addr()?);
    http::serve(listener, App::new(ctx.clone(), options, stop.clone()), stop).await?;
    keep_counters(&ctx).await;
    Ok(())
}

async fn cancel_on_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(signal) => signal,
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be listened for");
                return;
            }
        };
    tokio::select! {
        _ = interrupt => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    stop.cancel();
}
