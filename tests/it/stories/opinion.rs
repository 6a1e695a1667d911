//! A proposal to the street: answered, published, answered again.

use super::{Story, report_under, revisit};
use crate::api::get;
use crate::support::check;
use serde_json::{Value, json};

fn answer(outcome: &str, note: &str) -> Value {
    json!({"action": "submit", "outcome": outcome, "note": note})
}

#[test]
fn the_whole_story_of_an_opinion_in_both_languages() {
    check(async |fixture| {
        let report = report_under("sg-02-01-01", "希望小区增设充电桩");
        let mut story = Story::begin(fixture, &report, "js-wg").await;
        story.step(|cast| &cast.acceptor, json!({"action": "file"})).await;
        story.return_three_times().await;
        story.suspend_until("2026-11-30", "2026-12-01T00:00").await;
        story.extend().await;

        story.refused(|cast| &cast.handler, answer("remedied", "已办"), "validation").await;
        story.step(|cast| &cast.handler, answer("answered", "场地不足，暂不增设")).await;
        let order = json!({"action": "order_check"});
        story.refused(|cast| &cast.acceptor, order, "action_not_allowed").await;
        let close = json!({"action": "close"});
        story.step(|cast| &cast.acceptor, close.clone()).await;
        let told = story.step(|cast| &cast.acceptor, revisit("not_resolved", "unsatisfied")).await;
        assert_eq!(told["supervision"]["reopen_proposed"], true);

        let reopen = json!({"action": "reopen", "note": "居民提出可用的空地"});
        story.step(|cast| &cast.supervisor, reopen).await;
        story.hand_over().await;
        story.step(|cast| &cast.handler, answer("adopted", "采纳，年内建成")).await;
        let publish = json!({"action": "publish_answer", "note": "充电桩年内建成"});
        story.refused(|cast| &cast.handler, publish.clone(), "forbidden").await;
        story.step(|cast| &cast.acceptor, publish).await;
        let public = story.world.send(get("/api/v1/public/answers")).await.ok(200);
        assert_eq!(public.json()["items"][0]["text"], "充电桩年内建成");
        assert!(!public.text().contains("王五"));
        let closed = story.step(|cast| &cast.acceptor, close).await;
        assert_eq!((&closed["state"], &closed["outcome"]), (&json!("closed"), &json!("adopted")));
        story.step(|cast| &cast.acceptor, revisit("resolved", "satisfied")).await;
        story.end("opinion").await;
    });
}
