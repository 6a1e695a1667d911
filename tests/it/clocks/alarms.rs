//! Alarms: nobody looks at an issue before its clocks ask for something, and nothing is missed.

use super::jobs::keep_tales;
use super::rules::{keeper, random_tale};
use crate::api::World;
use crate::support::{Chance, Fixture, check};
use hexward::app::clocks::{attend_clocks, retime_all};
use hexward::app::intake::publish_shipped_calendar;
use hexward::domain::issue::alarm::{first_alarm, next_alarm};
use hexward::domain::issue::clock::{Stage, Timekeeper};
use hexward::domain::issue::notice::{Notice, escalations_due, notices_due, notices_of_reply};
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::State;
use hexward::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

fn named(notice: &Notice) -> String {
    let issue = notice.issue.to_string();
    [&issue, notice.about.as_str(), notice.recipient.as_str(), &notice.round].join(" ")
}

fn told_at(issue: &Issue, keeper: &Timekeeper, at: Timestamp) -> Vec<String> {
    let mut notices = notices_of_reply(issue, at);
    if issue.state.is_open() {
        notices.extend(notices_due(issue, keeper, at).unwrap());
    }
    notices.iter().map(named).collect()
}

/// All that an issue asks for at an instant.
fn asked_at(issue: &Issue, keeper: &Timekeeper, at: Timestamp) -> Vec<String> {
    let mut asked = told_at(issue, keeper, at);
    if issue.state == State::Suspended && issue.suspended_until.is_some_and(|until| until <= at) {
        asked.push("resume".into());
    }
    let sign_off = issue.clocks.stage.as_ref().filter(|clock| clock.stage == Stage::SignOff);
    if let Some(clock) = sign_off.filter(|_| issue.state.is_open())
        && let Some(reading) = clock.read(&keeper.calendar, at).unwrap()
    {
        asked.extend((0..escalations_due(reading)).map(|rung| format!("escalate {rung}")));
    }
    asked
}

#[test]
fn nothing_is_asked_for_before_an_alarm() {
    let (keeper, chance) = (keeper(), &mut Chance(23));
    let (mut rang, mut silent) = (0, 0);
    for _ in 0..400 {
        let (issue, _) = random_tale(chance);
        let mut now = issue.updated;
        let first = first_alarm(&issue);
        // Every alarm to the last one, and between them at random and a moment before.
        for _ in 0..40 {
            let next = next_alarm(&issue, &keeper, now).unwrap();
            let asked = asked_at(&issue, &keeper, now);
            let until = next.map_or(now.0 + 1_000 * HOUR_MS, |next| next.0 - 1);
            let between = (until - now.0) as usize + 1;
            for at in [until, now.0 + chance.below(between) as i64] {
                let at = Timestamp(at);
                assert_eq!(asked_at(&issue, &keeper, at), asked, "{issue:?} at {at:?}");
                assert!(asked.is_empty() || first.is_some_and(|first| first <= at), "{issue:?}");
            }
            let Some(next) = next else {
                silent += 1;
                break;
            };
            rang += usize::from(asked_at(&issue, &keeper, next) != asked);
            now = next;
        }
    }
    assert!(rang > 500 && silent == 400, "{rang} {silent}");
}

async fn world_with_tales(fixture: std::sync::Arc<Fixture>) -> (World, Timestamp) {
    let issues = keep_tales(&fixture, 60).await;
    let last = issues.iter().map(|issue| issue.updated).max().unwrap();
    let world = World::new(fixture).await;
    let told = publish_shipped_calendar(&world.ctx, "cn", "").await.unwrap();
    assert_eq!(told, Ok(1));
    world.clock.store(last.0, Ordering::Relaxed);
    retime_all(&world.ctx).await.unwrap();
    (world, last)
}

#[test]
fn by_its_alarms_an_issue_is_told_of_as_if_it_were_looked_at_all_the_time() {
    check(|fixture| async move {
        let (world, _) = world_with_tales(fixture).await;
        let (ctx, chance) = (&world.ctx, &mut Chance(29));
        let mut truth = BTreeSet::new();
        for _ in 0..50 {
            world.later(chance.below(30 * 60) as i64 * MINUTE_MS);
            // What goes on again is told of once it does.
            attend_clocks(ctx).await.unwrap();
            attend_clocks(ctx).await.unwrap();
            let keeper = &ctx.snapshot().keeper;
            for issue in ctx.store.scan_issues(None, 1_000).await.unwrap() {
                truth.extend(told_at(&issue, keeper, ctx.now()));
            }
        }
        let kept = "SELECT issue_id || ' ' || about || ' ' || recipient || ' ' || round \
            FROM notice WHERE about IN ('due_soon', 'overdue', 'stage_overdue', 'reply_overdue')";
        let kept: BTreeSet<String> = world.fixture.raw.texts(kept).await.into_iter().collect();
        assert_eq!(kept, truth);
        assert!(kept.len() > 100, "{}", kept.len());
    });
}

#[test]
fn what_was_told_of_is_not_looked_at_again() {
    check(|fixture| async move {
        let (world, last) = world_with_tales(fixture).await;
        let ctx = &world.ctx;
        world.later(100 * HOUR_MS);
        let rung = async || ctx.store.scan_alarms(ctx.now(), None, 1_000).await.unwrap();
        assert!(rung().await.len() > 20);
        attend_clocks(ctx).await.unwrap();
        // A step sets an alarm of its own, which is looked at once.
        attend_clocks(ctx).await.unwrap();
        assert_eq!(rung().await, []);
        // A page after the other finds the same as all of them at once, in order.
        world.later(2_000 * HOUR_MS);
        let all = rung().await;
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = ctx.store.scan_alarms(ctx.now(), after, 3).await.unwrap();
            after = page.last().map(|(at, issue)| (*at, issue.id));
            paged.extend(page);
            if paged.len() % 3 != 0 || paged.len() == all.len() {
                break;
            }
        }
        assert_eq!(paged, all);
        assert!(all.len() > 5 && all.is_sorted_by_key(|(at, issue)| (*at, issue.id)));
        // Another calendar moves what is asked for, so everything is looked at.
        assert!(ctx.store.scan_alarms(last, None, 1_000).await.unwrap().is_empty());
        ctx.store.ring_all_alarms().await.unwrap();
        assert!(ctx.store.scan_alarms(last, None, 1_000).await.unwrap().len() >= all.len());
    });
}
