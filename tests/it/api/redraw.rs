//! The territory's editor over HTTP: edits are tried, staged, previewed and published.

use super::report::form;
use super::{HAZARD, World, call, get, grant, post, report_of};
use crate::support::check;
use hexward::app::token::create_token;
use hexward::domain::access::Role;
use serde_json::{Value, json};

const WEST_GRID: &str = "41010500100101";
const EAST_GRID: &str = "41010500100102";
const OTHER_GRID: &str = "41010500200101";
const PREVIEW: &str = "/api/v1/territory/edits/preview";
const EDITS: &str = "/api/v1/territory/edits";

fn split() -> Value {
    json!({"type": "split", "area": WEST_GRID, "line": [[113.665, 34.7], [113.665, 34.8]],
        "parts": [{"code": "41010500100103", "name": "西半格"},
            {"code": "41010500100104", "name": "东半格"}]})
}

async fn base_of(world: &World, token: &str) -> i64 {
    let listed = world.send(get("/api/v1/territory/versions").by(token)).await.ok(200).json();
    let items = listed["items"].as_array().unwrap().clone();
    let found = items.iter().find(|one| one["state"] == "published").unwrap();
    found["version"].as_i64().unwrap()
}

async fn preview(world: &World, token: &str, edits: &[Value]) -> Value {
    let body = json!({"base": base_of(world, token).await, "edits": edits});
    world.send(post(PREVIEW, &body).by(token)).await.ok(200).json()
}

async fn stage(world: &World, token: &str, edits: &[Value]) -> i64 {
    let body = json!({"base": base_of(world, token).await, "edits": edits, "note": "调整"});
    let staged = world.send(post(EDITS, &body).by(token)).await.ok(201).json();
    staged["version"].as_i64().expect("a version")
}

async fn publish(world: &World, token: &str, version: i64) -> Value {
    let path = format!("/api/v1/territory/versions/{version}/publish");
    world.send(call("POST", &path).by(token)).await.ok(200).json()
}

#[test]
fn a_split_on_the_map_is_staged_previewed_published_and_moves_what_is_open() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let desk = world.user(Role::Acceptor, None, None).await;
        let (west, _) = world.report("", &report_of(HAZARD, [113.662, 34.785], "西")).await;
        let (east, _) = world.report("", &report_of(HAZARD, [113.668, 34.785], "东")).await;

        let tried = preview(&world, &root, &[split()]).await;
        assert_eq!(tried["problem"], Value::Null);
        assert_eq!(tried["findings"], json!([]));
        assert_eq!(tried["made"], json!([["41010500100103", "41010500100104"]]));
        assert_eq!(tried["gone"], json!([WEST_GRID]));
        assert_eq!(tried["areas"]["features"].as_array().unwrap().len(), 2);
        assert_eq!(tried["lineage"][0]["kind"], "split");
        let listed = world.send(get("/api/v1/territory/versions").by(&root)).await.ok(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "a preview keeps nothing");

        let version = stage(&world, &root, &[split()]).await;
        let path = format!("/api/v1/territory/versions/{version}");
        let seen = world.send(get(&format!("{path}/preview")).by(&root)).await.ok(200).json();
        assert_eq!(
            (&seen["open_issues_moving"], &seen["errors"]),
            (&json!(2), &json!([])),
            "{seen}"
        );
        assert_eq!(seen["findings"], json!([]));
        let drawn = format!("{path}/areas?changed=true");
        let drawn = world.send(get(&drawn).by(&root)).await.ok(200).json();
        assert_eq!(drawn["features"].as_array().unwrap().len(), 2);
        let all = world.send(get(&format!("{path}/areas")).by(&root)).await.ok(200).json();
        assert_eq!(all["features"].as_array().unwrap().len(), 9);
        assert_eq!(publish(&world, &root, version).await["open_issues_moved"], 2);

        let grid_of = async |id: &str| {
            let path = format!("/api/v1/issues/{id}");
            world.send(get(&path).by(&desk)).await.ok(200).json()["grid"]["code"].clone()
        };
        assert_eq!(grid_of(&west).await, "41010500100103");
        assert_eq!(grid_of(&east).await, "41010500100104");
        let path = format!("/api/v1/areas/{WEST_GRID}/lineage");
        let lineage = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!(lineage["items"][0]["kind"], "split");
        world.send(get(&format!("/api/v1/areas/{WEST_GRID}"))).await.problem(404, "not_found");
        // The old code is retired: it does not come back on other ground.
        let again = json!({"type": "split", "area": EAST_GRID,
            "line": [[113.675, 34.7], [113.675, 34.8]],
            "parts": [{"code": WEST_GRID}, {"code": "41010500100105"}]});
        let told = preview(&world, &root, &[again]).await;
        assert_eq!(told["problem"]["field"], "parts.0.code", "{told}");
        assert!(told["problem"]["says"]["zh"].as_str().unwrap().contains("已撤销"));
    });
}

#[test]
fn staging_editing_and_deleting_are_in_the_audit_and_the_list_names_who_did_it() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (one, other) = ("one", "other");
        let token = async |login: &str| {
            let id = world.account(login, vec![grant(Role::Admin, None, None)]).await;
            create_token(&world.ctx, id, "test", 9).await.unwrap().1
        };
        let (first, second) = (token(one).await, token(other).await);
        let drawn = stage(&world, &first, &[split()]).await;
        let area = super::small_jinshui().pop().unwrap();
        let geometry: Value = serde_json::from_str(&area.polygon).unwrap();
        let file = json!({"type": "FeatureCollection", "features": [{"type": "Feature",
            "geometry": geometry, "properties": {"code": area.code, "name": "新名",
                "level": area.level, "parent": area.parent}}]});
        let parts: [(&str, &str, &[u8]); 2] =
            [("note", "", "补名".as_bytes()), ("file", "", &file.to_string().into_bytes())];
        let sent = form("/api/v1/territory/versions", &parts).by(&second);
        let filed = world.send(sent).await.ok(201).json()["version"].as_i64().unwrap();
        let path = format!("/api/v1/territory/versions/{filed}");
        world.later(1000);
        world.send(call("DELETE", &path).by(&first)).await.ok(204);
        world.send(call("DELETE", &path).by(&first)).await.problem(404, "not_found");
        world.later(1000);
        publish(&world, &second, drawn).await;

        let path = "/api/v1/audit/admin?sort=territory";
        let log = world.send(get(path).by(&first)).await.ok(200).json();
        let log = log["items"].as_array().unwrap();
        let find = |what: &str, version: i64| {
            let version = version.to_string();
            let is_subject = |one: &Value| one["subject"].as_str() == Some(version.as_str());
            let is_it = |one: &&Value| one["what"] == what && is_subject(one);
            log.iter().find(is_it).unwrap_or_else(|| panic!("{what} {version}: {log:?}"))
        };
        assert_eq!(log.len(), 6, "what was refused is not in it: {log:?}");
        let edited = find("territory.edit", drawn);
        assert_eq!(edited["actor"]["login"], one);
        assert_eq!(edited["facts"], json!({"areas": "9", "edits": "1", "note": "调整"}));
        let staged = find("territory.stage", filed);
        assert_eq!(staged["actor"]["login"], other);
        assert_eq!(staged["facts"], json!({"areas": "8", "note": "补名"}));
        assert_eq!(find("territory.delete", filed)["actor"]["login"], one);
        assert_eq!(find("territory.publish", drawn)["actor"]["login"], other);

        let listed = world.send(get("/api/v1/territory/versions").by(&first)).await.ok(200).json();
        let listed = listed["items"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(
            (&listed[0]["created_by"], &listed[0]["published_by"]),
            (&Value::Null, &Value::Null),
            "the command line is nobody"
        );
        assert_eq!(listed[1]["created_by"]["login"], one);
        assert_eq!(listed[1]["published_by"]["login"], other);
    });
}

#[test]
fn a_merge_and_a_moved_border_leave_a_whole_territory() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let ring = json!([
            [113.66, 34.78],
            [113.672, 34.78],
            [113.67, 34.79],
            [113.66, 34.79],
            [113.66, 34.78]
        ]);
        let moved = json!({"type": "move", "area": WEST_GRID,
            "outline": {"type": "Polygon", "coordinates": [ring]}});
        let edits = [
            split(),
            json!({"type": "merge", "areas": ["41010500100103", "41010500100104"],
                "into": {"code": WEST_GRID, "name": "一格"}}),
            moved,
            json!({"type": "rename", "area": EAST_GRID, "name": "二格"}),
        ];
        let tried = preview(&world, &root, &edits).await;
        assert_eq!((&tried["problem"], &tried["findings"]), (&Value::Null, &json!([])));
        assert_eq!(tried["lineage"], json!([]), "what was split was merged back");
        let version = stage(&world, &root, &edits).await;
        publish(&world, &root, version).await;
        let place = "/api/v1/locate?lon=113.671&lat=34.781";
        let chain = world.send(get(place)).await.ok(200).json()["chain"].clone();
        let leaf = chain.as_array().unwrap().last().unwrap().clone();
        assert_eq!((&leaf["code"], &leaf["name"]), (&json!(WEST_GRID), &json!("一格")));
        // Rows that nobody touched are the same to the last bit.
        let rows = world.ctx.store.load_areas(version).await.unwrap();
        let other = rows.iter().find(|row| row.code == OTHER_GRID).unwrap();
        let before = super::small_jinshui();
        assert_eq!(other, before.iter().find(|row| row.code == OTHER_GRID).unwrap());
        // A merge under a new code is a lineage of its own.
        let merge = json!({"type": "merge", "areas": [WEST_GRID, EAST_GRID]});
        let version = stage(&world, &root, &[merge]).await;
        publish(&world, &root, version).await;
        let path = format!("/api/v1/areas/{EAST_GRID}/lineage");
        let lineage = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!(lineage["items"][0]["kind"], "merge");
        assert_eq!(lineage["items"][0]["to"], json!(["41010500100103"]), "the next free code");
    });
}

#[test]
fn an_edit_that_cannot_be_says_why_in_both_languages_and_stages_nothing() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let past = json!({"type": "split", "area": WEST_GRID, "line": [[1.0, 1.0], [2.0, 2.0]]});
        let far = json!({"type": "merge", "areas": [WEST_GRID, OTHER_GRID]});
        let unknown = json!({"type": "rename", "area": "x", "name": "y"});
        let taken = json!({"type": "split", "area": WEST_GRID,
            "line": [[113.665, 34.7], [113.665, 34.8]],
            "parts": [{"code": EAST_GRID}, {"code": "41010500100109"}]});
        let ring = json!([
            [113.65, 34.78],
            [113.67, 34.78],
            [113.67, 34.79],
            [113.66, 34.79],
            [113.65, 34.78]
        ]);
        let out = json!({"type": "move", "area": WEST_GRID,
            "outline": {"type": "Polygon", "coordinates": [ring]}});
        let cases = [
            (past, "line"),
            (far, "areas"),
            (unknown, "area"),
            (taken, "parts.0.code"),
            (out, "outline"),
        ];
        let base = base_of(&world, &root).await;
        for (edit, field) in cases {
            let told = preview(&world, &root, std::slice::from_ref(&edit)).await;
            assert_eq!(told["problem"]["field"], field, "{edit}: {told}");
            let (zh, en) = (&told["problem"]["says"]["zh"], &told["problem"]["says"]["en"]);
            assert_ne!(zh, en, "{told}");
            let body = json!({"base": base, "edits": [edit]});
            let told = world.send(post(EDITS, &body).by(&root)).await.problem(422, "validation");
            assert_eq!(told["errors"][0]["field"], json!(format!("edits.0.{field}")));
        }
        let bad = [
            json!({"base": base, "edits": []}),
            json!({"base": base, "edits": [{"type": "rename", "area": "a/b", "name": "x"}]}),
            json!({"base": base, "edits": [{"type": "move", "area": WEST_GRID, "outline": 7}]}),
            json!({"base": base, "edits": [{"type": "sell", "area": WEST_GRID}]}),
            json!({"base": base, "note": "a\u{0}b", "edits": [split()]}),
            json!({"edits": [split()]}),
        ];
        for body in bad {
            world.send(post(EDITS, &body).by(&root)).await.problem(422, "validation");
        }
        let body = json!({"base": base + 1, "edits": [split()]});
        world.send(post(EDITS, &body).by(&root)).await.problem(409, "conflict");
        world.send(post(PREVIEW, &body).by(&root)).await.problem(409, "conflict");
        let listed = world.send(get("/api/v1/territory/versions").by(&root)).await.ok(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);

        let desk = world.user(Role::DutySupervisor, None, None).await;
        let body = json!({"base": base, "edits": [split()]});
        for path in [EDITS, PREVIEW] {
            world.send(post(path, &body).by(&desk)).await.problem(403, "forbidden");
            world.send(post(path, &body)).await.problem(401, "unauthenticated");
        }
        let areas = format!("/api/v1/territory/versions/{base}/areas");
        world.send(get(&areas).by(&desk)).await.problem(403, "forbidden");
        let areas = "/api/v1/territory/versions/4242/areas";
        world.send(get(areas).by(&root)).await.problem(404, "not_found");
    });
}
