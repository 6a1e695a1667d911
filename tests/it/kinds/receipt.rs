//! The code of a report's receipt: it makes the tracking number the reporter's word, and it is told
//! to whoever reports and to nobody else.

use super::{Office, act};
use crate::api::access::{filled, routes};
use crate::api::{DISPUTE, HAZARD, IN_EAST, OPINION, World, get, post, report_of};
use crate::support::check;
use crate::support::log::heard_log;
use hexward::app::account::{FAILURES_MS, LOGIN_FAILURES_MAX};
use hexward::app::retention::erase_due;
use hexward::domain::access::Role;
use hexward::domain::time::DAY_MS;
use serde_json::{Value, json};

/// A category of small wishes.
const WISH: &str = "sg-02-05";

async fn closed(world: &World, office: &Office, id: &str) {
    office.bring_to_handling(world, id).await;
    let submit = json!({"action": "submit", "outcome": "remedied", "note": "已更换"});
    act(world, &office.handler, id, submit).await;
    let close = json!({"action": "force_close", "note": "已确认"});
    act(world, &office.supervisor, id, close).await;
}

fn rating(number: &str, code: &str) -> crate::api::Call {
    let body = json!({"verdict": "resolved", "satisfaction": "satisfied", "code": code});
    post(&format!("/api/v1/track/{number}/rating"), &body)
}

#[test]
fn the_code_comes_with_the_receipt_however_often_it_is_asked_for_and_by_no_other_route() {
    let log = heard_log();
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let report = report_of(HAZARD, IN_EAST, "井盖缺失");
        let sent = || post("/api/v1/reports", &report).header("idempotency-key", "k-7");
        let first = world.send(sent()).await.ok(201).json();
        let word = |name: &str| first[name].as_str().unwrap().to_owned();
        let (id, number, code) = (word("id"), word("number"), word("code"));
        assert_eq!(code.len(), 8);
        assert_eq!(world.send(sent()).await.ok(200).json()["code"], first["code"]);
        closed(&world, &office, &id).await;
        let written = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
        world.send(rating(&number, &written)).await.ok(200);
        let mut asked = 0;
        for role in Role::ALL {
            let department = (role == Role::Handler).then_some(super::LEAD);
            let token = world.user(role, None, department).await;
            for (_, path) in routes().iter().filter(|(m, p)| m == "GET" && !p.ends_with("/live")) {
                let path = filled(&path.replace("{id}", &id).replace("{number}", &number));
                let text = world.send(get(&path).by(&token)).await.text();
                assert!(!text.contains(&code), "{path}: {text}");
                asked += 1;
            }
        }
        assert!(asked > 200, "{asked}");
        let told = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
        assert!(!told.contains(&code), "the log holds the code");
    });
}

#[test]
fn codes_are_guessed_as_seldom_as_passwords() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let report = report_of(HAZARD, IN_EAST, "井盖缺失");
        let (id, number, code) = world.report_with_code("", &report).await;
        let (other, second, own) = world.report_with_code("", &report).await;
        closed(&world, &office, &id).await;
        closed(&world, &office, &other).await;
        // The code of one report is none of another.
        for _ in 0..LOGIN_FAILURES_MAX {
            world.send(rating(&number, &own)).await.problem(403, "report_code");
        }
        world.send(rating(&number, &code)).await.problem(429, "throttled");
        // Elsewhere, and for another report, it goes on.
        world.send(rating(&number, &code).at_peer("198.51.100.7")).await.ok(200);
        world.send(rating(&second, &own)).await.ok(200);
        world.later(FAILURES_MS + 1);
        world.send(rating(&number, &code)).await.ok(200);
    });
}

#[test]
fn the_code_is_forgotten_with_the_contact() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let report = report_of(HAZARD, IN_EAST, "井盖缺失");
        let (id, number, code) = world.report_with_code("", &report).await;
        closed(&world, &office, &id).await;
        let kept = "SELECT COUNT(*) FROM report_code";
        assert_eq!(fixture.raw.number(kept).await, 1);
        world.later(731 * DAY_MS);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 1);
        assert_eq!(fixture.raw.number(kept).await, 0);
        world.send(rating(&number, &code)).await.problem(403, "report_code");
    });
}

#[test]
fn issues_of_two_kinds_are_not_merged_and_the_refusal_says_so() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let mut numbers = Vec::new();
        for category in [HAZARD, OPINION, DISPUTE] {
            let mut body = report_of(category, IN_EAST, "一件事");
            body["contact"] = json!({"name": "王五", "phone": "1"});
            numbers.push(world.report("", &body).await);
        }
        for (n, (id, _)) in numbers.iter().enumerate() {
            let target = &numbers[(n + 1) % 3].1;
            let merge = json!({"action": "merge", "target": target});
            let told = world.act(&office.supervisor, id, &merge).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], "target");
            let says = told["errors"][0]["message"].as_str().unwrap();
            assert!(says.contains("同一种类"), "{says}");
        }
    });
}

#[test]
fn a_claim_names_who_claims_whichever_way_it_comes() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let worker = world.user(Role::GridWorker, None, None).await;
        let (id, _) = world.report("", &report_of(WISH, IN_EAST, "一把轮椅")).await;
        act(&world, &office.acceptor, &id, json!({"action": "file"})).await;
        // Residents see the wishes that are published, and no other.
        let offer = json!({"name": "王小明", "phone": "1"});
        let public = format!("/api/v1/public/wishes/{id}/claim");
        world.send(post(&public, &offer)).await.problem(404, "not_found");
        act(&world, &worker, &id, json!({"action": "claim"})).await;
        let claimant = async || {
            let path = format!("/api/v1/issues/{id}/claim");
            world.send(get(&path).by(&office.supervisor)).await.ok(200).json()
        };
        assert!(claimant().await["account_name"].as_str().unwrap().starts_with("name of"));
        let give_up = json!({"action": "unclaim", "note": "另有安排"});
        act(&world, &worker, &id, give_up).await;
        let publish = json!({"action": "publish_wish", "note": "想要一把轮椅"});
        act(&world, &office.acceptor, &id, publish).await;
        world.send(post(&public, &offer)).await.ok(200);
        let told = claimant().await;
        assert_eq!((&told["name"], &told["account_name"]), (&json!("王小明"), &Value::Null));
        let log = super::events(&world, &office.supervisor, &id).await;
        let last = log.last().unwrap();
        assert_eq!(
            (&last["action"], &last["actor"]["kind"]),
            (&json!("claim"), &json!("resident"))
        );
    });
}
