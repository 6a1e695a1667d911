//! "Add mine to it": one more report of what is known already.

use super::report::{fields, form, jpeg};
use super::{DISPUTE, EAST, HAZARD, IN_EAST, OPINION, WEST, World, get, post, report_of};
use crate::support::check;
use hexward::app::audit::verify_audit;
use hexward::app::verify::verify_metrics;
use hexward::domain::access::Role;
use serde_json::{Value, json};

fn one_more(text: &str, of: &str) -> Value {
    let mut report = report_of(HAZARD, IN_EAST, text);
    report["adds_to"] = json!(of);
    report
}

async fn issue(world: &World, token: &str, id: &str) -> Value {
    world.send(get(&format!("/api/v1/issues/{id}")).by(token)).await.ok(200).json()
}

async fn is_whole(world: &World) {
    assert!(verify_metrics(&world.ctx).await.unwrap().is_right());
    assert!(verify_audit(&world.ctx, |_| {}).await.unwrap().faults.is_empty());
}

#[test]
fn a_report_added_to_another_counts_there_once_per_sender_and_key() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let leader = world.user(Role::Leader, None, None).await;
        let workers = [
            world.user(Role::GridWorker, Some(EAST), None).await,
            world.user(Role::GridWorker, Some(EAST), None).await,
        ];
        let (known, number) = world.report("", &report_of(HAZARD, IN_EAST, "护栏坏了")).await;
        let body = one_more("护栏断了两根", &known);
        let send = |token: &str, key: &str| {
            world.send(post("/api/v1/reports", &body).header("idempotency-key", key).by(token))
        };
        let first = send(&workers[0], "k1").await.ok(201).json();
        assert_eq!(first["added_to"], json!({"id": known, "number": number}));
        assert_eq!(first["state"], "merged");
        assert_ne!(first["number"], json!(number), "it has a number of its own to follow");
        assert_eq!(send(&workers[0], "k1").await.ok(200).json(), first);
        let again = futures::future::join_all((0..8).map(|_| send(&workers[0], "k1"))).await;
        assert!(again.iter().all(|reply| reply.status == 200));
        assert_eq!(issue(&world, &desk, &known).await["reports"], 2);
        // Another sender's key is another one, be it the same word.
        send(&workers[1], "k1").await.ok(201);
        let seen = issue(&world, &desk, &known).await;
        assert_eq!((&seen["reports"], &seen["state"]), (&json!(3), &json!("reported")));
        assert_eq!(seen["merged_from"].as_array().unwrap().len(), 2);
        let queue = world.send(get("/api/v1/issues?open=true").by(&desk)).await.ok(200).json();
        let queue = queue["items"].as_array().unwrap();
        assert_eq!(queue.len(), 1, "the desk has one matter: {queue:?}");
        assert_eq!(queue[0]["reports"], 3);

        let path = format!("/api/v1/issues/{known}/events");
        let log = world.send(get(&path).by(&desk)).await.ok(200).json();
        let absorbed = &log["items"][1];
        assert_eq!(absorbed["action"], "absorb");
        assert_eq!(absorbed["note"], "护栏断了两根");
        // Each was reported, two were merged, and one is open.
        let path = "/api/v1/metrics/summary?from=2026-11-01&to=2026-11-30";
        let metrics = world.send(get(path).by(&leader)).await.ok(200).json()["metrics"].clone();
        assert_eq!(metrics["reported"], 3, "{metrics}");
        let counted = async |measure: &str| {
            let path = format!("/api/v1/issues?measure={measure}&from=2026-11-01&to=2026-11-30");
            let listed = world.send(get(&path).by(&desk)).await.ok(200).json();
            listed["items"].as_array().unwrap().len()
        };
        assert_eq!(counted("reported").await, 3);
        assert_eq!(counted("open").await, 1);
        is_whole(&world).await;

        let own = first["id"].as_str().unwrap();
        world.act(&desk, own, &json!({"action": "unmerge"})).await.ok(200);
        assert_eq!(issue(&world, &desk, &known).await["reports"], 2, "the office may take it out");
        is_whole(&world).await;
    });
}

#[test]
fn reports_added_at_the_same_time_are_all_counted() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let worker = world.user(Role::GridWorker, Some(EAST), None).await;
        let (known, _) = world.report("", &report_of(HAZARD, IN_EAST, "护栏坏了")).await;
        let body = one_more("护栏断了", &known);
        let send = |n: usize| {
            let call = post("/api/v1/reports", &body).header("idempotency-key", format!("k{n}"));
            world.send(call.by(&worker))
        };
        for reply in futures::future::join_all((0..10).map(send)).await {
            assert_eq!(reply.ok(201).json()["added_to"]["id"], json!(known));
        }
        assert_eq!(issue(&world, &desk, &known).await["reports"], 11);
        is_whole(&world).await;
    });
}

#[test]
fn what_is_closed_takes_no_more_reports_and_what_was_merged_passes_them_on() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let worker = world.user(Role::GridWorker, Some(EAST), None).await;
        let (last, last_number) = world.report("", &report_of(HAZARD, IN_EAST, "甲")).await;
        let (gone, gone_number) = world.report("", &report_of(HAZARD, IN_EAST, "乙")).await;
        let (ended, _) = world.report("", &report_of(HAZARD, IN_EAST, "丙")).await;
        world.act(&desk, &gone, &json!({"action": "merge", "target": last})).await.ok(200);
        world.act(&desk, &ended, &json!({"action": "reject", "note": "已修好"})).await.ok(200);
        let send = |body: &Value| world.send(post("/api/v1/reports", body).by(&worker));
        let passed = send(&one_more("丁", &gone_number)).await.ok(201).json();
        assert_eq!(passed["added_to"]["number"], json!(last_number));
        assert_eq!(issue(&world, &desk, &last).await["reports"], 3);
        let alone = send(&one_more("戊", &ended)).await.ok(201).json();
        assert_eq!((&alone["added_to"], &alone["state"]), (&Value::Null, &json!("reported")));
        assert_eq!(issue(&world, &desk, &ended).await["reports"], 1);
        is_whole(&world).await;
    });
}

#[test]
fn a_report_is_added_only_to_what_its_reporter_reads_and_of_its_kind() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let worker = world.user(Role::GridWorker, Some(EAST), None).await;
        let stranger = world.user(Role::GridWorker, Some(WEST), None).await;
        let (known, number) = world.report("", &report_of(HAZARD, IN_EAST, "护栏坏了")).await;
        let (opinion, _) = world.report("", &report_of(OPINION, IN_EAST, "请装路灯")).await;
        let mut settled = one_more("已修好", &known);
        settled["settle"] = json!({"note": "扶正了"});
        let events = world.fixture.raw.number("SELECT COUNT(*) FROM event").await;
        for (token, body) in [
            ("", one_more("不具名", &number)),
            (&*stranger, one_more("外格", &known)),
            (&*worker, one_more("别类", &opinion)),
            (&*worker, one_more("无此号", "hx-none")),
            (&*worker, settled),
        ] {
            let refused = world.send(post("/api/v1/reports", &body).by(token)).await;
            let refused = refused.problem(422, "validation");
            assert_eq!(fields(&refused), ["adds_to"], "{refused}");
        }
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM event").await, events);
    });
}

#[test]
fn words_and_photos_are_told_where_the_report_was_added_and_no_words_to_another_reporter() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let worker = world.user(Role::GridWorker, Some(EAST), None).await;
        let (known, number) = world.report("", &report_of(HAZARD, IN_EAST, "护栏坏了")).await;
        let body = one_more("护栏断了两根", &known).to_string();
        let photo = jpeg(3);
        let parts: [(&str, &str, &[u8]); 2] =
            [("report", "", body.as_bytes()), ("photo", "image/jpeg", &photo)];
        world.send(form("/api/v1/reports", &parts).by(&worker)).await.ok(201);
        let seen = issue(&world, &desk, &known).await;
        assert_eq!(seen["photos"].as_array().unwrap().len(), 1);
        assert_eq!(seen["photos"][0]["purpose"], "evidence");
        let track = world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200);
        assert!(!track.text().contains("断了两根"), "{}", track.text());
    });
}

#[test]
fn words_added_to_a_dispute_are_sealed() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let named = |text: &str| {
            let mut report = report_of(DISPUTE, IN_EAST, text);
            report["contact"] = json!({"phone": "13800000000"});
            report
        };
        let (known, _) = world.report("", &named("张三与李四")).await;
        let mut more = named("王五也在场");
        more["adds_to"] = json!(known);
        world.send(post("/api/v1/reports", &more).by(&desk)).await.ok(201);
        let plain = "SELECT COUNT(*) FROM event WHERE note IS NOT NULL";
        assert_eq!(world.fixture.raw.number(plain).await, 0);
        assert_eq!(issue(&world, &desk, &known).await["reports"], 2);
        is_whole(&world).await;
    });
}
