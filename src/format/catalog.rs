//! Catalogs in CSV: schemes, categories, filing conditions, limit tables, the cross-walk,
//! departments, and a city's published table as it is. docs/formats.md describes the columns.

use std::collections::HashMap;

use super::csv_rows::{Columns, FieldError, LineProblem, Row, RowError, read_rows};
use super::expected::Expected;
use crate::domain::catalog::{
    CatalogParts, Category, Class, Condition, Department, LIMIT_AMOUNT_MAX, Limit, LimitRow,
    LimitTable, Nature, PhotoRequirement, Relation, Scheme, SchemeCode, TimeType, Validity, Walk,
};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode, DepartmentCode};
use crate::domain::issue::evidence::EvidenceRule;
use crate::domain::issue::kind::Kind;
use crate::domain::territory::level::Level;

const SCHEMES: Columns =
    Columns { required: &["code", "name", "version", "source"], optional: &["name_en"] };
const CATEGORIES: Columns = Columns {
    required: &["code", "scheme", "big_code", "kind", "name"],
    optional: &[
        "class",
        "small_code",
        "parent",
        "name_en",
        "nature",
        "anonymous_allowed",
        "needs_inspection",
        "valid_from",
        "valid_to",
    ],
};
const CONDITIONS: Columns = Columns {
    required: &["code", "category", "text", "closing_condition", "limit"],
    optional: &[
        "photo",
        "responsible_units",
        "regulators",
        "evidence_distance_m",
        "evidence_age_hours",
    ],
};
const LIMITS: Columns = Columns { required: &["text", "amount", "unit", "reason"], optional: &[] };
const WALKS: Columns = Columns { required: &["from", "to", "relation"], optional: &[] };
const NAMES: Columns = Columns { required: &["code", "name_en"], optional: &[] };
const DEPARTMENTS: Columns = Columns {
    required: &["code", "name"],
    optional: &["name_en", "active", "phone", "area_level", "area_code"],
};
const PUBLISHED: Columns = Columns {
    required: &[
        "class",
        "big_code",
        "big_name",
        "small_code",
        "small_name",
        "responsible_unit",
        "regulator",
        "filing_condition",
        "closing_condition",
        "limit_text",
    ],
    optional: &[],
};

/// Reads `schemes.csv`.
pub fn read_schemes(bytes: &[u8]) -> (Vec<Scheme>, Vec<LineProblem>) {
    read_rows(bytes, &SCHEMES, |row| {
        Ok(Scheme {
            code: row.parse("code", SchemeCode::parse)?,
            name: row.required("name")?.to_owned(),
            name_en: row.optional("name_en").map(str::to_owned),
            version: row.required("version")?.to_owned(),
            source: row.required("source")?.to_owned(),
        })
    })
}

/// Reads `categories.csv`.
pub fn read_categories(bytes: &[u8]) -> (Vec<Category>, Vec<LineProblem>) {
    read_rows(bytes, &CATEGORIES, |row| {
        let kind = required_word(row, "kind", Expected::Kind, Kind::parse)?;
        Ok(Category {
            code: row.parse("code", CategoryCode::parse)?,
            scheme: row.parse("scheme", SchemeCode::parse)?,
            class: row.word("class", Expected::Class, Class::parse)?,
            big_code: row.required("big_code")?.to_owned(),
            small_code: row.optional("small_code").map(str::to_owned),
            parent: row.parse_optional("parent", CategoryCode::parse)?,
            kind,
            name: row.required("name")?.to_owned(),
            name_en: row.optional("name_en").map(str::to_owned),
            nature: row.word("nature", Expected::Nature, Nature::parse)?,
            // The parties of a dispute are known by nature; whoever reports anything else may
            // keep the name back unless the city says otherwise.
            anonymous_allowed: row.flag("anonymous_allowed", kind != Kind::Dispute)?,
            needs_inspection: row.flag("needs_inspection", kind == Kind::Hazard)?,
            validity: row.validity()?,
        })
    })
}

/// Reads `conditions.csv`. A limit that neither the table nor the four units explain refuses the
/// row; an empty one is kept as no limit.
pub fn read_conditions(bytes: &[u8], limits: &LimitTable) -> (Vec<Condition>, Vec<LineProblem>) {
    read_rows(bytes, &CONDITIONS, |row| {
        let photo =
            row.word("photo", Expected::Photo, PhotoRequirement::parse)?.unwrap_or_default();
        let bound = |column| {
            row.word(column, Expected::Bound, |text| {
                text.parse::<u32>().ok().filter(|n| (1..=99_999).contains(n))
            })
        };
        let evidence = EvidenceRule {
            before: photo != PhotoRequirement::None,
            after: photo == PhotoRequirement::BeforeAndAfter,
            distance_m_max: bound("evidence_distance_m")?,
            age_hours_max: bound("evidence_age_hours")?,
        };
        Ok(Condition {
            code: row.parse("code", ConditionCode::parse)?,
            category: row.parse("category", CategoryCode::parse)?,
            text: row.required("text")?.to_owned(),
            closing_condition: row.required("closing_condition")?.to_owned(),
            limit: row.parse_optional("limit", |text| limits.read(text))?,
            limit_text: row.text("limit").to_owned(),
            photo,
            evidence,
            responsible_units: split_units(row.text("responsible_units")),
            regulators: split_units(row.text("regulators")),
        })
    })
}

/// Reads `limits.csv`: what odd or local limit texts mean in one city.
pub fn read_limit_table(bytes: &[u8]) -> (LimitTable, Vec<LineProblem>) {
    let (rows, mut problems) = read_rows(bytes, &LIMITS, |row| {
        let amount = row.word("amount", Expected::Amount, |text| {
            text.parse::<u32>().ok().filter(|n| (1..=LIMIT_AMOUNT_MAX).contains(n))
        })?;
        let limit_row = LimitRow {
            text: row.required("text")?.to_owned(),
            amount,
            unit: row.word("unit", Expected::LimitUnit, TimeType::parse)?,
            reason: row.required("reason")?.to_owned(),
        };
        Ok((row.line, limit_row))
    });
    let lines: HashMap<String, u64> =
        rows.iter().map(|(line, row)| (row.text.clone(), *line)).collect();
    let (table, doubled) = LimitTable::build(rows.into_iter().map(|(_, row)| row).collect());
    problems.extend(doubled.into_iter().map(|row| LineProblem {
        line: lines.get(&row.text).copied().unwrap_or(0),
        column: Some("text".to_owned()),
        error: RowError::Double(row.text),
    }));
    (table, problems)
}

/// Reads `crosswalk.csv`.
pub fn read_crosswalk(bytes: &[u8]) -> (Vec<Walk>, Vec<LineProblem>) {
    read_rows(bytes, &WALKS, |row| {
        Ok(Walk {
            from: row.parse("from", CategoryCode::parse)?,
            to: row.parse("to", CategoryCode::parse)?,
            relation: required_word(row, "relation", Expected::Relation, Relation::parse)?,
        })
    })
}

/// Reads a file of English names for categories: `code,name_en`.
pub fn read_names_en(bytes: &[u8]) -> (HashMap<CategoryCode, String>, Vec<LineProblem>) {
    let (rows, problems) = read_rows(bytes, &NAMES, |row| {
        Ok((row.parse("code", CategoryCode::parse)?, row.required("name_en")?.to_owned()))
    });
    (rows.into_iter().collect(), problems)
}

/// Reads `departments.csv`.
pub fn read_departments(bytes: &[u8]) -> (Vec<Department>, Vec<LineProblem>) {
    read_rows(bytes, &DEPARTMENTS, |row| {
        let level = row.word("area_level", Expected::Level, Level::parse)?;
        let area = row.parse_optional("area_code", AreaCode::parse)?;
        let area = match (level, area) {
            (Some(level), Some(code)) => Some((level, code)),
            (None, None) => None,
            (Some(_), None) => return Err(("area_code", RowError::Empty)),
            (None, Some(_)) => return Err(("area_level", RowError::Empty)),
        };
        Ok(Department {
            code: row.parse("code", DepartmentCode::parse)?,
            name: row.required("name")?.to_owned(),
            name_en: row.optional("name_en").map(str::to_owned),
            active: row.flag("active", true)?,
            phone: row.optional("phone").map(str::to_owned),
            area,
        })
    })
}

/// What the end of the work needs where a published table says nothing: a photo of the state after
/// it, not older than a month. A report by telephone has none of the state found.
const PUBLISHED_EVIDENCE: EvidenceRule =
    EvidenceRule { before: false, after: true, distance_m_max: None, age_hours_max: Some(720) };

/// One line of a published table.
struct PublishedRow {
    line: u64,
    class: Class,
    big: (String, String),
    small: (String, String),
    text: String,
    closing_condition: String,
    limit: Limit,
    limit_text: String,
    responsible_units: Vec<String>,
    regulators: Vec<String>,
}

/// Reads a table of components and events as cities publish it: one line for each filing
/// condition, classes repeated. Codes follow from the published ones: `bj-01-04` (部件) or
/// `sj-01-04` (事件), big class `bj-01`, and for conditions two more digits that count the lines of
/// the small class in the order of the file. So the codes stay the same as long as a new line of a
/// small class is appended after its old ones.
///
/// Every line becomes a condition or a problem.
pub fn read_published_table(
    bytes: &[u8],
    scheme: &SchemeCode,
    limits: &LimitTable,
    names_en: &HashMap<CategoryCode, String>,
) -> (CatalogParts, Vec<LineProblem>) {
    // Lines are numbered within their class before anything in them is judged, so that a refused
    // line does not move the codes of the lines after it.
    let mut counts: HashMap<String, usize> = HashMap::new();
    let (rows, mut problems) = read_rows(bytes, &PUBLISHED, |row| {
        let class = required_word(row, "class", Expected::PublishedClass, Class::parse)?;
        let small_code = published_code(row, "small_code")?;
        let big_code = published_code(row, "big_code")?;
        let count =
            counts.entry(format!("{}-{big_code}-{small_code}", class.prefix())).or_default();
        *count += 1;
        let number = *count;
        let published = PublishedRow {
            line: row.line,
            class,
            big: (big_code, row.required("big_name")?.to_owned()),
            small: (small_code, row.required("small_name")?.to_owned()),
            text: row.required("filing_condition")?.to_owned(),
            closing_condition: row.required("closing_condition")?.to_owned(),
            limit: row.parse("limit_text", |text| limits.read(text))?,
            limit_text: row.text("limit_text").to_owned(),
            responsible_units: split_units(row.required("responsible_unit")?),
            regulators: split_units(row.required("regulator")?),
        };
        Ok((number, published))
    });
    let mut parts = CatalogParts::default();
    let mut names: HashMap<CategoryCode, String> = HashMap::new();
    for (number, row) in rows {
        let line = row.line;
        if let Err((column, error)) =
            add_published(&mut parts, &mut names, row, number, scheme, names_en)
        {
            problems.push(LineProblem { line, column: Some(column.to_owned()), error });
        }
    }
    (parts, problems)
}

/// Adds a line's classes, where they are new, and its condition.
fn add_published(
    parts: &mut CatalogParts,
    names: &mut HashMap<CategoryCode, String>,
    row: PublishedRow,
    number: usize,
    scheme: &SchemeCode,
    names_en: &HashMap<CategoryCode, String>,
) -> Result<(), FieldError> {
    let code = |column, text: &str| {
        CategoryCode::parse(text).map_err(|error| (column, RowError::from(error)))
    };
    let big_code = code("big_code", &format!("{}-{}", row.class.prefix(), row.big.0))?;
    let small_code = code("small_code", &format!("{big_code}-{}", row.small.0))?;
    let condition_code = ConditionCode::parse(&format!("{small_code}-{number:02}"))
        .map_err(|error| ("small_code", RowError::from(error)))?;
    for (column, code, name) in
        [("big_name", &big_code, &row.big.1), ("small_name", &small_code, &row.small.1)]
    {
        if let Some(known) = names.get(code).filter(|&known| known != name) {
            let (before, now) = (known.clone(), name.clone());
            return Err((column, RowError::OtherName { code: code.clone(), before, now }));
        }
    }
    let mut add = |code: &CategoryCode, name: &str, small: Option<&str>| {
        if names.insert(code.clone(), name.to_owned()).is_some() {
            return;
        }
        parts.categories.push(Category {
            code: code.clone(),
            scheme: scheme.clone(),
            class: Some(row.class),
            big_code: row.big.0.clone(),
            small_code: small.map(str::to_owned),
            parent: small.map(|_| big_code.clone()),
            // Components and events are states of things and places; the other two kinds have
            // schemes of their own.
            kind: Kind::Hazard,
            name: name.to_owned(),
            name_en: names_en.get(code).cloned(),
            nature: None,
            anonymous_allowed: true,
            needs_inspection: true,
            validity: Validity::ALWAYS,
        });
    };
    add(&big_code, &row.big.1, None);
    add(&small_code, &row.small.1, Some(&row.small.0));
    parts.conditions.push(Condition {
        code: condition_code,
        category: small_code,
        text: row.text,
        closing_condition: row.closing_condition,
        limit: Some(row.limit),
        limit_text: row.limit_text,
        // Published tables do not say; inspection of things and places compares two photos.
        photo: PhotoRequirement::BeforeAndAfter,
        evidence: PUBLISHED_EVIDENCE,
        responsible_units: row.responsible_units,
        regulators: row.regulators,
    });
    Ok(())
}

/// A class code as published: two digits.
fn published_code(row: &Row<'_>, column: &'static str) -> Result<String, FieldError> {
    row.parse(column, |text| match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9'] => Ok(text.to_owned()),
        _ => Err(RowError::Unexpected { text: text.to_owned(), expected: Expected::TwoDigits }),
    })
}

pub(super) fn required_word<T>(
    row: &Row<'_>,
    column: &'static str,
    expected: Expected,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, FieldError> {
    row.word(column, expected, parse)?.ok_or((column, RowError::Empty))
}

/// Units are separated by 、, as published; nothing else is read into the text.
fn split_units(text: &str) -> Vec<String> {
    text.split('、').map(str::trim).filter(|unit| !unit.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
pub(in crate::format) mod tests;
