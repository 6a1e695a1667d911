//! Versions of the matrix over HTTP: drafts, check, difference, replay, activation, going back; and
//! layers of owned things in routing.

use super::{
    HAZARD, IN_EAST, IN_WEST, NOON, World, get, post, publish_road_past, report_of, small_matrix,
};
use crate::support::check;
use hexward::app::ctx::Ctx;
use hexward::app::matrix::{Activating, activate_matrix, draft_matrix};
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, Day, HOUR_MS};
use hexward::format::pack::{FileRole, Pack};
use serde_json::{Value, json};

/// The small matrix with further rules, and without those that `drop` names.
fn matrix_with(rows: &[&str], drop: &dyn Fn(&str) -> bool) -> Pack {
    let mut pack = small_matrix();
    let file = pack.files.iter_mut().find(|file| file.role == FileRole::Rules).unwrap();
    let kept = file.text.lines().filter(|line| !drop(line)).map(str::to_owned);
    let rows = rows.iter().map(|row| (*row).to_owned());
    file.text = kept.chain(rows).collect::<Vec<_>>().join("\n");
    pack
}

/// A rule for a category everywhere, before all others.
fn rule(id: &str, selector: &str, lead: &str) -> String {
    format!("{id},9,{selector},,,,,,,,,{lead},,2 work_day,,,test,test")
}

async fn drafted(ctx: &Ctx, pack: &Pack) -> i64 {
    draft_matrix(ctx, pack, "test").await.unwrap().unwrap()
}

async fn versions(world: &World, token: &str) -> Value {
    world.send(get("/api/v1/matrix/versions").by(token)).await.ok(200).json()
}

fn states(list: &Value) -> Vec<(i64, String)> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|own| (own["version"].as_i64().unwrap(), own["state"].as_str().unwrap().to_owned()))
        .collect()
}

async fn lead_of(world: &World) -> String {
    let body = report_of(HAZARD, IN_EAST, "井盖缺失");
    let reply = world.send(post("/api/v1/reports/preview", &body)).await.ok(200).json();
    reply["route"]["lead"]["code"].as_str().unwrap_or("").to_owned()
}

#[test]
fn a_draft_comes_into_force_when_it_is_activated_and_a_roll_back_is_one_more_activation() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let usual = lead_of(&world).await;
        let pack = matrix_with(&[&rule("zz-1", "small:bj-01-01", "js-gs")], &|_| false);
        let other = matrix_with(&[&rule("zz-1", "small:bj-01-01", "js-ps")], &|_| false);
        let lead = if usual == "js-gs" { "js-ps" } else { "js-gs" };
        let pack = if lead == "js-gs" { pack } else { other };
        let draft = drafted(&world.ctx, &pack).await;
        assert_eq!(lead_of(&world).await, usual, "a draft decides nothing");
        let list = versions(&world, &admin).await;
        assert_eq!(states(&list), [(2, "draft".into()), (1, "in_force".into())]);

        let diff = world.send(get(&format!("/api/v1/matrix/{draft}/diff")).by(&admin)).await;
        let diff = diff.ok(200).json();
        assert_eq!((&diff["added_count"], &diff["added"][0]["id"]), (&json!(1), &json!("zz-1")));
        assert_eq!((&diff["removed_count"], &diff["changed_count"]), (&json!(0), &json!(0)));

        let path = format!("/api/v1/matrix/{draft}/activate");
        let stale = post(&path, &json!({"seen": 9})).by(&admin);
        world.send(stale).await.problem(409, "conflict");
        let row = world.send(post(&path, &json!({"seen": list["activations"]})).by(&admin)).await;
        assert_eq!(row.ok(200).json()["version"], draft);
        assert_eq!(lead_of(&world).await, lead);

        let back = post("/api/v1/matrix/rollback", &json!({"note": "退回"})).by(&admin);
        assert_eq!(world.send(back).await.ok(200).json()["version"], 1);
        assert_eq!(lead_of(&world).await, usual);
        let list = versions(&world, &admin).await;
        assert_eq!(states(&list), [(2, "retired".into()), (1, "in_force".into())]);
        assert_eq!(list["activations"], 3, "history is only added to");
    });
}

#[test]
fn a_scheduled_version_comes_into_force_on_every_node_at_the_start_of_its_day() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let (other, _) = world.second_node().await;
        let pack = matrix_with(&[&rule("zz-1", "any", "js-gs")], &|_| false);
        let draft = drafted(&world.ctx, &pack).await;
        let from = hexward::domain::time::Day(world.ctx.today().0 + 1);
        let asked = Activating { version: draft, from: Some(from), ..Activating::default() };
        activate_matrix(&world.ctx, &asked).await.unwrap();
        other.refresh_if_stale().await.unwrap();
        // NOON is 10:00 in the district: the day begins 14 hours later, and not 13.
        assert_eq!(NOON % DAY_MS, 2 * HOUR_MS);
        world.later(13 * HOUR_MS);
        for ctx in [&world.ctx, &other] {
            ctx.refresh_if_stale().await.unwrap();
            assert_eq!(ctx.snapshot().matrix_version, 1);
        }
        world.later(HOUR_MS);
        for ctx in [&world.ctx, &other] {
            assert!(ctx.refresh_if_stale().await.unwrap());
            assert_eq!(ctx.snapshot().matrix_version, draft);
            assert!(!ctx.refresh_if_stale().await.unwrap());
        }
        let yesterday = Activating { from: Some(from), version: 1, ..Activating::default() };
        world.later(DAY_MS);
        assert!(activate_matrix(&world.ctx, &yesterday).await.is_err(), "the day has passed");
    });
}

#[test]
fn a_matrix_with_errors_comes_into_force_only_over_a_written_reason() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let rows = [
            "zz-1,0,small:bj-01-01,street,410105099,,,,,,,js-gs,,,,,test,test".to_owned(),
            "zz-2,0,small:bj-01-01,,,,,,,,,js-gs,,,2020-01-01,2020-12-31,test,test".to_owned(),
        ];
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let draft = drafted(&world.ctx, &matrix_with(&rows, &|_| false)).await;
        let path = format!("/api/v1/matrix/{draft}");
        let lint = world.send(get(&format!("{path}/lint")).by(&admin)).await.ok(200).json();
        assert_eq!(lint["errors"], 1, "{lint}");
        let finding = |code: &str| {
            let findings = lint["findings"].as_array().unwrap();
            findings.iter().find(|found| found["code"] == code).cloned().unwrap_or_default()
        };
        let unknown = finding("unknown_area");
        assert_eq!((&unknown["severity"], &unknown["rule"]), (&json!("error"), &json!("zz-1")));
        assert!(unknown["line"].as_u64().is_some_and(|line| line > 1), "{unknown}");
        assert_eq!(finding("expired")["rule"], "zz-2", "an expired row is kept and told");
        let rules = world.send(get(&path).by(&admin)).await.ok(200).json();
        let ids: Vec<&Value> =
            rules["items"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
        assert!(ids.contains(&&json!("zz-2")));

        let activate = format!("{path}/activate");
        let told = world.send(post(&activate, &json!({})).by(&admin)).await;
        let told = told.problem(409, "conflict");
        assert!(told["detail"].as_str().unwrap().contains("410105099"), "{told}");
        let blank = json!({"override_reason": "  "});
        world.send(post(&activate, &blank).by(&admin)).await.problem(409, "conflict");
        let reason = json!({"override_reason": "新街道下周设立"});
        world.send(post(&activate, &reason).by(&admin)).await.ok(200);
        let list = versions(&world, &admin).await;
        let kept = &list["items"][0]["activations"][0];
        assert_eq!(
            (&kept["errors"], &kept["override_reason"]),
            (&json!(1), &json!("新街道下周设立"))
        );
        assert!(kept["actor_name"].as_str().is_some());
    });
}

#[test]
fn a_replay_counts_who_gains_and_loses_and_names_only_what_its_reader_may_read() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let usual = lead_of(&world).await;
        let lead = if usual == "js-gs" { "js-ps" } else { "js-gs" };
        for position in [IN_EAST, IN_EAST, IN_WEST] {
            world.report("", &report_of(HAZARD, position, "井盖缺失")).await;
        }
        world.report("", &report_of("bj-01-03", IN_EAST, "别的")).await;
        let pack = matrix_with(&[&rule("zz-1", "small:bj-01-01", lead)], &|_| false);
        let draft = drafted(&world.ctx, &pack).await;
        let path = format!("/api/v1/matrix/{draft}/simulate?from=2026-11-14&to=2026-11-20");
        let run = |token: String| {
            let call = post(&path, &json!({})).by(&token);
            async { world.send(call).await.ok(200).json() }
        };
        let admin = world.user(Role::Admin, None, None).await;
        let all = run(admin.clone()).await;
        assert_eq!((&all["issues"], &all["rerouted"]), (&json!(4), &json!(3)), "{all}");
        let share = |code: &str| {
            let all = all["departments"].as_array().unwrap();
            all.iter().find(|share| share["department"]["code"] == code).cloned().unwrap()
        };
        assert_eq!((&share(lead)["gained"], &share(&usual)["lost"]), (&json!(3), &json!(3)));
        // All were reported on the last day, and there is no data before it.
        assert_eq!(all["days"], 1, "{all}");
        assert_eq!(share(lead)["per_week_after"], 7.0 * share(lead)["after"].as_f64().unwrap());
        let moved = &all["moved"][0];
        assert_eq!((&moved["n"], &moved["to"]["code"]), (&json!(3), &json!(lead)));
        assert_eq!(moved["examples"], json!([]), "an administrator reads no issues");
        let east = world.user(Role::DutySupervisor, Some(super::EAST), None).await;
        let own = run(east.clone()).await;
        assert_eq!((&own["issues"], &own["rerouted"]), (&json!(3), &json!(2)));
        assert_eq!(own["moved"][0]["examples"].as_array().unwrap().len(), 2);
        let csv = world.send(post(&format!("{path}&format=csv"), &json!({})).by(&admin)).await;
        let csv = csv.ok(200);
        assert!(csv.header("content-type").starts_with("text/csv"));
        assert!(csv.text().contains("moved,"), "{}", csv.text());
        assert!(csv.text().contains("\ntotal,") || csv.text().contains("\r\ntotal,"));
        let line = format!("{draft},1,2026-11-20,2026-11-14,2026-11-20,1,true,0,");
        assert!(csv.text().lines().skip(1).all(|row| row.contains(&line)), "{}", csv.text());
        let cut = world.send(post(&format!("{path}&limit=2"), &json!({})).by(&admin)).await;
        let cut = cut.ok(200).json();
        assert_eq!((&cut["issues"], &cut["complete"]), (&json!(2), &json!(false)));
        // What is dispatched counts as handled by who has it, against both matrices.
        let desk = world.user(Role::DutySupervisor, None, None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "再一个")).await;
        world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        let dispatch = json!({"action": "dispatch", "department": lead});
        world.act(&desk, &id, &dispatch).await.ok(200);
        let again = run(admin.clone()).await;
        let rights = (&again["handled"], &again["right_before"], &again["right_after"]);
        assert_eq!(rights, (&json!(1), &json!(0), &json!(1)));
        for (role, status) in [(Role::Dispatcher, 403), (Role::Handler, 403)] {
            let token = world.user(role, None, Some("js-gs")).await;
            let told = world.send(post(&path, &json!({})).by(&token)).await;
            assert_eq!(told.status.as_u16(), status, "{role}");
        }
        let change = post(&format!("/api/v1/matrix/{draft}/activate"), &json!({})).by(&east);
        world.send(change).await.problem(403, "forbidden");
    });
}

#[test]
fn a_replay_asks_for_the_rules_of_the_day_on_which_the_draft_is_to_come() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let usual = lead_of(&world).await;
        let lead = if usual == "js-gs" { "js-ps" } else { "js-gs" };
        world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        // From the first of next month, and on the weekday of the report alone: the day that it
        // comes into force is another one.
        let row = format!("zz-1,10,small:bj-01-01,,,,,5,,,,{lead},,,2026-12-01,,test,test");
        let draft = drafted(&world.ctx, &matrix_with(&[&row], &|_| false)).await;
        let admin = world.user(Role::Admin, None, None).await;
        let run = |more: &'static str| {
            let path = format!("/api/v1/matrix/{draft}/simulate?from=2026-11-14&to=2026-11-20");
            let call = post(&format!("{path}{more}"), &json!({})).by(&admin);
            async { world.send(call).await.ok(200).json() }
        };
        let today = run("").await;
        assert_eq!((&today["rerouted"], &today["valid_on"]), (&json!(0), &json!("2026-11-20")));
        assert_eq!(today["rules_not_valid"], 1, "and the answer says why: {today}");
        let then = run("&on=2026-12-01").await;
        assert_eq!((&then["rerouted"], &then["rules_not_valid"]), (&json!(1), &json!(0)), "{then}");
        // A version that is scheduled is asked for the rules of its own day.
        let asked =
            Activating { version: draft, from: Day::parse("2026-12-01"), ..Activating::default() };
        activate_matrix(&world.ctx, &asked).await.unwrap();
        let planned = run("").await;
        assert_eq!((&planned["rerouted"], &planned["valid_on"]), (&json!(1), &json!("2026-12-01")));
    });
}

#[test]
fn a_rule_for_a_road_goes_before_the_territory_and_the_trace_says_which_road_how_far() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        let usual = lead_of(&world).await;
        let lead = if usual == "js-gs" { "js-ps" } else { "js-gs" };
        publish_road_past(&world.ctx, IN_EAST, ("中州大道", "市政")).await;
        let row = format!("zz-1,0,small:bj-01-01,,,road,市政,,,,,{lead},,,,,test,test");
        let draft = drafted(&world.ctx, &matrix_with(&[&row], &|_| false)).await;
        let asked = Activating { version: draft, ..Activating::default() };
        activate_matrix(&world.ctx, &asked).await.unwrap();
        let preview = |position: [f64; 2]| {
            let body = report_of(HAZARD, position, "井盖缺失");
            let call = post("/api/v1/reports/preview", &body);
            async { world.send(call).await.ok(200).json() }
        };
        let near = preview(IN_EAST).await;
        assert_eq!(near["route"]["lead"]["code"], lead);
        let asset = &near["location"]["assets"][0];
        assert_eq!((&asset["code"], &asset["layer"]), (&json!("R1"), &json!("road")));
        assert!((asset["distance_m"].as_f64().unwrap() - 11.1).abs() < 0.3, "{asset}");
        for lang in ["zh", "en"] {
            let sentence = near["route"]["sentence"][lang].as_str().unwrap();
            assert!(sentence.contains("中州大道") && sentence.contains("11"), "{sentence}");
        }
        let far = preview([IN_EAST[0], IN_EAST[1] - 0.001]).await;
        assert_eq!(
            (&far["route"]["lead"]["code"], &far["location"]["assets"]),
            (&json!(usual), &json!([]))
        );
    });
}
