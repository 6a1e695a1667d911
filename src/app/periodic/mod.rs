//! The periodic report (台账): a month, a quarter or a year in numbers, each with its definition and
//! as of when, and the ledger of its issues. All numbers come from one reading of the counters, the
//! same that the published metrics are made of.

mod areas;
mod ledger;
mod numbers;
pub mod words;

pub use words::{kind_name, severity_name, state_name};

use super::analysis::judge_cells;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, Say, say};
use super::measure::{Sums, gather, stand};
use super::window::{Moment, Resolved, Window, find_as_of, resolve};
use crate::domain::access::Scope;
use crate::domain::catalog::Lang;
use crate::domain::cell::parent_cell;
use crate::domain::metrics::contribution::Measure;
use crate::domain::period::Period;
use crate::domain::time::Timestamp;
use crate::format::document::{Cell, Column, Document, Section};
use crate::store::query::{Group, GroupBy, Standing};
use h3o::Resolution;

/// Hexagons and their neighbourhood, as hot spots are judged where nothing else is asked for.
pub const SPOT_RESOLUTION: Resolution = Resolution::Eight;
const SPOT_RINGS: u32 = 1;
/// The false discovery rate that is put up with.
const SPOT_Q_MAX: f64 = 0.05;
const SPOTS_MAX: usize = 20;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Question {
    pub period: Period,
    /// Code of an area; the whole scope when absent.
    pub area: Option<String>,
    pub lang: Lang,
    /// The most issues of the ledger.
    pub ledger_rows_max: usize,
}

/// What everything of one report is made from.
struct Making<'a> {
    snapshot: &'a Snapshot,
    scope: &'a Scope,
    window: Resolved,
    standing: Standing,
    lang: Lang,
}

/// The place of each grouping in [`Standing`].
const GROUPS: [GroupBy; 5] =
    [GroupBy::Nothing, GroupBy::Path, GroupBy::Department, GroupBy::PathCategory, GroupBy::Cell];
const NOTHING: usize = 0;
const PATH: usize = 1;
const DEPARTMENT: usize = 2;
const CATEGORY: usize = 3;
const CELL: usize = 4;

impl Making<'_> {
    fn pick(&self, zh: impl Into<String>, en: impl Into<String>) -> String {
        self.told(say(zh, en))
    }

    fn told(&self, says: Say) -> String {
        self.lang.pick(&says)
    }

    fn column(&self, key: &'static str, zh: &str, en: &str, width: f32) -> Column {
        Column { key, title: self.pick(zh, en), width }
    }

    fn sum<K: Ord>(
        &self,
        ctx: &Ctx,
        at: usize,
        key_of: impl Fn(&Group) -> Option<K>,
    ) -> std::collections::BTreeMap<K, Sums> {
        gather(ctx, &self.window, &self.standing, at, key_of)
    }
}

/// The window of a period: all its days, as they stood at its end or, while it runs, stand now.
///
/// # Errors
/// The period has not begun; the area is not known.
pub async fn window_of_period(
    ctx: &Ctx,
    period: Period,
    area: Option<String>,
) -> Result<Resolved, AppError> {
    let snapshot = ctx.snapshot();
    let known = find_as_of(ctx).await?;
    let today = known.day_in(&snapshot.zone);
    let (from, to) = period.days();
    if from > today {
        let until = known.clock_in(&snapshot.zone);
        return Err(AppError::field(
            "period",
            say(
                format!("{period} 尚未开始：数据截至 {until}，请选择更早的期间"),
                format!("{period} has not begun: the data reaches to {until}, name an earlier one"),
            ),
        ));
    }
    let as_of = (to < today).then_some(Moment::Day(to));
    let window = Window { from: Some(from), to: Some(to), area, as_of, ..Window::default() };
    resolve(&snapshot, &window, known)
}

/// Makes the report of a period within a scope, which is that of the metrics.
///
/// # Errors
/// The period has not begun, the area is not known, or the store is not available.
pub async fn make_report(
    ctx: &Ctx,
    scope: &Scope,
    question: &Question,
) -> Result<Document, AppError> {
    let snapshot = ctx.snapshot();
    let window = window_of_period(ctx, question.period, question.area.clone()).await?;
    let standing = stand(ctx, scope, &window, &GROUPS, false).await?;
    let making = Making { snapshot: &snapshot, scope, window, standing, lang: question.lang };
    let whole = making.sum(ctx, NOTHING, |_| Some(())).remove(&()).unwrap_or_default();
    let mut sections = vec![numbers::rates(&making, &whole), numbers::counts(&making, &whole)];
    sections.push(areas::map(&making, ctx));
    sections.extend(areas::by_area(&making, ctx));
    sections.push(areas::by_department(&making, ctx));
    sections.push(areas::by_category(&making, ctx));
    sections.extend(numbers::times(&making, &whole));
    sections.push(numbers::backlog(&making, &whole));
    sections.push(hotspots(&making, ctx)?);
    sections.push(ledger::ledger(&making, ctx, question.ledger_rows_max).await?);
    Ok(Document {
        title: title_of(&making, question.period),
        head: head_of(&making, ctx.now()),
        lang: question.lang,
        zone: snapshot.zone.clone(),
        as_of: making.window.as_of,
        sections,
    })
}

fn title_of(making: &Making<'_>, period: Period) -> String {
    let instance = &making.snapshot.instance;
    let (zh, en) = match period {
        Period::Month { year, month } => {
            (format!("{year} 年 {month} 月月度台账"), format!("Monthly ledger {period}"))
        }
        Period::Quarter { year, quarter } => {
            (format!("{year} 年第 {quarter} 季度台账"), format!("Quarterly ledger {period}"))
        }
        Period::Year { year } => (format!("{year} 年年度台账"), format!("Yearly ledger {period}")),
    };
    let place = making.window.area.as_ref().and_then(|path| path.leaf());
    let place = place.and_then(|code| making.snapshot.area_name(code));
    let name = making.pick(&instance.name_zh, &instance.name_en);
    let name = place.map_or(name.clone(), |place| format!("{name} · {place}"));
    making.pick(format!("{name} {zh}"), format!("{name}: {en}"))
}

fn head_of(making: &Making<'_>, now: Timestamp) -> Vec<String> {
    let (window, zone) = (&making.window, &making.snapshot.zone);
    let as_of = window.as_of.clock_in(zone);
    let name = zone.iana_name().unwrap_or("UTC");
    let mut head = vec![making.pick(
        format!("期间 {} 至 {}；数据截至 {as_of}（{name}）", window.from, window.to),
        format!("{} to {}; as of {as_of} ({name})", window.from, window.to),
    )];
    let made = now.clock_in(zone);
    head.push(making.pick(
        format!("生成于 {made}。每个数字旁注有定义编号与版本，如 closing_rate@3；n 为分母。"),
        format!(
            "Made {made}. Beside each number stands the id and version of its definition, such as \
             closing_rate@3; n is the denominator."
        ),
    ));
    head.push(making.pick(
        "区间为 95% Wilson 置信区间。没有数据的一律写“未知”，不作为零，也不作为良好。",
        "Intervals are Wilson's at 95 %. Where there is no data it says unknown: neither zero nor \
         good.",
    ));
    let instance = &making.snapshot.instance;
    if instance.generated {
        let own = making.pick(&instance.generated_note_zh, &instance.generated_note_en);
        let note = making.pick("演示用生成数据，并非真实记录。", "Generated data, made up.");
        head.push(if own.is_empty() { note } else { own });
    }
    head
}

/// Hexagons around which more was reported than chance would put there.
fn hotspots(making: &Making<'_>, ctx: &Ctx) -> Result<Section, AppError> {
    let cells = making.sum(ctx, CELL, |group| match group {
        Group::Cell(cell) => Some(parent_cell(*cell, SPOT_RESOLUTION)),
        _ => None,
    });
    let counts = cells.iter().map(|(cell, sums)| (*cell, sums.tally.get(Measure::Reported)));
    let how = (SPOT_RESOLUTION, SPOT_RINGS);
    let area = making.window.area.as_ref();
    let field = judge_cells(making.snapshot, making.scope, area, how, counts.collect())?;
    let mut hot: Vec<_> =
        field.spots.iter().filter(|spot| spot.z > 0.0 && spot.q <= SPOT_Q_MAX).collect();
    hot.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.cell.cmp(&b.cell)));
    let rows = hot.iter().take(SPOTS_MAX).map(|spot| {
        vec![
            Cell::text(spot.cell.to_string()),
            areas::place_of(making, spot.cell),
            Cell::Count(spot.count),
            Cell::Count(spot.around),
            Cell::Number(spot.expected),
            Cell::Number(spot.z),
        ]
    });
    let columns = vec![
        making.column("cell", "六边形（H3）", "Hexagon (H3)", 4.0),
        making.column("place", "所在", "Where", 6.0),
        making.column("count", "本格件数", "In it", 2.0),
        making.column("around", "连同周围", "With its neighbours", 2.0),
        making.column("expected", "均匀时应有", "Were it even", 2.0),
        making.column("z", "z", "z", 1.5),
    ];
    let rows = rows.collect();
    let method = "getis_ord_gi_star@1";
    Ok(Section {
        key: "hotspots",
        title: making.pick("热点", "Hot spots"),
        notes: vec![making.pick(
            format!(
                "{} 个六边形共 {} 件（reported@1）；只列显著多于平均的（{method}，q ≤ {SPOT_Q_MAX}），\
                 至多 {SPOTS_MAX} 个。",
                field.spots.len(),
                field.total
            ),
            format!(
                "{} reports (reported@1) in {} hexagons; those that stand out ({method}, q ≤ \
                 {SPOT_Q_MAX}), {SPOTS_MAX} at most.",
                field.total,
                field.spots.len()
            ),
        )],
        figure: None,
        table: crate::format::document::Table { columns, rows },
    })
}

/// That a list goes on.
fn numbers_of(making: &Making<'_>, shown: usize, all: i64) -> String {
    making.pick(
        format!("共 {all} 件，此处列出最早的 {shown} 件；全部见表格文件（format=xlsx）或按区域分别生成。"),
        format!(
            "The first {shown} of {all}: the spreadsheet (format=xlsx) holds more, and so do \
             reports by area."
        ),
    )
}
