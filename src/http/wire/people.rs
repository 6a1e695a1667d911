//! People, posts and branches on the wire, as administrators change them.

use super::super::App;
use super::super::problem::ApiError;
use super::report::parse_datum;
use super::{Named, NamedArea};
use crate::app::branch::{BranchDraft, KeptBranch};
use crate::app::ctx::Snapshot;
use crate::app::error::{AppError, say};
use crate::app::faults::GivenPlace;
use crate::app::person::{Person, PostDraft};
use crate::domain::id::{AreaCode, WorkerId};
use crate::domain::territory::posting::{PostStanding, standing};
use crate::domain::territory::{Area, Post};
use crate::domain::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A place: longitude and latitude, and what they are measured by.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceWire {
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    pub datum: Option<String>,
}

impl PlaceWire {
    fn read(&self) -> Result<GivenPlace, ApiError> {
        Ok((self.position, parse_datum(self.datum.as_deref())?))
    }
}

/// Reads a day as `YYYY-MM-DD`; an empty one is none.
///
/// # Errors
/// It is no day.
pub fn read_days(field: &str, text: Option<&String>) -> Result<Option<Day>, ApiError> {
    let text = text.map(|text| text.trim()).filter(|text| !text.is_empty());
    let wrong = |text: &str| {
        let says = say(
            format!("{text:?} 不是日期，应如 2026-11-20"),
            format!("{text:?} is no date such as 2026-11-20"),
        );
        ApiError::invalid(field, says)
    };
    text.map(|text| Day::parse(text).ok_or_else(|| wrong(text))).transpose()
}

/// A post to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostDraftWire {
    /// Code of a grid.
    pub grid: String,
    /// The title, as it is published.
    pub role: String,
    #[serde(default)]
    pub duties: String,
    /// Such as `Mon-Fri 08:00-12:00,14:00-18:00`; empty for at all times.
    #[serde(default)]
    pub hours: String,
    /// First day, `YYYY-MM-DD`; today when left out.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day; open when left out.
    #[serde(default)]
    pub to: Option<String>,
    /// Where its holder usually is; the middle of the grid when left out.
    #[serde(default)]
    pub station: Option<PlaceWire>,
}

impl PostDraftWire {
    pub fn read(&self) -> Result<PostDraft, ApiError> {
        Ok(PostDraft {
            grid: self.grid.clone(),
            role: self.role.clone(),
            duties: self.duties.clone(),
            hours: self.hours.clone(),
            from: read_days("from", self.from.as_ref())?,
            to: read_days("to", self.to.as_ref())?,
            station: self.station.as_ref().map(PlaceWire::read).transpose()?,
        })
    }
}

/// What of a post may change while it goes on; it is replaced whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostDetailsWire {
    pub duties: String,
    pub hours: String,
    #[serde(default)]
    pub station: Option<PlaceWire>,
}

impl PostDetailsWire {
    pub fn read(&self) -> Result<PostDraft, ApiError> {
        Ok(PostDraft {
            duties: self.duties.clone(),
            hours: self.hours.clone(),
            station: self.station.as_ref().map(PlaceWire::read).transpose()?,
            ..PostDraft::default()
        })
    }
}

/// A worker to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonWire {
    pub name: String,
    #[serde(default)]
    pub phone: String,
    /// A first post.
    #[serde(default)]
    pub post: Option<PostDraftWire>,
}

/// Name and telephone number of a worker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonPatchWire {
    pub name: String,
    #[serde(default)]
    pub phone: String,
}

/// The last day of something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndWire {
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub last_day: Option<String>,
}

/// Where a post moves, and from when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveWire {
    /// Code of a grid.
    pub grid: String,
    /// The first day there, `YYYY-MM-DD`.
    pub from: String,
}

/// A post of a worker, past ones included.
#[derive(Serialize, ToSchema)]
pub struct PostKeptWire {
    /// Its place in the list, counted from 1.
    pub number: usize,
    pub grid: Named,
    pub role: String,
    pub duties: String,
    pub hours: String,
    pub from: Option<String>,
    pub to: Option<String>,
    #[schema(value_type = Option<[f64; 2]>)]
    pub station: Option<(f64, f64)>,
    /// `coming`, `current` or `ended`.
    pub standing: String,
    pub on_duty: bool,
}

/// The account that a worker signs in with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerAccountWire {
    pub id: String,
    pub login: String,
    pub active: bool,
}

/// A worker with all posts, for administrators.
#[derive(Serialize, ToSchema)]
pub struct PersonWire {
    pub id: String,
    pub name: String,
    pub phone: String,
    /// To be sent as `If-Match: "v…"` with a change.
    pub version: i64,
    /// Whether it was made up for a demo.
    pub generated: bool,
    pub posts: Vec<PostKeptWire>,
    pub account: Option<WorkerAccountWire>,
}

/// Which accounts workers sign in with.
pub type Accounts = HashMap<WorkerId, WorkerAccountWire>;

/// Which accounts workers sign in with.
///
/// # Errors
/// The store is not available.
pub async fn accounts_of(app: &App) -> Result<Accounts, ApiError> {
    let links = app.ctx.store.list_worker_links().await.map_err(AppError::from)?;
    let accounts = app.ctx.store.list_accounts().await.map_err(AppError::from)?;
    let accounts: HashMap<_, _> = accounts.iter().map(|account| (account.id, account)).collect();
    let told = links.into_iter().filter_map(|(worker, id)| {
        let account = accounts.get(&id)?;
        let (login, active) = (account.login.clone(), account.active);
        Some((worker, WorkerAccountWire { id: id.to_string(), login, active }))
    });
    Ok(told.collect())
}

fn named(snapshot: &Snapshot, code: &AreaCode) -> Named {
    let name = snapshot.area_called(code.as_str());
    Named { code: code.to_string(), name }
}

fn post_wire(snapshot: &Snapshot, post: &Post, number: usize, now: Timestamp) -> PostKeptWire {
    let today = now.day_in(&snapshot.zone);
    let standing = standing(post, today);
    let word = match standing {
        PostStanding::Coming => "coming",
        PostStanding::Current => "current",
        PostStanding::Ended => "ended",
    };
    PostKeptWire {
        number,
        grid: named(snapshot, &post.area),
        role: post.role.clone(),
        duties: post.duties.clone(),
        hours: post.hours.to_string(),
        from: post.validity.from.map(|day| day.to_string()),
        to: post.validity.to.map(|day| day.to_string()),
        station: post.station.map(|place| (place.lon(), place.lat())),
        standing: word.to_owned(),
        on_duty: standing == PostStanding::Current && post.hours.hold_at(now, &snapshot.zone),
    }
}

/// A worker with all posts.
pub fn person_wire(
    snapshot: &Snapshot,
    now: Timestamp,
    person: &Person,
    accounts: &Accounts,
) -> PersonWire {
    let posts = person.posts.iter().zip(1..);
    PersonWire {
        id: person.worker.id.to_string(),
        name: person.worker.name.clone(),
        phone: person.worker.phone.clone().unwrap_or_default(),
        version: person.version,
        generated: person.generated,
        posts: posts.map(|(post, number)| post_wire(snapshot, post, number, now)).collect(),
        account: accounts.get(&person.worker.id).cloned(),
    }
}

/// A grid where nobody holds a post, with the areas around it.
#[derive(Serialize, ToSchema)]
pub struct VacantWire {
    pub code: String,
    pub name: String,
    /// From the outermost.
    pub around: Vec<NamedArea>,
}

/// The grids where nobody holds a post.
#[derive(Serialize, ToSchema)]
pub struct VacanciesWire {
    /// How many grids there are in all.
    pub grids: usize,
    pub items: Vec<VacantWire>,
}

/// The grids where nobody holds a post.
pub fn vacancies_wire(snapshot: &Snapshot, grids: usize, vacant: &[&Area]) -> VacanciesWire {
    let around = |grid: &Area| {
        let chain = snapshot.territory.chain(&grid.code).filter(|area| area.code != grid.code);
        let named = chain.map(|area| NamedArea {
            code: area.code.to_string(),
            name: area.name.clone(),
            level: area.level.to_string(),
        });
        named.collect()
    };
    let items = vacant.iter().map(|grid| VacantWire {
        code: grid.code.to_string(),
        name: grid.name.clone(),
        around: around(grid),
    });
    VacanciesWire { grids, items: items.collect() }
}

/// A branch as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchDraftWire {
    pub name: String,
    /// Code of the branch above it.
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub place: Option<PlaceWire>,
    /// Codes of the areas that it serves.
    #[serde(default)]
    pub areas: Vec<String>,
    #[serde(default)]
    pub resources: Vec<String>,
    #[serde(default)]
    pub opening_hours: String,
}

impl BranchDraftWire {
    pub fn read(self) -> Result<BranchDraft, ApiError> {
        Ok(BranchDraft {
            position: self.place.as_ref().map(PlaceWire::read).transpose()?,
            name: self.name,
            parent: self.parent,
            areas: self.areas,
            resources: self.resources,
            opening_hours: self.opening_hours,
        })
    }
}

/// A branch to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBranchWire {
    pub code: String,
    pub branch: BranchDraftWire,
}

impl NewBranchWire {
    pub fn read(self) -> Result<(String, BranchDraft), ApiError> {
        Ok((self.code, self.branch.read()?))
    }
}

/// A branch with the version that it is at.
#[derive(Serialize, ToSchema)]
pub struct BranchKeptWire {
    pub code: String,
    pub name: String,
    /// To be sent as `If-Match: "v…"` with a change.
    pub version: i64,
    pub generated: bool,
    pub parent: Option<String>,
    #[schema(value_type = Option<[f64; 2]>)]
    pub position: Option<(f64, f64)>,
    pub areas: Vec<Named>,
    pub resources: Vec<String>,
    pub opening_hours: String,
}

/// A branch with the version that it is at.
pub fn branch_wire(snapshot: &Snapshot, kept: &KeptBranch) -> BranchKeptWire {
    let branch = &kept.branch;
    BranchKeptWire {
        code: branch.code.to_string(),
        name: branch.name.clone(),
        version: kept.version,
        generated: kept.generated,
        parent: branch.parent.as_ref().map(ToString::to_string),
        position: branch.position.map(|place| (place.lon(), place.lat())),
        areas: branch.areas.iter().map(|code| named(snapshot, code)).collect(),
        resources: branch.resources.clone(),
        opening_hours: branch.opening_hours.clone(),
    }
}
