//! Imports over HTTP: a trial keeps nothing and promises what the taking does.

use super::report::form;
use super::{HAZARD, Reply, World, get, rectangle};
use crate::support::check;
use hexward::domain::access::Role;
use serde_json::{Value, json};

const GRID: &str = "41010500100101";
const WEI: &str = "0192f3a4-5b6c-7d8e-9f00-112233445566";
const LIN: &str = "0192f3a4-5b6c-7d8e-9f00-112233445577";

/// A part of a form: its name, and whether it is a file or a text.
type Part<'a> = (&'a str, &'a str);

async fn send(world: &World, token: &str, what: &str, trial: bool, parts: &[Part<'_>]) -> Reply {
    let path = format!("/api/v1/imports/{what}?dry_run={trial}");
    let parts: Vec<(&str, &str, &[u8])> = parts
        .iter()
        .map(|(name, text)| match name.strip_prefix('=') {
            Some(name) => (name, "", text.as_bytes()),
            None => (*name, "text/csv", text.as_bytes()),
        })
        .collect();
    world.send(form(&path, &parts).by(token)).await
}

/// What there is, counted.
async fn census(world: &World) -> [i64; 6] {
    let mut counts = [0; 6];
    let tables = ["issue", "worker", "post", "branch", "pack", "import_run"];
    for (count, table) in counts.iter_mut().zip(tables) {
        *count = world.fixture.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await;
    }
    counts
}

/// A trial, then the taking, then the taking again; gives what the taking told.
async fn thrice(world: &World, token: &str, what: &str, parts: &[Part<'_>]) -> Value {
    let before = census(world).await;
    let tried = send(world, token, what, true, parts).await.ok(200).json();
    assert_eq!(census(world).await, before, "a trial keeps nothing");
    assert_eq!((&tried["dry_run"], &tried["kept"]), (&json!(true), &json!(false)));
    let taken = send(world, token, what, false, parts).await.ok(200).json();
    assert_eq!(taken["counts"], tried["counts"], "what was promised");
    assert_eq!(taken["problems"], tried["problems"]);
    assert_eq!(taken["kept"], true);
    let after = census(world).await;
    assert_ne!(after, before);
    let again = send(world, token, what, false, parts).await.ok(200).json();
    assert_eq!(again["kept"], false, "{again}");
    let changes = ["new", "changed", "removed"].map(|name| again["counts"][name].clone());
    assert_eq!(changes, [json!(0), json!(0), json!(0)]);
    // A finished run of history leaves its own row; nothing else is new.
    assert_eq!(census(world).await[..5], after[..5]);
    taken
}

fn assert_told(problem: &Value, line: u64, column: &str) {
    assert_eq!((&problem["line"], &problem["column"]), (&json!(line), &json!(column)), "{problem}");
    for part in ["says", "remedy"] {
        let (zh, en) = (problem[part]["zh"].as_str(), problem[part]["en"].as_str());
        let is_chinese = zh.unwrap().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(is_chinese && !en.unwrap().is_empty(), "{problem}");
    }
}

#[test]
fn people_come_in_row_by_row_and_a_bad_row_is_named() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let workers = format!("id,name,phone\n{WEI},韦一,\n{LIN},林二,13900000000\nx,谁,\n");
        let posts = format!(
            "worker,area,role\n{WEI},{GRID},网格员\n{LIN},404,网格员\n{WEI},{GRID},网格员\n"
        );
        let files: &[Part<'_>] = &[("workers", &workers), ("posts", &posts)];
        let told = thrice(&world, &root, "people", files).await;
        assert_eq!(
            told["counts"],
            json!({"rows": 6, "new": 3, "changed": 0, "known": 0, "refused": 3, "removed": 0})
        );
        let problems = told["problems"].as_array().unwrap();
        assert_eq!((problems.len(), &told["problems_count"]), (3, &json!(3)));
        assert_told(&problems[0], 4, "id");
        assert_told(&problems[1], 3, "area");
        assert_told(&problems[2], 4, "worker");
        assert_eq!(problems[1]["file"], "posts");
        let path = format!("/api/v1/workers?area={GRID}");
        let seen = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!(seen["items"].as_array().unwrap().len(), 1, "{seen}");

        // What takes the place of all is blocked by a bad row, and changes nothing.
        let all: &[Part<'_>] = &[("workers", &workers), ("=joining", "replace")];
        let tried = send(&world, &root, "people", true, all).await.ok(200).json();
        assert!(tried["blocked"]["zh"].as_str().is_some(), "{tried}");
        send(&world, &root, "people", false, all).await.problem(422, "validation");
        let one = format!("id,name\n{LIN},林二改\n");
        let all: &[Part<'_>] = &[("workers", &one), ("=joining", "replace")];
        let told = thrice(&world, &root, "people", all).await;
        assert_eq!(
            told["counts"],
            json!({"rows": 1, "new": 0, "changed": 1, "known": 0, "refused": 0, "removed": 2}),
            "the worker who is gone takes the post along"
        );
    });
}

#[test]
fn a_post_of_other_days_takes_the_place_of_the_one_that_it_overlaps() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let workers = format!("id,name\n{WEI},韦一\n");
        let days = |from: &str, to: &str| {
            format!("worker,area,role,valid_from,valid_to\n{WEI},{GRID},网格员,{from},{to}\n")
        };
        let first = days("2026-01-01", "");
        let files: &[Part<'_>] = &[("workers", &workers), ("posts", &first)];
        send(&world, &root, "people", false, files).await.ok(200);
        // Corrected: it is the same post.
        let moved = days("2026-02-01", "2026-06-30");
        let told = send(&world, &root, "people", false, &[("posts", &moved)]).await.ok(200).json();
        assert_eq!(
            told["counts"],
            json!({"rows": 1, "new": 1, "changed": 0, "known": 0, "refused": 0, "removed": 1})
        );
        assert_eq!(census(&world).await[2], 1);
        // Back after a break: another one.
        let back = days("2026-09-01", "");
        send(&world, &root, "people", false, &[("posts", &back)]).await.ok(200);
        assert_eq!(census(&world).await[2], 2);
        // Twice on one day within a file is a fault of the second row.
        let twice = format!("{}{WEI},{GRID},网格员,2026-06-30,\n", moved);
        let told = send(&world, &root, "people", true, &[("posts", &twice)]).await.ok(200).json();
        assert_told(&told["problems"][0], 3, "worker");
    });
}

#[test]
fn branches_and_layers_come_in_and_tell_what_is_wrong() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let file = format!(
            "code,name,areas,lon,lat,parent\nB1,第一支部,{GRID},113.665,34.785,\n\
             B2,第二支部,404,113.665,34.785,\nB3,第三支部,,,,\nB4,第四支部,,34.785,113.665,\n\
             B1,又一支部,,113.665,34.785,\nB5,第五支部,,113.665,34.785,B9\n"
        );
        let told = thrice(&world, &root, "branches", &[("file", &file)]).await;
        assert_eq!((&told["counts"]["new"], &told["counts"]["refused"]), (&json!(1), &json!(5)));
        let problems = told["problems"].as_array().unwrap();
        for (problem, (line, column)) in
            problems.iter().zip([(3, "areas"), (4, "lon"), (5, "lon"), (6, "code"), (7, "parent")])
        {
            assert_told(problem, line, column);
        }

        let thing = |code: &str, geometry: &str| {
            format!(
                r#"{{"type":"Feature","properties":{{"code":"{code}","name":"园"}},
                "geometry":{geometry}}}"#
            )
        };
        let shape = rectangle((113.661, 34.781, 113.662, 34.782));
        let layer = |things: &[String]| {
            format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, things.join(","))
        };
        let good = layer(&[thing("p1", &shape), thing("p2", &shape)]);
        let told = thrice(&world, &root, "assets", &[("file", &good), ("=layer", "park")]).await;
        assert_eq!(told["counts"]["new"], 2);
        let point = r#"{"type":"Point","coordinates":[113.6,34.7]}"#;
        let bad = layer(&[thing("p1", &shape), thing("p3", point)]);
        let files: &[Part<'_>] = &[("file", &bad), ("=layer", "park")];
        let tried = send(&world, &root, "assets", true, files).await.ok(200).json();
        assert_eq!(
            (&tried["problems"][0]["line"], &tried["counts"]["removed"]),
            (&json!(2), &json!(1))
        );
        send(&world, &root, "assets", false, files).await.problem(422, "validation");
        for (name, value, field) in [
            ("=layer", "?!", "layer"),
            ("=distance_m", "-4", "distance_m"),
            ("=grow_m", "x", "grow_m"),
        ] {
            let files = [("file", good.as_str()), ("=layer", "park"), (name, value)];
            let reply = send(&world, &root, "assets", true, &files).await;
            assert_eq!(reply.problem(422, "validation")["errors"][0]["field"], field);
        }
    });
}

#[test]
fn a_catalog_file_takes_the_place_of_its_sort_and_the_rest_stays() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let pack = world.ctx.store.find_pack("catalog").await.unwrap().unwrap().1;
        let pack: Value = serde_json::from_str(&pack).unwrap();
        let files = pack["files"].as_array().unwrap();
        let of_role = |role: &str| {
            let text = files.iter().find(|file| file["role"] == role).unwrap()["text"].clone();
            text.as_str().unwrap().to_owned()
        };
        let conditions = of_role("conditions");
        let without_last = conditions.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
        let told = thrice(&world, &root, "categories", &[("conditions", &without_last)]).await;
        assert_eq!(told["problems"], json!([]));
        assert!(told["counts"]["removed"].as_u64().unwrap() >= 1, "{told}");
        assert!(told["counts"]["known"].as_u64().unwrap() > 100, "{told}");
        assert!(!told["notes"][0]["zh"].as_str().unwrap().is_empty());
        let header = conditions.lines().next().unwrap();
        let broken = format!("{header}\nx\n");
        let tried =
            send(&world, &root, "categories", true, &[("conditions", &broken)]).await.ok(200);
        let tried = tried.json();
        assert_eq!(
            (&tried["problems"][0]["file"], &tried["problems"][0]["line"]),
            (&json!("conditions"), &json!(2))
        );
        assert!(tried["blocked"]["en"].as_str().is_some());
        let files: &[Part<'_>] = &[("conditions", &broken)];
        send(&world, &root, "categories", false, files).await.problem(422, "validation");
        send(&world, &root, "categories", true, &[]).await.problem(422, "validation");
    });
}

const MAPPING: &str = r#"
source = "old"
time_zone = "Asia/Shanghai"
time_formats = ["%Y-%m-%d %H:%M"]
datum = "wgs84"
text = "{text}"
[columns]
external_id = "no"
category = "type"
status = "status"
created = "created"
longitude = "lon"
latitude = "lat"
closed = "closed"
department = "dept"
[categories]
"fence" = "bj-01-01"
[statuses]
"open" = "reported"
"rejected" = "rejected"
"#;

#[test]
fn history_is_tried_before_it_comes_in_and_comes_in_once() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        assert!(MAPPING.contains(HAZARD));
        let file = "no,type,status,created,closed,lon,lat,dept,text\n\
            1,fence,open,2026-03-01 08:00,,113.665,34.785,,护栏损坏\n\
            2,dog,open,2026-03-01 08:00,,113.665,34.785,,犬只\n\
            3,fence,open,soon,,113.665,34.785,,护栏\n\
            4,fence,rejected,2026-03-01 08:00,2026-03-02 08:00,113.665,34.785,,重复\n\
            5,fence,open,2026-03-01 08:00,,0,0,,哪里\n";
        let files: &[Part<'_>] = &[("file", file), ("mapping", MAPPING)];
        let told = thrice(&world, &root, "issues", files).await;
        assert_eq!(
            told["counts"],
            json!({"rows": 5, "new": 2, "changed": 0, "known": 0, "refused": 3, "removed": 0}),
            "{told}"
        );
        let problems = told["problems"].as_array().unwrap();
        for (problem, (line, column)) in
            problems.iter().zip([(3, "type"), (4, "created"), (6, "lon")])
        {
            assert_told(problem, line, column);
        }
        let again = send(&world, &root, "issues", true, files).await.ok(200).json();
        assert_eq!(again["counts"]["known"], 2);
        let odd = MAPPING.replace("bj-01-01", "nowhere");
        let cases: [(&[Part<'_>], &str); 5] = [
            (&[("file", file), ("mapping", "x = ")], "mapping"),
            (&[("file", file), ("mapping", &odd)], "mapping"),
            (&[("file", "a,b\n"), ("mapping", MAPPING)], "file"),
            (&[("file", file)], "mapping"),
            (&[("mapping", MAPPING)], "file"),
        ];
        for (parts, field) in cases {
            let reply = send(&world, &root, "issues", true, parts).await;
            assert_eq!(reply.problem(422, "validation")["errors"][0]["field"], field);
        }
    });
}

#[test]
fn only_an_administrator_imports() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::DutySupervisor, None, None).await;
        let limited = world.user(Role::Admin, Some(super::EAST), None).await;
        for what in ["issues", "people", "branches", "categories", "assets"] {
            for token in [&desk, &limited] {
                let reply = send(&world, token, what, true, &[("file", "a\n")]).await;
                reply.problem(403, "forbidden");
            }
            let reply = send(&world, "", what, false, &[("file", "a\n")]).await;
            reply.problem(401, "unauthenticated");
        }
        let root = world.user(Role::Admin, None, None).await;
        let reply = send(&world, &root, "everything", true, &[("file", "a\n")]).await;
        reply.problem(404, "not_found");
        let parts: &[Part<'_>] = &[("file", "code,name\n"), ("=joining", "sideways")];
        send(&world, &root, "branches", true, parts).await.problem(422, "validation");
        let parts: &[Part<'_>] = &[("file", "code,name\n"), ("=datum", "mars")];
        send(&world, &root, "branches", true, parts).await.problem(422, "validation");
    });
}
