//! Working an issue over HTTP, from report to closing and back.

use super::report::{form, jpeg};
use super::{EAST, HAZARD, IN_EAST, OPINION, World, get, post, report_of};
use crate::support::check;
use hexward::domain::access::Role;
use hexward::domain::time::DAY_MS;
use serde_json::{Value, json};

/// Everybody whom an issue meets.
struct Crew {
    desk: String,
    dispatcher: String,
    supervisor: String,
    handler: String,
    worker: String,
}

impl Crew {
    async fn of(world: &World) -> Self {
        Self {
            desk: world.user(Role::Acceptor, Some(EAST), None).await,
            dispatcher: world.user(Role::Dispatcher, Some(EAST), None).await,
            supervisor: world.user(Role::DutySupervisor, Some(EAST), None).await,
            handler: world.user(Role::Handler, None, Some("js-gs")).await,
            worker: world.user(Role::GridWorker, Some(EAST), None).await,
        }
    }

    /// Takes actions one after the other; gives the issue at the end.
    async fn run(&self, world: &World, id: &str, steps: &[(&str, Value)]) -> Value {
        let mut last = Value::Null;
        for (who, body) in steps {
            last = world.act(self.token(who), id, body).await.ok(200).json();
        }
        last
    }

    fn token(&self, who: &str) -> &str {
        match who {
            "desk" => &self.desk,
            "dispatcher" => &self.dispatcher,
            "supervisor" => &self.supervisor,
            "handler" => &self.handler,
            "worker" => &self.worker,
            other => panic!("nobody is called {other}"),
        }
    }
}

fn file() -> (&'static str, Value) {
    ("desk", json!({"action": "file"}))
}

fn dispatch() -> (&'static str, Value) {
    ("dispatcher", json!({"action": "dispatch", "department": "js-gs"}))
}

fn accept() -> (&'static str, Value) {
    ("handler", json!({"action": "accept"}))
}

fn submit() -> (&'static str, Value) {
    ("handler", json!({"action": "submit", "outcome": "remedied", "note": "已更换"}))
}

#[test]
fn an_action_names_the_version_that_was_seen() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let act = |body: &Value| post(&format!("/api/v1/issues/{id}/actions"), body).by(&crew.desk);
        let comment = json!({"action": "comment", "note": "看过"});
        world.send(act(&comment)).await.problem(428, "precondition_required");
        for bad in ["v1x", "\"1\"", "*", "\"v99999999999999999999\"", "\"vv1\"", ""] {
            world.send(act(&comment).header("if-match", bad)).await.problem(400, "bad_request");
        }
        world.send(act(&comment).header("if-match", "\"v1\"")).await.ok(200);
        let stale = world.send(act(&comment).header("if-match", "\"v1\"")).await;
        stale.problem(412, "stale_version");
        world.send(act(&comment).header("if-match", "W/\"v2-0123\"")).await.ok(200);
        // Two who saw the same: one of them has to look again.
        let race = (0..8).map(|_| world.send(act(&comment).header("if-match", "\"v3\"")));
        let replies = futures::future::join_all(race).await;
        let codes: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        assert_eq!(codes.iter().filter(|code| **code == 200).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == 412).count(), 7, "{codes:?}");
    });
}

#[test]
fn a_refused_action_names_those_that_are_allowed() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let refused = world.act(&crew.desk, &id, &json!({"action": "pass"})).await;
        let told = refused.problem(409, "action_not_allowed");
        let allowed: Vec<&str> =
            told["allowed"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for action in ["accept_for_check", "file", "reject", "merge", "comment"] {
            assert!(allowed.contains(&action), "{told}");
        }
        let refused = world.act(&crew.worker, &id, &json!({"action": "file"})).await;
        let allowed = json!(["comment", "control"]);
        assert_eq!(refused.problem(403, "forbidden")["allowed"], allowed);
        for (body, field) in [
            (json!({"action": "no"}), "action"),
            (json!({"action": "reject"}), "note"),
            (json!({"action": "reject", "note": "a\u{0}b"}), "note"),
            (json!({"action": "reject", "note": "长".repeat(2_001)}), "note"),
            (json!({"action": "file", "department": "js-gs"}), "department"),
            (json!({"action": "file", "department": "n\u{0}"}), "department"),
            (json!({"action": "file", "category": "no"}), "category"),
            (json!({"action": "file", "condition": "no"}), "condition"),
            (json!({"action": "file", "photo_ids": ["x"]}), "photo_ids"),
            (json!({"action": "merge", "target": "n\u{0}"}), "target"),
            (json!({"action": "merge", "target": id}), "target"),
            (json!({"action": "file", "until": "9999-99-99"}), "until"),
        ] {
            let told = world.act(&crew.desk, &id, &body).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], field, "{body}: {told}");
        }
        let strange = json!({"action": "file", "notte": "?"});
        world.act(&crew.desk, &id, &strange).await.problem(422, "validation");
    });
}

#[test]
fn a_hazard_goes_from_report_to_closing_with_its_evidence() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let categories = world.send(get("/api/v1/categories?kind=hazard")).await.ok(200).json();
        let category = categories["items"].as_array().unwrap().iter().find(|c| c["code"] == HAZARD);
        let code = category.expect("it is listed")["conditions"][0]["code"].clone();
        let condition = json!({"action": "file", "condition": code});
        let filed = world.act(&crew.desk, &id, &condition).await.ok(200).json();
        assert_eq!(filed["condition"]["code"], code, "a condition makes the category precise");
        assert!(filed["limit"]["amount"].is_number());
        crew.run(&world, &id, &[dispatch(), accept()]).await;
        let photo = jpeg(9);
        let upload = |purpose: &'static str| {
            form(
                &format!("/api/v1/issues/{id}/photos"),
                &[("purpose", "", purpose.as_bytes()), ("photo", "image/jpeg", &photo)],
            )
        };
        world.send(upload("selfie").by(&crew.handler)).await.problem(422, "validation");
        let no_form = post(&format!("/api/v1/issues/{id}/photos"), &json!({}));
        world.send(no_form.by(&crew.handler)).await.problem(415, "unsupported_media_type");
        let kept = world.send(upload("after").by(&crew.handler)).await.ok(201).json();
        let photo_id = kept["items"][0]["id"].clone();
        let mut done = submit().1;
        done["photo_ids"] = json!([photo_id]);
        world.act(&crew.handler, &id, &done).await.ok(200);
        let again = || ("handler", done.clone());
        let early = world.act(&crew.desk, &id, &json!({"action": "close"})).await;
        early.problem(409, "action_not_allowed");
        let end = crew
            .run(
                &world,
                &id,
                &[
                    ("desk", json!({"action": "order_check"})),
                    ("worker", json!({"action": "fail", "note": "还松动"})),
                    again(),
                    ("desk", json!({"action": "order_check"})),
                    ("worker", json!({"action": "pass"})),
                ],
            )
            .await;
        assert_eq!((&end["state"], &end["reworks"]), (&json!("closed"), &json!(1)));
        let log = world.send(get(&format!("/api/v1/issues/{id}/events")).by(&crew.desk)).await;
        let log = log.ok(200).json();
        let entries = log["items"].as_array().unwrap();
        assert_eq!(entries.len(), 10);
        assert!(entries.iter().any(|entry| entry["attachments"] == json!([photo_id])), "{log}");
        // The photo of another issue is no evidence.
        let (other, _) = world.report("", &report_of(HAZARD, IN_EAST, "另一个")).await;
        crew.run(&world, &other, &[file(), dispatch(), accept()]).await;
        world.act(&crew.handler, &other, &done).await.problem(422, "validation");
    });
}

#[test]
fn the_reporter_opens_it_again_within_the_term() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let report = report_of(HAZARD, IN_EAST, "井盖缺失");
        let (id, number, code) = world.report_with_code("", &report).await;
        let forced = || ("supervisor", json!({"action": "force_close", "note": "已现场确认"}));
        crew.run(&world, &id, &[file(), dispatch(), accept(), submit(), forced()]).await;
        let tracked = world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200).json();
        assert_eq!(tracked["can"], json!(["reopen", "rate"]));
        let reopen = |note: &str| {
            let body = json!({"note": note, "code": code});
            post(&format!("/api/v1/track/{number}/reopen"), &body)
        };
        world.send(reopen(" ")).await.problem(422, "validation");
        world.send(reopen("a\u{0}")).await.problem(422, "validation");
        let again = world.send(reopen("又坏了")).await.ok(200).json();
        assert_eq!(again["state"], "filed");
        world.send(reopen("又坏了")).await.problem(409, "action_not_allowed");
        crew.run(&world, &id, &[dispatch(), accept(), submit(), forced()]).await;
        world.later(15 * DAY_MS + 1);
        let late = world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200).json();
        assert_eq!(late["can"], json!(["rate"]));
        world.send(reopen("又坏了")).await.problem(409, "reopen_too_late");
    });
}

#[test]
fn the_third_return_goes_to_arbitration_and_the_ruling_binds() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let back = || {
            (
                "handler",
                json!({"action": "return", "reason": "not_ours", "note": "非我单位",
                "cited_rule": "js-bj-01-01"}),
            )
        };
        let third = crew
            .run(&world, &id, &[file(), dispatch(), back(), dispatch(), back(), dispatch(), back()])
            .await;
        assert_eq!((&third["state"], &third["returns"]), (&json!("arbitration"), &json!(3)));
        let rule = json!({"action": "rule", "department": "js-gs", "note": "裁定由你单位办理"});
        world.act(&crew.dispatcher, &id, &rule).await.problem(403, "forbidden");
        crew.run(&world, &id, &[("supervisor", rule)]).await;
        let told =
            world.act(&crew.handler, &id, &back().1).await.problem(409, "action_not_allowed");
        assert!(!told["allowed"].to_string().contains("return"), "{told}");
    });
}

#[test]
fn a_ruling_against_the_matrix_proposes_a_rule_that_nobody_else_may_read() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let proposals = || get("/api/v1/matrix/proposals");
        let none = world.send(proposals().by(&crew.supervisor)).await.ok(200).json();
        assert_eq!((&none["items"], &none["settled"]), (&json!([]), &json!(0)));
        world.send(proposals().by(&crew.handler)).await.problem(403, "forbidden");
        let (id, number) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let back = || {
            let because = json!({"action": "return", "reason": "not_ours", "note": "非我单位",
                "cited_rule": "js-bj-01-01"});
            ("handler", because)
        };
        // The matrix in force names js-gs here; a ruling to it would be settled.
        let rule = json!({"action": "rule", "department": "js-ps", "note": "裁定由你单位办理"});
        let rounds = [dispatch(), back(), dispatch(), back(), dispatch(), back()];
        crew.run(&world, &id, &[file()]).await;
        crew.run(&world, &id, &rounds).await;
        crew.run(&world, &id, &[("supervisor", rule)]).await;
        let found = world.send(proposals().by(&crew.supervisor)).await.ok(200).json();
        let [item] = found["items"].as_array().unwrap().as_slice() else { panic!("{found}") };
        assert_eq!((&item["lead"]["code"], &item["support"]), (&json!("js-ps"), &json!(1)));
        assert_eq!((&item["category"]["code"], &item["share"]), (&json!(HAZARD), &json!(1.0)));
        assert_eq!(item["area"]["level"], "street");
        assert_eq!(item["issues"][0]["number"], json!(number));
        // An administrator keeps the matrix and reads no issue: the ruling without its number.
        let admin = world.user(Role::Admin, None, None).await;
        let told = world.send(proposals().by(&admin)).await.ok(200).json();
        assert_eq!(told["items"][0]["support"], 1);
        assert_eq!(told["items"][0]["issues"][0]["number"], Value::Null);
    });
}

#[test]
fn suspending_extending_and_the_other_ways_to_an_end() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let note = |action: &str| json!({"action": action, "note": "说明"});
        crew.run(
            &world,
            &id,
            &[("desk", json!({"action": "accept_for_check"})), file(), dispatch(), accept()],
        )
        .await;
        crew.run(&world, &id, &[("supervisor", note("extend")), ("supervisor", note("extend"))])
            .await;
        world.act(&crew.supervisor, &id, &note("extend")).await.problem(409, "action_not_allowed");
        for until in ["2026-11-19", "2028-11-20", "x"] {
            let body = json!({"action": "suspend", "until": until, "note": "等配件"});
            world.act(&crew.supervisor, &id, &body).await.problem(422, "validation");
        }
        let suspend = json!({"action": "suspend", "until": "2026-12-01", "note": "等配件"});
        let held = crew.run(&world, &id, &[("supervisor", suspend)]).await;
        assert_eq!(held["suspended_until"], "2026-12-01T16:00:00.000Z");
        // Who reported it reads until when it waits.
        let track = format!("/api/v1/track/{}", held["number"].as_str().unwrap());
        let told = world.send(get(&track)).await.ok(200).json();
        assert_eq!(told["suspended_until"], held["suspended_until"]);
        assert!(told["due_at"].is_null(), "{told}");
        crew.run(&world, &id, &[("handler", json!({"action": "resume"})), submit()]).await;
        let told = world.send(get(&track)).await.ok(200).json();
        assert!(told["suspended_until"].is_null(), "{told}");

        let (id, _) = world.report("", &report_of(OPINION, IN_EAST, "建议")).await;
        let answered = json!({"action": "submit", "outcome": "answered", "note": "已答复"});
        let steps = [
            file(),
            dispatch(),
            accept(),
            ("handler", answered),
            ("desk", json!({"action": "close"})),
        ];
        assert_eq!(crew.run(&world, &id, &steps).await["state"], "closed");

        let mut body = report_of(HAZARD, IN_EAST, "小问题");
        body["settle"] = json!({"note": "已扶正"});
        let (id, _) = world.report(&crew.worker, &body).await;
        assert_eq!(crew.run(&world, &id, &[("desk", note("refuse"))]).await["state"], "filed");
        let (id, _) = world.report(&crew.worker, &body).await;
        let end = crew.run(&world, &id, &[("desk", json!({"action": "approve"}))]).await;
        assert_eq!(end["state"], "closed");
        body["anonymous"] = json!(true);
        let hidden = world.send(post("/api/v1/reports", &body).by(&crew.worker)).await;
        hidden.problem(422, "validation");

        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "不属实")).await;
        assert_eq!(crew.run(&world, &id, &[("desk", note("reject"))]).await["state"], "rejected");
    });
}

#[test]
fn a_merge_by_number_is_counted_and_can_be_taken_back() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (into, number) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let (id, own) = world.report("", &report_of(HAZARD, IN_EAST, "井盖不见了")).await;
        let target = number.to_lowercase().replace('-', " ");
        let merge = json!({"action": "merge", "target": target});
        let merged = crew.run(&world, &id, &[("desk", merge.clone())]).await;
        assert_eq!(
            (&merged["state"], &merged["merged_into"]["number"]),
            (&json!("merged"), &json!(number))
        );
        let read = async |id: &str| {
            world.send(get(&format!("/api/v1/issues/{id}")).by(&crew.desk)).await.ok(200).json()
        };
        let whole = read(&into).await;
        assert_eq!(
            (&whole["reports"], &whole["merged_from"][0]["number"]),
            (&json!(2), &json!(own))
        );
        // Into what is merged or closed nothing is merged.
        let (third, _) = world.report("", &report_of(HAZARD, IN_EAST, "第三个")).await;
        let wrong = json!({"action": "merge", "target": own});
        world.act(&crew.desk, &third, &wrong).await.problem(422, "validation");
        let back = crew.run(&world, &id, &[("desk", json!({"action": "unmerge"}))]).await;
        assert_eq!((&back["state"], &back["merged_into"]), (&json!("reported"), &Value::Null));
        assert_eq!(read(&into).await["reports"], 1);
    });
}

#[test]
fn what_the_reader_has_already_is_not_sent_again() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let crew = Crew::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        let path = format!("/api/v1/issues/{id}");
        let read = |tag: &str| get(&path).by(&crew.desk).header("if-none-match", tag);
        let tag = world.send(read("\"no\"")).await.ok(200).header("etag").to_owned();
        assert!(tag.starts_with("\"v1-"), "{tag}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"a\", {tag}"), "*".into()] {
            let same = world.send(read(&known)).await.ok(304);
            assert_eq!((same.header("etag"), same.bytes.len()), (&*tag, 0));
        }
        // In another language, or with another photo, it is another answer.
        world.send(read(&tag).header("accept-language", "en")).await.ok(200);
        let photo = jpeg(4);
        let upload = form(&format!("{path}/photos"), &[("photo", "image/jpeg", &photo)]);
        world.send(upload.by(&crew.desk)).await.ok(201);
        world.send(read(&tag)).await.ok(200);
    });
}
