//! The parts of the report that compare: areas, departments, categories, and the map of the grids.

use super::words::{CLOSING_BREAKS, CLOSING_COLORS, N_SMALL, N_TINY, class_of, strength_of};
use super::{CATEGORY, DEPARTMENT, Making, PATH};
use crate::app::ctx::Ctx;
use crate::app::measure::{Sums, area_at, list_areas_in_scope};
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{CLOSING_RATE, ON_TIME_CLOSING_RATE, REWORK_RATE};
use crate::domain::territory::area::Area;
use crate::domain::territory::level::Level;
use crate::domain::territory::position::Position;
use crate::format::document::{Cell, Column, MapFigure, Section, Shape, Table};
use crate::store::query::Group;
use h3o::{CellIndex, LatLng};
use std::collections::BTreeMap;

/// Categories with fewer reports than the first so many are left out.
const CATEGORIES_MAX: usize = 20;

/// The columns of a comparison, after those that say of what.
fn columns(making: &Making<'_>) -> Vec<Column> {
    vec![
        making.column("reported", "上报", "Reported", 1.7),
        making.column("closing_n", "应结案 n", "Due to close n", 1.7),
        making.column("closing_rate", "结案率", "Closing rate", 1.8),
        making.column("closing_low", "区间下限", "Low", 1.7),
        making.column("closing_high", "区间上限", "High", 1.7),
        making.column("on_time_closing_rate", "按期结案率", "On time", 1.8),
        making.column("rework_rate", "返工率", "Rework", 1.6),
        making.column("open", "积压", "Open", 1.5),
        making.column("overdue", "超期", "Overdue", 1.5),
        making.column("close_median", "结案用时中位数", "Median to close", 2.2),
    ]
}

/// The values under [`columns`].
fn values(making: &Making<'_>, sums: &Sums) -> Vec<Cell> {
    let (rates, tally) = (&making.snapshot.rates, &sums.tally);
    if sums.is_silent() {
        let unknown = columns(making).into_iter().map(|_| Cell::Unknown);
        return unknown.collect();
    }
    let closing = tally.rate(rates.of(&CLOSING_RATE));
    let interval = closing.interval();
    vec![
        Cell::Count(tally.get(Measure::Reported)),
        Cell::Count(closing.denominator),
        Cell::share(closing.value()),
        Cell::share(interval.map(|interval| interval.0)),
        Cell::share(interval.map(|interval| interval.1)),
        Cell::share(tally.rate(rates.of(&ON_TIME_CLOSING_RATE)).value()),
        Cell::share(tally.rate(rates.of(&REWORK_RATE)).value()),
        Cell::Count(tally.get(Measure::Open)),
        Cell::Count(tally.get(Measure::OpenOverdue)),
        Cell::lasting(tally.close.quantile_ms(0.5)),
    ]
}

/// Which definitions stand behind the columns.
fn definitions(making: &Making<'_>) -> String {
    let rates = &making.snapshot.rates;
    let labels = [&CLOSING_RATE, &ON_TIME_CLOSING_RATE, &REWORK_RATE];
    let labels = labels.map(|rate| rates.of(rate).label()).join(", ");
    making.pick(
        format!("定义：reported@1, {labels}, open@1, overdue@1, close_ms@1"),
        format!("Definitions: reported@1, {labels}, open@1, overdue@1, close_ms@1"),
    )
}

fn area_sums(making: &Making<'_>, ctx: &Ctx, level: Level) -> BTreeMap<String, Sums> {
    making.sum(ctx, PATH, |group| match group {
        Group::Path(path) => area_at(making.snapshot, path, level),
        _ => None,
    })
}

fn areas_of<'a>(making: &'a Making<'_>, level: Level) -> Vec<&'a Area> {
    list_areas_in_scope(making.snapshot, making.scope, level, making.window.area.as_ref())
}

/// Streets and grids or, in a territory with neither, what there is below its district.
fn levels(making: &Making<'_>) -> Vec<Level> {
    let present = |level: &Level| !areas_of(making, *level).is_empty();
    let usual: Vec<Level> = [Level::Street, Level::Grid].into_iter().filter(present).collect();
    if !usual.is_empty() {
        return usual;
    }
    Level::ALL.into_iter().filter(present).collect()
}

fn level_title(making: &Making<'_>, level: Level) -> (&'static str, String) {
    let (key, zh, en) = match level {
        Level::Province => ("provinces", "按省", "By province"),
        Level::City => ("cities", "按市", "By city"),
        Level::District => ("districts", "按区县", "By district"),
        Level::Street => ("streets", "按街道", "By street"),
        Level::Community => ("communities", "按社区", "By community"),
        Level::Grid => ("grids", "按网格", "By grid"),
        Level::MicroGrid => ("micro_grids", "按微网格", "By micro-grid"),
    };
    (key, making.pick(zh, en))
}

/// Each level with all its areas, those of which nothing is known among them.
pub fn by_area(making: &Making<'_>, ctx: &Ctx) -> Vec<Section> {
    let silent = Sums::default();
    let sections = levels(making).into_iter().map(|level| {
        let sums = area_sums(making, ctx, level);
        let rows = areas_of(making, level).into_iter().map(|area| {
            let own = sums.get(area.code.as_str()).unwrap_or(&silent);
            let parent = area.parent.as_ref();
            let parent = parent.and_then(|code| making.snapshot.area_name(code.as_str()));
            let mut row = vec![
                Cell::text(area.code.as_str()),
                Cell::text(&area.name),
                parent.map_or(Cell::Empty, Cell::Text),
            ];
            row.extend(values(making, own));
            row
        });
        let rows = rows.collect();
        let (key, title) = level_title(making, level);
        let mut all = vec![
            making.column("code", "代码", "Code", 3.2),
            making.column("name", "名称", "Name", 3.4),
            making.column("parent", "上级", "Within", 2.6),
        ];
        all.extend(columns(making));
        let notes = vec![definitions(making)];
        Section { key, title, notes, figure: None, table: Table { columns: all, rows } }
    });
    sections.collect()
}

/// The departments that led something.
pub fn by_department(making: &Making<'_>, ctx: &Ctx) -> Section {
    let sums: BTreeMap<DepartmentCode, Sums> = making.sum(ctx, DEPARTMENT, |group| match group {
        Group::Department(code) => code.clone(),
        _ => None,
    });
    let rows = sums.iter().map(|(code, sums)| {
        let (zh, en) = making.snapshot.department_names(code);
        let mut row = vec![Cell::text(code.as_str()), Cell::text(making.pick(zh, en))];
        row.extend(values(making, sums));
        row
    });
    let rows = rows.collect();
    let mut all = vec![
        making.column("code", "代码", "Code", 2.8),
        making.column("name", "主办部门", "Lead department", 5.0),
    ];
    all.extend(columns(making));
    let note = making.pick(
        "按主办部门，代码顺序，不作排名；“上报”为其主办事件中期内上报的。",
        "By lead department in order of code, which is no ranking; reported counts what it leads.",
    );
    Section {
        key: "departments",
        title: making.pick("按部门", "By department"),
        notes: vec![note, definitions(making)],
        figure: None,
        table: Table { columns: all, rows },
    }
}

/// The categories with the most reports.
pub fn by_category(making: &Making<'_>, ctx: &Ctx) -> Section {
    let sums: BTreeMap<CategoryCode, Sums> = making.sum(ctx, CATEGORY, |group| match group {
        Group::PathCategory(_, category) => Some(category.clone()),
        _ => None,
    });
    let all_of_them = sums.len();
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.n().cmp(&a.1.n()).then_with(|| a.0.cmp(&b.0)));
    let rows = sums.iter().take(CATEGORIES_MAX).map(|(code, sums)| {
        let mut row = vec![
            Cell::text(code.as_str()),
            Cell::text(making.snapshot.category_name(code, making.lang)),
        ];
        row.extend(values(making, sums));
        row
    });
    let rows = rows.collect();
    let mut all = vec![
        making.column("code", "代码", "Code", 1.8),
        making.column("name", "类别", "Category", 5.0),
    ];
    all.extend(columns(making));
    let note = making.pick(
        format!("上报最多的 {CATEGORIES_MAX} 类（共 {all_of_them} 类有数据）。"),
        format!("The {CATEGORIES_MAX} most reported of {all_of_them} with anything counted."),
    );
    Section {
        key: "categories",
        title: making.pick("按类别", "By category"),
        notes: vec![note, definitions(making)],
        figure: None,
        table: Table { columns: all, rows },
    }
}

/// The closing rate of the finest level that is compared, on the fixed scale.
pub fn map(making: &Making<'_>, ctx: &Ctx) -> Section {
    let level = levels(making).last().copied().unwrap_or(Level::Grid);
    let sums = area_sums(making, ctx, level);
    let definition = making.snapshot.rates.of(&CLOSING_RATE);
    let shapes = areas_of(making, level).into_iter().map(|area| {
        let rate = sums.get(area.code.as_str()).map(|sums| sums.tally.rate(definition));
        let value = rate.and_then(|rate| rate.value());
        Shape {
            polygon: area.polygon.clone(),
            class: value.map(class_of),
            strength: strength_of(rate.map_or(0, |rate| rate.denominator)),
        }
    });
    let bound = |share: f64| format!("{}%", (share * 100.0).round());
    let [first, .., last] = CLOSING_BREAKS.map(bound);
    let mut labels = vec![format!("< {first}")];
    let pairs = CLOSING_BREAKS.windows(2);
    labels.extend(pairs.map(|pair| format!("{} – {}", bound(pair[0]), bound(pair[1]))));
    labels.push(format!("≥ {last}"));
    let (_, level_name) = level_title(making, level);
    let label = definition.label();
    let figure = MapFigure {
        shapes: shapes.collect(),
        scale: CLOSING_COLORS.into_iter().zip(labels).collect(),
        unknown: making.pick("未知（无应结案）", "unknown (none due)"),
        caption: making.pick(
            format!("结案率，{level_name}（{label}）。n < {N_TINY} 最淡，n < {N_SMALL} 较淡。"),
            format!(
                "Closing rate, {level_name} ({label}). Palest where n < {N_TINY}, paler where n < \
                 {N_SMALL}."
            ),
        ),
    };
    Section {
        key: "map",
        title: making.pick("结案率地图", "Map of the closing rate"),
        notes: vec![
            making.pick(
                "色阶固定，各期可比。",
                "The scale is fixed, so that periods can be compared.",
            ),
        ],
        figure: Some(figure),
        table: Table::default(),
    }
}

/// The street and the grid in the middle of a hexagon.
pub fn place_of(making: &Making<'_>, cell: CellIndex) -> Cell {
    let middle = LatLng::from(cell);
    let position = Position::new(middle.lng(), middle.lat()).ok();
    let area = position.and_then(|position| making.snapshot.territory.area_at(position));
    let Some(area) = area else { return Cell::Unknown };
    let mut names: Vec<&str> = making
        .snapshot
        .territory
        .chain(&area.code)
        .filter(|one| one.level >= Level::Street)
        .map(|one| one.name.as_str())
        .collect();
    if names.is_empty() {
        names.push(&area.name);
    }
    Cell::text(names.join(" · "))
}
