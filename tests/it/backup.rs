//! Copies of installations in use.

use crate::api::{HAZARD, IN_EAST, World, report_of};
use crate::support::{check, seals};
use hexward::app::audit::verify_audit;
use hexward::app::ctx::Ctx;
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use hexward::app::verify::verify_metrics;
use hexward::domain::access::Scope;
use hexward::domain::id::IssueId;
use hexward::domain::time::Timestamp;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

/// Runs `hexward backup` on a database, with photos in a folder of the test's own.
async fn back_up(database: &str, photos: &Path, to: &Path) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hexward"));
    command.args(["--database", database]).arg("--data").arg(photos);
    command.arg("backup").arg(to).output().await.expect("it runs")
}

async fn open(folder: &Path) -> Arc<Ctx> {
    let database = format!("sqlite:{}", folder.join("hexward.db").display());
    let store = hexward::store::open(&database).await.expect("the copy opens");
    let photos = PhotoStore::open(&format!("file:{}", folder.join("photos").display()));
    let photos = PhotoShop::new(photos.expect("a folder"), PhotoLimits::default());
    let clock = Arc::new(|| Timestamp(crate::api::NOON));
    Ctx::load_with(store, photos, clock, seals()).await.expect("the copy loads")
}

#[test]
fn a_backup_of_an_installation_in_use_has_what_was_acknowledged_before() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (data, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let original = data.path().join("photos/original");
        std::fs::create_dir_all(&original).unwrap();
        std::fs::write(original.join("aa"), b"one").unwrap();
        std::fs::write(original.join("bb#1"), b"half").unwrap();
        let url = world.fixture.url.clone();
        if !url.starts_with("sqlite:") {
            let told = back_up(&url, data.path(), to.path()).await;
            let why = String::from_utf8_lossy(&told.stderr).into_owned();
            assert_eq!(told.status.code(), Some(2), "{why}");
            assert!(why.contains("pg_dump"), "{why}");
            return;
        }
        for round in 0..2 {
            let mut before = Vec::new();
            for n in 0..5 {
                let body = report_of(HAZARD, IN_EAST, &format!("井盖缺失 {round}-{n}"));
                before.push(world.report("", &body).await.0);
            }
            // Others report while it is copied.
            let mut copying = std::pin::pin!(back_up(&url, data.path(), to.path()));
            let mut meanwhile = 0;
            let told = loop {
                let body = report_of(HAZARD, IN_EAST, &format!("路面破损 {round}-{meanwhile}"));
                tokio::select! {
                    told = &mut copying => break told,
                    _ = world.report("", &body) => meanwhile += 1,
                }
            };
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
            assert!(meanwhile > 0, "nobody reported meanwhile");
            let copy = open(to.path()).await;
            for id in before {
                let (id, all) = (IssueId::parse(&id).unwrap(), Scope::everything());
                let issue = copy.store.find_issue(id, &all).await.unwrap();
                assert!(issue.is_some());
                assert_eq!(issue, world.ctx.store.find_issue(id, &all).await.unwrap());
            }
            let audit = verify_audit(&copy, |_| {}).await.unwrap();
            assert_eq!((audit.faulty, audit.faults), (0, vec![]));
            assert!(verify_metrics(&copy).await.unwrap().is_right());
            let photos = to.path().join("photos/original");
            assert_eq!(std::fs::read(photos.join("aa")).unwrap(), b"one");
            assert!(!photos.join("bb#1").exists(), "half a photo is none");
        }
        let own = Path::new(url.trim_start_matches("sqlite:")).parent().unwrap();
        let told = back_up(&url, data.path(), own).await;
        assert_eq!(told.status.code(), Some(2), "over itself");
    });
}
