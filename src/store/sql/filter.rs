//! Conditions in SQL: the scope, and what a filter asks for.
//!
//! Invariant: every read of issues or counters pushes its scope through [`push_scope`].

use super::care::push_care_filter;
use super::cohort::due_where;
use super::place::Way;
use super::{Query, dialect};
use crate::domain::access::{AreaPath, Clause, Scope};
use crate::domain::id::DepartmentCode;
use crate::domain::issue::clock::Light;
use crate::domain::metrics::contribution::Measure;
use crate::store::query::{Assigned, Attention, Counted, IssueFilter, RollupFilter};

/// What a scope is applied to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Issues,
    /// Issues as the counters count them: a part of what [`Over::Issues`] lets through.
    Counted,
    Rollups,
}

impl Over {
    /// What the filter of a list of issues asks about.
    pub fn of(filter: &IssueFilter) -> Self {
        if filter.counted.is_some() { Over::Counted } else { Over::Issues }
    }
}

/// Pushes the scope as a condition in parentheses. An empty scope is false.
pub fn push_scope(query: &mut Query, scope: &Scope, over: Over) {
    // The first part keeps SQLite from joining an index for each clause, which for a wide area
    // reads and sorts most of the table (214 ms of 100,000 issues, 0.3 ms in order of the list).
    query.push("(1 = 0 OR ");
    push_joined(query, &scope.clauses, Join::Or, &mut |query, clause| {
        query.push("(1 = 1");
        push_clause(query, clause, over);
        query.push(")");
    });
    query.push(")");
}

/// How conditions are joined.
#[derive(Clone, Copy)]
pub enum Join {
    And,
    Or,
}

/// Pushes many conditions as a balanced tree, because SQLite refuses one more than 1000 deep. None
/// at all is true for `And` and false for `Or`.
pub fn push_joined<T>(
    query: &mut Query,
    all: &[T],
    join: Join,
    push_one: &mut impl FnMut(&mut Query, &T),
) {
    let (word, none) = match join {
        Join::And => (" AND ", "1 = 1"),
        Join::Or => (" OR ", "1 = 0"),
    };
    match all {
        [] => drop(query.push(none)),
        [one] => push_one(query, one),
        _ => {
            let (left, right) = all.split_at(all.len() / 2);
            query.push("(");
            push_joined(query, left, join, push_one);
            query.push(word);
            push_joined(query, right, join, push_one);
            query.push(")");
        }
    }
}

/// Pushes ` AND …` for each condition of a clause.
pub fn push_clause(query: &mut Query, clause: &Clause, over: Over) {
    if let Some(area) = &clause.area {
        push_area(query, area);
    }
    if let Some(kinds) = &clause.kinds {
        query.push(" AND kind IN (''");
        for kind in kinds {
            query.push(", ").push_bind(kind.as_str());
        }
        query.push(")");
    }
    if let Some(department) = &clause.department {
        match over {
            Over::Rollups => {
                query.push(" AND department = ").push_bind(department.as_str());
            }
            Over::Counted => {
                query.push(" AND lead = ").push_bind(department.as_str());
            }
            Over::Issues => {
                query.push(" AND (lead = ").push_bind(department.as_str()).push(" OR ");
                push_has_part(query, department);
                query.push(")");
            }
        }
    }
    if let Some(account) = clause.tasked {
        match over {
            Over::Rollups | Over::Counted => query.push(" AND 1 = 0"),
            Over::Issues => query.push(" AND task_account = ").push_bind(account.to_string()),
        };
    }
    if let Some(nature) = clause.nature {
        match over {
            // Counters do not tell natures apart, so a part of them cannot be shown.
            Over::Rollups | Over::Counted => query.push(" AND 1 = 0"),
            Over::Issues => query.push(" AND nature = ").push_bind(nature),
        };
    }
    if let Some(reporter) = clause.reporter {
        match over {
            // Counters know no reporter; one's own reports alone give no share in them.
            Over::Rollups | Over::Counted => query.push(" AND 1 = 0"),
            Over::Issues => query.push(" AND reporter = ").push_bind(reporter.to_string()),
        };
    }
}

/// Whether a department assists, was summoned or is answerable still.
fn push_has_part(query: &mut Query, department: &DepartmentCode) {
    query.push("EXISTS (SELECT 1 FROM issue_assist WHERE issue_assist.issue_id = issue.id");
    query.push(" AND issue_assist.department = ").push_bind(department.as_str()).push(")");
}

fn push_area(query: &mut Query, area: &AreaPath) {
    push_area_of(query, "path", area);
}

/// Pushes ` AND …` for an area; `path` is the column, as it is or kept from its index.
pub fn push_area_of(query: &mut Query, path: &str, area: &AreaPath) {
    let (low, high) = area.interval();
    if let Some(high) = high {
        query.push(format!(" AND {path} >= ")).push_bind(low);
        query.push(format!(" AND {path} < ")).push_bind(high);
    }
}

fn push_in<'a>(query: &mut Query, column: &str, values: impl Iterator<Item = &'a str>) {
    query.push(format!(" AND {column} IN (''"));
    for value in values {
        query.push(", ").push_bind(value);
    }
    query.push(")");
}

fn push_people(query: &mut Query, filter: &IssueFilter) {
    if let Some(department) = &filter.assisting {
        query.push(" AND COALESCE(lead, '') <> ").push_bind(department.as_str()).push(" AND ");
        push_has_part(query, department);
    }
    match filter.assigned {
        Some(Assigned::To(account)) => {
            query.push(" AND assignee = ").push_bind(account.to_string());
        }
        Some(Assigned::Nobody) => drop(query.push(" AND assignee IS NULL")),
        None => {}
    }
    if let Some(reporter) = filter.reporter {
        query.push(" AND reporter = ").push_bind(reporter.to_string());
    }
}

/// Whether an issue has ended, in the words of the indexes by area and by cell, which begin with
/// it: an issue lies in one part of each, so a new report goes into one place.
const ENDED: &str = "CASE WHEN state IN ('closed', 'rejected', 'merged') THEN 1 ELSE 0 END";

/// In which parts of the indexes by area and by cell lies what a filter finds: a condition.
pub fn part_of(filter: &IssueFilter) -> String {
    match filter.asks_open() {
        Some(true) => format!("{ENDED} = 0"),
        Some(false) => format!("{ENDED} = 1"),
        None => format!("{ENDED} IN (0, 1)"),
    }
}

/// Pushes ` AND …` for each thing that the filter asks for.
pub fn push_issue_filter(query: &mut Query, filter: &IssueFilter) {
    if filter.area.is_some() || dialect::KNOWS_PARTS {
        query.push(" AND ").push(part_of(filter));
    }
    if !filter.ids.is_empty() {
        query.push(" AND id IN (''");
        for id in &filter.ids {
            query.push(", ").push_bind(id.to_string());
        }
        query.push(")");
    }
    match &filter.states[..] {
        [] => {}
        // So that the order of an index of states is of use.
        [one] => drop(query.push(" AND state = ").push_bind(one.as_str())),
        states => push_in(query, "state", states.iter().map(|state| state.as_str())),
    }
    // Said in the words of the indexes on what is open.
    if let Some(open) = filter.asks_open() {
        let not = if open { "NOT " } else { "" };
        query.push(format!(" AND state {not}IN ('closed', 'rejected', 'merged')"));
    }
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(category) = &filter.category {
        query.push(" AND category = ").push_bind(category.as_str());
    }
    if let Some(department) = &filter.department {
        let column = match filter.counted {
            Some(_) => "lead",
            None => "COALESCE(lead, proposed)",
        };
        query.push(format!(" AND {column} = ")).push_bind(department.as_str());
    }
    push_people(query, filter);
    if let Some(area) = &filter.area {
        push_area(query, area);
    }
    // What is found by its place is not looked for by time, nor is what is open, which is little
    // among all that was reported in a long time. What is to be looked at has indexes by time.
    let is_little = Way::of_list(filter) == Way::Place
        || (filter.asks_open() == Some(true) && filter.attention.is_none());
    let reported = if is_little { " AND +reported_at" } else { " AND reported_at" };
    if let Some(from) = filter.reported_from {
        query.push(format!("{reported} >= ")).push_bind(from.0);
    }
    if let Some(before) = filter.reported_before {
        query.push(format!("{reported} < ")).push_bind(before.0);
    }
    if let Some(attention) = filter.attention {
        query.push(" AND ").push(match attention {
            Attention::Urged => "urges > 0",
            Attention::ReplyOwed => "reply_due_at IS NOT NULL",
            Attention::WhistleOpen => "whistle_at IS NOT NULL AND whistle_ended_at IS NULL",
            Attention::ReopenProposed => "reopen_proposed",
            Attention::AppealOpen => "appeal_state = 'open'",
            Attention::RequestOpen => "asked_kind IS NOT NULL",
            Attention::Returned => "state = 'filed' AND returns > 0",
        });
    }
    if let Some((light, now)) = filter.light {
        push_light(query, light, now.0);
    }
    push_words(query, filter.words.as_deref());
    push_care_filter(query, &filter.care);
    if let Some(counted) = &filter.counted {
        push_counted(query, counted);
    }
}

/// The light at `now`, or at the end of what has ended or was settled on the spot: [`Light::of`] in
/// SQL. What has no limit, or no due time for want of a calendar, has no light.
fn push_light(query: &mut Query, light: Light, now: i64) {
    let mut reached = |prefix: &str, column: &str, compare: &str| {
        let stopped = "CASE WHEN settled THEN handled_at ELSE ended_at END";
        query.push(format!("{prefix}{column} {compare} COALESCE({stopped}, ")).push_bind(now);
        query.push(")");
    };
    match light {
        Light::Red => reached(" AND ", "due_red_at", "<="),
        Light::Yellow => {
            reached(" AND ", "due_yellow_at", "<=");
            reached(" AND (due_red_at IS NULL OR ", "due_red_at", ">");
            query.push(")");
        }
        Light::Green => {
            reached(" AND (due_yellow_at IS NULL OR ", "due_yellow_at", ">");
            query.push(
                ") AND limit_text IS NOT NULL AND (due_at IS NOT NULL OR state = 'suspended' \
                 OR (state = 'merged' AND state_before_merge = 'suspended'))",
            );
        }
    }
}

/// Whether both engines can keep the text: PostgreSQL's TEXT holds no NUL.
pub fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Every word must occur. Letters are folded; `%` and `_` stand for themselves.
fn push_words(query: &mut Query, words: Option<&str>) {
    // No stored text holds NUL, and PostgreSQL refuses to be asked for it.
    if words.is_some_and(|words| !is_storable(words)) {
        query.push(" AND 1 = 0");
        return;
    }
    let words: Vec<&str> = words.unwrap_or("").split_whitespace().collect();
    query.push(" AND ");
    push_joined(query, &words, Join::And, &mut |query, word| {
        let mut pattern = String::from("%");
        for c in word.to_lowercase().chars() {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        query.push("search LIKE ").push_bind(pattern).push(" ESCAPE '!'");
    });
}

/// The contact, or the end of its 24 hours, whichever came first.
const CONTACT_DUE: &str = "CASE WHEN contacted_at < reported_at + 86400000 THEN contacted_at \
    ELSE reported_at + 86400000 END";

/// Handled, not rejected or merged away, and `more`.
macro_rules! handled_where {
    ($more:expr) => {
        concat!("handled_at IS NOT NULL AND state NOT IN ('rejected', 'merged')", $more)
    };
}

/// When a measure counts an issue, and the time whose day it counts under. The same as
/// [`measures_of`](crate::domain::metrics::contribution::measures_of), in SQL.
const fn counted_where(measure: Measure) -> (&'static str, &'static str) {
    const DUE: &str = "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged')";
    if let Some(of_cohort) = due_where(measure) {
        return of_cohort;
    }
    match measure {
        Measure::Reported => ("reported_at", "1 = 1"),
        Measure::FiledOfReported => ("reported_at", "filed_at IS NOT NULL"),
        Measure::Rejected => ("reported_at", "state = 'rejected'"),
        Measure::Merged => ("reported_at", "state = 'merged'"),
        Measure::Open => ("reported_at", "state NOT IN ('closed', 'rejected', 'merged')"),
        Measure::DueToClose => ("filed_at", DUE),
        Measure::ClosedOfDue => {
            ("filed_at", "filed_at IS NOT NULL AND state = 'closed' AND closed_at IS NOT NULL")
        }
        Measure::ReworkedOfDue => (
            "filed_at",
            "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged') AND reworks > 0",
        ),
        Measure::SuspendedOfDue => ("filed_at", "filed_at IS NOT NULL AND state = 'suspended'"),
        Measure::Handled => ("handled_at", handled_where!("")),
        Measure::ReworkedOfHandled => ("handled_at", handled_where!(" AND reworks > 0")),
        Measure::Dispatched => ("dispatched_at", "dispatched_at IS NOT NULL"),
        Measure::Misdispatched => ("dispatched_at", "dispatched_at IS NOT NULL AND misdispatched"),
        Measure::Closed | Measure::CloseTime(_) => {
            ("closed_at", "state = 'closed' AND closed_at IS NOT NULL")
        }
        Measure::MediationEnded => {
            ("handled_at", handled_where!(" AND kind = 'dispute' AND outcome IS NOT NULL"))
        }
        Measure::Agreement => (
            "handled_at",
            handled_where!(" AND kind = 'dispute' AND outcome = 'agreement_reached'"),
        ),
        Measure::LegalAnswered => (
            "handled_at",
            handled_where!(
                " AND kind = 'opinion' AND nature = 'legal_consultation' AND outcome IS NOT NULL"
            ),
        ),
        Measure::OpinionCollected => (
            "reported_at",
            "kind = 'opinion' AND COALESCE(nature, '') NOT IN ('legal_consultation', 'small_wish')",
        ),
        Measure::AcceptTime(_) => {
            ("accepted_at", "accepted_at IS NOT NULL AND dispatched_at IS NOT NULL")
        }
        Measure::HandleTime(_) => ("handled_at", handled_where!(" AND accepted_at IS NOT NULL")),
        _ => supervised_where(measure),
    }
}

/// As [`counted_where`], for what supervision counts.
const fn supervised_where(measure: Measure) -> (&'static str, &'static str) {
    match measure {
        Measure::DueContact => (CONTACT_DUE, "contactable"),
        Measure::ContactedOfDue => {
            (CONTACT_DUE, "contactable AND contacted_at <= reported_at + 86400000")
        }
        Measure::Revisited => ("revisited_at", "revisited_at IS NOT NULL"),
        Measure::Resolved => ("revisited_at", "revisited_at IS NOT NULL AND verdict = 'resolved'"),
        Measure::Satisfied => (
            "revisited_at",
            "revisited_at IS NOT NULL AND satisfaction IN ('satisfied', 'fairly_satisfied')",
        ),
        Measure::Urged => ("urged_at", "urged_at IS NOT NULL"),
        Measure::Supervised => ("supervised_at", "supervised_at IS NOT NULL"),
        Measure::Whistled => ("whistle_at", "whistle_at IS NOT NULL"),
        Measure::WhistledOnTime => ("whistle_at", "whistle_at IS NOT NULL AND whistle_on_time"),
        Measure::ExemptedRework => (
            "filed_at",
            "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged') AND reworks > 0 \
             AND exempted LIKE '%failed_inspection%'",
        ),
        Measure::ExemptedOverdue => (
            "filed_at",
            "filed_at IS NOT NULL AND state NOT IN ('rejected', 'merged') \
             AND exempted LIKE '%overdue%'",
        ),
        Measure::ExemptedReturn => {
            ("dispatched_at", "dispatched_at IS NOT NULL AND exempted LIKE '%return_budget%'")
        }
        Measure::ExemptedRating => {
            ("revisited_at", "revisited_at IS NOT NULL AND exempted LIKE '%low_rating%'")
        }
        // The rest is in the function above; a test asks for every measure.
        _ => ("reported_at", "1 = 0"),
    }
}

fn push_counted(query: &mut Query, counted: &Counted) {
    let (time, holds) = counted_where(counted.measure);
    query.push(format!(" AND {holds}"));
    if let Some(from) = counted.from {
        query.push(format!(" AND ({time}) >= ")).push_bind(from.0);
    }
    if let Some(before) = counted.before {
        query.push(format!(" AND ({time}) < ")).push_bind(before.0);
    }
    for measure in &counted.except {
        // Not plain NOT: of a value that is missing, both a condition and its NOT are unknown.
        query.push(format!(" AND ({}) IS NOT TRUE", counted_where(*measure).1));
    }
}

/// Pushes ` AND …` for intervals of cells; `None` means any. Each is looked for by itself, so
/// `each` is said of each, followed by AND, where an index begins with something else.
pub fn push_cells(query: &mut Query, each: &str, intervals: Option<&[(u64, u64)]>) {
    let Some(intervals) = intervals else { return };
    query.push(" AND ");
    push_joined(query, intervals, Join::Or, &mut |query, (low, high)| {
        query.push(format!("({each}cell >= ")).push_bind(low.cast_signed());
        query.push(" AND cell <= ").push_bind(high.cast_signed()).push(")");
    });
}

/// Pushes ` AND …` for each thing that the filter of counters asks for.
pub fn push_rollup_filter(query: &mut Query, filter: &RollupFilter) {
    if let Some(from) = filter.from {
        query.push(" AND day >= ").push_bind(i64::from(from.0));
    }
    if let Some(to) = filter.to {
        query.push(" AND day <= ").push_bind(i64::from(to.0));
    }
    if let Some(area) = &filter.area {
        push_area(query, area);
    }
    push_cells(query, "", filter.bounds_cells.as_deref());
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(category) = &filter.category {
        query.push(" AND category = ").push_bind(category.as_str());
    }
    if let Some(department) = &filter.department {
        query.push(" AND department = ").push_bind(department.as_str());
    }
    if !filter.measures.is_empty() {
        let names: Vec<String> = filter.measures.iter().map(Measure::to_string).collect();
        push_in(query, "measure", names.iter().map(String::as_str));
    }
}
