//! Fixtures of the contract tests: throw-away databases, a repeatable source of chance, and
//! issues with random histories.

pub mod log;
pub mod world;

use hexward::app::seal::Seals;
use hexward::store::Store;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row, SqlitePool};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The district's time zone in all tests.
pub const ZONE: &str = "Asia/Shanghai";

pub fn zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(ZONE).expect("the zone is built in")
}

/// A database beneath the store, for what the store itself must not be able to do.
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    /// Runs a statement and says how many rows it touched, or why it was refused.
    pub async fn execute(&self, sql: &str) -> Result<u64, String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Sqlite(pool) => {
                sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected())
            }
            Raw::Postgres(pool) => {
                sqlx::query(sql).execute(pool).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|error| error.to_string())
    }

    /// One number.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
            Raw::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .expect("the statement gives a number")
    }

    /// Texts, one a row.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Raw::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
            Raw::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
        }
        .expect("the statement gives texts")
    }

    /// The plan of a statement, as text.
    pub async fn plan(&self, sql: &str) -> String {
        let lines: Vec<String> = match self {
            Raw::Sqlite(pool) => sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(pool)
                .await
                .map(|rows| rows.iter().map(|row| row.get("detail")).collect()),
            Raw::Postgres(pool) => {
                sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(pool).await
            }
        }
        .expect("the statement can be explained");
        lines.join("\n")
    }
}

/// An open store in a database of its own.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    pub url: String,
    pub raw: Raw,
    /// The folder of a SQLite file, deleted when this is dropped.
    _folder: Option<tempfile::TempDir>,
}

impl Fixture {
    pub fn engine(&self) -> &'static str {
        self.store.engine()
    }
}

impl Fixture {
    /// Another database on the same server, empty; none for an embedded one.
    pub async fn second_database(&self) -> Option<Fixture> {
        let server = crate::left_out::postgres_url().filter(|_| self.engine() == "postgres")?;
        Some(open_postgres(&server, &database_name()).await)
    }

    /// Whether a text stands anywhere in the database: in any column of any table, and, where the
    /// database is a file, in its bytes.
    pub async fn holds(&self, needle: &str) -> bool {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let files = ["", "-wal"].map(|end| std::fs::read(format!("{path}{end}")));
            let has = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
            return files.into_iter().flatten().any(has);
        }
        let tables = self
            .raw
            .texts(
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = 'public'",
            )
            .await;
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            let sql =
                format!("SELECT COUNT(*) FROM \"{table}\" AS t WHERE t::text LIKE '%{needle}%'");
            if self.raw.number(&sql).await > 0 {
                return true;
            }
        }
        false
    }
}

async fn open_sqlite() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hexward.db");
    let url = format!("sqlite:{}", path.display());
    let store = hexward::store::open(&url).await.expect("the store opens");
    let raw = SqlitePool::connect(&url).await.expect("the file opens");
    Fixture { store, url, raw: Raw::Sqlite(raw), _folder: Some(folder) }
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A name of its own for each test and each run.
fn database_name() -> String {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    format!("hexward_test_{}_{number}", std::process::id())
}

async fn admin(server: &str, sql: String) {
    let mut conn = PgConnection::connect(server).await.expect("the server is there");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.expect("the server obeys");
    conn.close().await.expect("the connection closes");
}

async fn open_postgres(server: &str, name: &str) -> Fixture {
    admin(server, format!("CREATE DATABASE {name}")).await;
    let (base, _) = server.rsplit_once('/').expect("the address names a database");
    let url = format!("{base}/{name}");
    let store = hexward::store::open(&url).await.expect("the store opens");
    let raw = PgPool::connect(&url).await.expect("the database opens");
    Fixture { store, url, raw: Raw::Postgres(raw), _folder: None }
}

/// Runs `test` on SQLite and, when a server is named, on PostgreSQL. `left_out` says it when not.
/// The fixture is shared, so that a test which names only its store does not drop the rest.
pub fn check<F, T>(test: F)
where
    F: Fn(Arc<Fixture>) -> T,
    T: Future<Output = ()>,
{
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime")
    };
    runtime().block_on(async { test(Arc::new(open_sqlite().await)).await });
    let Some(server) = crate::left_out::postgres_url() else {
        return;
    };
    let name = database_name();
    runtime().block_on(async { test(Arc::new(open_postgres(&server, &name).await)).await });
    runtime().block_on(admin(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
}

/// A ring with one key, as a configuration gives it.
pub fn seals() -> Seals {
    Seals::parse("test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key")
}

/// SplitMix64: the same numbers for the same seed on every machine.
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to but not including `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// True in about one of `n` cases.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn id(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }
}
