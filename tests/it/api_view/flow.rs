//! Where issues wait, against a plain walk through every log; and times by group, which add up.

use super::{Server, readers};
use crate::support::{check, zone};
use hexward::domain::issue::event::Event;
use hexward::domain::time::Day;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the slow way finds of one state.
#[derive(Default)]
struct Found {
    entered: i64,
    still: i64,
    left: BTreeMap<String, i64>,
    lengths: Vec<i64>,
}

/// Walks a log: every step into another state begins a stay, the next such step ends it.
fn walk(log: &[Event], (from, before): (i64, i64), found: &mut BTreeMap<String, Found>) {
    for (at, event) in log.iter().enumerate() {
        let begins = at == 0 || log[at - 1].to != event.to;
        if !begins || event.at.0 < from || event.at.0 >= before {
            continue;
        }
        let own = found.entry(event.to.to_string()).or_default();
        own.entered += 1;
        match log[at + 1..].iter().find(|later| later.to != event.to) {
            None => own.still += 1,
            Some(next) => {
                *own.left.entry(next.to.to_string()).or_insert(0) += 1;
                own.lengths.push((next.at.0 - event.at.0).max(0));
            }
        }
    }
}

fn quantile(lengths: &[i64], q: f64) -> Option<i64> {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let rank = ((q * sorted.len() as f64).ceil() as usize).max(1);
    sorted.get(rank - 1).copied()
}

fn compare(answer: &Value, found: &BTreeMap<String, Found>, what: &str) -> usize {
    let states = answer["states"].as_array().unwrap();
    assert_eq!(states.len(), found.len(), "{what}");
    for state in states {
        let name = state["state"].as_str().unwrap();
        let own = &found[name];
        assert_eq!(state["entered"], own.entered, "{what} {name}");
        assert_eq!(state["still"], own.still, "{what} {name}");
        assert_eq!(state["left"], serde_json::json!(own.left), "{what} {name}");
        assert_eq!(state["natural"]["n"], own.lengths.len(), "{what} {name}");
        for (key, q) in [("median_ms", 0.5), ("p90_ms", 0.9)] {
            let said = state["natural"][key].as_i64();
            assert_eq!(said, quantile(&own.lengths, q), "{what} {name} {key}");
        }
        assert!(state["working"]["n"].as_u64() <= state["natural"]["n"].as_u64());
    }
    states.len()
}

#[test]
fn where_issues_wait_is_what_a_walk_through_the_logs_finds() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 81, 900).await;
        let day = |text| Day::parse(text).unwrap();
        let start = |day: Day| day.start_in(&zone()).0;
        let mut some = 0;
        for (login, grants) in readers().into_iter().take(2) {
            let token = server.token(login, grants).await;
            for (from, to) in [("2026-03-01", "2035-12-30"), ("2026-06-10", "2026-09-20")] {
                let window = (start(day(from)), start(Day(day(to).0 + 1)));
                let mut found = BTreeMap::new();
                for issue in server.issues() {
                    let inside = issue.place.path.codes().any(|code| code == "S1");
                    if login == "all" || inside {
                        walk(&server.world.logs[&issue.id], window, &mut found);
                    }
                }
                let path = format!("/metrics/flow?from={from}&to={to}");
                let answer = server.get(&token, &path).await.json();
                some += compare(&answer, &found, &format!("{login} {from}"));
            }
        }
        assert!(some > 20, "only {some} states");
    });
}

#[test]
fn times_by_group_add_up_to_those_of_the_whole() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 82, 900).await;
        let window = "from=2026-03-01&to=2035-12-30";
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            let summary = server.get(&token, &format!("/metrics/summary?{window}")).await.json();
            for by in ["kind", "category", "department"] {
                let path = format!("/metrics/times?{window}&by={by}");
                let answer = server.get(&token, &path).await.json();
                assert_eq!(answer["by"], by);
                for id in ["accept_ms", "handle_ms", "close_ms"] {
                    let items = answer["items"].as_array().unwrap();
                    let sum = |n: &dyn Fn(&Value) -> i64| items.iter().map(n).sum::<i64>();
                    let n = sum(&|item| item[id]["n"].as_i64().unwrap());
                    let all = summary["metrics"][id]["n"].as_i64().unwrap();
                    // What was settled on the spot has no department.
                    assert!(n == all || by == "department" && n <= all, "{login} {by} {id}");
                    let bins = sum(&|item| {
                        let bins = item[id]["bins"].as_array().unwrap();
                        bins.iter().map(|bin| bin["n"].as_i64().unwrap()).sum()
                    });
                    assert_eq!(bins, n, "{login} {by} {id}: each is in one bin");
                }
            }
        }
    });
}
