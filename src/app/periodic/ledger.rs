//! The ledger: a row for each issue that was reported in the period. Of a dispute it says that
//! there was one, in which street and how it went; never its parties, its text or its place.

use super::words::{kind_name, state_name};
use super::{Making, numbers_of};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::measure::counted_by;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::territory::level::Level;
use crate::domain::time::Timestamp;
use crate::format::document::{Cell, Section, Table};
use crate::store::care::SEALED_PREFIX;
use crate::store::query::{IssueFilter, PageQuery, Seek, Sort};

const PAGE_ROWS: usize = 500;
/// Longer texts are cut: the ledger is an overview.
const TEXT_CHARS_MAX: usize = 60;

/// The ledger, in order of report, of at most `rows_max` issues.
///
/// # Errors
/// The store is not available.
pub async fn ledger(making: &Making<'_>, ctx: &Ctx, rows_max: usize) -> Result<Section, AppError> {
    let window = &making.window;
    let filter = IssueFilter {
        area: window.area.clone(),
        counted: Some(counted_by(making.snapshot, "reported", window.days(), window.as_of)?),
        ..IssueFilter::default()
    };
    let mut query =
        PageQuery { filter, sort: Sort::OldestFirst, after: None, limit: PAGE_ROWS.min(rows_max) };
    let all = ctx.store.count_issues(&query, making.scope).await?;
    let mut rows = Vec::new();
    while rows.len() < rows_max {
        query.limit = PAGE_ROWS.min(rows_max - rows.len());
        let page = ctx.store.list_issues(&query, making.scope).await?;
        rows.extend(page.items.iter().map(|issue| row_of(making, issue)));
        let Some(last) = page.items.last().filter(|_| page.more) else { break };
        query.after = Some(Seek::after(last, query.sort));
    }
    let mut notes = vec![making.pick(
        "期内上报的每一件事件，状态与时间以生成时为准。矛盾纠纷只写所在街道，\
         不写当事人、内容与地点。",
        "Each issue reported in the period, with state and times as of the making of this report. \
         Of disputes it says the street alone: no parties, no text, no place.",
    )];
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) < all {
        notes.push(numbers_of(making, rows.len(), all));
    }
    Ok(Section {
        key: "ledger",
        title: making.pick("事件台账", "Ledger of issues"),
        notes,
        figure: None,
        table: Table { columns: columns(making), rows },
    })
}

fn columns(making: &Making<'_>) -> Vec<crate::format::document::Column> {
    vec![
        making.column("number", "编号", "Number", 3.2),
        making.column("reported", "上报时间", "Reported", 3.2),
        making.column("kind", "类型", "Kind", 1.9),
        making.column("category", "类别", "Category", 3.6),
        making.column("street", "街道", "Street", 2.6),
        making.column("grid", "网格", "Grid", 2.8),
        making.column("text", "内容", "Text", 5.6),
        making.column("department", "主办部门", "Lead", 3.4),
        making.column("state", "状态", "State", 2.0),
        making.column("due", "到期", "Due", 3.2),
        making.column("closed", "结案时间", "Closed", 3.2),
        making.column("overdue", "是否超期", "Overdue", 1.6),
        making.column("returns", "退单", "Returns", 1.2),
        making.column("reworks", "返工", "Rework", 1.2),
    ]
}

fn area_name(making: &Making<'_>, issue: &Issue, level: Level) -> Cell {
    let area = making.snapshot.area_at(&issue.place.path, level);
    area.map_or(Cell::Empty, |area| Cell::text(&area.name))
}

/// What was reported, cut to an overview; of what is or was a dispute nothing.
fn text_of(issue: &Issue) -> Cell {
    if issue.kind == Kind::Dispute || issue.text.starts_with(SEALED_PREFIX) {
        return Cell::Empty;
    }
    let plain: String = issue.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = plain.chars().take(TEXT_CHARS_MAX).collect();
    if shown.len() < plain.len() {
        shown.push('…');
    }
    Cell::Text(shown)
}

fn row_of(making: &Making<'_>, issue: &Issue) -> Vec<Cell> {
    let at = |time: Option<Timestamp>| time.map_or(Cell::Empty, Cell::At);
    let is_dispute = issue.kind == Kind::Dispute;
    let lead = issue.lead.as_ref().map(|code| making.snapshot.department_names(code));
    let ended = issue.times.ended.unwrap_or(making.window.as_of);
    let is_overdue = issue.overdue_from().is_some_and(|red| red <= ended);
    let yes_no = match (issue.clocks.due(), is_overdue) {
        (None, _) => Cell::Empty,
        (_, true) => Cell::text(making.pick("是", "yes")),
        (_, false) => Cell::text(making.pick("否", "no")),
    };
    vec![
        Cell::text(&issue.number),
        Cell::At(issue.times.reported),
        Cell::text(making.told(kind_name(issue.kind))),
        Cell::text(making.snapshot.category_name(&issue.category, making.lang)),
        area_name(making, issue, Level::Street),
        if is_dispute { Cell::Empty } else { area_name(making, issue, Level::Grid) },
        text_of(issue),
        lead.map_or(Cell::Empty, |(zh, en)| Cell::text(making.pick(zh, en))),
        Cell::text(making.told(state_name(issue.state))),
        at(issue.clocks.due()),
        at(issue.times.closed),
        yes_no,
        Cell::Count(i64::from(issue.counts.returns)),
        Cell::Count(i64::from(issue.counts.reworks)),
    ]
}
