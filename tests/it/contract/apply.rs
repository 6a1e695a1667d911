//! A change is all or nothing, and nothing is lost or doubled under concurrency.

use crate::support::world::{START, World, advance, opening, report};
use crate::support::{Chance, Fixture, check};
use hexward::domain::access::{Actor, Role, Scope};
use hexward::domain::id::{AccountId, AttachmentId};
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::Action;
use hexward::domain::issue::step::{Command, decide};
use hexward::store::StoreError;
use hexward::store::change::{
    Applied, Attachment, Change, Contact, Idempotency, ImportRun, Presence, StoredRoute,
};
use std::collections::BTreeSet;

fn supervisor() -> Actor {
    crate::support::world::actor(9, Role::DutySupervisor, None)
}

/// The issue with one remark more, as a change.
fn remark(issue: &Issue, text: &str) -> (Issue, Change) {
    let mut command = Command::bare(Action::Comment, issue.version);
    command.note = Some(text.to_owned());
    let (after, event) = decide(issue, &command, &supervisor(), START).expect("a remark");
    (after.clone(), advance(vec![(issue.clone(), after, event)]))
}

fn fresh(seed: u64) -> (Issue, Change) {
    let (issue, event) = report(&mut Chance(seed), START, None);
    let change = opening(&issue, event);
    (issue, change)
}

/// How many rows each table that a change writes to has.
async fn rows(fixture: &Fixture) -> Vec<(&'static str, i64)> {
    let mut out = Vec::new();
    for table in [
        "issue",
        "event",
        "rollup",
        "issue_assist",
        "issue_contact",
        "route",
        "attachment",
        "idempotency",
        "presence",
        "import_run",
    ] {
        out.push((table, fixture.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await));
    }
    out
}

/// Fills the rest of a change, so that every table is written to.
fn fill(change: &mut Change, issue: &Issue, key: &str) {
    change.routes.push(StoredRoute {
        issue: issue.id,
        seq: issue.version,
        at: START,
        matrix_version: 3,
        trace: "{}".into(),
    });
    change.attachments.push(Attachment {
        id: AttachmentId(issue.id.0 ^ 1),
        issue: issue.id,
        sha256: "ab".into(),
        media_type: "image/jpeg".into(),
        size_bytes: 5,
        width: 2,
        height: 1,
        purpose: "report".into(),
        at: START,
        taken_at: Some(START),
        taken_position: Some((113.6, 34.7)),
    });
    change.contacts.push((issue.id, Contact { name: "李四".into(), phone: "1".into() }));
    change.presences.push(Presence {
        issue: issue.id,
        seq: issue.version,
        account: AccountId(1),
        position: (113.6, 34.7),
        at: START,
    });
    change.idempotency = Some(Idempotency {
        scope: "anonymous".into(),
        key: key.into(),
        fingerprint: "f".into(),
        issue: issue.id,
    });
    change.import_progress = Some(ImportRun {
        id: "run".into(),
        line: 7,
        imported: 5,
        skipped: 1,
        refused: 1,
        finished: false,
    });
}

#[test]
fn a_change_is_written_whole_and_reads_back() {
    check(|fixture| async move {
        let store = &fixture.store;
        let (mut issue, mut change) = fresh(1);
        issue.assists = vec![crate::support::world::department("roads")];
        change.saves[0].issue = issue.clone();
        fill(&mut change, &issue, "k");
        assert_eq!(store.apply(change.clone()).await.unwrap(), Applied::Done);
        let all = Scope::everything();
        assert_eq!(store.find_issue(issue.id, &all).await.unwrap(), Some(issue.clone()));
        assert_eq!(store.find_issue_by_number(&issue.number).await.unwrap(), Some(issue.clone()));
        assert_eq!(store.list_events(issue.id).await.unwrap(), change.saves[0].events);
        assert_eq!(store.load_rollups().await.unwrap(), change.deltas);
        assert_eq!(store.find_route(issue.id).await.unwrap(), Some(change.routes[0].clone()));
        assert_eq!(store.list_attachments(issue.id).await.unwrap(), change.attachments);
        assert_eq!(store.list_covers(&[issue.id]).await.unwrap(), change.attachments);
        assert_eq!(store.find_contact(issue.id).await.unwrap().unwrap().name, "李四");
        assert_eq!(store.find_import("run").await.unwrap(), change.import_progress);
        let marked = store.find_idempotent("anonymous", "k").await.unwrap();
        assert_eq!(marked, Some((issue.id, "f".into())));
    });
}

#[test]
fn a_change_that_fails_at_its_last_row_writes_nothing() {
    check(|fixture| async move {
        let store = &fixture.store;
        let (issue, mut change) = fresh(1);
        fill(&mut change, &issue, "k");
        store.apply(change.clone()).await.unwrap();
        let before = rows(&fixture).await;
        // Everything in it is new but the photo, which is written late.
        let (other, mut second) = fresh(2);
        fill(&mut second, &other, "k2");
        second.attachments = change.attachments;
        store.apply(second).await.unwrap_err();
        assert_eq!(rows(&fixture).await, before);
    });
}

#[test]
fn a_stale_version_is_refused_and_writes_nothing() {
    check(|fixture| async move {
        let store = &fixture.store;
        let (issue, change) = fresh(1);
        store.apply(change).await.unwrap();
        let (_, first) = remark(&issue, "first");
        let (_, mut second) = remark(&issue, "second");
        store.apply(first).await.unwrap();
        let before = rows(&fixture).await;
        let (other, opened) = fresh(2);
        fill(&mut second, &other, "k");
        second.saves.extend(opened.saves);
        assert!(matches!(store.apply(second).await, Err(StoreError::Stale)));
        assert_eq!(rows(&fixture).await, before);
        let (mut gone, _) = fresh(3);
        gone.version = 4;
        let (_, lost) = remark(&gone, "of an issue that is not there");
        assert!(matches!(store.apply(lost).await, Err(StoreError::Stale)));
    });
}

#[test]
fn of_many_updaters_one_wins_each_version_and_none_is_lost() {
    check(|fixture| async move {
        let (issue, change) = fresh(1);
        fixture.store.apply(change).await.unwrap();
        let tasks = (0..64).map(|task| {
            let (store, id) = (fixture.store.clone(), issue.id);
            tokio::spawn(async move {
                let mut refused = 0;
                loop {
                    let seen = store.find_issue(id, &Scope::everything()).await.unwrap().unwrap();
                    let (after, change) = remark(&seen, &format!("task {task}"));
                    match store.apply(change).await {
                        Ok(_) => return (after.version, refused),
                        Err(StoreError::Stale) => refused += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let (mut versions, mut refusals) = (BTreeSet::new(), 0);
        for task in tasks {
            let (version, refused) = task.await.unwrap();
            assert!(versions.insert(version), "version {version} was won twice");
            refusals += refused;
        }
        assert_eq!(versions, (2..=65).collect());
        assert!(refusals > 0, "nobody met anybody: this shows nothing");
        let events = fixture.store.list_events(issue.id).await.unwrap();
        let notes: BTreeSet<_> = events.iter().filter_map(|event| event.note.clone()).collect();
        assert_eq!((events.len(), notes.len()), (65, 64));
        let after =
            fixture.store.find_issue(issue.id, &Scope::everything()).await.unwrap().unwrap();
        hexward::domain::audit::verify_chain(&events, after.version, after.head).unwrap();
    });
}

#[test]
fn one_failing_write_takes_no_other_with_it() {
    check(|fixture| async move {
        let (issue, change) = fresh(1);
        fixture.store.apply(change).await.unwrap();
        let tasks: Vec<_> = (2..102u64)
            .map(|seed| {
                let store = fixture.store.clone();
                // Every third one claims a version that nobody has seen.
                let (other, change) = match seed % 3 {
                    0 => {
                        let mut wrong = issue.clone();
                        wrong.version = 40;
                        remark(&wrong, "wrong")
                    }
                    _ => fresh(seed),
                };
                tokio::spawn(async move { (seed, other.id, store.apply(change).await) })
            })
            .collect();
        for task in tasks {
            let (seed, id, result) = task.await.unwrap();
            let found = fixture.store.find_issue(id, &Scope::everything()).await.unwrap();
            match seed % 3 {
                0 => assert!(matches!(result, Err(StoreError::Stale)), "{result:?}"),
                _ => assert!(result.is_ok() && found.is_some(), "{seed}: {result:?}"),
            }
        }
    });
}

#[test]
fn a_repeated_key_is_replayed_and_never_doubles() {
    check(|fixture| async move {
        let tasks: Vec<_> = (0..32u64)
            .map(|seed| {
                let store = fixture.store.clone();
                let (issue, mut change) = fresh(seed + 1);
                change.idempotency = Some(Idempotency {
                    scope: "anonymous".into(),
                    key: "one key".into(),
                    fingerprint: format!("print {seed}"),
                    issue: issue.id,
                });
                tokio::spawn(async move { (issue.id, seed, store.apply(change).await.unwrap()) })
            })
            .collect();
        let (mut made, mut replayed) = (Vec::new(), Vec::new());
        for task in tasks {
            match task.await.unwrap() {
                (id, seed, Applied::Done) => made.push((id, format!("print {seed}"))),
                (_, _, Applied::Replayed { issue, fingerprint }) => {
                    replayed.push((issue, fingerprint));
                }
            }
        }
        assert_eq!((made.len(), replayed.len()), (1, 31));
        assert!(replayed.iter().all(|told| *told == made[0]));
        assert_eq!(fixture.raw.number("SELECT COUNT(*) FROM issue").await, 1);
        assert_eq!(fixture.raw.number("SELECT COUNT(*) FROM event").await, 1);
        // The same key of someone else is another key.
        let (issue, mut change) = fresh(99);
        let scope = "0192f3a4-5b6c-7d8e-9f00-112233445566".to_owned();
        change.idempotency = Some(Idempotency {
            scope,
            key: "one key".into(),
            fingerprint: String::new(),
            issue: issue.id,
        });
        assert_eq!(fixture.store.apply(change).await.unwrap(), Applied::Done);
    });
}

#[test]
fn a_taken_number_is_named() {
    check(|fixture| async move {
        let store = &fixture.store;
        let (first, _) = fresh(1);
        let save = |seed: u64, edit: &dyn Fn(&mut Issue)| {
            let (mut issue, mut change) = fresh(seed);
            edit(&mut issue);
            change.saves[0].issue = issue;
            change
        };
        let external = |id: &'static str| {
            move |issue: &mut Issue| {
                issue.external_id = Some(id.to_owned());
            }
        };
        store.apply(save(1, &external("12345-1"))).await.unwrap();
        let before = rows(&fixture).await;
        let number = save(2, &|issue| issue.number = first.number.clone());
        let taken = |result| match result {
            Err(StoreError::Taken(what)) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(taken(store.apply(number).await), hexward::store::error::NUMBER);
        let known = store.apply(save(3, &external("12345-1"))).await;
        assert_eq!(taken(known), hexward::store::error::EXTERNAL_ID);
        assert!(matches!(store.apply(save(1, &external("x"))).await, Err(StoreError::Stale)));
        assert_eq!(rows(&fixture).await, before);
        store
            .apply(save(4, &|issue| {
                issue.external_id = Some("12345-1".into());
                issue.source = "another system".into();
            }))
            .await
            .unwrap();
        let ask = ["12345-1", "12345-2", "nul\0"].map(str::to_owned);
        assert_eq!(store.list_known_external("app", &ask).await.unwrap(), ["12345-1"]);
    });
}

#[test]
fn two_changes_that_touch_the_same_issues_do_not_deadlock() {
    check(|fixture| async move {
        let (a, first) = fresh(1);
        let (b, second) = fresh(2);
        fixture.store.apply(first).await.unwrap();
        fixture.store.apply(second).await.unwrap();
        for round in 0..20 {
            let all = Scope::everything();
            let a = fixture.store.find_issue(a.id, &all).await.unwrap().unwrap();
            let b = fixture.store.find_issue(b.id, &all).await.unwrap().unwrap();
            let both = |left: &Issue, right: &Issue| {
                let (_, mut change) = remark(left, "one");
                change.saves.extend(remark(right, "two").1.saves);
                change
            };
            let (one, two) = (both(&a, &b), both(&b, &a));
            let (one, two) = tokio::join!(fixture.store.apply(one), fixture.store.apply(two));
            let results = [one, two];
            let won = results.iter().filter(|result| result.is_ok()).count();
            let stale = results.iter().filter(|r| matches!(r, Err(StoreError::Stale))).count();
            assert_eq!((won, stale), (1, 1), "round {round}: {results:?}");
        }
    });
}

#[test]
fn texts_that_no_row_can_hold_find_nothing() {
    check(|fixture| async move {
        let store = &fixture.store;
        assert_eq!(store.find_issue_by_number("HX\0").await.unwrap(), None);
        assert_eq!(store.find_idempotent("anonymous", "\0").await.unwrap(), None);
        assert_eq!(store.find_account_by_login("\0").await.unwrap(), None);
        assert_eq!(store.find_issue_by_number("'; DROP TABLE issue; --").await.unwrap(), None);
        assert_eq!(fixture.raw.number("SELECT COUNT(*) FROM issue").await, 0);
    });
}

#[test]
fn an_acknowledged_change_is_there_when_the_store_is_opened_again() {
    check(|fixture| async move {
        let mut world = World::new(5);
        for _ in 0..20 {
            fixture.store.apply(world.next_change()).await.unwrap();
        }
        let again = hexward::store::open(&fixture.url).await.unwrap();
        for issue in &world.issues {
            let found = again.find_issue(issue.id, &Scope::everything()).await.unwrap();
            assert_eq!(found.as_ref(), Some(issue));
        }
        assert_eq!(
            again.load_rollups().await.unwrap(),
            fixture.store.load_rollups().await.unwrap()
        );
    });
}

#[tokio::test]
async fn an_address_without_a_lasting_place_is_refused() {
    for url in ["sqlite:", "sqlite::memory:", "sqlite://", "mysql://x/y", ""] {
        let refused = hexward::store::open(url).await.err();
        assert!(matches!(refused, Some(StoreError::Url(_))), "{url}: {refused:?}");
    }
}
