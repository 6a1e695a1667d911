//! A department names who of its people handles an issue, and what it assists with is found.

use super::{EAST, HAZARD, IN_EAST, Reply, World, call, get, grant, report_of};
use crate::support::{Fixture, check};
use hexward::app::account::create_token;
use hexward::domain::access::Role;
use hexward::domain::id::AccountId;
use serde_json::{Value, json};
use std::sync::Arc;

/// An account with its token.
struct Person {
    id: AccountId,
    token: String,
}

/// Two issues that js-gs leads and js-cg assists with, and everyone around them.
struct Scene {
    world: World,
    office: String,
    ada: Person,
    bo: Person,
    /// Of js-cg.
    other: Person,
    resident: Person,
    issues: [String; 2],
    number: String,
}

async fn person(world: &World, login: &str, department: Option<&str>) -> Person {
    let seats = department.map(|code| grant(Role::Handler, None, Some(code)));
    let id = world.account(login, seats.into_iter().collect()).await;
    Person { id, token: create_token(&world.ctx, id, "t", 9).await.expect("a token").1 }
}

impl Scene {
    async fn new(fixture: Arc<Fixture>) -> Self {
        let world = World::new(fixture).await;
        let office = world.user(Role::DutySupervisor, Some(EAST), None).await;
        let ada = person(&world, "ada", Some("js-gs")).await;
        let bo = person(&world, "bo", Some("js-gs")).await;
        let other = person(&world, "other", Some("js-cg")).await;
        let resident = person(&world, "resident", None).await;
        let body = report_of(HAZARD, IN_EAST, "井盖缺失");
        let (first, number) = world.report(&resident.token, &body).await;
        let body = report_of(HAZARD, IN_EAST, "护栏损坏");
        let (second, _) = world.report(&resident.token, &body).await;
        let issues = [first, second];
        for id in &issues {
            world.act(&office, id, &json!({"action": "file"})).await.ok(200);
            let dispatch =
                json!({"action": "dispatch", "department": "js-gs", "assists": ["js-cg"]});
            world.act(&office, id, &dispatch).await.ok(200);
        }
        Self { world, office, ada, bo, other, resident, issues, number }
    }

    async fn assign(&self, by: &Person, to: AccountId) -> Reply {
        let body = json!({"action": "assign", "assignee": to.to_string()});
        self.world.act(&by.token, &self.issues[0], &body).await
    }

    async fn found(&self, by: &Person, query: &str) -> Vec<String> {
        let path = format!("/api/v1/issues?sort=reported_at&count=true&{query}");
        let page = self.world.send(get(&path).by(&by.token)).await.ok(200).json();
        let items = page["items"].as_array().expect("items");
        assert_eq!(page["total"], items.len(), "{query}");
        items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
    }

    async fn handlers(&self, token: &str) -> Reply {
        let path = format!("/api/v1/issues/{}/handlers", self.issues[0]);
        self.world.send(get(&path).by(token)).await
    }
}

#[track_caller]
fn names_assignee(reply: Reply) {
    let problem = reply.problem(422, "validation");
    assert_eq!(problem["errors"][0]["field"], "assignee", "{problem}");
}

#[test]
fn only_people_of_the_lead_are_named_and_only_they_name() {
    check(async |fixture| {
        let scene = Scene::new(fixture).await;
        let gone = person(&scene.world, "gone", Some("js-gs")).await;
        let admin = scene.world.user(Role::Admin, None, None).await;
        let close = call("PATCH", &format!("/api/v1/accounts/{}", gone.id));
        let close = close.json(&json!({"active": false})).by(&admin);
        scene.world.send(close).await.ok(200);

        let list = scene.handlers(&scene.ada.token).await.ok(200).json();
        let told = |one: &Value| {
            (one["name"].clone(), one["own"].clone(), one["open"].clone(), one["id"].clone())
        };
        let people = list["items"].as_array().expect("items").iter().map(told);
        assert_eq!(
            people.collect::<Vec<_>>(),
            [
                (json!("name of ada"), json!(true), json!(0), json!(scene.ada.id.to_string())),
                (json!("name of bo"), json!(false), json!(0), json!(scene.bo.id.to_string())),
            ]
        );
        for token in [&scene.office, &scene.other.token, &scene.resident.token] {
            scene.handlers(token).await.problem(403, "forbidden");
        }
        scene.handlers("").await.problem(401, "unauthenticated");

        // Not to a closed account, to nobody, or to another department's people.
        for whom in [gone.id, AccountId(7), scene.other.id, scene.resident.id] {
            names_assignee(scene.assign(&scene.ada, whom).await);
        }
        let bare = json!({"action": "assign"});
        names_assignee(scene.world.act(&scene.ada.token, &scene.issues[0], &bare).await);
        let odd = json!({"action": "assign", "assignee": "bo"});
        names_assignee(scene.world.act(&scene.ada.token, &scene.issues[0], &odd).await);
        // Who may not name anybody is not told who there is either.
        for whom in [scene.other.id, AccountId(7)] {
            scene.assign(&scene.other, whom).await.problem(403, "forbidden");
        }
        let odd = json!({"action": "accept", "assignee": AccountId(7).to_string()});
        names_assignee(scene.world.act(&scene.ada.token, &scene.issues[0], &odd).await);
        scene.assign(&scene.ada, scene.bo.id).await.ok(200);
        names_assignee(scene.assign(&scene.ada, scene.bo.id).await);
        let list = scene.handlers(&scene.ada.token).await.ok(200).json();
        assert_eq!((&list["items"][0]["open"], &list["items"][1]["open"]), (&json!(0), &json!(1)));
    });
}

#[test]
fn who_is_named_is_told_and_residents_are_not() {
    check(async |fixture| {
        let scene = Scene::new(fixture).await;
        let id = &scene.issues[0];
        let seen = scene.assign(&scene.ada, scene.bo.id).await.ok(200).json();
        let named = json!({"id": scene.bo.id.to_string(), "name": "name of bo", "own": false});
        assert_eq!((&seen["assignee"], &seen["state"]), (&named, &json!("dispatched")));
        let list = scene.world.send(get("/api/v1/issues").by(&scene.bo.token)).await.ok(200).json();
        let mine = list["items"].as_array().expect("items").iter().find(|one| one["id"] == **id);
        let mine = &mine.expect("it is listed")["assignee"];
        assert_eq!((&mine["own"], &mine["name"]), (&json!(true), &json!("name of bo")));

        let notices = get("/api/v1/notices");
        let told = scene.world.send(notices.by(&scene.bo.token)).await.ok(200).json();
        assert_eq!(told["items"][0]["about"], "assigned", "{told}");
        assert_eq!(told["items"][0]["issue"]["number"], scene.number.as_str());
        for token in [&scene.ada.token, &scene.other.token, &scene.office] {
            let told = scene.world.send(get("/api/v1/notices").by(token)).await.ok(200).text();
            assert!(!told.contains("\"assigned\""), "{told}");
        }
        let log = get(&format!("/api/v1/issues/{id}/events")).by(&scene.office);
        let log = scene.world.send(log).await.ok(200).json();
        let last = log["items"].as_array().expect("items").last().expect("a step").clone();
        assert_eq!(
            (&last["action"], &last["data"]["assignee"]),
            (&json!("assign"), &json!("name of bo"))
        );

        for path in [format!("/api/v1/issues/{id}"), "/api/v1/issues".to_owned()] {
            let shown = scene.world.send(get(&path).by(&scene.resident.token)).await.ok(200);
            assert!(!shown.text().contains("name of bo"), "{}", shown.text());
            let shown = shown.json();
            let one = if shown["items"].is_array() { &shown["items"][1] } else { &shown };
            assert_eq!((&one["id"], &one["assignee"]), (&json!(id), &Value::Null));
        }
        let track = get(&format!("/api/v1/track/{}", scene.number)).by(&scene.resident.token);
        let track = scene.world.send(track).await.ok(200);
        assert!(!track.text().contains("name of bo"), "{}", track.text());
        let steps = track.json()["timeline"].as_array().expect("steps").len();
        assert_eq!(steps, 3, "what a department does within itself is not told");

        // What goes back to the street is no longer his.
        let back = json!({"action": "return", "reason": "unclear", "note": "位置不明"});
        let seen = scene.world.act(&scene.ada.token, id, &back).await.ok(200).json();
        assert_eq!((&seen["state"], &seen["assignee"]), (&json!("filed"), &Value::Null));
    });
}

#[test]
fn what_one_handles_and_what_one_assists_with_is_found() {
    check(async |fixture| {
        let scene = Scene::new(fixture).await;
        let (both, nothing) = (scene.issues.clone(), Vec::<String>::new());
        assert_eq!(scene.found(&scene.ada, "assignee=none").await, both);
        scene.assign(&scene.ada, scene.bo.id).await.ok(200);
        let to = |person: &Person| format!("assignee={}", person.id);
        assert_eq!(scene.found(&scene.ada, &to(&scene.bo)).await, both[..1]);
        assert_eq!(scene.found(&scene.ada, &to(&scene.ada)).await, nothing);
        assert_eq!(scene.found(&scene.ada, "assignee=none").await, both[1..]);
        let odd = get("/api/v1/issues?assignee=somebody").by(&scene.ada.token);
        names_assignee(scene.world.send(odd).await);

        // Where a department leads is not among what it assists with.
        assert_eq!(scene.found(&scene.other, "assisting=js-cg").await, both);
        assert_eq!(scene.found(&scene.ada, "assisting=js-gs").await, nothing);
        // And it is asked within one's scope.
        assert_eq!(scene.found(&scene.resident, "assisting=js-cg").await, both);
        let stranger = person(&scene.world, "stranger", None).await;
        assert_eq!(scene.found(&stranger, "assisting=js-cg").await, nothing);
        assert_eq!(scene.found(&stranger, &to(&scene.bo)).await, nothing);
    });
}
