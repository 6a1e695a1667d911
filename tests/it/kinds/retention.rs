//! Retention: what is personal goes after its term, and the log stays whole.

use super::{Office, act, put, read};
use crate::api::{DISPUTE, HAZARD, IN_EAST, OPINION, World, get, report_of};
use crate::support::check;
use hexward::app::audit::verify_audit;
use hexward::app::retention::erase_due;
use hexward::app::verify::verify_metrics;
use hexward::domain::id::IssueId;
use hexward::domain::time::DAY_MS;
use serde_json::json;

const WORDS: &str = "只有当事人知道的话";

async fn closed(world: &World, office: &Office, category: &str) -> String {
    let mut body = report_of(category, IN_EAST, WORDS);
    body["contact"] = json!({"name": "王五", "phone": "13812345678"});
    let (id, _) = world.report("", &body).await;
    office.bring_to_handling(world, &id).await;
    if category == DISPUTE {
        let record = json!({"parties": [{"name": "张三"}], "narrative": WORDS});
        put(world, &office.handler, &id, "parties", &record).await.ok(200);
    }
    let outcome = match category {
        HAZARD => "remedied",
        DISPUTE => "agreement_not_reached",
        _ => "answered",
    };
    let submit = json!({"action": "submit", "outcome": outcome, "note": "与王五当面谈过"});
    act(world, &office.handler, &id, submit).await;
    let close = json!({"action": "force_close", "note": "王五已满意"});
    act(world, &office.supervisor, &id, close).await;
    id
}

async fn count(world: &World, sql: &str) -> i64 {
    world.fixture.raw.number(sql).await
}

#[test]
fn after_its_term_nothing_personal_is_left_and_the_log_still_verifies() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        let hazard = closed(&world, &office, HAZARD).await;
        let dispute = closed(&world, &office, DISPUTE).await;
        let opinion = closed(&world, &office, OPINION).await;
        let publish = json!({"action": "publish_answer", "note": "公开的答复"});
        act(&world, &office.acceptor, &opinion, publish).await;
        world.later(729 * DAY_MS);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 0, "a day before the term");
        world.later(2 * DAY_MS);
        // A dispute's term is longer.
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 2);
        let contacts = "SELECT COUNT(*) FROM issue_contact";
        assert_eq!(count(&world, contacts).await, 1);
        // API tokens last a year.
        let office = Office::of(&world).await;
        read(&world, &office.supervisor, &dispute, "核对").await.ok(200);
        world.later(365 * DAY_MS);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 1);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 0, "once is enough");
        for left in [
            contacts,
            "SELECT COUNT(*) FROM sealed",
            "SELECT COUNT(*) FROM event WHERE note IS NOT NULL AND action <> 'publish_answer'",
            "SELECT COUNT(*) FROM issue WHERE kind = 'dispute' AND text <> ''",
        ] {
            assert_eq!(count(&world, left).await, 0, "{left}");
        }
        // What was published stays, and so does what a thing was about.
        let office = Office::of(&world).await;
        let answers = world.send(get("/api/v1/public/answers")).await.ok(200).json();
        assert_eq!(answers["items"][0]["text"], "公开的答复");
        let path = format!("/api/v1/issues/{hazard}");
        let shown = world.send(get(&path).by(&office.supervisor)).await.ok(200).json();
        assert_eq!((&shown["text"], &shown["reporter"]["phone"]), (&json!(WORDS), &json!(null)));
        let audit = verify_audit(&world.ctx, |_| {}).await.unwrap();
        assert_eq!((audit.faulty, audit.faults), (0, Vec::new()));
        assert!(verify_metrics(&world.ctx).await.unwrap().is_right());
        world.later(1_000);
        // Opening the empty record is a step again, with a note that goes in its turn.
        let record = read(&world, &office.supervisor, &dispute, "核对").await.ok(200).json();
        assert_eq!((&record["parties"], &record["narrative"]), (&json!([]), &json!("")));
        world.later(DAY_MS);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 1);
    });
}

#[test]
fn nodes_that_erase_at_once_erase_each_issue_and_no_open_one() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let office = Office::of(&world).await;
        for _ in 0..6 {
            closed(&world, &office, HAZARD).await;
        }
        let (open, _) = world.report("", &report_of(HAZARD, IN_EAST, WORDS)).await;
        let comment = json!({"action": "comment", "note": "仍在办理"});
        act(&world, &office.acceptor, &open, comment).await;
        world.later(800 * DAY_MS);
        let (second, _) = world.second_node().await;
        let (one, two) = tokio::join!(erase_due(&world.ctx), erase_due(&second));
        let both = one.unwrap() + two.unwrap();
        assert!((6..=12).contains(&both), "{both}");
        assert_eq!(count(&world, "SELECT COUNT(*) FROM issue_contact").await, 0);
        assert_eq!(count(&world, "SELECT COUNT(*) FROM event WHERE note IS NOT NULL").await, 1);
        assert_eq!(erase_due(&world.ctx).await.unwrap(), 0);
        let events = world.ctx.store.list_events(IssueId::parse(&open).unwrap()).await.unwrap();
        assert!(events.iter().any(|event| event.note.as_deref() == Some("仍在办理")));
    });
}
