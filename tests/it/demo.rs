//! The demo: what it generates, that it loads whole on both engines, and that a broken-off load
//! is begun again.

use crate::support::{Fixture, check};
use hexward::app::account::sign_in;
use hexward::app::audit::verify_audit;
use hexward::app::ctx::Ctx;
use hexward::app::number::parse_number;
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore, Variant};
use hexward::app::verify::verify_metrics;
use hexward::demo::accounts::{PASSWORD, Seat};
use hexward::demo::history::{Told, World};
use hexward::demo::load::{find_loaded, load, load_base, seats_of};
use hexward::domain::access::Scope;
use hexward::domain::id::AreaCode;
use hexward::domain::issue::event::EventActor;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::replay;
use hexward::domain::issue::state::{Action, Outcome, State};
use hexward::domain::territory::{Level, Position};
use hexward::domain::time::{Day, Timestamp};
use hexward::format::packs::City;
use hexward::store::query::{IssueFilter, PageQuery, Sort};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

/// The afternoon on which the demo of these tests is loaded, in Zhengzhou.
const NOW: &str = "2026-11-20T15:30:00+08:00";

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("an instant")
}

async fn open(fixture: &Fixture, photos: &Path) -> Arc<Ctx> {
    let photos = PhotoStore::open(&format!("file:{}", photos.display())).expect("a folder");
    let shop = PhotoShop::new(photos, PhotoLimits::default());
    Ctx::load_with(fixture.store.clone(), shop, Arc::new(now), crate::support::seals())
        .await
        .expect("the store opens")
}

fn quiet(_: hexward::demo::load::Stage, _: usize, _: usize) {}

/// The first `count` of as many stories, in a world that ends today.
fn tell(ctx: &Ctx, seats: &[Seat], count: usize) -> Vec<Told> {
    let snapshot = ctx.snapshot();
    let world = World::new(&snapshot, seats, ctx.today()).expect("the words are whole");
    let days = world.days(count);
    let stories = days.into_iter().enumerate().map(|(n, day)| world.story(n, day));
    stories.flat_map(|story| story.expect("the workflow agrees")).collect()
}

fn digest(told: &[Told]) -> String {
    let mut hasher = Sha256::new();
    for one in told {
        one.events.iter().for_each(|event| hasher.update(event.hash.to_string()));
        hasher.update(&one.issue.text);
        for route in &one.routes {
            hasher.update(&route.trace);
        }
    }
    hex::encode(hasher.finalize())
}

/// Runs `test` with Jinshui loaded but for its history, on SQLite alone: generating asks the store
/// for nothing.
fn with_jinshui(test: impl Fn(&Ctx, &[Seat])) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("hexward.db").display());
        let store = hexward::store::open(&url).await.expect("the store opens");
        let photos = PhotoStore::open(&format!("file:{}", folder.path().display())).unwrap();
        let shop = PhotoShop::new(photos, PhotoLimits::default());
        let ctx = Ctx::load_with(store, shop, Arc::new(now), crate::support::seals())
            .await
            .expect("the store opens");
        load_base(&ctx, City::Jinshui, &quiet).await.expect("the base loads");
        let seats = seats_of(&ctx, City::Jinshui);
        test(&ctx, &seats);
    });
}

#[test]
fn the_same_day_gives_the_same_history_and_another_day_another() {
    with_jinshui(|ctx, seats| {
        let first = digest(&tell(ctx, seats, 200));
        assert_eq!(first, digest(&tell(ctx, seats, 200)));
        let snapshot = ctx.snapshot();
        let later = World::new(&snapshot, seats, Day(ctx.today().0 + 1)).unwrap();
        let stories = later.days(200).into_iter().enumerate();
        let told: Vec<Told> = stories.flat_map(|(n, day)| later.story(n, day).unwrap()).collect();
        assert_ne!(first, digest(&told));
    });
}

#[test]
fn the_history_ends_today_and_shows_everything_that_can_happen() {
    with_jinshui(|ctx, seats| {
        let told = tell(ctx, seats, 3_000);
        let until = ctx.today().start_in(&ctx.snapshot().zone);
        let mut actions = BTreeMap::<Action, usize>::new();
        let mut states = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for one in &told {
            let issue = &one.issue;
            assert!(one.events.iter().all(|event| event.at < until), "{}", issue.number);
            assert_eq!(parse_number(&issue.number).as_deref(), Some(issue.number.as_str()));
            assert!(numbers.insert(&issue.number), "{} is given twice", issue.number);
            one.events.iter().for_each(|event| *actions.entry(event.action).or_default() += 1);
            states.insert(issue.state);
            assert!(issue.proposed.is_some() && !issue.place.path.as_str().is_empty());
        }
        let missing: Vec<_> = State::ALL.iter().filter(|state| !states.contains(*state)).collect();
        assert!(missing.is_empty(), "no issue is {missing:?}");
        // A territory or a calendar that changes is not part of the demo, nor what jobs do, nor a
        // place that was wrong: it is generated where it belongs.
        let left_out = [Action::Rehome, Action::Retime, Action::Escalate, Action::Correct];
        let unseen = Action::ALL.iter().filter(|action| !left_out.contains(action));
        let unseen: Vec<_> = unseen.filter(|action| !actions.contains_key(*action)).collect();
        assert!(unseen.is_empty(), "{unseen:?} never happens");
    });
}

#[test]
fn the_history_has_silent_grids_candidates_shifted_datums_and_all_sorts_of_reporters() {
    with_jinshui(|ctx, seats| {
        let told = tell(ctx, seats, 3_000);
        let count = |holds: &dyn Fn(&Told) -> bool| told.iter().filter(|one| holds(one)).count();
        for kind in Kind::ALL {
            assert!(count(&|one| one.issue.kind == kind) > told.len() / 10, "{kind}");
        }
        assert!(count(&|one| !one.issue.place.candidates.is_empty()) > 100);
        assert!(count(&|one| one.issue.place.raw != one.issue.place.position) > 300);
        assert!(count(&|one| one.issue.anonymous) > 500);
        assert!(count(&|one| one.issue.reporter.is_some()) > 1_000);
        assert!(count(&|one| one.contact.is_some()) > 50);
        assert!(count(&|one| one.issue.condition.is_some()) == told.len());
        let ended = count(&|one| one.issue.kind == Kind::Dispute && one.issue.outcome.is_some());
        let agreed = count(&|one| one.issue.outcome == Some(Outcome::AgreementReached));
        assert!((74..=90).contains(&(agreed * 100 / ended)), "{agreed} of {ended}");
        let snapshot = ctx.snapshot();
        let grids: BTreeSet<&str> =
            told.iter().filter_map(|one| one.issue.place.path.leaf()).collect();
        let all = snapshot.territory.areas().filter(|area| area.level == Level::Grid).count();
        assert!(grids.len() > all * 8 / 10 && grids.len() < all, "{} of {all}", grids.len());
    });
}

#[test]
fn a_loaded_demo_is_whole_on_both_engines() {
    check(|fixture| async move {
        let photos = tempfile::tempdir().expect("a folder");
        let ctx = open(&fixture, photos.path()).await;
        assert_eq!(find_loaded(&ctx).await.unwrap(), None);
        load(&ctx, City::Jinshui, 300, &quiet).await.expect("the demo loads");
        assert_eq!(find_loaded(&ctx).await.unwrap().as_deref(), Some("jinshui"));

        let metrics = verify_metrics(&ctx).await.unwrap();
        assert_eq!((metrics.differing, metrics.examples), (0, Vec::new()), "{}", fixture.engine());
        assert!((270..=330).contains(&metrics.issues), "{}", metrics.issues);
        for plain in [
            "event ON event.issue_id = issue.id AND event.note IS NOT NULL",
            "issue_contact AS own ON own.issue_id = issue.id AND own.name NOT LIKE 'sealed:1:%'",
        ] {
            let sql = format!("SELECT COUNT(*) FROM issue JOIN {plain} WHERE kind = 'dispute'");
            assert_eq!(fixture.raw.number(&sql).await, 0, "{plain}");
        }
        let audit = verify_audit(&ctx, |_| {}).await.unwrap();
        assert_eq!((audit.faulty, audit.faults), (0, Vec::new()), "{}", fixture.engine());

        let seats = seats_of(&ctx, City::Jinshui);
        let accounts = ctx.store.list_accounts().await.unwrap();
        assert_eq!(accounts.len(), seats.len());
        let shown = ctx.instance().demo_accounts;
        assert_eq!(shown.lines().count(), seats.iter().filter(|seat| seat.open).count());
        let line = shown.lines().next().expect("an account is shown");
        let parts: Vec<&str> = line.split('\t').collect();
        let signed_in = sign_in(&ctx, parts[0], parts[1], "test").await.expect("it can be tried");
        assert!(!signed_in.account.must_change_password);
        let closed = seats.iter().find(|seat| !seat.open).expect("a seat without a password");
        assert!(sign_in(&ctx, &closed.login, PASSWORD, "test").await.is_err());
        assert!(sign_in(&ctx, &closed.login, "", "test").await.is_err());
        check_issues(&ctx).await;
    });
}

/// Every issue has its route, known actors, and its photos in the store.
async fn check_issues(ctx: &Ctx) {
    let query = PageQuery {
        filter: IssueFilter::default(),
        sort: Sort::OldestFirst,
        after: None,
        limit: 1_000,
    };
    let page = ctx.store.list_issues(&query, &Scope::everything()).await.unwrap();
    let mut photos = 0;
    for issue in page.items {
        assert!(ctx.store.find_route(issue.id).await.unwrap().is_some(), "{}", issue.number);
        let events = ctx.store.list_events(issue.id).await.unwrap();
        assert_eq!(replay(&events).expect("it replays").state, issue.state);
        for event in &events {
            if let EventActor::Account { id, .. } = event.actor {
                assert!(ctx.store.find_account(id).await.unwrap().is_some(), "{}", issue.number);
            }
        }
        let named: Vec<_> = events.iter().flat_map(|event| event.attachments.clone()).collect();
        let kept = ctx.store.list_attachments(issue.id).await.unwrap();
        assert_eq!(named.len(), kept.len(), "{}", issue.number);
        for photo in kept {
            assert!(named.contains(&photo.id));
            let bytes = ctx.photos.store().get(&photo.sha256, Variant::Thumb).await;
            assert!(bytes.is_ok(), "{}", photo.sha256);
            photos += 1;
        }
    }
    assert!(photos > 0, "none of the issues has a photo");
}

#[test]
fn los_angeles_is_two_trees_below_one_city() {
    check(|fixture| async move {
        let photos = tempfile::tempdir().expect("a folder");
        let ctx = open(&fixture, photos.path()).await;
        load_base(&ctx, City::LosAngeles, &quiet).await.expect("the base loads");
        let snapshot = ctx.snapshot();
        let territory = &snapshot.territory;
        assert_eq!(territory.len(), 1 + 15 + 99);
        // City Hall lies in the neighbourhood council of Downtown and in council district 14.
        let hall = Position::new(-118.2427, 34.0537).unwrap();
        let found = territory.locate(hall, None);
        let chain: Vec<&str> = found.chain().map(|area| area.code.as_str()).collect();
        assert_eq!(chain.len(), 2, "{chain:?}");
        assert!(chain[0] == "LA" && chain[1].starts_with("NC-"), "{chain:?}");
        assert_eq!(found.at_level(Level::District).map(|area| area.code.as_str()), Some("CD-14"));
        for seat in seats_of(&ctx, City::LosAngeles) {
            let area = seat.grant.area_code.as_deref().map(|code| AreaCode::parse(code).unwrap());
            assert!(area.is_none_or(|code| territory.area(&code).is_some()), "{}", seat.login);
            let department = seat.grant.department.as_deref();
            let known = |code| snapshot.matrix.departments().any(|d| d.code.as_str() == code);
            assert!(department.is_none_or(known), "{}", seat.login);
        }
    });
}

fn demo(data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hexward"))
        .args(["demo", "--no-serve", "--issues", "30", "--data"])
        .arg(data)
        .output()
        .expect("the binary runs")
}

#[test]
fn a_load_that_was_broken_off_is_begun_again_and_a_whole_one_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    std::fs::create_dir(&data).unwrap();
    // What a load leaves that was killed: the marker, and a database half written.
    std::fs::write(data.join("demo-loading"), "").unwrap();
    std::fs::write(data.join("hexward.db"), "half a database").unwrap();
    let first = demo(&data);
    let told = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(told.contains("beginning again") && told.contains("generated issues"), "{told}");
    assert!(!data.join("demo-loading").exists());

    let second = demo(&data);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    let told = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(!told.contains("generated issues"), "it was loaded anew: {told}");
}

#[test]
fn an_installation_of_ones_own_is_never_filled_with_the_demo() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = Command::new(env!("CARGO_BIN_EXE_hexward"))
        .args(["init", "--name", "我的街道", "--data"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let refused = demo(folder.path());
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("not a demo"), "{told}");
}
