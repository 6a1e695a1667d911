//! Counters: sums, and when they are built anew.

use super::counters::{COUNTERS, key_of, log_rebuilt};
use super::filter::{Over, push_issue_filter, push_rollup_filter, push_scope};
use super::packs::put_setting;
use super::rows::{ISSUE_SELECT, issue_of, parsed};
use super::{Conn, Engine, Query, Row, as_of, dialect, truth};
use crate::domain::access::Scope;
use crate::domain::cell::parent_cell;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Deltas, METRICS_VERSION, Measure, bin_of};
use crate::domain::time::{Day, Timestamp};
use crate::store::StoreError;
use crate::store::cube::Cube;
use crate::store::port::Rollups;
use crate::store::query::{
    AsOf, Counted, CounterCheck, Group, GroupBy, IssueFilter, OpenSum, RollupFilter, RollupSum,
    Standing,
};
use async_trait::async_trait;
use jiff::tz::TimeZone;
use sqlx::Row as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

type Result<T> = std::result::Result<T, StoreError>;

/// The setting that says which version of what is counted the counters are of.
const METRICS_SETTING: &str = "metrics_version";

const fn columns_of(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Nothing => "'' AS grouped, '' AS second",
        GroupBy::Path => "path AS grouped, '' AS second",
        GroupBy::Cell | GroupBy::CellAt(_) => "cell AS grouped, '' AS second",
        GroupBy::Day => "day AS grouped, '' AS second",
        GroupBy::Kind => "kind AS grouped, '' AS second",
        GroupBy::Department => "department AS grouped, '' AS second",
        GroupBy::PathCategory => "path AS grouped, category AS second",
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
        GroupBy::CellAt(resolution) => {
            let cell = row.try_get::<i64, _>("grouped")?.cast_unsigned();
            Group::Cell(parent_cell(cell, resolution))
        }
        GroupBy::Day => Group::Day(day_of(row, "grouped")?),
        GroupBy::Kind => Group::Kind(parsed(row, "rollup", "grouped", Kind::parse)?),
        GroupBy::Department => {
            let code: String = row.try_get("grouped")?;
            Group::Department(DepartmentCode::parse(&code).ok())
        }
        GroupBy::PathCategory => Group::PathCategory(
            row.try_get("grouped")?,
            parsed(row, "rollup", "second", |text| CategoryCode::parse(text).ok())?,
        ),
    })
}

/// Keeps all other writes out until the transaction ends.
async fn exclude(conn: &mut Conn) -> Result<()> {
    for statement in dialect::EXCLUSIVE {
        sqlx::query(*statement).execute(&mut *conn).await?;
    }
    Ok(())
}

pub fn zone_of(time_zone: &str) -> Result<TimeZone> {
    TimeZone::get(time_zone)
        .map_err(|error| StoreError::Database(format!("time zone {time_zone}: {error}")))
}

/// Whether the counters are of the version that this program counts by.
async fn is_current(conn: &mut Conn) -> Result<bool> {
    let version: Option<String> = sqlx::query_scalar("SELECT value FROM setting WHERE name = $1")
        .bind(METRICS_SETTING)
        .fetch_optional(&mut *conn)
        .await?;
    Ok(version.is_some_and(|version| version == METRICS_VERSION.to_string()))
}

/// Builds the counters anew from the log; nobody else may write meanwhile.
async fn rebuild(conn: &mut Conn, zone: &TimeZone) -> Result<i64> {
    put_setting(conn, METRICS_SETTING, &METRICS_VERSION.to_string()).await?;
    log_rebuilt(conn).await?;
    truth::rebuild(conn, zone).await
}

/// Sums of counters by group and measure.
pub async fn sum_counters(
    conn: &mut Conn,
    filter: &RollupFilter,
    group: GroupBy,
    scope: &Scope,
) -> Result<Vec<RollupSum>> {
    let columns = columns_of(group);
    let mut query = Query::new(format!(
        "SELECT {columns}, measure, CAST(SUM(n) AS BIGINT) AS n FROM rollup WHERE "
    ));
    push_scope(&mut query, scope, Over::Rollups);
    push_rollup_filter(&mut query, filter);
    query.push(" GROUP BY 1, 2, 3 HAVING SUM(n) <> 0");
    // The database knows no coarser cells: those of one are added up here.
    let mut sums = BTreeMap::<(Group, Measure), i64>::new();
    for row in query.build().fetch_all(conn).await? {
        let measure = parsed(&row, "rollup", "measure", Measure::parse)?;
        let n: i64 = row.try_get("n")?;
        *sums.entry((group_of(&row, group)?, measure)).or_insert(0) += n;
    }
    let told = sums.into_iter().filter(|(_, n)| *n != 0);
    Ok(told.map(|((group, measure), n)| RollupSum { group, measure, n }).collect())
}

/// What counters of a standing measure say, by group and day.
pub async fn sum_standing(
    conn: &mut Conn,
    measure: Measure,
    filter: &RollupFilter,
    group: GroupBy,
    scope: &Scope,
) -> Result<Vec<OpenSum>> {
    let columns = columns_of(group);
    let mut query = Query::new(format!(
        "SELECT {columns}, day, CAST(SUM(n) AS BIGINT) AS n FROM rollup WHERE measure = "
    ));
    query.push_bind(measure.to_string()).push(" AND ");
    push_scope(&mut query, scope, Over::Rollups);
    push_rollup_filter(&mut query, filter);
    query.push(" GROUP BY 1, 2, day HAVING SUM(n) <> 0");
    let mut sums = BTreeMap::<(Group, Day), i64>::new();
    for row in query.build().fetch_all(conn).await? {
        let n: i64 = row.try_get("n")?;
        *sums.entry((group_of(&row, group)?, day_of(&row, "day")?)).or_insert(0) += n;
    }
    Ok(OpenSum::gather(sums))
}

/// What is open beyond its limit at an instant, by group and day from which it is: the days before
/// by their counters, the day of the instant by its issues, because counters know no hours.
pub async fn sum_beyond(
    conn: &mut Conn,
    filter: &RollupFilter,
    group: GroupBy,
    scope: &Scope,
    (at, zone): (Timestamp, &TimeZone),
) -> Result<Vec<OpenSum>> {
    let before = before_today(filter, at.day_in(zone));
    let mut sums = sum_standing(conn, Measure::OpenOverdue, &before, group, scope).await?;
    sums.extend(sum_beyond_today(conn, filter, group, scope, (at, zone)).await?);
    Ok(sums)
}

fn before_today(filter: &RollupFilter, today: Day) -> RollupFilter {
    RollupFilter { to: Some(Day(today.0 - 1)), ..filter.clone() }
}

/// What went beyond its limit on the day of the instant, up to that.
async fn sum_beyond_today(
    conn: &mut Conn,
    filter: &RollupFilter,
    group: GroupBy,
    scope: &Scope,
    (at, zone): (Timestamp, &TimeZone),
) -> Result<Vec<OpenSum>> {
    let today = at.day_in(zone);
    let issues = IssueFilter {
        kind: filter.kind,
        category: filter.category.clone(),
        department: filter.department.clone(),
        area: filter.area.clone(),
        counted: Some(Counted {
            measure: Measure::OpenOverdue,
            except: Vec::new(),
            from: Some(today.start_in(zone)),
            before: Some(Timestamp(at.0.saturating_add(1))),
        }),
        ..IssueFilter::default()
    };
    let mut query = Query::new(format!("SELECT {ISSUE_SELECT} FROM issue WHERE "));
    push_scope(&mut query, scope, Over::Counted);
    push_issue_filter(&mut query, &issues);
    let mut since = BTreeMap::<Group, i64>::new();
    for row in query.build().fetch_all(conn).await? {
        let bin = bin_of(&issue_of(&row)?);
        // The cells of counters are coarser than those of issues.
        if filter.admits(&bin) {
            *since.entry(Group::of(group, today, &bin)).or_insert(0) += 1;
        }
    }
    Ok(since.into_iter().map(|(group, n)| OpenSum { group, days: vec![(today, n)] }).collect())
}

impl Engine {
    /// What counters of a standing measure say: those in memory or, until they are loaded, those of
    /// the table.
    async fn sum_standing(
        &self,
        measure: Measure,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<OpenSum>> {
        if self.has_counters().await? {
            let ask = |cube: &Cube| cube.sum_standing(measure, filter, group, scope);
            return Ok(self.counters.ask(ask));
        }
        let mut conn = self.readers.acquire().await?;
        sum_standing(&mut conn, measure, filter, group, scope).await
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
        if self.has_counters().await? {
            return Ok(self.counters.ask(|cube| cube.sum(filter, group, scope)));
        }
        let mut conn = self.readers.acquire().await?;
        let mut sums = sum_counters(&mut conn, filter, group, scope).await?;
        sums.retain(|sum| !sum.measure.is_standing());
        Ok(sums)
    }

    async fn sum_open(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Result<Vec<OpenSum>> {
        self.sum_standing(Measure::Open, filter, group, scope).await
    }

    async fn sum_overdue(
        &self,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
        by: (Timestamp, &TimeZone),
    ) -> Result<Vec<OpenSum>> {
        let before = before_today(filter, by.0.day_in(by.1));
        let mut sums = self.sum_standing(Measure::OpenOverdue, &before, group, scope).await?;
        let mut conn = self.readers.acquire().await?;
        sums.extend(sum_beyond_today(&mut conn, filter, group, scope, by).await?);
        Ok(sums)
    }

    async fn sum_as_of(&self, question: &AsOf, scope: &Scope) -> Result<Standing> {
        as_of::stand(self, question, scope).await
    }

    async fn find_first_report(&self) -> Result<Option<Timestamp>> {
        let first: Option<i64> = sqlx::query_scalar("SELECT MIN(reported_at) FROM issue")
            .fetch_one(&self.readers)
            .await?;
        Ok(first.map(Timestamp))
    }

    async fn find_last_event(&self) -> Result<Option<Timestamp>> {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT MAX(at) FROM event").fetch_one(&self.readers).await?;
        Ok(last.map(Timestamp))
    }

    async fn load_rollups(&self) -> Result<Deltas> {
        let rows = sqlx::query(COUNTERS).fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok((key_of(row, None)?, row.try_get("n")?))).collect()
    }

    async fn check_rollups(&self, time_zone: &str) -> Result<CounterCheck> {
        truth::check_counters(self, time_zone).await
    }

    async fn follow_counters(&self) -> Result<bool> {
        self.catch_up(i64::MAX).await
    }

    async fn sweep_counters(&self) -> Result<()> {
        self.sweep_counter_log().await
    }

    fn keep_counters_in(&self, file: PathBuf) {
        self.counters.keep_in(file);
    }

    async fn save_counters(&self) -> Result<bool> {
        self.write_packed().await
    }

    async fn replace_rollups(&self, time_zone: String) -> Result<i64> {
        let zone = zone_of(&time_zone)?;
        self.write(move |conn| {
            Box::pin(async move {
                exclude(conn).await?;
                rebuild(conn, &zone).await
            })
        })
        .await
    }

    async fn renew_rollups(&self, time_zone: String) -> Result<Option<i64>> {
        if is_current(&mut *self.readers.acquire().await?).await? {
            return Ok(None);
        }
        let zone = zone_of(&time_zone)?;
        self.write(move |conn| {
            Box::pin(async move {
                exclude(conn).await?;
                // Another node may have done it while this one waited.
                if is_current(conn).await? {
                    return Ok(None);
                }
                rebuild(conn, &zone).await.map(Some)
            })
        })
        .await
    }
}
