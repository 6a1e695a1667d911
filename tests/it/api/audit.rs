//! What administrators may see of the log: who did what and when, numbers, and whether it is whole.
//! No word of an issue.

use super::{DISPUTE, HAZARD, IN_EAST, World, call, get, post, report_of};
use crate::kinds::{Office, put, read};
use crate::support::check;
use hexward::app::audit::verify_audit;
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, MINUTE_MS};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CANARY: &str = "Kanarienvogel";

async fn dispute(world: &World, office: &Office) -> (String, String) {
    let mut body = report_of(DISPUTE, IN_EAST, CANARY);
    body["contact"] = json!({"name": CANARY, "phone": "13800138000"});
    let (id, number) = world.report("", &body).await;
    office.bring_to_handling(world, &id).await;
    let parties = json!({"parties": [{"name": format!("{CANARY} 1"), "role": "申请人"},
        {"name": format!("{CANARY} 2"), "role": "被申请人"}], "narrative": CANARY});
    put(world, &office.handler, &id, "parties", &parties).await.ok(200);
    (id, number)
}

#[test]
fn who_opened_a_sealed_record_is_told_by_number_and_time_and_nothing_of_it() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let root = world.user(Role::Admin, None, None).await;
        let (id, number) = dispute(&world, &office).await;
        let (_, other) = dispute(&world, &office).await;
        let path = "/api/v1/audit/reads";
        let none = world.send(get(path).by(&root)).await.ok(200).json();
        assert_eq!(none["items"], json!([]));
        for _ in 0..3 {
            read(&world, &office.supervisor, &id, CANARY).await.ok(200);
            world.later(MINUTE_MS);
        }
        let told = world.send(get(path).by(&root)).await.ok(200).json();
        let items = told["items"].as_array().unwrap();
        assert_eq!(items.len(), 3, "{told}");
        assert!(items.iter().all(|one| one["number"] == number.as_str()), "{told}");
        assert_eq!(items[0]["role"], "duty_supervisor");
        assert!(!told.to_string().contains(CANARY) && !told.to_string().contains(&other));
        let actor = items[0]["actor"]["id"].as_str().unwrap();
        let count = async |query: &str| {
            let reply = world.send(get(&format!("{path}?{query}")).by(&root)).await.ok(200);
            reply.json()["items"].as_array().unwrap().len()
        };
        assert_eq!(count(&format!("actor={actor}")).await, 3);
        assert_eq!(count("actor=00000000-0000-7000-8000-000000000000").await, 0);
        assert_eq!(
            (count("from=2026-11-20&to=2026-11-20").await, count("to=2026-11-19").await),
            (3, 0)
        );
        // Page by page it is the same.
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{path}?limit=1&cursor={}", cursor.replace(' ', "%20"));
            let page = world.send(get(&path).by(&root)).await.ok(200).json();
            ids.extend(page["items"].as_array().unwrap().iter().map(|one| one["id"].clone()));
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        let all: Vec<Value> = items.iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, all);
        let csv = world.send(get(&format!("{path}?format=csv")).by(&root)).await.ok(200);
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert_eq!(csv.text().lines().count(), 4, "{}", csv.text());
        assert!(!csv.text().contains(CANARY));
    });
}

#[test]
fn the_log_of_administration_is_told_by_actor_sort_and_day_and_as_a_table() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let person = json!({"name": "=1+1"});
        world.send(post("/api/v1/people/workers", &person).by(&root)).await.ok(201);
        world.later(DAY_MS);
        let new = json!({"name": "t", "expires_in_days": 9});
        let signed = world.send(post("/api/v1/tokens", &new).by(&root)).await;
        signed.problem(403, "forbidden");
        world.send(post("/api/v1/people/workers", &json!({"name": "乙"})).by(&root)).await.ok(201);
        let list = async |query: &str| {
            let path = format!("/api/v1/audit/admin?{query}");
            let told = world.send(get(&path).by(&root)).await.ok(200).json();
            let items = told["items"].as_array().unwrap().clone();
            items.iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(list("sort=person").await, ["乙", "=1+1"]);
        assert_eq!(list("sort=person&to=2026-11-20").await, ["=1+1"]);
        assert_eq!(list("sort=person&from=2026-11-21").await, ["乙"]);
        assert_eq!(list("sort=branch").await, [""; 0]);
        // What was published before there was a page is there as well, by the command line.
        let path = "/api/v1/audit/admin?sort=territory";
        let told = world.send(get(path).by(&root)).await.ok(200).json();
        let mut done: Vec<_> = told["items"].as_array().unwrap().iter().collect();
        done.sort_by_key(|one| one["what"].as_str());
        let whats: Vec<_> = done.iter().map(|one| one["what"].as_str().unwrap()).collect();
        assert_eq!(whats, ["territory.publish", "territory.stage"]);
        assert!(done.iter().all(|one| one["actor"] == Value::Null && one["subject"] == "1"));
        let path = "/api/v1/audit/admin?sort=person&format=csv";
        let csv = world.send(get(path).by(&root)).await.ok(200).text();
        assert!(csv.contains(",'=1+1,"), "a formula: {csv}");
        for query in ["sort=%27", "from=x", "actor=x", "cursor=x", "format=xml"] {
            let path = format!("/api/v1/audit/admin?{query}");
            world.send(get(&path).by(&root)).await.problem(422, "validation");
        }
    });
}

async fn finished(world: &World, root: &str) -> Value {
    for _ in 0..600 {
        let runs = world.send(get("/api/v1/audit/runs").by(root)).await.ok(200).json();
        if runs["items"][0]["state"] != "running" {
            return runs["items"][0].clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the audit does not end");
}

#[test]
fn an_audit_on_request_finds_what_was_tampered_with_and_names_the_number() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let root = world.user(Role::Admin, None, None).await;
        let (_, sealed) = dispute(&world, &office).await;
        let (id, number) = world.report("", &report_of(HAZARD, IN_EAST, CANARY)).await;
        let start = || call("POST", "/api/v1/audit/runs").by(&root);
        world.send(start()).await.ok(202);
        let whole = finished(&world, &root).await;
        assert_eq!((&whole["state"], &whole["issues"]), (&json!("done"), &json!(2)), "{whole}");
        assert_eq!((&whole["faulty"], &whole["sealed_unread"]), (&json!(0), &json!(0)), "{whole}");
        assert!(whole["events"].as_i64().unwrap() >= 6, "{whole}");

        let forge = format!("UPDATE issue SET severity = 'major' WHERE id = '{id}'");
        assert_eq!(fixture.raw.execute(&forge).await, Ok(1));
        world.later(MINUTE_MS);
        world.send(start()).await.ok(202);
        let found = finished(&world, &root).await;
        assert_eq!(found["faulty"], 1, "{found}");
        assert_eq!(found["faults"][0]["number"], number.as_str());
        assert!(found["faults"][0]["says"]["zh"].as_str().unwrap().contains("不一致"), "{found}");
        assert!(!found.to_string().contains(CANARY) && !found.to_string().contains(&sealed));
        let runs = world.send(get("/api/v1/audit/runs").by(&root)).await.ok(200).json();
        assert_eq!(runs["items"].as_array().unwrap().len(), 2);
        let log = world.send(get("/api/v1/audit/admin?sort=audit").by(&root)).await.ok(200).json();
        assert_eq!(log["items"].as_array().unwrap().len(), 2, "{log}");
    });
}

#[test]
fn while_an_audit_goes_on_no_node_begins_another() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let root = world.user(Role::Admin, None, None).await;
        let begun = hexward::store::admin::AuditRun {
            id: "elsewhere".into(),
            state: hexward::store::admin::AuditState::Running,
            actor: None,
            started: world.ctx.now(),
            beat: world.ctx.now(),
            ended: None,
            issues: 0,
            events: 0,
            faulty: 0,
            sealed_unread: 0,
            faults: "[]".into(),
        };
        world.ctx.store.begin_audit(begun, world.ctx.now()).await.unwrap();
        let start = || call("POST", "/api/v1/audit/runs").by(&root);
        world.send(start()).await.problem(409, "conflict");
        let log = world.send(get("/api/v1/audit/admin?sort=audit").by(&root)).await.ok(200).json();
        assert_eq!(log["items"], json!([]));
        // A node that is not heard of any more holds nobody up.
        world.later(2 * MINUTE_MS + 1);
        let runs = world.send(get("/api/v1/audit/runs").by(&root)).await.ok(200).json();
        assert_eq!(runs["items"][0]["state"], "lost");
        world.send(start()).await.ok(202);
        assert_eq!(finished(&world, &root).await["state"], "done");
    });
}

#[test]
fn an_issue_that_is_worked_on_while_it_is_verified_is_not_called_faulty() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, CANARY)).await;
        let working = AtomicBool::new(true);
        let work = async {
            for _ in 0..40 {
                let body = json!({"action": "comment", "note": CANARY});
                world.act(&office.acceptor, &id, &body).await.ok(200);
            }
            working.store(false, Ordering::Relaxed);
        };
        let verify = async {
            let mut runs = 0;
            while working.load(Ordering::Relaxed) {
                let audit = verify_audit(&world.ctx, |_| ()).await.unwrap();
                assert_eq!((audit.issues, audit.faults), (1, Vec::new()));
                runs += 1;
            }
            runs
        };
        let ((), runs) = tokio::join!(work, verify);
        assert!(runs > 1, "{runs} runs");
    });
}
