//! A list of edits applied to a territory, in order: what areas there are afterwards, and the
//! lineage that says what became of those that are gone.
//!
//! Invariant: an area never changes its parent's outline. A border is moved between areas of one
//! parent, so that all levels above stay as they are.

#[cfg(test)]
mod tests;

use super::area::Area;
use super::check::{guarded, size_m2};
use super::edit::{EditError, SLIVER_M2, merge_areas, move_border, split_area};
use super::lineage::{Lineage, LineageKind};
use crate::domain::id::AreaCode;
use crate::domain::time::Day;
use geo::{BooleanOps, BoundingRect, Intersects, LineString, MultiPolygon};
use std::collections::{BTreeMap, BTreeSet};

/// The most edits in one list.
pub const EDITS_MAX: usize = 200;
/// The longest name of an area, in characters.
pub const NAME_CHARS_MAX: usize = 200;

/// What an area is to be called; what is left out is proposed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Naming {
    pub code: Option<AreaCode>,
    pub name: Option<String>,
}

/// One edit.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Along a line; the parts are named from west to east, or not at all.
    Split {
        area: AreaCode,
        line: LineString<f64>,
        parts: Vec<Naming>,
    },
    Merge {
        areas: Vec<AreaCode>,
        into: Naming,
    },
    /// The area gets this outline; areas of the same parent give and take.
    Move {
        area: AreaCode,
        outline: MultiPolygon<f64>,
    },
    Rename {
        area: AreaCode,
        name: String,
    },
}

/// Why an edit cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditFault {
    #[error("there is no area {0}, or it ended with an edit before this one")]
    UnknownArea(AreaCode),
    #[error("{0} is named twice")]
    NamedTwice(AreaCode),
    #[error("{0} lies under another parent; only areas of one parent are merged")]
    OtherParent(AreaCode),
    #[error("{0} is of another level")]
    OtherLevel(AreaCode),
    #[error("code {0} is given to an area already")]
    CodeInUse(AreaCode),
    #[error("code {0} was retired; its code is not used again")]
    CodeRetired(AreaCode),
    #[error("a name is needed")]
    NoName,
    #[error("a name has at most {NAME_CHARS_MAX} characters and no control characters")]
    Name,
    #[error("the line makes {made} parts, but {named} are named")]
    Parts { made: usize, named: usize },
    #[error("{child}, which lies below, would be in several parts; move its border first")]
    ChildAcross { child: AreaCode },
    #[error("{child}, which lies below {area}, would reach {area_m2:.0} m² out of it")]
    ChildOutside { child: AreaCode, area: AreaCode, area_m2: f64 },
    #[error("nothing would be left of {0}")]
    Swallowed(AreaCode),
    #[error("{0} would fall into pieces")]
    Torn(AreaCode),
    #[error(transparent)]
    Shape(EditError),
}

/// What is wrong with which field of which edit. The edits before it were applied.
#[derive(Clone, Debug, PartialEq)]
pub struct EditProblem {
    /// The place in the list, from 0.
    pub edit: usize,
    /// `area`, `areas`, `line`, `outline`, `name`, or `parts.0.code` and the like.
    pub field: String,
    pub fault: EditFault,
}

/// What a list of edits leaves.
#[derive(Clone, Debug, Default)]
pub struct Redrawn {
    pub areas: BTreeMap<AreaCode, Area>,
    /// Areas that are new or not as they were.
    pub changed: BTreeSet<AreaCode>,
    /// For each edit that was applied, the areas that it made or changed.
    pub made: Vec<Vec<AreaCode>>,
    pub lineage: Vec<Lineage>,
    pub problem: Option<EditProblem>,
    /// The areas in force that each area has its ground from.
    pub origins: BTreeMap<AreaCode, BTreeSet<AreaCode>>,
}

/// The field and the fault.
type Fault = (String, EditFault);

/// Applies edits in order, up to the first that cannot be.
pub fn redraw<'a>(
    in_force: impl Iterator<Item = &'a Area>,
    retired: &BTreeSet<AreaCode>,
    edits: &[Edit],
    on: Day,
) -> Redrawn {
    let areas: BTreeMap<AreaCode, Area> =
        in_force.map(|area| (area.code.clone(), area.clone())).collect();
    let mut children = BTreeMap::<AreaCode, BTreeSet<AreaCode>>::new();
    for area in areas.values() {
        if let Some(parent) = &area.parent {
            children.entry(parent.clone()).or_default().insert(area.code.clone());
        }
    }
    let origins = areas.keys().map(|code| (code.clone(), BTreeSet::from([code.clone()]))).collect();
    let before: BTreeSet<AreaCode> = areas.keys().cloned().collect();
    let mut drawing = Drawing { before, retired, children, out: Redrawn::default() };
    (drawing.out.areas, drawing.out.origins) = (areas, origins);
    for (at, edit) in edits.iter().enumerate() {
        match drawing.apply(edit) {
            Ok(made) => drawing.out.made.push(made),
            Err((field, fault)) => {
                drawing.out.problem = Some(EditProblem { edit: at, field, fault });
                break;
            }
        }
    }
    let mut out = drawing.out;
    out.lineage = lineage_of(&drawing.before, &out.origins, on);
    out.changed.retain(|code| out.areas.contains_key(code));
    out
}

struct Drawing<'a> {
    /// The codes in force.
    before: BTreeSet<AreaCode>,
    retired: &'a BTreeSet<AreaCode>,
    children: BTreeMap<AreaCode, BTreeSet<AreaCode>>,
    out: Redrawn,
}

fn of_field(field: &str) -> impl Fn(EditError) -> Fault {
    let field = field.to_owned();
    move |error| (field.clone(), EditFault::Shape(error))
}

fn check_name(field: &str, name: &str) -> Result<String, Fault> {
    let name = name.trim();
    let unfit = name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control);
    match (name.is_empty(), unfit) {
        (true, _) => Err((field.to_owned(), EditFault::NoName)),
        (_, true) => Err((field.to_owned(), EditFault::Name)),
        _ => Ok(name.to_owned()),
    }
}

impl Drawing<'_> {
    fn apply(&mut self, edit: &Edit) -> Result<Vec<AreaCode>, Fault> {
        match edit {
            Edit::Split { area, line, parts } => self.split(area, line, parts),
            Edit::Merge { areas, into } => self.merge(areas, into),
            Edit::Move { area, outline } => self.move_border(area, outline),
            Edit::Rename { area, name } => {
                let mut renamed = self.find("area", area)?;
                renamed.name = check_name("name", name)?;
                self.put(renamed);
                Ok(vec![area.clone()])
            }
        }
    }

    fn find(&self, field: &str, code: &AreaCode) -> Result<Area, Fault> {
        let found = self.out.areas.get(code).cloned();
        found.ok_or_else(|| (field.to_owned(), EditFault::UnknownArea(code.clone())))
    }

    fn put(&mut self, area: Area) {
        self.out.changed.insert(area.code.clone());
        if let Some(parent) = &area.parent {
            self.children.entry(parent.clone()).or_default().insert(area.code.clone());
        }
        self.out.areas.insert(area.code.clone(), area);
    }

    /// Takes an area away; what it had below is still listed under its code.
    fn take(&mut self, area: &Area) -> BTreeSet<AreaCode> {
        self.out.areas.remove(&area.code);
        if let Some(siblings) = area.parent.as_ref().and_then(|p| self.children.get_mut(p)) {
            siblings.remove(&area.code);
        }
        self.out.origins.remove(&area.code).unwrap_or_default()
    }

    fn below(&self, code: &AreaCode) -> Vec<&Area> {
        let codes = self.children.get(code).into_iter().flatten();
        let areas = codes.filter_map(|code| self.out.areas.get(code));
        areas.filter(|area| area.parent.as_ref() == Some(code)).collect()
    }

    /// A code for a new area on the ground of `origins`; those that `ended` gives up are free.
    fn check_code(
        &self,
        field: &str,
        code: &AreaCode,
        ended: &[&AreaCode],
        origins: &BTreeSet<AreaCode>,
    ) -> Result<(), Fault> {
        let fault = |fault| Err((field.to_owned(), fault));
        if self.out.areas.contains_key(code) && !ended.contains(&code) {
            return fault(EditFault::CodeInUse(code.clone()));
        }
        // A code that an edit before this one ended may come back to its own ground alone.
        let is_foreign = self.before.contains(code) && !origins.contains(code);
        match self.retired.contains(code) || is_foreign {
            true => fault(EditFault::CodeRetired(code.clone())),
            false => Ok(()),
        }
    }

    /// Free codes like that of `model`, the next ones in its family.
    fn propose_codes(&self, model: &Area, count: usize) -> Vec<AreaCode> {
        let code = model.code.as_str();
        let stem = model.parent.as_ref().map(AreaCode::as_str).unwrap_or("");
        let digits = code.strip_prefix(stem).unwrap_or(code);
        let tail = digits.len() - digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (stem, tail) = code.split_at(code.len() - tail.min(9));
        let (width, mut number) = (tail.len(), tail.parse::<u64>().unwrap_or(0));
        let mut found = Vec::with_capacity(count);
        while found.len() < count {
            number += 1;
            let text = match width {
                0 => format!("{code}-{number}"),
                _ => format!("{stem}{number:0width$}"),
            };
            let Ok(code) = AreaCode::parse(&text) else { break };
            let used = self.out.areas.contains_key(&code)
                || self.before.contains(&code)
                || self.retired.contains(&code);
            if !used {
                found.push(code);
            }
        }
        found
    }

    fn split(
        &mut self,
        code: &AreaCode,
        line: &LineString<f64>,
        names: &[Naming],
    ) -> Result<Vec<AreaCode>, Fault> {
        let area = self.find("area", code)?;
        let polygons = split_area(&area.polygon, line).map_err(of_field("line"))?;
        if !names.is_empty() && names.len() != polygons.len() {
            let (made, named) = (polygons.len(), names.len());
            return Err(("parts".into(), EditFault::Parts { made, named }));
        }
        let origins = self.out.origins.get(code).cloned().unwrap_or_default();
        let proposed = self.propose_codes(&area, polygons.len());
        let mut parts = Vec::<Area>::with_capacity(polygons.len());
        for (at, polygon) in polygons.into_iter().enumerate() {
            let naming = names.get(at).cloned().unwrap_or_default();
            let field = |name: &str| format!("parts.{at}.{name}");
            let own = naming.code.or_else(|| proposed.get(at).cloned());
            let own = own.ok_or((field("code"), EditFault::NoName))?;
            self.check_code(&field("code"), &own, &[code], &origins)?;
            if parts.iter().any(|part| part.code == own) {
                return Err((field("code"), EditFault::CodeInUse(own)));
            }
            let name = naming.name.unwrap_or_else(|| format!("{}-{}", area.name, at + 1));
            let name = check_name(&field("name"), &name)?;
            parts.push(Area { code: own, name, polygon, ..area.clone() });
        }
        let adopted = self.adopt(&area, &parts)?;
        self.take(&area);
        let made = parts.iter().map(|part| part.code.clone()).collect();
        for part in parts {
            self.out.origins.insert(part.code.clone(), origins.clone());
            self.put(part);
        }
        adopted.into_iter().for_each(|child| self.put(child));
        Ok(made)
    }

    /// What lies below a split area, each under the part that it lies in.
    fn adopt(&self, area: &Area, parts: &[Area]) -> Result<Vec<Area>, Fault> {
        let mut adopted = Vec::new();
        for child in self.below(&area.code) {
            let parent = parts.iter().find(|part| {
                outside_m2(&child.polygon, &part.polygon).is_some_and(|size| size <= SLIVER_M2)
            });
            let across = || EditFault::ChildAcross { child: child.code.clone() };
            let parent = parent.ok_or_else(|| ("line".to_owned(), across()))?;
            adopted.push(Area { parent: Some(parent.code.clone()), ..child.clone() });
        }
        Ok(adopted)
    }

    fn merge(&mut self, codes: &[AreaCode], into: &Naming) -> Result<Vec<AreaCode>, Fault> {
        let mut areas = Vec::<Area>::with_capacity(codes.len());
        for code in codes {
            let area = self.find("areas", code)?;
            let wrong = match areas.first() {
                _ if areas.iter().any(|own| own.code == *code) => EditFault::NamedTwice,
                Some(first) if first.level != area.level => EditFault::OtherLevel,
                Some(first) if first.parent != area.parent => EditFault::OtherParent,
                _ => {
                    areas.push(area);
                    continue;
                }
            };
            return Err(("areas".into(), wrong(code.clone())));
        }
        let polygons: Vec<&MultiPolygon<f64>> = areas.iter().map(|area| &area.polygon).collect();
        let polygon = merge_areas(&polygons).map_err(of_field("areas"))?;
        let largest = areas.iter().max_by(|a, b| {
            size_m2(&a.polygon).total_cmp(&size_m2(&b.polygon)).then(b.code.cmp(&a.code))
        });
        let largest = largest.cloned().ok_or(("areas".to_owned(), too_few()))?;
        let own_origins = |code: &AreaCode| self.out.origins.get(code).cloned();
        let origins: BTreeSet<AreaCode> = codes.iter().filter_map(own_origins).flatten().collect();
        let proposed = self.propose_codes(&largest, 1).pop();
        let own = into.code.clone().or(proposed);
        let own = own.ok_or(("into.code".to_owned(), EditFault::NoName))?;
        self.check_code("into.code", &own, &codes.iter().collect::<Vec<_>>(), &origins)?;
        let name = into.name.clone().unwrap_or_else(|| largest.name.clone());
        let name = check_name("into.name", &name)?;
        let adopted: Vec<Area> = codes
            .iter()
            .flat_map(|code| self.below(code))
            .map(|child| Area { parent: Some(own.clone()), ..child.clone() })
            .collect();
        areas.iter().for_each(|area| drop(self.take(area)));
        self.out.origins.insert(own.clone(), origins);
        self.put(Area { code: own.clone(), name, polygon, ..largest });
        adopted.into_iter().for_each(|child| self.put(child));
        Ok(vec![own])
    }

    fn move_border(
        &mut self,
        code: &AreaCode,
        outline: &MultiPolygon<f64>,
    ) -> Result<Vec<AreaCode>, Fault> {
        let area = self.find("area", code)?;
        let near = outline.bounding_rect().zip(area.polygon.bounding_rect());
        let is_near = |other: &Area| {
            let own = other.polygon.bounding_rect();
            own.zip(near)
                .is_some_and(|(own, (new, old))| own.intersects(&new) || own.intersects(&old))
        };
        let siblings = self.out.areas.values().filter(|other| {
            other.parent == area.parent && other.level == area.level && other.code != *code
        });
        let siblings: Vec<Area> = siblings.filter(|other| is_near(other)).cloned().collect();
        let polygons: Vec<_> = siblings.iter().map(|other| &other.polygon).collect();
        let moved = move_border(&area.polygon, outline, &polygons).map_err(|error| {
            let fault = match error {
                EditError::Swallowed(at) => EditFault::Swallowed(siblings[at].code.clone()),
                EditError::Torn(at) => EditFault::Torn(siblings[at].code.clone()),
                other => EditFault::Shape(other),
            };
            ("outline".to_owned(), fault)
        })?;
        let mut changed = vec![Area { polygon: moved.area, ..area }];
        for (before, polygon) in siblings.into_iter().zip(moved.neighbours) {
            if before.polygon != polygon {
                changed.push(Area { polygon, ..before });
            }
        }
        changed.iter().try_for_each(|area| self.check_below(area))?;
        let codes = changed.iter().map(|area| area.code.clone()).collect();
        changed.into_iter().for_each(|area| self.put(area));
        Ok(codes)
    }

    fn check_below(&self, area: &Area) -> Result<(), Fault> {
        for child in self.below(&area.code) {
            let area_m2 = outside_m2(&child.polygon, &area.polygon).unwrap_or(f64::INFINITY);
            if area_m2 > SLIVER_M2 {
                let (child, area) = (child.code.clone(), area.code.clone());
                return Err(("outline".into(), EditFault::ChildOutside { child, area, area_m2 }));
            }
        }
        Ok(())
    }
}

fn too_few() -> EditFault {
    EditFault::Shape(EditError::TooFew)
}

/// How much of an area lies out of another, in square metres; `None` when the overlay failed.
fn outside_m2(inner: &MultiPolygon<f64>, outer: &MultiPolygon<f64>) -> Option<f64> {
    guarded(|| inner.difference(outer)).map(|outside| size_m2(&outside))
}

/// The lineage of areas by where their ground comes from. What was split and merged back within
/// the list leaves no trace.
fn lineage_of(
    before: &BTreeSet<AreaCode>,
    origins: &BTreeMap<AreaCode, BTreeSet<AreaCode>>,
    on: Day,
) -> Vec<Lineage> {
    let mut heirs = BTreeMap::<&AreaCode, Vec<AreaCode>>::new();
    for (code, from) in origins {
        from.iter().for_each(|own| heirs.entry(own).or_default().push(code.clone()));
    }
    let event = |kind, from: Vec<AreaCode>, to: Vec<AreaCode>| Lineage { kind, from, to, on };
    let mut events = Vec::new();
    let mut merged = BTreeSet::new();
    for (code, from) in origins {
        let only = |own: &&AreaCode| heirs.get(own).is_some_and(|heirs| heirs.len() == 1);
        if from.len() > 1 && from.iter().all(|own| only(&own)) {
            let sources = from.iter().cloned().collect();
            events.push(event(LineageKind::Merge, sources, vec![code.clone()]));
            merged.extend(from);
        }
    }
    for own in before.iter().filter(|own| !merged.contains(own)) {
        let to = heirs.remove(own).unwrap_or_default();
        if to.len() > 1 {
            events.push(event(LineageKind::Split, vec![own.clone()], to));
        } else if to.first() != Some(own) {
            events.push(event(LineageKind::Retire, vec![own.clone()], to));
        }
    }
    events
}
