//! Any bytes at any route: never a fault of the service, and every refusal in one form.

use super::access::{filled, routes};
use super::report::{form, jpeg};
use super::{Call, HAZARD, IN_EAST, Reply, World, call, grant, report_of};
use crate::support::check;
use hexward::app::account::create_token;
use hexward::domain::access::Role;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Texts that have broken servers before.
const NASTY: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "null",
    "-1",
    "0",
    "1e999",
    "NaN",
    "inf",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "%",
    "%00",
    "'",
    "\"",
    "\\",
    "{}",
    "[]",
    "../../etc/passwd",
    "网格",
    "\u{202e}",
    "\u{feff}",
    "\u{10ffff}",
    "a,b",
    ",",
    ";",
    "true",
    "2026-11-20",
    "9999-12-31",
    "-9999-01-01",
    "0000-00-00",
    "2026-13-45T99:99:99Z",
    "8b",
    "8b2a",
    "8f2a",
    "ffffffffffffffff",
    "113,34,114,35",
    "1,2,3",
    "0_0",
    "1_x",
    "hazard",
    "closed",
    "410105",
    "410105/410105001",
    "HX-0000-0000-00000",
    "sg-01-01",
    "bj-01-01",
    "wgs84",
    "bd09",
    "00000000-0000-0000-0000-000000000000",
    "%%%%",
    "_",
    "!",
    "geojson",
    "csv",
    "grid",
    "5",
];

fn nasty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(NASTY).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => (prop::sample::select(NASTY), 1_usize..3_000).prop_map(|(text, n)| text.repeat(n)),
    ]
}

fn nasty_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        nasty_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(nasty_text(), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

/// A body that is right for the route, to be spoilt in one place.
fn right_body(path: &str) -> Value {
    match path.trim_start_matches("/api/v1") {
        "/session" => json!({"login": "ada", "password": "wrong"}),
        "/session/password" => json!({"current": "wrong", "new": "long enough, too"}),
        "/tokens" => json!({"name": "n", "expires_in_days": 1}),
        "/accounts" => json!({"login": "l", "name": "n", "password": "long enough", "grants":
            [{"role": "acceptor", "area_code": "410105001", "department_code": null,
              "kinds": ["hazard"]}]}),
        "/accounts/{id}" => json!({"name": "n", "active": true, "grants": []}),
        "/track/{number}/reopen" => json!({"note": "again", "code": "7K2M9QPD"}),
        "/issues/{id}/actions" => json!({"action": "dispatch", "note": "n", "department": "js-gs",
            "assists": ["js-ps"], "until": "2026-12-01", "target": "HX-0000-0000-00000",
            "outcome": "remedied", "reason": "unclear", "cited_rule": "r", "category": HAZARD,
            "condition": "c", "photo_ids": []}),
        _ => {
            let mut body = report_of(HAZARD, IN_EAST, "井盖缺失");
            let rest = json!({"kind": "hazard", "condition_code": "bj-01-01-1", "severity": "major",
                "datum": "gcj02", "accuracy_m": 10.0, "address": "路口", "anonymous": false,
                "contact": {"name": "n", "phone": "1"}, "occurred_at": "2026-11-20T01:00:00Z",
                "settle": {"note": "n"}});
            body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            body
        }
    }
}

/// What is done to a request.
#[derive(Clone, Debug)]
enum Spoil {
    Bytes(Vec<u8>),
    Body(Value),
    Field(prop::sample::Index, Value),
    Without(prop::sample::Index),
    Part(String, Vec<u8>),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Spoil::Bytes),
        1 => nasty_value().prop_map(Spoil::Body),
        6 => (any::<prop::sample::Index>(), nasty_value()).prop_map(|(i, v)| Spoil::Field(i, v)),
        1 => any::<prop::sample::Index>().prop_map(Spoil::Without),
        1 => (nasty_text(), prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(name, bytes)| Spoil::Part(name, bytes)),
    ]
}

fn spoilt(method: &str, route: &str, address: &str, how: &Spoil) -> Call {
    let mut body = right_body(route);
    let map = body.as_object_mut().expect("an object");
    let mut keys: Vec<String> = map.keys().cloned().collect();
    match how {
        Spoil::Bytes(bytes) => {
            return call(method, address).body("application/json", bytes.clone());
        }
        Spoil::Body(value) => body = value.clone(),
        Spoil::Field(index, value) => {
            map.insert(keys.swap_remove(index.index(keys.len())), value.clone());
        }
        Spoil::Without(index) => {
            map.remove(&keys.swap_remove(index.index(keys.len())));
        }
        Spoil::Part(name, bytes) => {
            let (name, photo) = (name.replace(['"', '\r', '\n'], ""), jpeg(5));
            let report = body.to_string();
            let parts: &[(&str, &str, &[u8])] = &[
                ("report", "", report.as_bytes()),
                ("photo", "image/jpeg", &photo),
                ("file", "", bytes),
                (&name, "", bytes),
            ];
            return form(address, parts);
        }
    }
    call(method, address).json(&body)
}

fn encoded(text: &str) -> String {
    text.bytes().take(1_500).map(|byte| format!("%{byte:02X}")).collect()
}

/// The names of all query parameters of the document.
fn query_names() -> Vec<String> {
    let document = serde_json::to_value(hexward::http::openapi()).expect("a document");
    let mut names = Vec::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" {
                    names.push(parameter["name"].as_str().expect("a name").to_owned());
                }
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

#[track_caller]
fn assert_no_fault(reply: Reply, what: &str) {
    assert!(reply.status.as_u16() < 500, "{what}: {} {}", reply.status, reply.text());
    if reply.status.is_client_error() {
        let body = reply.json();
        assert_eq!(reply.header("content-type"), "application/problem+json", "{what}");
        assert!(body["code"].is_string() && body["detail"].is_string(), "{what}: {body}");
    }
}

/// An account that passes every door, and an issue for it to work on.
async fn master(world: &World) -> (String, String) {
    let roles =
        [Role::Admin, Role::Acceptor, Role::Dispatcher, Role::DutySupervisor, Role::GridWorker];
    let grants = roles.into_iter().map(|role| grant(role, None, None)).collect();
    let id = world.account("master", grants).await;
    let token = create_token(&world.ctx, id, "t", 9).await.expect("a token").1;
    let (issue, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
    (token, issue)
}

#[test]
fn no_body_is_a_fault_of_the_service() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (token, issue) = master(&world).await;
        let mut runner = TestRunner::deterministic();
        let strategy = (spoil(), any::<bool>());
        let writing: Vec<_> = routes().into_iter().filter(|(method, _)| method != "GET").collect();
        for round in 0..40 {
            for (method, route) in &writing {
                let (how, known) = strategy.new_tree(&mut runner).expect("a value").current();
                let address = match route.contains("/issues/{id}") {
                    true => route.replace("{id}", &issue),
                    false => filled(route),
                };
                let call = spoilt(method, route, &address, &how).header("if-match", "\"v1\"");
                let call = call.by(if known { &token } else { "" });
                let what = format!("round {round}: {method} {address} {how:?}");
                assert_no_fault(world.send(call).await, &what);
            }
        }
    });
}

#[test]
fn no_query_and_no_path_is_a_fault_of_the_service() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let (token, issue) = master(&world).await;
        let mut runner = TestRunner::deterministic();
        let names = query_names();
        assert!(names.contains(&"cursor".to_owned()), "{names:?}");
        let pair = (prop::sample::select(names), nasty_text());
        let strategy = (prop::collection::vec(pair, 0..4), nasty_text(), any::<bool>());
        // A live view has no end to wait for.
        let ends = |(method, path): &(String, String)| method == "GET" && !path.ends_with("/live");
        let reading: Vec<_> = routes().into_iter().filter(ends).collect();
        for round in 0..25 {
            for (method, route) in &reading {
                let (pairs, odd, keeps) = strategy.new_tree(&mut runner).expect("one").current();
                let part = if keeps { issue.clone() } else { encoded(&odd) };
                let mut address = route.clone();
                for name in [
                    "{id}",
                    "{number}",
                    "{code}",
                    "{copy}",
                    "{version}",
                    "{layer}",
                    "{z}",
                    "{x}",
                    "{y}",
                ] {
                    address = address.replace(name, if part.is_empty() { "%20" } else { &part });
                }
                let query: Vec<String> =
                    pairs.iter().map(|(name, text)| format!("{name}={}", encoded(text))).collect();
                let address = format!("{address}?{}", query.join("&"));
                let reply = world.send(call(method, &address).by(&token)).await;
                assert_no_fault(reply, &format!("round {round}: {address}"));
            }
        }
        for odd in [
            "q=%FF%FE",
            "limit=%",
            "&&&=&",
            "q=%ED%A0%80",
            "limit=-5",
            "limit=0",
            "cursor=x",
            "cursor=9223372036854775807_00000000-0000-7000-8000-000000000000",
            "count=maybe",
            "open=1",
            "bbox=1,2,3,NaN",
            "q=a&q=b",
        ] {
            let path = format!("/api/v1/issues?{odd}");
            assert_no_fault(world.send(call("GET", &path).by(&token)).await, &path);
        }
    });
}
