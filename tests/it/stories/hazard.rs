//! A manhole cover that jumps, with everything that can come between.

use super::{Story, report_under, revisit};
use crate::support::check;
use serde_json::json;

#[test]
fn the_whole_story_of_a_hazard_in_both_languages() {
    check(async |fixture| {
        let report = report_under("bj-01-01-03", "井盖弹跳，夜里响声很大");
        let mut story = Story::begin(fixture, &report, "js-gs").await;
        story.step(|cast| &cast.acceptor, json!({"action": "accept_for_check"})).await;
        let file = json!({"action": "file"});
        story.refused(|cast| &cast.worker, file.clone(), "forbidden").await;
        let filed = story.step(|cast| &cast.acceptor, file).await;
        assert_eq!(filed["clocks"]["total"]["light"], "green");
        story.return_three_times().await;
        story.suspend_until("2026-11-30", "2026-12-01T00:00").await;
        story.extend().await;

        // What is said to be mended must be shown.
        let bare = json!({"action": "submit", "outcome": "remedied", "note": "已修好"});
        story.refused(|cast| &cast.handler, bare, "evidence_no_after_photo").await;
        let pass = json!({"action": "pass", "note": "现场无响声"});
        story.submit_with_photo("已加装胶垫").await;
        story
            .refused(|cast| &cast.supervisor, json!({"action": "close"}), "action_not_allowed")
            .await;
        story.step(|cast| &cast.acceptor, json!({"action": "order_check"})).await;
        story.refused(|cast| &cast.handler, pass.clone(), "forbidden").await;
        let fail = json!({"action": "fail", "note": "仍有响声"});
        let rework = story.step(|cast| &cast.colleague, fail).await;
        assert_eq!((&rework["state"], &rework["reworks"]), (&json!("handling"), &json!(1)));
        assert_eq!(rework["lead"]["code"], "js-gs", "the same department");
        // The clock was kept running: by and by it is yellow, then red.
        story.at("2026-12-04T12:00");
        assert_eq!(story.attend().await["clocks"]["total"]["light"], "yellow");
        story.at("2026-12-05T09:00");
        assert_eq!(story.attend().await["clocks"]["total"]["light"], "red");
        let again = json!({"action": "extend", "note": "再延一次"});
        story.refused(|cast| &cast.supervisor, again, "overdue").await;
        story.submit_with_photo("已更换井盖").await;
        story.step(|cast| &cast.acceptor, json!({"action": "order_check"})).await;
        let closed = story.step(|cast| &cast.colleague, pass.clone()).await;
        assert_eq!(closed["state"], "closed");

        // The reporter has another word for it.
        let told = story.step(|cast| &cast.acceptor, revisit("not_resolved", "unsatisfied")).await;
        assert_eq!(told["supervision"]["reopen_proposed"], true, "{told}");
        let reopen = json!({"action": "reopen", "note": "群众反映仍有响声"});
        let open = story.step(|cast| &cast.supervisor, reopen).await;
        assert_eq!((&open["state"], &open["reopened"]), (&json!("filed"), &json!(1)));
        assert_eq!(open["clocks"]["total"]["grants"], 1, "a clock of its own");
        story.hand_over().await;
        story.submit_with_photo("已更换井座").await;
        story.step(|cast| &cast.acceptor, json!({"action": "order_check"})).await;
        story.step(|cast| &cast.colleague, pass).await;
        let told = story.step(|cast| &cast.acceptor, revisit("resolved", "satisfied")).await;
        assert_eq!(told["supervision"]["reopen_proposed"], false);
        story.end("hazard").await;
    });
}
