//! Versions of the territory over HTTP, and two nodes on one database.

use super::report::form;
use super::{EAST, HAZARD, IN_EAST, Reply, World, call, get, post, report_of, send_to};
use crate::support::check;
use hexward::app::ctx::Ctx;
use hexward::app::territory::{are_homed, note_homed};
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, Day};
use hexward::store::port::{PostRow, WorkerRow};
use serde_json::{Value, json};

const OLD: &str = "41010500100101";
const HALVES: [&str; 2] = ["41010500100103", "41010500100104"];
const SPLIT: &str =
    "kind,from,to,day\nsplit,41010500100101,41010500100103;41010500100104,2026-11-20\n";

fn grid(code: &str, name: &str, west: f64, east: f64) -> Value {
    let (s, n) = (34.78, 34.79);
    let ring = json!([[west, s], [east, s], [east, n], [west, n], [west, s]]);
    json!({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"code": code, "name": name, "level": "grid", "parent": "410105001001",
            "kind": "regular"}})
}

fn file_of(features: &[Value]) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

/// The two halves of the old grid.
fn halves() -> String {
    file_of(&[
        grid(HALVES[0], "西半格", 113.66, 113.665),
        grid(HALVES[1], "东半格", 113.665, 113.67),
    ])
}

async fn stage(world: &World, token: &str, file: &str, texts: &[(&str, &str)]) -> Reply {
    let mut parts: Vec<(&str, &str, &[u8])> =
        texts.iter().map(|(name, text)| (*name, "", text.as_bytes())).collect();
    parts.push(("file", "application/geo+json", file.as_bytes()));
    world.send(form("/api/v1/territory/versions", &parts).by(token)).await
}

async fn publish(world: &World, token: &str, version: i64) -> Reply {
    let path = format!("/api/v1/territory/versions/{version}/publish");
    world.send(call("POST", &path).by(token)).await
}

fn version_of(reply: Reply) -> i64 {
    reply.ok(201).json()["version"].as_i64().expect("a version")
}

async fn post_in_old_grid(ctx: &Ctx) {
    let worker = WorkerRow {
        id: "0192f3a4-5b6c-7d8e-9f00-112233445566".into(),
        name: "赵六".into(),
        phone: String::new(),
        generated: true,
    };
    let post = PostRow {
        worker: worker.id.clone(),
        grid: OLD.into(),
        role: "grid_worker".into(),
        duties: String::new(),
        valid_from: None,
        valid_to: None,
        on_duty: String::new(),
        lon: None,
        lat: None,
    };
    ctx.store.replace_people(vec![worker], vec![post], ctx.now()).await.expect("kept");
    ctx.refresh().await.expect("in force");
}

#[test]
fn a_split_is_previewed_and_then_moves_open_issues_and_all_that_was_bound() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let desk = world.user(Role::Acceptor, None, None).await;
        let walker = world.user(Role::GridWorker, Some(OLD), None).await;
        post_in_old_grid(&world.ctx).await;
        let (west, _) = world.report("", &report_of(HAZARD, [113.662, 34.785], "西半")).await;
        let (east, _) = world.report("", &report_of(HAZARD, [113.668, 34.785], "东半")).await;
        let (ended, _) = world.report("", &report_of(HAZARD, [113.668, 34.785], "完了")).await;
        world.act(&desk, &ended, &json!({"action": "reject", "note": "重复"})).await.ok(200);

        let version = version_of(stage(&world, &root, &halves(), &[("lineage", SPLIT)]).await);
        let path = format!("/api/v1/territory/versions/{version}/preview");
        let preview = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!(preview["open_issues_moving"], 2, "{preview}");
        let told = preview.to_string();
        assert!(HALVES.iter().all(|code| told.contains(code)) && told.contains(OLD), "{told}");
        let listed = world.send(get("/api/v1/territory/versions").by(&root)).await.ok(200);
        assert_eq!(listed.json()["items"].as_array().unwrap().len(), 2);
        let grid_of = async |id: &str| {
            let path = format!("/api/v1/issues/{id}");
            world.send(get(&path).by(&desk)).await.ok(200).json()["grid"]["code"].clone()
        };
        assert_eq!(grid_of(&west).await, OLD, "a preview moves nothing");

        let moved = publish(&world, &root, version).await.ok(200).json();
        assert_eq!(moved["open_issues_moved"], 2);
        assert_eq!(
            (grid_of(&west).await, grid_of(&east).await),
            (json!(HALVES[0]), json!(HALVES[1]))
        );
        let path = format!("/api/v1/issues/{ended}");
        let old = world.send(get(&path).by(&desk)).await.ok(200).json();
        let leaf = old["chain"].as_array().unwrap().last().unwrap()["code"].clone();
        assert_eq!(leaf, OLD, "history stays with the old polygon");
        let log = world.send(get(&format!("/api/v1/issues/{west}/events")).by(&desk)).await.ok(200);
        assert_eq!(log.json()["items"][1]["action"], "rehome");
        // Who had the old grid has both halves; so has the post.
        let seen = world.send(get("/api/v1/issues?open=true").by(&walker)).await.ok(200).json();
        assert_eq!(seen["items"].as_array().unwrap().len(), 2);
        let posts: Vec<String> = world
            .ctx
            .snapshot()
            .territory
            .posts()
            .iter()
            .map(|post| post.area.to_string())
            .collect();
        assert_eq!(posts.len(), 2, "{posts:?}");
        assert!(HALVES.iter().all(|code| posts.contains(&(*code).to_owned())), "{posts:?}");
        publish(&world, &root, version).await.problem(404, "not_found");
    });
}

#[test]
fn a_version_that_does_not_explain_itself_is_not_published() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        // The old grid is gone without a word.
        let rows = super::small_jinshui();
        let rest: Vec<Value> = rows
            .iter()
            .filter(|row| row.code != OLD)
            .map(|row| {
                let geometry: Value = serde_json::from_str(&row.polygon).unwrap();
                json!({"type": "Feature", "geometry": geometry, "properties": {"code": row.code,
                    "name": row.name, "level": row.level, "parent": row.parent}})
            })
            .collect();
        let silent =
            version_of(stage(&world, &root, &file_of(&rest), &[("joining", "replace")]).await);
        let told = publish(&world, &root, silent).await.problem(409, "conflict");
        assert!(told["detail"].as_str().unwrap().contains(OLD), "{told}");
        let texts = [("joining", "replace"), ("retire_missing", "true")];
        let retiring = version_of(stage(&world, &root, &file_of(&rest), &texts).await);
        publish(&world, &root, retiring).await.ok(200);
        // A retired code is never used again.
        let back = file_of(&[grid(OLD, "又来了", 113.66, 113.67)]);
        let back = version_of(stage(&world, &root, &back, &[]).await);
        let told = publish(&world, &root, back).await.problem(409, "conflict");
        assert!(told["detail"].as_str().unwrap().contains(OLD), "{told}");
        for version in [silent, back] {
            let path = format!("/api/v1/territory/versions/{version}");
            world.send(call("DELETE", &path).by(&root)).await.ok(204);
            world.send(call("DELETE", &path).by(&root)).await.problem(404, "not_found");
        }
        // What is in force, or was, is not taken away.
        let path = format!("/api/v1/territory/versions/{retiring}");
        world.send(call("DELETE", &path).by(&root)).await.problem(404, "not_found");
    });
}

#[test]
fn a_file_that_cannot_be_staged_says_why() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let good = halves();
        let named = |name: &str| file_of(&[grid("41010500100109", name, 113.66, 113.67)]);
        let cases: [(&str, &[(&str, &str)]); 11] = [
            ("", &[]),
            ("{", &[]),
            ("{}", &[]),
            (&file_of(&[]), &[]),
            (&named("a\u{0}b"), &[]),
            (&named(&"长".repeat(300)), &[]),
            (&good, &[("note", "a\u{0}b")]),
            (&good, &[("joining", "sideways")]),
            (&good, &[("datum", "mars")]),
            (&good, &[("level", "planet")]),
            (&good, &[("lineage", "kind,from,to,day\nsplit,a,b,soon\n")]),
        ];
        for (file, texts) in cases {
            let reply = stage(&world, &root, file, texts).await;
            assert_eq!(reply.status.as_u16(), 422, "{file} {texts:?}: {}", reply.text());
            reply.problem(422, "validation");
        }
        let none = form("/api/v1/territory/versions", &[("note", "", b"?")]).by(&root);
        world.send(none).await.problem(422, "validation");
        let json = post("/api/v1/territory/versions", &json!({})).by(&root);
        world.send(json).await.problem(415, "unsupported_media_type");
        for version in ["x", "-1", "99999999999999999999", "4242"] {
            for rest in ["preview", "publish"] {
                let method = if rest == "publish" { "POST" } else { "GET" };
                let path = format!("/api/v1/territory/versions/{version}/{rest}");
                world.send(call(method, &path).by(&root)).await.problem(404, "not_found");
            }
        }
    });
}

#[test]
fn a_publication_on_one_node_is_seen_by_the_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let (ctx, node) = world.second_node().await;
        assert!(!ctx.refresh_if_stale().await.unwrap(), "nothing has happened yet");
        let version = version_of(stage(&world, &root, &halves(), &[("lineage", SPLIT)]).await);
        assert!(!ctx.refresh_if_stale().await.unwrap(), "what is staged is not in force");
        publish(&world, &root, version).await.ok(200);
        let place = || get("/api/v1/locate?lon=113.662&lat=34.785");
        let leaf = |reply: Reply| {
            let chain = reply.ok(200).json()["chain"].as_array().unwrap().clone();
            chain.last().unwrap()["code"].clone()
        };
        assert_eq!(leaf(send_to(&node, place()).await), OLD);
        assert!(ctx.refresh_if_stale().await.unwrap());
        assert_eq!(leaf(send_to(&node, place()).await), HALVES[0]);
        assert!(!ctx.refresh_if_stale().await.unwrap());
        // Both publish at once: one wins, the other is told.
        let desk = world.user(Role::Acceptor, Some(EAST), None).await;
        world.report(&desk, &report_of(HAZARD, IN_EAST, "?")).await;
        let name = |name: &str| file_of(&[grid(HALVES[0], name, 113.66, 113.665)]);
        let one = version_of(stage(&world, &root, &name("甲"), &[]).await);
        let two = version_of(stage(&world, &root, &name("乙"), &[]).await);
        let path = format!("/api/v1/territory/versions/{two}/publish");
        let other = send_to(&node, call("POST", &path).by(&root));
        let (a, b) = tokio::join!(publish(&world, &root, one), other);
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert!(statuses == [200, 409] || statuses == [200, 200], "{statuses:?}");
    });
}

#[test]
fn issues_that_lie_where_they_belong_do_so_until_other_areas_are_in_force() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let ctx = &world.ctx;
        let next_day = async || {
            world.later(DAY_MS);
            assert!(ctx.refresh_if_stale().await.unwrap());
        };
        assert!(!are_homed(ctx).await.unwrap(), "nobody has looked yet");
        note_homed(ctx, ctx.snapshot().territory.version()).await.unwrap();
        assert!(are_homed(ctx).await.unwrap());
        next_day().await;
        assert!(are_homed(ctx).await.unwrap(), "the same areas on another day");

        let last = Day(ctx.today().0 + 1);
        let mut west = grid(HALVES[0], "西半格", 113.66, 113.665);
        west["properties"]["valid_to"] = json!(last.to_string());
        let file = file_of(&[west, grid(HALVES[1], "东半格", 113.665, 113.67)]);
        let version = version_of(stage(&world, &root, &file, &[("lineage", SPLIT)]).await);
        publish(&world, &root, version).await.ok(200);
        assert!(!are_homed(ctx).await.unwrap(), "another version");
        note_homed(ctx, ctx.snapshot().territory.version()).await.unwrap();
        next_day().await;
        assert!(are_homed(ctx).await.unwrap(), "the last day of one of the areas");
        next_day().await;
        assert!(!are_homed(ctx).await.unwrap(), "it has ended");
    });
}
