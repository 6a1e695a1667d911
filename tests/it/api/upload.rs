//! Uploads that break off and go on: from any node, checked by hash, bounded, and taken once.

use super::report::jpeg;
use super::{
    Call, DISPUTE, EAST, HAZARD, IN_EAST, NOON, Reply, World, call, get, post, report_of, send_to,
};
use crate::support::check;
use axum::body::Body;
use axum::http::Request;
use futures::stream;
use hexward::app::upload::{CHUNK_BYTES_MAX, VOICE_BYTES_MAX};
use hexward::domain::access::Role;
use hexward::domain::time::{DAY_MS, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

const UPLOADS: &str = "/api/v1/uploads";

fn announce(bytes: &[u8], media_type: &str) -> Value {
    let sha256 = hex::encode(Sha256::digest(bytes));
    json!({"sha256": sha256, "size": bytes.len(), "type": media_type})
}

fn chunk(id: &str, offset: usize, bytes: &[u8]) -> Call {
    call("PATCH", &format!("{UPLOADS}/{id}?offset={offset}"))
        .body("application/octet-stream", bytes)
}

/// Uploads a whole file in two chunks; gives its id.
async fn upload(world: &World, token: &str, bytes: &[u8], media_type: &str) -> String {
    let opened = post(UPLOADS, &announce(bytes, media_type)).by(token);
    let opened = world.send(opened).await.ok(200).json();
    let id = opened["id"].as_str().expect("an id").to_owned();
    let half = bytes.len() / 2;
    world.send(chunk(&id, 0, &bytes[..half]).by(token)).await.ok(200);
    let whole = world.send(chunk(&id, half, &bytes[half..]).by(token)).await.ok(200).json();
    assert_eq!(whole["complete"], true);
    id
}

fn with_uploads(category: &str, ids: &[&str]) -> Value {
    let mut body = report_of(category, IN_EAST, "井盖缺失");
    body["uploads"] = json!(ids);
    body
}

async fn read(world: &World, token: &str, id: &str) -> Reply {
    world.send(get(&format!("/api/v1/issues/{id}")).by(token)).await.ok(200)
}

#[test]
fn a_file_goes_on_at_another_node_and_comes_with_its_report_byte_for_byte() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let other = world.second_node().await.1;
        let token = world.user(Role::GridWorker, Some(EAST), None).await;
        let photo = jpeg(7);
        let (first, rest) = photo.split_at(100);
        let new = announce(&photo, "image/jpeg");
        let opened = world.send(post(UPLOADS, &new).by(&token)).await.ok(200).json();
        let id = opened["id"].as_str().unwrap();
        assert_eq!((&opened["offset"], &opened["complete"]), (&json!(0), &json!(false)));
        world.send(chunk(id, 0, first).by(&token)).await.ok(200);
        // The same chunk again, and one that leaves a hole, are told where the file has come to.
        for offset in [0, 200] {
            let said = world.send(chunk(id, offset, first).by(&token)).await;
            assert_eq!(said.problem(409, "upload_offset")["offset"], 100);
        }
        let early = post("/api/v1/reports", &with_uploads(HAZARD, &[id])).by(&token);
        world.send(early).await.problem(422, "validation");
        // Opened again, as by a phone that has lost the answer, it is as far as it was.
        let again = send_to(&other, post(UPLOADS, &new).by(&token)).await.ok(200).json();
        assert_eq!((&again["id"], &again["offset"]), (&json!(id), &json!(100)));
        let whole = send_to(&other, chunk(id, 100, rest).by(&token)).await.ok(200).json();
        assert_eq!(whole["complete"], true);
        // To end it once more changes nothing.
        let end = world.send(chunk(id, photo.len(), b"").by(&token)).await.ok(200).json();
        assert_eq!(end["offset"], photo.len());

        let send = || {
            let body = with_uploads(HAZARD, &[id]);
            post("/api/v1/reports", &body).by(&token).header("idempotency-key", "one")
        };
        let receipt = world.send(send()).await.ok(201).json();
        let replay = send_to(&other, send()).await.ok(200).json();
        assert_eq!(receipt["number"], replay["number"]);
        world.send(get(&format!("{UPLOADS}/{id}")).by(&token)).await.problem(404, "not_found");
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM upload_chunk").await, 0);
        let issue = read(&world, &token, receipt["id"].as_str().unwrap()).await.json();
        assert_eq!(issue["photos"].as_array().unwrap().len(), 1);
        let photo_id = issue["photos"][0]["id"].as_str().unwrap();
        let original = get(&format!("/api/v1/photos/{photo_id}/original")).by(&token);
        assert_eq!(world.send(original).await.ok(200).bytes, photo);
    });
}

#[test]
fn a_file_that_is_not_the_announced_one_begins_anew() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let token = world.user(Role::GridWorker, Some(EAST), None).await;
        let (photo, mut wrong) = (jpeg(8), jpeg(8));
        *wrong.last_mut().unwrap() ^= 1;
        let new = announce(&photo, "image/jpeg");
        let opened = world.send(post(UPLOADS, &new).by(&token)).await.ok(200).json();
        let id = opened["id"].as_str().unwrap();
        let said = world.send(chunk(id, 0, &wrong).by(&token)).await;
        assert_eq!(said.problem(422, "upload_hash")["offset"], 0);
        let whole = world.send(chunk(id, 0, &photo).by(&token)).await.ok(200).json();
        assert_eq!(whole["complete"], true);
    });
}

#[test]
fn what_is_too_large_empty_or_of_another_kind_is_refused() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let token = world.user(Role::GridWorker, Some(EAST), None).await;
        let photo = jpeg(9);
        for (change, status, code) in [
            (json!({"size": (10 << 20) + 1}), 413, "too_large"),
            (json!({"size": VOICE_BYTES_MAX + 1, "type": "audio/webm"}), 413, "too_large"),
            (json!({"size": 0}), 422, "validation"),
            (json!({"size": -1}), 422, "validation"),
            (json!({"sha256": "abc"}), 422, "validation"),
            (json!({"type": "application/pdf"}), 415, "unsupported_media_type"),
        ] {
            let mut new = announce(&photo, "image/jpeg");
            new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            world.send(post(UPLOADS, &new).by(&token)).await.problem(status, code);
        }
        let opened = post(UPLOADS, &announce(&photo, "image/jpeg")).by(&token);
        let id = world.send(opened).await.ok(200).json()["id"].as_str().unwrap().to_owned();
        let long = vec![0; CHUNK_BYTES_MAX + 1];
        world.send(chunk(&id, 0, &long).by(&token)).await.problem(413, "too_large");
        let beyond = vec![0; photo.len() + 1];
        world.send(chunk(&id, 0, &beyond).by(&token)).await.problem(422, "validation");
        let path = format!("{UPLOADS}/{id}");
        assert_eq!(world.send(get(&path).by(&token)).await.ok(200).json()["offset"], 0);
    });
}

#[test]
fn a_chunk_that_breaks_off_is_not_taken_in_part() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let photo = jpeg(10);
        let opened = world.send(post(UPLOADS, &announce(&photo, "image/jpeg"))).await.ok(200);
        let path = format!("{UPLOADS}/{}", opened.json()["id"].as_str().unwrap());
        let half = photo[..photo.len() / 2].to_vec();
        let parts = [Ok(half), Err(std::io::Error::other("the line is cut"))];
        let request = Request::builder()
            .method("PATCH")
            .uri(format!("{path}?offset=0"))
            .header("content-length", photo.len())
            .body(Body::from_stream(stream::iter(parts)))
            .unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(world.send(get(&path)).await.ok(200).json()["offset"], 0);
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM upload_chunk").await, 0);
    });
}

#[test]
fn anothers_upload_is_not_there_and_nobodys_names_nobody() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mine = world.user(Role::GridWorker, Some(EAST), None).await;
        let other = world.user(Role::GridWorker, Some(EAST), None).await;
        let photo = jpeg(11);
        let id = upload(&world, &mine, &photo, "image/jpeg").await;
        for token in [other.as_str(), ""] {
            let path = format!("{UPLOADS}/{id}");
            world.send(get(&path).by(token)).await.problem(404, "not_found");
            world.send(chunk(&id, 0, &photo).by(token)).await.problem(404, "not_found");
            let body = with_uploads(HAZARD, &[&id]);
            let said = world.send(post("/api/v1/reports", &body).by(token)).await;
            assert_eq!(said.problem(422, "validation")["errors"][0]["field"], "uploads");
        }
        // The same file of another is another upload, and hers is as it was.
        let others = upload(&world, &other, &photo, "image/jpeg").await;
        assert_ne!(id, others);

        let mut new = announce(&jpeg(12), "image/jpeg");
        new["anonymous"] = json!(true);
        world.send(post(UPLOADS, &new).by(&mine)).await.ok(200);
        let owners = world.fixture.raw.texts("SELECT owner FROM upload ORDER BY owner").await;
        assert_eq!(owners.iter().filter(|owner| *owner == "anonymous").count(), 1, "{owners:?}");
        // A resident without an account reports with a photo, too.
        let id = upload(&world, "", &jpeg(13), "image/jpeg").await;
        let body = with_uploads(HAZARD, &[&id]);
        world.send(post("/api/v1/reports", &body)).await.ok(201);
    });
}

#[test]
fn what_is_on_its_way_is_bounded_and_swept_after_seven_days() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let token = world.user(Role::GridWorker, Some(EAST), None).await;
        let open = |n: i64| {
            let sha256 = format!("{n:064x}");
            let new = json!({"sha256": sha256, "size": 9 << 20, "type": "image/jpeg"});
            post(UPLOADS, &new).by(&token)
        };
        // 28 times 9 MiB stay below 256 MiB, and one more does not.
        for n in 0..28 {
            world.send(open(n)).await.ok(200);
        }
        world.send(open(28)).await.problem(429, "throttled");
        world.send(open(27)).await.ok(200);
        let id = world.send(open(27)).await.ok(200).json()["id"].as_str().unwrap().to_owned();
        world.send(chunk(&id, 0, b"some").by(&token)).await.ok(200);
        let forget = async |ms: i64| {
            hexward::jobs::forget(&world.ctx, Timestamp(NOON + ms)).await.expect("it is swept");
            world.fixture.raw.number("SELECT COUNT(*) FROM upload").await
        };
        assert_eq!(forget(7 * DAY_MS).await, 28);
        assert_eq!(forget(7 * DAY_MS + 1).await, 0);
        assert_eq!(world.fixture.raw.number("SELECT COUNT(*) FROM upload_chunk").await, 0);
        world.send(open(28)).await.ok(200);
    });
}

#[test]
fn an_action_under_a_key_is_taken_once_with_its_files() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let token = world.user(Role::Acceptor, Some(EAST), None).await;
        let (id, _) = world.report(&token, &report_of(HAZARD, IN_EAST, "护栏破损")).await;
        let seen = read(&world, &token, &id).await;
        let file = upload(&world, &token, &jpeg(14), "image/jpeg").await;
        let act = |note: &str, key: &str| {
            let body = json!({"action": "comment", "note": note, "uploads": [file]});
            post(&format!("/api/v1/issues/{id}/actions"), &body)
                .by(&token)
                .header("if-match", seen.header("etag"))
                .header("idempotency-key", key)
        };
        let once = world.send(act("现场照片", "key")).await.ok(200).json();
        let twice = world.send(act("现场照片", "key")).await.ok(200).json();
        assert_eq!(once["version"], twice["version"]);
        assert_eq!(twice["photos"].as_array().unwrap().len(), 1);
        assert_eq!(twice["photos"][0]["purpose"], "evidence");
        let other = world.send(act("另一句话", "key")).await;
        other.problem(422, "idempotency_mismatch");
        // Under a key of its own it is a second action, decided on a version that is past.
        world.send(act("现场照片", "another")).await.problem(412, "stale_version");
    });
}

#[test]
fn a_voice_note_is_heard_by_those_who_may_read_and_is_no_photo() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let worker = world.user(Role::GridWorker, Some(EAST), None).await;
        let leader = world.user(Role::Leader, None, None).await;
        let voice = b"\x1a\x45\xdf\xa3 a voice that says where it is".to_vec();
        let id = upload(&world, &worker, &voice, "audio/webm").await;
        let photo = upload(&world, &worker, &jpeg(15), "image/jpeg").await;
        let body = with_uploads(HAZARD, &[&id, &photo]);
        let kept = world.send(post("/api/v1/reports", &body).by(&worker)).await.ok(201).json();
        let issue = read(&world, &leader, kept["id"].as_str().unwrap()).await.json();
        assert_eq!(issue["photos"].as_array().unwrap().len(), 1);
        assert_eq!(issue["voices"][0]["media_type"], "audio/webm");
        assert!(
            issue["thumb_url"]
                .as_str()
                .unwrap()
                .contains(issue["photos"][0]["id"].as_str().unwrap())
        );
        let url = issue["voices"][0]["url"].as_str().unwrap().to_owned();
        let heard = world.send(get(&url).by(&leader)).await.ok(200);
        assert_eq!((heard.header("content-type"), &heard.bytes), ("audio/webm", &voice));
        let thumb = url.replace("original", "thumb");
        world.send(get(&thumb).by(&leader)).await.problem(404, "not_found");
        world.send(get(&url)).await.problem(401, "unauthenticated");

        // Of a dispute it is as hidden as the words are.
        let voice = b"\x1a\x45\xdf\xa3 who quarrels with whom".to_vec();
        let id = upload(&world, &worker, &voice, "audio/webm").await;
        let body = with_uploads(DISPUTE, &[&id]);
        let kept = world.send(post("/api/v1/reports", &body).by(&worker)).await.ok(201).json();
        let issue = kept["id"].as_str().unwrap();
        let own = read(&world, &worker, issue).await.json();
        let url = own["voices"][0]["url"].as_str().unwrap().to_owned();
        world.send(get(&url).by(&worker)).await.ok(200);
        assert_eq!(read(&world, &leader, issue).await.json()["voices"], json!([]));
        world.send(get(&url).by(&leader)).await.problem(404, "not_found");
        // Nine photos and two voices are too many voices.
        let second = b"OggS another".to_vec();
        let second = upload(&world, &worker, &second, "audio/ogg").await;
        let first = upload(&world, &worker, &voice, "audio/webm").await;
        let body = with_uploads(HAZARD, &[&first, &second]);
        let said = world.send(post("/api/v1/reports", &body).by(&worker)).await;
        said.problem(422, "validation");
    });
}
