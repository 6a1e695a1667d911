//! Learned rules as a CSV file that people read and edit, in and out, and as rules and departments
//! of a responsibility matrix. docs/learning.md describes the columns.

use super::csv_rows::{LineProblem, RowError};
use super::expected::Expected;
use super::matrix::parse_cell;
use crate::domain::id::{AreaCode, CategoryCode, DepartmentCode};
use crate::domain::routing::learn::{EVERY_CATEGORY, LearnedRule, Proposal, RuleBook};
use crate::domain::routing::{RuleId, Selector};
use crate::domain::territory::level::Level;
use csv::StringRecord;
use h3o::LatLng;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The columns before and after those of the labels.
const BEFORE: [&str; 4] = ["id", "categories", "area", "cell"];
const AFTER: [&str; 6] = ["support", "confidence", "contradictions", "against", "lon", "lat"];
/// Other labels that a rule's line tells of.
const AGAINST_MAX: usize = 3;

/// The name of a label's column: its own, unless that is one of the file's.
fn label_column(name: &str) -> String {
    match BEFORE.contains(&name) || AFTER.contains(&name) {
        true => format!("label.{name}"),
        false => name.to_owned(),
    }
}

/// Joins categories by ` | `; a bar within one is doubled.
fn join_categories(categories: &[String]) -> String {
    let parts: Vec<String> = categories.iter().map(|text| text.replace('|', "||")).collect();
    parts.join(" | ")
}

fn split_categories(text: &str) -> Vec<String> {
    // A doubled bar stands for itself: it is set aside while the single ones divide.
    let aside = text.replace("||", "\u{0}");
    let parts = aside.split('|').map(|part| part.replace('\u{0}', "|").trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// What speaks against a rule, in words: labels, share and examples.
fn against(rule: &LearnedRule) -> String {
    let told = rule.against.iter().take(AGAINST_MAX).map(|against| {
        let share = 100.0 * f64::from(against.count) / f64::from(rule.support.max(1));
        let (labels, names) = (against.labels.join(" / "), against.examples.join(", "));
        format!("{labels}: {} of {} ({share:.0} %), e.g. {names}", against.count, rule.support)
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Writes the rules in their order. `labels` are the names of the label columns.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_learned(rules: &[LearnedRule], labels: &[String]) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = labels.iter().map(|name| label_column(name));
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    writer.write_record(texts(&BEFORE).into_iter().chain(names).chain(texts(&AFTER)))?;
    for rule in rules {
        let middle = rule.cell.map(LatLng::from);
        let degrees = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.5}"));
        let before = [
            rule.id.clone(),
            join_categories(&rule.categories),
            rule.area.clone().unwrap_or_default(),
            rule.cell.map_or(String::new(), |cell| cell.to_string()),
        ];
        let after = [
            rule.support.to_string(),
            format!("{:.3}", rule.confidence()),
            rule.contradictions().to_string(),
            against(rule),
            degrees(middle.map(LatLng::lng)),
            degrees(middle.map(LatLng::lat)),
        ];
        writer.write_record(before.iter().chain(&rule.labels).chain(&after))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Why a file of learned rules cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LearnedError {
    #[error("cannot be read: {0}")]
    Csv(#[from] csv::Error),
    #[error("has no column {}; its columns are {}", missing.join(", "), present.join(", "))]
    MissingColumns { missing: Vec<String>, present: Vec<String> },
}

/// Reads rules back, as a person may have edited them. Of the columns that learning writes,
/// `support` and what follows it may be absent. A bad row is left out and told.
///
/// # Errors
/// Not CSV, or a column is missing.
pub fn read_learned(
    bytes: &[u8],
    labels: &[String],
) -> Result<(Vec<LearnedRule>, Vec<LineProblem>), LearnedError> {
    let bytes = super::without_bom(bytes);
    let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let header = csv.headers()?.clone();
    let place = |name: &str| header.iter().position(|own| own == name);
    let label_names: Vec<String> = labels.iter().map(|name| label_column(name)).collect();
    let wanted: Vec<&str> =
        BEFORE.into_iter().chain(label_names.iter().map(String::as_str)).collect();
    let missing: Vec<String> =
        wanted.iter().filter(|n| place(n).is_none()).map(|n| (*n).to_owned()).collect();
    if !missing.is_empty() {
        let present = header.iter().map(str::to_owned).collect();
        return Err(LearnedError::MissingColumns { missing, present });
    }
    let places: Vec<usize> = wanted.iter().filter_map(|name| place(name)).collect();
    let support = place("support");
    let contradictions = place("contradictions");
    let (mut rules, mut problems, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    for record in csv.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let (expected, found) = (header.len(), record.len());
        let read = match found == expected {
            true => read_rule(&record, &places, (support, contradictions)),
            false => Err(("id", RowError::FieldCount { expected, found })),
        };
        let read = read.and_then(|rule| match ids.insert(rule.id.clone()) {
            true => Ok(rule),
            false => Err(("id", RowError::Double(rule.id))),
        });
        match read {
            Ok(rule) => rules.push(rule),
            Err((column, error)) => {
                problems.push(LineProblem { line, column: Some(column.to_owned()), error });
            }
        }
    }
    Ok((rules, problems))
}

fn read_rule(
    record: &StringRecord,
    places: &[usize],
    (support, contradictions): (Option<usize>, Option<usize>),
) -> Result<LearnedRule, (&'static str, RowError)> {
    let field = |i: usize| places.get(i).and_then(|&i| record.get(i)).unwrap_or("");
    let optional = |i: usize| Some(field(i)).filter(|text| !text.is_empty());
    let unexpected =
        |text: &str, expected| RowError::Unexpected { text: text.to_owned(), expected };
    let count = |place: Option<usize>| {
        let text = place.and_then(|i| record.get(i)).filter(|text| !text.is_empty());
        text.map_or(Ok(0), |text| {
            let number = text.parse::<u32>();
            number.map_err(|_| ("support", unexpected(text, Expected::Whole)))
        })
    };
    let categories = split_categories(field(1));
    if categories.is_empty() {
        return Err(("categories", RowError::Empty));
    }
    let cell = match optional(3) {
        None => None,
        Some(text) => {
            Some(parse_cell(text).ok_or_else(|| ("cell", unexpected(text, Expected::Cell)))?)
        }
    };
    let labels: Vec<String> = (4..places.len()).map(|i| field(i).to_owned()).collect();
    if labels.first().is_none_or(String::is_empty) {
        return Err(("labels", RowError::Empty));
    }
    let support = count(support)?;
    let right = support.saturating_sub(count(contradictions)?);
    let id = RuleId::parse(field(0)).map_err(|error| ("id", error.into()))?.to_string();
    let area = optional(2).map(str::to_owned);
    Ok(LearnedRule { id, categories, area, cell, labels, support, right, against: Vec::new() })
}

/// How words of the history become codes of the matrix.
pub struct Wording<'a> {
    /// The code of a category's word; the word itself where there is none.
    pub category: &'a dyn Fn(&str) -> Option<CategoryCode>,
    pub department: &'a dyn Fn(&str) -> Option<DepartmentCode>,
    /// What the areas of the rules are.
    pub level: Level,
    /// `small` or `big`: what the categories are in the catalog.
    pub class: &'static str,
}

/// Rules of a matrix and its departments, in CSV; and what could not be said in it.
pub struct MatrixFiles {
    pub rules: Vec<u8>,
    pub departments: Vec<u8>,
    pub rules_count: usize,
    pub problems: Vec<String>,
}

/// Writes learned rules as rules of a matrix: one for each category of each rule, with the first
/// label as the lead and the others as its unit. They decide as the book does.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_as_matrix(book: &RuleBook, wording: &Wording<'_>) -> csv::Result<MatrixFiles> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "id",
        "selector",
        "area_level",
        "area_code",
        "cell",
        "lead",
        "unit",
        "source",
        "author",
    ])?;
    let (mut leads, mut problems, mut rules_count) = (BTreeMap::new(), BTreeSet::new(), 0);
    for rule in book.rules() {
        let word = rule.labels.first().map_or("", String::as_str);
        let lead = (wording.department)(word).map_or_else(|| DepartmentCode::parse(word), Ok);
        let lead = match lead {
            Ok(lead) => lead,
            Err(error) => {
                problems.insert(format!("department {word:?}: {error}; give it a code"));
                continue;
            }
        };
        if let Some(Err(error)) = rule.area.as_deref().map(AreaCode::parse) {
            let area = rule.area.as_deref().unwrap_or("");
            problems.insert(format!(
                "rule {}, area {area:?}: {error}; learn with a property that holds codes (--code)",
                rule.id
            ));
            continue;
        }
        leads.entry(lead.clone()).or_insert_with(|| word.to_owned());
        let units: Vec<&str> = rule.labels.iter().skip(1).map(String::as_str).collect();
        let unit = units.join(" / ");
        let unit = unit.trim_matches([' ', '/']);
        let (support, right, confidence) = (rule.support, rule.right, rule.confidence());
        let source = format!(
            "learned as {}: right in {right} of {support} cases, confidence {confidence:.3}",
            rule.id
        );
        let level = rule.area.as_ref().map_or("", |_| wording.level.as_str());
        let cell = rule.cell.map_or(String::new(), |cell| cell.to_string());
        for (i, word) in rule.categories.iter().enumerate() {
            let selector = match selector(word, wording) {
                Ok(selector) => selector,
                Err(problem) => {
                    problems.insert(problem);
                    continue;
                }
            };
            let id = match rule.categories.len() {
                1 => rule.id.clone(),
                _ => format!("{}.{:03}", rule.id, i + 1),
            };
            let area = rule.area.as_deref().unwrap_or("");
            let lead = lead.as_str();
            writer.write_record([&id, &selector, level, area, &cell, lead, unit, &source, ""])?;
            rules_count += 1;
        }
    }
    let rules = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    let departments = write_departments(&leads)?;
    Ok(MatrixFiles { rules, departments, rules_count, problems: problems.into_iter().collect() })
}

fn selector(word: &str, wording: &Wording<'_>) -> Result<String, String> {
    if word == EVERY_CATEGORY {
        return Ok("any".to_owned());
    }
    let code = (wording.category)(word).map_or_else(|| CategoryCode::parse(word), Ok);
    match code {
        Ok(code) => Ok(format!("{}:{code}", wording.class)),
        Err(error) => Err(format!("category {word:?}: {error}; give it a code by a mapping")),
    }
}

/// A rule that rulings propose, with what the catalog and the reader's rights add to it.
pub struct ProposedRow<'a> {
    pub proposal: &'a Proposal,
    pub selector: Selector,
    /// Issue ids → tracking numbers.
    pub numbers: &'a BTreeMap<String, String>,
}

/// Writes proposals as rules of a matrix, with the issues behind them as their source.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_proposals(rows: &[ProposedRow<'_>]) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "id",
        "selector",
        "area_level",
        "area_code",
        "lead",
        "source",
        "author",
    ])?;
    for (i, row) in rows.iter().enumerate() {
        let proposal = row.proposal;
        let number = |id: &String| row.numbers.get(id).unwrap_or(id).clone();
        let numbers = |ids: &[String]| ids.iter().map(number).collect::<Vec<_>>().join(", ");
        let mut source = format!("rulings: {}", numbers(&proposal.issues));
        for (lead, issues) in &proposal.against {
            source.push_str(&format!("; against, to {lead}: {}", numbers(issues)));
        }
        let area = proposal.area.as_ref();
        writer.write_record([
            format!("ruling-{:03}", i + 1),
            row.selector.to_string(),
            area.map_or(String::new(), |area| area.level.to_string()),
            area.map_or(String::new(), |area| area.code.to_string()),
            proposal.lead.to_string(),
            source,
            String::new(),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn write_departments(leads: &BTreeMap<DepartmentCode, String>) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["code", "name"])?;
    for (code, name) in leads {
        writer.write_record([code.as_str(), name])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests;
