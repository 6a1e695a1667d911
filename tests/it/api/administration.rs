//! What an administrator keeps while the service runs: settings, calendars, files of the catalog.

use super::report::fields;
use super::{EAST, HAZARD, IN_EAST, Reply, World, call, get, post, report_of, send_to};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};

async fn settings(world: &World, admin: &str) -> Value {
    world.send(get("/api/v1/settings").by(admin)).await.ok(200).json()
}

async fn patch(world: &World, admin: &str, query: &str, version: i64, values: Value) -> Reply {
    let body = json!({"version": version, "values": values});
    world.send(call("PATCH", &format!("/api/v1/settings{query}")).json(&body).by(admin)).await
}

fn version_of(body: &Value) -> i64 {
    body["version"].as_i64().expect("a version")
}

#[test]
fn settings_are_previewed_changed_on_all_nodes_and_lost_under_nobody() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let (other, _) = world.second_node().await;
        let before = settings(&world, &admin).await;
        let seen = version_of(&before);
        let kept = &before["values"]["retention"];
        let asked = json!({"name_zh": "经八路街道", "retention": kept});
        let told = patch(&world, &admin, "?dry_run=true", seen, asked.clone()).await.ok(200).json();
        // What stays is no change.
        let changes = told["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{told}");
        assert_eq!(
            (&changes[0]["name"], &changes[0]["after"]),
            (&json!("name_zh"), &json!("经八路街道"))
        );
        assert_eq!(settings(&world, &admin).await, before, "a preview keeps nothing");

        let told = patch(&world, &admin, "", seen, asked).await.ok(200).json();
        assert!(version_of(&told) > seen);
        let shown = world.send(get("/api/v1/instance")).await.ok(200).json();
        assert_eq!(shown["name"]["zh"], "经八路街道");
        let log =
            world.send(get("/api/v1/audit/admin?sort=setting").by(&admin)).await.ok(200).json();
        assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
        assert!(log["items"][0].to_string().contains("经八路街道"), "{log}");
        assert!(other.refresh_if_stale().await.unwrap());
        assert_eq!(other.instance().name_zh, "经八路街道");
        // Who saw the settings before that may not write over them.
        let late = patch(&world, &admin, "", seen, json!({"name_zh": "别处"})).await;
        late.problem(409, "conflict");
        assert_eq!(settings(&world, &admin).await["values"]["name_zh"], "经八路街道");
    });
}

#[test]
fn every_faulty_setting_is_named_and_none_is_kept() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let before = settings(&world, &admin).await;
        let asked = json!({
            "name_zh": " ", "locale": "fr", "basemap_url": "https://tiles.example/{z}/{x}/{y}.png",
            "schemes": "national,nowhere", "channels": "report,fax", "position_days": "-1",
            "risk_levels": "red=street", "retention": "hazard=0", "district": "1", "colour": "red",
            "name_en": "a\u{7}b",
        });
        let told = patch(&world, &admin, "", version_of(&before), asked.clone()).await;
        let told = told.problem(422, "validation");
        let mut named = fields(&told);
        named.sort_unstable();
        let mut meant: Vec<&str> = asked.as_object().unwrap().keys().map(String::as_str).collect();
        meant.sort_unstable();
        assert_eq!(named, meant);
        for values in [json!({"work_slots": "noon"}), json!({"stage_limits": "accept=soon"})] {
            let told = patch(&world, &admin, "", version_of(&before), values.clone()).await;
            let told = told.problem(422, "validation");
            assert_eq!(fields(&told), [values.as_object().unwrap().keys().next().unwrap()]);
        }
        let lacking = json!({"calendar_region": "atlantis"});
        let told = patch(&world, &admin, "", version_of(&before), lacking).await;
        assert_eq!(fields(&told.problem(422, "validation")), ["calendar_region"]);
        assert_eq!(settings(&world, &admin).await, before);
    });
}

#[test]
fn a_closed_channel_is_closed_to_the_public_and_to_nobody_else() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let staff = world.user(Role::Acceptor, Some(EAST), None).await;
        let report = report_of(HAZARD, IN_EAST, "井盖缺失");
        let keyed = || post("/api/v1/reports", &report).header("Idempotency-Key", "a-phone-s-key");
        let kept = world.send(keyed()).await.ok(201).json();
        let seen = version_of(&settings(&world, &admin).await);
        patch(&world, &admin, "", seen, json!({"channels": ""})).await.ok(200);
        let open = &world.send(get("/api/v1/instance")).await.ok(200).json()["channels"];
        assert_eq!(open, &json!([]));
        for path in ["public/answers", "public/wishes", "public/cells"] {
            let path = format!("/api/v1/{path}");
            world.send(get(&path)).await.problem(403, "forbidden");
            world.send(get(&path).by(&staff)).await.ok(200);
        }
        world.send(post("/api/v1/reports", &report)).await.problem(403, "forbidden");
        // What was acknowledged is acknowledged again, and can be followed.
        let again = world.send(keyed()).await.ok(200).json();
        assert_eq!(again["number"], kept["number"]);
        let number = kept["number"].as_str().unwrap();
        world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200);
        world.report(&staff, &report_of(HAZARD, IN_EAST, "路灯不亮")).await;
    });
}

async fn calendars(world: &World, admin: &str) -> Value {
    world.send(get("/api/v1/calendars").by(admin)).await.ok(200).json()
}

fn region<'a>(calendars: &'a Value, name: &str) -> &'a Value {
    let regions = calendars["regions"].as_array().expect("regions");
    regions.iter().find(|one| one["region"] == name).expect("a region that ships")
}

async fn put_years(world: &World, admin: &str, query: &str, body: Value) -> Reply {
    world.send(post(&format!("/api/v1/calendars/cn{query}"), &body).by(admin)).await
}

#[test]
fn a_year_is_previewed_put_in_force_and_moves_due_times() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        let found = calendars(&world, &admin).await;
        let missing: Vec<i64> = serde_json::from_value(found["missing"].clone()).unwrap();
        assert_eq!(missing, [2026, 2027], "this year and the next");
        let offered = region(&found, "cn")["offered"].clone();
        assert!(offered.as_array().unwrap().len() >= 8, "{offered}");
        let body = json!({"version": found["version"], "years": offered});
        put_years(&world, &admin, "", body).await.ok(200);
        let found = calendars(&world, &admin).await;
        assert_eq!(found["missing"], json!([2027]));
        assert_eq!(region(&found, "cn")["offered"], json!([]));

        // Two dispatched issues have a clock.
        for text in ["井盖缺失", "井盖破损"] {
            let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, text)).await;
            world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        }
        let own = region(&found, "cn")["years"].as_array().unwrap();
        let mut year = own.iter().find(|one| one["year"] == 2026).unwrap().clone();
        // The rest of this Friday and the following Monday are given off.
        for date in ["2026-11-20", "2026-11-23"] {
            let day = json!({"date": date, "name": "停工", "works": false});
            year["days"].as_array_mut().unwrap().push(day);
        }
        let body = json!({"version": found["version"], "years": [year]});
        let told = put_years(&world, &admin, "?dry_run=true", body.clone()).await.ok(200).json();
        let days: Vec<&str> =
            told["days"].as_array().unwrap().iter().map(|d| d["date"].as_str().unwrap()).collect();
        assert_eq!(days, ["2026-11-20", "2026-11-23"]);
        let promised = told["retimed"].as_u64().unwrap();
        assert!(promised > 0, "{told}");
        assert_eq!(calendars(&world, &admin).await, found, "a preview keeps nothing");

        put_years(&world, &admin, "", body.clone()).await.ok(200);
        let changed = hexward::app::clocks::retime_if_stale(&world.ctx).await.unwrap();
        assert_eq!(changed.map(|n| n as u64), Some(promised), "what was told is what happens");
        // By the version of before nobody writes any more.
        let mut late = body;
        late["years"][0]["days"] = json!([]);
        put_years(&world, &admin, "", late).await.problem(409, "conflict");
    });
}

#[test]
fn a_faulty_day_is_named_by_its_place() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let day = |date: &str, name: &str| json!({"date": date, "name": name, "works": false});
        let days = [
            day("2026-02-30", "春节"),
            day("2024-01-01", "元旦"),
            day("2026-01-01", ""),
            day("2026-01-02", "元旦"),
            day("2026-01-02", "元旦"),
        ];
        let body = json!({"version": 0, "years": [{"year": 2026, "papers": [], "days": days}]});
        let told = put_years(&world, &admin, "", body).await.problem(422, "validation");
        let mut named = fields(&told);
        named.sort_unstable();
        assert_eq!(
            named,
            [
                "years.0.days.0.date",
                "years.0.days.1.date",
                "years.0.days.2.name",
                "years.0.days.4.date"
            ]
        );
        let region = json!({"version": 0, "years": []});
        let told = world.send(post("/api/v1/calendars/C%20N", &region).by(&admin)).await;
        assert_eq!(fields(&told.problem(422, "validation")), ["region"]);
        let region = json!({"version": 0, "years": [], "note": "\u{0}"});
        let told = world.send(post("/api/v1/calendars/cn", &region).by(&admin)).await;
        assert_eq!(fields(&told.problem(422, "validation")), ["note"]);
    });
}

async fn catalog(world: &World, admin: &str) -> Value {
    world.send(get("/api/v1/catalog").by(admin)).await.ok(200).json()
}

const CATEGORIES: &str = "catalog/social/categories.csv";
const CONDITIONS: &str = "catalog/social/conditions.csv";
/// A category that the cross-walk does not name.
const GOING: &str = "sg-03-05";

/// The text of a file of the catalog in force.
async fn file_text(world: &World, admin: &str, catalog: &Value, name: &str) -> String {
    let files = catalog["files"].as_array().expect("files");
    let n = files.iter().position(|file| file["name"] == name).expect("a shipped file");
    let path = format!("/api/v1/catalog/{}/files/{n}", catalog["version"]);
    world.send(get(&path).by(admin)).await.ok(200).text()
}

/// The file of categories without one, and with more rows: each a code and a kind.
fn other_categories(text: &str, more: &[(&str, &str)]) -> (String, usize) {
    let kept: Vec<&str> =
        text.lines().filter(|line| !line.starts_with(&format!("{GOING},"))).collect();
    assert_eq!(kept.len() + 1, text.lines().count());
    let row = |(code, kind): &(&str, &str)| {
        let cell = |column| match column {
            "code" => code,
            "scheme" => "social",
            "big_code" => "09",
            "kind" => kind,
            "name" => "低空飞行",
            _ => "",
        };
        kept[0].split(',').map(cell).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = more.iter().map(row).collect();
    (format!("{}\n{}\n", kept.join("\n"), rows.join("\n")), kept.len())
}

fn asked(catalog: &Value, files: &[(&str, &str, &str)]) -> Value {
    let file =
        |(name, role, text): &(&str, &str, &str)| json!({"name": name, "role": role, "text": text});
    let files: Vec<Value> = files.iter().map(file).collect();
    json!({"version": catalog["version"], "note": "试", "files": files})
}

#[test]
fn a_faulty_row_of_the_catalog_is_told_with_its_place_and_nothing_is_kept() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let before = catalog(&world, &admin).await;
        let text = file_text(&world, &admin, &before, CATEGORIES).await;
        let (text, kept) = other_categories(&text, &[("sg-09", "hazard"), ("sg-09-01", "weather")]);
        let body = asked(&before, &[(CATEGORIES, "categories", &text)]);
        let told = world.send(post("/api/v1/catalog", &body).by(&admin)).await.ok(200).json();
        let problems = told["problems"].as_array().unwrap();
        let problem = problems.iter().find(|one| one["line"] != 0).expect("a row");
        assert_eq!(
            (&problem["file"], &problem["line"], &problem["column"]),
            (&json!(CATEGORIES), &json!(kept + 2), &json!("kind"))
        );
        // Conditions of the category that is gone hang in the air: that is told, too.
        assert!(
            problems.iter().any(|one| one["says"]["en"].as_str().unwrap().contains(GOING)),
            "{told}"
        );
        assert_eq!(catalog(&world, &admin).await, before);
    });
}

#[test]
fn files_of_the_catalog_are_previewed_put_in_force_on_all_nodes_and_taken_back() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let before = catalog(&world, &admin).await;
        world.report("", &report_of(GOING, IN_EAST, "电梯困人")).await;
        let old = file_text(&world, &admin, &before, CATEGORIES).await;
        let (categories, _) = other_categories(&old, &[("sg-09", "hazard")]);
        let conditions = file_text(&world, &admin, &before, CONDITIONS).await;
        let going = format!(",{GOING},");
        let conditions: Vec<&str> =
            conditions.lines().filter(|line| !line.contains(&going)).collect();
        let conditions = conditions.join("\n");
        let files =
            [(CATEGORIES, "categories", &*categories), (CONDITIONS, "conditions", &*conditions)];
        let body = asked(&before, &files);
        let path = "/api/v1/catalog?dry_run=true";
        let told = world.send(post(path, &body).by(&admin)).await.ok(200).json();
        assert_eq!(told["problems"], json!([]), "{told}");
        let changes = told["changes"].as_array().unwrap();
        let of = |code: &str| changes.iter().find(|one| one["code"] == code).expect("a change");
        assert_eq!(of("sg-09")["fate"], "added");
        assert_eq!((&of(GOING)["fate"], &of(GOING)["open"]), (&json!("removed"), &json!(1)));
        assert_eq!(changes.len(), 2);
        assert_eq!(catalog(&world, &admin).await, before, "a preview keeps nothing");

        let told = world.send(post("/api/v1/catalog", &body).by(&admin)).await.ok(200).json();
        assert_eq!(version_of(&told), version_of(&before) + 1);
        let (_, node) = world.second_node().await;
        let listed = send_to(&node, get("/api/v1/categories?scheme=social")).await.ok(200);
        assert!(!listed.text().contains(&format!("\"{GOING}\"")));
        // The version of before is stale now; going back is a version of its own.
        let late = asked(&before, &[(CATEGORIES, "categories", &old)]);
        world.send(post("/api/v1/catalog", &late).by(&admin)).await.problem(409, "conflict");
        let back = json!({"version": told["version"], "to": before["version"]});
        world.send(post("/api/v1/catalog/rollback", &back).by(&admin)).await.ok(200);
        let after = catalog(&world, &admin).await;
        assert_eq!(version_of(&after), version_of(&before) + 2);
        assert_eq!((&after["files"], &after["schemes"]), (&before["files"], &before["schemes"]));
    });
}

#[test]
fn a_file_that_cannot_stand_where_it_is_asked_for_is_refused() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let admin = world.user(Role::Admin, None, None).await;
        let version = version_of(&catalog(&world, &admin).await);
        let asked = |name: &str, role: &str| {
            let file = json!({"name": name, "role": role, "text": "a,b\n"});
            json!({"version": version, "files": [file]})
        };
        for (name, role, field) in [
            ("own/limits.csv", "limits", "files.0.role"),
            ("catalog/schemes.csv", "categories", "files.0.role"),
            ("own/x.csv", "colours", "files.0.role"),
            (" ", "categories", "files.0.name"),
        ] {
            let told = world.send(post("/api/v1/catalog", &asked(name, role)).by(&admin)).await;
            assert_eq!(fields(&told.problem(422, "validation")), [field], "{name} {role}");
        }
        let gone = json!({"version": version, "removed": ["own/none.csv"]});
        let told = world.send(post("/api/v1/catalog", &gone).by(&admin)).await;
        assert_eq!(fields(&told.problem(422, "validation")), ["removed"]);
    });
}
