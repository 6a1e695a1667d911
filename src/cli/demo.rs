//! `hexward demo`: loads a demo into an empty folder, then serves it.

use super::open::{keep_counters, open_ctx, start_log, told};
use super::seal::{ensure_own_key, require_key};
use super::serve::serve;
use crate::app::ctx::Ctx;
use crate::config::{Config, ConfigArgs};
use crate::demo::accounts::{PASSWORD, Seat};
use crate::demo::load::{DemoError, ISSUES, Stage, city_name, find_loaded, load, seats_of};
use crate::format::packs::City;
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// The city: jinshui (generated) or la (real requests of Los Angeles).
    #[arg(long, default_value = "jinshui", value_parser = parse_city)]
    city: City,
    /// The address and port to listen on; 127.0.0.1:8080 when not said anywhere.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Load the demo and do not serve it.
    #[arg(long)]
    no_serve: bool,
    /// How many issues to generate for Jinshui.
    #[arg(long, value_name = "N", default_value_t = ISSUES)]
    issues: usize,
}

fn parse_city(text: &str) -> Result<City, String> {
    let cities = [City::Jinshui, City::LosAngeles];
    let found = cities.into_iter().find(|city| city_name(*city) == text);
    found.ok_or_else(|| "expected jinshui or la".to_owned())
}

/// Runs the command.
///
/// # Errors
/// The folder holds something else than this demo, or the database or address cannot be used.
pub async fn run(config_args: &ConfigArgs, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(config_args)?;
    config.listen = args.listen.unwrap_or(config.listen);
    start_log(&config);
    ensure_own_key(&config)?;
    require_key(&config)?;
    let ctx = open_demo(&config, args.city, args.issues).await?;
    if args.no_serve {
        ctx.store.follow_counters().await.context("adding up the counters")?;
        keep_counters(&ctx).await;
    } else {
        let seats = seats_of(&ctx, args.city);
        serve(&config, ctx, |address| greet(address, &seats)).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file that is there, and locked, while the embedded database is being loaded.
const MARKER: &str = "demo-loading";

/// Opens the demo's database, loading it first where it is not there.
async fn open_demo(config: &Config, city: City, issues: usize) -> anyhow::Result<Arc<Ctx>> {
    // A database of one's own is not a file of ours that could be begun again.
    let marker = match config.database.is_empty() {
        true => begin_again(config)?,
        false => None,
    };
    let ctx = open_ctx(config).await?;
    match find_loaded(&ctx).await.map_err(demo_told)? {
        Some(name) if name == city_name(city) => return Ok(ctx),
        Some(name) => bail!(
            "{} holds the demo of {name}; name another folder with --data for {}",
            config.database_url(),
            city_name(city)
        ),
        None => {}
    }
    // Whoever set up an installation has kept its settings, all of them at once.
    let settings = ctx.store.list_settings().await?;
    let in_use = settings.iter().any(|(name, _)| name == "district")
        || !ctx.store.list_accounts().await?.is_empty()
        || ctx.snapshot().territory_version() > 0;
    if marker.is_none() && in_use {
        bail!(
            "{} holds an installation that is not a demo, or a demo whose loading was broken off; \
             name an empty one with --data or --database",
            config.database_url()
        );
    }
    let bar = ProgressBar::new(1)
        .with_style(ProgressStyle::with_template("{msg:>12} {wide_bar} {pos}/{len} {elapsed}")?);
    let last = Mutex::new(None);
    let tell = |stage: Stage, done: usize, of: usize| {
        // Where no bar can be drawn, each stage is told once.
        let before = last.lock().unwrap_or_else(PoisonError::into_inner).replace(stage);
        if bar.is_hidden() && before != Some(stage) {
            eprintln!("loading {}", stage_name(stage));
        }
        bar.set_message(stage_name(stage));
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let loaded = load(&ctx, city, issues, &tell).await.map_err(demo_told)?;
    bar.finish_and_clear();
    println!("{loaded}");
    if let Some((path, _lock)) = marker {
        std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(ctx)
}

/// Makes way for loading where there is no database yet, or one whose loading was broken off: the
/// marker, held as long as the loading runs. `None` when there is a database.
fn begin_again(config: &Config) -> anyhow::Result<Option<(PathBuf, File)>> {
    let (marker, database) = (config.data.join(MARKER), config.data.join("hexward.db"));
    if database.exists() && !marker.exists() {
        return Ok(None);
    }
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("making {}", config.data.display()))?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&marker)
        .with_context(|| format!("making {}", marker.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("another hexward is loading the demo into {}", config.data.display())
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    file.sync_all()?;
    File::open(&config.data)?.sync_all()?;
    if database.exists() {
        println!(
            "The demo in {} was not loaded to the end; beginning again.",
            config.data.display()
        );
    }
    for name in ["hexward.db", "hexward.db-wal", "hexward.db-shm"] {
        remove_if_there(&config.data.join(name))?;
    }
    Ok(Some((marker, file)))
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Territory => "territory",
        Stage::Packs => "catalog",
        Stage::People => "people",
        Stage::Accounts => "accounts",
        Stage::History => "issues",
    }
}

fn demo_told(error: DemoError) -> anyhow::Error {
    match error {
        DemoError::App(error) => told(error),
        DemoError::File(file, reason) => anyhow::anyhow!("{file}: {reason}"),
        DemoError::Refused(why) => anyhow::anyhow!("the generated history: {why}"),
    }
}

/// The address and the accounts, in both languages.
fn greet(address: SocketAddr, seats: &[Seat]) {
    println!("网格哨演示已就绪 / The Hexward demo is ready: http://{address}");
    println!("演示账号（密码均为 {PASSWORD}）/ demo accounts (all with this password):");
    for seat in seats.iter().filter(|seat| seat.open) {
        let role = seat.grant.role.as_str();
        println!(
            "  {:<14} {role:<16} {}: {} / {}",
            seat.login, seat.name, seat.hint.0, seat.hint.1
        );
    }
    println!("Ctrl-C 停止 / stops the server.");
}
