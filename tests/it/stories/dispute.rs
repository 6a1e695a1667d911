//! Water through the neighbour's ceiling: sealed, mediated twice, looked after.

use super::{Story, report_under, revisit};
use crate::support::check;
use serde_json::json;

#[test]
fn the_whole_story_of_a_dispute_in_both_languages() {
    check(async |fixture| {
        let report = report_under("sg-01-01-01", "两家为赡养老人争执");
        let mut story = Story::begin(fixture, &report, "js-sf").await;
        let orange = json!({"action": "set_risk", "risk": "orange", "note": "双方情绪激动"});
        assert_eq!(story.step(|cast| &cast.acceptor, orange).await["care"]["risk"], "orange");
        story.step(|cast| &cast.acceptor, json!({"action": "file"})).await;
        story.return_three_times().await;
        let party = |name: &str| json!({"name": name, "phone": "13900001111", "role": "当事人"});
        let parties = json!({"parties": [party("赵大"), party("赵二")], "narrative": "各执一词"});
        story.put(|cast| &cast.handler, "parties", parties).await;
        story.suspend_until("2026-11-30", "2026-12-01T00:00").await;
        story.extend().await;

        let mediate = |note: &str| {
            json!({"action": "mediate", "held_at": "2026-11-30T16:00:00Z",
                "venue": "社区调解室", "mediators": ["老张"], "note": note})
        };
        let agreed =
            json!({"action": "submit", "outcome": "agreement_reached", "note": "达成协议"});
        story.step(|cast| &cast.mediator, mediate("未谈拢")).await;
        // An agreement counts when it is there.
        story.refused(|cast| &cast.handler, agreed.clone(), "validation").await;
        story.step(|cast| &cast.mediator, mediate("各退一步")).await;
        let written = json!({"form": "peoples_mediation", "text": "每月各付五百元",
            "visits": ["2026-12-20"]});
        story.put(|cast| &cast.mediator, "agreement", written).await;
        story.step(|cast| &cast.handler, agreed).await;
        // No offender, no inspection.
        let order = json!({"action": "order_check"});
        story.refused(|cast| &cast.acceptor, order, "action_not_allowed").await;
        story.step(|cast| &cast.acceptor, json!({"action": "close"})).await;
        story.at("2026-12-20T10:00");
        let broken = json!({"action": "follow_up", "kept": "false", "note": "一方未付"});
        story.step(|cast| &cast.mediator, broken).await;
        story.step(|cast| &cast.acceptor, revisit("not_resolved", "unsatisfied")).await;

        let reopen = json!({"action": "reopen", "note": "协议未履行"});
        let open = story.step(|cast| &cast.supervisor, reopen).await;
        assert_eq!(open["care"]["agreement_form"], json!(null), "it was not agreed on after all");
        story.hand_over().await;
        story.step(|cast| &cast.mediator, mediate("无法达成一致")).await;
        let not = json!({"action": "submit", "outcome": "agreement_not_reached",
            "note": "告知诉讼途径"});
        story.step(|cast| &cast.handler, not).await;
        let closed = story.step(|cast| &cast.acceptor, json!({"action": "close"})).await;
        assert_eq!(closed["outcome"], "agreement_not_reached");
        story.step(|cast| &cast.acceptor, revisit("resolved", "fairly_satisfied")).await;
        for name in ["赵大", "赵二", "13900001111", "各执一词", "每月各付五百元"] {
            assert!(story.texts.iter().all(|text| !text.contains(name)), "{name} is told");
        }
        story.end("dispute").await;
    });
}
