//! Disputes: what is sealed stays sealed, who opens it is written down first, and mediation.

use super::{LEAD, Office, act, events, put, read};
use crate::api::access::{filled, routes};
use crate::api::{DISPUTE, EAST, HAZARD, IN_EAST, World, call, get, post, report_of};
use crate::support::log::heard_log;
use crate::support::{check, seals};
use hexward::domain::access::Role;
use hexward::domain::id::IssueId;
use hexward::domain::time::DAY_MS;
use serde_json::{Value, json};

/// In everything that is to be hidden, and in nothing else.
const CANARY: &str = "kanarienvogel";
/// In what is not hidden, to show that the search finds what is there.
const MARK: &str = "offenbarung";

fn record() -> Value {
    let party = |n: u8| {
        json!({
            "name": format!("{CANARY} {n}"),
            "phone": format!("{CANARY}-phone"),
            "id_number": format!("{CANARY}-id"),
            "address": format!("{CANARY}-address"),
            "role": "申请人",
        })
    };
    json!({"parties": [party(1), party(2)], "narrative": format!("{CANARY} 漏水")})
}

fn dispute_report() -> Value {
    let mut body = report_of(DISPUTE, IN_EAST, &format!("{CANARY} 与邻居争吵"));
    body["address"] = json!(format!("{CANARY} 路九号"));
    body["contact"] = json!({"name": format!("{CANARY} 王五"), "phone": format!("{CANARY}-1")});
    body
}

/// What those read who may know what a dispute is about: all but the sealed record.
fn known(text: &str) -> String {
    let words = ["与邻居争吵", "路九号", "王五", "各退一步", "调解室", "老张", "东门", "第三条"];
    let phone = format!("{CANARY}-1\"");
    let known = words.iter().map(|word| format!("{CANARY} {word}")).chain([phone]);
    known.fold(text.to_owned(), |text, word| text.replace(&word, ""))
}

/// A dispute with everything sealed that can be, agreed on and closed.
async fn sealed_dispute(world: &World, office: &Office) -> (String, String) {
    let (id, number) = world.report("", &dispute_report()).await;
    office.bring_to_handling(world, &id).await;
    put(world, &office.handler, &id, "parties", &record()).await.ok(200);
    let mediation = json!({"action": "mediate", "held_at": "2026-11-20T01:00:00Z",
        "venue": format!("{CANARY} 调解室"), "mediators": [format!("{CANARY} 老张")],
        "note": format!("{CANARY} 各退一步")});
    act(world, &office.handler, &id, mediation).await;
    let whistle = json!({"action": "whistle", "departments": ["js-cg"], "until": "2026-11-21",
        "meeting": format!("{CANARY} 东门"), "note": format!("{CANARY} 各退一步")});
    act(world, &office.supervisor, &id, whistle).await;
    let agreement = json!({"form": "written", "text": format!("{CANARY} 赔偿"),
        "visits": ["2026-12-20"]});
    put(world, &office.handler, &id, "agreement", &agreement).await.ok(200);
    (id, number)
}

#[test]
fn a_sealed_name_is_in_no_answer_no_table_no_file_and_no_log() {
    let log = heard_log();
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let (id, number) = sealed_dispute(&world, &office).await;
        world.report("", &report_of(HAZARD, IN_EAST, MARK)).await;

        // Readers of every sort; the desk and the lead know the report's text, so they are asked
        // for the parties' part of it only.
        let mut readers = vec![(String::new(), false)];
        for role in Role::ALL {
            let department = (role == Role::Handler).then_some("js-ga");
            readers.push((world.user(role, None, department).await, role.reads_disputes()));
        }
        let mut asked = 0;
        for (token, knows_text) in &readers {
            for (_, path) in routes().iter().filter(|(m, p)| m == "GET" && !p.ends_with("/live")) {
                let path = filled(&path.replace("{id}", &id).replace("{number}", &number));
                for query in ["", "?q=kanarienvogel&count=true", "?kind=dispute&limit=200"] {
                    let reply = world.send(get(&format!("{path}{query}")).by(token)).await;
                    // What was reported and noted is known to those who read disputes.
                    let text = match knows_text {
                        true => known(&reply.text()),
                        false => reply.text(),
                    };
                    assert!(!text.contains(CANARY), "{path}{query}: {text}");
                    asked += 1;
                }
            }
            let tile = "/api/v1/tiles/issues/16/53459/26016.mvt";
            let tile = world.send(get(tile).by(token)).await;
            assert!(!tile.text().contains(CANARY));
            let again = world.send(post("/api/v1/reports/preview", &dispute_report()).by(token));
            let again = known(&again.await.text());
            assert!(!again.contains(CANARY), "{again}");
        }
        assert!(asked > 500, "{asked}");
        // Before the database is searched: PostgreSQL's client tells the log what it asks.
        let told = String::from_utf8_lossy(&log.0.lock().expect("the log")).into_owned();
        assert!(told.lines().count() > 100, "the log tells of requests at all");
        assert!(!told.contains(CANARY), "the log holds the name");
        assert!(fixture.holds(MARK).await, "the search finds what is there");
        assert!(!fixture.holds(CANARY).await, "{} holds the name", fixture.engine());
    });
}

#[test]
fn only_named_roles_open_the_record_and_each_opening_is_in_the_log() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let (id, _) = sealed_dispute(&world, &office).await;
        let refused = [
            (office.acceptor.clone(), 403),
            (world.user(Role::Leader, None, None).await, 403),
            (world.user(Role::GridWorker, None, None).await, 403),
            (world.user(Role::Handler, None, Some("js-ga")).await, 404),
            (world.user(Role::Mediator, Some(crate::api::WEST), None).await, 404),
            (world.user(Role::LegalAdviser, None, None).await, 404),
            (world.user(Role::Admin, None, None).await, 404),
        ];
        for (token, status) in &refused {
            let reply = read(&world, token, &id, "看看").await;
            assert_eq!(reply.status.as_u16(), *status, "{}", reply.text());
            assert!(!reply.text().contains(CANARY));
        }
        let count = |log: &[Value]| log.iter().filter(|e| e["action"] == "read_parties").count();
        assert_eq!(count(&events(&world, &office.supervisor, &id).await), 0);
        // Without a reason nothing is shown.
        read(&world, &office.supervisor, &id, " ").await.problem(422, "validation");

        let opened = [
            office.supervisor.clone(),
            world.user(Role::Dispatcher, None, None).await,
            office.handler.clone(),
            world.user(Role::Mediator, Some(EAST), None).await,
        ];
        for (token, n) in opened.iter().zip(1..) {
            let reply = read(&world, token, &id, "准备调解").await.ok(200).json();
            assert_eq!(reply["parties"][0]["name"], format!("{CANARY} 1"));
            assert_eq!(reply["narrative"], format!("{CANARY} 漏水"));
            assert_eq!(reply["agreement_text"], format!("{CANARY} 赔偿"));
            let log = events(&world, &office.supervisor, &id).await;
            assert_eq!(count(&log), n);
            let last = log.last().expect("an event");
            assert_eq!((&last["seq"], &last["note"]), (&reply["version"], &json!("准备调解")));
            assert!(last["actor"]["name"].as_str().is_some_and(|name| !name.is_empty()));
        }
    });
}

#[test]
fn what_cannot_be_written_down_is_not_shown() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let (id, _) = sealed_dispute(&world, &office).await;
        let forbid = match fixture.engine() {
            "sqlite" => {
                "CREATE TRIGGER no_read BEFORE INSERT ON event WHEN NEW.action = 'read_parties' \
                 BEGIN SELECT RAISE(ABORT, 'no'); END"
            }
            _ => {
                "ALTER TABLE event ADD CONSTRAINT no_read \
                 CHECK (action <> 'read_parties') NOT VALID"
            }
        };
        fixture.raw.execute(forbid).await.expect("the table is guarded");
        let reply = read(&world, &office.supervisor, &id, "准备调解").await;
        assert_eq!(reply.status.as_u16(), 500);
        assert!(!reply.text().contains(CANARY));
    });
}

#[test]
fn without_a_key_no_dispute_is_kept_and_the_reason_is_clear() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let bare = world.without_keys().await;
        let say = |body: Value| body["detail"].as_str().unwrap_or("").to_owned();
        let kept = crate::api::send_to(&bare, post("/api/v1/reports", &dispute_report())).await;
        assert!(say(kept.problem(409, "no_seal_key")).contains("hexward seal new-key"));
        // What needs no key goes on.
        let hazard = report_of(HAZARD, IN_EAST, "井盖缺失");
        crate::api::send_to(&bare, post("/api/v1/reports", &hazard)).await.ok(201);
        // What was sealed elsewhere is not shown, and nobody is said to have read it.
        let office = Office::of(&world).await;
        let (id, _) = sealed_dispute(&world, &office).await;
        let path = format!("/api/v1/issues/{id}/parties/read");
        let body = json!({"reason": "准备调解"});
        let told = crate::api::send_to(&bare, post(&path, &body).by(&office.supervisor)).await;
        assert!(say(told.problem(409, "no_seal_key")).contains("test"));
        let list = get("/api/v1/issues?kind=dispute").by(&office.supervisor);
        let list = crate::api::send_to(&bare, list).await.ok(200).json();
        assert_eq!(list["items"][0]["text"], Value::Null);
    });
}

#[test]
fn a_sealed_text_opens_in_no_other_issue() {
    check(async |fixture| {
        let world = World::new(fixture.clone()).await;
        let office = Office::of(&world).await;
        let (id, _) = sealed_dispute(&world, &office).await;
        let (other, _) = sealed_dispute(&world, &office).await;
        let copy = format!(
            "UPDATE sealed SET body = (SELECT body FROM sealed WHERE issue_id = '{id}' AND \
             part = 'parties') WHERE issue_id = '{other}' AND part = 'parties'"
        );
        assert_eq!(fixture.raw.execute(&copy).await, Ok(1));
        let reply = read(&world, &office.supervisor, &other, "准备调解").await;
        assert_eq!(reply.status.as_u16(), 500);
        assert!(!reply.text().contains(CANARY));
        let kept = world.ctx.store.find_sealed(IssueId::parse(&id).unwrap()).await.unwrap();
        assert!(kept.iter().all(|text| text.body.starts_with(&seals().prefix().unwrap())));
    });
}

#[test]
fn a_colour_summons_its_level_and_changing_it_is_a_step() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = world.report("", &dispute_report()).await;
        let path = format!("/api/v1/issues/{id}/summons");
        for (colour, area, told) in
            [("yellow", "410105001001", 2), ("orange", EAST, 4), ("red", crate::api::DISTRICT, 6)]
        {
            let set = json!({"action": "set_risk", "risk": colour});
            let issue = act(&world, &office.acceptor, &id, set.clone()).await;
            assert_eq!(issue["care"]["risk"], colour);
            let again = world.act(&office.acceptor, &id, &set).await;
            again.problem(422, "validation");
            let summons = world.send(get(&path).by(&office.acceptor)).await.ok(200).json();
            let items = summons["items"].as_array().unwrap();
            let codes: Vec<&str> =
                items.iter().map(|one| one["area"]["code"].as_str().unwrap()).collect();
            assert_eq!(items.len(), told, "{items:?}");
            assert_eq!(codes.iter().filter(|code| **code == area).count(), 2, "{codes:?}");
        }
        let list = "/api/v1/issues?risk=red&count=true".to_owned();
        let found = world.send(get(&list).by(&office.supervisor)).await.ok(200).json();
        assert_eq!(found["total"], 1);
    });
}

#[test]
fn an_agreement_is_recorded_before_it_counts_and_is_looked_after() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let (id, _) = world.report("", &dispute_report()).await;
        office.bring_to_handling(&world, &id).await;
        let agreed = json!({"action": "submit", "outcome": "agreement_reached", "note": "达成"});
        world.act(&office.handler, &id, &agreed).await.problem(422, "validation");
        // Words are needed for what is written, and they go the way on which they are sealed.
        let bare = json!({"form": "written"});
        put(&world, &office.handler, &id, "agreement", &bare).await.problem(422, "validation");
        let plain = json!({"action": "record_agreement", "agreement_form": "written"});
        world.act(&office.handler, &id, &plain).await.problem(422, "validation");
        let mediator = world.user(Role::Mediator, Some(EAST), None).await;
        let mediation = json!({"action": "mediate", "held_at": "2026-11-20T01:00:00Z",
            "venue": "社区调解室", "mediators": ["老张", "老李"], "note": "各退一步"});
        let issue = act(&world, &mediator, &id, mediation).await;
        assert_eq!(issue["care"]["attempts"], 1);
        let written = json!({"form": "peoples_mediation", "text": "三十日内修好",
            "visits": ["2026-12-20", "2027-01-20"]});
        put(&world, &mediator, &id, "agreement", &written).await.ok(200);
        let issue = act(&world, &office.handler, &id, agreed).await;
        assert_eq!(issue["care"]["agreement_form"], "peoples_mediation");
        act(&world, &office.acceptor, &id, json!({"action": "close"})).await;

        let due = |day: &str| format!("/api/v1/issues?visit_due_by={day}&count=true");
        let count = async |day: &str| {
            let found = world.send(get(&due(day)).by(&office.supervisor)).await.ok(200).json();
            found["total"].as_i64().unwrap()
        };
        assert_eq!((count("2026-12-19").await, count("2026-12-20").await), (0, 1));
        world.later(31 * DAY_MS);
        let kept = json!({"action": "follow_up", "kept": "true", "note": "已修好"});
        let issue = act(&world, &mediator, &id, kept).await;
        assert_eq!(issue["care"]["visits"], json!(["2027-01-20"]));
        assert_eq!((count("2026-12-31").await, count("2027-01-20").await), (0, 1));
        let summary = "/api/v1/metrics/summary?from=2026-11-01&to=2026-12-31";
        let told = world.send(get(summary).by(&office.supervisor)).await.ok(200).text();
        assert!(told.contains("mediation_rate"), "{told}");
        // What is opened again was not agreed on after all.
        let again = json!({"action": "reopen", "note": "又漏了"});
        let issue = act(&world, &office.supervisor, &id, again).await;
        assert_eq!(issue["care"]["agreement_form"], Value::Null);
        assert_eq!(issue["lead"]["code"], LEAD);
    });
}

#[test]
fn a_mediator_and_an_adviser_see_their_own_and_nothing_else() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mediator = world.user(Role::Mediator, Some(EAST), None).await;
        let adviser = world.user(Role::LegalAdviser, Some(EAST), None).await;
        let west = [113.645, 34.785];
        let mut ids = Vec::new();
        for category in [DISPUTE, "sg-02-04", crate::api::OPINION, HAZARD] {
            for place in [IN_EAST, west] {
                let mut body = report_of(category, place, "一件事");
                body["contact"] = json!({"name": "王五", "phone": "1"});
                ids.push(world.report("", &body).await.0);
            }
        }
        for (token, own) in [(&mediator, &ids[0]), (&adviser, &ids[2])] {
            let list = world.send(get("/api/v1/issues?count=true").by(token)).await.ok(200).json();
            assert_eq!(list["total"], 1, "{list}");
            for id in &ids {
                let path = format!("/api/v1/issues/{id}");
                let status = world.send(call("GET", &path).by(token)).await.status.as_u16();
                assert_eq!(status, if id == own { 200 } else { 404 });
            }
        }
    });
}
