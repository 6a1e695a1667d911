//! The periodic report: what is printed is what the metrics say, and of disputes next to nothing.

use super::{Server, readers};
use crate::support::check;
use axum::http::StatusCode;
use calamine::{Data, DataType as _, Range, Reader, Xlsx, open_workbook_from_rs};
use serde_json::Value;
use std::io::Cursor;

/// A workbook's sheets by name.
struct Book(Xlsx<Cursor<Vec<u8>>>);

impl Book {
    async fn fetch(server: &Server, token: &str, query: &str) -> Self {
        let path = format!("/metrics/periodic?format=xlsx&lang=en&{query}");
        let answer = server.get(token, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
        assert!(answer.body.starts_with(b"PK"), "a zip file");
        let named = answer.headers["content-disposition"].to_str().unwrap().to_owned();
        assert!(named.contains(".xlsx"), "{named}");
        Self(open_workbook_from_rs(Cursor::new(answer.body)).expect("a workbook"))
    }

    fn sheet(&mut self, name: &str) -> Range<Data> {
        self.0.worksheet_range(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The rows under the head of a sheet.
    fn rows(&mut self, name: &str) -> Vec<Vec<Data>> {
        self.sheet(name).rows().skip(1).map(<[Data]>::to_vec).collect()
    }
}

fn whole(cell: &Data) -> i64 {
    let number = cell.as_f64().unwrap_or_else(|| panic!("{cell:?} is no number"));
    number as i64
}

fn text(cell: &Data) -> String {
    cell.as_string().unwrap_or_default()
}

/// A rate as the sheet has it and as the API says it.
fn same_rate(cell: &Data, rate: &Value, what: &str) {
    match rate["value"].as_f64() {
        None => assert_eq!(text(cell), "unknown", "{what}"),
        Some(value) => {
            let told = cell.as_f64().unwrap_or_else(|| panic!("{what}: {cell:?}"));
            assert!((told - value).abs() < 1e-9, "{what}: {told} {value}");
        }
    }
}

/// The periods that are looked at, with what the metrics are asked for to say the same.
fn periods() -> Vec<(&'static str, String)> {
    let asked = |from: &str, to: &str| format!("from={from}&to={to}&as_of={to}");
    vec![
        ("2026-06", asked("2026-06-01", "2026-06-30")),
        ("2026-Q2", asked("2026-04-01", "2026-06-30")),
        // This one still runs: it stands as it stands now.
        ("2026", "from=2026-01-01&to=2026-12-31".to_owned()),
    ]
}

fn check_headline(book: &mut Book, metrics: &Value, what: &str) -> usize {
    let rows = book.rows("Headline rates");
    assert_eq!(rows.len(), 12, "every published rate");
    let mut known = 0;
    for row in &rows {
        let label = text(&row[6]);
        let id = label.split('@').next().unwrap().to_owned();
        let rate = &metrics[&id];
        assert_eq!(rate["definition"], label, "{what}");
        assert_eq!(whole(&row[2]), rate["numerator"].as_i64().unwrap(), "{what} {id}");
        assert_eq!(whole(&row[3]), rate["denominator"].as_i64().unwrap(), "{what} {id}");
        same_rate(&row[1], rate, &id);
        if let Some(low) = rate["interval"][0].as_f64() {
            assert!((row[4].as_f64().unwrap() - low).abs() < 1e-9);
            known += 1;
        }
    }
    for row in book.rows("Counts") {
        let label = text(&row[2]);
        let id = label.split('@').next().unwrap();
        let said = if id == "overdue" { &metrics["backlog"]["overdue"] } else { &metrics[id] };
        assert_eq!(whole(&row[1]), said.as_i64().unwrap(), "{what} {id}");
    }
    known
}

#[test]
fn every_number_of_the_report_is_that_of_the_metrics() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 91, 900).await;
        let mut known = 0;
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            for (period, asked) in periods() {
                let what = format!("{login} {period}");
                let summary = server.get(&token, &format!("/metrics/summary?{asked}")).await.json();
                let mut book = Book::fetch(&server, &token, &format!("period={period}")).await;
                known += check_headline(&mut book, &summary["metrics"], &what);
                for (level, sheet) in [("street", "By street"), ("grid", "By grid")] {
                    let path = format!("/metrics/areas?level={level}&{asked}");
                    let areas = server.get(&token, &path).await.json();
                    let rows = book.rows(sheet);
                    let items = areas["items"].as_array().unwrap();
                    assert_eq!(rows.len(), items.len(), "{what}: all of them, the silent too");
                    for (row, item) in rows.iter().zip(items) {
                        assert_eq!(text(&row[0]), item["code"].as_str().unwrap());
                        check_area(row, item, &what);
                    }
                }
            }
        }
        assert!(known > 30, "only {known} rates are known");
    });
}

fn check_area(row: &[Data], item: &Value, what: &str) {
    if item["unknown"].as_bool().unwrap() {
        assert!(row[3..].iter().all(|cell| text(cell) == "unknown"), "{what}: {row:?}");
        return;
    }
    let metrics = &item["metrics"];
    assert_eq!(whole(&row[3]), metrics["reported"].as_i64().unwrap(), "{what}");
    let closing = &metrics["closing_rate"];
    assert_eq!(whole(&row[4]), closing["denominator"].as_i64().unwrap(), "{what}");
    same_rate(&row[5], closing, what);
    same_rate(&row[8], &metrics["on_time_closing_rate"], what);
    same_rate(&row[9], &metrics["rework_rate"], what);
    assert_eq!(whole(&row[10]), metrics["open"].as_i64().unwrap(), "{what}");
    assert_eq!(whole(&row[11]), metrics["backlog"]["overdue"].as_i64().unwrap(), "{what}");
}

#[test]
fn the_ledger_has_each_issue_once_and_no_word_of_a_dispute() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 92, 900).await;
        let (mut disputes, mut others) = (0, 0);
        for (login, grants) in readers() {
            let token = server.token(login, grants).await;
            let mut book = Book::fetch(&server, &token, "period=2026").await;
            let rows = book.rows("Ledger of issues");
            let asked = "measure=reported&from=2026-01-01&to=2026-12-31";
            let count = server.count(&token, asked).await;
            assert_eq!(rows.len() as i64, count, "{login}");
            for row in &rows {
                assert!(matches!(row[1], Data::DateTime(_)), "a time: {:?}", row[1]);
                let said = text(&row[6]);
                if text(&row[2]) == "Dispute" {
                    assert!(said.is_empty() && text(&row[5]).is_empty(), "{login}: {row:?}");
                    disputes += 1;
                } else {
                    others += usize::from(!said.is_empty());
                }
            }
        }
        assert!(disputes > 5 && others > 5, "{disputes} {others}");
    });
}

#[test]
fn the_printed_report_holds_its_characters() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 93, 400).await;
        let (login, grants) = readers().swap_remove(0);
        let token = server.token(login, grants).await;
        let answer = server.get(&token, "/metrics/periodic?period=2026&lang=zh-CN").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["content-type"], "application/pdf");
        assert!(answer.body.starts_with(b"%PDF"));
        let again = server.get(&token, "/metrics/periodic?period=2026&lang=zh-CN").await;
        assert_eq!(answer.body, again.body, "the same numbers, the same bytes");
        let pdf = lopdf::Document::load_mem(&answer.body).expect("a PDF");
        let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
        assert!(pages.len() > 3, "{} pages", pages.len());
        let said = pdf.extract_text(&pages).expect("text").replace(['\n', ' '], "");
        for words in ["年度台账", "结案率", "按网格", "区域G00", "未知", "closing_rate@3", "热点"]
        {
            assert!(said.contains(words), "{words} is not in the text");
        }
        assert!(said.contains(&format!("第1页，共{}页", pages.len())), "pages are numbered");
        let heads = said.matches("上报时间").count();
        assert!(heads > 1, "the head of the ledger repeats: {heads}");
        // A street's report is of that street alone.
        let path = "/metrics/periodic?period=2026&lang=zh-CN&area=S1";
        let street = server.get(&token, path).await;
        let pdf = lopdf::Document::load_mem(&street.body).expect("a PDF");
        let pages: Vec<u32> = pdf.get_pages().keys().copied().collect();
        let said = pdf.extract_text(&pages).expect("text").replace(['\n', ' '], "");
        assert!(said.contains("区域G10") && !said.contains("区域G00"));
    });
}

#[test]
fn a_period_that_is_none_or_has_not_begun_is_refused_by_name() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 94, 60).await;
        let (login, grants) = readers().swap_remove(0);
        let token = server.token(login, grants).await;
        for query in
            ["", "period=2026-13", "period=2199", "period=2026&format=doc", "period=2026&area=X"]
        {
            let answer = server.get(&token, &format!("/metrics/periodic?{query}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        }
        let nobody = server.token("nobody", Vec::new()).await;
        let answer = server.get(&nobody, "/metrics/periodic?period=2026").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(server.get("", "/metrics/periodic?period=2026").await.status, 401);
    });
}
