//! Signing in and out, passwords, tokens, and the administrator's accounts.

use super::{Call, NOON, PASSWORD, Reply, World, assert_header, call, get, grant, post, send_to};
use crate::support::check;
use axum::http::header;
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use hexward::http::{App, Options};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A session by cookie.
pub struct Browser {
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    pub async fn open(world: &World, login: &str) -> Self {
        Self::of(&sign_in(world, login, PASSWORD).await.ok(200))
    }

    pub fn of(reply: &Reply) -> Self {
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or("").to_owned();
        let csrf = reply.json()["csrf_token"].as_str().expect("a token").to_owned();
        Self { cookie, csrf }
    }

    /// With the cookie and its proof.
    pub fn on(&self, call: Call) -> Call {
        call.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf)
    }
}

async fn sign_in(world: &World, login: &str, password: &str) -> Reply {
    world.send(post("/api/v1/session", &json!({"login": login, "password": password}))).await
}

#[test]
fn a_wrong_password_and_an_unknown_login_answer_alike_in_text_and_time() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        let mut fastest = [Duration::MAX; 2];
        for round in 0..3 {
            for (slot, login) in ["ada".to_owned(), format!("nobody{round}")].iter().enumerate() {
                let begun = Instant::now();
                let reply = sign_in(&world, login, "not the password").await;
                fastest[slot] = fastest[slot].min(begun.elapsed());
                let mut body = reply.problem(401, "bad_credentials");
                body["request_id"].take();
                let told = "登录名或密码不正确";
                let same = json!({"type": "/problems/bad_credentials", "title": "Unauthorized",
                    "status": 401, "code": "bad_credentials", "detail": told,
                    "request_id": null});
                assert_eq!(body, same);
            }
        }
        let [known, unknown] = fastest;
        assert!(unknown * 4 > known && known * 4 > unknown, "{known:?} against {unknown:?}");
    });
}

#[test]
fn five_failures_close_a_login_at_an_address_for_a_quarter_of_an_hour() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        world.account("bob", Vec::new()).await;
        for login in ["ada", "ADA", " ada", "Ada ", "ada"] {
            sign_in(&world, login, "wrong wrong").await.problem(401, "bad_credentials");
        }
        let refused = sign_in(&world, "ada", PASSWORD).await;
        assert_eq!(refused.header("retry-after"), "900");
        refused.problem(429, "throttled");
        sign_in(&world, "bob", PASSWORD).await.ok(200);
        // Its owner, who sits elsewhere, is not shut out by somebody's guesses.
        let body = json!({"login": "ada", "password": PASSWORD});
        let elsewhere = post("/api/v1/session", &body).at_peer("192.0.2.77");
        world.send(elsewhere).await.ok(200);
        sign_in(&world, "ada", PASSWORD).await.problem(429, "throttled");
        world.later(15 * MINUTE_MS + 1);
        sign_in(&world, "ada", PASSWORD).await.ok(200);
    });
}

#[test]
fn guesses_that_are_sent_at_once_are_counted_one_by_one() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        let guesses = (0..24).map(|_| sign_in(&world, "ada", "a guess too many"));
        let replies = futures::future::join_all(guesses).await;
        let tried = replies.iter().filter(|reply| reply.status == 401).count();
        // One more for each processor that was at work when the fifth was counted.
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        assert!((5..5 + processors).contains(&tried), "{tried} guesses were tried");
    });
}

/// So many failed sign-ins of a subject, as they are kept.
async fn fail_at_noon(world: &World, subject: &str, times: usize) {
    for i in 0..times {
        let (store, id) = (&world.ctx.store, format!("f{i}"));
        store.record_login_failure(&id, subject, Timestamp(NOON)).await.expect("kept");
    }
}

#[test]
fn fifty_failures_close_an_address_and_no_other() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        fail_at_noon(&world, "address:2001:db8:1:2::", 50).await;
        let body = json!({"login": "ada", "password": PASSWORD});
        let from = |peer: &str| post("/api/v1/session", &body).at_peer(peer);
        // One line has 64 bits of addresses to itself.
        world.send(from("2001:db8:1:2:3:4:5:6")).await.problem(429, "throttled");
        world.send(from("2001:db8:1:3::1")).await.ok(200);
    });
}

#[test]
fn a_login_that_is_guessed_from_many_addresses_waits_at_all_of_them() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        fail_at_noon(&world, "login:ada", 200).await;
        sign_in(&world, "ada", PASSWORD).await.problem(429, "throttled");
        world.later(15 * MINUTE_MS + 1);
        sign_in(&world, "ada", PASSWORD).await.ok(200);
    });
}

#[test]
fn a_login_that_no_account_can_have_is_just_wrong() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        for login in ["", "a\u{0}b", "a b", &"x".repeat(65), "\u{7}"] {
            sign_in(&world, login, PASSWORD).await.problem(401, "bad_credentials");
        }
        let nul = sign_in(&world, "ada", "with\u{0}nul in it").await;
        nul.problem(401, "bad_credentials");
    });
}

#[test]
fn the_cookie_is_protected_and_over_https_no_other_counts() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        let plain = sign_in(&world, "ada", PASSWORD).await.ok(200);
        let cookie = plain.header("set-cookie");
        assert!(cookie.starts_with("hexward="), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
            assert_header(&plain, header::SET_COOKIE, part);
        }
        assert!(!cookie.contains("Secure"), "a browser would not send it over http: {cookie}");

        let options = Options { secure_cookies: true, ..Options::default() };
        let https = App::new(world.ctx.clone(), options, CancellationToken::new());
        let body = json!({"login": "ada", "password": PASSWORD});
        let secure = send_to(&https, post("/api/v1/session", &body)).await.ok(200);
        let cookie = secure.header("set-cookie");
        assert!(cookie.starts_with("__Host-hexward="), "{cookie}");
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
            assert_header(&secure, header::SET_COOKIE, part);
        }
        assert!(!cookie.to_lowercase().contains("domain"), "{cookie}");
        // Another host of the domain can set the plain cookie, so it is not looked at.
        let tossed = Browser::of(&plain);
        let refused = send_to(&https, tossed.on(get("/api/v1/session"))).await;
        refused.problem(401, "unauthenticated");
        send_to(&https, Browser::of(&secure).on(get("/api/v1/session"))).await.ok(200);
    });
}

#[test]
fn a_session_ends_with_its_term_and_with_signing_out() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        let (one, two) = (Browser::open(&world, "ada").await, Browser::open(&world, "ada").await);
        let whoami = || get("/api/v1/session");
        let me = world.send(one.on(whoami())).await.ok(200).json();
        assert_eq!(
            (&me["account"]["login"], &me["must_change_password"]),
            (&json!("ada"), &json!(false))
        );
        let gone = world.send(one.on(call("DELETE", "/api/v1/session"))).await.ok(204);
        assert_header(&gone, header::SET_COOKIE, "Max-Age=0");
        world.send(one.on(whoami())).await.problem(401, "unauthenticated");
        world.send(two.on(whoami())).await.ok(200);
        world.later(12 * HOUR_MS);
        world.send(two.on(whoami())).await.problem(401, "unauthenticated");
        // Whoever is out already may sign out.
        world.send(two.on(call("DELETE", "/api/v1/session"))).await.ok(204);
    });
}

#[test]
fn another_password_ends_the_other_sessions() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", Vec::new()).await;
        let (own, other) = (Browser::open(&world, "ada").await, Browser::open(&world, "ada").await);
        let change = |current: &str, new: &str| {
            own.on(post("/api/v1/session/password", &json!({"current": current, "new": new})))
        };
        let field = |body: serde_json::Value| body["errors"][0]["field"].clone();
        let wrong = world.send(change("wrong", "a new long one")).await.problem(422, "validation");
        assert_eq!(field(wrong), "current");
        let short = world.send(change(PASSWORD, "short")).await.problem(422, "validation");
        assert_eq!(field(short), "new");
        let same = world.send(change(PASSWORD, PASSWORD)).await.problem(422, "validation");
        assert_eq!(field(same), "new");
        world.send(change(PASSWORD, "a new long one")).await.ok(204);
        world.send(own.on(get("/api/v1/session"))).await.ok(200);
        world.send(other.on(get("/api/v1/session"))).await.problem(401, "unauthenticated");
        sign_in(&world, "ada", PASSWORD).await.problem(401, "bad_credentials");
        sign_in(&world, "ada", "a new long one").await.ok(200);
        // A stolen session is no way to guess the password.
        for _ in 0..5 {
            world.send(change("wrong", "yet another one")).await.problem(422, "validation");
        }
        world.send(change("a new long one", "yet another one")).await.problem(429, "throttled");
    });
}

#[test]
fn until_the_password_is_changed_nothing_but_that_is_possible() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("root", vec![grant(Role::Admin, None, None)]).await;
        let root = Browser::open(&world, "root").await;
        let new = json!({"login": "eve", "name": "Eve", "password": "made up by root",
            "grants": [{"role": "acceptor"}]});
        let made = world.send(root.on(post("/api/v1/accounts", &new))).await.ok(201).json();
        assert_eq!(made["must_change_password"], true);
        let eve = Browser::of(&sign_in(&world, "eve", "made up by root").await.ok(200));
        let me = world.send(eve.on(get("/api/v1/session"))).await.ok(200).json();
        assert_eq!(me["must_change_password"], true);
        for path in ["/api/v1/issues", "/api/v1/tokens", "/api/v1/matrix"] {
            let refused = world.send(eve.on(get(path))).await;
            refused.problem(403, "password_change_required");
        }
        let change = json!({"current": "made up by root", "new": "only eve knows"});
        world.send(eve.on(post("/api/v1/session/password", &change))).await.ok(204);
        world.send(eve.on(get("/api/v1/issues"))).await.ok(200);
        // A password that an administrator set again must be changed again.
        let id = made["id"].as_str().unwrap();
        let reset = json!({"password": "made up by root"});
        let path = format!("/api/v1/accounts/{id}");
        world.send(root.on(call("PATCH", &path).json(&reset))).await.ok(200);
        world.send(eve.on(get("/api/v1/session"))).await.problem(401, "unauthenticated");
    });
}

#[test]
fn a_token_works_without_proof_until_it_ends_and_makes_no_further_ones() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        world.account("ada", vec![grant(Role::Acceptor, None, None)]).await;
        let ada = Browser::open(&world, "ada").await;
        let ask = json!({"name": "script", "expires_in_days": 10});
        let made = world.send(ada.on(post("/api/v1/tokens", &ask))).await.ok(201).json();
        let token = made["token"].as_str().expect("shown once");
        let listed = world.send(ada.on(get("/api/v1/tokens"))).await.ok(200);
        assert!(!listed.text().contains(token) && listed.text().contains("script"));
        world.send(get("/api/v1/issues").by(token)).await.ok(200);
        let scheme = get("/api/v1/issues").header("authorization", format!("bearer {token}"));
        world.send(scheme).await.ok(200);
        world.send(post("/api/v1/tokens", &ask).by(token)).await.problem(403, "forbidden");
        world.send(get("/api/v1/issues").by("hxw_no")).await.problem(401, "unauthenticated");
        world.later(10 * DAY_MS);
        world.send(get("/api/v1/issues").by(token)).await.problem(401, "unauthenticated");

        let ada = Browser::open(&world, "ada").await;
        for bad in [
            json!({"name": "x", "expires_in_days": 0}),
            json!({"name": "n\u{0}l"}),
            json!({"name": ""}),
            json!({"name": "x", "expires_in_days": i64::MAX}),
        ] {
            world.send(ada.on(post("/api/v1/tokens", &bad))).await.problem(422, "validation");
        }
        let id = made["id"].as_str().unwrap();
        for (id, status) in [("%00", 404), ("x", 404), (id, 204), (id, 404)] {
            let path = format!("/api/v1/tokens/{id}");
            world.send(ada.on(call("DELETE", &path))).await.ok(status);
        }
    });
}

#[test]
fn an_account_is_made_as_it_was_meant_or_not_at_all() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let make = |body: &serde_json::Value| post("/api/v1/accounts", body).by(&root);
        let with = |change: serde_json::Value| {
            let mut body = json!({"login": "eve", "name": "Eve", "password": "long enough!"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        for change in [
            json!({"name": "E\u{0}e"}),
            json!({"name": " "}),
            json!({"name": "x".repeat(101)}),
            json!({"login": "e\u{0}"}),
            json!({"login": ""}),
            json!({"password": "short"}),
            json!({"password": "x".repeat(300)}),
            // A misspelt limit would be no limit.
            json!({"grants": [{"role": "acceptor", "area": "410105001"}]}),
            json!({"grants": [{"role": "acceptor", "kinds": []}]}),
            json!({"grants": [{"role": "acceptor", "area_code": "4\u{0}"}]}),
            json!({"grants": [{"role": "acceptor", "area_code": "999"}]}),
            json!({"grants": [{"role": "handler"}]}),
            json!({"grants": [{"role": "handler", "department_code": "no"}]}),
            json!({"grants": [{"role": "emperor"}]}),
        ] {
            world.send(make(&with(change))).await.problem(422, "validation");
        }
        let grants = json!({"grants": [{"role": "acceptor", "area_code": "410105001",
            "kinds": ["hazard"]}]});
        let made = world.send(make(&with(grants))).await.ok(201).json();
        world.send(make(&with(json!({})))).await.problem(409, "conflict");
        // What was told may be sent back.
        let path = format!("/api/v1/accounts/{}", made["id"].as_str().unwrap());
        let patch = |body: serde_json::Value| call("PATCH", &path).json(&body).by(&root);
        let same = world.send(patch(json!({"grants": made["grants"]}))).await.ok(200).json();
        assert_eq!(same["grants"], made["grants"]);
        world.send(patch(json!({"activ": false}))).await.problem(422, "validation");
    });
}

#[test]
fn a_closed_account_is_out_at_once() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let root = world.user(Role::Admin, None, None).await;
        let id = world.account("ada", vec![grant(Role::Acceptor, None, None)]).await;
        let ada = Browser::open(&world, "ada").await;
        let ask = json!({"name": "script"});
        let made = world.send(ada.on(post("/api/v1/tokens", &ask))).await.ok(201).json();
        let path = format!("/api/v1/accounts/{id}");
        let close = call("PATCH", &path).json(&json!({"active": false})).by(&root);
        world.send(close).await.ok(200);
        world.send(ada.on(get("/api/v1/issues"))).await.problem(401, "unauthenticated");
        let token = made["token"].as_str().unwrap();
        world.send(get("/api/v1/issues").by(token)).await.problem(401, "unauthenticated");
        sign_in(&world, "ada", PASSWORD).await.problem(401, "bad_credentials");
    });
}
