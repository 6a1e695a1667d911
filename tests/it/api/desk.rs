//! The desk: bulk steps, saved views, handover notes, templates for replies.

use super::{DISTRICT, EAST, HAZARD, IN_EAST, IN_WEST, WEST, World, call, get, post, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};

const KEY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// Reports at a place, in order.
async fn reports(world: &World, position: [f64; 2], n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for i in 0..n {
        // Far enough apart in time and words not to matter to each other.
        let body = report_of(HAZARD, position, &format!("第{i}处井盖"));
        ids.push(world.report("", &body).await.0);
    }
    ids
}

fn bulk(step: &Value, ids: &[(&str, Option<i64>)]) -> Value {
    let issues = ids.iter().map(|(id, version)| json!({"id": id, "version": version}));
    json!({"step": step, "issues": issues.collect::<Vec<_>>()})
}

async fn version_of(world: &World, token: &str, id: &str) -> i64 {
    let issue = world.send(get(&format!("/api/v1/issues/{id}")).by(token)).await.ok(200).json();
    issue["version"].as_i64().expect("a version")
}

#[test]
fn a_bulk_step_says_of_each_what_would_happen_and_one_refused_stops_no_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let ours = reports(&world, IN_EAST, 3).await;
        let theirs = reports(&world, IN_WEST, 1).await.remove(0);
        world.act(&desk, &ours[2], &json!({"action": "file"})).await.ok(200);
        let ids: Vec<&str> =
            ours.iter().map(String::as_str).chain([theirs.as_str(), "nonsense"]).collect();
        let step = json!({"action": "file"});
        let unseen: Vec<(&str, Option<i64>)> = ids.iter().map(|id| (*id, None)).collect();
        let body = bulk(&step, &unseen);
        let told = world.send(post("/api/v1/issues/bulk/preview", &body).by(&desk)).await.ok(200);
        let told = told.json();
        assert_eq!((told["done"].as_i64(), told["refused"].as_i64()), (Some(2), Some(3)));
        let codes: Vec<&Value> =
            told["items"].as_array().unwrap().iter().map(|i| &i["code"]).collect();
        assert_eq!(
            codes,
            [
                &json!(null),
                &json!(null),
                &json!("action_not_allowed"),
                &json!("not_found"),
                &json!("not_found")
            ]
        );
        // What another street has is not told from what is not there.
        assert_eq!(told["items"][3]["why"], told["items"][4]["why"]);
        assert_eq!(told["items"][3]["number"], Value::Null);
        for language in ["zh", "en"] {
            assert!(told["items"][2]["why"][language].as_str().is_some_and(|why| !why.is_empty()));
        }
        assert_eq!(told["items"][0]["to"], "filed");
        // A preview keeps nothing.
        assert_eq!(version_of(&world, &desk, &ours[0]).await, told["items"][0]["version"]);
        // The second one changes between preview and step: it alone is refused.
        world.act(&desk, &ours[1], &json!({"action": "comment", "note": "看过"})).await.ok(200);
        let seen: Vec<(&str, Option<i64>)> = ids
            .iter()
            .zip(told["items"].as_array().unwrap())
            .map(|(id, item)| (*id, Some(item["version"].as_i64().unwrap_or(1))))
            .collect();
        let body = bulk(&step, &seen);
        let done = world.send(post("/api/v1/issues/bulk", &body).by(&desk)).await.ok(200).json();
        let codes: Vec<&Value> =
            done["items"].as_array().unwrap().iter().map(|i| &i["code"]).collect();
        assert_eq!(
            codes,
            [
                &json!(null),
                &json!("stale_version"),
                &json!("action_not_allowed"),
                &json!("not_found"),
                &json!("not_found")
            ]
        );
        let first = get(&format!("/api/v1/issues/{}", ours[0])).by(&desk);
        assert_eq!(world.send(first).await.ok(200).json()["state"], "filed");
        let raw = &world.fixture.raw;
        assert_eq!(raw.number("SELECT COUNT(*) FROM event WHERE action = 'file'").await, 2);
    });
}

#[test]
fn a_bulk_step_has_the_rights_of_the_single_one_and_goes_where_the_matrix_proposes() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let acceptor = world.user(Role::Acceptor, Some(EAST), None).await;
        let id = reports(&world, IN_EAST, 1).await.remove(0);
        world.act(&acceptor, &id, &json!({"action": "file"})).await.ok(200);
        let version = version_of(&world, &desk, &id).await;
        let mut body = bulk(&json!({"action": "dispatch"}), &[(&id, Some(version))]);
        body["to_proposed"] = json!(true);
        let send = async |token: &str, body: &Value| {
            world.send(post("/api/v1/issues/bulk", body).by(token)).await
        };
        let refused = send(&acceptor, &body).await.ok(200).json();
        assert_eq!(refused["items"][0]["code"], "forbidden");
        let done = send(&desk, &body).await.ok(200).json();
        assert_eq!(done["items"][0]["ok"], true, "{done}");
        let issue = world.send(get(&format!("/api/v1/issues/{id}")).by(&desk)).await.ok(200).json();
        assert_eq!(issue["lead"]["code"], issue["route"]["lead"]["code"]);
        body["step"]["department"] = json!("js-dl");
        send(&desk, &body).await.problem(422, "validation");
        world.send(post("/api/v1/issues/bulk", &body)).await.problem(401, "unauthenticated");
        let unknown = bulk(&json!({"action": "vanish"}), &[(&id, Some(1))]);
        send(&desk, &unknown).await.problem(422, "validation");
    });
}

#[test]
fn a_bulk_step_under_one_key_is_taken_once() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let ids = reports(&world, IN_EAST, 2).await;
        let seen: Vec<(&str, Option<i64>)> = ids.iter().map(|id| (id.as_str(), Some(1))).collect();
        let send = async |body: &Value| {
            let call = post("/api/v1/issues/bulk", body).by(&desk);
            world.send(call.header("idempotency-key", KEY)).await
        };
        let body = bulk(&json!({"action": "file"}), &seen);
        let first = send(&body).await.ok(200).json();
        assert_eq!(first["done"], 2, "{first}");
        let again = send(&body).await.ok(200).json();
        assert_eq!(again["done"], 2, "{again}");
        assert_eq!(again["items"][0]["version"], first["items"][0]["version"]);
        let raw = &world.fixture.raw;
        assert_eq!(raw.number("SELECT COUNT(*) FROM event WHERE action = 'file'").await, 2);
        let other = bulk(&json!({"action": "reject", "note": "重复"}), &seen);
        send(&other).await.problem(422, "idempotency_mismatch");
    });
}

#[test]
fn a_bulk_request_that_cannot_be_right_is_refused_whole() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let id = reports(&world, IN_EAST, 1).await.remove(0);
        let file = json!({"action": "file"});
        let names: Vec<String> = (0..201).map(|n| format!("x{n}")).collect();
        let many: Vec<(&str, Option<i64>)> =
            names.iter().map(|id| (id.as_str(), Some(1))).collect();
        let twice = [(id.as_str(), Some(1)), (id.as_str(), Some(1))];
        for ids in [&[][..], &twice, &many, &[(id.as_str(), None)]] {
            let call = post("/api/v1/issues/bulk", &bulk(&file, ids)).by(&desk);
            let told = world.send(call).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], "issues");
        }
        assert_eq!(version_of(&world, &desk, &id).await, 1);
    });
}

#[test]
fn a_merge_of_many_is_taken_back_by_the_workflows_own_inverse() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let ids = reports(&world, IN_EAST, 3).await;
        let step = json!({"action": "merge", "target": ids[0]});
        let seen = [(ids[1].as_str(), Some(1)), (ids[2].as_str(), Some(1))];
        let body = bulk(&step, &seen);
        let done = world.send(post("/api/v1/issues/bulk", &body).by(&desk)).await.ok(200).json();
        assert_eq!((done["done"].as_i64(), &done["undo"]), (Some(2), &json!("unmerge")), "{done}");
        let merged = world.send(get(&format!("/api/v1/issues/{}", ids[1])).by(&desk)).await;
        let offers = merged.ok(200).json()["actions"].clone();
        let back =
            offers.as_array().unwrap().iter().find(|offer| offer["undoes"] == json!(["merge"]));
        assert_eq!(back.expect("an inverse")["action"], "unmerge");
        let items = done["items"].as_array().unwrap();
        let seen: Vec<(&str, Option<i64>)> = items
            .iter()
            .map(|one| (one["id"].as_str().unwrap(), one["version"].as_i64()))
            .collect();
        let body = bulk(&json!({"action": "unmerge"}), &seen);
        let back = world.send(post("/api/v1/issues/bulk", &body).by(&desk)).await.ok(200).json();
        assert_eq!(back["done"], 2, "{back}");
        assert_eq!(back["items"][0]["to"], "reported");
        assert_eq!(back["undo"], Value::Null);
        // The log keeps both.
        let events = get(&format!("/api/v1/issues/{}/events", ids[1])).by(&desk);
        let events = world.send(events).await.ok(200).json();
        let names: Vec<&Value> =
            events["items"].as_array().unwrap().iter().map(|event| &event["action"]).collect();
        assert_eq!(names, ["report", "merge", "unmerge"]);
    });
}

#[test]
fn a_list_tells_of_named_issues_alone_and_counts_no_further_than_asked() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let ids = reports(&world, IN_EAST, 4).await;
        let theirs = reports(&world, IN_WEST, 1).await.remove(0);
        let list =
            async |query: &str| world.send(get(&format!("/api/v1/issues?{query}")).by(&desk)).await;
        let named = list(&format!("ids={},{theirs}", ids[2])).await.ok(200).json();
        let found: Vec<&Value> =
            named["items"].as_array().unwrap().iter().map(|i| &i["id"]).collect();
        assert_eq!(found, [ids[2].as_str()]);
        for (max, total) in [(0, 0), (3, 3), (4, 4), (9, 4)] {
            let told = list(&format!("count=true&count_max={max}")).await.ok(200).json();
            assert_eq!(told["total"], total);
        }
        list("ids=nonsense").await.problem(422, "validation");
        let many = vec![ids[0].as_str(); 201].join(",");
        list(&format!("ids={many}")).await.problem(422, "validation");
    });
}

#[test]
fn a_view_is_its_owners_and_its_offices_and_nobody_elses() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let owner = world.user(Role::Acceptor, Some(EAST), None).await;
        let colleague = world.user(Role::Dispatcher, Some(EAST), None).await;
        let chief = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let other = world.user(Role::Acceptor, Some(WEST), None).await;
        let send = async |token: &str, method: &str, path: &str, body: &Value| {
            world.send(call(method, &format!("/api/v1/views{path}")).json(body).by(token)).await
        };
        let list =
            async |token: &str| world.send(get("/api/v1/views").by(token)).await.ok(200).json();
        let office = list(&owner).await["offices"][0]["code"].clone();
        assert_eq!(office, format!("{EAST}/"));
        let own = json!({"name": " 我的 ", "filter": "?state=reported", "order": 2});
        let own = send(&owner, "POST", "", &own).await.ok(201).json();
        assert_eq!((&own["name"], &own["filter"]), (&json!("我的"), &json!("state=reported")));
        let shared = json!({"name": "红灯", "filter": "light=red", "order": 1, "office": office});
        let shared = send(&owner, "POST", "", &shared).await.ok(201).json();
        let (mine, ours) = (own["id"].as_str().unwrap(), shared["id"].as_str().unwrap());
        let names = |views: &Value| -> Vec<String> {
            let items = views["items"].as_array().unwrap().iter();
            items.map(|view| view["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(&list(&owner).await), ["红灯", "我的"]);
        assert_eq!(names(&list(&colleague).await), ["红灯"]);
        assert_eq!(list(&colleague).await["items"][0]["own"], false);
        assert_eq!(names(&list(&other).await), Vec::<String>::new());
        world.send(get("/api/v1/views")).await.problem(401, "unauthenticated");
        let at = |id: &str| format!("/api/v1/views/{id}");
        world.send(get(&at(ours)).by(&colleague)).await.ok(200);
        world.send(get(&at(ours)).by(&other)).await.problem(404, "not_found");
        world.send(get(&at(mine)).by(&colleague)).await.problem(404, "not_found");
        let change = json!({"name": "改", "filter": "", "order": 5, "office": office});
        let path = |id: &str| format!("/{id}");
        send(&colleague, "PUT", &path(ours), &change).await.problem(403, "forbidden");
        send(&other, "PUT", &path(ours), &change).await.problem(404, "not_found");
        send(&owner, "PUT", &path(ours), &change).await.ok(200);
        assert_eq!(names(&list(&owner).await), ["我的", "改"]);
        for (field, bad) in [
            ("name", json!({"name": "  ", "filter": ""})),
            ("name", json!({"name": "x".repeat(61), "filter": ""})),
            ("filter", json!({"name": "x", "filter": "a\u{0}"})),
            ("office", json!({"name": "x", "filter": "", "office": format!("{WEST}/")})),
        ] {
            let told = send(&owner, "POST", "", &bad).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], field);
        }
        send(&colleague, "DELETE", &path(ours), &json!({})).await.problem(403, "forbidden");
        send(&chief, "DELETE", &path(ours), &json!({})).await.ok(204);
        send(&owner, "DELETE", &path(mine), &json!({})).await.ok(204);
        send(&owner, "DELETE", &path(mine), &json!({})).await.problem(404, "not_found");
    });
}

#[test]
fn a_handover_note_is_kept_with_what_waits_then_and_read_at_its_desk_alone() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let chief = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let acceptor = world.user(Role::Acceptor, Some(EAST), None).await;
        let west = world.user(Role::Acceptor, Some(WEST), None).await;
        let district = world.user(Role::DutySupervisor, Some(DISTRICT), None).await;
        let handler = world.user(Role::Handler, None, Some("js-dl")).await;
        let ids = reports(&world, IN_EAST, 3).await;
        reports(&world, IN_WEST, 1).await;
        world.act(&chief, &ids[0], &json!({"action": "file"})).await.ok(200);
        let send = async |token: &str, body: &Value| {
            world.send(post("/api/v1/handovers", body).by(token)).await
        };
        let first = send(&chief, &json!({"text": "注意东风路\n两处井盖"})).await.ok(201).json();
        assert_eq!(first["area"]["code"], EAST);
        assert_eq!(first["counts"]["to_accept"], 2);
        assert_eq!(first["counts"]["to_dispatch"], 1);
        assert_eq!(first["counts"]["arbitration"], 0);
        world.later(60_000);
        world.act(&chief, &ids[1], &json!({"action": "file"})).await.ok(200);
        let second = send(&acceptor, &json!({"text": "夜班平静"})).await.ok(201).json();
        assert_eq!(second["counts"]["to_dispatch"], 2);
        let list = async |token: &str, query: &str| {
            world.send(get(&format!("/api/v1/handovers{query}")).by(token)).await
        };
        let page = list(&chief, "?limit=1").await.ok(200).json();
        assert_eq!(page["items"][0]["text"], "夜班平静");
        let next = page["next_cursor"].as_str().expect("more");
        let page = list(&chief, &format!("?limit=1&cursor={next}")).await.ok(200).json();
        // What was counted stays as it was.
        assert_eq!(page["items"][0], first);
        assert_eq!(page["next_cursor"], Value::Null);
        assert_eq!(list(&west, "").await.ok(200).json()["items"], json!([]));
        let all = list(&district, &format!("?area={EAST}")).await.ok(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
        list(&handler, "").await.problem(403, "forbidden");
        list("", "").await.problem(401, "unauthenticated");
        send(&handler, &json!({"text": "x"})).await.problem(403, "forbidden");
        let elsewhere = json!({"text": "x", "area": EAST});
        let told = send(&west, &elsewhere).await.problem(422, "validation");
        assert_eq!(told["errors"][0]["field"], "area");
        let grid = json!({"text": "x", "area": "41010500100101"});
        send(&chief, &grid).await.problem(422, "validation");
        send(&chief, &json!({"text": " "})).await.problem(422, "validation");
        // Nothing changes or removes a note.
        let path = format!("/api/v1/handovers/{}", first["id"].as_str().unwrap());
        for method in ["PUT", "PATCH", "DELETE"] {
            let reply = world.send(call(method, &path).json(&elsewhere).by(&chief)).await;
            assert!([404, 405].contains(&reply.status.as_u16()), "{method}: {}", reply.status);
        }
    });
}

#[test]
fn a_template_is_its_departments_and_holds_what_can_be_filled_in() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let roads = world.user(Role::Handler, None, Some("js-dl")).await;
        let colleague = world.user(Role::Handler, None, Some("js-dl")).await;
        let police = world.user(Role::Handler, None, Some("js-ga")).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let send = async |token: &str, method: &str, path: &str, body: &Value| {
            world.send(call(method, &format!("/api/v1/templates{path}")).json(body).by(token)).await
        };
        let list = async |token: &str| {
            world.send(get("/api/v1/templates").by(token)).await.ok(200).json()["items"].clone()
        };
        let body = json!({"name": "已修复", "text": "{number}（{category}）已修复，原定 {due}。"});
        let kept = send(&roads, "POST", "", &body).await.ok(201).json();
        assert_eq!(kept["department"]["code"], "js-dl");
        let path = format!("/{}", kept["id"].as_str().unwrap());
        assert_eq!(list(&colleague).await, json!([kept]));
        assert_eq!(list(&police).await, json!([]));
        assert_eq!(list(&desk).await, json!([]));
        let other = json!({"name": "已修复", "text": "已修复"});
        send(&police, "PUT", &path, &other).await.problem(404, "not_found");
        send(&police, "DELETE", &path, &other).await.problem(404, "not_found");
        send(&desk, "POST", "", &other).await.problem(403, "forbidden");
        send("", "POST", "", &other).await.problem(401, "unauthenticated");
        let changed = send(&colleague, "PUT", &path, &other).await.ok(200).json();
        assert_eq!(changed["text"], "已修复");
        let foreign = json!({"name": "x", "text": "x", "department": "js-ga"});
        send(&roads, "POST", "", &foreign).await.problem(422, "validation");
        let odd = json!({"name": "x", "text": "您好 {name}"});
        let told = send(&roads, "POST", "", &odd).await.problem(422, "validation");
        assert_eq!(told["errors"][0]["field"], "text");
        assert!(told["errors"][0]["message"].as_str().unwrap().contains("{number}"));
        send(&roads, "DELETE", &path, &json!({})).await.ok(204);
        assert_eq!(list(&roads).await, json!([]));
    });
}
