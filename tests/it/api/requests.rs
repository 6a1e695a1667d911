//! What a department asks for, and who stays answerable for what it sends back.

use super::{EAST, HAZARD, IN_EAST, World, get, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};

#[test]
fn a_request_awaits_the_supervisor_and_the_first_receiver_reads_until_another_accepts() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let supervisor = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let path = format!("/api/v1/issues/{id}");
        world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        let seen = world.send(get(&path).by(&supervisor)).await.ok(200).json();
        let own = seen["proposed"]["code"].as_str().unwrap().to_owned();
        let other = if own == "js-ga" { "js-cg" } else { "js-ga" };
        let first = world.user(Role::Handler, None, Some(&own)).await;
        let next = world.user(Role::Handler, None, Some(other)).await;
        let dispatch = |to: &str| json!({"action": "dispatch", "department": to});
        world.act(&supervisor, &id, &dispatch(&own)).await.ok(200);
        world.act(&first, &id, &json!({"action": "accept"})).await.ok(200);

        let open = "/api/v1/issues?attention=request_open";
        let asks = json!({"action": "request_suspension", "until": "2026-12-20", "note": "等料"});
        let seen = world.act(&first, &id, &asks).await.ok(200).json();
        let asked = &seen["supervision"]["asked"];
        assert_eq!(
            (&asked["ask"], &asked["until"]),
            (&json!("suspension"), &json!("2026-12-20T16:00:00.000Z"))
        );
        let found = world.send(get(open).by(&supervisor)).await.ok(200).json();
        assert_eq!(found["items"][0]["id"], json!(id));
        world
            .act(&first, &id, &json!({"action": "suspend", "until": "2026-12-20", "note": "x"}))
            .await
            .problem(403, "forbidden");
        let decline = json!({"action": "decline_request", "note": "须先围挡"});
        let seen = world.act(&supervisor, &id, &decline).await.ok(200).json();
        assert_eq!(seen["supervision"]["asked"], Value::Null);
        let told = &seen["dossier"]["requests"][0];
        assert_eq!(
            (&told["ask"], &told["decision"]["ruling"]),
            (&json!("suspension"), &json!("declined"))
        );
        assert_eq!(told["decision"]["note"], "须先围挡");
        let found = world.send(get(open).by(&supervisor)).await.ok(200).json();
        assert_eq!(found["items"], json!([]));

        let back = |cited: Option<&str>| {
            json!({"action": "return", "reason": "not_ours", "note": "非我单位",
                "cited_rule": cited})
        };
        let told = world.act(&first, &id, &back(None)).await.problem(422, "validation");
        assert_eq!(told["errors"][0]["field"], "cited_rule");
        world.act(&first, &id, &back(Some("第3条"))).await.ok(200);
        let seen = world.act(&supervisor, &id, &dispatch(other)).await.ok(200).json();
        assert_eq!(
            (&seen["answerable"]["code"], &seen["lead"]["code"]),
            (&json!(own), &json!(other))
        );
        world.send(get(&path).by(&first)).await.ok(200);
        let listed = world.send(get("/api/v1/issues").by(&first)).await.ok(200).json();
        assert_eq!(listed["items"][0]["id"], json!(id));
        let seen = world.act(&next, &id, &json!({"action": "accept"})).await.ok(200).json();
        assert_eq!(seen["answerable"], Value::Null);
        world.send(get(&path).by(&first)).await.problem(404, "not_found");
    });
}
