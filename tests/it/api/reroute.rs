//! Correcting the place, the category or the severity of an issue: the change of route is shown,
//! then taken.

use super::{HAZARD, IN_EAST, IN_WEST, World, get, post, report_of};
use crate::support::check;
use hexward::app::audit::verify_audit;
use hexward::app::verify::verify_metrics;
use hexward::domain::access::Role;
use serde_json::{Value, json};

/// A category without a rule of its own goes to its street's office.
const ELSEWHERE: &str = "sg-02-01";

async fn preview(world: &World, token: &str, id: &str, body: &Value) -> Value {
    let path = format!("/api/v1/issues/{id}/reroute/preview");
    world.send(post(&path, body).by(token)).await.ok(200).json()
}

#[test]
fn a_correction_is_shown_before_it_is_taken_and_confirmed_once_a_department_has_it() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, None, None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let old = world.send(get(&format!("/api/v1/issues/{id}")).by(&desk)).await.ok(200).json();
        let moved = json!({"place": {"position": IN_WEST, "accuracy_m": 5.0}});

        // Before anybody has it, the place is corrected without more ado.
        let shown = preview(&world, &desk, &id, &moved).await;
        assert_eq!((&shown["must_confirm"], &shown["refiles"]), (&json!(false), &json!(false)));
        let leaf = |side: &Value| side["chain"].as_array().unwrap().last().unwrap()["code"].clone();
        assert_eq!(leaf(&shown["old"]), "41010500100101");
        assert_eq!(leaf(&shown["new"]), "41010500200101");
        assert_eq!(shown["old"]["lead"]["code"], old["proposed"]["code"]);
        for lang in ["zh", "en"] {
            assert!(!shown["sentence"][lang].as_str().unwrap().is_empty());
        }
        let seen = world.send(get(&format!("/api/v1/issues/{id}")).by(&desk)).await.ok(200).json();
        assert_eq!(seen["version"], old["version"], "a preview keeps nothing");
        let correct = |body: &Value, word: Option<&Value>| {
            let mut action = json!({"action": "correct", "note": "实地核对"});
            for (name, value) in body.as_object().unwrap() {
                action[name] = value.clone();
            }
            if let Some(word) = word {
                action["confirmed_route"] = word.clone();
            }
            action
        };
        let now = world.act(&desk, &id, &correct(&moved, None)).await.ok(200).json();
        assert_eq!(
            (&now["grid"]["code"], &now["state"]),
            (&json!("41010500200101"), &json!("reported"))
        );

        // Once it is dispatched, the change of route is confirmed.
        world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        let lead = now["proposed"]["code"].clone();
        world.act(&desk, &id, &json!({"action": "dispatch", "department": lead})).await.ok(200);
        let reclass = json!({"category": ELSEWHERE});
        let shown = preview(&world, &desk, &id, &reclass).await;
        assert_eq!((&shown["must_confirm"], &shown["lead_differs"]), (&json!(true), &json!(true)));
        let told = world.act(&desk, &id, &correct(&reclass, None)).await.problem(422, "validation");
        assert_eq!(told["errors"][0]["field"], "confirmed_route");
        let other = preview(&world, &desk, &id, &json!({"category": "bj-01-03"})).await;
        let wrong = correct(&reclass, Some(&other["confirmed_route"]));
        world.act(&desk, &id, &wrong).await.problem(412, "stale_route");
        let right = correct(&reclass, Some(&shown["confirmed_route"]));
        let now = world.act(&desk, &id, &right).await.ok(200).json();
        assert_eq!((&now["state"], &now["category_code"]), (&json!("filed"), &json!(ELSEWHERE)));
        assert_eq!(now["proposed"]["code"], shown["new"]["lead"]["code"]);
        assert_eq!(now["route"]["lead"]["code"], shown["new"]["lead"]["code"], "it is stored");
        // The word of an earlier version confirms nothing later.
        let again = correct(&reclass, Some(&shown["confirmed_route"]));
        world.act(&desk, &id, &again).await.problem(412, "stale_route");
        let events = world.send(get(&format!("/api/v1/issues/{id}/events")).by(&desk)).await;
        let events = events.ok(200).json();
        let last = events["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["to"]), (&json!("correct"), &json!("filed")));
        assert_eq!(verify_audit(&world.ctx, |_| ()).await.unwrap().faulty, 0);
        assert!(verify_metrics(&world.ctx).await.unwrap().is_right());
    });
}

#[test]
fn who_may_not_correct_is_shown_no_route() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let path = format!("/api/v1/issues/{id}/reroute/preview");
        let body = json!({"category": ELSEWHERE});
        let leader = world.user(Role::Leader, None, None).await;
        world.send(post(&path, &body).by(&leader)).await.problem(403, "forbidden");
        let west = world.user(Role::Dispatcher, Some(super::WEST), None).await;
        world.send(post(&path, &body).by(&west)).await.problem(404, "not_found");
        let desk = world.user(Role::Acceptor, None, None).await;
        world.send(post(&path, &json!({})).by(&desk)).await.problem(422, "validation");
        let nowhere = json!({"place": {"position": [34.78, 113.65]}});
        world.send(post(&path, &nowhere).by(&desk)).await.problem(422, "validation");
        let unknown = json!({"category": "nothing"});
        world.send(post(&path, &unknown).by(&desk)).await.problem(422, "validation");
    });
}

#[test]
fn another_severity_shows_its_route_and_is_confirmed_once_a_department_has_it() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, None, None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let severity = |grade: &str, word: Option<&Value>| {
            let mut action =
                json!({"action": "set_severity", "severity": grade, "note": "实地核对"});
            if let Some(word) = word {
                action["confirmed_route"] = word.clone();
            }
            action
        };
        // Nobody has it yet: it is routed anew without a word.
        let now = world.act(&desk, &id, &severity("major", None)).await.ok(200).json();
        assert_eq!(now["severity"], "major");
        world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        let lead = now["proposed"]["code"].clone();
        world.act(&desk, &id, &json!({"action": "dispatch", "department": lead})).await.ok(200);
        let told = world.act(&desk, &id, &severity("general", None)).await;
        assert_eq!(told.problem(422, "validation")["errors"][0]["field"], "confirmed_route");
        let shown = preview(&world, &desk, &id, &json!({"severity": "general"})).await;
        assert_eq!(shown["must_confirm"], json!(true));
        let other = preview(&world, &desk, &id, &json!({"severity": "major"})).await;
        let wrong = severity("general", Some(&other["confirmed_route"]));
        world.act(&desk, &id, &wrong).await.problem(412, "stale_route");
        let right = severity("general", Some(&shown["confirmed_route"]));
        let now = world.act(&desk, &id, &right).await.ok(200).json();
        assert_eq!((&now["severity"], &now["state"]), (&json!("general"), &json!("dispatched")));
        // The decision is kept, with the severity that it was made by.
        let sql = "SELECT trace FROM route ORDER BY seq DESC LIMIT 1";
        let trace = world.fixture.raw.texts(sql).await;
        assert!(trace[0].contains("general"), "{trace:?}");
        // It is a step of its own.
        let path = format!("/api/v1/issues/{id}/reroute/preview");
        let both = json!({"severity": "major", "category": ELSEWHERE});
        let told = world.send(post(&path, &both).by(&desk)).await.problem(422, "validation");
        assert_eq!(told["errors"][0]["field"], "severity");
        let worker = world.user(Role::GridWorker, None, None).await;
        let body = json!({"severity": "major"});
        world.send(post(&path, &body).by(&worker)).await.problem(403, "forbidden");
        assert_eq!(verify_audit(&world.ctx, |_| ()).await.unwrap().faulty, 0);
        assert_eq!(verify_metrics(&world.ctx).await.unwrap().differing, 0);
    });
}
