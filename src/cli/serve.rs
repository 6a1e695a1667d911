//! `hexward serve`: the server, until it is told to stop.

use super::open::open;
use crate::app::ctx::Ctx;
use crate::config::{Config, ConfigArgs};
use crate::http::{App, Options, keep_up, router};
use crate::{feed, jobs};
use anyhow::Context;
use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// The address and port to listen on; 127.0.0.1:8080 when not said anywhere.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// How long requests under way may take to end after the signal.
const GRACE: Duration = Duration::from_secs(20);

/// Runs the command.
///
/// # Errors
/// The configuration, the database or the address cannot be used.
pub async fn run(config_args: &ConfigArgs, args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let (mut config, ctx) = open(config_args).await?;
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
    let app = App::new(ctx, options, stop.clone());
    tokio::spawn(keep_up(app.clone()));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    ready(listener.local_addr()?);
    let server =
        axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    end_within_grace(server, stop).await
}

async fn end_within_grace(
    server: impl IntoFuture<Output = std::io::Result<()>, IntoFuture: Future + Send>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server.into_future() => Ok(ended?),
        () = overdue => {
            tracing::warn!(grace_s = GRACE.as_secs(), "some requests did not end in time");
            Ok(())
        }
    }
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
