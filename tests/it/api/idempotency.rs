//! One report however often it is sent.

use super::{HAZARD, IN_EAST, World, post, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use hexward::format::packs::shipped_catalog;
use serde_json::{Value, json};

const KEY: &str = "0192f3a4-5b6c-7d8e-9f00-112233445566";

#[test]
fn the_same_key_and_report_give_the_same_issue_and_another_report_is_refused() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let body = report_of(HAZARD, IN_EAST, "井盖缺失");
        let send = async |key: &str, body: &Value, token: &str| {
            let call = post("/api/v1/reports", body).header("idempotency-key", key);
            world.send(call.by(token)).await
        };
        let first = send(KEY, &body, "").await.ok(201);
        assert_eq!(first.header("idempotent-replayed"), "");
        let again = send(KEY, &body, "").await.ok(200);
        assert_eq!(again.header("idempotent-replayed"), "true");
        // Nothing tells the second answer from the first: not even that it is a duplicate.
        assert_eq!(first.json(), again.json());
        assert_eq!(first.header("location"), again.header("location"));
        let other = report_of(HAZARD, IN_EAST, "井盖破损");
        send(KEY, &other, "").await.problem(422, "idempotency_mismatch");
        // Keys of different people have nothing to do with each other.
        let worker = world.user(Role::GridWorker, None, None).await;
        let own = send(KEY, &other, &worker).await.ok(201).json();
        assert_ne!(own["number"], first.json()["number"]);
        for bad in ["", &"k".repeat(129), "键"] {
            let call = post("/api/v1/reports", &body).header("idempotency-key", bad);
            world.send(call).await.problem(400, "bad_request");
        }
    });
}

#[test]
fn thirty_two_at_once_under_one_key_make_one_issue() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let body = report_of(HAZARD, IN_EAST, "井盖缺失");
        let send = |_| world.send(post("/api/v1/reports", &body).header("idempotency-key", KEY));
        let replies = futures::future::join_all((0..32).map(send)).await;
        let numbers: std::collections::BTreeSet<String> =
            replies.iter().map(|reply| reply.json()["number"].to_string()).collect();
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        let made = replies.iter().filter(|reply| reply.status == 201).count();
        let replayed = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!((made, replayed), (1, 31));
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM issue").await, 1);
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM event").await, 1);
    });
}

#[test]
fn what_was_accepted_once_stays_accepted_when_its_category_is_gone() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let body = report_of(HAZARD, IN_EAST, "井盖缺失");
        let call = || post("/api/v1/reports", &body).header("idempotency-key", KEY);
        let first = world.send(call()).await.ok(201).json();
        let mut pack = shipped_catalog();
        for file in &mut pack.files {
            let kept = |line: &&str| !line.starts_with("部件,01,公用设施,01,");
            file.text = file.text.lines().filter(kept).map(|line| format!("{line}\n")).collect();
        }
        let pack = serde_json::to_string(&pack).expect("a document");
        world.ctx.store.put_pack("catalog", &pack, "", world.ctx.now()).await.expect("kept");
        world.ctx.refresh().await.expect("in force");
        world.send(post("/api/v1/reports", &body)).await.problem(422, "validation");
        let again = world.send(call()).await.ok(200).json();
        assert_eq!(again["number"], first["number"]);
        assert_eq!(again["route"]["lead"]["code"], first["route"]["lead"]["code"]);
        assert_eq!(again["duplicates"], json!([]));
    });
}
