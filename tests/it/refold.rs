//! Rows of before follow the log once the program that reads it is another.

use crate::api::{HAZARD, IN_EAST, World, report_of};
use crate::support::check;
use hexward::app::audit::verify_audit;
use hexward::app::refold::refold_if_stale;
use hexward::app::verify::verify_metrics;
use hexward::domain::access::Role;
use serde_json::json;

#[test]
fn rows_that_were_folded_otherwise_are_folded_anew_once() {
    check(|fixture| async move {
        let world = World::new(fixture).await;
        assert_eq!(refold_if_stale(&world.ctx).await.unwrap(), Some(0), "nothing is there yet");
        let desk = world.user(Role::DutySupervisor, None, None).await;
        let handler = world.user(Role::Handler, None, None).await;
        let (id, _) = world.report("", &report_of(HAZARD, IN_EAST, "井盖缺失")).await;
        world.act(&desk, &id, &json!({"action": "file"})).await.ok(200);
        for to in ["js-ga", "js-cg"] {
            let dispatch = json!({"action": "dispatch", "department": to});
            world.act(&desk, &id, &dispatch).await.ok(200);
            if to == "js-ga" {
                let back = json!({"action": "return", "reason": "unclear", "note": "不清楚"});
                world.act(&handler, &id, &back).await.ok(200);
            }
        }
        let order = json!({"action": "supervise", "until": "2026-11-25", "note": "限期回复"});
        world.act(&desk, &id, &order).await.ok(200);
        let (raw, ctx) = (&world.fixture.raw, &world.ctx);
        let faulty = async || verify_audit(ctx, |_| ()).await.unwrap().faulty;
        assert_eq!(faulty().await, 0);
        // As a program of before wrote it.
        raw.execute("UPDATE issue SET answerable = NULL, open_orders = ''").await.unwrap();
        raw.execute("DELETE FROM issue_assist").await.unwrap();
        assert_eq!(faulty().await, 1);
        assert_eq!(
            refold_if_stale(ctx).await.unwrap(),
            None,
            "they are said to be of this version"
        );
        raw.execute("DELETE FROM setting WHERE name = 'issues_folded_by'").await.unwrap();
        assert_eq!(refold_if_stale(ctx).await.unwrap(), Some(1));
        assert_eq!(faulty().await, 0);
        assert_eq!(verify_metrics(ctx).await.unwrap().differing, 0);
        let readers = raw.texts("SELECT department FROM issue_assist").await;
        assert!(readers.contains(&"js-ga".to_owned()), "{readers:?}");
        let texts = raw.texts("SELECT text FROM issue").await;
        assert_eq!(texts, ["井盖缺失"], "what is not in the log stays");
    });
}
