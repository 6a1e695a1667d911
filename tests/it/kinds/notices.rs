//! Who is told by a step that asks him to act, and who is summoned where a place is put right.

use super::{Office, act};
use crate::api::{
    EAST, HAZARD, IN_EAST, IN_WEST, WEST, World, area, get, report_of, small_jinshui,
};
use crate::support::check;
use hexward::app::account::create_token;
use hexward::app::clocks::attend_clocks;
use hexward::app::territory::{publish_territory, stage_territory};
use hexward::domain::access::Role;
use hexward::domain::time::DAY_MS;
use serde_json::{Value, json};

/// What the notices of a reader are about, the latest first.
async fn told(world: &World, token: &str) -> Vec<String> {
    let list = world.send(get("/api/v1/notices").by(token)).await.ok(200).json();
    let items = list["items"].as_array().expect("items").clone();
    for one in &items {
        for lang in ["zh", "en"] {
            assert!(!one["name"][lang].as_str().unwrap().is_empty(), "{one}");
        }
    }
    items.iter().map(|one| one["about"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn whoever_is_asked_to_act_is_told_once() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let guest = world.user(Role::Handler, None, Some("js-ga")).await;
        let leader = world.user(Role::Leader, Some(EAST), None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        act(&world, &office.supervisor, &id, json!({"action": "urge"})).await;
        assert_eq!(told(&world, &office.acceptor).await, ["urged"], "the desk has it still");
        office.bring_to_handling(&world, &id).await;
        act(&world, &office.supervisor, &id, json!({"action": "urge"})).await;
        world.later(1_000);
        let order = json!({"action": "supervise", "until": "2026-11-25", "note": "限期回复"});
        act(&world, &leader, &id, order).await;
        assert_eq!(told(&world, &office.handler).await, ["supervised", "urged"]);
        let list = world.send(get("/api/v1/notices").by(&office.handler)).await.ok(200).json();
        assert_eq!(list["items"][0]["due_at"], "2026-11-25T15:59:59.999Z");
        let whistle = json!({"action": "whistle", "departments": ["js-ga"], "meeting": "东门",
            "until": "2026-11-21"});
        act(&world, &office.supervisor, &id, whistle).await;
        assert_eq!(told(&world, &guest).await, ["whistled"]);
        let of_lead = told(&world, &office.handler).await;
        assert!(!of_lead.contains(&"whistled".to_owned()));
        // A reply that is owed too long is told up the line, once.
        let up = |all: &[String]| all.iter().filter(|one| *one == "reply_overdue").count();
        attend_clocks(&world.ctx).await.unwrap();
        assert_eq!(up(&told(&world, &leader).await), 0);
        world.later(6 * DAY_MS);
        for _ in 0..2 {
            attend_clocks(&world.ctx).await.unwrap();
        }
        for token in [&leader, &office.supervisor] {
            assert_eq!(up(&told(&world, token).await), 1);
        }
        assert_eq!(up(&told(&world, &office.handler).await), 0);
        let reply = json!({"action": "reply", "note": "已约谈"});
        act(&world, &office.handler, &id, reply).await;
        attend_clocks(&world.ctx).await.unwrap();
        assert_eq!(up(&told(&world, &leader).await), 1);
    });
}

#[test]
fn an_offered_task_is_told_to_its_worker_and_to_no_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let people = crate::api::supervision::workers(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        act(&world, &office.acceptor, &id, json!({"action": "accept_for_check"})).await;
        assert_eq!(told(&world, &people[0].1).await, ["task_offered"]);
        assert!(told(&world, &people[1].1).await.is_empty());
        act(&world, &people[0].1, &id, json!({"action": "pass_task"})).await;
        assert_eq!(told(&world, &people[1].1).await, ["task_offered"]);
        let other = world.account("idle", Vec::new()).await;
        let other = create_token(&world.ctx, other, "t", 9).await.unwrap().1;
        assert!(told(&world, &other).await.is_empty());
    });
}

#[test]
fn notices_go_with_their_issue_to_another_street() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let east = world.user(Role::Acceptor, Some(EAST), None).await;
        let west = world.user(Role::Acceptor, Some(WEST), None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        act(&world, &office.supervisor, &id, json!({"action": "urge"})).await;
        let seen = async |token: &str| {
            let path = "/api/v1/notices?unread=true&limit=0";
            let number = world.send(get(path).by(token)).await.ok(200).json();
            let list = told(&world, token).await;
            assert_eq!((&number["total"], &number["items"]), (&list.len().into(), &json!([])));
            list
        };
        let none: Vec<String> = Vec::new();
        assert_eq!((seen(&east).await, seen(&west).await), (vec!["urged".into()], none.clone()));
        let place = json!({"position": IN_WEST});
        let correct = json!({"action": "correct", "place": place, "note": "位置有误"});
        act(&world, &office.supervisor, &id, correct).await;
        assert_eq!((seen(&east).await, seen(&west).await), (none, vec!["urged".into()]));
    });
}

#[test]
fn unread_notices_are_counted_up_to_a_hundred() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        act(&world, &office.supervisor, &id, json!({"action": "urge"})).await;
        let total = async || {
            let path = "/api/v1/notices?unread=true&limit=0";
            world.send(get(path).by(&office.acceptor)).await.ok(200).json()["total"].clone()
        };
        let ids = world.fixture.raw.texts("SELECT notice_id FROM notice").await;
        let more = async |from: u32, to: u32| {
            let columns = "issue_id, about, recipient, recipient_department, due, notified_at, \
                recipient_account";
            let sql = format!(
                "INSERT INTO notice (notice_id, round, {columns}) \
                 WITH RECURSIVE numbers(n) AS \
                 (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to}) \
                 SELECT notice_id || n, round || n, {columns} FROM notice, numbers \
                 WHERE notice_id = '{}'",
                ids[0]
            );
            let added = world.fixture.raw.execute(&sql).await.expect("more notices");
            assert_eq!(added, u64::from(to - from + 1));
        };
        assert_eq!((total().await, ids.len()), (1.into(), 1));
        more(1, 98).await;
        assert_eq!(total().await, 99);
        more(101, 250).await;
        assert_eq!(total().await, 100, "nobody reads as many one by one");
    });
}

/// The areas that an issue's summons name; an empty code is the whole territory.
async fn summoned(world: &World, token: &str, id: &str) -> Vec<String> {
    let path = format!("/api/v1/issues/{id}/summons");
    let list = world.send(get(&path).by(token)).await.ok(200).json();
    let items = list["items"].as_array().expect("items").clone();
    let code = |one: &Value| one["area"]["code"].as_str().unwrap_or("").to_owned();
    let mut codes: Vec<String> = items.iter().map(code).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn a_major_hazard_whose_place_is_put_right_is_told_to_those_who_have_it_now() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let mut body = report_of(HAZARD, IN_EAST, "井盖缺失");
        body["severity"] = json!("major");
        let (id, _) = world.report("", &body).await;
        let west = world.user(Role::Leader, Some(WEST), None).await;
        let told = |codes: &[&str]| -> Vec<String> {
            codes.iter().flat_map(|code| [(*code).to_owned(), (*code).to_owned()]).collect()
        };
        let district = crate::api::DISTRICT;
        assert_eq!(summoned(&world, &office.supervisor, &id).await, told(&[district, EAST]));
        let correct = |position: [f64; 2]| {
            let place = json!({"position": position});
            json!({"action": "correct", "place": place, "note": "位置有误"})
        };
        act(&world, &office.supervisor, &id, correct(IN_WEST)).await;
        assert_eq!(summoned(&world, &office.supervisor, &id).await, told(&[district, EAST, WEST]));
        let own = world.send(get("/api/v1/summons").by(&west)).await.ok(200).json();
        assert_eq!(own["items"].as_array().unwrap().len(), 1, "{own}");
        // Within the street nobody new has it.
        act(&world, &office.supervisor, &id, correct([113.642, 34.785])).await;
        assert_eq!(summoned(&world, &office.supervisor, &id).await.len(), 6);
        // Outside every area, those whose grant has no area have it.
        act(&world, &office.supervisor, &id, correct([113.9, 34.785])).await;
        let codes = summoned(&world, &office.supervisor, &id).await;
        assert_eq!(codes.iter().filter(|code| code.is_empty()).count(), 2, "{codes:?}");
        let everywhere = world.send(get("/api/v1/summons").by(&office.supervisor)).await.ok(200);
        let items = everywhere.json()["items"].as_array().unwrap().clone();
        assert!(items.iter().any(|one| one["area"].is_null()), "{items:?}");
        let own = world.send(get("/api/v1/summons").by(&west)).await.ok(200).json();
        assert_eq!(own["items"].as_array().unwrap().len(), 0, "it is theirs no more");
    });
}

#[test]
fn a_major_hazard_that_grids_drawn_anew_put_elsewhere_is_told_to_the_new_street() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let mut body = report_of(HAZARD, [113.677, 34.785], "井盖缺失");
        body["severity"] = json!("major");
        let (id, _) = world.report("", &body).await;
        // The eastern half of the eastern street becomes a street of its own.
        let (s, n) = (34.78, 34.79);
        let third = "410105003";
        let mut areas = small_jinshui();
        areas.retain(|area| area.code != "41010500100102");
        for area in areas.iter_mut().filter(|one| [EAST, "410105001001"].contains(&&*one.code)) {
            area.polygon = crate::api::rectangle((113.66, s, 113.67, n));
        }
        let community = "410105003001";
        areas.push(area(third, "street", Some(crate::api::DISTRICT), (113.67, s, 113.68, n)));
        areas.push(area(community, "community", Some(third), (113.67, s, 113.68, n)));
        areas.push(area("41010500300101", "grid", Some(community), (113.67, s, 113.674, n)));
        areas.push(area("41010500300102", "grid", Some(community), (113.674, s, 113.68, n)));
        let lineage = vec![hexward::store::port::LineageRow {
            version: 0,
            kind: "split".into(),
            from_codes: "41010500100102".into(),
            to_codes: "41010500300101;41010500300102".into(),
            day: 20_000,
        }];
        let version = stage_territory(&world.ctx, areas, lineage, "").await.unwrap();
        assert_eq!(publish_territory(&world.ctx, version).await.unwrap(), 1);
        let codes = summoned(&world, &office.supervisor, &id).await;
        assert_eq!(codes.iter().filter(|code| *code == third).count(), 2, "{codes:?}");
        assert_eq!(codes.len(), 6, "the district is not told again: {codes:?}");
    });
}
