//! `hexward import`: territory, people, catalog and matrix from files.

use super::locate::parse_datum;
use super::open::{open, told};
use crate::app::ctx::Ctx;
use crate::app::intake::{
    Joining, StageDetails, publish_catalog, publish_matrix, stage_areas, take_branches, take_people,
};
use crate::app::matrix::draft_matrix;
use crate::app::territory::publish_territory;
use crate::config::ConfigArgs;
use crate::domain::datum::Datum;
use crate::domain::territory::import::{Imported, Importer, Mapping};
use crate::domain::territory::level::Level;
use crate::domain::territory::lineage::Lineage;
use crate::domain::territory::repair::ShapeLimits;
use crate::format::lineage::read_lineage;
use crate::format::pack::{FileRole, Pack, PackFile, PackProblems};
use crate::format::packs::{City, shipped_catalog, shipped_matrix};
use crate::format::people::{Rows, read_branches, read_posts, read_workers};
use crate::format::{FileLimits, FormatError, read_features};
use anyhow::{Context, bail};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct AreasArgs {
    /// GeoJSON, TopoJSON or zipped Shapefile; several are read as one.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
    /// The one TopoJSON object, or Shapefile of the archive, to read.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The level of features that do not say theirs.
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    default_level: Option<Level>,
    /// The properties that hold code, name, level, parent and kind.
    #[arg(long, default_value = "code")]
    code: String,
    #[arg(long, default_value = "name")]
    name: String,
    #[arg(long, default_value = "level")]
    level: String,
    #[arg(long, default_value = "parent")]
    parent: String,
    #[arg(long, default_value = "kind")]
    kind: String,
    /// Take the place of all areas in force instead of joining them.
    #[arg(long)]
    replace: bool,
    /// What became of areas that are split, merged or retired: a CSV file `kind,from,to,day`.
    #[arg(long, value_name = "FILE.csv")]
    lineage: Option<PathBuf>,
    /// Retire areas that are gone and that no lineage speaks of.
    #[arg(long)]
    retire_missing: bool,
    /// Put the new version in force at once instead of staging it.
    #[arg(long)]
    publish: bool,
    /// What the change is, for those who look back.
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, clap::Args)]
pub struct CatalogArgs {
    /// The catalog that ships with Hexward, with nothing of one's own.
    #[arg(
        long,
        conflicts_with_all = ["schemes", "limits", "categories", "conditions", "crosswalk"]
    )]
    shipped: bool,
    #[arg(long, value_name = "FILE.csv")]
    schemes: Vec<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    limits: Vec<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    categories: Vec<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    conditions: Vec<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    crosswalk: Vec<PathBuf>,
    /// English names of the classes of a published table.
    #[arg(long, value_name = "FILE.csv")]
    names_en: Vec<PathBuf>,
    /// A city's table of classes and filing conditions, as published.
    #[arg(long, value_name = "FILE.csv")]
    published_table: Vec<PathBuf>,
    /// The scheme that the published table fills.
    #[arg(long, value_name = "CODE", default_value = "national")]
    scheme: String,
}

#[derive(Debug, clap::Args)]
pub struct MatrixArgs {
    /// A matrix that ships with Hexward: jinshui or la.
    #[arg(long, conflicts_with_all = ["departments", "rules", "ladder"])]
    shipped: Option<String>,
    #[arg(long, value_name = "FILE.csv")]
    departments: Option<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    rules: Option<PathBuf>,
    #[arg(long, value_name = "FILE.csv")]
    ladder: Option<PathBuf>,
    /// Put it in force at once, if the check finds no error, instead of keeping it as a draft.
    #[arg(long)]
    activate: bool,
    /// What the change is, for those who look back.
    #[arg(long, default_value = "import")]
    note: String,
}

/// Reads a level given on the command line.
///
/// # Errors
/// The names that there are.
pub fn parse_level(text: &str) -> Result<Level, String> {
    let levels = || Level::ALL.map(Level::as_str).join(", ");
    Level::parse(text).ok_or_else(|| format!("expected one of {}", levels()))
}

/// Reads areas from files.
///
/// # Errors
/// A file as a whole cannot be read.
pub fn read_areas(
    files: &[PathBuf],
    layer: Option<&str>,
    mut importer: Importer,
) -> anyhow::Result<Imported> {
    for path in files {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let report = read_features(file, layer, &FileLimits::default(), &mut |feature| {
            importer.take(feature)
        })
        .with_context(|| path.display().to_string())?;
        report.notes.iter().for_each(|note| eprintln!("{}: {note}", path.display()));
    }
    Ok(importer.finish())
}

/// Says what was repaired and what refused.
pub fn tell_import(imported: &Imported) {
    for repaired in &imported.repairs {
        let repairs: Vec<String> = repaired.repairs.iter().map(ToString::to_string).collect();
        println!("repaired {}: {}", repaired.feature, repairs.join("; "));
    }
    for refusal in &imported.refusals {
        eprintln!("refused {}: {} ({})", refusal.feature, refusal.reason, refusal.reason.remedy());
    }
    println!(
        "{} areas, {} of them repaired, {} features refused",
        imported.areas.len(),
        imported.repairs.len(),
        imported.refusals.len()
    );
}

fn read_lineage_file(path: Option<&Path>) -> anyhow::Result<Vec<Lineage>> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let (events, problems) = read_lineage(&bytes);
    problems.iter().for_each(|problem| eprintln!("{}: {problem}", path.display()));
    if !problems.is_empty() {
        bail!("{} has {} problems; nothing was changed", path.display(), problems.len());
    }
    Ok(events)
}

/// Runs `hexward import areas`.
///
/// # Errors
/// A file or the database cannot be used, or no feature is an area.
pub async fn run_areas(config: &ConfigArgs, args: AreasArgs) -> anyhow::Result<ExitCode> {
    let mapping = Mapping {
        code: args.code,
        name: args.name,
        level: args.level,
        parent: args.parent,
        kind: args.kind,
        default_level: args.default_level,
        ..Mapping::default()
    };
    let importer = Importer::new(mapping, args.datum, ShapeLimits::default());
    let imported = read_areas(&args.files, args.layer.as_deref(), importer)?;
    tell_import(&imported);
    if imported.areas.is_empty() {
        bail!("there is no area to import");
    }
    let (_, ctx) = open(config).await?;
    let details = StageDetails {
        joining: if args.replace { Joining::Replace } else { Joining::Merge },
        lineage: read_lineage_file(args.lineage.as_deref())?,
        retire_missing: args.retire_missing,
        note: args.note,
        generated: false,
    };
    let version = stage_areas(&ctx, None, &imported, details).await.map_err(told)?;
    match args.publish {
        true => publish(&ctx, version).await?,
        false => println!("staged as version {version}; see `hexward territory preview {version}`"),
    }
    Ok(ExitCode::from(u8::from(!imported.refusals.is_empty())))
}

/// Puts a staged version in force and says what moved.
///
/// # Errors
/// It is not staged, or the database cannot be used.
pub async fn publish(ctx: &Ctx, version: i64) -> anyhow::Result<()> {
    let moved = publish_territory(ctx, version).await.map_err(told)?;
    println!("version {version} is in force; {moved} open issues moved");
    Ok(())
}

/// A file of a pack.
///
/// # Errors
/// The file cannot be read.
pub fn pack_file(role: FileRole, path: &Path) -> anyhow::Result<PackFile> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(PackFile { role, name: path.display().to_string(), text, scheme: None })
}

fn tell_pack(kind: &str, outcome: Result<i64, PackProblems>) -> ExitCode {
    match outcome {
        Ok(version) => {
            println!("{kind} version {version} is in force");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            eprintln!("nothing was changed: {} problems", problems.len());
            ExitCode::FAILURE
        }
    }
}

/// Runs `hexward import catalog`.
///
/// # Errors
/// A file or the database cannot be used.
pub async fn run_catalog(config: &ConfigArgs, args: CatalogArgs) -> anyhow::Result<ExitCode> {
    let mut pack = if args.shipped { shipped_catalog() } else { Pack::default() };
    let groups = [
        (FileRole::Schemes, &args.schemes),
        (FileRole::Limits, &args.limits),
        (FileRole::Categories, &args.categories),
        (FileRole::Conditions, &args.conditions),
        (FileRole::Crosswalk, &args.crosswalk),
        (FileRole::NamesEn, &args.names_en),
        (FileRole::PublishedTable, &args.published_table),
    ];
    for (role, paths) in groups {
        for path in paths {
            let scheme = (role == FileRole::PublishedTable).then(|| args.scheme.clone());
            pack.files.push(PackFile { scheme, ..pack_file(role, path)? });
        }
    }
    if pack.files.is_empty() {
        bail!("name the files of the catalog, or --shipped");
    }
    let (_, ctx) = open(config).await?;
    let outcome = publish_catalog(&ctx, &pack, "import").await.map_err(told)?;
    Ok(tell_pack("catalog", outcome))
}

/// Runs `hexward import matrix`.
///
/// # Errors
/// A file or the database cannot be used.
pub async fn run_matrix(config: &ConfigArgs, args: MatrixArgs) -> anyhow::Result<ExitCode> {
    let mut pack = match args.shipped.as_deref() {
        None => Pack::default(),
        Some("jinshui") => shipped_matrix(City::Jinshui),
        Some("la") => shipped_matrix(City::LosAngeles),
        Some(other) => bail!("{other:?} is neither jinshui nor la"),
    };
    let files = [
        (FileRole::Departments, &args.departments),
        (FileRole::Rules, &args.rules),
        (FileRole::Ladder, &args.ladder),
    ];
    for (role, path) in files {
        if let Some(path) = path {
            pack.files.push(pack_file(role, path)?);
        }
    }
    if pack.files.is_empty() {
        bail!("name the files of the matrix, or --shipped");
    }
    let (_, ctx) = open(config).await?;
    if args.activate {
        let outcome = publish_matrix(&ctx, &pack, &args.note).await.map_err(told)?;
        return Ok(tell_pack("matrix", outcome));
    }
    match draft_matrix(&ctx, &pack, &args.note).await.map_err(told)? {
        Ok(version) => {
            println!("matrix version {version} is a draft");
            println!("check it with `hexward matrix lint {version}`, put it in force with");
            println!("`hexward matrix activate {version}`");
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => Ok(tell_pack("matrix", Err(problems))),
    }
}

#[derive(Debug, clap::Args)]
pub struct BranchesArgs {
    /// CSV or GeoJSON; takes the place of all branches.
    file: PathBuf,
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
}

#[derive(Debug, clap::Args)]
pub struct PeopleArgs {
    /// The workers: CSV or GeoJSON.
    #[arg(long, value_name = "FILE")]
    workers: PathBuf,
    /// Their posts: CSV or GeoJSON. Both take the place of all that there are.
    #[arg(long, value_name = "FILE")]
    posts: PathBuf,
    #[arg(long, default_value = "wgs84", value_parser = parse_datum)]
    datum: Datum,
}

/// The rows of a file; its problems are told, and one of them is enough to change nothing.
fn whole_rows<T>(path: &Path, read: Result<Rows<T>, FormatError>) -> anyhow::Result<Vec<T>> {
    let (rows, problems) = read.with_context(|| path.display().to_string())?;
    problems.iter().for_each(|problem| eprintln!("{}: {problem}", path.display()));
    if !problems.is_empty() {
        let n = problems.len();
        bail!("{} has {n} rows that cannot be used; nothing was changed", path.display());
    }
    Ok(rows)
}

fn open_file(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("opening {}", path.display()))
}

/// Runs `hexward import branches`.
///
/// # Errors
/// The file or the database cannot be used, or a row of it.
pub async fn run_branches(config: &ConfigArgs, args: BranchesArgs) -> anyhow::Result<ExitCode> {
    let read = read_branches(open_file(&args.file)?, args.datum, &FileLimits::default());
    let branches = whole_rows(&args.file, read)?;
    let (_, ctx) = open(config).await?;
    let taken = take_branches(&ctx, &branches, false).await.map_err(told)?;
    println!("{} branches", taken.count);
    taken.unplaced.iter().for_each(|code| eprintln!("left out, it has no position: {code}"));
    Ok(ExitCode::from(u8::from(!taken.unplaced.is_empty())))
}

/// Runs `hexward import people`.
///
/// # Errors
/// A file or the database cannot be used, or a row.
pub async fn run_people(config: &ConfigArgs, args: PeopleArgs) -> anyhow::Result<ExitCode> {
    let limits = FileLimits::default();
    let workers = whole_rows(&args.workers, read_workers(open_file(&args.workers)?, &limits))?;
    let posts = read_posts(open_file(&args.posts)?, args.datum, &limits);
    let posts = whole_rows(&args.posts, posts)?;
    let (_, ctx) = open(config).await?;
    take_people(&ctx, &workers, &posts, false).await.map_err(told)?;
    println!("{} workers, {} posts", workers.len(), posts.len());
    Ok(ExitCode::SUCCESS)
}
