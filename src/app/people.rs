//! Branches, workers and posts: from rows and back.

use super::error::AppError;
use crate::domain::id::{AreaCode, BranchCode, WorkerId};
use crate::domain::territory::area::Validity;
use crate::domain::territory::people::{Branch, DutyHours, Post, Worker};
use crate::domain::territory::position::Position;
use crate::domain::time::Day;
use crate::store::Store;
use crate::store::port::{BranchRow, PostRow, WorkerRow};

/// Workers with their posts.
pub type People = (Vec<Worker>, Vec<Post>);

fn corrupt(what: &str, error: &dyn std::fmt::Display) -> AppError {
    AppError::Internal(format!("{what}: {error}"))
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// A branch from its row.
pub fn branch_of(row: &BranchRow) -> Result<Branch, AppError> {
    let fault = |error: &dyn std::fmt::Display| corrupt(&format!("branch {}", row.code), error);
    let parse = |code: &str| BranchCode::parse(code).map_err(|error| fault(&error));
    let position = Position::new(row.lon, row.lat).map_err(|error| fault(&error))?;
    let areas = split(&row.areas).map(|code| AreaCode::parse(code).map_err(|e| fault(&e)));
    Ok(Branch {
        code: parse(&row.code)?,
        name: row.name.clone(),
        parent: row.parent.as_deref().map(parse).transpose()?,
        position: Some(position),
        areas: areas.collect::<Result<_, _>>()?,
        resources: split(&row.resources).map(str::to_owned).collect(),
        opening_hours: row.opening_hours.clone(),
    })
}

/// A post from its row.
pub fn post_of(row: &PostRow) -> Result<Post, AppError> {
    let fault = |error: &dyn std::fmt::Display| corrupt(&format!("post {}", row.worker), error);
    let station = match (row.lon, row.lat) {
        (Some(lon), Some(lat)) => Some(Position::new(lon, lat).map_err(|e| fault(&e))?),
        _ => None,
    };
    Ok(Post {
        worker: WorkerId::parse(&row.worker).ok_or_else(|| fault(&"its id is no id"))?,
        area: AreaCode::parse(&row.grid).map_err(|error| fault(&error))?,
        role: row.role.clone(),
        duties: row.duties.clone(),
        validity: Validity { from: row.valid_from.map(Day), to: row.valid_to.map(Day) },
        hours: DutyHours::parse(&row.on_duty).map_err(|error| fault(&error))?,
        station,
    })
}

/// A worker from the row.
pub fn worker_of(row: &WorkerRow) -> Result<Worker, AppError> {
    Ok(Worker {
        id: WorkerId::parse(&row.id)
            .ok_or_else(|| corrupt("worker", &format!("{} is no id", row.id)))?,
        name: row.name.clone(),
        phone: Some(row.phone.clone()).filter(|phone| !phone.is_empty()),
    })
}

/// All branches.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn load_branches(store: &dyn Store) -> Result<Vec<Branch>, AppError> {
    store.load_branches().await?.iter().map(branch_of).collect()
}

/// All workers and posts.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn load_people(store: &dyn Store) -> Result<People, AppError> {
    let (workers, posts) = store.load_people().await?;
    let workers = workers.iter().map(worker_of).collect::<Result<_, _>>()?;
    let posts = posts.iter().map(post_of).collect::<Result<_, _>>()?;
    Ok((workers, posts))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(";")
}

/// A branch's row; a branch with no position is put nowhere and cannot be kept.
pub fn branch_row(branch: &Branch, generated: bool) -> Option<BranchRow> {
    let position = branch.position?;
    Some(BranchRow {
        code: branch.code.to_string(),
        name: branch.name.clone(),
        parent: branch.parent.as_ref().map(ToString::to_string),
        lon: position.lon(),
        lat: position.lat(),
        areas: join(branch.areas.iter().map(ToString::to_string)),
        resources: join(branch.resources.iter().cloned()),
        opening_hours: branch.opening_hours.clone(),
        generated,
    })
}

pub fn worker_row(worker: &Worker, generated: bool) -> WorkerRow {
    WorkerRow {
        id: worker.id.to_string(),
        name: worker.name.clone(),
        phone: worker.phone.clone().unwrap_or_default(),
        generated,
    }
}

pub fn post_row(post: &Post) -> PostRow {
    PostRow {
        worker: post.worker.to_string(),
        grid: post.area.to_string(),
        role: post.role.clone(),
        duties: post.duties.clone(),
        valid_from: post.validity.from.map(|day| day.0),
        valid_to: post.validity.to.map(|day| day.0),
        on_duty: post.hours.to_string(),
        lon: post.station.map(Position::lon),
        lat: post.station.map(Position::lat),
    }
}
