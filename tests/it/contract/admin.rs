//! What administrators did, runs of the audit, the last administrator, and people one at a time.

use crate::support::check;
use crate::support::world::START;
use hexward::domain::access::Role;
use hexward::domain::id::{AccountId, WorkerId};
use hexward::domain::time::Timestamp;
use hexward::store::StoreError;
use hexward::store::admin::{AdminEntry, AuditRun, AuditState, LogQuery, PersonRow};
use hexward::store::port::{AccountRow, BranchRow, GrantRow, PostRow, WorkerRow};
use std::sync::Arc;

fn entry(id: &str, at: i64, actor: Option<u128>, what: &str) -> AdminEntry {
    AdminEntry {
        id: id.into(),
        at: Timestamp(at),
        actor: actor.map(AccountId),
        what: what.into(),
        subject: "ada".into(),
        facts: "{}".into(),
    }
}

fn all() -> LogQuery {
    LogQuery { limit: 100, ..LogQuery::default() }
}

#[test]
fn the_log_of_administration_refuses_to_forget_or_change() {
    check(|fixture| async move {
        for n in 0..3 {
            let one = entry(&format!("e{n}"), n, None, "account.close");
            fixture.store.append_admin(one).await.unwrap();
        }
        let before = fixture.store.list_admin(&all()).await.unwrap();
        let mut attempts = vec!["DELETE FROM admin_log", "DELETE FROM admin_log WHERE id = 'e1'"];
        let columns = ["id", "actor", "what", "subject", "facts"]
            .map(|column| format!("UPDATE admin_log SET {column} = 'x' WHERE id = 'e1'"));
        attempts.extend(columns.iter().map(String::as_str));
        attempts.push("UPDATE admin_log SET at = 7");
        match fixture.engine() {
            "sqlite" => {
                attempts.push("INSERT OR REPLACE INTO admin_log SELECT * FROM admin_log");
                attempts.push("UPDATE OR REPLACE admin_log SET id = 'e0'");
            }
            _ => attempts.push("TRUNCATE admin_log"),
        }
        for attempt in attempts {
            let result = fixture.raw.execute(attempt).await;
            let refused = result.as_ref().err().is_some_and(|why| why.contains("append-only"));
            assert!(refused, "{attempt}: {result:?}");
        }
        assert_eq!(fixture.store.list_admin(&all()).await.unwrap(), before);
        assert_eq!(before.len(), 3);
    });
}

#[test]
fn the_log_is_told_the_latest_first_by_actor_sort_time_and_page() {
    check(|fixture| async move {
        let store = &fixture.store;
        let entries = [
            entry("a", 10, Some(1), "account.close"),
            entry("b", 20, Some(2), "account.create"),
            entry("c", 20, None, "matrix.activate"),
            entry("d", 30, Some(1), "accounting.odd"),
        ];
        for one in &entries {
            store.append_admin(one.clone()).await.unwrap();
        }
        let ids = async |query: LogQuery| {
            let found = store.list_admin(&query).await.unwrap();
            found.into_iter().map(|one| one.id).collect::<String>()
        };
        assert_eq!(ids(all()).await, "dcba");
        assert_eq!(ids(LogQuery { actor: Some(AccountId(1)), ..all() }).await, "da");
        assert_eq!(ids(LogQuery { sort: Some("account".into()), ..all() }).await, "ba");
        assert_eq!(ids(LogQuery { from: Some(Timestamp(20)), ..all() }).await, "dcb");
        assert_eq!(ids(LogQuery { until: Some(Timestamp(20)), ..all() }).await, "a");
        assert_eq!(ids(LogQuery { limit: 2, ..all() }).await, "dc");
        let after = Some((Timestamp(20), "c".to_owned()));
        assert_eq!(ids(LogQuery { after, ..all() }).await, "ba");
        let kept = store.list_admin(&all()).await.unwrap();
        assert_eq!(kept.iter().rev().cloned().collect::<Vec<_>>(), entries);
    });
}

fn administrator(id: u128, login: &str) -> AccountRow {
    let grant = GrantRow { role: Role::Admin, area_code: None, department: None, kinds: None };
    AccountRow {
        id: AccountId(id),
        login: login.into(),
        name: login.into(),
        password_hash: String::new(),
        active: true,
        must_change_password: false,
        grants: vec![grant],
        version: 1,
    }
}

#[test]
fn the_last_administrator_stays_and_nothing_of_the_attempt_is_kept() {
    check(|fixture| async move {
        let store = &fixture.store;
        let ada = administrator(1, "ada");
        store.insert_account(ada.clone(), START, None).await.unwrap();
        // Neither a closed one nor one of a part is an administrator.
        let closed = AccountRow { active: false, ..administrator(2, "bob") };
        store.insert_account(closed, START, None).await.unwrap();
        let mut part = administrator(3, "eve");
        part.grants[0].area_code = Some("410105".into());
        store.insert_account(part, START, None).await.unwrap();
        let mut narrowed = ada.clone();
        narrowed.grants[0].department = Some("police".into());
        for attempt in [
            AccountRow { active: false, ..ada.clone() },
            AccountRow { grants: Vec::new(), ..ada.clone() },
            narrowed,
        ] {
            let log = entry("x", 1, Some(1), "account.update");
            let refused = store.update_account(attempt, Some(log)).await;
            assert!(matches!(refused, Err(StoreError::LastAdministrator)), "{refused:?}");
            assert_eq!(store.find_account(ada.id).await.unwrap(), Some(ada.clone()));
            assert_eq!(store.list_admin(&all()).await.unwrap(), []);
        }
        // Whoever stays an administrator may change, and with another one there may leave.
        let renamed = AccountRow { name: "Ada".into(), ..ada.clone() };
        let log = entry("y", 2, Some(1), "account.update");
        store.update_account(renamed, Some(log.clone())).await.unwrap();
        assert_eq!(store.list_admin(&all()).await.unwrap(), [log]);
        store.insert_account(administrator(4, "kay"), START, None).await.unwrap();
        let leaves = AccountRow { active: false, version: 2, ..ada };
        store.update_account(leaves, None).await.unwrap();
    });
}

#[test]
fn of_two_administrators_who_take_each_other_away_at_once_one_stays() {
    check(|fixture| async move {
        for round in 0..8u128 {
            let store = &fixture.store;
            let ids = [round * 2 + 10, round * 2 + 11];
            for id in ids {
                let login = format!("admin{id}");
                store.insert_account(administrator(id, &login), START, None).await.unwrap();
            }
            let close = |id: u128| {
                let store = Arc::clone(store);
                let row = AccountRow { active: false, ..administrator(id, &format!("admin{id}")) };
                tokio::spawn(async move { store.update_account(row, None).await })
            };
            let (one, other) = tokio::join!(close(ids[0]), close(ids[1]));
            let done = [one.unwrap(), other.unwrap()];
            let closed = done.iter().filter(|one| one.is_ok()).count();
            assert_eq!(closed, 1, "{done:?}");
            // The one that is left goes by hand, so that the next round begins with none.
            fixture.raw.execute("DELETE FROM account_grant").await.unwrap();
        }
    });
}

fn run(id: &str, at: i64) -> AuditRun {
    AuditRun {
        id: id.into(),
        state: AuditState::Running,
        actor: Some(AccountId(1)),
        started: Timestamp(at),
        beat: Timestamp(at),
        ended: None,
        issues: 0,
        events: 0,
        faulty: 0,
        sealed_unread: 0,
        faults: "[]".into(),
    }
}

#[test]
fn one_audit_runs_at_a_time_and_a_lost_one_makes_room() {
    check(|fixture| async move {
        let store = &fixture.store;
        store.begin_audit(run("a", 100), Timestamp(0)).await.unwrap();
        let second = store.begin_audit(run("b", 110), Timestamp(50)).await;
        assert!(matches!(second, Err(StoreError::Taken(_))), "{second:?}");
        assert!(store.beat_audit("a", 7, Timestamp(120)).await.unwrap());
        let told = &store.list_audits(9).await.unwrap()[0];
        assert_eq!((told.issues, told.beat, told.state), (7, Timestamp(120), AuditState::Running));
        // Its node went away: the next one takes its place, and its own word counts no more.
        store.begin_audit(run("b", 300), Timestamp(121)).await.unwrap();
        assert!(!store.beat_audit("a", 8, Timestamp(301)).await.unwrap());
        let late = AuditRun { state: AuditState::Done, issues: 9, ..run("a", 100) };
        assert!(!store.end_audit(late).await.unwrap());
        let done = AuditRun {
            state: AuditState::Done,
            beat: Timestamp(400),
            ended: Some(Timestamp(400)),
            issues: 3,
            events: 30,
            faulty: 1,
            sealed_unread: 2,
            faults: "[1]".into(),
            ..run("b", 300)
        };
        assert!(store.end_audit(done.clone()).await.unwrap());
        let runs = store.list_audits(9).await.unwrap();
        let states: Vec<_> = runs.iter().map(|one| (one.id.as_str(), one.state)).collect();
        assert_eq!(states, [("b", AuditState::Done), ("a", AuditState::Lost)]);
        assert_eq!(runs[0], done);
        store.begin_audit(run("c", 401), Timestamp(0)).await.unwrap();
    });
}

const WORKER: &str = "0192f3a4-5b6c-7d8e-9f00-112233445566";

fn person(version: i64, posts: &[(&str, Option<i32>)]) -> PersonRow {
    let post = |(grid, to): &(&str, Option<i32>)| PostRow {
        worker: WORKER.into(),
        grid: (*grid).into(),
        role: "网格员".into(),
        duties: String::new(),
        valid_from: Some(1),
        valid_to: *to,
        on_duty: String::new(),
        lon: None,
        lat: None,
    };
    let worker = WorkerRow {
        id: WORKER.into(),
        name: "王五".into(),
        phone: String::new(),
        generated: false,
    };
    PersonRow { version, worker, posts: posts.iter().map(post).collect() }
}

async fn people_version(store: &dyn hexward::store::Store) -> i64 {
    let versions = store.find_versions().await.unwrap();
    versions.iter().find(|(name, _)| name == "people_version").map_or(0, |(_, n)| *n)
}

#[test]
fn a_worker_is_written_whole_at_the_version_that_was_seen_and_every_node_notices() {
    check(|fixture| async move {
        let store = &fixture.store;
        let id = WorkerId::parse(WORKER).unwrap();
        let log = |n: i64| entry(&format!("p{n}"), 5, Some(1), "post.begin");
        // The same grid twice: who comes back to it holds two posts there, one after the other.
        let posts = [("a", Some(9)), ("b", None), ("a", None)];
        assert_eq!(store.put_person(person(0, &posts), log(1)).await.unwrap(), 1);
        let first = people_version(store.as_ref()).await;
        let kept = store.find_person(id).await.unwrap().unwrap();
        assert_eq!(kept, person(1, &posts));
        assert_eq!(store.load_people().await.unwrap().1, kept.posts);
        let again = store.put_person(person(0, &posts), log(2)).await;
        assert!(matches!(again, Err(StoreError::Stale)), "{again:?}");
        assert_eq!(store.put_person(person(1, &[("c", None)]), log(3)).await.unwrap(), 2);
        // Two changes of one millisecond are two versions for the other nodes.
        assert!(people_version(store.as_ref()).await > first);
        let stale = store.put_person(person(1, &posts), log(4)).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
        assert_eq!(store.list_persons().await.unwrap(), [person(2, &[("c", None)])]);
        // What was refused is not in the log either.
        let told = store.list_admin(&all()).await.unwrap();
        assert_eq!(told.iter().map(|one| one.id.as_str()).collect::<String>(), "p3p1");
        // An import makes new versions of all: who saw the old list does not overwrite the new one.
        let whole = person(0, &[("d", None)]);
        store.replace_people(vec![whole.worker], whole.posts, START).await.unwrap();
        let kept = store.find_person(id).await.unwrap().unwrap();
        assert_eq!((kept.version, kept.posts[0].grid.as_str()), (3, "d"));
    });
}

#[test]
fn of_two_who_change_one_worker_at_once_one_is_refused() {
    check(|fixture| async move {
        let store = &fixture.store;
        let log = |id: &str| entry(id, 5, Some(1), "post.begin");
        store.put_person(person(0, &[]), log("p0")).await.unwrap();
        let put = |id: &'static str, grid: &'static str| {
            let store = Arc::clone(store);
            let (row, log) = (person(1, &[(grid, None)]), log(id));
            tokio::spawn(async move { store.put_person(row, log).await })
        };
        let (one, other) = tokio::join!(put("p1", "a"), put("p2", "b"));
        let done = [one.unwrap(), other.unwrap()];
        assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1, "{done:?}");
        let kept = store.list_persons().await.unwrap();
        assert_eq!((kept.len(), kept[0].version, kept[0].posts.len()), (1, 2, 1));
    });
}

#[test]
fn a_branch_is_written_at_the_version_that_was_seen() {
    check(|fixture| async move {
        let store = &fixture.store;
        let branch = |name: &str| BranchRow {
            code: "B1".into(),
            name: name.into(),
            parent: None,
            lon: 113.5,
            lat: 34.5,
            areas: "a;b".into(),
            resources: String::new(),
            opening_hours: String::new(),
            generated: false,
        };
        let log = |id: &str| entry(id, 5, None, "branch.update");
        assert_eq!(store.put_branch(branch("一"), 0, log("1")).await.unwrap(), 1);
        let taken = store.put_branch(branch("二"), 0, log("2")).await;
        assert!(matches!(taken, Err(StoreError::Taken("code"))), "{taken:?}");
        assert_eq!(store.put_branch(branch("三"), 1, log("3")).await.unwrap(), 2);
        let stale = store.put_branch(branch("四"), 1, log("4")).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
        assert_eq!(store.list_branches().await.unwrap(), [(2, branch("三"))]);
        assert_eq!(store.list_admin(&all()).await.unwrap().len(), 2);
    });
}
