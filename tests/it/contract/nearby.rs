//! The open issues that a node knows by their places are those that the database has.

use crate::support::world::{START, World};
use crate::support::{Chance, Fixture, check};
use hexward::domain::id::IssueId;
use hexward::domain::issue::record::Issue;
use hexward::domain::time::{DAY_MS, HOUR_MS, Timestamp};
use hexward::store::Store;
use hexward::store::query::{Bounds, Near};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is asked about the place of an issue: within some 150 metres of nearly it.
fn near(issue: &Issue, chance: &mut Chance) -> Near {
    let (lon, lat) = issue.place.position;
    let (lon, lat) = (lon + chance.share() * 0.001, lat + chance.share() * 0.001);
    let high = 0.00135;
    let wide = high / lat.to_radians().cos().max(0.01);
    Near {
        category: issue.category.clone(),
        bounds: Bounds { west: lon - wide, south: lat - high, east: lon + wide, north: lat + high },
        since: Timestamp(issue.times.reported.0 + (chance.below(3) as i64 - 1) * HOUR_MS),
        limit: 1_000,
    }
}

/// The slow truth: every issue that there is, one after another.
fn told_by(all: &[Issue], near: &Near) -> Vec<IssueId> {
    let within = |issue: &&Issue| {
        let (lon, lat) = issue.place.position;
        issue.state.is_open()
            && issue.category == near.category
            && issue.times.reported >= near.since
            && (near.bounds.west..=near.bounds.east).contains(&lon)
            && (near.bounds.south..=near.bounds.north).contains(&lat)
    };
    let mut found: Vec<&Issue> = all.iter().filter(within).collect();
    found.sort_by_key(|issue| std::cmp::Reverse((issue.times.reported, issue.id)));
    found.into_iter().map(|issue| issue.id).collect()
}

/// What a node knows, once it knows anything.
async fn known_by(node: &dyn Store, near: &Near) -> Vec<IssueId> {
    let begun = Instant::now();
    loop {
        if let Some(found) = node.find_near(near).await.expect("an answer") {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the places were never loaded");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn compare(fixture: &Fixture, nodes: [&Arc<dyn Store>; 2], chance: &mut Chance) -> usize {
    let all = fixture.store.scan_issues(None, 100_000).await.expect("all issues");
    let mut found = 0;
    for issue in &all {
        let near = near(issue, chance);
        let truth = told_by(&all, &near);
        found += truth.len();
        for node in nodes {
            assert_eq!(known_by(node.as_ref(), &near).await, truth, "{near:?}");
        }
    }
    found
}

#[test]
fn every_node_knows_the_open_issues_around_a_place() {
    check(|fixture| async move {
        let other = hexward::store::open(&fixture.url).await.expect("another node");
        let (mut world, mut chance) = (World::new(91), Chance(92));
        for round in 1..=160 {
            let writer = if chance.one_in(2) { &other } else { &fixture.store };
            let change = world.next_change();
            let saved: Vec<Issue> = change.saves.iter().map(|save| save.issue.clone()).collect();
            writer.apply(change).await.expect("the step is stored");
            // The node that wrote it knows at once.
            for issue in &saved {
                let near = Near { since: Timestamp(START.0), ..near(issue, &mut chance) };
                let (lon, lat) = issue.place.position;
                let here = (near.bounds.west..=near.bounds.east).contains(&lon)
                    && (near.bounds.south..=near.bounds.north).contains(&lat);
                let known = known_by(writer.as_ref(), &near).await.contains(&issue.id);
                assert_eq!(known, here && issue.state.is_open(), "round {round}");
            }
            if round % 40 == 0 {
                // The others know a moment later.
                tokio::time::sleep(Duration::from_millis(300)).await;
                let found = compare(&fixture, [&fixture.store, &other], &mut chance).await;
                assert!(found > 0, "nothing was near anything");
            }
        }
        // A node that begins later loads what is there.
        let late = hexward::store::open(&fixture.url).await.expect("a late node");
        compare(&fixture, [&late, &fixture.store], &mut chance).await;
    });
}

#[test]
fn what_is_too_wide_or_too_long_ago_is_left_to_the_database() {
    check(|fixture| async move {
        let (mut world, mut chance) = (World::new(93), Chance(94));
        for _ in 0..40 {
            fixture.store.apply(world.next_change()).await.expect("the step is stored");
        }
        let all = fixture.store.scan_issues(None, 1_000).await.expect("all issues");
        let asked = near(&all[0], &mut chance);
        known_by(fixture.store.as_ref(), &asked).await;
        let long_ago = Near { since: Timestamp(START.0 - 400 * DAY_MS), ..asked.clone() };
        assert!(fixture.store.find_near(&long_ago).await.expect("an answer").is_none());
        let Bounds { west, south, .. } = asked.bounds;
        let bounds = Bounds { west, south, east: west + 0.02, north: south + 0.02 };
        let wide = Near { bounds, ..asked };
        assert!(fixture.store.find_near(&wide).await.expect("an answer").is_none());
    });
}
