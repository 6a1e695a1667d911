//! What is said of a dispute is sealed wherever it stands: also what was plain before the issue
//! became one, and what was kept before notes were sealed.

use super::{Office, act, events, put};
use crate::api::{DISPUTE, HAZARD, IN_EAST, OPINION, World, get, post, report_of};
use crate::support::world::{actor, advance, opening, report};
use crate::support::{Chance, Raw, check, seals};
use hexward::app::audit::verify_audit;
use hexward::app::confide::list_events;
use hexward::app::seal::{Seals, new_key, rotate};
use hexward::domain::access::Role;
use hexward::domain::id::IssueId;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::Action;
use hexward::domain::issue::step::{Command, decide};
use hexward::domain::time::Timestamp;
use serde_json::{Value, json};

const WORDS: &str = "只对街道说的话";

/// How many rows hold what people said, in any column in which it may stand.
async fn plain_rows(raw: &Raw) -> i64 {
    let mut rows = 0;
    for (table, columns) in [
        ("issue", &["text", "address", "search"][..]),
        ("issue_contact", &["name", "phone"]),
        ("event", &["note", "facts"]),
        ("sealed", &["body"]),
    ] {
        for column in columns {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{WORDS}%'");
            rows += raw.number(&sql).await;
        }
    }
    rows
}

async fn whole(world: &World, token: &str, id: &str) -> Value {
    world.send(get(&format!("/api/v1/issues/{id}")).by(token)).await.ok(200).json()
}

async fn found(world: &World, token: &str) -> i64 {
    let path = format!("/api/v1/issues?q={WORDS}&count=true");
    world.send(get(&path).by(token)).await.ok(200).json()["total"].as_i64().expect("a number")
}

async fn assert_sound(world: &World) {
    let audit = verify_audit(&world.ctx, |_| {}).await.unwrap();
    assert_eq!((audit.faulty, audit.faults, audit.sealed_unread), (0, Vec::new(), 0));
}

/// An opinion with words everywhere, and a remark of the desk.
async fn opinion(world: &World, office: &Office) -> (String, String) {
    let mut body = report_of(OPINION, IN_EAST, WORDS);
    body["address"] = json!(WORDS);
    body["contact"] = json!({"name": WORDS, "phone": WORDS});
    let (id, number) = world.report("", &body).await;
    act(world, &office.acceptor, &id, json!({"action": "comment", "note": WORDS})).await;
    (id, number)
}

#[test]
fn what_becomes_a_dispute_is_sealed_with_all_that_was_said_before_and_stays_so() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let (id, number) = opinion(&world, &office).await;
        assert_eq!(plain_rows(&fixture.raw).await, 6);
        assert_eq!(found(&world, &office.supervisor).await, 1);
        let file = json!({"action": "file", "category": DISPUTE, "note": WORDS});
        act(&world, &office.supervisor, &id, file).await;
        assert_eq!(plain_rows(&fixture.raw).await, 0);
        assert_eq!(found(&world, &office.supervisor).await, 0, "nobody searches in a dispute");
        assert_sound(&world).await;
        // Who may know it reads it all as before.
        let shown = whole(&world, &office.supervisor, &id).await;
        for (name, value) in [
            ("text", &shown["text"]),
            ("address", &shown["address"]),
            ("name", &shown["reporter"]["name"]),
            ("phone", &shown["reporter"]["phone"]),
        ] {
            assert_eq!(value, WORDS, "{name}");
        }
        let log = events(&world, &office.supervisor, &id).await;
        assert_eq!((&log[1]["note"], &log[2]["note"]), (&json!(WORDS), &json!(WORDS)));

        // What is no dispute after all stays sealed, and is read by those who work on it.
        let back = json!({"action": "correct", "category": HAZARD, "note": WORDS});
        act(&world, &office.supervisor, &id, back).await;
        assert_eq!(plain_rows(&fixture.raw).await, 0);
        assert_eq!(found(&world, &office.supervisor).await, 0);
        assert_sound(&world).await;
        let shown = whole(&world, &office.supervisor, &id).await;
        assert_eq!((&shown["text"], &shown["kind"]), (&json!(WORDS), &json!("hazard")));
        assert_eq!(events(&world, &office.supervisor, &id).await[3]["note"], WORDS);
        let tracked = world.send(get(&format!("/api/v1/track/{number}"))).await.ok(200);
        assert!(!tracked.text().contains(WORDS), "{}", tracked.text());
        // From now on remarks are those of any hazard, and a dispute again seals them, too.
        act(&world, &office.acceptor, &id, json!({"action": "comment", "note": WORDS})).await;
        assert_eq!(plain_rows(&fixture.raw).await, 1);
        let again = json!({"action": "correct", "category": DISPUTE, "note": WORDS});
        act(&world, &office.supervisor, &id, again).await;
        assert_eq!(plain_rows(&fixture.raw).await, 0);
        assert_eq!(whole(&world, &office.supervisor, &id).await["text"], WORDS);
        assert_sound(&world).await;
    });
}

#[test]
fn a_remark_on_a_dispute_needs_a_key_and_nothing_is_written_without() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = opinion(&world, &office).await;
        let bare = world.without_keys().await;
        let path = format!("/api/v1/issues/{id}/actions");
        let file = json!({"action": "file", "category": DISPUTE});
        let call = post(&path, &file).by(&office.supervisor).header("if-match", "\"v2\"");
        let told = crate::api::send_to(&bare, call).await.problem(409, "no_seal_key");
        assert!(told["detail"].as_str().unwrap().contains("hexward seal new-key"));
        assert_eq!(whole(&world, &office.supervisor, &id).await["version"], 2);
        act(&world, &office.supervisor, &id, file).await;
        let comment = json!({"action": "comment", "note": WORDS});
        let call = post(&path, &comment).by(&office.acceptor).header("if-match", "\"v3\"");
        crate::api::send_to(&bare, call).await.problem(409, "no_seal_key");
        // A step that says nothing in confidence needs none.
        let dispatch = json!({"action": "dispatch", "department": super::LEAD});
        let call = post(&path, &dispatch).by(&office.supervisor).header("if-match", "\"v3\"");
        crate::api::send_to(&bare, call).await.ok(200);
    });
}

#[test]
fn what_begins_as_sealed_texts_do_is_refused_by_name() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mut body = report_of(OPINION, IN_EAST, "sealed:1:k:AAAA");
        body["contact"] = json!({"name": "sealed:1:k:AAAA", "phone": "1"});
        let told = world.send(post("/api/v1/reports", &body)).await.problem(422, "validation");
        let fields = told["errors"].as_array().unwrap().iter().map(|one| one["field"].clone());
        assert_eq!(fields.collect::<Vec<_>>(), ["text", "contact.name"]);
    });
}

#[test]
fn the_audit_finds_a_sealed_note_that_was_exchanged_and_counts_those_it_cannot_open() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let mut body = report_of(DISPUTE, IN_EAST, "争吵");
        body["contact"] = json!({"name": "王五", "phone": "1"});
        let (id, _) = world.report("", &body).await;
        for note in ["一", "二"] {
            act(&world, &office.acceptor, &id, json!({"action": "comment", "note": note})).await;
        }
        assert_sound(&world).await;
        let (bare, _) = world.node_with(Seals::parse(&new_key("x").unwrap()).unwrap()).await;
        let audit = verify_audit(&bare, |_| {}).await.unwrap();
        assert_eq!((audit.faulty, audit.sealed_unread), (0, 2));
        // A whole note of the same issue, sealed with the right key for another event.
        let said = r#"{"note":"三","salt":"00000000000000000000000000000000"}"#;
        let issue = IssueId::parse(&id).unwrap();
        let forged = seals().seal(issue, "note:3", said).unwrap();
        let forge = format!("UPDATE sealed SET body = '{forged}' WHERE part = 'note:3'");
        assert_eq!(fixture.raw.execute(&forge).await, Ok(1));
        let audit = verify_audit(&world.ctx, |_| {}).await.unwrap();
        assert_eq!(audit.faulty, 1);
        assert!(audit.faults[0].says.en.contains("note of event 3"), "{:?}", audit.faults);
    });
}

/// A dispute as it was kept before notes and contacts were sealed.
async fn old_dispute(world: &World, chance: &mut Chance) -> Issue {
    let (issue, event) = loop {
        let (issue, event) = report(chance, Timestamp(1_772_294_400_000), None);
        if issue.kind == Kind::Dispute {
            break (Issue { text: WORDS.into(), ..issue }, event);
        }
    };
    world.ctx.store.apply(opening(&issue, event)).await.unwrap();
    let comment =
        Command { note: Some(WORDS.into()), ..Command::bare(Action::Comment, issue.version) };
    let desk = actor(7, Role::Acceptor, None);
    let (after, event) = decide(&issue, &comment, &desk, issue.updated).unwrap();
    world.ctx.store.apply(advance(vec![(issue, after.clone(), event)])).await.unwrap();
    let contact =
        format!("INSERT INTO issue_contact VALUES ('{}', '{WORDS}', '{WORDS}')", after.id);
    assert_eq!(world.fixture.raw.execute(&contact).await, Ok(1));
    after
}

#[test]
fn rotation_seals_notes_and_contacts_of_before_and_the_log_still_verifies() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let chance = &mut Chance(77);
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(old_dispute(&world, chance).await.id);
        }
        assert_eq!(plain_rows(&fixture.raw).await, 12);
        let rotated = rotate(&world.ctx, |_| {}).await.unwrap();
        assert_eq!(plain_rows(&fixture.raw).await, 0);
        assert!(rotated.resealed >= 12 && rotated.closed.is_empty(), "{rotated:?}");
        assert_eq!(rotate(&world.ctx, |_| {}).await.unwrap().resealed, 0, "once is enough");
        assert_sound(&world).await;
        let shown = whole(&world, &office.supervisor, &ids[0].to_string()).await;
        assert_eq!(
            (&shown["text"], &shown["reporter"]["anonymous"]),
            (&json!(WORDS), &json!(true))
        );

        // A newer key takes all of it over.
        let ring = format!(
            "{},test:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            new_key("new").unwrap()
        );
        let (both, _) = world.node_with(Seals::parse(&ring).unwrap()).await;
        rotate(&both, |_| {}).await.unwrap();
        let old = "SELECT COUNT(*) FROM (SELECT body FROM sealed UNION ALL SELECT text FROM issue \
                   UNION ALL SELECT name FROM issue_contact UNION ALL \
                   SELECT phone FROM issue_contact) AS texts WHERE body NOT LIKE 'sealed:1:new:%'";
        assert_eq!(fixture.raw.number(old).await, 0);
        let log = list_events(&both, ids[1]).await.unwrap();
        assert_eq!(log[1].note.as_deref(), Some(WORDS));
        let audit = verify_audit(&both, |_| {}).await.unwrap();
        assert_eq!((audit.faulty, audit.sealed_unread), (0, 0));
    });
}

#[test]
fn a_digest_in_the_log_lets_no_guess_of_a_short_note_be_tried() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let mut body = report_of(DISPUTE, IN_EAST, "争吵");
        body["contact"] = json!({"name": "王五", "phone": "1"});
        let (id, _) = world.report("", &body).await;
        let record = json!({"parties": [{"name": "张三"}], "note": "张三"});
        put(&world, &office.supervisor, &id, "parties", &record).await.ok(200);
        for _ in 0..2 {
            act(&world, &office.acceptor, &id, json!({"action": "comment", "note": "张三"})).await;
        }
        let digests = "SELECT DISTINCT note_digest FROM event WHERE note_digest IS NOT NULL";
        let digests = fixture.raw.texts(digests).await;
        assert_eq!(digests.len(), 3, "the same words have another digest each time");
        let guess = hexward::domain::audit::Hash::of_text("张三").to_string();
        assert!(!digests.contains(&guess));
    });
}
