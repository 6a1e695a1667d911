//! Loads the demo into an empty installation: settings, territory, people, catalog, matrix,
//! accounts, and at last the history. Everything comes out of the binary.

use super::accounts::{PASSWORD, Seat, open_seats};
use super::{history, jinshui, la};
use crate::app::account::fold_login;
use crate::app::assets::publish_layer;
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::instance::{Instance, save_instance};
use crate::app::intake::{publish_catalog, publish_matrix, publish_shipped_calendar};
use crate::app::people::{branch_row, post_row, worker_row};
use crate::app::territory::{publish_territory, stage_territory};
use crate::domain::datum::Datum;
use crate::domain::territory::asset::Layer;
use crate::domain::territory::import::{Importer, Mapping};
use crate::domain::territory::repair::ShapeLimits;
use crate::domain::territory::{Area, Branch, Post, Worker};
use crate::format::assets::{AssetMapping, read_assets};
use crate::format::pack::{Pack, PackProblems};
use crate::format::packs::{City, shipped_catalog, shipped_matrix};
use crate::format::people::{Rows, read_branches, read_posts, read_workers};
use crate::format::{FileLimits, FormatError, read_features};
use crate::store::StoreError;
use crate::store::port::AreaRow;
use std::io::Cursor;

/// The setting that names the loaded city. It is written last: a database without it is no demo,
/// or one whose loading was broken off.
pub const LOADED: &str = "demo_loaded";

/// How many issues Jinshui has.
pub const ISSUES: usize = 12_000;

/// What is being loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Territory,
    Packs,
    People,
    Accounts,
    History,
}

/// Told how far a stage has come: done, of how many.
pub type Tell<'a> = &'a (dyn Fn(Stage, usize, usize) + Sync);

/// Why the demo cannot be loaded.
#[derive(Debug)]
pub enum DemoError {
    App(AppError),
    /// A shipped file, and what is wrong with it.
    File(&'static str, String),
    /// The generated history asked for something that the workflow refuses.
    Refused(String),
}

impl From<AppError> for DemoError {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<StoreError> for DemoError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// Those who are bound to areas.
pub type Bound = (Vec<Branch>, Vec<Worker>, Vec<Post>);

/// Everything of a city that is not an issue.
pub struct CityPack {
    pub instance: Instance,
    pub areas: Vec<AreaRow>,
    pub branches: Vec<Branch>,
    pub workers: Vec<Worker>,
    pub posts: Vec<Post>,
    /// Layers of owned things, with the files that hold them.
    pub layers: Vec<(Layer, &'static str, &'static [u8])>,
    /// Whether branches and people were made up.
    pub generated: bool,
    pub note: &'static str,
}

/// The name of a city on the command line and in [`LOADED`].
pub const fn city_name(city: City) -> &'static str {
    match city {
        City::Jinshui => "jinshui",
        City::LosAngeles => "la",
    }
}

/// The city that an installation is the demo of; `None` when it is none, or not whole.
///
/// # Errors
/// The store is not available.
pub async fn find_loaded(ctx: &Ctx) -> Result<Option<String>, DemoError> {
    let settings = ctx.store.list_settings().await?;
    Ok(settings.into_iter().find(|(name, _)| name == LOADED).map(|(_, city)| city))
}

/// Loads a city's demo, for Jinshui with about `issues` generated issues, into an empty
/// installation, and says what was loaded.
///
/// # Errors
/// The store is not available, or something shipped does not fit together.
pub async fn load(
    ctx: &Ctx,
    city: City,
    issues: usize,
    tell: Tell<'_>,
) -> Result<String, DemoError> {
    load_base(ctx, city, tell).await?;
    let seats = load_accounts(ctx, city, tell).await?;
    let loaded = match city {
        City::Jinshui => history::load(ctx, &seats, issues, tell).await?,
        City::LosAngeles => la::load_requests(ctx, tell).await?,
    };
    ctx.store.put_setting(LOADED, city_name(city)).await?;
    Ok(loaded)
}

/// Loads what a city is, without accounts and issues.
///
/// # Errors
/// As for [`load`].
pub async fn load_base(ctx: &Ctx, city: City, tell: Tell<'_>) -> Result<(), DemoError> {
    tell(Stage::Territory, 0, 1);
    let pack = match city {
        City::Jinshui => jinshui::pack()?,
        City::LosAngeles => la::pack()?,
    };
    save_instance(ctx, pack.instance).await?;
    let version = stage_territory(ctx, pack.areas, Vec::new(), pack.note).await?;
    publish_territory(ctx, version).await?;
    tell(Stage::Packs, 0, 1);
    let (catalog, matrix): (Pack, Pack) = (shipped_catalog(), shipped_matrix(city));
    let told = |problems: PackProblems| {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    publish_catalog(ctx, &catalog, pack.note)
        .await?
        .map_err(|problems| DemoError::File("geodata/catalog", told(problems)))?;
    publish_matrix(ctx, &matrix, pack.note)
        .await?
        .map_err(|problems| DemoError::File("geodata/matrix", told(problems)))?;
    publish_shipped_calendar(ctx, &ctx.instance().calendar_region, pack.note)
        .await?
        .map_err(|problems| DemoError::File("geodata/holidays", problems.join("; ")))?;
    for (layer, file, bytes) in pack.layers {
        let read = read_assets(bytes, &AssetMapping::default(), Datum::Wgs84);
        let (assets, problems) = read.map_err(|error| DemoError::File(file, error.to_string()))?;
        if let Some(problem) = problems.first() {
            return Err(DemoError::File(file, problem.to_string()));
        }
        publish_layer(ctx, &layer, &assets, pack.note).await?;
    }
    tell(Stage::People, 0, 1);
    let rows = |branch| branch_row(branch, pack.generated);
    ctx.store.replace_branches(pack.branches.iter().filter_map(rows).collect(), ctx.now()).await?;
    let workers = pack.workers.iter().map(|worker| worker_row(worker, pack.generated)).collect();
    let posts = pack.posts.iter().map(post_row).collect();
    ctx.store.replace_people(workers, posts, ctx.now()).await?;
    Ok(ctx.refresh().await?)
}

/// The staff of a city's demo.
pub fn seats_of(ctx: &Ctx, city: City) -> Vec<Seat> {
    match city {
        City::Jinshui => jinshui::seats(&ctx.snapshot()),
        City::LosAngeles => la::seats(),
    }
}

/// Makes the accounts and lists those with a password in the settings.
async fn load_accounts(ctx: &Ctx, city: City, tell: Tell<'_>) -> Result<Vec<Seat>, DemoError> {
    let seats = seats_of(ctx, city);
    open_seats(ctx, &seats, tell).await?;
    let lines = seats.iter().filter(|seat| seat.open).map(|seat| {
        let (login, role) = (fold_login(&seat.login), seat.grant.role);
        format!("{login}\t{PASSWORD}\t{}\t{role}", seat.name)
    });
    let demo_accounts = lines.collect::<Vec<_>>().join("\n");
    save_instance(ctx, Instance { demo_accounts, ..ctx.instance() }).await?;
    Ok(seats)
}

/// Reads shipped areas; none may be refused.
///
/// # Errors
/// The file cannot be read, or a feature is no area.
pub fn read_areas(
    file: &'static str,
    bytes: &[u8],
    mapping: Mapping,
) -> Result<Vec<Area>, DemoError> {
    let wrong = |reason: String| DemoError::File(file, reason);
    let mut importer = Importer::new(mapping, Datum::Wgs84, ShapeLimits::default());
    read_features(Cursor::new(bytes), None, &FileLimits::DEFAULT, &mut |feature| {
        importer.take(feature);
    })
    .map_err(|error| wrong(error.to_string()))?;
    let imported = importer.finish();
    match imported.refusals.first() {
        None => Ok(imported.areas),
        Some(refusal) => Err(wrong(format!("{}: {}", refusal.feature, refusal.reason))),
    }
}

fn whole<T>(file: &'static str, read: Result<Rows<T>, FormatError>) -> Result<Vec<T>, DemoError> {
    match read {
        Err(error) => Err(DemoError::File(file, error.to_string())),
        Ok((rows, problems)) => match problems.first() {
            None => Ok(rows),
            Some(problem) => Err(DemoError::File(file, problem.to_string())),
        },
    }
}

/// Branches, workers and posts from their tables.
///
/// # Errors
/// A table that cannot be read, or a row of it.
pub fn read_people(branches: &str, workers: &str, posts: &str) -> Result<Bound, DemoError> {
    let limits = &FileLimits::DEFAULT;
    Ok((
        whole("branches.csv", read_branches(branches.as_bytes(), Datum::Wgs84, limits))?,
        whole("workers.csv", read_workers(workers.as_bytes(), limits))?,
        whole("posts.csv", read_posts(posts.as_bytes(), Datum::Wgs84, limits))?,
    ))
}
