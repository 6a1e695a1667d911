//! What the commands share: the log, the database, and the surroundings of the use cases.

use super::seal::ensure_own_key;
use crate::app::ctx::{Ctx, system_clock};
use crate::app::error::AppError;
use crate::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use crate::app::refold::refold_if_stale;
use crate::app::seal::Seals;
use crate::app::verify::renew_metrics;
use crate::config::{Config, ConfigArgs};
use crate::store;
use anyhow::Context;
use std::future::Future;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// Starts the log on standard error. `HEXWARD_LOG_FILTER` chooses what is told, as
/// `RUST_LOG` does elsewhere.
pub fn start_log(config: &Config) {
    let filter =
        std::env::var("HEXWARD_LOG_FILTER").unwrap_or_else(|_| "info,sqlx=warn".to_owned());
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        // It would tell of a log that takes nothing, as on a full disk, by a print that panics.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // A second start in one process (tests) is no fault.
    let _ = match config.log.as_str() {
        "json" => log.json().try_init(),
        _ => log.try_init(),
    };
}

/// Runs asynchronous work to its end.
///
/// # Errors
/// The work's own, or no threads to run it on.
pub fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Reads the configuration, opens the database and the photos.
///
/// # Errors
/// What cannot be read or reached, with its name.
pub async fn open(args: &ConfigArgs) -> anyhow::Result<(Config, Arc<Ctx>)> {
    let config = Config::load(args)?;
    start_log(&config);
    let ctx = open_ctx(&config).await?;
    Ok((config, ctx))
}

/// As [`open`], where disputes may come in: an embedded database gets a key of its own first.
///
/// # Errors
/// As for [`open`] and [`ensure_own_key`].
pub async fn open_keyed(args: &ConfigArgs) -> anyhow::Result<(Config, Arc<Ctx>)> {
    let config = Config::load(args)?;
    start_log(&config);
    ensure_own_key(&config)?;
    let ctx = open_ctx(&config).await?;
    Ok((config, ctx))
}

/// Keeps the counters that are in memory for the next start, which has them at once then. It adds
/// them up anew when they could not be kept.
pub async fn keep_counters(ctx: &Ctx) {
    if let Err(error) = ctx.store.save_counters().await {
        tracing::warn!(%error, "the counters were not kept; the next start adds them up anew");
    }
}

/// Opens the database and the photos of a configuration. Rows and counters of another version of
/// the program are made anew first.
///
/// # Errors
/// What cannot be reached, with its name.
pub async fn open_ctx(config: &Config) -> anyhow::Result<Arc<Ctx>> {
    let store = store::open_with_replica(&config.database_url(), config.replica()?).await;
    let store = store.context("opening the database")?;
    store.keep_counters_in(config.counters_file());
    let photos = PhotoStore::open(&config.photos_address()).context("opening the photos")?;
    let photos = PhotoShop::new(photos, PhotoLimits::default());
    let keys = Seals::parse(&config.seal_keys_text()?).context("seal_keys")?;
    let ctx = Ctx::load_with(store, photos, Arc::new(system_clock), keys).await.map_err(told)?;
    let folded = refold_if_stale(&ctx).await.map_err(told).context("folding the issues anew")?;
    if let Some(issues) = folded.filter(|issues| *issues > 0) {
        tracing::info!(issues, "issues were folded anew from their logs");
    }
    let renewed = renew_metrics(&ctx).await.map_err(told).context("building the counters anew")?;
    if let Some(issues) = renewed.filter(|issues| *issues > 0) {
        tracing::info!(issues, "the counters were of another version and were built anew");
    }
    Ok(ctx)
}

/// A use case's failure as a sentence for the terminal.
pub fn told(error: AppError) -> anyhow::Error {
    match error {
        AppError::Invalid(problems) => {
            let lines = problems.iter().map(|p| format!("{}: {}", p.field, p.says.en));
            anyhow::anyhow!("{}", lines.collect::<Vec<_>>().join("; "))
        }
        AppError::Evidence { says, .. }
        | AppError::Forbidden(says)
        | AppError::NotFound(says)
        | AppError::Conflict(says)
        | AppError::ReportCode(says)
        | AppError::NoSealKey(says)
        | AppError::TooLarge(says)
        | AppError::UnsupportedMedia(says) => anyhow::anyhow!("{}", says.en),
        AppError::Refused(refusal) => anyhow::anyhow!("{refusal}"),
        AppError::Unavailable(why) | AppError::Internal(why) => anyhow::anyhow!("{why}"),
        AppError::Unauthenticated | AppError::BadCredentials => anyhow::anyhow!("not signed in"),
        AppError::Throttled { .. } => anyhow::anyhow!("too many attempts"),
        AppError::KeyReused => anyhow::anyhow!("the key came with another request before"),
    }
}
