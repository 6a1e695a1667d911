//! The scope in SQL is the scope in Rust; paging visits every issue once.

use crate::support::world::{
    CODES, DEPARTMENTS, START, department, opening, random_kind, random_path, report,
};
use crate::support::{Chance, Fixture, check};
use hexward::domain::access::{Clause, Scope};
use hexward::domain::id::{AccountId, IssueId, WorkerId};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::supervision::{Holder, Task, TaskKind};
use hexward::domain::time::Timestamp;
use hexward::store::change::Change;
use hexward::store::export::ExportRow;
use hexward::store::query::{IssueFilter, PageQuery, Seek, Sort};
use std::collections::BTreeSet;

/// Stores `count` random issues, many of them reported at the same instant.
pub async fn store_issues(fixture: &Fixture, chance: &mut Chance, count: usize) -> Vec<Issue> {
    let mut issues = Vec::with_capacity(count);
    let mut change = Change::default();
    for _ in 0..count {
        let at = Timestamp(START.0 + chance.below(count / 8 + 1) as i64 * 1_000);
        let reporter = chance.one_in(3).then(|| AccountId(1 + chance.below(3) as u128));
        let (mut issue, event) = report(chance, at, reporter);
        if chance.one_in(2) {
            issue.lead = Some(department(chance.pick(DEPARTMENTS)));
            issue.assists = (0..chance.below(3))
                .map(|_| department(chance.pick(DEPARTMENTS)))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
        }
        if chance.one_in(4) {
            issue.supervision.summoned = vec![department(chance.pick(DEPARTMENTS))];
        }
        if chance.one_in(4) {
            let holder = Holder::Worker {
                worker: WorkerId(9),
                account: AccountId(1 + chance.below(3) as u128),
            };
            issue.supervision.task = Some(Task {
                kind: TaskKind::Verification,
                holder,
                offered: at,
                checked_in: None,
                passed: Vec::new(),
            });
        }
        let one = opening(&issue, event);
        change.district = one.district;
        change.saves.extend(one.saves);
        crate::support::world::add(&mut change.deltas, &one.deltas);
        issues.push(issue);
    }
    fixture.store.apply(change).await.expect("the issues are stored");
    issues
}

pub fn random_clause(chance: &mut Chance) -> Clause {
    let kinds = |chance: &mut Chance| -> Vec<Kind> {
        (0..chance.below(3)).map(|_| random_kind(chance)).collect()
    };
    Clause {
        area: chance.one_in(2).then(|| random_path(chance)),
        department: chance.one_in(3).then(|| department(chance.pick(DEPARTMENTS))),
        kinds: chance.one_in(4).then(|| kinds(chance)),
        reporter: chance.one_in(6).then(|| AccountId(1 + chance.below(4) as u128)),
        tasked: chance.one_in(8).then(|| AccountId(1 + chance.below(4) as u128)),
        nature: chance.one_in(8).then_some("legal_consultation"),
        coarse_disputes: chance.one_in(2),
    }
}

pub fn everything(filter: IssueFilter) -> PageQuery {
    PageQuery { filter, sort: Sort::OldestFirst, after: None, limit: 100_000 }
}

#[test]
fn the_scope_in_sql_is_the_scope_in_rust() {
    check(|fixture| async move {
        let chance = &mut Chance(11);
        let issues = store_issues(&fixture, chance, 1_000).await;
        let (mut read, mut hidden) = (0, 0);
        for round in 0..300 {
            let scope =
                Scope { clauses: (0..chance.below(4)).map(|_| random_clause(chance)).collect() };
            let truth: BTreeSet<IssueId> = issues
                .iter()
                .filter(|issue| scope.allows(&issue.subject()))
                .map(|issue| issue.id)
                .collect();
            let query = everything(IssueFilter::default());
            let page = fixture.store.list_issues(&query, &scope).await.unwrap();
            let told: BTreeSet<IssueId> = page.items.iter().map(|issue| issue.id).collect();
            assert_eq!(told, truth, "round {round}: {scope:?}");
            let count = fixture.store.count_issues(&query, &scope).await.unwrap();
            assert_eq!(count, truth.len() as i64);
            let one = chance.pick(&issues);
            let found = fixture.store.find_issue(one.id, &scope).await.unwrap();
            assert_eq!(found.is_some(), truth.contains(&one.id));
            read += truth.len();
            hidden += issues.len() - truth.len();
        }
        assert!(read > 10_000 && hidden > 10_000, "{read} {hidden}: one side was hardly tried");
    });
}

#[test]
fn the_codes_of_the_fixture_hold_prefixes_of_each_other() {
    assert!(CODES.contains(&"4101") && CODES.contains(&"41010"));
}

#[test]
fn paging_visits_every_issue_once_and_in_order() {
    check(|fixture| async move {
        let chance = &mut Chance(12);
        let mut issues = store_issues(&fixture, chance, 500).await;
        for (sort, limit) in
            [(Sort::NewestFirst, 7), (Sort::OldestFirst, 1), (Sort::NewestFirst, 499)]
        {
            issues.sort_by_key(|issue| (issue.times.reported, issue.id));
            if sort == Sort::NewestFirst {
                issues.reverse();
            }
            let mut query = PageQuery { filter: IssueFilter::default(), sort, after: None, limit };
            let mut seen = Vec::new();
            loop {
                let page = fixture.store.list_issues(&query, &Scope::everything()).await.unwrap();
                let Some(last) = page.items.last() else { break };
                query.after = Some(Seek { reported: last.times.reported, id: last.id });
                seen.extend(page.items);
                assert_eq!(page.more, seen.len() < issues.len());
                if !page.more {
                    break;
                }
            }
            assert_eq!(seen, issues);
        }
    });
}

#[test]
fn a_page_without_an_end_is_no_error() {
    check(|fixture| async move {
        store_issues(&fixture, &mut Chance(13), 3).await;
        let mut query = everything(IssueFilter::default());
        query.limit = usize::MAX;
        let page = fixture.store.list_issues(&query, &Scope::everything()).await.unwrap();
        assert_eq!((page.items.len(), page.more), (3, false));
    });
}

#[test]
fn a_scan_visits_every_issue_once() {
    check(|fixture| async move {
        let mut issues = store_issues(&fixture, &mut Chance(14), 100).await;
        issues.sort_by_key(|issue| issue.id);
        let (mut seen, mut after) = (Vec::<Issue>::new(), None);
        loop {
            let page = fixture.store.scan_issues(after, 9).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        assert_eq!(seen, issues);
    });
}

#[test]
fn a_scope_of_very_many_clauses_is_read_too() {
    check(|fixture| async move {
        let issues = store_issues(&fixture, &mut Chance(15), 50).await;
        let clause = |area| Clause { area: Some(area), ..Clause::default() };
        let mut clauses: Vec<Clause> = (0..3_000)
            .map(|n| clause(crate::support::world::path_of(&["none", &format!("g{n}")])))
            .collect();
        clauses.push(Clause::default());
        let query = everything(IssueFilter::default());
        let scope = Scope { clauses };
        let page = fixture.store.list_issues(&query, &scope).await.unwrap();
        assert_eq!(page.items.len(), issues.len());
        let words: Vec<String> = (0..3_000).map(|n| format!("w{n}")).collect();
        let mut filter = everything(IssueFilter::default());
        filter.filter.words = Some(words.join(" "));
        let page = fixture.store.list_issues(&filter, &Scope::everything()).await.unwrap();
        assert!(page.items.is_empty());
    });
}

#[test]
fn pages_of_an_area_hold_what_lies_in_it_however_much_that_is() {
    check(|fixture| async move {
        let chance = &mut Chance(13);
        let mut issues = store_issues(&fixture, chance, 500).await;
        issues.sort_by_key(|issue| (issue.times.reported, issue.id));
        assert!(fixture.store.follow_counters().await.unwrap(), "they tell how much there is");
        let (mut wide, mut narrow) = (0, 0);
        for round in 0..40 {
            let (area, open) = (random_path(chance), chance.one_in(3).then_some(true));
            let limit = 3 + chance.below(20);
            let filter = IssueFilter { area: Some(area.clone()), open, ..IssueFilter::default() };
            let lies = |issue: &&Issue| {
                issue.place.path.is_within(&area)
                    && open.is_none_or(|open| issue.state.is_open() == open)
            };
            let mut truth: Vec<&Issue> = issues.iter().filter(lies).collect();
            let sort = *chance.pick(&[Sort::NewestFirst, Sort::OldestFirst]);
            if sort == Sort::NewestFirst {
                truth.reverse();
            }
            // By the list where there is much, by the area where there is little.
            match truth.len() * truth.len() > limit * issues.len() * 10 {
                true => wide += 1,
                false => narrow += 1,
            }
            let mut query = PageQuery { filter, sort, after: None, limit };
            let mut seen = Vec::new();
            loop {
                let page = fixture.store.list_issues(&query, &Scope::everything()).await.unwrap();
                seen.extend(page.items);
                let Some(last) = seen.last().filter(|_| page.more) else { break };
                query.after = Some(Seek { reported: last.times.reported, id: last.id });
            }
            let seen: Vec<&Issue> = seen.iter().collect();
            assert_eq!(seen, truth, "round {round}: {query:?}");
        }
        assert!(wide > 3 && narrow > 3, "{wide} {narrow}");
    });
}

#[test]
fn a_row_of_a_table_says_what_the_issue_says() {
    check(async |fixture| {
        let mut chance = Chance(91);
        let sometimes = |chance: &mut Chance| {
            chance.one_in(2).then(|| Timestamp(START.0 + chance.below(1_000_000) as i64))
        };
        for n in 0..60 {
            let (mut issue, event) = report(&mut chance, START, None);
            // Whatever another system calls itself.
            issue.source = (*chance.pick(&["app", "", "a\u{1f}b,\n\"c\"", "12345 平台"])).into();
            issue.lead = chance.one_in(2).then(|| department(chance.pick(DEPARTMENTS)));
            issue.times.filed = sometimes(&mut chance);
            issue.times.handled = sometimes(&mut chance);
            issue.times.closed = sometimes(&mut chance);
            (issue.counts.returns, issue.counts.reworks) = (n % 3, n % 11);
            fixture.store.apply(opening(&issue, event)).await.expect("it is stored");
        }
        let page = PageQuery {
            filter: IssueFilter::default(),
            sort: Sort::NewestFirst,
            after: None,
            limit: 100,
        };
        let all = Scope::everything();
        let told = fixture.store.list_export(&page, &all).await.expect("rows");
        let issues = fixture.store.list_issues(&page, &all).await.expect("issues").items;
        assert_eq!((told.len(), issues.len()), (60, 60));
        for (row, issue) in told.into_iter().zip(issues) {
            let is_plain = issue.kind != Kind::Dispute;
            assert_eq!(row.position == issue.place.position, is_plain);
            let truth = ExportRow {
                id: issue.id,
                kind: issue.kind,
                severity: issue.severity,
                state: issue.state,
                text: is_plain.then_some(issue.text),
                address: issue.address.filter(|_| is_plain),
                position: row.position,
                path: issue.place.path,
                department: issue.lead.or(issue.proposed),
                reported: issue.times.reported,
                filed: issue.times.filed,
                due: issue.clocks.due(),
                handled: issue.times.handled,
                closed: issue.times.closed,
                returns: issue.counts.returns.into(),
                reworks: issue.counts.reworks.into(),
                number: issue.number,
                category: issue.category,
                source: issue.source,
            };
            assert_eq!(row, truth);
        }
    });
}
