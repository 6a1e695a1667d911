//! A matrix named on the command line: a version that is kept, or a file of rules.

use super::super::load::pack_file;
use super::super::open::told;
use crate::app::ctx::Ctx;
use crate::app::matrix::find_matrix_pack;
use crate::format::pack::{FileRole, Pack};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// Which matrix.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// The number of a version, or a CSV file of rules.
    #[arg(value_name = "FILE|VERSION")]
    matrix: String,
    #[command(flatten)]
    beside: Beside,
}

/// The other files of a matrix that is not kept yet.
#[derive(Debug, Default, clap::Args)]
pub struct Beside {
    /// The departments of a file of rules; those of the version in force when left out.
    #[arg(long, value_name = "FILE.csv")]
    departments: Option<PathBuf>,
    /// The fallback ladder of a file of rules; the one in force when left out.
    #[arg(long, value_name = "FILE.csv")]
    ladder: Option<PathBuf>,
}

impl Source {
    /// # Errors
    /// As for [`read`].
    pub async fn read(&self, ctx: &Ctx) -> anyhow::Result<Pack> {
        read(ctx, &self.matrix, &self.beside).await
    }

    /// What the matrix is called in messages.
    pub fn name(&self) -> &str {
        &self.matrix
    }
}

/// Reads a matrix: a version by its number, else the file of that name.
///
/// # Errors
/// There is no such version or file.
pub async fn read(ctx: &Ctx, matrix: &str, beside: &Beside) -> anyhow::Result<Pack> {
    if let Ok(version) = matrix.parse::<i64>() {
        if beside.departments.is_some() || beside.ladder.is_some() {
            bail!("version {version} has departments and a ladder of its own");
        }
        return find_matrix_pack(ctx, version).await.map_err(told);
    }
    let path = Path::new(matrix);
    let in_force = match ctx.snapshot().matrix_version {
        0 => Pack::default(),
        version => find_matrix_pack(ctx, version).await.map_err(told)?,
    };
    let mut pack = Pack::default();
    for (role, own) in
        [(FileRole::Departments, &beside.departments), (FileRole::Ladder, &beside.ladder)]
    {
        match own {
            Some(path) => pack.files.push(pack_file(role, path)?),
            None => pack.files.extend(in_force.files.iter().filter(|f| f.role == role).cloned()),
        }
    }
    if !pack.files.iter().any(|file| file.role == FileRole::Departments) {
        bail!(
            "no matrix is in force whose departments could be taken: name --departments FILE.csv"
        );
    }
    let rules = pack_file(FileRole::Rules, path)
        .with_context(|| format!("{matrix} is neither a version nor a file"))?;
    pack.files.push(rules);
    Ok(pack)
}
