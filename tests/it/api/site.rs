//! What surrounds the API: the browser's files, headers, health, the log, and the end.

use super::session::Browser;
use super::{HAZARD, IN_EAST, PASSWORD, World, assert_header, call, get, grant, post, report_of};
use crate::support::check;
use crate::support::log::heard_log;
use axum::http::header;
use hexward::domain::access::Role;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn any_address_is_the_application_but_below_the_api_it_is_not_found() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let page = world.send(get("/")).await.ok(200);
        assert_header(&page, header::CONTENT_TYPE, "text/html");
        assert_header(&page, header::CACHE_CONTROL, "no-cache");
        let tag = page.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{tag}");
        for path in ["/", "/issues/5", "/anything/at/all?x=1", "/api.html"] {
            let same = world.send(get(path)).await.ok(200);
            assert_eq!(same.bytes, page.bytes, "{path}");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
                let known = world.send(get(path).header("if-none-match", known)).await.ok(304);
                assert!(known.bytes.is_empty());
            }
        }
        world.send(call("HEAD", "/")).await.ok(200);
        for path in [
            "/api",
            "/api/",
            "/api/v1",
            "/api/v1/nothing",
            "/api/v2/issues",
            "/assets/none.js",
            "/tiles/none/1/1/1.mvt",
        ] {
            for method in ["GET", "POST", "DELETE"] {
                world.send(call(method, path)).await.problem(404, "not_found");
            }
        }
        let refused = world.send(call("POST", "/issues")).await;
        assert_eq!(refused.header("allow"), "GET, HEAD");
        refused.problem(405, "method_not_allowed");
        let refused = world.send(call("PUT", "/api/v1/issues")).await;
        assert!(refused.header("allow").contains("GET"), "{:?}", refused.headers);
        refused.problem(405, "method_not_allowed");
        world.send(get("/api/v1/openapi.json")).await.ok(200);
        world.send(get("/api/v1/docs/")).await.ok(200);
    });
}

#[test]
fn every_answer_is_guarded_and_has_an_id() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        for path in ["/", "/api/v1/instance", "/api/v1/issues", "/api/nothing", "/healthz"] {
            let reply = world.send(get(path)).await;
            assert_header(&reply, header::CONTENT_SECURITY_POLICY, "default-src 'self'");
            assert_header(&reply, header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'");
            assert_header(&reply, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
            assert_header(&reply, header::REFERRER_POLICY, "same-origin");
            assert!(reply.header("x-request-id").len() > 8, "{path}");
            if path != "/" {
                assert_header(&reply, header::CACHE_CONTROL, "no-store");
            }
        }
        let reply = world.send(get("/api/v1/issues").header("x-request-id", "abc-123")).await;
        assert_eq!(reply.header("x-request-id"), "abc-123");
        assert_eq!(reply.problem(401, "unauthenticated")["request_id"], "abc-123");
        for odd in ["13812345678 calls", &"x".repeat(65), "a\"b"] {
            let reply = world.send(get("/healthz").header("x-request-id", odd)).await.ok(200);
            assert_ne!(reply.header("x-request-id"), odd);
        }
    });
}

#[test]
fn answers_are_compressed_for_those_who_can_read_it() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let plain = world.send(get("/api/v1/categories")).await.ok(200);
        assert_eq!(plain.header("content-encoding"), "");
        let small = get("/api/v1/categories").header("accept-encoding", "gzip, br");
        let small = world.send(small).await.ok(200);
        assert_eq!(small.header("content-encoding"), "gzip");
        assert!(small.bytes.len() * 3 < plain.bytes.len());
    });
}

#[test]
fn health_and_readiness_answer_everybody() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        assert_eq!(world.send(get("/healthz")).await.ok(200).text(), "ok");
        assert_eq!(world.send(get("/readyz")).await.ok(200).text(), "ready");
    });
}

#[test]
fn the_log_holds_no_personal_data_even_when_it_tells_everything() {
    let log = heard_log();
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("login-of-zhao", vec![grant(Role::DutySupervisor, None, None)]).await;
        let browser = Browser::open(&world, "login-of-zhao").await;
        let wrong = json!({"login": "login-of-qian", "password": "password-of-qian"});
        world.send(post("/api/v1/session", &wrong)).await.problem(401, "bad_credentials");
        let mut body = report_of(HAZARD, IN_EAST, "text-of-sun");
        body["contact"] = json!({"name": "name-of-li", "phone": "13987654321"});
        body["address"] = json!("address-of-zhou");
        let (id, number) = world.report("", &body).await;
        body["text"] = json!("text-of-wu\u{0}");
        world.send(post("/api/v1/reports", &body)).await.problem(422, "validation");
        world.send(browser.on(get("/api/v1/issues?q=words-of-zheng"))).await.ok(200);
        world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200);
        let note = post(
            &format!("/api/v1/issues/{id}/actions"),
            &json!({"action": "comment", "note": "note-of-wang"}),
        );
        world.send(browser.on(note).header("if-match", "\"v1\"")).await.ok(200);
        let told = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        assert!(told.contains("/api/v1/issues/{id}/actions"), "the log tells of requests at all");
        let cookie = browser.cookie.split('=').nth(1).unwrap();
        for secret in [
            "login-of",
            "password-of",
            PASSWORD,
            "text-of",
            "name-of-li",
            "13987654321",
            "address-of",
            "words-of",
            "note-of",
            "113.665",
            &number,
            cookie,
            &browser.csrf,
        ] {
            let line = told.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
    });
}

/// Sends a part of a request, asks the server to end, and sends the rest.
#[test]
fn a_request_under_way_is_answered_before_the_server_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Command::new(env!("CARGO_BIN_EXE_hexward"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit('/').next().expect("an address").to_owned();
    let body = r#"{"login": "nobody", "password": "wrong"}"#;
    let mut client = TcpStream::connect(&address).expect("it listens");
    client.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..10]
    );
    client.write_all(head.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(300));
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    std::thread::sleep(Duration::from_millis(300));
    client.write_all(&body.as_bytes()[10..]).expect("the rest is sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("answered and closed");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(server.wait().expect("it ends").success());
    assert!(TcpStream::connect(&address).is_err());
}
