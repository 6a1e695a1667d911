//! Versions of the territory: published whole, by one publisher, and never unmade.

use crate::support::world::{START, opening, random_place, report};
use crate::support::{Chance, check, zone};
use hexward::domain::access::Scope;
use hexward::domain::id::AccountId;
use hexward::domain::issue::step::rehome;
use hexward::store::StoreError;
use hexward::store::admin::{AdminEntry, LogQuery};
use hexward::store::change::Change;
use hexward::store::port::{AreaRow, BranchRow, LineageRow, PostRow, Territories, WorkerRow};

fn area(code: &str) -> AreaRow {
    AreaRow {
        code: code.into(),
        name: format!("{code} 网格"),
        level: "grid".into(),
        parent: (code != "41").then(|| "41".into()),
        kind: "community".into(),
        valid_from: Some(-5),
        valid_to: None,
        generated: true,
        polygon: "{\"type\":\"Polygon\"}".into(),
    }
}

fn split(day: i32) -> LineageRow {
    LineageRow {
        version: 0,
        kind: "split".into(),
        from_codes: "a".into(),
        to_codes: "b;c".into(),
        day,
    }
}

async fn stage(store: &(impl Territories + ?Sized), codes: &[&str]) -> i64 {
    let areas = codes.iter().map(|code| area(code)).collect();
    store.stage_territory(areas, vec![split(9)], "note".into(), START, None).await.unwrap()
}

async fn states(store: &(impl Territories + ?Sized)) -> Vec<(i64, String)> {
    let versions = store.list_territory_versions().await.unwrap();
    versions.into_iter().map(|version| (version.version, version.state)).collect()
}

fn told(list: &[(i64, &str)]) -> Vec<(i64, String)> {
    list.iter().map(|(version, state)| (*version, (*state).to_owned())).collect()
}

#[test]
fn a_published_version_replaces_the_one_before_and_retires_its_codes() {
    check(|fixture| async move {
        let store = &fixture.store;
        let first = stage(&**store, &["41", "a"]).await;
        assert!(store.list_lineage(None).await.unwrap().is_empty(), "a draft is no history");
        let of_draft = store.list_lineage(Some(first)).await.unwrap();
        assert_eq!(of_draft, [LineageRow { version: first, ..split(9) }]);
        store.publish_territory(first, None, Change::default()).await.unwrap();
        let second = stage(&**store, &["41", "b", "c"]).await;
        assert!(store.list_retired_codes().await.unwrap().is_empty());
        store.publish_territory(second, Some(first), Change::default()).await.unwrap();
        assert_eq!(states(&**store).await, told(&[(1, "retired"), (2, "published")]));
        assert_eq!(store.list_retired_codes().await.unwrap(), ["a"]);
        assert_eq!(store.load_areas(second).await.unwrap(), ["41", "b", "c"].map(area));
        let lineage = store.list_lineage(None).await.unwrap();
        assert_eq!(lineage.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 2]);
        let versions = store.find_versions().await.unwrap();
        assert!(versions.contains(&("territory".into(), 2)), "{versions:?}");
    });
}

#[test]
fn a_retired_code_is_not_published_again() {
    check(|fixture| async move {
        let store = &fixture.store;
        let first = stage(&**store, &["41", "a"]).await;
        store.publish_territory(first, None, Change::default()).await.unwrap();
        // Staged and checked while the code was still in use.
        let old = stage(&**store, &["41", "a", "b"]).await;
        let second = stage(&**store, &["41", "b"]).await;
        store.publish_territory(second, Some(first), Change::default()).await.unwrap();
        let again = store.publish_territory(old, Some(second), Change::default()).await;
        assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
        let expected = told(&[(1, "retired"), (2, "staged"), (3, "published")]);
        assert_eq!(states(&**store).await, expected);
    });
}

#[test]
fn publishing_is_all_or_nothing() {
    check(|fixture| async move {
        let (store, chance) = (&fixture.store, &mut Chance(61));
        let (issue, event) = report(chance, START, None);
        store.apply(opening(&issue, event)).await.unwrap();
        let version = stage(&**store, &["41"]).await;
        let (after, event) = rehome(&issue, &random_place(chance), START).unwrap();
        let moves = |seen: i64| {
            let mut change =
                crate::support::world::advance(vec![(issue.clone(), after.clone(), event.clone())]);
            change.saves[0].version_seen = seen;
            change
        };
        let stale = store.publish_territory(version, None, moves(5)).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
        assert_eq!(states(&**store).await, told(&[(1, "staged")]));
        assert_eq!(fixture.raw.number("SELECT COUNT(*) FROM area_code").await, 0);
        store.publish_territory(version, None, moves(1)).await.unwrap();
        let found = store.find_issue(issue.id, &Scope::everything()).await.unwrap();
        assert_eq!(found, Some(after.clone()));
        let mut truth = hexward::domain::metrics::contribution::Deltas::new();
        hexward::domain::metrics::contribution::add_contribution(&mut truth, &after, &zone(), 1);
        assert_eq!(store.load_rollups().await.unwrap(), truth);
    });
}

#[test]
fn of_two_publishers_one_wins() {
    check(|fixture| async move {
        let store = &fixture.store;
        let mut in_force = None;
        for round in 0..12 {
            let (one, two) = (stage(&**store, &["41"]).await, stage(&**store, &["41"]).await);
            // In every third round both publish the same version.
            let two = if round % 3 == 0 { one } else { two };
            let (a, b) = tokio::join!(
                store.publish_territory(one, in_force, Change::default()),
                store.publish_territory(two, in_force, Change::default())
            );
            let stale = [&a, &b].iter().filter(|r| matches!(r, Err(StoreError::Stale))).count();
            assert_eq!(stale, 1, "round {round}: {a:?} {b:?}");
            in_force = Some(if a.is_ok() { one } else { two });
            let published: Vec<_> =
                states(&**store).await.into_iter().filter(|(_, s)| s == "published").collect();
            assert_eq!(published, told(&[(in_force.unwrap(), "published")]));
        }
    });
}

#[test]
fn a_draft_can_be_deleted_and_a_published_version_cannot() {
    check(|fixture| async move {
        let store = &fixture.store;
        let first = stage(&**store, &["41"]).await;
        let draft = stage(&**store, &["41", "b"]).await;
        store.publish_territory(first, None, Change::default()).await.unwrap();
        assert!(!store.delete_staged_territory(first, None).await.unwrap());
        assert!(store.delete_staged_territory(draft, None).await.unwrap());
        assert!(!store.delete_staged_territory(draft, None).await.unwrap());
        assert!(!store.delete_staged_territory(999, None).await.unwrap());
        assert_eq!(states(&**store).await, told(&[(1, "published")]));
        assert!(store.load_areas(draft).await.unwrap().is_empty());
        let gone = store.publish_territory(draft, Some(first), Change::default()).await;
        assert!(matches!(gone, Err(StoreError::Stale)));
        let again = store.publish_territory(first, Some(first), Change::default()).await;
        assert!(matches!(again, Err(StoreError::Stale)), "a published version is no draft");
        assert_eq!(states(&**store).await, told(&[(1, "published")]));
    });
}

fn entry(id: &str, actor: Option<u128>, what: &str) -> AdminEntry {
    AdminEntry {
        id: id.into(),
        at: START,
        actor: actor.map(AccountId),
        what: what.into(),
        subject: "?".into(),
        facts: "{}".into(),
    }
}

/// What was done to which version, by whom, in order of the entries' ids.
async fn logged(store: &dyn hexward::store::Store) -> Vec<(String, String, Option<u128>)> {
    let asked = LogQuery { limit: 100, ..LogQuery::default() };
    let entries = store.list_admin(&asked).await.unwrap().into_iter().rev();
    entries.map(|one| (one.what, one.subject, one.actor.map(|id| id.0))).collect()
}

#[test]
fn who_staged_and_who_published_is_kept_and_logged_with_the_change_alone() {
    check(|fixture| async move {
        let store = &fixture.store;
        let put = async |codes: &[&str], log| {
            let areas = codes.iter().map(|code| area(code)).collect();
            store.stage_territory(areas, Vec::new(), "note".into(), START, log).await
        };
        let first = put(&["41"], Some(entry("a", Some(1), "territory.stage"))).await.unwrap();
        let draft = put(&["41", "b"], Some(entry("b", Some(2), "territory.edit"))).await.unwrap();
        put(&["41", "41"], Some(entry("c", Some(3), "territory.stage"))).await.unwrap_err();
        let by = |id: &str| Change {
            at: START,
            log: Some(AdminEntry {
                subject: "1".into(),
                ..entry(id, Some(4), "territory.publish")
            }),
            ..Change::default()
        };
        store.publish_territory(first, None, by("d")).await.unwrap();
        store.publish_territory(first, None, by("e")).await.unwrap_err();
        let drop = |id: &str| Some(entry(id, Some(5), "territory.delete"));
        assert!(store.delete_staged_territory(draft, drop("f")).await.unwrap());
        assert!(!store.delete_staged_territory(draft, drop("g")).await.unwrap());
        assert!(!store.delete_staged_territory(first, drop("h")).await.unwrap());
        let silent = put(&["41", "b"], None).await.unwrap();
        assert_eq!(silent, draft, "the number of a deleted draft is given again");

        let told = [
            ("territory.stage", "1", 1),
            ("territory.edit", "2", 2),
            ("territory.publish", "1", 4),
            ("territory.delete", "?", 5),
        ];
        let told = told.map(|(what, subject, by)| (what.to_owned(), subject.to_owned(), Some(by)));
        assert_eq!(logged(&**store).await, told, "what was refused is not logged");
        let versions = store.list_territory_versions().await.unwrap();
        let people: Vec<_> = versions.iter().map(|one| (one.author, one.publisher)).collect();
        let expected = [(Some(AccountId(1)), Some(AccountId(4))), (None, None)];
        assert_eq!(people, expected, "whoever staged the deleted draft is not the next one's");
    });
}

/// The step that fills the column, as it runs on a store with versions of before.
const PUBLISHED_BY: &str = include_str!("../../../migrations/0016_published_by.sql");

#[test]
fn who_published_an_older_version_is_taken_from_the_log() {
    check(|fixture| async move {
        let store = &fixture.store;
        let first = stage(&**store, &["41"]).await;
        store.publish_territory(first, None, Change::default()).await.unwrap();
        let second = stage(&**store, &["41", "b"]).await;
        store.publish_territory(second, Some(first), Change::default()).await.unwrap();
        let published = entry("a", Some(7), "territory.publish");
        let published = AdminEntry { subject: second.to_string(), ..published };
        store.append_admin(published).await.unwrap();
        let fill = &PUBLISHED_BY[PUBLISHED_BY.find("UPDATE").unwrap()..];
        fixture.raw.execute(fill).await.unwrap();
        let versions = store.list_territory_versions().await.unwrap();
        let publishers: Vec<_> = versions.iter().map(|one| one.publisher).collect();
        assert_eq!(publishers, [None, Some(AccountId(7))]);
    });
}

#[test]
fn deleting_and_publishing_at_once_leave_a_whole_version_or_none() {
    check(|fixture| async move {
        let store = &fixture.store;
        let mut in_force = None;
        for round in 0..12 {
            let version = stage(&**store, &["41", "a"]).await;
            let (published, deleted) = tokio::join!(
                store.publish_territory(version, in_force, Change::default()),
                store.delete_staged_territory(version, None)
            );
            let areas = store.load_areas(version).await.unwrap().len();
            match (published, deleted.unwrap()) {
                (Ok(()), false) => {
                    assert_eq!(areas, 2, "round {round}");
                    in_force = Some(version);
                }
                (Err(StoreError::Stale), true) => assert_eq!(areas, 0, "round {round}"),
                other => panic!("round {round}: {other:?}"),
            }
        }
    });
}

#[test]
fn branches_and_people_are_replaced_whole() {
    check(|fixture| async move {
        let store = &fixture.store;
        let branch = |code: usize| BranchRow {
            code: format!("{code:05}"),
            name: "支部".into(),
            parent: None,
            lon: 113.5,
            lat: -0.25,
            areas: "a;b".into(),
            resources: "会议室".into(),
            opening_hours: "08:00-18:00".into(),
            generated: true,
        };
        let worker = |n: usize| WorkerRow {
            id: format!("{n:05}"),
            name: "王".into(),
            phone: "1".into(),
            generated: false,
        };
        let post = |n: usize| PostRow {
            worker: format!("{n:05}"),
            grid: "a".into(),
            role: "grid_worker".into(),
            duties: String::new(),
            valid_from: None,
            valid_to: Some(20_000),
            on_duty: "08-18".into(),
            lon: Some(1.5),
            lat: None,
        };
        // More than one statement's worth.
        for count in [1_201, 3, 0] {
            let branches: Vec<_> = (0..count).map(branch).collect();
            let workers: Vec<_> = (0..count).map(worker).collect();
            let posts: Vec<_> = (0..count).map(post).collect();
            store.replace_branches(branches.clone(), START).await.unwrap();
            store.replace_people(workers.clone(), posts.clone(), START).await.unwrap();
            assert_eq!(store.load_branches().await.unwrap(), branches);
            assert_eq!(store.load_people().await.unwrap(), (workers, posts));
        }
        // A list that contradicts itself replaces nothing.
        store.replace_branches(vec![branch(1)], START).await.unwrap();
        store.replace_branches(vec![branch(2), branch(2)], START).await.unwrap_err();
        assert_eq!(store.load_branches().await.unwrap(), [branch(1)]);
    });
}

#[test]
fn documents_and_settings_keep_their_versions() {
    check(|fixture| async move {
        let store = &fixture.store;
        assert_eq!(store.find_pack("matrix").await.unwrap(), None);
        assert_eq!(store.put_pack("matrix", "{1}", "n", START).await.unwrap(), 1);
        assert_eq!(store.put_pack("matrix", "{2}", "n", START).await.unwrap(), 2);
        assert_eq!(store.put_pack("catalog", "{}", "n", START).await.unwrap(), 1);
        assert_eq!(store.find_pack("matrix").await.unwrap(), Some((2, "{2}".into())));
        store.put_setting("name", "甲").await.unwrap();
        store.put_setting("name", "乙").await.unwrap();
        assert_eq!(store.list_settings().await.unwrap(), [("name".into(), "乙".into())]);
        // Settings are written together, by who saw the last change, and a document likewise.
        let both =
            |n: &str| vec![("name".to_owned(), n.to_owned()), ("b".to_owned(), n.to_owned())];
        assert_eq!(store.put_settings(both("丙"), Some(2), None).await.unwrap(), 3);
        let stale = store.put_settings(both("丁"), Some(2), None).await;
        assert!(matches!(stale, Err(StoreError::Stale)));
        let kept = [("b".into(), "丙".into()), ("name".into(), "丙".into())];
        assert_eq!(store.list_settings().await.unwrap(), kept);
        let race = ["戊", "己"].map(|name| store.put_settings(both(name), Some(3), None));
        let won = futures::future::join_all(race).await.iter().filter(|done| done.is_ok()).count();
        assert_eq!(won, 1, "of two who saw the same one writes");
        let document = ("matrix", "{3}", "n");
        assert!(matches!(
            store.put_pack_after(1, document, START, None).await,
            Err(StoreError::Stale)
        ));
        assert_eq!(store.put_pack_after(2, document, START, None).await.unwrap(), 3);
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.put_pack("catalog", "{}", "n", START).await })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(number) => numbers.push(number),
                Err(error) => assert!(matches!(error, StoreError::Stale), "{error}"),
            }
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (2..2 + numbers.len() as i64).collect::<Vec<_>>());
    });
}
