//! Reports: what is accepted and what is not, positions, photos, and what a preview tells.

use super::{
    Call, DISPUTE, HAZARD, IN_EAST, IN_WEST, OPINION, Reply, World, call, get, post, report_of,
};
use crate::support::check;
use bytes::Bytes;
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use serde_json::{Value, json};

const BOUNDARY: &str = "a-boundary";

/// A multipart form: name, content type and bytes of each part.
pub fn form(path: &str, parts: &[(&str, &str, &[u8])]) -> Call {
    let mut body = Vec::new();
    for (name, content_type, bytes) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes(),
        );
        if !content_type.is_empty() {
            body.extend(format!("; filename=\"f\"\r\nContent-Type: {content_type}").bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    call("POST", path).body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

/// A JPEG of one colour whose EXIF block names a camera.
pub fn jpeg(shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 90, 60]));
    let mut plain = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut plain);
    picture.write_with_encoder(encoder).expect("a photo");
    let camera = b"SECRET-CAMERA at 34.785N\0";
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0".to_vec();
    tiff.extend((camera.len() as u32).to_le_bytes());
    tiff.extend(26_u32.to_le_bytes());
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(camera);
    let mut photo = plain[..2].to_vec();
    photo.extend([0xff, 0xe1]);
    photo.extend(((tiff.len() + 8) as u16).to_be_bytes());
    photo.extend(b"Exif\0\0");
    photo.extend(tiff);
    photo.extend(&plain[2..]);
    photo
}

fn holds(reply: &Reply, words: &str) -> bool {
    reply.bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

/// The fields that a problem names, in its order.
pub fn fields(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("errors");
    errors.iter().filter_map(|error| error["field"].as_str()).collect()
}

fn with(change: Value) -> Value {
    let mut body = report_of(HAZARD, IN_EAST, "路边井盖缺失");
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

#[test]
fn a_faulty_report_is_refused_by_field_in_the_readers_language() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let long = "长".repeat(2_001);
        for (change, field) in [
            (json!({"category_code": "no-such"}), "category_code"),
            (json!({"category_code": "n\u{0}"}), "category_code"),
            (json!({"condition_code": "no-such"}), "condition_code"),
            (json!({"kind": "opinion"}), "kind"),
            (json!({"kind": "wish"}), "kind"),
            (json!({"severity": "huge"}), "severity"),
            (json!({"text": ""}), "text"),
            (json!({"text": " \n"}), "text"),
            (json!({"text": long}), "text"),
            (json!({"text": "a\u{0}b"}), "text"),
            (json!({"text": "a\u{1b}[2Jb"}), "text"),
            (json!({"address": "a\u{0}b"}), "address"),
            (json!({"address": "x".repeat(201)}), "address"),
            (json!({"contact": {"name": "a\u{0}"}}), "contact.name"),
            (json!({"contact": {"phone": "1".repeat(61)}}), "contact.phone"),
            (json!({"anonymous": true, "contact": {"phone": "1"}}), "contact"),
            (json!({"position": [181.0, 34.7]}), "position"),
            (json!({"position": [113.0, 1e300]}), "position"),
            (json!({"datum": "mars"}), "datum"),
            (json!({"accuracy_m": -1.0}), "accuracy_m"),
            (json!({"accuracy_m": 1e9}), "accuracy_m"),
            (json!({"occurred_at": "soon"}), "occurred_at"),
            (json!({"occurred_at": "2026-11-20T03:00:00Z"}), "occurred_at"),
            (json!({"settle": {"note": "done"}}), "settle"),
        ] {
            let call = || post("/api/v1/reports", &with(change.clone()));
            let zh = world.send(call()).await.problem(422, "validation");
            assert!(fields(&zh).contains(&field), "{change}: {zh}");
            let en = world.send(call().header("accept-language", "en-GB")).await;
            let en = en.problem(422, "validation");
            let message = |body: &Value| body["errors"][0]["message"].as_str().unwrap().to_owned();
            assert_ne!(message(&zh), message(&en));
            assert!(!message(&zh).is_ascii(), "{zh}");
        }
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM issue").await, 0);
    });
}

#[test]
fn what_is_no_json_is_a_problem_and_nothing_worse() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let send = async |content_type: &str, bytes: &[u8]| {
            world.send(call("POST", "/api/v1/reports").body(content_type, bytes)).await
        };
        let json = "application/json";
        for bytes in [
            &b"{"[..],
            b"",
            b"nul",
            b"\xff\xfe",
            b"{\"text\": \"\xff\"}",
            b"[1e999]",
            b"{\"text\": NaN}",
            b"{\"text\": \"\\ud800\"}",
            "[".repeat(100_000).as_bytes(),
        ] {
            let reply = send(json, bytes).await;
            assert!(matches!(reply.status.as_u16(), 400 | 422), "{}", reply.text());
            let code = if reply.status == 400 { "bad_request" } else { "validation" };
            let status = reply.status.as_u16();
            reply.problem(status, code);
        }
        let stranger = with(json!({"txet": "?"}));
        send(json, stranger.to_string().as_bytes()).await.problem(422, "validation");
        send("text/plain", b"{}").await.problem(415, "unsupported_media_type");
        send("multipart/form-data", b"{}").await.problem(400, "bad_request");
        let big = with(json!({"text": "x".repeat(300_000)})).to_string();
        send(json, big.as_bytes()).await.problem(413, "too_large");
        let session = call("POST", "/api/v1/session").body(json, big);
        world.send(session).await.problem(413, "too_large");
    });
}

#[test]
fn a_shifted_position_is_put_right_and_kept_as_it_came() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let worker = world.user(Role::Acceptor, None, None).await;
        // What a Chinese map shows for a point just west of the border between the streets.
        let (lon, lat) = (113.6658, 34.7838);
        let body = json!({"category_code": HAZARD, "text": "井盖缺失", "position": [lon, lat],
            "datum": "gcj02", "accuracy_m": 30.0});
        let (id, _) = world.report("", &body).await;
        let issue = world.send(get(&format!("/api/v1/issues/{id}")).by(&worker)).await.json();
        assert_eq!((&issue["raw"], &issue["datum"]), (&json!([lon, lat]), &json!("gcj02")));
        let shift = lon - issue["position"][0].as_f64().unwrap();
        assert!((0.005..0.008).contains(&shift), "half a kilometre, not {shift} degrees");
        assert_eq!(issue["street"]["code"], super::WEST);
        let candidates: Vec<&str> = issue["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|c| c["code"].as_str())
            .collect();
        let near = (lon - shift - 113.66).abs() * 91_000.0 < 30.0;
        assert_eq!(candidates.contains(&"41010500100101"), near, "{candidates:?}");
    });
}

#[test]
fn a_position_near_a_border_has_candidates_and_one_outside_is_still_accepted() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let near = |lon: f64, accuracy: f64| {
            let body = json!({"category_code": HAZARD, "text": "?", "position": [lon, 34.785],
                "accuracy_m": accuracy});
            post("/api/v1/reports/preview", &body)
        };
        let codes = |reply: &Value| -> Vec<String> {
            let all = reply["location"]["candidates"].as_array().unwrap();
            all.iter().map(|c| c["code"].as_str().unwrap().to_owned()).collect()
        };
        // 18 metres from the border.
        let wide = world.send(near(113.6598, 50.0)).await.ok(200).json();
        assert!(codes(&wide).contains(&"41010500100101".to_owned()), "{wide}");
        let narrow = world.send(near(113.6598, 5.0)).await.ok(200).json();
        assert!(!codes(&narrow).contains(&"41010500100101".to_owned()), "{narrow}");
        let outside = json!({"category_code": HAZARD, "text": "很远", "position": [114.5, 34.785]});
        let kept = world.send(post("/api/v1/reports", &outside)).await.ok(201).json();
        assert_eq!(kept["location"]["inside"], false);
        assert_eq!(kept["location"]["chain"], json!([]));
        assert!(kept["route"]["sentence"]["zh"].as_str().is_some_and(|text| !text.is_empty()));
        for accuracy in ["NaN", "-1", "inf", "1e9"] {
            let path = format!("/api/v1/locate?lon=113.66&lat=34.785&accuracy_m={accuracy}");
            world.send(get(&path)).await.problem(422, "validation");
        }
        for (lon, lat) in [("NaN", "0"), ("1e400", "0"), ("0", "91")] {
            let path = format!("/api/v1/locate?lon={lon}&lat={lat}");
            world.send(get(&path)).await.problem(422, "validation");
        }
    });
}

#[test]
fn a_category_that_wants_a_name_wants_it_from_everybody() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let worker = world.user(Role::GridWorker, None, None).await;
        let dispute = report_of(DISPUTE, IN_EAST, "家庭纠纷");
        let mut hidden = dispute.clone();
        hidden["anonymous"] = json!(true);
        let refused = world.send(post("/api/v1/reports", &hidden)).await;
        assert_eq!(fields(&refused.problem(422, "validation")), ["anonymous"]);
        // Neither account nor contact is anonymous, too.
        let refused = world.send(post("/api/v1/reports", &dispute)).await;
        assert_eq!(fields(&refused.problem(422, "validation")), ["contact"]);
        world.send(post("/api/v1/reports/preview", &dispute)).await.ok(200);
        let mut named = dispute.clone();
        named["contact"] = json!({"phone": "13800000000"});
        world.report("", &named).await;
        world.report(&worker, &dispute).await;
        world.report("", &report_of(OPINION, IN_EAST, "建议")).await;
    });
}

#[test]
fn an_anonymous_report_leaves_no_trace_of_its_account() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let id = world.account("ada", vec![super::grant(Role::GridWorker, None, None)]).await;
        let token = hexward::app::account::create_token(&world.ctx, id, "t", 1).await.unwrap().1;
        let mut body = report_of(OPINION, IN_EAST, "不想留名");
        body["anonymous"] = json!(true);
        let call = post("/api/v1/reports", &body).by(&token).header("idempotency-key", "k1");
        world.send(call).await.ok(201);
        for (table, column) in [("issue", "reporter"), ("idempotency", "scope")] {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{id}'");
            assert_eq!(world.fixture.raw.number(&sql).await, 0, "{table}.{column}");
        }
        let sql =
            format!("SELECT COUNT(*) FROM event WHERE actor LIKE '%{id}%' OR facts LIKE '%{id}%'");
        assert_eq!(world.fixture.raw.number(&sql).await, 0);
    });
}

#[test]
fn an_offline_phone_keeps_the_time_at_which_it_was_seen() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, None, None).await;
        let now = world.ctx.now().0;
        // (seen so long before, counts as reported so long before)
        for (before, counts) in [(3 * DAY_MS, 3 * DAY_MS), (31 * DAY_MS, 0), (-5 * MINUTE_MS, 0)] {
            let seen = Timestamp(now - before).to_rfc3339();
            let (id, _) = world.report("", &with(json!({"occurred_at": seen}))).await;
            let issue = world.send(get(&format!("/api/v1/issues/{id}")).by(&desk)).await.json();
            assert_eq!(issue["reported_at"], Timestamp(now - counts).to_rfc3339());
        }
    });
}

#[test]
fn public_copies_of_a_photo_carry_no_trace_and_the_original_is_for_staff() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let desk = world.user(Role::Acceptor, Some(super::EAST), None).await;
        let other = world.user(Role::Acceptor, Some(super::WEST), None).await;
        let report = with(json!({})).to_string();
        let photo = jpeg(200);
        let parts: &[(&str, &str, &[u8])] =
            &[("report", "", report.as_bytes()), ("photo", "image/jpeg", &photo)];
        let kept = world.send(form("/api/v1/reports", parts)).await.ok(201).json();
        let number = kept["number"].as_str().unwrap();
        let tracked = world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200).json();
        let shown = &tracked["photos"][0];
        for url in [&shown["url"], &shown["thumb_url"]] {
            let copy = world.send(get(url.as_str().unwrap())).await.ok(200);
            assert_eq!(copy.header("content-type"), "image/jpeg");
            assert!(!holds(&copy, "SECRET") && !holds(&copy, "Exif"));
            assert!(image::load_from_memory(&copy.bytes).is_ok());
        }
        let id = shown["id"].as_str().unwrap();
        let original = format!("/api/v1/photos/{id}/original");
        let whole = world.send(get(&original).by(&desk)).await.ok(200);
        assert_eq!(Bytes::from(whole.bytes), Bytes::from(photo));
        world.send(get(&original)).await.problem(401, "unauthenticated");
        for copy in ["original", "public", "thumb"] {
            let path = format!("/api/v1/photos/{id}/{copy}");
            world.send(get(&path).by(&other)).await.problem(404, "not_found");
        }
        for path in [
            format!("/api/v1/track/{number}/photos/{id}/original"),
            format!("/api/v1/photos/{id}/huge"),
            "/api/v1/photos/x/thumb".into(),
        ] {
            world.send(get(&path).by(&desk)).await.problem(404, "not_found");
        }
        // The photo of one report is not to be had by the number of another.
        let (_, second) = world.report("", &with(json!({"text": "another"}))).await;
        let path = format!("/api/v1/track/{second}/photos/{id}/thumb");
        world.send(get(&path)).await.problem(404, "not_found");
    });
}

#[test]
fn a_form_that_is_too_large_or_no_photo_is_refused_by_name() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let report = with(json!({})).to_string();
        let report: (&str, &str, &[u8]) = ("report", "", report.as_bytes());
        let photo = jpeg(1);
        let send =
            async |parts: &[(&str, &str, &[u8])]| world.send(form("/api/v1/reports", parts)).await;
        send(&[report, ("photo", "image/jpeg", b"GIF89a no")])
            .await
            .problem(415, "unsupported_media_type");
        send(&[report, ("photo", "image/jpeg", &photo[..photo.len() / 2])])
            .await
            .problem(422, "validation");
        let huge = vec![0xff; 10 * 1024 * 1024 + 1];
        send(&[report, ("photo", "image/jpeg", &huge)]).await.problem(413, "too_large");
        send(&[("photo", "image/jpeg", &photo)]).await.problem(422, "validation");
        send(&[report, ("who", "", b"?")]).await.problem(422, "validation");
        let mut ten = vec![report];
        ten.extend(std::iter::repeat_n(("photo", "image/jpeg", &photo[..]), 10));
        send(&ten).await.problem(422, "validation");
        send(&ten[..10]).await.ok(201);
    });
}

#[test]
fn a_preview_keeps_nothing_and_tells_strangers_little_of_what_is_near() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let east = world.user(Role::Acceptor, Some(super::EAST), None).await;
        let west = world.user(Role::Acceptor, Some(super::WEST), None).await;
        let (_, number) = world.report("", &with(json!({}))).await;
        let mut named = report_of(DISPUTE, IN_EAST, "张三与李四");
        named["contact"] = json!({"phone": "13800000000"});
        world.report("", &named).await;
        let before = world.fixture.raw.number("SELECT COUNT(*) FROM event").await;
        let near = with(json!({"position": [113.6653, 34.785]}));
        for (token, may_know) in [("", false), (&*west, false), (&*east, true)] {
            let ask = post("/api/v1/reports/preview", &near).by(token);
            let found = world.send(ask).await.ok(200).json()["duplicates"].clone();
            assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
            let found = &found[0];
            assert_eq!(found["number"], if may_know { json!(number) } else { Value::Null });
            assert_eq!(found["id"].is_string(), may_know);
            assert_eq!(found["text"].is_string(), may_know);
            // From exact distances anybody could work out where it is.
            let distance = found["distance_m"].as_f64().unwrap();
            assert_eq!(distance % 50.0 == 0.0, !may_know, "{distance}");
        }
        let dispute = report_of(DISPUTE, IN_EAST, "张三与李四");
        let found = world.send(post("/api/v1/reports/preview", &dispute)).await.ok(200).json();
        assert_eq!(found["duplicates"], json!([]), "disputes are never offered to strangers");
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM event").await, before);
        // A report in the west is not offered to whom the east is no business of.
        world.report("", &report_of(HAZARD, IN_WEST, "西边")).await;
    });
}
