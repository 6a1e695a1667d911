//! Nobody reads an issue outside the scope, nor what a dispute is about, by any route.

use super::report::{form, jpeg};
use super::{
    DISPUTE, EAST, HAZARD, IN_EAST, IN_WEST, OPINION, WEST, World, call, get, grant, post,
    report_of,
};
use crate::support::check;
use hexward::app::account::create_token;
use hexward::domain::access::Role;
use serde_json::{Value, json};

const SECRET: &str = "张三殴打李四";
const PHONE: &str = "13812345678";
const PLACE: &str = "花园路九号院";

/// A dispute with everything that is to be hidden: text, address, contact, a photo, notes.
async fn dispute(world: &World, position: [f64; 2]) -> (String, String) {
    let mut body = report_of(DISPUTE, position, SECRET);
    body["contact"] = json!({"name": "王五", "phone": PHONE});
    body["address"] = json!(PLACE);
    let (body, photo) = (body.to_string(), jpeg(7));
    let parts: &[(&str, &str, &[u8])] =
        &[("report", "", body.as_bytes()), ("photo", "image/jpeg", &photo)];
    let kept = world.send(form("/api/v1/reports", parts)).await.ok(201).json();
    let word = |name: &str| kept[name].as_str().unwrap().to_owned();
    (word("id"), word("number"))
}

async fn items(world: &World, token: &str, path: &str) -> Vec<Value> {
    let reply = world.send(get(path).by(token)).await.ok(200).json();
    reply["items"].as_array().expect("items").clone()
}

#[test]
fn an_issue_outside_the_scope_is_not_there_by_any_route() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let east = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let west = world.user(Role::DutySupervisor, Some(WEST), None).await;
        let roads = world.user(Role::Handler, None, Some("js-gs")).await;
        let (ours, _) = world.report("", &report_of(HAZARD, IN_EAST, "东边")).await;
        let (theirs, number) = world.report("", &report_of(HAZARD, IN_WEST, "西边的秘密")).await;
        for token in [&east, &roads] {
            for path in [
                "/api/v1/issues",
                "/api/v1/issues?count=true",
                "/api/v1/issues?open=true",
                "/api/v1/issues?area=410105002",
                "/api/v1/issues?q=西边",
                "/api/v1/issues?sort=reported_at",
                &format!("/api/v1/issues?q={number}"),
                "/api/v1/issues?bbox=113,34,114,35",
            ] {
                let reply = world.send(get(path).by(token)).await.ok(200);
                assert!(!reply.text().contains(&theirs), "{path}: {}", reply.text());
                assert!(!reply.text().contains("西边的秘密"), "{path}");
                assert!(reply.json()["total"].as_i64().unwrap_or(0) <= 1);
            }
            for path in ["", "/events", "/duplicates"] {
                let path = format!("/api/v1/issues/{theirs}{path}");
                world.send(get(&path).by(token)).await.problem(404, "not_found");
            }
            let act = post(&format!("/api/v1/issues/{theirs}/actions"), &json!({"action": "file"}));
            let act = act.by(token).header("if-match", "\"v1\"");
            world.send(act).await.problem(404, "not_found");
            let photo = jpeg(3);
            let upload = form(
                &format!("/api/v1/issues/{theirs}/photos"),
                &[("photo", "image/jpeg", &photo)],
            );
            world.send(upload.by(token)).await.problem(404, "not_found");
        }
        // By id and by number it is no target, and that it is there is not told.
        for target in [&theirs, &number, &"HX-0000-0000-00000".to_owned()] {
            let merge =
                world.act(&east, &ours, &json!({"action": "merge", "target": target})).await;
            let told = merge.problem(422, "validation");
            assert_eq!(told["errors"][0]["message"], "没有这个事件，或不在您的权限范围内");
        }
        assert_eq!(items(&world, &west, "/api/v1/issues").await.len(), 1);
        let track = get(&format!("/api/v1/track/{number}"));
        world.send(track).await.ok(200);
    });
}

#[test]
fn what_a_dispute_is_about_is_told_to_named_roles_alone() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (id, number) = dispute(&world, IN_EAST).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let cited = "依据张三的陈述";
        world.act(&desk, &id, &json!({"action": "file", "note": SECRET})).await.ok(200);
        let dispatcher = world.user(Role::Dispatcher, Some(EAST), None).await;
        let department = json!({"action": "dispatch", "department": "js-gs"});
        world.act(&dispatcher, &id, &department).await.ok(200);
        let handler = world.user(Role::Handler, None, Some("js-gs")).await;
        let back = json!({"action": "return", "reason": "unclear", "note": SECRET,
            "cited_rule": cited});
        world.act(&handler, &id, &back).await.ok(200);
        let whole = world.send(get(&format!("/api/v1/issues/{id}")).by(&desk)).await.ok(200);
        for word in [SECRET, PHONE, PLACE, "王五"] {
            assert!(whole.text().contains(word), "{word}");
        }
        let photo = whole.json()["photos"][0]["id"].as_str().unwrap().to_owned();
        let mut readers = vec![String::new()];
        for role in [Role::Leader, Role::GridWorker] {
            readers.push(world.user(role, Some(EAST), None).await);
        }
        let paths = [
            "/api/v1/issues".to_owned(),
            "/api/v1/issues?kind=dispute".to_owned(),
            format!("/api/v1/issues/{id}"),
            format!("/api/v1/issues/{id}/events"),
            format!("/api/v1/issues/{id}/duplicates"),
            format!("/api/v1/track/{number}"),
            format!("/api/v1/photos/{photo}/thumb"),
            format!("/api/v1/photos/{photo}/original"),
            format!("/api/v1/track/{number}/photos/{photo}/thumb"),
            "/api/v1/metrics/summary".to_owned(),
        ];
        for token in &readers {
            for path in &paths {
                let reply = world.send(get(path).by(token)).await;
                let image = reply.header("content-type").starts_with("image/");
                assert!(!image, "{path} gives the photo");
                for word in [SECRET, PHONE, PLACE, cited, "王五"] {
                    assert!(!reply.text().contains(word), "{path} tells {word}: {}", reply.text());
                }
            }
            let near = report_of(DISPUTE, IN_EAST, SECRET);
            let preview = post("/api/v1/reports/preview", &near).by(token);
            let found = world.send(preview).await.ok(200).json()["duplicates"].to_string();
            assert!(!found.contains(SECRET), "{found}");
            if !token.is_empty() {
                assert_eq!(items(&world, token, "/api/v1/issues").await.len(), 1);
            }
        }
    });
}

#[test]
fn words_find_a_dispute_only_for_those_who_may_know_them() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (_, number) = dispute(&world, IN_EAST).await;
        world.report("", &report_of(OPINION, IN_EAST, "张三的建议")).await;
        let named = world.user(Role::Acceptor, Some(EAST), None).await;
        let count = async |token: &str, words: &str| {
            items(&world, token, &format!("/api/v1/issues?q={words}")).await.len()
        };
        // What is told about a dispute is sealed, so nobody searches in it.
        assert_eq!((count(&named, "张三").await, count(&named, "花园路").await), (1, 0));
        for role in [Role::Leader, Role::GridWorker] {
            let token = world.user(role, Some(EAST), None).await;
            // Finding is an answer, too.
            assert_eq!((count(&token, "张三").await, count(&token, "花园路").await), (1, 0));
            // Who knows the number of a case finds the case.
            assert_eq!(count(&token, &number).await, 1);
            assert_eq!(count(&token, &number.to_lowercase().replace('-', "")).await, 1);
            let map = "/api/v1/issues.geojson?q=花园路";
            let map = world.send(get(map).by(&token)).await.ok(200).json();
            assert_eq!(map["features"], json!([]));
        }
    });
}

#[test]
fn a_score_tells_nothing_of_words_that_may_not_be_read() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        dispute(&world, IN_EAST).await;
        let leader = world.user(Role::Leader, Some(EAST), None).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let score = async |token: &str, text: &str| {
            let ask = post("/api/v1/reports/preview", &report_of(DISPUTE, IN_EAST, text));
            let found = world.send(ask.by(token)).await.ok(200).json();
            found["duplicates"][0]["score"].as_f64()
        };
        assert!(score(&desk, "无关的话语").await.is_some());
        assert!(score(&desk, SECRET).await > score(&desk, "无关的话语").await);
        assert_eq!(score(&leader, SECRET).await, score(&leader, "无关的话语").await);
    });
}

#[test]
fn whoever_reported_reads_the_own_report_and_no_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let id = world.account("ada", Vec::new()).await;
        let ada = create_token(&world.ctx, id, "t", 9).await.unwrap().1;
        world.report("", &report_of(HAZARD, IN_EAST, "别人的")).await;
        let (own, _) = world.report(&ada, &report_of(DISPUTE, IN_EAST, SECRET)).await;
        let listed = items(&world, &ada, "/api/v1/issues").await;
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0]["id"], &listed[0]["text"]), (&json!(own), &json!(SECRET)));
        let whole = world.send(get(&format!("/api/v1/issues/{own}")).by(&ada)).await.ok(200);
        assert_eq!(whole.json()["text"], SECRET);
        assert_eq!(items(&world, &ada, "/api/v1/issues?q=HX").await.len(), 1);
    });
}

#[test]
fn a_merge_with_a_report_elsewhere_does_not_tell_its_number() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let both = world.user(Role::DutySupervisor, None, None).await;
        let east = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let (ours, our_number) = world.report("", &report_of(HAZARD, IN_EAST, "东边")).await;
        let (theirs, number) = world.report("", &report_of(HAZARD, IN_WEST, "西边")).await;
        let merge = json!({"action": "merge", "target": number.to_lowercase()});
        world.act(&both, &ours, &merge).await.ok(200);
        for path in ["", "/events"] {
            let path = format!("/api/v1/issues/{ours}{path}");
            let seen = world.send(get(&path).by(&both)).await.ok(200).text();
            assert!(seen.contains(&number) && seen.contains(&theirs), "{seen}");
            let seen = world.send(get(&path).by(&east)).await.ok(200).text();
            assert!(!seen.contains(&number) && !seen.contains(&theirs), "{seen}");
        }
        let tracked = world.send(get(&format!("/api/v1/track/{our_number}"))).await.ok(200);
        assert!(!tracked.text().contains(&number) && tracked.json()["merged"] == true);
        // How the other stands is told, and neither its words nor what was written to its reporter.
        let secret = json!({"action": "reject", "note": "西边的答复"});
        world.act(&both, &theirs, &secret).await.ok(200);
        let tracked = world.send(get(&format!("/api/v1/track/{our_number}"))).await.ok(200);
        let (text, told) = (tracked.text(), tracked.json());
        assert_eq!(told["merged_into"]["state"], "rejected");
        let steps = told["merged_into"]["timeline"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["action"], "reject");
        assert!(!text.contains("西边") && !text.contains(&theirs), "{text}");
        assert!(!text.contains(&number), "{text}");
    });
}

#[test]
fn a_scope_of_kinds_and_departments_holds_for_counting_too() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mut only_opinions = grant(Role::Acceptor, None, None);
        only_opinions.kinds = Some(vec![hexward::domain::issue::kind::Kind::Opinion]);
        let id = world.account("ada", vec![only_opinions]).await;
        let ada = create_token(&world.ctx, id, "t", 9).await.unwrap().1;
        world.report("", &report_of(HAZARD, IN_EAST, "隐患")).await;
        world.report("", &report_of(OPINION, IN_WEST, "建议")).await;
        dispute(&world, IN_WEST).await;
        let reply = world.send(get("/api/v1/issues?count=true").by(&ada)).await.ok(200).json();
        assert_eq!((reply["items"].as_array().unwrap().len(), &reply["total"]), (1, &json!(1)));
        let nobody = world.account("eve", Vec::new()).await;
        let eve = create_token(&world.ctx, nobody, "t", 9).await.unwrap().1;
        let reply = world.send(get("/api/v1/issues?count=true").by(&eve)).await.ok(200).json();
        assert_eq!(reply["total"], 0);
        world.send(call("GET", "/api/v1/accounts").by(&eve)).await.problem(403, "forbidden");
    });
}
