//! Who may ask for what: every route of the OpenAPI document is denied unless it is meant to be
//! open, and what protects a session and a public server.

use super::session::Browser;
use super::{Call, EAST, World, call, get, grant, post, send_to};
use crate::support::check;
use hexward::domain::access::Role;
use hexward::http::{App, Options, openapi};
use serde_json::json;
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// The routes that are meant for people without an account. A new route is denied or named here.
const PUBLIC: &[&str] = &[
    "POST /api/v1/session",
    "DELETE /api/v1/session",
    "POST /api/v1/reports",
    "POST /api/v1/reports/preview",
    "POST /api/v1/uploads",
    "GET /api/v1/uploads/{id}",
    "PATCH /api/v1/uploads/{id}",
    "GET /api/v1/track/{number}",
    "POST /api/v1/track/{number}/reopen",
    "POST /api/v1/track/{number}/rating",
    "GET /api/v1/track/{number}/photos/{id}/{copy}",
    "GET /api/v1/locate",
    "GET /api/v1/areas",
    "GET /api/v1/areas/{code}",
    "GET /api/v1/areas/{code}/lineage",
    "GET /api/v1/branches",
    "GET /api/v1/metrics/definitions",
    "GET /api/v1/instance",
    "GET /api/v1/categories",
    "GET /api/v1/departments",
    "GET /api/v1/public/answers",
    "GET /api/v1/public/wishes",
    "GET /api/v1/public/cells",
    "POST /api/v1/public/wishes/{id}/claim",
    // Of areas; tiles of issues and cells are denied, which the tests of maps show.
    "GET /api/v1/tiles/{layer}/{z}/{x}/{y}",
];

/// The routes for administrators alone.
const ADMIN: &[&str] = &[
    "GET /api/v1/accounts",
    "POST /api/v1/accounts",
    "PATCH /api/v1/accounts/{id}",
    "GET /api/v1/accounts/{id}/worker",
    "PUT /api/v1/accounts/{id}/worker",
    "GET /api/v1/people/workers",
    "POST /api/v1/people/workers",
    "GET /api/v1/people/workers/{id}",
    "PATCH /api/v1/people/workers/{id}",
    "POST /api/v1/people/workers/{id}/end",
    "POST /api/v1/people/workers/{id}/posts",
    "PATCH /api/v1/people/workers/{id}/posts/{number}",
    "DELETE /api/v1/people/workers/{id}/posts/{number}",
    "POST /api/v1/people/workers/{id}/posts/{number}/end",
    "POST /api/v1/people/workers/{id}/posts/{number}/move",
    "GET /api/v1/people/vacancies",
    "GET /api/v1/people/branches",
    "POST /api/v1/people/branches",
    "PUT /api/v1/people/branches/{code}",
    "GET /api/v1/audit/admin",
    "GET /api/v1/audit/reads",
    "GET /api/v1/audit/runs",
    "POST /api/v1/audit/runs",
    "GET /api/v1/territory/versions",
    "POST /api/v1/territory/versions",
    "DELETE /api/v1/territory/versions/{version}",
    "GET /api/v1/territory/versions/{version}/preview",
    "POST /api/v1/territory/versions/{version}/publish",
    "GET /api/v1/settings",
    "PATCH /api/v1/settings",
    "GET /api/v1/calendars",
    "POST /api/v1/calendars/{region}",
    "GET /api/v1/catalog",
    "POST /api/v1/catalog",
    "POST /api/v1/catalog/rollback",
    "GET /api/v1/catalog/{version}/files/{n}",
];

/// Every route of the document: method and path with its parameters' names.
pub fn routes() -> Vec<(String, String)> {
    let document = serde_json::to_value(openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut routes = Vec::new();
    for (path, item) in &paths {
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                routes.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    assert!(routes.len() > 40, "the document lists {} routes only", routes.len());
    routes
}

/// The path with something in the place of each parameter.
pub fn filled(path: &str) -> String {
    path.replace("{version}", "1")
        .replace("{copy}", "thumb")
        .replace("{number}", "HX-0000-0000-00000")
        .replace("{id}", "00000000-0000-7000-8000-000000000000")
        .replace("{code}", "410105")
        .replace("{region}", "cn")
        .replace("{role}", "rules")
        .replace("{n}", "0")
        .replace("{layer}/{z}/{x}/{y}", "areas/10/835/405.mvt")
}

fn bare(method: &str, path: &str) -> Call {
    let call = call(method, &filled(path));
    if method == "GET" { call } else { call.json(&json!({})) }
}

#[test]
fn every_route_is_denied_without_credentials_unless_it_is_meant_for_all() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mut open = BTreeSet::new();
        for (method, path) in routes() {
            let reply = world.send(bare(&method, &path)).await;
            assert!(reply.status.as_u16() < 500, "{method} {path}: {}", reply.text());
            match reply.status.as_u16() {
                401 if format!("{method} {path}") != "POST /api/v1/session" => {
                    reply.problem(401, "unauthenticated");
                }
                _ => {
                    open.insert(format!("{method} {path}"));
                }
            }
        }
        let meant: BTreeSet<String> = PUBLIC.iter().map(|route| (*route).to_owned()).collect();
        assert_eq!(open, meant);
    });
}

#[test]
fn only_an_administrator_over_everything_administers() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let known: BTreeSet<String> = routes().iter().map(|(m, p)| format!("{m} {p}")).collect();
        let everywhere = world.user(Role::Admin, None, None).await;
        let mut others = vec![world.user(Role::Admin, Some(EAST), None).await];
        for role in [Role::DutySupervisor, Role::Leader, Role::GridWorker] {
            others.push(world.user(role, None, None).await);
        }
        for route in ADMIN {
            assert!(known.contains(*route), "{route} is gone");
            let (method, path) = route.split_once(' ').expect("method and path");
            for token in &others {
                let reply = world.send(bare(method, path).by(token)).await;
                reply.problem(403, "forbidden");
            }
            let reply = world.send(bare(method, path).by(&everywhere)).await;
            assert!(!matches!(reply.status.as_u16(), 401 | 403), "{route}: {}", reply.text());
        }
        // An administrator keeps the accounts, not the cases.
        let (id, _) =
            world.report("", &super::report_of(super::HAZARD, super::IN_EAST, "井盖缺失")).await;
        let path = format!("/api/v1/issues/{id}");
        world.send(get(&path).by(&everywhere)).await.problem(404, "not_found");
    });
}

#[test]
fn a_cookie_alone_changes_nothing() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let grants = vec![grant(Role::Admin, None, None), grant(Role::Acceptor, None, None)];
        world.account("ada", grants).await;
        let ada = Browser::open(&world, "ada").await;
        for (method, path) in routes().iter().filter(|(method, _)| method != "GET") {
            // Signing in ends in a session of its own, and following needs a number, no account.
            if path == "/api/v1/session" && method == "POST" || path.contains("/track/") {
                continue;
            }
            for proof in [None, Some(""), Some("wrong")] {
                let mut call = bare(method, path).header("cookie", &ada.cookie);
                if let Some(proof) = proof {
                    call = call.header("x-csrf-token", proof);
                }
                world.send(call).await.problem(403, "csrf");
            }
        }
        world.send(ada.on(get("/api/v1/session"))).await.ok(200);
    });
}

#[test]
fn whoever_believes_to_be_signed_in_does_not_report_as_a_stranger() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", vec![grant(Role::GridWorker, None, None)]).await;
        let ada = Browser::open(&world, "ada").await;
        world.later(13 * hexward::domain::time::HOUR_MS);
        let body = super::report_of(super::HAZARD, super::IN_EAST, "井盖缺失");
        let reply = world.send(ada.on(post("/api/v1/reports", &body))).await;
        reply.problem(401, "unauthenticated");
        // A cookie that was left behind keeps nobody from reporting as a resident.
        let left = post("/api/v1/reports", &body).header("cookie", &ada.cookie);
        world.send(left).await.ok(201);
    });
}

fn limited(world: &World, trusted: &[&str]) -> App {
    let options = Options {
        anonymous_per_minute_max: 3,
        trusted_proxies: trusted.iter().map(|proxy| proxy.parse().expect("an address")).collect(),
        ..Options::default()
    };
    App::new(world.ctx.clone(), options, CancellationToken::new())
}

fn preview() -> Call {
    let body = super::report_of(super::HAZARD, super::IN_EAST, "井盖缺失");
    post("/api/v1/reports/preview", &body)
}

#[test]
fn made_up_credentials_are_no_way_around_the_limit_of_strangers() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let worker = world.user(Role::GridWorker, None, None).await;
        let app = limited(&world, &[]);
        for _ in 0..3 {
            send_to(&app, preview()).await.ok(200);
        }
        let refused = send_to(&app, preview()).await;
        assert_eq!(refused.header("retry-after"), "60");
        refused.problem(429, "throttled");
        for name in ["authorization", "cookie"] {
            for value in ["Bearer made-up", "hexward=made-up", "Basic eDp5"] {
                let reply = send_to(&app, preview().header(name, value)).await;
                reply.problem(429, "throttled");
            }
        }
        // Reading is free, people with an account are known, and other addresses are others.
        send_to(&app, get("/api/v1/instance")).await.ok(200);
        send_to(&app, preview().by(&worker)).await.ok(200);
        send_to(&app, preview().at_peer("192.0.2.2")).await.ok(200);
    });
}

#[test]
fn a_forwarded_address_is_believed_from_a_trusted_proxy_alone() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        // (trusted proxies, peer, forwarded lines of the request number n): are they one client?
        type Lines = fn(u8) -> Vec<String>;
        let cases: [(&[&str], &str, Lines, bool); 6] = [
            (&[], "192.0.2.9", |n| vec![format!("198.51.100.{n}")], true),
            (&["192.0.2.9"], "192.0.2.9", |n| vec![format!("198.51.100.{n}")], false),
            // The sender's own words stand before what the proxy wrote.
            (&["192.0.2.9"], "192.0.2.9", |n| vec![format!("10.0.0.{n}, 198.51.100.1")], true),
            (
                &["192.0.2.9"],
                "192.0.2.9",
                |n| vec![format!("10.0.0.{n}"), "198.51.100.1".into()],
                true,
            ),
            (&["192.0.2.9"], "192.0.2.9", |n| vec![format!("10.0.0.{n}, unknown")], true),
            (
                &["192.0.2.9", "192.0.2.8"],
                "::ffff:192.0.2.9",
                |n| vec![format!("198.51.100.{n}, 192.0.2.8")],
                false,
            ),
        ];
        for (trusted, peer, lines, is_one) in cases {
            let app = limited(&world, trusted);
            let mut statuses = BTreeSet::new();
            for n in 1..=5 {
                let mut call = preview().at_peer(peer);
                for line in lines(n) {
                    call = call.header("x-forwarded-for", line);
                }
                statuses.insert(send_to(&app, call).await.status.as_u16());
            }
            assert_eq!(statuses.contains(&429), is_one, "{trusted:?} {peer} {:?}", lines(1));
        }
    });
}

#[test]
fn metrics_are_for_this_machine_and_for_administrators() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let leader = world.user(Role::Leader, None, None).await;
        world.send(get("/api/v1/instance")).await.ok(200);
        world.send(call("BREW", "/api/v1/instance")).await.ok(405);
        world.send(get("/metrics")).await.problem(401, "unauthenticated");
        world.send(get("/metrics").by(&leader)).await.problem(403, "forbidden");
        let told = world.send(get("/metrics").by(&root)).await.ok(200).text();
        assert!(told.contains("hexward_http_requests_total{route=\"/api/v1/instance\""), "{told}");
        assert!(!told.contains("BREW"), "made-up methods are not counted each by itself");
        let local = || get("/metrics").at_peer("127.0.0.1");
        world.send(local()).await.ok(200);
        let passed_on = local().header("x-forwarded-for", "198.51.100.7");
        world.send(passed_on).await.problem(401, "unauthenticated");
    });
}
