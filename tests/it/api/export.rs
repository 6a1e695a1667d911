//! The table of issues tells what the list shows, to those to whom the list shows it.

use super::{DISPUTE, EAST, HAZARD, IN_EAST, IN_WEST, WEST, World, get, report_of};
use crate::contract::paging::store_issues;
use crate::support::{Chance, check};
use hexward::domain::access::Role;
use hexward::store::query::{IssueFilter, PageQuery, Sort};
use std::collections::BTreeSet;

/// The rows of a table, without the header, as (number, all of the row).
fn rows(text: &str) -> Vec<(String, Vec<String>)> {
    let text = text.strip_prefix('\u{feff}').expect("a mark for spreadsheets");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let whole = |row: csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    reader.records().map(|row| whole(row.expect("a row"))).map(|r| (r[0].clone(), r)).collect()
}

#[test]
fn a_table_holds_the_issues_of_the_list_and_of_no_other_scope() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let text = "=路面, \"破损\"\n第二行";
        let (_, ours) = world.report("", &report_of(HAZARD, IN_EAST, text)).await;
        let (_, theirs) = world.report("", &report_of(HAZARD, IN_WEST, "西边的秘密")).await;
        let (east, west) = (
            world.user(Role::DutySupervisor, Some(EAST), None).await,
            world.user(Role::DutySupervisor, Some(WEST), None).await,
        );
        let path = "/api/v1/issues/export";
        let reply = world.send(get(path).by(&east)).await.ok(200);
        assert!(reply.header("content-type").starts_with("text/csv"));
        assert!(reply.header("content-disposition").contains("issues.csv"));
        let told = rows(&reply.text());
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, ours);
        // No spreadsheet runs what a resident wrote.
        assert!(told[0].1.contains(&format!("'{text}")), "{told:?}");
        assert!(told[0].1.contains(&"隐患".to_owned()) && told[0].1.contains(&"已上报".to_owned()));
        let other = world.send(get(path).by(&west)).await.ok(200).text();
        assert_eq!(rows(&other)[0].0, theirs);
        let english = get("/api/v1/issues/export?state=reported").by(&east);
        let by_address = get("/api/v1/issues/export?state=reported&lang=en").by(&east);
        for english in [english.header("accept-language", "en"), by_address] {
            let english = world.send(english).await.ok(200).text();
            assert!(english.contains("Hazard") && english.contains("Reported"), "{english}");
        }
        let none = world.send(get("/api/v1/issues/export?state=closed").by(&east)).await.ok(200);
        assert_eq!(rows(&none.text()).len(), 0);
        let wrong = get("/api/v1/issues/export?state=nowhere").by(&east);
        world.send(wrong).await.problem(422, "validation");
        world.send(get(path)).await.problem(401, "unauthenticated");
    });
}

#[test]
fn a_table_tells_nobody_what_a_dispute_is_about() {
    check(async |fixture| {
        let world = World::new(fixture).await;
        let mut body = report_of(DISPUTE, IN_EAST, "张三殴打李四");
        body["address"] = "花园路九号院".into();
        body["contact"] = serde_json::json!({"name": "王五", "phone": "13812345678"});
        let (_, number) = world.report("", &body).await;
        for role in [Role::DutySupervisor, Role::Leader, Role::Acceptor] {
            let token = world.user(role, Some(EAST), None).await;
            let text = world.send(get("/api/v1/issues/export").by(&token)).await.ok(200).text();
            assert_eq!(rows(&text)[0].0, number);
            for word in ["张三", "花园路", "王五", "13812345678"] {
                assert!(!text.contains(word), "{role:?}: {text}");
            }
            let (lon, lat) = (format!("{:.6}", IN_EAST[0]), format!("{:.6}", IN_EAST[1]));
            assert!(!text.contains(&lon) && !text.contains(&lat), "the exact place: {text}");
        }
    });
}

#[test]
fn a_long_table_is_whole_and_in_order() {
    check(async |fixture| {
        const ISSUES: usize = 8_200;
        let world = World::new(fixture.clone()).await;
        let mut chance = Chance(77);
        for _ in 0..4 {
            store_issues(&fixture, &mut chance, ISSUES / 4).await;
        }
        let token = world.user(Role::DutySupervisor, None, None).await;
        let text = world.send(get("/api/v1/issues/export").by(&token)).await.ok(200).text();
        let numbers: Vec<String> = rows(&text).into_iter().map(|(number, _)| number).collect();
        // The slow truth: the list itself.
        let everything = hexward::domain::access::Scope::everything();
        let filter = IssueFilter::default();
        let page = PageQuery { filter, sort: Sort::NewestFirst, after: None, limit: 100_000 };
        let listed = fixture.store.list_issues(&page, &everything).await.expect("the list").items;
        let listed: Vec<String> = listed.into_iter().map(|issue| issue.number).collect();
        assert_eq!(numbers.len(), ISSUES);
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), ISSUES);
        assert!(numbers == listed, "the table has another order than the list");
    });
}
