//! Counters: sums, verification, rebuilding.

use super::filter::{Over, push_rollup_filter, push_scope};
use super::rows::{issue_of, parsed};
use super::{Conn, Engine, Query, Row, apply, dialect};
use crate::domain::access::Scope;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Bin, Deltas, Key, Measure, add_contribution};
use crate::domain::time::Day;
use crate::store::StoreError;
use crate::store::port::Rollups;
use crate::store::query::{Group, GroupBy, OpenSum, RollupFilter, RollupSum};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

const SCAN_ROWS: usize = 5_000;

const fn column_of(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Nothing => "''",
        GroupBy::Path => "path",
        GroupBy::Cell => "cell",
        GroupBy::Day => "day",
        GroupBy::Kind => "kind",
    }
}

fn day_of(row: &Row, column: &'static str) -> Result<Day> {
    let day: i64 = row.try_get(column)?;
    i32::try_from(day).map(Day).map_err(|_| StoreError::Corrupt {
        table: "rollup",
        column: "day",
        value: day.to_string(),
    })
}

fn group_of(row: &Row, group: GroupBy) -> Result<Group> {
    Ok(match group {
        GroupBy::Nothing => Group::Nothing,
        GroupBy::Path => Group::Path(row.try_get("grouped")?),
        GroupBy::Cell => Group::Cell(row.try_get::<i64, _>("grouped")?.cast_unsigned()),
        GroupBy::Day => Group::Day(day_of(row, "grouped")?),
        GroupBy::Kind => Group::Kind(parsed(row, "rollup", "grouped", Kind::parse)?),
    })
}

fn key_of(row: &Row) -> Result<Key> {
    const T: &str = "rollup";
    let department: String = row.try_get("department")?;
    Ok(Key {
        day: day_of(row, "day")?,
        bin: Bin {
            path: row.try_get("path")?,
            cell: row.try_get::<i64, _>("cell")?.cast_unsigned(),
            kind: parsed(row, T, "kind", Kind::parse)?,
            category: parsed(row, T, "category", |text| CategoryCode::parse(text).ok())?,
            department: DepartmentCode::parse(&department).ok(),
        },
        measure: parsed(row, T, "measure", Measure::parse)?,
    })
}

async fn rebuild(conn: &mut Conn, zone: &TimeZone) -> Result<i64> {
    for statement in dialect::EXCLUSIVE {
        sqlx::query(*statement).execute(&mut *conn).await?;
    }
    sqlx::query("DELETE FROM rollup").execute(&mut *conn).await?;
    let (mut after, mut total) = (String::new(), 0);
    loop {
        let rows = sqlx::query("SELECT * FROM issue WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(&after)
            .bind(SCAN_ROWS as i64)
            .fetch_all(&mut *conn)
            .await?;
        let mut deltas = Deltas::new();
        for row in &rows {
            let issue = issue_of(row)?;
            add_contribution(&mut deltas, &issue, zone, 1);
            after = issue.id.to_string();
        }
        apply::add_deltas(conn, &deltas).await?;
        total += rows.len() as i64;
        if rows.len() < SCAN_ROWS {
            return Ok(total);
        }
    }
}

#[async_trait]
impl Rollups for Engine {
    async fn sum_rollups(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<RollupSum>> {
        let column = column_of(group);
        let mut query = Query::new(format!(
            "SELECT {column} AS grouped, measure, CAST(SUM(n) AS BIGINT) AS n FROM rollup WHERE "
        ));
        push_scope(&mut query, scope, Over::Rollups);
        push_rollup_filter(&mut query, filter);
        query.push(" GROUP BY 1, 2 HAVING SUM(n) <> 0");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                Ok(RollupSum {
                    group: group_of(row, group)?,
                    measure: parsed(row, "rollup", "measure", Measure::parse)?,
                    n: row.try_get("n")?,
                })
            })
            .collect()
    }

    async fn sum_open(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<OpenSum>> {
        let column = column_of(group);
        let mut query = Query::new(format!(
            "SELECT {column} AS grouped, day AS reported, CAST(SUM(n) AS BIGINT) AS n FROM rollup \
             WHERE measure = 'open' AND "
        ));
        push_scope(&mut query, scope, Over::Rollups);
        push_rollup_filter(&mut query, filter);
        query.push(" GROUP BY 1, 2 HAVING SUM(n) <> 0");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| {
                Ok(OpenSum {
                    group: group_of(row, group)?,
                    reported: day_of(row, "reported")?,
                    n: row.try_get("n")?,
                })
            })
            .collect()
    }

    async fn load_rollups(&self) -> Result<Deltas> {
        let rows =
            sqlx::query("SELECT * FROM rollup WHERE n <> 0").fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((key_of(row)?, row.try_get("n")?))).collect()
    }

    async fn replace_rollups(&self, time_zone: String) -> Result<i64> {
        let zone = TimeZone::get(&time_zone)
            .map_err(|error| StoreError::Database(format!("time zone {time_zone}: {error}")))?;
        self.write(move |conn| Box::pin(async move { rebuild(conn, &zone).await })).await
    }
}
