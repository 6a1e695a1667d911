//! `hexward backup`: a copy of an installation with an embedded database, while it is in use.

use crate::config::{Config, ConfigArgs};
use crate::store::copy::copy_sqlite;
use anyhow::{Context, ensure};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const DATABASE: &str = "hexward.db";

#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The folder of the copy, which is made when it is not there. A database that is in it from an
    /// earlier backup is replaced once the new one is whole; photos that are in it are not copied
    /// again.
    folder: PathBuf,
}

/// Runs `hexward backup`.
///
/// # Errors
/// The database is not an embedded one, the folder is that of the installation, or something cannot
/// be read or written; what was there before is whole then.
pub async fn run(config: &ConfigArgs, args: &BackupArgs) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let url = config.database_url();
    let source = url.strip_prefix("sqlite:").map(Path::new).context(
        "the database is not an embedded one: back it up with pg_basebackup or pg_dump, as \
         docs/operations.md says",
    )?;
    let folder = &args.folder;
    let fault = |what: &Path| format!("{}", what.display());
    ensure!(source.is_file(), "{}: there is no database", source.display());
    fs::create_dir_all(folder).with_context(|| fault(folder))?;
    let own = source.parent().map(fs::canonicalize).transpose()?;
    let is_own = own == Some(fs::canonicalize(folder)?);
    ensure!(!is_own, "{} is the folder of the installation itself", folder.display());

    // The database first: a photo is written before the record that names it.
    let (part, whole) = (folder.join(format!("{DATABASE}.part")), folder.join(DATABASE));
    remove(&part).with_context(|| fault(&part))?;
    copy_sqlite(source, &part).await.with_context(|| fault(source))?;
    // What was written beside an earlier copy, should somebody have opened it, is not of this one.
    for beside in ["-wal", "-shm"] {
        let left = folder.join(format!("{DATABASE}{beside}"));
        remove(&left).with_context(|| fault(&left))?;
    }
    fs::rename(&part, &whole).with_context(|| fault(&whole))?;
    sync_folder(folder).with_context(|| fault(folder))?;
    println!("{}: {} MiB", whole.display(), fs::metadata(&whole)?.len() >> 20);

    let address = config.photos_address();
    match address.strip_prefix("file:").map(|path| Path::new(path.trim_start_matches("//"))) {
        Some(photos) => {
            let to = folder.join("photos");
            let copied = copy_new(photos, &to).with_context(|| fault(&to))?;
            println!("{}: {copied} new files", to.display());
        }
        None => println!("the photos are not in a folder and are not copied"),
    }
    if config.own_seal_file().is_file() {
        let keys = config.own_seal_file();
        println!("the keys of disputes are not copied; keep {} elsewhere", keys.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Copies the files that `to` does not have, and says how many. What has a name never changes; what
/// is still being written has a `#` in it.
fn copy_new(from: &Path, to: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    fs::create_dir_all(to)?;
    let mut copied = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copied += copy_new(&entry.path(), &target)?;
        } else if !name.to_string_lossy().contains('#') && !target.exists() {
            let mut part = name.clone();
            part.push("#part");
            let part = to.join(part);
            fs::copy(entry.path(), &part)?;
            fs::File::open(&part)?.sync_all()?;
            fs::rename(&part, &target)?;
            copied += 1;
        }
    }
    sync_folder(to)?;
    Ok(copied)
}
