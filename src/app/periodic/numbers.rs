//! The parts of the report that are of the whole period: rates, counts, times, what is open.

use super::Making;
use crate::app::measure::Sums;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::figure::{FIGURES, find_figure};
use crate::domain::metrics::histogram::Histogram;
use crate::format::document::{Cell, Section, Table};
use std::collections::BTreeMap;

/// Upper ends, in days, of the classes of age; the last has none.
const AGE_DAYS: [i64; 6] = [1, 3, 7, 15, 30, 90];
/// The shares of times whose ends are told.
const QUANTILES: [(&str, f64); 6] =
    [("p10", 0.1), ("p25", 0.25), ("median", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95)];

/// Every published rate with its counts, interval and definition.
pub fn rates(making: &Making<'_>, whole: &Sums) -> Section {
    let rows = making.snapshot.rates.all().map(|definition| {
        let rate = whole.tally.rate(definition);
        let interval = rate.interval();
        vec![
            Cell::text(making.pick(definition.name_zh, definition.name_en)),
            Cell::share(rate.value()),
            Cell::Count(rate.numerator),
            Cell::Count(rate.denominator),
            Cell::share(interval.map(|interval| interval.0)),
            Cell::share(interval.map(|interval| interval.1)),
            Cell::text(definition.label()),
            Cell::text(making.pick(definition.says_zh, definition.says_en)),
        ]
    });
    let columns = vec![
        making.column("name", "指标", "Rate", 3.6),
        making.column("value", "值", "Value", 1.6),
        making.column("numerator", "分子", "Numerator", 1.8),
        making.column("denominator", "分母 n", "n", 1.6),
        making.column("low", "区间下限", "Low", 1.6),
        making.column("high", "区间上限", "High", 1.6),
        making.column("definition", "定义", "Definition", 4.2),
        making.column("says", "含义", "What it says", 9.0),
    ];
    Section {
        key: "rates",
        title: making.pick("主要指标", "Headline rates"),
        notes: Vec::new(),
        figure: None,
        table: Table { columns, rows: rows.collect() },
    }
}

/// Every published count.
pub fn counts(making: &Making<'_>, whole: &Sums) -> Section {
    let figures = FIGURES.iter().filter(|figure| figure.unit() == "count");
    let rows = figures.map(|figure| {
        vec![
            Cell::text(making.pick(figure.name_zh, figure.name_en)),
            Cell::Count(whole.tally.get(figure.measure)),
            Cell::text(figure.label()),
            Cell::text(making.pick(figure.says_zh, figure.says_en)),
        ]
    });
    let columns = vec![
        making.column("name", "数量", "Count", 4.0),
        making.column("value", "件数", "Issues", 2.0),
        making.column("definition", "定义", "Definition", 4.2),
        making.column("says", "含义", "What it counts", 12.0),
    ];
    Section {
        key: "counts",
        title: making.pick("数量", "Counts"),
        notes: Vec::new(),
        figure: None,
        table: Table { columns, rows: rows.collect() },
    }
}

/// Quantiles of the three times, and how many took how long.
pub fn times(making: &Making<'_>, whole: &Sums) -> [Section; 2] {
    let tally = &whole.tally;
    let all =
        [("accept_ms", &tally.accept), ("handle_ms", &tally.handle), ("close_ms", &tally.close)];
    [quantiles(making, &all), octaves(making, &all)]
}

type Times<'a> = [(&'static str, &'a Histogram); 3];

fn name_of(making: &Making<'_>, id: &str) -> String {
    find_figure(id).map_or_else(String::new, |f| making.pick(f.name_zh, f.name_en))
}

fn quantiles(making: &Making<'_>, all: &Times<'_>) -> Section {
    let rows = all.iter().map(|(id, times)| {
        let label = find_figure(id).map_or_else(String::new, |figure| figure.label());
        let mut row = vec![Cell::text(name_of(making, id)), Cell::Count(times.total())];
        row.extend(QUANTILES.iter().map(|(_, q)| Cell::lasting(times.quantile_ms(*q))));
        row.push(Cell::text(label));
        row
    });
    let mut columns =
        vec![making.column("name", "用时", "Time", 4.0), making.column("n", "n", "n", 2.0)];
    for (key, q) in QUANTILES {
        let percent = (q * 100.0).round();
        let zh = if key == "median" { "中位数".into() } else { format!("{percent}% 分位") };
        let en = if key == "median" { "Median".into() } else { format!("{percent} %") };
        columns.push(making.column(key, &zh, &en, 2.0));
    }
    columns.push(making.column("definition", "定义", "Definition", 3.0));
    Section {
        key: "times",
        title: making.pick("用时", "Times"),
        notes: vec![making.pick(
            "按对数分桶的直方图计算，误差不超过八分之一。表格文件中以“时:分”计。",
            "From histograms with logarithmic buckets, right to one part in eight. In the \
             spreadsheet as hours and minutes.",
        )],
        figure: None,
        table: Table { columns, rows: rows.collect() },
    }
}

fn octaves(making: &Making<'_>, all: &Times<'_>) -> Section {
    let mut spans = BTreeMap::<(i64, i64), [i64; 3]>::new();
    for (at, (_, times)) in all.iter().enumerate() {
        for (from, to, n) in times.octaves() {
            spans.entry((from, to)).or_default()[at] += n;
        }
    }
    let rows = spans.into_iter().map(|((from, to), counts)| {
        let mut row = vec![Cell::Lasting(from), Cell::Lasting(to)];
        row.extend(counts.map(Cell::Count));
        row
    });
    let mut columns = vec![
        making.column("from", "自", "From", 2.0),
        making.column("to", "至（不含）", "To (not with it)", 2.0),
    ];
    for (id, _) in all {
        columns.push(making.column(id, "", "", 3.0));
        if let Some(column) = columns.last_mut() {
            column.title = name_of(making, id);
        }
    }
    Section {
        key: "distribution",
        title: making.pick("用时分布", "Distribution of times"),
        notes: Vec::new(),
        figure: None,
        table: Table { columns, rows: rows.collect() },
    }
}

/// What is open by age, and of it what is beyond its limit by how long it is so.
pub fn backlog(making: &Making<'_>, whole: &Sums) -> Section {
    let starts = [&[0][..], &AGE_DAYS].concat();
    let mut rows: Vec<Vec<Cell>> = starts
        .iter()
        .enumerate()
        .map(|(at, from)| {
            let to = starts.get(at + 1).copied();
            let span = to.map_or(format!("≥ {from}"), |to| match to - from {
                1 => from.to_string(),
                _ => format!("{from}–{}", to - 1),
            });
            vec![
                Cell::text(span),
                Cell::Count(whole.open_ages.between(*from, to)),
                Cell::Count(whole.overdue_ages.between(*from, to)),
            ]
        })
        .collect();
    rows.push(vec![
        Cell::text(making.pick("合计", "All")),
        Cell::Count(whole.tally.get(Measure::Open)),
        Cell::Count(whole.tally.get(Measure::OpenOverdue)),
    ]);
    let columns = vec![
        making.column("days", "天数", "Days", 3.0),
        making.column("open", "积压（自上报起）open@1", "Open, since the report: open@1", 4.0),
        making.column(
            "overdue",
            "超期积压（自超期起）overdue@1",
            "Beyond limit, since then: overdue@1",
            4.0,
        ),
    ];
    Section {
        key: "backlog",
        title: making.pick("积压存续时间", "Open backlog by age"),
        notes: vec![making.pick(
            "截至时刻仍未结的全部事件，不论何时上报。",
            "All that was open at the instant of the report, whenever it was reported.",
        )],
        figure: None,
        table: Table { columns, rows },
    }
}
