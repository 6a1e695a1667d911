//! People and posts, branches, and accounts as administrators keep them.

use super::{Call, EAST, PASSWORD, Reply, World, call, get, grant, post};
use crate::support::check;
use hexward::domain::access::Role;
use hexward::domain::id::{AreaCode, WorkerId};
use serde_json::{Value, json};

const GRID: &str = "41010500100101";
const OTHER: &str = "41010500100102";
const PATH: &str = "/api/v1/people/workers";

fn new_person(grid: &str) -> Value {
    json!({"name": "王小明", "phone": "138 0013 8000", "post": {
        "grid": grid, "role": "网格员", "duties": "巡查",
        "hours": "Mon-Fri 08:00-12:00,14:00-18:00", "from": "2026-11-01"}})
}

async fn made(world: &World, root: &str) -> Value {
    world.send(post(PATH, &new_person(GRID)).by(root)).await.ok(201).json()
}

fn change(method: &str, person: &Value, rest: &str, root: &str) -> Call {
    let id = person["id"].as_str().expect("an id");
    let tag = format!("\"v{}\"", person["version"]);
    call(method, &format!("{PATH}/{id}{rest}")).by(root).header("if-match", tag)
}

async fn changed(world: &World, person: &Value, rest: &str, root: &str, body: Value) -> Reply {
    world.send(change("POST", person, rest, root).json(&body)).await
}

#[track_caller]
fn faulty(reply: Reply) -> Vec<String> {
    let body = reply.problem(422, "validation");
    let errors = body["errors"].as_array().expect("errors");
    errors.iter().map(|one| one["field"].as_str().expect("a field").to_owned()).collect()
}

fn days(person: &Value) -> Vec<(String, Value, Value, String)> {
    let posts = person["posts"].as_array().expect("posts");
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let told = |one: &Value| {
        let days = (one["from"].clone(), one["to"].clone());
        (word(&one["grid"]["code"]), days.0, days.1, word(&one["standing"]))
    };
    posts.iter().map(told).collect()
}

#[test]
fn a_worker_is_moved_to_another_grid_and_every_node_knows() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let (second, _) = world.second_node().await;
        let vacant = |reply: Reply| reply.json()["items"].as_array().unwrap().len();
        let path = "/api/v1/people/vacancies";
        assert_eq!(vacant(world.send(get(path).by(&root)).await.ok(200)), 3);
        let person = made(&world, &root).await;
        assert_eq!(vacant(world.send(get(path).by(&root)).await.ok(200)), 2);
        assert_eq!(person["posts"][0]["on_duty"], true, "{person}");

        let body = json!({"grid": OTHER, "from": "2026-11-25"});
        let moved = changed(&world, &person, "/posts/1/move", &root, body).await.ok(200);
        assert_eq!(moved.header("etag"), "\"v2\"");
        let moved = moved.json();
        let day = |text: &str| Value::from(text);
        assert_eq!(
            days(&moved),
            [
                (GRID.to_owned(), day("2026-11-01"), day("2026-11-24"), "current".to_owned()),
                (OTHER.to_owned(), day("2026-11-25"), Value::Null, "coming".to_owned()),
            ]
        );
        assert!(second.refresh_if_stale().await.unwrap(), "the other node was not told");
        let id = WorkerId::parse(person["id"].as_str().unwrap()).unwrap();
        let grids = |ctx: &hexward::app::ctx::Ctx| -> Vec<AreaCode> {
            let snapshot = ctx.snapshot();
            let own = snapshot.territory.posts().iter().filter(|post| post.worker == id);
            own.map(|post| post.area.clone()).collect()
        };
        let both = [GRID, OTHER].map(|code| AreaCode::parse(code).unwrap());
        assert_eq!((grids(&second), grids(&world.ctx)), (both.to_vec(), both.to_vec()));
        // Both steps are one entry of the log, which names no telephone number.
        let log = world.send(get("/api/v1/audit/admin?sort=post").by(&root)).await.ok(200);
        let log = log.json();
        assert_eq!(log["items"][0]["what"], "post.move");
        assert_eq!(log["items"][0]["subject"], "王小明");
        assert!(log["items"][0]["facts"]["to"].as_str().unwrap().starts_with(OTHER), "{log}");
        assert!(!log.to_string().contains("8000"), "{log}");
    });
}

#[test]
fn who_decided_by_an_older_version_overwrites_nothing() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let person = made(&world, &root).await;
        let renamed = json!({"name": "王晓明", "phone": ""});
        let first = world.send(change("PATCH", &person, "", &root).json(&renamed)).await.ok(200);
        let late = json!({"name": "王大明", "phone": ""});
        let stale = world.send(change("PATCH", &person, "", &root).json(&late)).await;
        stale.problem(409, "conflict");
        let body = json!({"last_day": "2026-11-30"});
        changed(&world, &person, "/posts/1/end", &root, body.clone())
            .await
            .problem(409, "conflict");
        let path = format!("{PATH}/{}", person["id"].as_str().unwrap());
        let now = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!((&now["name"], &now["version"]), (&json!("王晓明"), &json!(2)));
        changed(&world, &first.json(), "/posts/1/end", &root, body).await.ok(200);
        let nothing = call("PATCH", &path).by(&root).json(&late);
        world.send(nothing).await.problem(428, "precondition_required");
    });
}

#[test]
fn what_is_wrong_with_a_post_is_told_by_field_in_both_languages() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let with = |name: &str, value: Value| {
            let mut body = new_person(GRID);
            body["post"][name] = value;
            body
        };
        for (body, field) in [
            (with("grid", json!("nowhere")), "grid"),
            (with("grid", json!(EAST)), "grid"),
            (with("role", json!("  ")), "role"),
            (with("hours", json!("whenever")), "hours"),
            (with("to", json!("2026-10-01")), "to"),
            (with("from", json!("tomorrow")), "from"),
            (with("duties", json!("x".repeat(501))), "duties"),
            (with("station", json!({"position": [34.7, 113.6]})), "station"),
            (json!({"name": "", "phone": ""}), "name"),
            (json!({"name": "王", "phone": "none"}), "phone"),
        ] {
            let reply = world.send(post(PATH, &body).by(&root)).await;
            assert_eq!(faulty(reply), [field], "{body}");
        }
        let said = |lang: &'static str| {
            let call = post(PATH, &with("grid", json!(EAST))).by(&root);
            call.header("accept-language", lang)
        };
        let zh = world.send(said("zh-CN")).await.problem(422, "validation");
        assert!(zh["errors"][0]["message"].as_str().unwrap().contains("不是网格"), "{zh}");
        let en = world.send(said("en")).await.problem(422, "validation");
        assert!(en["errors"][0]["message"].as_str().unwrap().contains("is no grid"), "{en}");
        // Several faults are told at once.
        let mut body = new_person("nowhere");
        body["post"]["hours"] = json!("whenever");
        assert_eq!(faulty(world.send(post(PATH, &body).by(&root)).await), ["grid", "hours"]);
        let none = world.send(get(PATH).by(&root)).await.ok(200).json();
        assert_eq!(none["total"], 0);
    });
}

#[test]
fn a_post_ends_by_its_last_day_and_its_history_stays() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let person = made(&world, &root).await;
        let again = json!({"grid": GRID, "role": "网格员", "from": "2026-12-01"});
        let twice = changed(&world, &person, "/posts", &root, again.clone()).await;
        assert_eq!(faulty(twice), ["grid"]);
        let gone = world.send(change("DELETE", &person, "/posts/1", &root)).await;
        gone.problem(409, "conflict");
        let body = json!({"last_day": "2026-11-19"});
        let ended = changed(&world, &person, "/posts/1/end", &root, body).await.ok(200).json();
        assert_eq!(ended["posts"][0]["standing"], "ended");
        // It has ended: it stays as it was, and another one may begin in the same grid.
        let body = json!({"duties": "别的", "hours": ""});
        let call = change("PATCH", &ended, "/posts/1", &root).json(&body);
        world.send(call).await.problem(409, "conflict");
        let back = changed(&world, &ended, "/posts", &root, again).await.ok(201).json();
        assert_eq!(back["posts"].as_array().unwrap().len(), 2);
        let dropped = world.send(change("DELETE", &back, "/posts/2", &root)).await.ok(200);
        let left = changed(&world, &dropped.json(), "/end", &root, json!({})).await;
        assert_eq!(faulty(left), ["last_day"]);
        let found = async |query: &str| {
            let path = format!("{PATH}?{query}");
            world.send(get(&path).by(&root)).await.ok(200).json()["total"].clone()
        };
        assert_eq!(found("posts=none").await, 1);
        assert_eq!(found("posts=current").await, 0);
        assert_eq!(found("q=%E5%B0%8F%E6%98%8E").await, 1);
        assert_eq!(found(&format!("q={GRID}")).await, 1);
        assert_eq!(found(&format!("area={EAST}")).await, 1);
        assert_eq!(found("area=410105002").await, 0);
        assert_eq!(found("q=nobody").await, 0);
    });
}

#[test]
fn people_are_told_page_by_page_in_order_of_name() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        for name in ["c", "a", "e", "b", "d"] {
            world.send(post(PATH, &json!({"name": name})).by(&root)).await.ok(201);
        }
        let (mut names, mut cursor) = (String::new(), String::new());
        loop {
            let path = format!("{PATH}?limit=2&cursor={cursor}");
            let page = world.send(get(&path).by(&root)).await.ok(200).json();
            assert_eq!(page["total"], 5);
            for one in page["items"].as_array().unwrap() {
                names.push_str(one["name"].as_str().unwrap());
            }
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(names, "abcde");
    });
}

#[test]
fn a_branch_is_added_and_changed_and_is_never_under_itself() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let path = "/api/v1/people/branches";
        let branch = |name: &str, parent: Option<&str>| {
            json!({"name": name, "parent": parent, "place": {"position": [113.665, 34.785]},
                "areas": [GRID], "resources": ["会议室"], "opening_hours": "09:00-17:00"})
        };
        let new = |code: &str, parent: Option<&str>| {
            let branch = branch("第一支部", parent);
            json!({"code": code, "branch": branch})
        };
        world.send(post(path, &new("B1", None)).by(&root)).await.ok(201);
        world.send(post(path, &new("B2", Some("B1"))).by(&root)).await.ok(201);
        assert_eq!(faulty(world.send(post(path, &new("B1", None)).by(&root)).await), ["code"]);
        let lost = new("B3", Some("B9"));
        assert_eq!(faulty(world.send(post(path, &lost).by(&root)).await), ["parent"]);
        let mut nowhere = new("B3", None);
        nowhere["branch"]["place"] = Value::Null;
        nowhere["branch"]["areas"] = json!(["nowhere"]);
        let told = faulty(world.send(post(path, &nowhere).by(&root)).await);
        assert_eq!(told, ["position", "areas"]);
        let put = |tag: &str, body: &Value| {
            let call = call("PUT", &format!("{path}/B1")).by(&root).header("if-match", tag);
            call.json(body)
        };
        let ring = branch("第一支部", Some("B2"));
        assert_eq!(faulty(world.send(put("\"v1\"", &ring)).await), ["parent"]);
        world.send(put("\"v1\"", &branch("新名", None))).await.ok(200);
        world.send(put("\"v1\"", &branch("旧名", None))).await.problem(409, "conflict");
        // Everybody's map has it.
        let seen = world.send(get("/api/v1/branches")).await.ok(200).json();
        assert_eq!(seen["features"][0]["properties"]["name"], "新名");
        let kept = world.send(get(path).by(&root)).await.ok(200).json();
        assert_eq!(
            (&kept["items"][0]["version"], &kept["items"][1]["parent"]),
            (&json!(2), &json!("B1"))
        );
    });
}

#[test]
fn the_last_administrator_is_not_locked_out() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let ada = world.account("ada", vec![grant(Role::Admin, None, None)]).await;
        let token = hexward::app::account::create_token(&world.ctx, ada, "t", 9).await.unwrap().1;
        let path = format!("/api/v1/accounts/{ada}");
        let patch = |body: Value| call("PATCH", &path).by(&token).json(&body);
        let narrow = json!([{"role": "admin", "area_code": EAST}]);
        for body in [json!({"active": false}), json!({"grants": []}), json!({"grants": narrow})] {
            let said = world.send(patch(body)).await.problem(409, "conflict");
            assert!(said["detail"].as_str().unwrap().contains("最后一个"), "{said}");
        }
        // The token still works, and with a second administrator the first may go.
        let new = json!({"login": "kay", "name": "Kay", "password": PASSWORD,
            "grants": [{"role": "admin"}]});
        world.send(post("/api/v1/accounts", &new).by(&token)).await.ok(201);
        world.send(patch(json!({"active": false}))).await.ok(200);
        world.send(get("/api/v1/accounts").by(&token)).await.problem(401, "unauthenticated");
    });
}

#[test]
fn an_account_is_changed_at_the_version_that_was_seen_and_the_log_says_who_and_what() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let new = json!({"login": "lin", "name": "林", "password": "a first password",
            "grants": [{"role": "acceptor", "area_code": EAST}]});
        let lin = world.send(post("/api/v1/accounts", &new).by(&root)).await.ok(201).json();
        assert_eq!(lin["version"], 1);
        let path = format!("/api/v1/accounts/{}", lin["id"].as_str().unwrap());
        let patch = |body: Value| call("PATCH", &path).by(&root).json(&body);
        let renamed = world.send(patch(json!({"name": "林一", "version": 1}))).await.ok(200);
        assert_eq!(renamed.json()["version"], 2);
        let late = world.send(patch(json!({"name": "林二", "version": 1}))).await;
        late.problem(409, "conflict");
        let password = json!({"password": "another password", "version": 2});
        world.send(patch(password)).await.ok(200);
        world.send(patch(json!({"active": false, "version": 3}))).await.ok(200);
        world.send(patch(json!({"active": true}))).await.ok(200);
        let log = world.send(get("/api/v1/audit/admin?sort=account").by(&root)).await.ok(200);
        let log = log.json();
        let items = log["items"].as_array().unwrap();
        let told: Vec<_> = items.iter().map(|one| one["what"].as_str().unwrap()).collect();
        let wanted = ["reopen", "close", "password", "update", "create"];
        assert_eq!(told, wanted.map(|what| format!("account.{what}")));
        assert!(items.iter().all(|one| one["subject"] == "lin"), "{log}");
        assert!(items.iter().all(|one| one["actor"]["login"].is_string()), "{log}");
        assert_eq!(items[3]["facts"]["name"], "林 → 林一");
        assert_eq!(items[4]["facts"]["grants"], format!("acceptor {EAST}"));
        assert!(!log.to_string().contains("password\":\"a"), "{log}");
        for secret in ["a first password", "another password", "$argon2"] {
            assert!(!log.to_string().contains(secret), "{log}");
        }
    });
}

#[test]
fn an_account_and_its_worker_are_told_of_each_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let person = made(&world, &root).await;
        let ada = world.account("ada", Vec::new()).await;
        let body = json!({"worker_id": person["id"]});
        let path = format!("/api/v1/accounts/{ada}/worker");
        world.send(call("PUT", &path).by(&root).json(&body)).await.ok(200);
        let path = format!("{PATH}/{}", person["id"].as_str().unwrap());
        let told = world.send(get(&path).by(&root)).await.ok(200).json();
        assert_eq!(told["account"]["login"], "ada");
        let accounts = world.send(get("/api/v1/accounts").by(&root)).await.ok(200).json();
        let own = accounts["items"].as_array().unwrap().iter().find(|one| one["login"] == "ada");
        assert_eq!(own.unwrap()["worker"]["name"], "王小明");
    });
}
