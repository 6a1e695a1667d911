//! Filters in SQL find what a slow filter in Rust finds.

use super::paging::{everything, random_clause, store_issues};
use crate::support::world::{
    CATEGORIES, DEPARTMENTS, START, World, category, department, random_kind, random_path,
};
use crate::support::{Chance, Fixture, check, zone};
use hexward::domain::access::Scope;
use hexward::domain::id::{AccountId, DepartmentCode, IssueId};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::domain::issue::state::State;
use hexward::domain::metrics::contribution::{Measure, measures_of};
use hexward::domain::time::{DAY_MS, Day, Timestamp};
use hexward::store::query::{Assigned, Attention, Bounds, Counted, IssueFilter};
use std::collections::BTreeSet;

const WORDS: &[&str] = &[
    "护栏",
    "dog",
    "DOG_",
    "_",
    "%",
    "50%",
    "井盖",
    "'missing'",
    "经三路_9",
    "hx-",
    "zzz",
    "a\0b",
    "路边 50%",
    "护栏 dog",
    "!",
    "\\",
    "  ",
];

fn random_filter(chance: &mut Chance, issues: &[Issue]) -> IssueFilter {
    let mut filter = IssueFilter::default();
    // One or two conditions at a time, so that something is found.
    for _ in 0..1 + chance.below(2) {
        let one = chance.pick(issues).clone();
        match chance.below(15) {
            0 => filter.states = (0..2).map(|_| *chance.pick(State::ALL)).collect(),
            1 => filter.open = Some(chance.one_in(2)),
            2 => filter.kind = Some(random_kind(chance)),
            3 => filter.category = Some(category(chance.pick(CATEGORIES))),
            4 => filter.department = Some(department(chance.pick(DEPARTMENTS))),
            5 => filter.area = Some(random_path(chance)),
            6 => {
                let resolution = h3o::Resolution::try_from(chance.below(13) as u8).unwrap();
                let cell = h3o::CellIndex::try_from(one.place.cell).unwrap();
                // Resolution 12 is finer than what is stored, and holds nothing.
                let wanted = cell.parent(resolution).or_else(|| cell.center_child(resolution));
                filter.cell = wanted.map(u64::from);
            }
            7 => {
                // Small boxes are found by cells, others by their order; beside an issue, too.
                let most = if chance.one_in(2) { 0.05 } else { 0.004 };
                let aside = (chance.share() - 0.5) * 0.006;
                let (lon, lat) = (one.place.position.0 + aside, one.place.position.1 - aside);
                let (w, h) = (chance.share() * most, chance.share() * most);
                filter.bounds =
                    Some(Bounds { west: lon - w, south: lat - h, east: lon + w, north: lat + h });
            }
            8 => filter.words = Some((*chance.pick(WORDS)).to_owned()),
            10 => filter.attention = Some(*chance.pick(&Attention::ALL)),
            11 => filter.ids = (0..3).map(|_| chance.pick(issues).id).collect(),
            12 => filter.assisting = Some(department(chance.pick(DEPARTMENTS))),
            13 => {
                let named =
                    issues.iter().filter_map(|i| i.supervision.assignee).collect::<Vec<_>>();
                filter.assigned = Some(match chance.one_in(3) || named.is_empty() {
                    true => Assigned::Nobody,
                    false => Assigned::To(*chance.pick(&named)),
                });
            }
            9 => filter.reporter = Some(AccountId(1 + chance.below(4) as u128)),
            _ => {
                filter.reported_from = chance.one_in(2).then_some(one.times.reported);
                let other = chance.pick(issues);
                filter.reported_before = chance.one_in(2).then_some(other.times.reported);
            }
        }
    }
    filter
}

fn has_word(issue: &Issue, word: &str) -> bool {
    let (text, address) = match issue.kind {
        // Both are kept sealed.
        Kind::Dispute => ("", ""),
        _ => (issue.text.as_str(), issue.address.as_deref().unwrap_or("")),
    };
    let number = &issue.number;
    let all = [number, &number.replace('-', ""), address, text];
    all.iter().any(|part| part.to_lowercase().contains(&word.to_lowercase()))
}

fn is_within_cell(issue: &Issue, cell: u64) -> bool {
    let wanted = h3o::CellIndex::try_from(cell).unwrap();
    let own = h3o::CellIndex::try_from(issue.place.cell).unwrap();
    own.parent(wanted.resolution()) == Some(wanted)
}

fn wants_attention(issue: &Issue, attention: Attention) -> bool {
    let own = &issue.supervision;
    match attention {
        Attention::Urged => own.urges > 0,
        Attention::ReplyOwed => own.reply_due().is_some(),
        Attention::WhistleOpen => own.open_whistle().is_some(),
        Attention::ReopenProposed => own.reopen_proposed,
        Attention::RequestOpen => own.asked.is_some(),
        Attention::Returned => issue.state == State::Filed && issue.counts.returns > 0,
        Attention::AppealOpen => own.appeal_is_open(),
    }
}

/// Whether a department has a part in an issue and does not lead it.
fn has_part(issue: &Issue, own: &DepartmentCode) -> bool {
    let part = issue.assists.contains(own)
        || issue.supervision.summoned.contains(own)
        || issue.answerable.as_ref() == Some(own);
    part && issue.lead.as_ref() != Some(own)
}

/// The slow truth.
pub fn matches(issue: &Issue, filter: &IssueFilter) -> bool {
    let (lon, lat) = issue.place.position;
    let reported = issue.times.reported;
    let department = issue.lead.as_ref().or(issue.proposed.as_ref());
    (filter.states.is_empty() || filter.states.contains(&issue.state))
        && (filter.ids.is_empty() || filter.ids.contains(&issue.id))
        && filter.open.is_none_or(|open| issue.state.is_open() == open)
        && filter.kind.is_none_or(|kind| issue.kind == kind)
        && filter.category.as_ref().is_none_or(|category| issue.category == *category)
        && filter.department.as_ref().is_none_or(|own| department == Some(own))
        && filter.assisting.as_ref().is_none_or(|own| has_part(issue, own))
        && filter.assigned.is_none_or(|assigned| match assigned {
            Assigned::To(account) => issue.supervision.assignee == Some(account),
            Assigned::Nobody => issue.supervision.assignee.is_none(),
        })
        && filter.area.as_ref().is_none_or(|area| issue.place.path.is_within(area))
        && filter.cell.is_none_or(|cell| is_within_cell(issue, cell))
        && filter
            .bounds
            .is_none_or(|b| (b.west..=b.east).contains(&lon) && (b.south..=b.north).contains(&lat))
        && filter
            .words
            .as_ref()
            .is_none_or(|words| words.split_whitespace().all(|word| has_word(issue, word)))
        && filter.reporter.is_none_or(|own| issue.reporter == Some(own))
        && filter.attention.is_none_or(|attention| wants_attention(issue, attention))
        && filter.reported_from.is_none_or(|from| from <= reported)
        && filter.reported_before.is_none_or(|before| reported < before)
}

async fn found(fixture: &Fixture, filter: &IssueFilter) -> BTreeSet<IssueId> {
    let query = everything(filter.clone());
    let page = fixture.store.list_issues(&query, &Scope::everything()).await.unwrap();
    let count = fixture.store.count_issues(&query, &Scope::everything()).await.unwrap();
    assert_eq!(count, page.items.len() as i64, "{filter:?}");
    page.items.iter().map(|issue| issue.id).collect()
}

#[test]
fn filters_find_what_a_slow_filter_finds() {
    check(|fixture| async move {
        let chance = &mut Chance(21);
        let issues = store_issues(&fixture, chance, 1_500).await;
        let mut hits = 0;
        for round in 0..400 {
            let filter = random_filter(chance, &issues);
            let truth: BTreeSet<IssueId> =
                issues.iter().filter(|i| matches(i, &filter)).map(|i| i.id).collect();
            assert_eq!(found(&fixture, &filter).await, truth, "round {round}: {filter:?}");
            hits += usize::from(!truth.is_empty());
        }
        assert!(hits > 100, "only {hits} filters found anything");
    });
}

#[test]
fn as_many_are_counted_as_a_filter_finds_within_a_scope() {
    check(|fixture| async move {
        let chance = &mut Chance(22);
        let issues = store_issues(&fixture, chance, 1_500).await;
        let mut hits = 0;
        for round in 0..400 {
            let mut filter = random_filter(chance, &issues);
            // Where a box is asked for, who may not know a place is answered by another one.
            (filter.bounds, filter.cell) = (None, None);
            if chance.one_in(2) {
                filter.open = Some(true);
            }
            let clauses = (0..chance.below(5)).map(|_| random_clause(chance)).collect();
            let scope = Scope { clauses };
            let truth =
                issues.iter().filter(|i| matches(i, &filter) && scope.allows(&i.subject())).count();
            let count = fixture.store.count_issues(&everything(filter.clone()), &scope).await;
            assert_eq!(count.unwrap(), truth as i64, "round {round}: {filter:?} {scope:?}");
            let most = chance.below(20) as i64;
            let up_to = fixture.store.count_up_to(&filter, most, &scope).await.unwrap();
            assert_eq!(up_to, most.min(truth as i64), "round {round}: {filter:?} {scope:?}");
            hits += usize::from(truth > 0);
        }
        assert!(hits > 100, "only {hits} filters found anything");
    });
}

#[test]
fn who_was_named_and_who_assists_is_found_and_counted() {
    check(|fixture| async move {
        let mut world = World::new(25);
        fixture.store.apply(world.next_joined(4_000)).await.unwrap();
        let assisting = DEPARTMENTS.iter().map(|code| IssueFilter {
            assisting: Some(department(code)),
            ..IssueFilter::default()
        });
        let named: BTreeSet<AccountId> =
            world.issues.iter().filter_map(|issue| issue.supervision.assignee).collect();
        assert!(named.len() > 10, "no history names anybody");
        let to = named.iter().take(20).map(|id| Assigned::To(*id));
        let assigned = to
            .chain([Assigned::Nobody])
            .map(|assigned| IssueFilter { assigned: Some(assigned), ..IssueFilter::default() });
        for filter in assisting.chain(assigned) {
            let truth: BTreeSet<IssueId> =
                world.issues.iter().filter(|i| matches(i, &filter)).map(|i| i.id).collect();
            assert!(!truth.is_empty(), "{filter:?}");
            assert_eq!(found(&fixture, &filter).await, truth, "{filter:?}");
        }
        let all: Vec<AccountId> = named.iter().copied().collect();
        let counted = fixture.store.count_assigned(&all).await.unwrap();
        for id in named {
            let has = |issue: &&Issue| {
                issue.supervision.assignee == Some(id)
                    && matches!(issue.state, State::Dispatched | State::Handling | State::Suspended)
            };
            let truth = world.issues.iter().filter(has).count() as i64;
            assert_eq!(counted.get(&id).copied().unwrap_or(0), truth, "{id}");
        }
    });
}

#[test]
fn a_cell_holds_its_issues_at_every_resolution_also_in_pentagons() {
    check(|fixture| async move {
        let issues = store_issues(&fixture, &mut Chance(22), 300).await;
        for resolution in 0..=11 {
            let resolution = h3o::Resolution::try_from(resolution).unwrap();
            let cells: BTreeSet<h3o::CellIndex> = issues
                .iter()
                .map(|i| {
                    h3o::CellIndex::try_from(i.place.cell).unwrap().parent(resolution).unwrap()
                })
                .collect();
            let pentagons = cells.iter().filter(|cell| cell.is_pentagon()).count();
            assert!(u8::from(resolution) > 8 || pentagons > 0, "no pentagon at {resolution}");
            let mut sum = 0;
            for cell in cells.iter().take(60) {
                let filter = IssueFilter { cell: Some((*cell).into()), ..IssueFilter::default() };
                let truth: BTreeSet<IssueId> =
                    issues.iter().filter(|i| matches(i, &filter)).map(|i| i.id).collect();
                assert_eq!(found(&fixture, &filter).await, truth, "{cell}");
                sum += truth.len();
            }
            assert!(sum > 0);
        }
    });
}

#[test]
fn what_wants_attention_is_found() {
    check(|fixture| async move {
        let mut world = World::new(24);
        fixture.store.apply(world.next_joined(3_000)).await.unwrap();
        for attention in Attention::ALL {
            let filter = IssueFilter { attention: Some(attention), ..IssueFilter::default() };
            let truth: BTreeSet<IssueId> =
                world.issues.iter().filter(|i| matches(i, &filter)).map(|i| i.id).collect();
            assert!(!truth.is_empty(), "no history shows {}", attention.as_str());
            assert_eq!(found(&fixture, &filter).await, truth, "{}", attention.as_str());
        }
    });
}

/// The measures that can be asked for; of a timed one, any bucket stands for all of them.
fn all_measures() -> Vec<Measure> {
    let timed = [Measure::AcceptTime(0), Measure::HandleTime(0), Measure::CloseTime(0)];
    Measure::plain().chain(timed).collect()
}

fn same(a: Measure, b: Measure) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

/// What an issue counts for, and on which days.
type Counts = Vec<(Day, Measure)>;

/// Whether an issue is among those that are asked for, in days from `from` up to but not including
/// `before`.
fn is_counted(measures: &Counts, counted: &Counted) -> bool {
    let day = |at: Timestamp| at.day_in(&zone());
    let inside = |when: Day| {
        counted.from.is_none_or(|from| day(from) <= when)
            && counted.before.is_none_or(|before| when < day(before))
    };
    measures.iter().any(|(when, m)| same(*m, counted.measure) && inside(*when))
        && !measures.iter().any(|(_, m)| counted.except.iter().any(|e| same(*e, *m)))
}

#[test]
fn the_issues_behind_a_measure_are_those_that_it_counts() {
    check(|fixture| async move {
        let mut world = World::new(23);
        fixture.store.apply(world.next_joined(5_000)).await.unwrap();
        let counts: Vec<(IssueId, Counts)> =
            world.issues.iter().map(|issue| (issue.id, measures_of(issue, &zone()))).collect();
        // Where a nature or an outcome is missing, SQL knows a third answer.
        let without = |issue: &&Issue| {
            let handled = issue.times.handled.is_some();
            handled && issue.kind == Kind::Opinion && issue.nature.is_none()
        };
        let unknown = world.issues.iter().filter(without).count();
        assert!(unknown > 0, "no opinion of no nature was handled");
        let measures = all_measures();
        let mut never = BTreeSet::new();
        for measure in &measures {
            let mut hits = 0;
            for round in 0..24 {
                // Windows are whole local days.
                let start = |day: usize| Timestamp(START.0 + day as i64 * DAY_MS);
                let (a, b) = (world.chance.below(600), world.chance.below(600));
                let except = match round % 3 {
                    0 => Vec::new(),
                    1 => vec![*world.chance.pick(&measures)],
                    _ => (0..3).map(|_| *world.chance.pick(&measures)).collect(),
                };
                let counted = Counted {
                    measure: *measure,
                    except,
                    from: (round % 4 != 0).then(|| start(a.min(b))),
                    before: (round % 5 != 0).then(|| start(a.max(b) + 200)),
                };
                let truth: BTreeSet<IssueId> = counts
                    .iter()
                    .filter(|(_, counts)| is_counted(counts, &counted))
                    .map(|(id, _)| *id)
                    .collect();
                hits += truth.len();
                let filter =
                    IssueFilter { counted: Some(counted.clone()), ..IssueFilter::default() };
                assert_eq!(found(&fixture, &filter).await, truth, "{counted:?}");
            }
            if hits == 0 {
                never.insert(measure.to_string());
            }
        }
        assert!(never.is_empty(), "the histories never count {never:?}");
    });
}
