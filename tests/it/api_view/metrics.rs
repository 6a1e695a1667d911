//! Every number equals the count of the issues that it names, in every scope and filter.

use super::{Server, grant, readers};
use crate::support::world::DEPARTMENTS;
use crate::support::{check, zone};
use axum::http::StatusCode;
use hexward::domain::access::Role;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::time::Day;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const RATES: [&str; 9] = [
    "closing_rate",
    "on_time_closing_rate",
    "handling_rate",
    "on_time_handling_rate",
    "extension_rate",
    "filing_rate",
    "dispatch_accuracy",
    "rework_rate",
    "mediation_rate",
];
/// Definitions that are not the first of their rate.
const LATER: [(&str, u32); 4] =
    [("closing_rate", 3), ("rework_rate", 3), ("handling_rate", 2), ("extension_rate", 2)];
const COUNTS: [&str; 16] = [
    "reported",
    "filed",
    "dispatched",
    "closed",
    "open",
    "opinion_collected",
    "legal_answered",
    "revisited",
    "urged",
    "supervised",
    "whistled",
    "whistled_on_time",
    "exempted_rework",
    "exempted_overdue",
    "exempted_return",
    "exempted_rating",
];
const TIMES: [&str; 3] = ["accept_ms", "handle_ms", "close_ms"];

/// Compares every number in `metrics` with what the list finds; gives how many were not 0.
async fn check_numbers(server: &Server, token: &str, metrics: &Value, query: &str) -> usize {
    let mut numbers: Vec<(String, i64)> = Vec::new();
    for rate in RATES {
        for side in ["numerator", "denominator"] {
            numbers.push((format!("{rate}.{side}"), metrics[rate][side].as_i64().unwrap()));
        }
        let later = LATER.iter().find(|(name, _)| *name == rate);
        let version = later.map_or(1, |(_, version)| *version);
        assert_eq!(metrics[rate]["definition"], format!("{rate}@{version}"));
        let [over, under] =
            ["numerator", "denominator"].map(|side| metrics[rate][side].as_f64().unwrap());
        let value = (under > 0.0).then(|| over / under);
        assert_eq!(metrics[rate]["value"].as_f64(), value, "{rate}");
    }
    for count in COUNTS {
        numbers.push((count.into(), metrics[count].as_i64().unwrap()));
    }
    numbers.push(("overdue".into(), metrics["backlog"]["overdue"].as_i64().unwrap()));
    assert_eq!(
        metrics["backlog"]["overdue"] == 0,
        metrics["backlog"]["overdue_oldest_ms"].is_null()
    );
    for times in TIMES {
        numbers.push((times.into(), metrics[times]["n"].as_i64().unwrap()));
        assert_eq!(metrics[times]["median"].is_null(), metrics[times]["n"] == 0);
    }
    assert_eq!(metrics["backlog"]["open"], metrics["open"]);
    let mut some = 0;
    for (name, number) in numbers {
        let found = server.count(token, &format!("measure={name}&{query}")).await;
        assert_eq!(number, found, "{name} of {query}");
        some += usize::from(number > 0);
    }
    some
}

/// Windows and filters: what metrics and the list are both asked for.
fn filters() -> Vec<String> {
    vec![
        "from=2026-01-01&to=2035-12-30".into(),
        "from=2026-06-10&to=2027-04-20".into(),
        "from=2026-03-05&to=2028-06-30&kind=hazard".into(),
        "from=2026-03-01&to=2035-12-30&category=0101".into(),
        format!("from=2026-03-01&to=2035-12-30&department={}", DEPARTMENTS[0]),
        "from=2026-03-01&to=2035-12-30&area=S2".into(),
    ]
}

#[test]
fn every_number_is_the_count_of_its_issues() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 71, 900).await;
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            let mut some = 0;
            for query in filters() {
                let summary = server.get(&token, &format!("/metrics/summary?{query}")).await.json();
                some += check_numbers(&server, &token, &summary["metrics"], &query).await;
                for (state, n) in summary["by_state"].as_object().unwrap() {
                    let query = format!("{query}&measure=reported&state={state}");
                    assert_eq!(n.as_i64().unwrap(), server.count(&token, &query).await, "{query}");
                }
                for kind in ["hazard", "dispute", "opinion"] {
                    if !query.contains("kind") {
                        let query = format!("{query}&measure=reported&kind={kind}");
                        let found = server.count(&token, &query).await;
                        assert_eq!(summary["by_kind"][kind], found, "{login} {query}");
                    }
                }
            }
            assert!(some > 30, "{login}: only {some} numbers are not 0");
        }
    });
}

#[test]
fn every_area_and_every_hexagon_drills_down_too() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 72, 900).await;
        let window = "from=2026-03-01&to=2035-12-30";
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            let mut some = 0;
            for level in ["street", "grid"] {
                let path = format!("/metrics/areas?level={level}&{window}");
                let list = server.get(&token, &path).await.json();
                for item in list["items"].as_array().unwrap().iter().step_by(3) {
                    let query = format!("{window}&area={}", item["code"].as_str().unwrap());
                    some += check_numbers(&server, &token, &item["metrics"], &query).await;
                }
            }
            for res in [5, 7, 9] {
                let path = format!("/metrics/cells?res={res}&{window}");
                let list = server.get(&token, &path).await.json();
                for item in list["items"].as_array().unwrap().iter().step_by(7) {
                    let query = format!("{window}&cell={}", item["cell"].as_str().unwrap());
                    some += check_numbers(&server, &token, &item["metrics"], &query).await;
                }
            }
            assert!(some > 30, "{login}: only {some} numbers are not 0");
        }
    });
}

/// Whether any number in it is not 0.
fn tells_of_some(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::Array(all) => all.iter().any(tells_of_some),
        Value::Object(all) => all.values().any(tells_of_some),
        _ => false,
    }
}

#[test]
fn a_silent_area_is_listed_as_unknown_and_a_silent_hexagon_is_not() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 73, 900).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let list = server.get(&token, "/metrics/areas?from=2026-03-01&to=2035-12-30").await.json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 16);
        for item in items {
            let code = format!("/{}/", item["code"].as_str().unwrap());
            let silent = !server.issues().iter().any(|issue| {
                let path = issue.place.path.as_str();
                path.starts_with("D/") && path.ends_with(&code)
            });
            assert!(silent || !["/G32/", "/G33/"].contains(&code.as_str()));
            assert_eq!(item["n"] == 0, silent, "{item}");
            assert_eq!(item["unknown"], silent, "{item}");
            let metrics = &item["metrics"];
            assert_eq!(metrics["closing_rate"]["value"].is_null() && silent, silent);
            assert_eq!(metrics["backlog"]["age_median_ms"].is_null() && silent, silent);
        }
        let cells = server.get(&token, "/metrics/cells?res=10").await.json();
        for item in cells["items"].as_array().unwrap() {
            let some = tells_of_some(&item["n"]) || tells_of_some(&item["metrics"]);
            assert!(some, "{item}");
        }
    });
}

#[test]
fn an_area_without_a_new_report_still_shows_what_it_owes() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 73, 900).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        // A window after the last report, in which limits fall and nothing begins.
        let last = server.issues().iter().map(|issue| issue.times.reported).max().unwrap();
        let after = Day(last.day_in(&zone()).0 + 1);
        let query = format!("level=district&from={after}&to={after}");
        let list = server.get(&token, &format!("/metrics/areas?{query}")).await.json();
        let mut owing = 0;
        for item in list["items"].as_array().unwrap() {
            let metrics = &item["metrics"];
            let open = metrics["backlog"]["open"].as_i64().unwrap();
            assert_eq!(item["n"], 0, "{item}");
            assert!(metrics["filing_rate"]["unknown"] == true, "of no report nothing is filed");
            if open > 0 {
                owing += 1;
                assert_eq!(item["unknown"], false, "{item}");
            }
        }
        assert!(owing > 0, "{list}");
    });
}

#[test]
fn every_number_of_the_table_of_areas_stands_beside_its_definition() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 72, 400).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let query = "level=street&from=2026-03-01&to=2035-12-30";
        let text = server.get(&token, &format!("/metrics/areas?{query}&format=csv")).await;
        let text = String::from_utf8(text.body.to_vec()).unwrap();
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().unwrap().clone();
        let list = server.get(&token, &format!("/metrics/areas?{query}")).await.json();
        let items = list["items"].as_array().unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), items.len());
        for (row, item) in rows.iter().zip(items) {
            let field = |name: &str| {
                let at = header.iter().position(|own| own == name);
                row[at.unwrap_or_else(|| panic!("no column {name}"))].to_owned()
            };
            let metrics = &item["metrics"];
            for count in COUNTS {
                assert_eq!(field(count), metrics[count].to_string(), "{count}");
                assert_eq!(field(&format!("{count}_definition")), format!("{count}@1"));
            }
            for rate in RATES {
                let own = metrics[rate]["definition"].as_str().unwrap();
                assert_eq!(field(&format!("{rate}_definition")), own);
                assert_eq!(
                    field(&format!("{rate}_denominator")),
                    metrics[rate]["denominator"].to_string()
                );
            }
            for times in TIMES {
                assert_eq!(field(&format!("{times}_n")), metrics[times]["n"].to_string());
                let p90 = metrics[times]["p90"].as_i64();
                let p90 = p90.map_or_else(String::new, |ms| ms.to_string());
                assert_eq!(field(&format!("{times}_p90")), p90);
                assert_eq!(field(&format!("{times}_definition")), format!("{times}@1"));
            }
            let p90 = metrics["backlog"]["age_p90_ms"].as_i64();
            assert_eq!(field("age_p90_ms"), p90.map_or_else(String::new, |ms| ms.to_string()));
            assert_eq!(field("overdue_definition"), "overdue@1");
        }
    });
}

#[test]
fn the_backlog_counts_what_is_open_now_with_its_age() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 74, 600).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        // A window in which nothing was reported: what is open is open all the same.
        let summary =
            server.get(&token, "/metrics/summary?from=2020-01-01&to=2020-02-01").await.json();
        let zone = crate::support::zone();
        let today = server.ctx.now().day_in(&zone);
        let open = server.issues().iter().filter(|issue| issue.state.is_open());
        let mut ages: Vec<i64> =
            open.map(|i| i64::from(today.0 - i.times.reported.day_in(&zone).0)).collect();
        ages.sort_unstable();
        assert!(ages.len() > 10);
        let rank = |q: f64| ages[(q * ages.len() as f64).ceil() as usize - 1] * 86_400_000;
        let backlog = &summary["metrics"]["backlog"];
        assert_eq!(backlog["open"], ages.len());
        assert_eq!(backlog["age_median_ms"], rank(0.5));
        assert_eq!(backlog["age_p90_ms"], rank(0.9));
        let now = server.ctx.now();
        let open = server.issues().iter().filter(|issue| issue.state.is_open());
        let late = open.filter_map(|issue| issue.overdue_from().filter(|at| *at <= now));
        let days: Vec<i64> =
            late.map(|at| i64::from(today.0) - i64::from(at.day_in(&zone).0)).collect();
        assert!(days.len() > 5);
        assert_eq!(backlog["overdue"], days.len());
        assert_eq!(backlog["overdue_oldest_ms"], days.iter().max().unwrap() * 86_400_000);
        assert_eq!(server.count(&token, "light=red&open=true").await, days.len() as i64);
        assert_eq!(summary["n"], 0);
    });
}

#[test]
fn a_limit_on_a_day_to_come_is_not_yet_due() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 77, 1_500).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let zone = crate::support::zone();
        let today = server.ctx.now().day_in(&zone);
        let ahead = server.issues().iter().filter(|issue| {
            let due = issue.clocks.due().map(|due| due.day_in(&zone));
            issue.state.is_open() && due.is_some_and(|due| due > today)
        });
        assert!(ahead.count() > 3, "nothing is due in days to come");
        let until = |to: &str| format!("/metrics/summary?from=2026-01-01&to={to}");
        let now = server.get(&token, &until(&today.to_string())).await.json();
        let far = server.get(&token, &until("2035-12-30")).await.json();
        assert_eq!(now["metrics"], far["metrics"], "windows end today");
        let only = "/metrics/summary?from=2035-01-01&to=2035-12-30";
        let never = server.get(&token, only).await.json();
        for rate in RATES {
            assert_eq!(never["metrics"][rate]["denominator"], 0, "{rate}");
        }
        let query = "measure=closing_rate.denominator&from=2035-01-01&to=2035-12-30";
        assert_eq!(server.count(&token, query).await, 0);
    });
}

#[test]
fn a_box_gives_the_hexagons_that_touch_it_and_no_others() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 75, 600).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let window = "from=2026-03-01&to=2035-12-30&format=geojson";
        let bbox = (113.62, 34.71, 113.645, 34.745);
        for res in 5..=10 {
            let whole = server.get(&token, &format!("/metrics/cells?{window}&res={res}")).await;
            let (west, south, east, north) = bbox;
            let touches = |feature: &&Value| {
                let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
                let axis = |i: usize| ring.iter().map(move |c| c[i].as_f64().unwrap());
                let (min, max) = (f64::min, f64::max);
                axis(0).reduce(min) <= Some(east)
                    && axis(0).reduce(max) >= Some(west)
                    && axis(1).reduce(min) <= Some(north)
                    && axis(1).reduce(max) >= Some(south)
            };
            let whole = whole.json();
            let cells = |features: Vec<&Value>| -> BTreeSet<String> {
                features.iter().map(|f| f["properties"].to_string()).collect()
            };
            let truth =
                cells(whole["features"].as_array().unwrap().iter().filter(touches).collect());
            let asked =
                format!("/metrics/cells?{window}&res={res}&bbox={west},{south},{east},{north}");
            let seen = server.get(&token, &asked).await.json();
            assert_eq!(cells(seen["features"].as_array().unwrap().iter().collect()), truth);
            assert!(!truth.is_empty());
        }
    });
}

#[test]
fn who_reads_no_issue_reads_no_number() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 76, 100).await;
        let admin = server.token("admin", vec![grant(Role::Admin)]).await;
        let resident = server.token("resident", Vec::new()).await;
        let paths = ["summary", "areas", "areas?format=csv", "cells", "cells?format=geojson"];
        for path in paths.into_iter().chain(["hotspots", "trends", "appraisal"]) {
            let path = format!("/metrics/{path}");
            assert_eq!(server.get("", &path).await.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(server.get(&admin, &path).await.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(server.get(&resident, &path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let labels = server.get("", "/metrics/definitions").await.json();
        let labels: Vec<&str> =
            labels.as_array().unwrap().iter().map(|d| d["label"].as_str().unwrap()).collect();
        for id in RATES.iter().chain(&COUNTS).chain(&TIMES) {
            assert!(labels.contains(&format!("{id}@1").as_str()), "{id}");
        }
        let all = server.token("all", vec![grant(Role::Leader)]).await;
        let wrongs = ["res=4", "res=11", "from=yesterday", "area=nowhere", "bbox=1,2,3", "kind=x"];
        for wrong in wrongs.into_iter().chain(["as_of=then", "as_of=2999-01-01", "audience=x"]) {
            let answer = server.get(&all, &format!("/metrics/cells?{wrong}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
    });
}

#[test]
fn a_window_tells_in_which_state_its_issues_are() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 43, 900).await;
        let mut ended = BTreeSet::new();
        for (login, grants) in readers().into_iter().filter(|(login, _)| *login != "union") {
            let token = server.token(login, grants).await;
            let sees = |issue: &&Issue| match login {
                "street" => issue.place.path.codes().any(|code| code == "S1"),
                "kind" => issue.kind == Kind::Dispute,
                "department" => {
                    issue.lead.as_ref().is_some_and(|lead| lead.as_str() == DEPARTMENTS[0])
                }
                _ => true,
            };
            let days = server.issues().iter().map(|issue| issue.times.reported.day_in(&zone()));
            let (first, last) = (days.clone().min().unwrap(), days.max().unwrap());
            let middle = Day(i32::midpoint(first.0, last.0));
            for (from, to) in [(first, last), (middle, last), (first, middle), (middle, middle)] {
                for kind in [None, Some(Kind::Hazard), Some(Kind::Dispute)] {
                    let asked = |issue: &&Issue| {
                        kind.is_none_or(|kind| issue.kind == kind)
                            && (from..=to).contains(&issue.times.reported.day_in(&zone()))
                    };
                    let mut truth = BTreeMap::<String, i64>::new();
                    for issue in server.issues().iter().filter(sees).filter(asked) {
                        *truth.entry(issue.state.to_string()).or_insert(0) += 1;
                    }
                    let mut path = format!("/metrics/summary?from={from}&to={to}");
                    if let Some(kind) = kind {
                        path += &format!("&kind={kind}");
                    }
                    let told = server.get(&token, &path).await.json();
                    assert_eq!(told["by_state"], json!(truth), "{login} {path}");
                    ended.extend(truth.into_keys().filter(|state| {
                        ["closed", "rejected", "merged"].contains(&state.as_str())
                    }));
                }
            }
        }
        assert_eq!(ended.len(), 3, "{ended:?}");
    });
}
