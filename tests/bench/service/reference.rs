//! What PostgreSQL and PostGIS take on the same machine, in the same run, for what the service does
//! otherwise: maps from the same counters and the same issues, places in the same areas. Both must
//! come to the same numbers.

use super::Asked;
use super::client::Client;
use super::mesh::{areas_of, built, city, places};
use super::reading::tile_at;
use super::server::Server;
use super::table::{Table, Times};
use anyhow::{Context, ensure};
use geo::MultiPolygon;
use hexward::domain::territory::{Level, Position, Territory};
use sqlx::{AssertSqlSafe, PgPool};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Days ago from when and up to when.
const WINDOWS: [(i64, i64); 8] =
    [(7, 0), (30, 0), (90, 0), (180, 0), (120, 30), (60, 50), (150, 90), (170, 10)];
/// Where the demo's issues are dense.
const CENTRE: (f64, f64) = (113.72, 34.79);
const ZOOMS: [i32; 4] = [10, 12, 14, 16];
const ROUNDS: usize = 5;
const PLACES: usize = 100_000;

/// # Errors
/// The server or the database refuses a question, or they come to different numbers.
pub async fn measure(
    server: &Server,
    database: &str,
    asked: &Asked,
    table: &mut Table,
) -> anyhow::Result<()> {
    let pool = PgPool::connect(database).await?;
    let mut client = Client::sign_in(server.address, "leader").await?;
    heatmaps(&mut client, &pool, asked, table).await?;
    match sqlx::query("CREATE EXTENSION IF NOT EXISTS postgis").execute(&pool).await {
        Err(error) => table.reference("PostGIS", &format!("left out: {error}")),
        Ok(_) => {
            copy_points(&pool).await?;
            for zoom in ZOOMS {
                tiles(&mut client, &pool, zoom, table).await?;
            }
            locate(&pool, table).await?;
        }
    }
    pool.close().await;
    Ok(())
}

/// The times of the service and of the other.
#[derive(Default)]
struct Both {
    own: Times,
    other: Times,
}

impl Both {
    fn tell(&self, table: &mut Table, name: &str, other: &str) {
        let (own, theirs) = (self.own.quantile_ms(0.5), self.other.quantile_ms(0.5));
        let told = format!("{theirs:.1} ms, {:.1} × the {own:.1} ms here", theirs / own);
        table.reference(&format!("{name}: {other}"), &told);
    }
}

/// Reports by hexagon, as a leader's map asks for them, and by a GROUP BY over the counters.
async fn heatmaps(
    client: &mut Client,
    pool: &PgPool,
    asked: &Asked,
    table: &mut Table,
) -> anyhow::Result<()> {
    let today = jiff::Zoned::now().date();
    let mut both = Both::default();
    for (from, to) in WINDOWS {
        let day = |ago: i64| today.saturating_sub(jiff::Span::new().days(ago));
        let (from, to) = (day(from), day(to));
        let path = format!(
            "/api/v1/metrics/cells?format=geojson&names=true&metrics=reported&res=8\
             &from={from}&to={to}"
        );
        let number = |day: jiff::civil::Date| (day - jiff::civil::date(1970, 1, 1)).get_days();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let answer = client.get(&path).await?;
            both.own.add(begun.elapsed());
            ensure!(answer.status == 200, "{path}: {}", answer.status);
            let begun = Instant::now();
            let rows: Vec<(i64, i64)> = sqlx::query_as(
                "SELECT cell >> 21, CAST(SUM(n) AS BIGINT) FROM rollup \
                 WHERE measure = 'reported' AND day BETWEEN $1 AND $2 GROUP BY 1",
            )
            .bind(i64::from(number(from)))
            .bind(i64::from(number(to)))
            .fetch_all(pool)
            .await?;
            both.other.add(begun.elapsed());
            let told: serde_json::Value = serde_json::from_slice(&answer.body)?;
            let features = told["features"].as_array().context("no features")?;
            let own: i64 =
                features.iter().filter_map(|f| f["properties"]["reported"].as_i64()).sum();
            let others: i64 = rows.iter().map(|(_, n)| n).sum();
            ensure!(own == others, "{path}: {own} here, {others} there");
        }
    }
    let name = format!("heatmap at {} issues", asked.issues);
    both.tell(table, &name, "GROUP BY of the same counters in PostgreSQL");
    Ok(())
}

/// The issues as points of PostGIS, with the index that one would give them.
async fn copy_points(pool: &PgPool) -> anyhow::Result<()> {
    for statement in [
        "DROP SCHEMA IF EXISTS reference CASCADE",
        "CREATE SCHEMA reference",
        "CREATE TABLE reference.point AS SELECT id, kind, state, category, severity, \
         ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857) AS geom FROM public.issue",
        "CREATE INDEX point_geom ON reference.point USING gist (geom)",
        "ANALYZE reference.point",
    ] {
        sqlx::query(statement).execute(pool).await.context(statement)?;
    }
    Ok(())
}

/// A tile of all issues, and the same tile by PostGIS, each issue a point.
async fn tiles(
    client: &mut Client,
    pool: &PgPool,
    zoom: i32,
    table: &mut Table,
) -> anyhow::Result<()> {
    let (x, y) = tile_at(zoom, CENTRE);
    let path = format!("/api/v1/tiles/issues/{zoom}/{x}/{y}.mvt");
    let mut both = Both::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = client.get(&path).await?;
        both.own.add(begun.elapsed());
        ensure!(answer.status == 200, "{path}: {}", answer.status);
        let begun = Instant::now();
        let tile: Vec<u8> = sqlx::query_scalar(
            "WITH tile AS (SELECT ST_TileEnvelope($1, $2, $3) AS box) \
             SELECT ST_AsMVT(found, 'issues') FROM ( \
             SELECT CAST(id AS TEXT), kind, state, category, severity, \
             ST_AsMVTGeom(geom, box) AS geom FROM reference.point, tile WHERE geom && box) found",
        )
        .bind(zoom)
        .bind(x.cast_signed())
        .bind(y.cast_signed())
        .fetch_one(pool)
        .await?;
        both.other.add(begun.elapsed());
        ensure!(!tile.is_empty(), "{path}: PostGIS has nothing there");
    }
    both.tell(table, &format!("tile of zoom {zoom}"), "PostGIS, all issues as points");
    Ok(())
}

fn as_wkt(polygon: &MultiPolygon<f64>) -> String {
    let mut text = String::from("POLYGON(");
    let rings = polygon.iter().map(geo::Polygon::exterior);
    for corners in rings {
        let corners = corners.coords().map(|corner| format!("{} {}", corner.x, corner.y));
        let _ = write!(text, "({})", corners.collect::<Vec<_>>().join(","));
    }
    text + ")"
}

/// Places among 4,900 areas of some 600 vertices, and the same by PostGIS in bulk.
async fn locate(pool: &PgPool, table: &mut Table) -> anyhow::Result<()> {
    let mesh = [city(70, 600)];
    let areas = areas_of(&mesh);
    let grids: Vec<String> = areas
        .iter()
        .filter(|area| area.level == Level::Grid)
        .map(|area| as_wkt(&area.polygon))
        .collect();
    let places: Vec<Position> = places(&mesh).into_iter().take(PLACES).collect();
    let territory = built(areas);
    let (own, found) = time_own(&territory, &places);
    sqlx::query("CREATE TABLE reference.area (geom geometry)").execute(pool).await?;
    for chunk in grids.chunks(500) {
        sqlx::query("INSERT INTO reference.area SELECT ST_GeomFromText(UNNEST($1::text[]), 4326)")
            .bind(chunk)
            .execute(pool)
            .await?;
    }
    let (lons, lats): (Vec<f64>, Vec<f64>) =
        places.iter().map(|place| (place.lon(), place.lat())).unzip();
    sqlx::query(
        "CREATE TABLE reference.place AS SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom \
         FROM UNNEST($1::float8[], $2::float8[]) AS place (lon, lat)",
    )
    .bind(lons)
    .bind(lats)
    .execute(pool)
    .await?;
    for statement in [
        "CREATE INDEX area_geom ON reference.area USING gist (geom)",
        "ANALYZE reference.area",
        "ANALYZE reference.place",
    ] {
        sqlx::query(statement).execute(pool).await?;
    }
    let join = "FROM reference.place p JOIN reference.area a ON ST_Intersects(a.geom, p.geom)";
    let count = |what: &str| sqlx::query_scalar(AssertSqlSafe(format!("SELECT {what} {join}")));
    let begun = Instant::now();
    let _: i64 = count("COUNT(*)").fetch_one(pool).await?;
    let each = |took: Duration| took.as_secs_f64() * 1e9 / PLACES as f64;
    let theirs = each(begun.elapsed());
    let own = each(own);
    // Bent borders cross here and there, so a place may lie in two areas.
    let joined: i64 = count("COUNT(DISTINCT p.ctid)").fetch_one(pool).await?;
    ensure!(found as i64 == joined, "{found} places lie in an area here, {joined} there");
    let told = format!("{theirs:.0} ns, {:.0} × the {own:.0} ns here", theirs / own);
    table.reference("locate among 4,900 areas of 600 vertices: PostGIS ST_Intersects", &told);
    Ok(())
}

/// How long it takes to find the area of each place, and how many lie in one.
fn time_own(territory: &Territory, places: &[Position]) -> (Duration, usize) {
    let begun = Instant::now();
    let in_grid = |place: &&Position| {
        territory.area_at(**place).is_some_and(|area| area.level == Level::Grid)
    };
    let found = places.iter().filter(in_grid).count();
    (begun.elapsed(), found)
}
