//! `hexward seal`: the keys that disputes are sealed with.

use super::open::{open, told};
use crate::app::seal::{Seals, new_key, rotate};
use crate::config::{Config, ConfigArgs};
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum SealCommand {
    /// Make a key: printed as a line for seal_keys, or put first into a file.
    NewKey(NewKeyArgs),
    /// Seal with the first key whatever another key sealed, or none; may be broken off and run
    /// again.
    Rotate,
}

#[derive(Debug, clap::Args)]
pub struct NewKeyArgs {
    /// The key's name: letters, digits, - and _.
    #[arg(long, default_value = "k1")]
    name: String,
    /// Put the key first into this file, which is made when it is not there.
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
}

/// Runs `hexward seal`.
///
/// # Errors
/// The name or the file cannot be used, there is no key, or the database cannot be used.
pub async fn run(config: &ConfigArgs, command: SealCommand) -> anyhow::Result<ExitCode> {
    match command {
        SealCommand::NewKey(args) => make_key(&args),
        SealCommand::Rotate => seal_anew(config).await,
    }
}

fn make_key(args: &NewKeyArgs) -> anyhow::Result<ExitCode> {
    let name = &args.name;
    let line = new_key(name).with_context(|| format!("{name:?} cannot name a key"))?;
    match &args.into {
        None => println!("{line}"),
        Some(path) => {
            put_first(path, &line)?;
            println!("the key {name} seals from now on; keep a copy of {}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts a key before those of a file, whole or not at all. Only its owner may read the file.
fn put_first(path: &Path, line: &str) -> anyhow::Result<()> {
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let text = format!("{line}\n{before}");
    Seals::parse(&text).with_context(|| format!("{} with the new key", path.display()))?;
    let new = path.with_extension("keys-new");
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&new)
        .with_context(|| format!("making {}", new.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path).with_context(|| format!("replacing {}", path.display()))
}

/// Gives an installation a key of its own, where none is configured and the database is embedded:
/// then there is one node, and its key can lie beside its database. Nodes that share a database
/// need the same key, so theirs has to be configured.
///
/// # Errors
/// The data folder cannot be written to, or the configured keys cannot be read.
pub fn ensure_own_key(config: &Config) -> anyhow::Result<()> {
    let is_embedded = config.database_url().starts_with("sqlite:");
    if !is_embedded || !config.seal_keys_text()?.trim().is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("making {}", config.data.display()))?;
    // A name of its own, so that what a lost key sealed is told from what this one seals.
    let name = format!("own-{}", hex::encode(rand::random::<[u8; 4]>()));
    let Some(line) = new_key(&name) else { bail!("no key can be made") };
    let path = config.own_seal_file();
    put_first(&path, &line)?;
    tracing::info!(
        key = name,
        file = %path.display(),
        "no key to seal disputes with was configured, so one was made: keep a copy of its file \
         apart from the database"
    );
    Ok(())
}

/// Says what to do where disputes are needed and there is no key to seal them with.
///
/// # Errors
/// There is no key.
pub fn require_key(config: &Config) -> anyhow::Result<()> {
    match config.seal_keys_text()?.trim().is_empty() {
        false => Ok(()),
        true => bail!(
            "nodes on {} may share it and need one key to seal disputes with: run `hexward seal \
             new-key` and set seal_keys",
            config.database_url().split("://").next().unwrap_or("a server")
        ),
    }
}

async fn seal_anew(config: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    let bar = ProgressBar::new_spinner();
    let rotated = rotate(&ctx, |done| bar.set_message(format!("{done} texts"))).await;
    bar.finish_and_clear();
    let rotated = rotated.map_err(told)?;
    println!(
        "{} texts sealed anew, {} changed meanwhile, {} do not open",
        rotated.resealed,
        rotated.passed,
        rotated.closed.len()
    );
    rotated.closed.iter().for_each(|text| println!("  {text}"));
    Ok(ExitCode::from(u8::from(!rotated.closed.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_embedded_database_gets_a_key_of_its_own_once_and_a_shared_one_none() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().join("data"), ..Config::default() };
        assert!(require_key(&config).is_err());
        ensure_own_key(&config).unwrap();
        let path = config.own_seal_file();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let made = config.seal_keys_text().unwrap();
        assert!(Seals::parse(&made).unwrap().can_seal());
        ensure_own_key(&config).unwrap();
        assert_eq!(config.seal_keys_text().unwrap(), made, "the key stays");
        require_key(&config).unwrap();

        let database = "postgres://somebody:secret@host/hexward".to_owned();
        let data = folder.path().join("shared");
        let shared = Config { data, database, ..Config::default() };
        ensure_own_key(&shared).unwrap();
        assert!(!shared.own_seal_file().exists());
        let told = require_key(&shared).unwrap_err().to_string();
        assert!(told.contains("seal new-key") && !told.contains("secret"), "{told}");
    }
}
