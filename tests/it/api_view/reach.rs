//! Issues within reach of a branch: the tree of branches against all pairs, within every scope.

use super::{CORNER, Server, grant, readers};
use crate::support::{Chance, check};
use axum::http::StatusCode;
use hexward::domain::access::Role;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::territory::position::distance_m;
use hexward::store::port::BranchRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WINDOW: &str = "from=2026-03-01&to=2035-12-30";

/// Branches at random places of the district, two of them in one house.
async fn put_branches(server: &Server, chance: &mut Chance, count: usize) -> Vec<BranchRow> {
    let mut rows: Vec<BranchRow> = (0..count)
        .map(|n| BranchRow {
            code: format!("B{n:02}"),
            name: format!("第{n}支部"),
            parent: None,
            lon: CORNER.0 + 0.08 * chance.share(),
            lat: CORNER.1 + 0.08 * chance.share(),
            areas: String::new(),
            resources: String::new(),
            opening_hours: String::new(),
            generated: true,
        })
        .collect();
    let house = rows[0].clone();
    rows.push(BranchRow { code: "A00".into(), ..house });
    server.ctx.store.replace_branches(rows.clone(), server.ctx.now()).await.unwrap();
    server.ctx.refresh().await.unwrap();
    rows
}

/// Where an issue counts.
fn place_of(issue: &Issue) -> (f64, f64) {
    match issue.kind {
        Kind::Dispute => issue.place.coarse_position(),
        _ => issue.place.position,
    }
}

/// All pairs: how many are within reach, and whose they are.
fn slowly(issues: &[&Issue], branches: &[BranchRow], metres: f64) -> (i64, BTreeMap<String, i64>) {
    let (mut within, mut by_branch) = (0, BTreeMap::new());
    for issue in issues {
        let place = place_of(issue);
        let pairs = branches.iter().map(|one| (distance_m(place, (one.lon, one.lat)), &one.code));
        let nearest = pairs.min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        if let Some((_, code)) = nearest.filter(|(distance, _)| *distance <= metres) {
            within += 1;
            *by_branch.entry(code.clone()).or_insert(0) += 1;
        }
    }
    (within, by_branch)
}

fn branches_of(told: &Value) -> BTreeMap<String, i64> {
    let items = told["branches"].as_array().unwrap();
    let counted = items
        .iter()
        .map(|one| (one["code"].as_str().unwrap().to_owned(), one["n"].as_i64().unwrap()));
    counted.filter(|(_, n)| *n > 0).collect()
}

fn sum_of(told: &Value, name: &str) -> i64 {
    told["cells"].as_array().unwrap().iter().map(|cell| cell[name].as_i64().unwrap()).sum()
}

#[test]
fn what_is_within_reach_is_what_all_pairs_of_issue_and_branch_say() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 71, 600).await;
        let mut chance = Chance(72);
        for (login, grants) in readers() {
            if matches!(login, "department" | "union") {
                continue; // What they see is told by another test than this.
            }
            let branches = put_branches(&server, &mut chance, 12).await;
            let token = server.token(login, grants).await;
            let seen = |issue: &&Issue| match login {
                "street" => issue.place.path.codes().any(|code| code == "S1"),
                "kind" => issue.kind == Kind::Dispute,
                _ => true,
            };
            let issues: Vec<&Issue> = server.issues().iter().filter(seen).collect();
            assert!(issues.len() > 10, "{login}: {}", issues.len());
            for metres in [500.0, 1_000.0, 1_234.5, 2_000.0, 20_000.0] {
                let path = format!("/metrics/reach?{WINDOW}&metres={metres}");
                let told = server.get(&token, &path).await.json();
                let (within, by_branch) = slowly(&issues, &branches, metres);
                let n = issues.len() as i64;
                assert_eq!((told["n"].as_i64(), told["within"].as_i64()), (Some(n), Some(within)));
                assert_eq!(branches_of(&told), by_branch, "{login} {metres}");
                assert_eq!(told["branches"].as_array().unwrap().len(), branches.len());
                assert_eq!((sum_of(&told, "n"), sum_of(&told, "outside")), (n, n - within));
                let share = told["share"].as_f64().unwrap();
                assert!((share - within as f64 / n as f64).abs() < 1e-12);
                assert!(!by_branch.contains_key("B00"), "of one house the lowest code");
            }
        }
    });
}

#[test]
fn reach_counts_what_reported_counts_and_of_nothing_it_knows_nothing() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 73, 400).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        for filter in ["", "&kind=hazard", "&area=S2", "&kind=opinion&area=S1"] {
            let reach =
                server.get(&token, &format!("/metrics/reach?{WINDOW}{filter}")).await.json();
            let path = format!("/metrics/summary?{WINDOW}{filter}");
            let summary = server.get(&token, &path).await.json();
            assert_eq!(reach["n"], summary["metrics"]["reported"], "{filter}");
            assert_eq!((&reach["metres"], &reach["within"]), (&json!(1000.0), &json!(0)));
        }
        let none = "/metrics/reach?from=2001-01-01&to=2001-01-02";
        let none = server.get(&token, none).await.json();
        assert_eq!((&none["n"], &none["share"]), (&json!(0), &Value::Null));
        for wrong in ["metres=499", "metres=20001", "metres=NaN", "as_of=2026-10-01"] {
            let answer = server.get(&token, &format!("/metrics/reach?{wrong}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        let worker = server.token("admin", vec![grant(Role::Admin)]).await;
        let answer = server.get(&worker, "/metrics/reach").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "an administrator reads no issue");
    });
}
