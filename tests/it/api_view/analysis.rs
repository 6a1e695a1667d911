//! What is read from the counters: as of an instant, shrunk, hot, rising, appraised, for the
//! public; every number with its definition, and with the issues that it counts.

use super::{Server, grant, readers};
use crate::support::{check, zone};
use axum::http::StatusCode;
use hexward::app::indicators::{publish_appraisal, publish_definitions};
use hexward::app::instance::{Instance, save_instance};
use hexward::domain::access::Role;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::State;
use hexward::domain::metrics::standing::stand_at;
use hexward::domain::time::{DAY_MS, Day, Timestamp};
use serde_json::Value;

const WINDOW: &str = "from=2026-03-01&to=2035-12-30";
const RATES: [&str; 5] =
    ["closing_rate", "filing_rate", "dispatch_accuracy", "rework_rate", "mediation_rate"];

/// How many issues the address of a list finds.
async fn count_at(server: &Server, token: &str, address: &Value) -> i64 {
    let path = address.as_str().expect("an address").strip_prefix("/api/v1").expect("of the API");
    let page = server.get(token, &format!("{path}&limit=1&count=true")).await.json();
    page["total"].as_i64().expect("a total")
}

#[test]
fn as_of_now_every_endpoint_says_what_it_says_live() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 91, 500).await;
        let appraisal = "definition,better,weight\nclosing_rate@1,higher,1\n";
        publish_appraisal(&server.ctx, appraisal).await.unwrap().unwrap();
        let now = server.ctx.now().to_rfc3339();
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            for path in [
                "summary?kind=hazard&",
                "summary?",
                "areas?level=street&",
                "areas?format=csv&",
                "cells?res=9&",
                "cells?res=7&format=geojson&bbox=113.62,34.71,113.645,34.745&",
                "cells?res=9&audience=public&",
                "hotspots?q=1&measure=open&",
                "trends?level=district&q=1&weeks=50&past_weeks=50&",
                "appraisal?",
            ] {
                let live = server.get(&token, &format!("/metrics/{path}{WINDOW}")).await;
                let then =
                    server.get(&token, &format!("/metrics/{path}{WINDOW}&as_of={now}")).await;
                assert_eq!(live.status, StatusCode::OK, "{login} {path}");
                let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
                assert_eq!(text(&then.body), text(&live.body), "{login} {path}");
            }
        }
    });
}

#[test]
fn as_of_a_past_day_the_numbers_are_those_of_its_end() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 92, 700).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let span = server.ctx.now().day_in(&zone()).0 - 20_513;
        let days = [1, 3, 5, 8].map(|n| Day(20_513 + span * n / 9));
        let mut some = 0;
        for day in days {
            let end = Timestamp(Day(day.0 + 1).start_in(&zone()).0 - 1);
            let path = format!("/metrics/summary?from=2026-03-01&as_of={day}");
            let summary = server.get(&token, &path).await.json();
            assert_eq!(summary["as_of"], end.to_rfc3339());
            assert_eq!(summary["to"], day.to_string(), "the window ends with the numbers");
            let logs = server.world.logs.values();
            let stood: Vec<Issue> =
                logs.filter_map(|log| stand_at(log, end).expect("the log is whole")).collect();
            let count = |holds: &dyn Fn(&Issue) -> bool| stood.iter().filter(|i| holds(i)).count();
            let metrics = &summary["metrics"];
            assert_eq!(metrics["reported"], stood.len());
            assert_eq!(metrics["open"], count(&|issue| issue.state.is_open()));
            assert_eq!(metrics["closed"], count(&|issue| issue.state == State::Closed));
            assert_eq!(metrics["dispatched"], count(&|issue| issue.times.dispatched.is_some()));
            let ages = stood.iter().filter(|issue| issue.state.is_open());
            let oldest = ages.map(|i| day.0 - i.times.reported.day_in(&zone()).0).max();
            let p90 = metrics["backlog"]["age_p90_ms"].as_i64();
            assert!(p90 <= oldest.map(|days| i64::from(days) * DAY_MS), "{p90:?} {oldest:?}");
            some += stood.len();
        }
        assert!(some > 50, "only {some} issues stood");
    });
}

#[test]
fn every_rate_has_its_interval_is_shrunk_toward_its_like_or_is_unknown() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 93, 900).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let list = server.get(&token, &format!("/metrics/areas?level=grid&{WINDOW}")).await.json();
        let (mut unknown, mut moved) = (0, 0);
        for item in list["items"].as_array().unwrap() {
            assert_eq!(item["unknown"], item["n"] == 0);
            for rate in RATES.map(|rate| &item["metrics"][rate]) {
                assert_eq!(rate["unknown"], rate["denominator"] == 0);
                if rate["unknown"] == true {
                    unknown += 1;
                    for name in ["value", "interval", "shrunk"] {
                        assert!(rate[name].is_null(), "made up of silence: {rate}");
                    }
                    continue;
                }
                let [value, shrunk, toward] =
                    ["value", "shrunk", "toward"].map(|name| rate[name].as_f64().unwrap());
                let (low, high) = (value.min(toward) - 1e-12, value.max(toward) + 1e-12);
                assert!((low..=high).contains(&shrunk), "{rate}");
                moved += usize::from((shrunk - value).abs() > 1e-6);
            }
        }
        assert!(unknown > 10 && moved > 10, "{unknown} unknown, {moved} moved");
        // The grids of one community are drawn to the rate of them all.
        let of = |prefix: &str| -> Vec<Value> {
            let items = list["items"].as_array().unwrap().iter();
            let own = items.filter(|item| item["code"].as_str().unwrap().starts_with(prefix));
            own.map(|item| item["metrics"]["filing_rate"].clone()).collect()
        };
        let rates = of("G0");
        let sum = |side: &str| rates.iter().map(|rate| rate[side].as_f64().unwrap()).sum::<f64>();
        let pooled = sum("numerator") / sum("denominator");
        assert_eq!(rates.len(), 4);
        for rate in rates.iter().filter(|rate| rate["unknown"] == false) {
            assert!((rate["toward"].as_f64().unwrap() - pooled).abs() < 1e-12, "{rate}");
        }
    });
}

#[test]
fn the_table_of_areas_says_what_the_list_says() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 94, 500).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let path = format!("/metrics/areas?level=grid&{WINDOW}");
        let list = server.get(&token, &path).await.json();
        let answer = server.get(&token, &format!("{path}&format=csv")).await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(&answer.body[..3], b"\xef\xbb\xbf");
        let mut reader = csv::Reader::from_reader(&answer.body[3..]);
        let header = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let items = list["items"].as_array().unwrap();
        assert_eq!(rows.len(), items.len());
        for (row, item) in rows.iter().zip(items) {
            let field = |name: &str| &row[header.iter().position(|n| n == name).expect(name)];
            assert_eq!(field("code"), item["code"]);
            assert_eq!(field("as_of"), list["as_of"]);
            assert_eq!(field("n"), item["n"].to_string());
            assert_eq!(field("open"), item["metrics"]["open"].to_string());
            for rate in RATES {
                let told = &item["metrics"][rate];
                assert_eq!(field(&format!("{rate}_definition")), told["definition"]);
                assert_eq!(field(&format!("{rate}_denominator")), told["denominator"].to_string());
                let value = field(rate).parse::<f64>().ok();
                assert_eq!(value, told["value"].as_f64(), "what is unknown is empty");
            }
        }
    });
}

#[test]
fn hot_spots_lead_to_the_issues_that_they_count() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 95, 900).await;
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            let path = format!("/metrics/hotspots?res=8&q=1&{WINDOW}");
            let found = server.get(&token, &path).await.json();
            let items = found["items"].as_array().unwrap();
            assert!(found["cells"].as_u64().unwrap() > 5, "{login}: {}", found["cells"]);
            assert_eq!(found["definition"], "reported@1");
            let (mut sum, mut named) = (0, 0);
            for item in items {
                let count = item["count"].as_i64().unwrap();
                assert_eq!(count_at(&server, &token, &item["issues"]).await, count, "{login}");
                let above = item["around"].as_f64() > item["expected"].as_f64();
                assert_eq!(item["kind"] == "hot", above, "{item}");
                assert!(item["q"].as_f64() >= item["p"].as_f64());
                // Far from all areas there is no name.
                named += usize::from(item["place"].as_str().is_some_and(|name| !name.is_empty()));
                sum += count;
            }
            assert!(sum > 0 && sum <= found["n"].as_i64().unwrap(), "{login}");
            assert!(named > 0, "{login}: no spot has a name");
        }
        let token = server.token("again", vec![grant(Role::Leader)]).await;
        for wrong in ["res=11", "rings=0", "rings=9", "q=2", "measure=closing_rate", "measure=x"] {
            let answer = server.get(&token, &format!("/metrics/hotspots?{wrong}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
    });
}

#[test]
fn a_reader_of_one_street_is_judged_by_its_hexagons_alone() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 96, 300).await;
        let mut cells = Vec::new();
        for (login, grants) in readers().into_iter().take(2) {
            let token = server.token(login, grants).await;
            let found = server.get(&token, &format!("/metrics/hotspots?res=8&{WINDOW}")).await;
            cells.push(found.json()["cells"].as_u64().unwrap());
        }
        let (all, street) = (cells[0], cells[1]);
        assert!(street * 3 < all && street * 6 > all, "a quarter of the area: {cells:?}");
    });
}

#[test]
fn trends_lead_to_the_issues_that_they_count() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 97, 1_200).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let mut some = 0;
        for (level, weeks) in [("district", 20), ("district", 30), ("street", 40)] {
            let end = server.world.now.day_in(&zone());
            let query = format!("level={level}&weeks={weeks}&past_weeks=80&q=1&to={end}");
            let found = server.get(&token, &format!("/metrics/trends?{query}")).await.json();
            assert!(found["compared"].as_u64().unwrap() > 0);
            for item in found["items"].as_array().unwrap() {
                assert_eq!(count_at(&server, &token, &item["issues"]).await, item["recent"]);
                let past = format!(
                    "measure=reported&area={}&category={}&from={}&to={}",
                    item["area"]["code"].as_str().unwrap(),
                    percent(item["category"]["code"].as_str().unwrap()),
                    found["past"]["from"].as_str().unwrap(),
                    found["past"]["to"].as_str().unwrap(),
                );
                assert_eq!(server.count(&token, &past).await, item["past"]);
                assert!(item["recent"].as_f64() > item["expected"].as_f64());
                some += 1;
            }
        }
        assert!(some > 0, "nothing rose");
    });
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn departments_are_appraised_by_what_leads_to_their_issues() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 98, 1_500).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let path = format!("/metrics/appraisal?{WINDOW}");
        assert_eq!(server.get(&token, &path).await.status, StatusCode::NOT_FOUND);
        let short = "definition,better,weight\nclosing_rate@1,higher,0.7\n";
        let problems = publish_appraisal(&server.ctx, short).await.unwrap().unwrap_err();
        assert!(problems[0].to_string().contains("add up to 0.7"), "{problems:?}");
        assert_eq!(server.get(&token, &path).await.status, StatusCode::NOT_FOUND);
        let whole = "definition,better,weight,issues_min\nclosing_rate@1,higher,0.6,8\n\
                     rework_rate@1,lower,0.4,8\n";
        publish_appraisal(&server.ctx, whole).await.unwrap().unwrap();
        let found = server.get(&token, &path).await.json();
        assert_eq!(found["definition"], "appraisal@1");
        let (mut scored, mut silent, mut last) = (0, 0, 100.0);
        for item in found["items"].as_array().unwrap() {
            let marks = item["marks"].as_array().unwrap();
            for mark in marks {
                let n = mark["rate"]["denominator"].as_i64().unwrap();
                assert_eq!(count_at(&server, &token, &mark["issues"]).await, n, "{item}");
                assert_eq!(mark["points"].is_null(), n < 8);
            }
            let points = |i: usize| marks[i]["points"].as_f64();
            let truth = points(0).zip(points(1)).map(|(a, b)| a * 0.6 + b * 0.4);
            let score = item["score"].as_f64();
            assert_eq!(score.is_some(), truth.is_some(), "{item}");
            assert_eq!(item["reason"].is_null(), score.is_some());
            if let (Some(score), Some(truth)) = (score, truth) {
                assert!((score - truth).abs() < 1e-9 && score <= last && silent == 0, "{item}");
                (scored, last) = (scored + 1, score);
            } else {
                silent += 1;
            }
        }
        assert!(scored > 0, "{found}");
    });
}

#[test]
fn a_local_variant_is_data_and_stands_beside_its_numbers() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 99, 1_200).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let summary = format!("/metrics/summary?{WINDOW}");
        let standard = server.get(&token, &summary).await.json();
        let chosen = "metric,definition\nrework_rate,rework_rate_handled@1\n\
                      closing_rate,closing_rate_suspended@2\n";
        publish_definitions(&server.ctx, chosen).await.unwrap().unwrap();
        let local = server.get(&token, &summary).await.json();
        for (rate, id) in
            [("rework_rate", "rework_rate_handled"), ("closing_rate", "closing_rate_suspended")]
        {
            let (then, now) = (&standard["metrics"][rate], &local["metrics"][rate]);
            assert_eq!(then["definition"], format!("{rate}@3"));
            let label = now["definition"].as_str().unwrap().to_owned();
            assert!(label.starts_with(&format!("{id}@")), "{label}");
            for side in ["numerator", "denominator"] {
                // By the rate, by the variant, and by the label of either.
                for (name, truth) in [
                    (rate.to_owned(), &now[side]),
                    (id.to_owned(), &now[side]),
                    (label.clone(), &now[side]),
                    (format!("{rate}@3"), &then[side]),
                ] {
                    let query = format!("measure={name}.{side}&{WINDOW}");
                    assert_eq!(server.count(&token, &query).await, *truth, "{name}.{side}");
                }
            }
        }
        let denominator = |summary: &Value, rate: &str| {
            summary["metrics"][rate]["denominator"].as_i64().expect("a count")
        };
        let counted = |holds: &dyn Fn(&Issue) -> bool| {
            server.issues().iter().filter(|issue| holds(issue)).count() as i64
        };
        let suspended =
            counted(&|issue| issue.state == State::Suspended && issue.times.filed.is_some());
        let waiting = counted(&|issue| {
            let limit = issue.clocks.total.as_ref().and_then(|total| total.limit);
            issue.state == State::Suspended && issue.times.filed.is_some() && limit.is_none()
        });
        assert_eq!(
            denominator(&local, "closing_rate") - denominator(&standard, "closing_rate"),
            suspended - waiting,
        );
        // What was printed by the definitions of before can be read still.
        let of_before = async |label: &str| {
            server.count(&token, &format!("measure={label}.denominator&{WINDOW}")).await
        };
        let filed = of_before("closing_rate@1").await;
        assert_eq!(filed - of_before("closing_rate_active@1").await, suspended);
        let is_owed = |issue: &Issue| {
            issue.times.filed.is_some() && !matches!(issue.state, State::Rejected | State::Merged)
        };
        assert_eq!(filed, counted(&is_owed));
        // What was merged away after it was handled is counted where it went.
        let handled = counted(&|issue| is_owed(issue) && issue.times.handled.is_some());
        assert_eq!(denominator(&local, "rework_rate"), handled);
        assert_ne!(denominator(&standard, "rework_rate"), handled);
        check_what_is_in_force(&server).await;
        let wrong = "metric,definition\nrework_rate,rework_rate@7\n";
        assert!(publish_definitions(&server.ctx, wrong).await.unwrap().is_err());
        assert_eq!(server.get(&token, &summary).await.json(), local, "nothing was changed");
    });
}

/// After `rework_rate_handled@1` and a variant of the closing rate were chosen.
async fn check_what_is_in_force(server: &Server) {
    let definitions = server.get("", "/metrics/definitions").await.json();
    let in_force = |label: &str| {
        let all = definitions.as_array().unwrap();
        all.iter().find(|d| d["label"] == label).expect(label)["in_force"].clone()
    };
    assert_eq!(in_force("rework_rate_handled@1"), true);
    for label in ["rework_rate@3", "rework_rate@2", "rework_rate@1", "handling_rate@1"] {
        assert_eq!(in_force(label), false, "{label}");
    }
    assert_eq!(in_force("handling_rate@2"), true);
}

#[test]
fn the_public_sees_no_hexagon_of_few_and_no_dispute() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 100, 1_200).await;
        let token = server.token("all", vec![grant(Role::DutySupervisor)]).await;
        let truth = server.issues().iter().filter(|issue| issue.kind != Kind::Dispute).count();
        for format in ["json", "geojson"] {
            let path = format!("/metrics/cells?res=10&audience=public&format={format}&{WINDOW}");
            let found = server.get(&token, &path).await.json();
            let items = found["items"].as_array().or(found["features"].as_array()).unwrap();
            let of = |item: &Value| {
                let flat = &item["properties"];
                if flat.is_null() { item.clone() } else { flat.clone() }
            };
            let mut shown = 0;
            for item in items.iter().map(of) {
                let n = item["n"].as_i64().unwrap();
                assert!(n >= 5, "{item}");
                let cell = u64::from_str_radix(item["cell"].as_str().unwrap(), 16).unwrap();
                let resolution = h3o::CellIndex::try_from(cell).unwrap().resolution();
                assert!(resolution <= h3o::Resolution::Nine, "{item}");
                shown += n;
            }
            assert_eq!(shown + found["hidden"].as_i64().unwrap(), truth as i64);
            assert!(shown > 20, "{shown}");
        }
    });
}

#[test]
fn the_public_map_is_what_a_leader_may_show_outside_and_needs_no_account() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 101, 2_400).await;
        let token = server.token("all", vec![grant(Role::DutySupervisor)]).await;
        for (days, kind, res) in [(365, "", 9), (90, "hazard", 7), (365, "opinion", 8)] {
            let path = format!("/public/cells?days={days}&kind={kind}&res={res}");
            let told = server.get("", &path).await.json();
            let window = format!(
                "from={}&to={}",
                told["from"].as_str().unwrap(),
                told["to"].as_str().unwrap()
            );
            let kind = if kind.is_empty() { String::new() } else { format!("&kind={kind}") };
            let path = format!("/metrics/cells?res={res}&audience=public&{window}{kind}");
            let truth = server.get(&token, &path).await.json();
            assert_eq!(told["hidden"], truth["hidden"]);
            let all = truth["items"].as_array().unwrap();
            let shown = told["features"].as_array().unwrap();
            assert_eq!(shown.len(), all.len());
            assert!(!all.is_empty(), "{path} shows nothing");
            for (feature, cell) in shown.iter().zip(all) {
                let own = &feature["properties"];
                assert_eq!((&own["cell"], &own["n"]), (&cell["cell"], &cell["n"]));
                assert!(own["n"].as_i64().unwrap() >= 5, "{own}");
                for rate in ["closing_rate", "resolution_rate"] {
                    let rate_told = (&own[rate], &own[format!("{rate}_denominator")]);
                    let truth = &cell["metrics"][rate];
                    assert_eq!(rate_told, (&truth["value"], &truth["denominator"]), "{rate}");
                }
            }
        }
        for wrong in ["days=31", "kind=dispute", "res=11", "res=4"] {
            let path = format!("/public/cells?{wrong}");
            assert_eq!(server.get("", &path).await.status, 422, "{path}");
        }
    });
}

#[test]
fn the_place_of_a_dispute_is_told_no_finer_by_its_hexagon() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 101, 700).await;
        let disputes = server.issues().iter().filter(|i| i.kind == Kind::Dispute).count() as i64;
        assert!(disputes > 5);
        for (role, fine) in [(Role::Leader, 0), (Role::Acceptor, disputes)] {
            let token = server.token(role.as_str(), vec![grant(role)]).await;
            for (res, truth) in [(9, disputes), (10, fine)] {
                let path = format!("/metrics/cells?res={res}&kind=dispute&{WINDOW}");
                let found = server.get(&token, &path).await.json();
                let items = found["items"].as_array().unwrap().iter();
                let n: i64 = items.map(|item| item["n"].as_i64().unwrap()).sum();
                assert_eq!(n, truth, "{role} {res}");
            }
        }
    });
}

#[test]
fn numbers_of_a_collection_that_ended_are_as_of_its_last_day() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 102, 200).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let last = server.world.now.day_in(&zone());
        for (day, ended) in [(Day(last.0 + 1), true), (Day(last.0 - 1), false)] {
            let instance = Instance { data_until: day.to_string(), ..server.ctx.instance() };
            save_instance(&server.ctx, instance).await.unwrap();
            let end = Timestamp(Day(day.0 + 1).start_in(&zone()).0 - 1);
            // Where something happened after the last day all the same, the numbers have it.
            let truth = if ended { end } else { server.ctx.now() };
            for path in ["summary", "areas", "cells", "cells?format=geojson", "hotspots", "trends"]
            {
                let answer = server.get(&token, &format!("/metrics/{path}")).await.json();
                assert_eq!(answer["as_of"], truth.to_rfc3339(), "{path}");
            }
            let summary = server.get(&token, "/metrics/summary").await.json();
            assert_eq!(summary["to"], truth.day_in(&zone()).to_string());
            let later = format!("/metrics/summary?as_of={}", Timestamp(truth.0 + 1).to_rfc3339());
            let later = server.get(&token, &later).await;
            assert_eq!(later.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    });
}
