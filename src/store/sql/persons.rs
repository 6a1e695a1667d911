//! Workers with their posts, and branches: one at a time, held to the version that was seen; or all
//! at once, as an import brings them.

use super::admin::insert_entry;
use super::insert::insert_rows;
use super::{Conn, Engine, Row};
use crate::domain::id::WorkerId;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::admin::{AdminEntry, People, PersonRow};
use crate::store::port::{BranchRow, PostRow, WorkerRow};
use async_trait::async_trait;
use sqlx::Row as _;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, StoreError>;

/// Counts a change of people, so that all nodes notice it: the instant, or the number after the
/// last where that is not later. It is the first statement of every such change and its row is
/// held until the end, so that changes come one after another.
pub async fn count_change(conn: &mut Conn, at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES ('people_version', $1) \
         ON CONFLICT (name) DO UPDATE SET value = \
         CASE WHEN CAST(setting.value AS BIGINT) < CAST(excluded.value AS BIGINT) \
         THEN excluded.value ELSE CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) END",
    )
    .bind(at.0.to_string())
    .execute(&mut *conn)
    .await?;
    Ok(())
}

pub fn worker_of(row: &Row) -> Result<WorkerRow> {
    Ok(WorkerRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        generated: row.try_get("generated")?,
    })
}

pub fn post_of(row: &Row) -> Result<PostRow> {
    let day = |column| -> Result<Option<i32>> {
        let day: Option<i64> = row.try_get(column)?;
        Ok(day.and_then(|day| i32::try_from(day).ok()))
    };
    Ok(PostRow {
        worker: row.try_get("worker_id")?,
        grid: row.try_get("grid_code")?,
        role: row.try_get("role")?,
        duties: row.try_get("duties")?,
        valid_from: day("valid_from")?,
        valid_to: day("valid_to")?,
        on_duty: row.try_get("on_duty")?,
        lon: row.try_get("lon")?,
        lat: row.try_get("lat")?,
    })
}

pub fn branch_of(row: &Row) -> Result<BranchRow> {
    Ok(BranchRow {
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        parent: row.try_get("parent")?,
        lon: row.try_get("lon")?,
        lat: row.try_get("lat")?,
        areas: row.try_get("areas")?,
        resources: row.try_get("resources")?,
        opening_hours: row.try_get("opening_hours")?,
        generated: row.try_get("generated")?,
    })
}

/// The version for rows that replace all that there were: after every one that anybody saw.
async fn next_version(conn: &mut Conn, all: &'static str) -> Result<i64> {
    let last: Option<i64> = sqlx::query_scalar(all).fetch_one(&mut *conn).await?;
    Ok(last.unwrap_or(0) + 1)
}

async fn insert_posts(conn: &mut Conn, posts: &[PostRow]) -> Result<()> {
    let mut ordinals = HashMap::<&str, i64>::new();
    let numbered: Vec<(i64, &PostRow)> = posts
        .iter()
        .map(|post| {
            let ordinal = ordinals.entry(&post.worker).or_default();
            *ordinal += 1;
            (*ordinal, post)
        })
        .collect();
    let head = "INSERT INTO post (worker_id, ordinal, grid_code, role, duties, valid_from, \
                valid_to, on_duty, lon, lat)";
    insert_rows(conn, (head, ""), &numbered, |row, (ordinal, post)| {
        row.push_bind(post.worker.as_str())
            .push_bind(*ordinal)
            .push_bind(post.grid.as_str())
            .push_bind(post.role.as_str())
            .push_bind(post.duties.as_str())
            .push_bind(post.valid_from.map(i64::from))
            .push_bind(post.valid_to.map(i64::from))
            .push_bind(post.on_duty.as_str())
            .push_bind(post.lon)
            .push_bind(post.lat);
    })
    .await?;
    Ok(())
}

/// Replaces all workers and posts.
pub async fn replace_people(
    conn: &mut Conn,
    workers: &[WorkerRow],
    posts: &[PostRow],
    at: Timestamp,
) -> Result<()> {
    count_change(conn, at).await?;
    let version = next_version(conn, "SELECT MAX(version) FROM worker").await?;
    sqlx::query("DELETE FROM post").execute(&mut *conn).await?;
    sqlx::query("DELETE FROM worker").execute(&mut *conn).await?;
    let head = "INSERT INTO worker (id, name, phone, generated, version)";
    insert_rows(conn, (head, ""), workers, |row, worker| {
        row.push_bind(worker.id.as_str())
            .push_bind(worker.name.as_str())
            .push_bind(worker.phone.as_str())
            .push_bind(worker.generated)
            .push_bind(version);
    })
    .await?;
    insert_posts(conn, posts).await
}

/// Replaces all branches.
pub async fn replace_branches(
    conn: &mut Conn,
    branches: &[BranchRow],
    at: Timestamp,
) -> Result<()> {
    count_change(conn, at).await?;
    let version = next_version(conn, "SELECT MAX(version) FROM branch").await?;
    sqlx::query("DELETE FROM branch").execute(&mut *conn).await?;
    let head = "INSERT INTO branch (code, name, parent, lon, lat, areas, resources, opening_hours, \
                generated, version)";
    insert_rows(conn, (head, ""), branches, |row, branch| {
        row.push_bind(branch.code.as_str())
            .push_bind(branch.name.as_str())
            .push_bind(branch.parent.as_deref())
            .push_bind(branch.lon)
            .push_bind(branch.lat)
            .push_bind(branch.areas.as_str())
            .push_bind(branch.resources.as_str())
            .push_bind(branch.opening_hours.as_str())
            .push_bind(branch.generated)
            .push_bind(version);
    })
    .await?;
    Ok(())
}

async fn put_person(conn: &mut Conn, person: &PersonRow, log: &AdminEntry) -> Result<i64> {
    count_change(conn, log.at).await?;
    let (worker, version) = (&person.worker, person.version + 1);
    let text = match person.version {
        0 => {
            "INSERT INTO worker (name, phone, generated, version, id) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
        }
        _ => {
            "UPDATE worker SET name = $1, phone = $2, generated = $3, version = $4 \
             WHERE id = $5 AND version = $4 - 1"
        }
    };
    let written = sqlx::query(text)
        .bind(&worker.name)
        .bind(&worker.phone)
        .bind(worker.generated)
        .bind(version)
        .bind(&worker.id)
        .execute(&mut *conn)
        .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    sqlx::query("DELETE FROM post WHERE worker_id = $1")
        .bind(&worker.id)
        .execute(&mut *conn)
        .await?;
    insert_posts(conn, &person.posts).await?;
    insert_entry(conn, log).await?;
    Ok(version)
}

async fn put_branch(
    conn: &mut Conn,
    branch: &BranchRow,
    seen: i64,
    log: &AdminEntry,
) -> Result<i64> {
    count_change(conn, log.at).await?;
    let text = match seen {
        0 => {
            "INSERT INTO branch (name, parent, lon, lat, areas, resources, opening_hours, \
                generated, version, code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT DO NOTHING"
        }
        _ => {
            "UPDATE branch SET name = $1, parent = $2, lon = $3, lat = $4, areas = $5, \
             resources = $6, opening_hours = $7, generated = $8, version = $9 \
             WHERE code = $10 AND version = $9 - 1"
        }
    };
    let written = sqlx::query(text)
        .bind(&branch.name)
        .bind(&branch.parent)
        .bind(branch.lon)
        .bind(branch.lat)
        .bind(&branch.areas)
        .bind(&branch.resources)
        .bind(&branch.opening_hours)
        .bind(branch.generated)
        .bind(seen + 1)
        .bind(&branch.code)
        .execute(&mut *conn)
        .await?;
    match (written.rows_affected(), seen) {
        (0, 0) => return Err(StoreError::Taken("code")),
        (0, _) => return Err(StoreError::Stale),
        _ => {}
    }
    insert_entry(conn, log).await?;
    Ok(seen + 1)
}

fn persons_of(workers: &[Row], posts: &[Row]) -> Result<Vec<PersonRow>> {
    let mut by_worker = HashMap::<String, Vec<PostRow>>::new();
    for row in posts {
        let post = post_of(row)?;
        by_worker.entry(post.worker.clone()).or_default().push(post);
    }
    let person = |row: &Row| {
        let worker = worker_of(row)?;
        let posts = by_worker.remove(&worker.id).unwrap_or_default();
        Ok(PersonRow { version: row.try_get("version")?, worker, posts })
    };
    workers.iter().map(person).collect()
}

#[async_trait]
impl People for Engine {
    async fn list_persons(&self) -> Result<Vec<PersonRow>> {
        let workers =
            sqlx::query("SELECT * FROM worker ORDER BY id").fetch_all(&self.readers).await?;
        let posts = sqlx::query("SELECT * FROM post ORDER BY worker_id, ordinal")
            .fetch_all(&self.readers)
            .await?;
        persons_of(&workers, &posts)
    }

    async fn find_person(&self, id: WorkerId) -> Result<Option<PersonRow>> {
        let workers = sqlx::query("SELECT * FROM worker WHERE id = $1")
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
        let posts = sqlx::query("SELECT * FROM post WHERE worker_id = $1 ORDER BY ordinal")
            .bind(id.to_string())
            .fetch_all(&self.readers)
            .await?;
        Ok(persons_of(&workers, &posts)?.pop())
    }

    async fn put_person(&self, person: PersonRow, log: AdminEntry) -> Result<i64> {
        self.write(move |conn| Box::pin(async move { put_person(conn, &person, &log).await })).await
    }

    async fn list_branches(&self) -> Result<Vec<(i64, BranchRow)>> {
        let rows =
            sqlx::query("SELECT * FROM branch ORDER BY code").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.try_get("version")?, branch_of(row)?))).collect()
    }

    async fn put_branch(&self, branch: BranchRow, seen: i64, log: AdminEntry) -> Result<i64> {
        self.write(move |conn| Box::pin(async move { put_branch(conn, &branch, seen, &log).await }))
            .await
    }
}
