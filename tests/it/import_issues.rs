//! Import of history, on both engines: the Los Angeles file whole, twice, and killed on its way.

use crate::support::{Fixture, Raw, check};
use hexward::app::audit::verify_audit;
use hexward::app::ctx::{Ctx, system_clock};
use hexward::app::import_issues::{ImportError, Summary, Told, import_issues, run_id};
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use hexward::app::verify::verify_metrics;
use hexward::domain::metrics::contribution::Measure;
use hexward::domain::time::{Day, Timestamp};
use hexward::format::history::Mapping;
use hexward::format::packs::{City, shipped_catalog, shipped_matrix};
use hexward::store::Store;
use hexward::store::change::Change;
use hexward::store::port::{ActivationRow, AreaRow};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;

const MAPPING: &str = include_str!("../../geodata/la311/import.toml");
const FILE: &str = include_str!("../../geodata/la311/requests_2020.csv");
/// Where a child finds the database of its parent.
const CHILD_URL: &str = "HEXWARD_TEST_IMPORT_URL";

/// The first rows of the file.
fn head(rows: usize) -> String {
    FILE.split_inclusive('\n').take(rows + 1).collect()
}

fn area(code: &str, parent: Option<&str>, south: f64, north: f64) -> AreaRow {
    let ring = [(-118.7, south), (-118.1, south), (-118.1, north), (-118.7, north)];
    let ring: Vec<String> =
        ring.iter().chain(&ring[..1]).map(|(lon, lat)| format!("[{lon},{lat}]")).collect();
    AreaRow {
        code: code.into(),
        name: code.into(),
        level: if parent.is_some() { "community" } else { "city" }.into(),
        parent: parent.map(str::to_owned),
        kind: "regular".into(),
        valid_from: None,
        valid_to: None,
        generated: true,
        polygon: format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.join(",")),
    }
}

/// Two areas that halve the city, the shipped catalog and the city's matrix.
async fn furnish(store: &Arc<dyn Store>) {
    let at = Timestamp(0);
    let areas = vec![
        area("LA", None, 33.6, 34.4),
        area("LA-S", Some("LA"), 33.6, 34.05),
        area("LA-N", Some("LA"), 34.05, 34.4),
    ];
    let version = store.stage_territory(areas, Vec::new(), "test".into(), at, None).await.unwrap();
    store.publish_territory(version, None, Change::default()).await.unwrap();
    let catalog = serde_json::to_string(&shipped_catalog()).unwrap();
    let matrix = serde_json::to_string(&shipped_matrix(City::LosAngeles)).unwrap();
    store.put_pack("catalog", &catalog, "test", at).await.unwrap();
    let version = store.put_pack("matrix", &matrix, "test", at).await.unwrap();
    let activation = ActivationRow {
        ordinal: 1,
        version,
        from: Day(0),
        at,
        actor: None,
        note: "test".into(),
        errors: 0,
        override_reason: None,
    };
    store.append_activation("matrix", activation, None).await.unwrap();
    store.put_setting("time_zone", "America/Los_Angeles").await.unwrap();
    store.put_setting("district", "LA").await.unwrap();
}

/// The surroundings of the import; no photo is kept here.
async fn load(store: Arc<dyn Store>) -> Arc<Ctx> {
    let folder = std::env::temp_dir().join("hexward-import-test-photos");
    let photos = PhotoStore::open(&format!("file:{}", folder.display())).unwrap();
    let shop = PhotoShop::new(photos, PhotoLimits::default());
    Ctx::load_with(store, shop, Arc::new(system_clock), crate::support::seals()).await.unwrap()
}

async fn import(ctx: &Ctx, file: &str) -> (Summary, Vec<String>) {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let id = run_id(MAPPING, file.as_bytes(), "LA").unwrap();
    let mut problems = Vec::new();
    let summary = import_issues(ctx, &mapping, file.as_bytes(), &id, |told| {
        if let Told::Problem(problem) = told {
            problems.push(format!("{}: {}", problem.line, problem.refused));
        }
    });
    (summary.await.unwrap(), problems)
}

async fn assert_sound(ctx: &Ctx, issues: i64) {
    let metrics = verify_metrics(ctx).await.unwrap();
    assert_eq!((metrics.issues, metrics.differing), (issues, 0), "{:?}", metrics.examples);
    let audit = verify_audit(ctx, |_| {}).await.unwrap();
    assert_eq!((audit.issues, audit.faulty), (issues, 0), "{:?}", audit.faults);
}

async fn count(raw: &Raw, what: &str) -> i64 {
    raw.number(&format!("SELECT COUNT({what}) FROM issue")).await
}

#[test]
fn the_los_angeles_file_comes_in_whole_and_once() {
    check(|fixture: Arc<Fixture>| async move {
        furnish(&fixture.store).await;
        let ctx = load(fixture.store.clone()).await;
        let (summary, problems) = import(&ctx, FILE).await;
        assert_eq!((summary.rows, summary.imported, summary.refused), (10_000, 9_971, 29));
        assert_eq!(problems.len(), 29);
        assert_sound(&ctx, 9_971).await;
        let (again, _) = import(&ctx, FILE).await;
        assert_eq!((again.imported, again.known, again.refused), (0, 9_971, 29));
        assert_eq!(count(&fixture.raw, "DISTINCT external_id").await, 9_971);
        assert_no_invented_times(&ctx).await;
    });
}

/// The file knows when a request was made and when it was closed; nothing else is counted by time.
async fn assert_no_invented_times(ctx: &Ctx) {
    let mut closed = 0;
    for (key, n) in ctx.store.load_rollups().await.unwrap() {
        match key.measure {
            Measure::CloseTime(_) => closed += n,
            Measure::AcceptTime(_) | Measure::HandleTime(_) | Measure::Dispatched => {
                panic!("{} is counted {n} times", key.measure)
            }
            _ => {}
        }
    }
    assert_eq!(closed, 9_702);
}

#[test]
fn a_row_that_catalog_matrix_or_clock_contradict_is_refused_alone() {
    check(|fixture: Arc<Fixture>| async move {
        furnish(&fixture.store).await;
        let ctx = load(fixture.store.clone()).await;
        let rows: Vec<&str> = FILE.lines().take(4).collect();
        let stranger = rows[2].replace(",BOS,", ",NASA,");
        let future = rows[3].replace("1/7/20 10:49", "1/7/60 10:49");
        let file = [rows[0], rows[1], &stranger, &future].join("\n");
        let (summary, problems) = import(&ctx, &file).await;
        assert_eq!((summary.imported, summary.refused), (1, 2));
        assert_eq!(
            problems,
            [
                "3: department NASA is not known; import it, or map the word under [departments]",
                "4: 2060-01-07T18:49:00.000Z lies in the future",
            ]
        );
        // Once the cause is gone, the same rows come in.
        let (summary, problems) = import(&ctx, &rows.join("\n")).await;
        assert_eq!((summary.imported, summary.known, problems.len()), (2, 1, 0));
        let strange = MAPPING.replace("la-99-99", "la-77-77");
        let mapping = Mapping::parse(&strange).unwrap();
        let refused = import_issues(&ctx, &mapping, FILE.as_bytes(), "x", |_| {}).await;
        assert!(matches!(&refused, Err(ImportError::UnknownCategories(codes)) if codes.len() == 1));
    });
}

/// Runs as a process of its own, to be killed.
#[test]
#[ignore = "is started by the test that kills it"]
fn import_until_killed() {
    let Ok(url) = std::env::var(CHILD_URL) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ctx = load(hexward::store::open(&url).await.unwrap()).await;
        let mapping = Mapping::parse(MAPPING).unwrap();
        let file = head(4_000);
        let id = run_id(MAPPING, file.as_bytes(), "LA").unwrap();
        let told = |told: Told<'_>| {
            if let Told::Progress { rows, .. } = told {
                println!("settled {rows}");
            }
        };
        import_issues(&ctx, &mapping, file.as_bytes(), &id, told).await.unwrap();
    });
}

/// Starts an import, kills it once so many of its steps are settled, and says how many rows were.
fn kill_after(url: &str, steps: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "import_issues::import_until_killed", "--ignored", "--nocapture"])
        .env(CHILD_URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let settled = |line: String| line.rsplit_once("settled ")?.1.parse().ok();
    let seen = lines.by_ref().filter_map(settled).nth(steps - 1);
    child.kill().unwrap();
    child.wait().unwrap();
    // What was settled between the last line that was read and the kill was settled all the same.
    lines.filter_map(settled).last().or(seen).expect("the child has told of its steps")
}

#[test]
fn an_import_that_is_killed_and_run_again_loses_and_doubles_nothing() {
    check(|fixture: Arc<Fixture>| async move {
        furnish(&fixture.store).await;
        let ctx = load(fixture.store.clone()).await;
        let file = head(4_000);
        for steps in [1, 3] {
            let url = fixture.url.clone();
            let kill = tokio::task::spawn_blocking(move || kill_after(&url, steps));
            let settled = i64::try_from(kill.await.unwrap()).unwrap();
            let kept = count(&fixture.raw, "*").await;
            assert!(kept > 0 && kept < 3_900, "{kept} rows: it was to be killed on its way");
            // Of the settled rows at most the refused ones are not there.
            assert!(kept >= settled - 29, "{settled} were settled, {kept} are kept");
            assert_sound(&ctx, kept).await;
        }
        let before = count(&fixture.raw, "*").await;
        let (summary, problems) = import(&ctx, &file).await;
        assert!(summary.resumed_after > 0);
        assert_eq!(i64::try_from(summary.known).unwrap(), before);
        assert_eq!(summary.imported + summary.known + summary.refused, 4_000);
        assert_eq!(problems.len() as u64, summary.refused, "all bad rows are told again");
        assert_sound(&ctx, 4_000 - i64::try_from(summary.refused).unwrap()).await;
        let distinct = count(&fixture.raw, "DISTINCT external_id").await;
        assert_eq!(distinct, count(&fixture.raw, "*").await);
    });
}

#[test]
fn another_file_mapping_or_district_is_another_import() {
    let id = |mapping: &str, file: &str, district: &str| {
        run_id(mapping, file.as_bytes(), district).unwrap()
    };
    let one = id("a", "b", "c");
    assert_eq!(one, id("a", "b", "c"));
    for other in [id("x", "b", "c"), id("a", "x", "c"), id("a", "b", "x"), id("ac", "b", "")] {
        assert_ne!(one, other);
    }
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    assert!(run_id("a", Broken, "c").is_err());
}
