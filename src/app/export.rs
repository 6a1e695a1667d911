//! Issues as a table for people, with names in one language and times on the clock of the office.

use super::ctx::Snapshot;
use super::error::{Say, say};
use super::periodic::{kind_name, severity_name, state_name};
use crate::domain::access::AreaPath;
use crate::domain::catalog::Lang;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::State;
use crate::domain::territory::level::Level;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::format::csv_out::{begin_csv, push_row};
use crate::store::export::ExportRow;
use hashbrown::HashMap;
use std::sync::Arc;

/// No clock of any zone leaps within a quarter of an hour.
const QUARTER_MS: i64 = 15 * MINUTE_MS;

fn header() -> [Say; 22] {
    [
        say("编号", "Number"),
        say("种类", "Kind"),
        say("类别代码", "Category code"),
        say("类别", "Category"),
        say("程度", "Severity"),
        say("状态", "State"),
        say("街道", "Street"),
        say("社区", "Community"),
        say("网格", "Grid"),
        say("责任单位", "Department"),
        say("情况", "Text"),
        say("地址", "Address"),
        say("经度", "Longitude"),
        say("纬度", "Latitude"),
        say("上报时间", "Reported"),
        say("立案时间", "Filed"),
        say("处置时限", "Due"),
        say("处置完成", "Handled"),
        say("结案时间", "Closed"),
        say("退回次数", "Returns"),
        say("返工次数", "Reworks"),
        say("来源", "Source"),
    ]
}

/// What writes rows; names and times that come again are made once.
pub struct Table {
    snapshot: Arc<Snapshot>,
    lang: Lang,
    categories: HashMap<CategoryCode, String>,
    departments: HashMap<DepartmentCode, String>,
    areas: HashMap<AreaPath, [String; 3]>,
    /// Names of kind, severity and state.
    words: HashMap<(Kind, Severity, State), [String; 3]>,
    quarters: HashMap<i64, (String, i64)>,
}

impl Table {
    pub fn new(snapshot: Arc<Snapshot>, lang: Lang) -> Self {
        Self {
            snapshot,
            lang,
            categories: HashMap::new(),
            departments: HashMap::new(),
            areas: HashMap::new(),
            words: HashMap::new(),
            quarters: HashMap::new(),
        }
    }

    /// The first line.
    pub fn begin(&self) -> Vec<u8> {
        let header = header().map(|said| self.lang.pick(&said));
        begin_csv(header.iter().map(String::as_str))
    }

    fn learn(&mut self, row: &ExportRow) {
        let (snapshot, lang) = (self.snapshot.clone(), self.lang);
        if !self.categories.contains_key(&row.category) {
            let name = snapshot.category_name(&row.category, lang);
            self.categories.insert(row.category.clone(), name);
        }
        if let Some(code) = &row.department
            && !self.departments.contains_key(code)
        {
            let (zh, en) = snapshot.department_names(code);
            let name = self.lang.pick(&say(zh, en));
            self.departments.insert(code.clone(), name);
        }
        self.words.entry((row.kind, row.severity, row.state)).or_insert_with(|| {
            let said = [kind_name(row.kind), severity_name(row.severity), state_name(row.state)];
            said.map(|said| lang.pick(&said))
        });
        if !self.areas.contains_key(&row.path) {
            let name = |level| {
                let area = snapshot.area_at(&row.path, level);
                area.map_or_else(String::new, |area| area.name.clone())
            };
            let names = [Level::Street, Level::Community, Level::Grid].map(name);
            self.areas.insert(row.path.clone(), names);
        }
    }

    /// A time to the minute.
    fn time(&mut self, at: Option<Timestamp>) -> String {
        let Some(at) = at else { return String::new() };
        let quarter = at.0.div_euclid(QUARTER_MS);
        let zone = &self.snapshot.zone;
        let begins = self.quarters.entry(quarter).or_insert_with(|| {
            let shown = Timestamp(quarter * QUARTER_MS).clock_in(zone);
            let minute = shown.get(14..).and_then(|minute| minute.parse().ok()).unwrap_or(0);
            (shown.get(..13).unwrap_or_default().to_owned(), minute)
        });
        let minute = begins.1 + at.0.rem_euclid(QUARTER_MS) / MINUTE_MS;
        format!("{}:{minute:02}", begins.0)
    }

    /// Adds rows to `out`.
    pub fn push(&mut self, rows: &[ExportRow], out: &mut Vec<u8>) {
        rows.iter().for_each(|row| self.push_one(row, out));
    }

    fn push_one(&mut self, row: &ExportRow, out: &mut Vec<u8>) {
        self.learn(row);
        let times = [Some(row.reported), row.filed, row.due, row.handled, row.closed]
            .map(|at| self.time(at));
        let [reported, filed, due, handled, closed] = &times;
        let [street, community, grid] = &self.areas[&row.path];
        let department = row.department.as_ref().map_or("", |code| &self.departments[code]);
        let [kind, severity, state] = &self.words[&(row.kind, row.severity, row.state)];
        let (lon, lat) = (format!("{:.6}", row.position.0), format!("{:.6}", row.position.1));
        let fields = [
            row.number.as_str(),
            kind,
            row.category.as_str(),
            &self.categories[&row.category],
            severity,
            state,
            street,
            community,
            grid,
            department,
            row.text.as_deref().unwrap_or(""),
            row.address.as_deref().unwrap_or(""),
            &lon,
            &lat,
            reported,
            filed,
            due,
            handled,
            closed,
            &row.returns.to_string(),
            &row.reworks.to_string(),
            &row.source,
        ];
        push_row(out, fields);
    }
}
