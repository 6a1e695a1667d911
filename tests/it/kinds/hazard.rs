//! Hazards: what is major is told up the line at once and marked until something is done.

use super::{Office, act, events};
use crate::api::{DISTRICT, EAST, HAZARD, IN_EAST, World, get, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};

async fn summons(world: &World, token: &str, id: &str) -> Vec<Value> {
    let path = format!("/api/v1/issues/{id}/summons");
    let told = world.send(get(&path).by(token)).await.ok(200).json();
    told["items"].as_array().unwrap().clone()
}

fn codes(summons: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> =
        summons.iter().map(|one| one["area"]["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn a_major_hazard_is_told_up_the_line_with_its_report_and_marked_until_controlled() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let mut body = report_of(HAZARD, IN_EAST, "边坡开裂");
        body["severity"] = json!("major");
        let (id, _) = world.report("", &body).await;
        let told = summons(&world, &office.supervisor, &id).await;
        assert_eq!(codes(&told), [DISTRICT, EAST]);
        assert!(told.iter().any(|one| one["audience"] == "leader"));
        assert!(told.iter().all(|one| one["kind"] == "major_hazard"));
        // The leaders up the line find it in their own lists, and those elsewhere do not.
        for (area, told) in [(EAST, 1), (DISTRICT, 2), (crate::api::WEST, 0)] {
            let leader = world.user(Role::Leader, Some(area), None).await;
            let list = world.send(get("/api/v1/summons").by(&leader)).await.ok(200).json();
            assert_eq!(list["items"].as_array().unwrap().len(), told, "{list}");
        }
        let marked = async || {
            let path = "/api/v1/issues?needs_control=true&count=true";
            let found = world.send(get(path).by(&office.supervisor)).await.ok(200).json();
            found["total"].as_i64().unwrap()
        };
        assert_eq!(marked().await, 1);
        let worker = world.user(Role::GridWorker, Some("41010500100101"), None).await;
        world.act(&worker, &id, &json!({"action": "control"})).await.problem(422, "validation");
        let control = json!({"action": "control", "note": "已设围挡"});
        let issue = act(&world, &worker, &id, control).await;
        assert_eq!(issue["care"]["needs_control"], false);
        assert!(issue["care"]["controlled_at"].is_string());
        assert_eq!(marked().await, 0);
    });
}

#[test]
fn severity_changes_with_a_reason_and_what_becomes_major_is_told() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "路面塌陷")).await;
        assert!(summons(&world, &office.supervisor, &id).await.is_empty());
        let bare = json!({"action": "set_severity", "severity": "major"});
        world.act(&office.acceptor, &id, &bare).await.problem(422, "validation");
        let major = json!({"action": "set_severity", "severity": "major", "note": "裂缝扩大"});
        let issue = act(&world, &office.acceptor, &id, major.clone()).await;
        assert_eq!(
            (&issue["severity"], &issue["care"]["needs_control"]),
            (&json!("major"), &json!(true))
        );
        world.act(&office.acceptor, &id, &major).await.problem(422, "validation");
        assert_eq!(codes(&summons(&world, &office.supervisor, &id).await), [DISTRICT, EAST]);
        let log = events(&world, &office.supervisor, &id).await;
        let last = log.last().unwrap();
        assert_eq!(
            (&last["note"], &last["data"]["severity"]),
            (&json!("裂缝扩大"), &json!("major"))
        );
        // What is outside of one's scope is told by no notice either.
        let west = world.user(Role::Leader, Some(crate::api::WEST), None).await;
        let path = format!("/api/v1/issues/{id}/summons");
        world.send(get(&path).by(&west)).await.problem(404, "not_found");
    });
}
