//! Opinions: answers that are published, advice, wishes that are claimed, and like ones counted.

use super::{Office, act};
use crate::api::{DISPUTE, EAST, IN_EAST, OPINION, World, get, post, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const WISH: &str = "sg-02-05";
const LEGAL: &str = "sg-02-04";
const PHONE: &str = "13899990000";

async fn list(world: &World, what: &str) -> Vec<Value> {
    let told = world.send(get(&format!("/api/v1/public/{what}"))).await.ok(200).json();
    told["items"].as_array().unwrap().clone()
}

/// A report of somebody who can be reached.
async fn report(world: &World, category: &str, text: &str) -> String {
    let mut body = report_of(category, IN_EAST, text);
    body["contact"] = json!({"name": "王五", "phone": PHONE});
    world.report("", &body).await.0
}

#[test]
fn an_answer_is_public_in_the_offices_words_and_tells_nothing_of_the_reporter() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let id = report(&world, OPINION, "我是三号楼王五，希望增设充电桩").await;
        let publish = json!({"action": "publish_answer", "note": "充电桩年内建成"});
        office.bring_to_handling(&world, &id).await;
        world.act(&office.acceptor, &id, &publish).await.problem(409, "action_not_allowed");
        let answer = json!({"action": "submit", "outcome": "adopted", "note": "已采纳"});
        act(&world, &office.handler, &id, answer).await;
        // The department does not publish; the office does, after it has looked at the words.
        world.act(&office.handler, &id, &publish).await.problem(403, "forbidden");
        act(&world, &office.acceptor, &id, publish).await;
        let reply = world.send(get("/api/v1/public/answers")).await.ok(200);
        for hidden in ["王五", PHONE, "三号楼", "113.665"] {
            assert!(!reply.text().contains(hidden), "{hidden}: {}", reply.text());
        }
        let item = &reply.json()["items"][0];
        assert_eq!((&item["text"], &item["id"]), (&json!("充电桩年内建成"), &json!(id)));
        let cell = u64::from_str_radix(item["cell"].as_str().unwrap(), 16).unwrap();
        let cell = h3o::CellIndex::try_from(cell).unwrap();
        assert_eq!(cell.resolution(), h3o::Resolution::Nine);
        act(&world, &office.acceptor, &id, json!({"action": "withdraw"})).await;
        assert!(list(&world, "answers").await.is_empty());
    });
}

#[test]
fn published_answers_are_paged_without_gaps_or_repeats() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let mut published = BTreeSet::new();
        for n in 0..7 {
            let id = report(&world, OPINION, &format!("意见 {n}")).await;
            office.bring_to_handling(&world, &id).await;
            let answer = json!({"action": "submit", "outcome": "answered", "note": "已答复"});
            act(&world, &office.handler, &id, answer).await;
            let publish = json!({"action": "publish_answer", "note": format!("答复 {n}")});
            act(&world, &office.acceptor, &id, publish).await;
            published.insert(id);
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/public/answers?limit=3{cursor}");
            let page = world.send(get(&path)).await.ok(200).json();
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen.len(), published.len());
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), published);
        world.send(get("/api/v1/public/answers?cursor=x")).await.problem(422, "validation");
    });
}

#[test]
fn a_grids_adviser_answers_a_legal_consultation_and_it_counts() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let id = report(&world, LEGAL, "租房押金不退怎么办").await;
        let other = report(&world, OPINION, "希望增设路灯").await;
        let adviser = world.user(Role::LegalAdviser, Some(EAST), None).await;
        let answer = json!({"action": "answer", "note": "可先协商，再向法院起诉"});
        act(&world, &office.acceptor, &id, json!({"action": "file"})).await;
        act(&world, &office.acceptor, &other, json!({"action": "file"})).await;
        world.act(&office.acceptor, &id, &answer).await.problem(403, "forbidden");
        let issue = act(&world, &adviser, &id, answer.clone()).await;
        assert_eq!((&issue["state"], &issue["outcome"]), (&json!("handled"), &json!("answered")));
        let call = post(&format!("/api/v1/issues/{other}/actions"), &answer).by(&adviser);
        world.send(call.header("if-match", "\"v2\"")).await.problem(404, "not_found");
        let count = "/api/v1/issues?measure=legal_answered&count=true";
        let told = world.send(get(count).by(&office.supervisor)).await.ok(200).json();
        assert_eq!(told["total"], 1);
    });
}

#[test]
fn a_wish_is_published_claimed_reviewed_and_fulfilled() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let id = report(&world, WISH, "我母亲住三单元，想要一辆轮椅").await;
        let claim = format!("/api/v1/public/wishes/{id}/claim");
        let helper = json!({"name": "李小红", "phone": "13700001111"});
        // What is not published is not there.
        world.send(post(&claim, &helper)).await.problem(404, "not_found");
        act(&world, &office.acceptor, &id, json!({"action": "file"})).await;
        let publish = json!({"action": "publish_wish", "note": "一位老人想要一辆轮椅"});
        act(&world, &office.acceptor, &id, publish).await;
        let item = &list(&world, "wishes").await[0];
        assert_eq!(
            (&item["text"], &item["claim"]),
            (&json!("一位老人想要一辆轮椅"), &json!("open"))
        );
        world.send(post(&claim, &json!({"name": "李小红"}))).await.problem(422, "validation");
        let told = world.send(post(&claim, &helper)).await.ok(200).json();
        assert_eq!(told["claim"], "pending");
        world.send(post(&claim, &helper)).await.problem(409, "action_not_allowed");
        // Nobody is named before the office has agreed, and the office alone sees the contact.
        let item = &list(&world, "wishes").await[0];
        assert_eq!((&item["claim"], &item["claimed_by"]), (&json!("pending"), &Value::Null));
        let path = format!("/api/v1/issues/{id}/claim");
        let who = world.send(get(&path).by(&office.acceptor)).await.ok(200).json();
        assert_eq!((&who["name"], &who["phone"]), (&json!("李小红"), &json!("13700001111")));
        let leader = world.user(Role::Leader, None, None).await;
        world.send(get(&path).by(&leader)).await.problem(403, "forbidden");
        let done = json!({"action": "fulfil", "note": "轮椅已送到"});
        world.act(&office.supervisor, &id, &done).await.problem(409, "action_not_allowed");
        act(&world, &office.acceptor, &id, json!({"action": "approve_claim"})).await;
        let reply = world.send(get("/api/v1/public/wishes")).await.ok(200);
        assert_eq!(reply.json()["items"][0]["claimed_by"], "小红");
        assert!(!reply.text().contains("李小红") && !reply.text().contains("13700001111"));
        let issue = act(&world, &office.supervisor, &id, done).await;
        assert_eq!((&issue["state"], &issue["outcome"]), (&json!("handled"), &json!("claimed")));
        assert!(list(&world, "wishes").await.is_empty());
        // The claimant's name is nowhere in the log, which cannot forget.
        let named = "SELECT COUNT(*) FROM event WHERE facts LIKE '%李小红%'";
        assert_eq!(fixture.raw.number(named).await, 0);
    });
}

#[test]
fn a_claim_of_ones_own_is_given_up_and_the_wish_is_open_again() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let id = report(&world, WISH, "想要旧书").await;
        act(&world, &office.acceptor, &id, json!({"action": "file"})).await;
        let publish = json!({"action": "publish_wish", "note": "孩子们想要旧书"});
        act(&world, &office.acceptor, &id, publish).await;
        // Whoever works here needs neither contact nor the wish's grid.
        let worker = world.user(Role::GridWorker, Some(crate::api::WEST), None).await;
        let other = world.user(Role::GridWorker, Some(crate::api::WEST), None).await;
        let claim = format!("/api/v1/public/wishes/{id}/claim");
        world.send(post(&claim, &json!({})).by(&worker)).await.ok(200);
        let leave = post(&format!("/api/v1/public/wishes/{id}/unclaim"), &json!({"note": "有事"}));
        world.send(leave.by(&other)).await.problem(403, "forbidden");
        let leave = post(&format!("/api/v1/public/wishes/{id}/unclaim"), &json!({"note": "有事"}));
        let told = world.send(leave.by(&worker)).await.ok(200).json();
        assert_eq!(told["claim"], Value::Null);
        let by_organisation =
            json!({"name": "赵六", "phone": "1", "organisation": "花园社区党支部"});
        world.send(post(&claim, &by_organisation)).await.ok(200);
        act(&world, &office.acceptor, &id, json!({"action": "approve_claim"})).await;
        assert_eq!(list(&world, "wishes").await[0]["claimed_by"], "花园社区党支部");
    });
}

#[test]
fn opinions_that_say_the_same_are_found_far_apart_and_counted_together() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let far = [113.6785, 34.7885];
        let mut ids = Vec::new();
        for (place, text) in [
            (IN_EAST, "希望小区增设电动车充电桩"),
            (far, "建议小区增设充电桩"),
            (crate::api::IN_WEST, "希望小区增设充电桩"),
            (far, "广场舞太吵"),
        ] {
            ids.push(world.report("", &report_of(OPINION, place, text)).await.0);
        }
        let path = format!("/api/v1/issues/{}/duplicates", ids[0]);
        let told = world.send(get(&path).by(&office.acceptor)).await.ok(200).json();
        let alike: Vec<&str> =
            told["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
        // Of the same street only, and only what says the same.
        assert_eq!(alike, [ids[1].as_str()]);
        act(&world, &office.acceptor, &ids[1], json!({"action": "merge", "target": ids[0]})).await;
        let list = world.send(get("/api/v1/issues?open=true").by(&office.acceptor)).await.ok(200);
        let items = list.json()["items"].as_array().unwrap().clone();
        let survivor = items.iter().find(|item| item["id"] == ids[0].as_str()).unwrap();
        assert_eq!(survivor["reports"], 2);
        // A stranger is told nothing of words: a score would give them away bit by bit.
        let preview = report_of(OPINION, far, "希望小区增设电动车充电桩");
        let told = world.send(post("/api/v1/reports/preview", &preview)).await.ok(200).json();
        let duplicates = told["duplicates"].as_array().unwrap();
        assert!(duplicates.iter().all(|other| other["text"].is_null()), "{duplicates:?}");
    });
}

#[test]
fn no_dispute_is_ever_public() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let id = report(&world, DISPUTE, "争吵").await;
        office.bring_to_handling(&world, &id).await;
        for action in ["publish_answer", "publish_wish", "claim"] {
            let asked = json!({"action": action, "note": "x"});
            world.act(&office.supervisor, &id, &asked).await.problem(409, "action_not_allowed");
        }
        assert!(
            list(&world, "answers").await.is_empty() && list(&world, "wishes").await.is_empty()
        );
    });
}
