//! Supervision over HTTP: tasks near by, whistles and their guests, the reporter's word, evidence,
//! samples, and the sums of merges.

use super::report::{form, jpeg};
use super::{
    EAST, HAZARD, IN_EAST, IN_WEST, OPINION, WEST, World, call, get, grant, post, report_of,
};
use crate::support::check;
use hexward::app::account::create_token;
use hexward::domain::access::Role;
use hexward::domain::id::{AccountId, WorkerId};
use hexward::domain::time::{DAY_MS, HOUR_MS};
use hexward::jobs::forget;
use hexward::store::port::{PostRow, WorkerRow};
use serde_json::{Value, json};

const GRIDS: [(&str, f64); 3] =
    [("41010500100101", 113.665), ("41010500100102", 113.675), ("41010500200101", 113.65)];

fn worker_id(n: u128) -> WorkerId {
    WorkerId(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}

/// A worker on duty in each grid; gives each one's account and token.
pub async fn workers(world: &World) -> Vec<(AccountId, String)> {
    let (mut people, mut posts, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for (n, (grid, lon)) in (1..).zip(GRIDS) {
        let id = worker_id(n).to_string();
        let name = format!("网格员{n}");
        people.push(WorkerRow { id: id.clone(), name, phone: String::new(), generated: true });
        posts.push(PostRow {
            worker: id,
            grid: grid.into(),
            role: "网格员".into(),
            duties: String::new(),
            valid_from: None,
            valid_to: None,
            on_duty: String::new(),
            lon: Some(lon),
            lat: Some(34.785),
        });
    }
    world.ctx.store.replace_people(people, posts, world.ctx.now()).await.expect("people");
    world.ctx.refresh().await.expect("in force");
    let admin = world.user(Role::Admin, None, None).await;
    for (n, (grid, _)) in (1..).zip(GRIDS) {
        let seat = grant(Role::GridWorker, Some(grid), None);
        let account = world.account(&format!("worker{n}"), vec![seat]).await;
        let link = json!({"worker_id": worker_id(n).to_string()});
        let path = format!("/api/v1/accounts/{account}/worker");
        world.send(call("PUT", &path).json(&link).by(&admin)).await.ok(200);
        let shown = world.send(get(&path).by(&admin)).await.ok(200).json();
        assert_eq!(shown, link);
        let token = create_token(&world.ctx, account, "t", 9).await.expect("a token").1;
        out.push((account, token));
    }
    // A worker is one account's alone, and must exist.
    let other = world.account("other", Vec::new()).await;
    let path = format!("/api/v1/accounts/{other}/worker");
    let taken = json!({"worker_id": worker_id(1).to_string()});
    world.send(call("PUT", &path).json(&taken).by(&admin)).await.problem(409, "conflict");
    let nobody = json!({"worker_id": worker_id(99).to_string()});
    world.send(call("PUT", &path).json(&nobody).by(&admin)).await.problem(422, "validation");
    out
}

/// The street's people and the department of hazards.
struct Crew {
    desk: String,
    supervisor: String,
    handler: String,
}

impl Crew {
    async fn of(world: &World) -> Self {
        Self {
            desk: world.user(Role::Acceptor, Some(EAST), None).await,
            supervisor: world.user(Role::DutySupervisor, Some(EAST), None).await,
            handler: world.user(Role::Handler, None, Some("js-gs")).await,
        }
    }

    /// From the report to the feedback.
    async fn handled(&self, world: &World, id: &str) -> Value {
        let dispatch = json!({"action": "dispatch", "department": "js-gs"});
        let submit = json!({"action": "submit", "outcome": "remedied", "note": "已更换"});
        world.act(&self.desk, id, &json!({"action": "file"})).await.ok(200);
        world.act(&self.supervisor, id, &dispatch).await.ok(200);
        world.act(&self.handler, id, &json!({"action": "accept"})).await.ok(200);
        world.act(&self.handler, id, &submit).await.ok(200).json()
    }

    async fn closed(&self, world: &World, id: &str) {
        self.handled(world, id).await;
        let force = json!({"action": "force_close", "note": "已现场确认"});
        world.act(&self.supervisor, id, &force).await.ok(200);
    }
}

async fn tasks(world: &World, token: &str) -> Vec<Value> {
    let list = world.send(get("/api/v1/tasks").by(token)).await.ok(200).json();
    list["items"].as_array().expect("items").clone()
}

#[test]
fn a_check_goes_to_the_nearest_worker_who_had_no_part_and_on_to_the_next() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let people = workers(&world).await;
        let crew = Crew::of(&world).await;
        // The nearest one reported it, so the next one verifies.
        let (id, _) = world.report(&people[0].1, &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let check = json!({"action": "accept_for_check"});
        let seen = world.act(&crew.desk, &id, &check).await.ok(200).json();
        let task = &seen["supervision"]["task"];
        assert_eq!(
            (&task["kind"], &task["worker_name"]),
            (&json!("verification"), &json!("网格员2"))
        );
        assert_eq!(
            (tasks(&world, &people[1].1).await.len(), tasks(&world, &crew.desk).await.len()),
            (1, 0)
        );
        world.act(&crew.desk, &id, &json!({"action": "reject", "note": "不属实"})).await.ok(200);
        assert!(tasks(&world, &people[1].1).await.is_empty());

        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        crew.handled(&world, &id).await;
        let path = format!("/api/v1/issues/{id}");
        world.send(get(&path).by(&people[2].1)).await.problem(404, "not_found");
        world.act(&crew.desk, &id, &json!({"action": "order_check"})).await.ok(200);
        assert_eq!(tasks(&world, &people[0].1).await[0]["supervision"]["task"]["holder"], "me");
        for (holder, next) in [(0, 1), (1, 2)] {
            let pass_on = json!({"action": "pass_task", "note": "不在附近"});
            world.act(&people[holder].1, &id, &pass_on).await.ok(200);
            assert_eq!(tasks(&world, &people[next].1).await.len(), 1);
        }
        // The last one's grid is in another street: for the task it reads and acts.
        let far = json!({"action": "check_in", "position": [113.665, 34.786]});
        let seen = world.act(&people[2].1, &id, &far).await.ok(200).json();
        let check_in = &seen["dossier"]["tasks"][2]["check_in"];
        assert_eq!(
            (&check_in["distance_m"], &check_in["position"]),
            (&json!(111.2), &json!([113.665, 34.786]))
        );
        let pass_on = json!({"action": "pass_task"});
        let seen = world.act(&people[2].1, &id, &pass_on).await.ok(200).json();
        assert_eq!(seen["dossier"]["tasks"][3]["reason"], "nobody_suitable");
        assert_eq!(tasks(&world, &crew.desk).await.len(), 1);
        world.send(get(&path).by(&people[2].1)).await.problem(404, "not_found");
    });
}

#[test]
fn where_nobody_suitable_is_on_duty_the_desk_has_the_task_with_the_reason() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let west = world.user(Role::Acceptor, Some(WEST), None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let check = json!({"action": "accept_for_check"});
        let seen = world.act(&crew.desk, &id, &check).await.ok(200).json();
        let offer = &seen["dossier"]["tasks"][0];
        assert_eq!(
            (&offer["holder"], &offer["reason"]),
            (&json!("desk"), &json!("nobody_on_duty"))
        );
        assert!(!offer["reason_text"].as_str().unwrap().is_empty());
        assert_eq!(
            (tasks(&world, &crew.desk).await.len(), tasks(&world, &west).await.len()),
            (1, 0)
        );
        assert!(tasks(&world, &crew.handler).await.is_empty());
        world.send(get("/api/v1/tasks")).await.problem(401, "unauthenticated");
    });
}

#[test]
fn the_position_of_a_check_in_is_forgotten_after_its_term_and_the_distance_stays() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let people = workers(&world).await;
        let crew = Crew::of(&world).await;
        let mut report = report_of(HAZARD, IN_EAST, "井盖缺失");
        report["contact"] = json!({"name": "王五", "phone": "1"});
        let keyed = post("/api/v1/reports", &report).header("idempotency-key", "k-1");
        let id = world.send(keyed).await.ok(201).json()["id"].as_str().unwrap().to_owned();
        world.act(&crew.desk, &id, &json!({"action": "accept_for_check"})).await.ok(200);
        let near = json!({"action": "check_in", "position": IN_EAST});
        world.act(&people[0].1, &id, &near).await.ok(200);
        let count = async |table: &str| {
            world.fixture.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await
        };
        world.later(30 * DAY_MS);
        forget(&world.ctx, world.ctx.now()).await.unwrap();
        assert_eq!((count("presence").await, count("idempotency").await), (1, 1));
        world.later(1);
        forget(&world.ctx, world.ctx.now()).await.unwrap();
        assert_eq!((count("presence").await, count("idempotency").await), (0, 0));
        let seen = world.send(get(&format!("/api/v1/issues/{id}")).by(&crew.desk)).await.ok(200);
        let check_in = seen.json()["dossier"]["tasks"][0]["check_in"].clone();
        assert_eq!((&check_in["distance_m"], &check_in["position"]), (&json!(0.0), &Value::Null));
    });
}

#[test]
fn a_summoned_department_reads_arrives_and_is_judged() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let guest = world.user(Role::Handler, None, Some("js-ga")).await;
        let stranger = world.user(Role::Handler, None, Some("js-cg")).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let path = format!("/api/v1/issues/{id}");
        world.send(get(&path).by(&guest)).await.problem(404, "not_found");
        let whistle = json!({"action": "whistle", "departments": ["js-ga"], "meeting": "东门",
            "until": "2026-11-21", "position": IN_EAST});
        for (field, value) in [("departments", json!(["no"])), ("position", json!([400, 0]))] {
            let mut wrong = whistle.clone();
            wrong[field] = value;
            let told = world.act(&crew.supervisor, &id, &wrong).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], field);
        }
        world.act(&crew.supervisor, &id, &whistle).await.ok(200);
        world.send(get(&path).by(&stranger)).await.problem(404, "not_found");
        let open =
            world.send(get("/api/v1/issues?attention=whistle_open").by(&guest)).await.ok(200);
        assert_eq!(open.json()["items"][0]["id"], json!(id));
        let arrive = json!({"action": "arrive", "position": IN_EAST});
        world.act(&guest, &id, &arrive).await.ok(200);
        let judge = json!({"action": "judge_arrival", "department": "js-ga",
            "judgement": "on_time", "note": "准时"});
        let seen = world.act(&crew.supervisor, &id, &judge).await.ok(200).json();
        assert_eq!(seen["supervision"]["whistle_until"], Value::Null);
        assert_eq!(seen["supervision"]["whistle"][0]["standing"], "on_time");
        let told = &seen["dossier"]["whistles"][0];
        assert_eq!(told["meeting"], "东门");
        assert_eq!(told["summoned"][0]["arrival"]["distance_m"], 0.0);
        assert_eq!(told["summoned"][0]["judgement"]["ruling"], "on_time");
        world.send(get(&path).by(&guest)).await.ok(200);
        let counted = "/api/v1/issues?measure=whistled_on_time&from=2026-11-01&to=2026-11-30";
        let counted = world.send(get(counted).by(&crew.desk)).await.ok(200).json();
        assert_eq!(counted["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn an_order_is_answered_and_an_appeal_leaves_the_raw_count() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let leader = world.user(Role::Leader, Some(EAST), None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        crew.handled(&world, &id).await;
        let order = json!({"action": "supervise", "until": "2026-11-25", "note": "限期回复"});
        let seen = world.act(&leader, &id, &order).await.ok(200).json();
        assert_eq!(seen["supervision"]["reply_due_at"], "2026-11-25T15:59:59.999Z");
        let bare = json!({"action": "reply"});
        world.act(&crew.handler, &id, &bare).await.problem(422, "validation");
        let reply = json!({"action": "reply", "note": "已约谈"});
        let seen = world.act(&crew.handler, &id, &reply).await.ok(200).json();
        assert_eq!(seen["dossier"]["orders"][0]["replies"][0]["note"], "已约谈");
        world.act(&crew.desk, &id, &json!({"action": "order_check"})).await.ok(200);
        // Those who handled it do not judge it.
        let refused = world.act(&crew.handler, &id, &json!({"action": "pass"})).await;
        refused.problem(403, "forbidden");
        world.act(&crew.desk, &id, &json!({"action": "fail", "note": "松动"})).await.ok(200);
        let appeal = json!({"action": "appeal", "ground": "failed_inspection", "note": "误判"});
        world.act(&crew.handler, &id, &appeal).await.ok(200);
        let uphold = json!({"action": "uphold_appeal", "note": "属实"});
        let seen = world.act(&crew.supervisor, &id, &uphold).await.ok(200).json();
        assert_eq!(seen["supervision"]["exempted"], json!(["failed_inspection"]));
        assert_eq!(seen["reworks"], 1);
        let summary = world.send(get("/api/v1/metrics/summary").by(&crew.supervisor)).await.ok(200);
        let metrics = summary.json()["metrics"].clone();
        assert_eq!(metrics["supervised"], 1);
        // The raw count stays beside the exempted one; by filing, since it is not due yet.
        for measure in ["rework_rate@1.numerator", "exempted_rework"] {
            let path = format!("/api/v1/issues?measure={measure}");
            let found = world.send(get(&path).by(&crew.supervisor)).await.ok(200).json();
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{measure}");
        }
    });
}

#[test]
fn the_reporters_word_makes_the_rates_and_nobody_else_has_it() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let leader = world.user(Role::Leader, Some(EAST), None).await;
        let mut report = report_of(HAZARD, IN_EAST, "井盖缺失");
        report["contact"] = json!({"name": "王五", "phone": "1"});
        let (id, number, code) = world.report_with_code("", &report).await;
        world.later(23 * HOUR_MS);
        world.act(&crew.desk, &id, &json!({"action": "contact", "note": "已告知"})).await.ok(200);
        crew.closed(&world, &id).await;
        let rate_by = |code: Option<&str>, verdict: &str, grade: &str| {
            let body = json!({"verdict": verdict, "satisfaction": grade, "code": code});
            post(&format!("/api/v1/track/{number}/rating"), &body)
        };
        let rate = |verdict: &str, grade: &str| rate_by(Some(&code), verdict, grade);
        // The number alone is in every list of the office: unsigned, it is nobody's word.
        for wrong in [None, Some(""), Some("00000000"), Some("网格员")] {
            let told = world.send(rate_by(wrong, "resolved", "satisfied")).await;
            assert!(
                told.problem(403, "report_code")["detail"].as_str().unwrap().contains("核验码")
            );
        }
        // Who sees the number by office is not the reporter.
        for token in [&leader, &crew.desk] {
            world.send(rate("resolved", "satisfied").by(token)).await.problem(403, "forbidden");
            let again = json!({"note": "再来", "code": code});
            let reopen = post(&format!("/api/v1/track/{number}/reopen"), &again);
            world.send(reopen.by(token)).await.problem(403, "forbidden");
        }
        world.send(rate("resolved", "great")).await.problem(422, "validation");
        let tracked = world.send(rate("not_resolved", "unsatisfied")).await.ok(200).json();
        assert_eq!(tracked["can"], json!(["reopen", "rate"]));
        assert!(!tracked.to_string().contains("已告知"), "what the desk noted stays inside");
        let listed = "/api/v1/issues?attention=reopen_proposed";
        let listed = world.send(get(listed).by(&leader)).await.ok(200).json();
        assert_eq!(listed["items"][0]["id"], json!(id));
        let rates = async || {
            let asked = get("/api/v1/metrics/summary").by(&leader);
            let metrics = world.send(asked).await.ok(200).json()["metrics"].clone();
            ["response_rate", "resolution_rate", "satisfaction_rate"].map(|rate| {
                let side = |name: &str| metrics[rate][name].as_i64().unwrap();
                (side("numerator"), side("denominator"))
            })
        };
        assert_eq!(rates().await, [(1, 1), (0, 1), (0, 1)]);
        let revisit = json!({"action": "revisit", "reach": "valid", "verdict": "resolved",
            "satisfaction": "fairly_satisfied", "note": "电话回访"});
        world.act(&crew.desk, &id, &revisit).await.ok(200);
        assert_eq!(rates().await, [(1, 1), (1, 1), (1, 1)]);
        let behind = "/api/v1/issues?measure=resolution_rate.numerator";
        let behind = world.send(get(behind).by(&leader)).await.ok(200).json();
        assert_eq!(behind["items"][0]["id"], json!(id));
        // A reporter with an account is himself, also with the number.
        let ada = world.account("ada", Vec::new()).await;
        let ada = create_token(&world.ctx, ada, "t", 99).await.unwrap().1;
        let (own, number) = world.report(&ada, &report_of(HAZARD, IN_EAST, "另一处")).await;
        crew.closed(&world, &own).await;
        let reopen = post(&format!("/api/v1/track/{number}/reopen"), &json!({"note": "又坏了"}));
        world.send(reopen.by(&ada)).await.ok(200);
        let log = world.send(get(&format!("/api/v1/issues/{own}/events")).by(&crew.desk)).await;
        let last = log.ok(200).json()["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["action"], &last["actor"]["name"]),
            (&json!("reopen"), &json!("name of ada"))
        );
    });
}

#[test]
fn the_end_of_the_work_is_refused_without_the_evidence_of_its_condition() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let categories = world.send(get("/api/v1/categories?kind=hazard")).await.ok(200).json();
        let all = categories["items"].as_array().unwrap();
        let category = all.iter().find(|category| category["code"] == HAZARD).unwrap();
        let file = json!({"action": "file", "condition": category["conditions"][0]["code"]});
        world.act(&crew.desk, &id, &file).await.ok(200);
        let dispatch = json!({"action": "dispatch", "department": "js-gs"});
        world.act(&crew.supervisor, &id, &dispatch).await.ok(200);
        world.act(&crew.handler, &id, &json!({"action": "accept"})).await.ok(200);
        let mut submit = json!({"action": "submit", "outcome": "remedied", "note": "已更换"});
        let told = world.act(&crew.handler, &id, &submit).await;
        let told = told.problem(422, "evidence_no_after_photo");
        assert_eq!(told["errors"][0]["field"], "photo_ids");
        let photo = jpeg(9);
        let parts: &[(&str, &str, &[u8])] =
            &[("purpose", "", b"after"), ("photo", "image/jpeg", &photo)];
        let upload = form(&format!("/api/v1/issues/{id}/photos"), parts);
        let kept = world.send(upload.by(&crew.handler)).await.ok(201).json();
        submit["photo_ids"] = json!([kept["items"][0]["id"]]);
        world.later(31 * DAY_MS);
        let told = world.act(&crew.handler, &id, &submit).await;
        told.problem(422, "evidence_too_old");
        world.later(-31 * DAY_MS);
        world.act(&crew.handler, &id, &submit).await.ok(200);
        // Without a condition nothing is asked for.
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "另一处")).await;
        crew.handled(&world, &id).await;
    });
}

#[test]
fn a_sample_of_closings_is_recorded_and_its_seed_repeats_it() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        for n in 0..7 {
            let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, &format!("第{n}处"))).await;
            crew.closed(&world, &id).await;
        }
        world.report("", &report_of(OPINION, IN_EAST, "未结")).await;
        let draw = async |token: &str, body: Value| {
            world.send(post("/api/v1/samples", &body).by(token)).await
        };
        let first = draw(&crew.supervisor, json!({"seed": 42, "share": 0.4})).await.ok(201).json();
        assert_eq!((&first["population"], &first["seed"]), (&json!(7), &json!(42)));
        let ids = |sample: &Value| -> Vec<String> {
            let items = sample["items"].as_array().unwrap();
            items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&first).len(), 3);
        let again = draw(&crew.supervisor, json!({"seed": 42, "size": 3})).await.ok(201).json();
        assert_eq!(ids(&again), ids(&first));
        let path = format!("/api/v1/samples/{}", first["id"].as_str().unwrap());
        let kept = world.send(get(&path).by(&crew.supervisor)).await.ok(200).json();
        assert_eq!(ids(&kept), ids(&first));
        let list = world.send(get("/api/v1/samples").by(&crew.supervisor)).await.ok(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        // Whoever may draw there sees seed and draw; a leader of one kind may not draw of all.
        let peer = world.user(Role::Leader, Some(EAST), None).await;
        let everywhere = world.user(Role::DutySupervisor, None, None).await;
        for token in [&peer, &everywhere] {
            let seen = world.send(get(&path).by(token)).await.ok(200).json();
            assert_eq!((&seen["seed"], ids(&seen)), (&json!(42), ids(&first)));
            let list = world.send(get("/api/v1/samples").by(token)).await.ok(200).json();
            assert_eq!(list["items"].as_array().unwrap().len(), 2);
        }
        let mut narrow = grant(Role::Leader, Some(EAST), None);
        narrow.kinds = Some(vec![hexward::domain::issue::kind::Kind::Opinion]);
        let narrow = world.account("narrow", vec![narrow]).await;
        let narrow = create_token(&world.ctx, narrow, "t", 9).await.unwrap().1;
        world.send(get(&path).by(&narrow)).await.problem(404, "not_found");
        let wide = draw(&everywhere, json!({"seed": 1, "size": 1})).await.ok(201).json();
        let wide = format!("/api/v1/samples/{}", wide["id"].as_str().unwrap());
        world.send(get(&wide).by(&peer)).await.problem(404, "not_found");
        // Others neither read it nor draw beyond their place.
        let leader = world.user(Role::Leader, Some(WEST), None).await;
        world.send(get(&path).by(&leader)).await.problem(404, "not_found");
        let west = draw(&leader, json!({"seed": 42, "share": 1.0})).await.ok(201).json();
        assert_eq!(west["population"], 0);
        draw(&crew.desk, json!({"seed": 1, "size": 1})).await.problem(403, "forbidden");
        for wrong in [
            json!({}),
            json!({"share": 0.0}),
            json!({"share": 1.5}),
            json!({"share": 0.5, "size": 2}),
            json!({"size": 0}),
            json!({"size": 1, "seed": -1}),
            json!({"size": 1, "area": "no"}),
            json!({"size": 1, "from": "x"}),
        ] {
            draw(&crew.supervisor, wrong).await.problem(422, "validation");
        }
    });
}

#[test]
fn a_merge_taken_back_is_taken_back_from_all_that_stood_above() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let mut made = Vec::new();
        for text in ["甲", "乙", "丙"] {
            made.push(world.report("", &report_of(HAZARD, IN_EAST, text)).await);
        }
        let reports = async |n: usize| {
            let path = format!("/api/v1/issues/{}", made[n].0);
            world.send(get(&path).by(&desk)).await.ok(200).json()["reports"].as_i64().unwrap()
        };
        for (from, into) in [(0, 1), (1, 2)] {
            let merge = json!({"action": "merge", "target": made[into].1});
            world.act(&desk, &made[from].0, &merge).await.ok(200);
        }
        assert_eq!((reports(1).await, reports(2).await), (2, 3));
        let unmerge = json!({"action": "unmerge"});
        world.act(&desk, &made[0].0, &unmerge).await.ok(200);
        assert_eq!((reports(1).await, reports(2).await), (1, 2));
        world.act(&desk, &made[1].0, &unmerge).await.ok(200);
        assert_eq!((reports(0).await, reports(1).await, reports(2).await), (1, 1, 1));
    });
}

#[test]
fn what_is_not_closed_is_not_rated() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let report = report_of(HAZARD, IN_WEST, "井盖缺失");
        let (_, number, code) = world.report_with_code("", &report).await;
        let odd = json!({"verdict": "resolved", "satisfaction": "satisfied", "x": 1});
        let path = format!("/api/v1/track/{number}/rating");
        world.send(post(&path, &odd)).await.problem(422, "validation");
        let early = json!({"verdict": "resolved", "satisfaction": "satisfied", "code": code});
        world.send(post(&path, &early)).await.problem(409, "action_not_allowed");
    });
}
