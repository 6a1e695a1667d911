//! The wire form of a trace: JSON that is stored with each decision and shown by the API. The
//! structs here mirror the domain's; conversions go one way each, and reading checks everything.

mod wire;

use wire::{
    AreaWire, AssetScopeWire, AssetWire, ConsideredWire, FactsWire, FateWire, LimitWire, NameWire,
    OutcomeWire, PlaceWire, PositionWire, RungWire, TraceWire,
};

use crate::domain::catalog::{Limit, SchemeCode, TimeType};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode, DepartmentCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::routing::{
    AssetScope, CategoryFacts, Considered, DepartmentName, Facts, Fate, LimitSource, LocalTime,
    NearbyAsset, Outcome, Place, Position, Route, RoutedBy, RuleArea, RuleId, RungFate, RungTried,
    Selector, Trace, UnroutedReason,
};
use crate::domain::territory::level::Level;
use crate::domain::time::{Day, Timestamp};

/// The version of the wire form; a reader refuses one that it does not know.
const FORM: u32 = 1;

/// Why a text is not a trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("not the JSON of a trace: {0}")]
    Json(#[from] serde_json::Error),
    #[error("form {0} of the trace is not known")]
    UnknownForm(u32),
    #[error("{field}: {text:?} is not valid")]
    Field { field: &'static str, text: String },
}

/// Writes a trace as a JSON text.
///
/// # Errors
/// The serializer's, which these types do not raise.
pub fn trace_to_json(trace: &Trace) -> Result<String, TraceError> {
    Ok(serde_json::to_string(&to_wire(trace))?)
}

/// A trace as a JSON value, to be a part of an answer.
///
/// # Errors
/// The serializer's, which these types do not raise.
pub fn trace_to_value(trace: &Trace) -> Result<serde_json::Value, TraceError> {
    Ok(serde_json::to_value(to_wire(trace))?)
}

/// Reads a trace back.
///
/// # Errors
/// Not JSON, another form, or a code, word or time that is not one.
pub fn trace_from_json(text: &str) -> Result<Trace, TraceError> {
    from_wire(serde_json::from_str(text)?)
}

fn to_wire(trace: &Trace) -> TraceWire {
    TraceWire {
        form: FORM,
        matrix_version: trace.matrix_version.clone(),
        facts: facts_to_wire(&trace.facts),
        considered: trace.considered.iter().map(considered_to_wire).collect(),
        considered_more: trace.considered_more,
        rungs: trace
            .rungs
            .iter()
            .map(|tried| RungWire {
                level: tried.level.to_string(),
                area: tried.area.to_string(),
                fate: word_of(&RUNG_FATES, tried.fate),
            })
            .collect(),
        outcome: outcome_to_wire(&trace.outcome),
        departments: trace
            .departments
            .iter()
            .map(|department| NameWire {
                code: department.code.to_string(),
                name: department.name.clone(),
                name_en: department.name_en.clone(),
            })
            .collect(),
    }
}

fn from_wire(wire: TraceWire) -> Result<Trace, TraceError> {
    if wire.form != FORM {
        return Err(TraceError::UnknownForm(wire.form));
    }
    let rung = |wire: RungWire| -> Result<RungTried, TraceError> {
        Ok(RungTried {
            level: level(&wire.level)?,
            area: code("rungs.area", &wire.area, AreaCode::parse)?,
            fate: by_word("rungs.fate", &RUNG_FATES, &wire.fate)?,
        })
    };
    let name = |wire: NameWire| -> Result<DepartmentName, TraceError> {
        Ok(DepartmentName {
            code: code("departments.code", &wire.code, DepartmentCode::parse)?,
            name: wire.name,
            name_en: wire.name_en,
        })
    };
    Ok(Trace {
        matrix_version: wire.matrix_version,
        facts: facts_from_wire(wire.facts)?,
        considered: all(wire.considered, considered_from_wire)?,
        considered_more: wire.considered_more,
        rungs: all(wire.rungs, rung)?,
        outcome: outcome_from_wire(wire.outcome)?,
        departments: all(wire.departments, name)?,
    })
}

fn facts_to_wire(facts: &Facts) -> FactsWire {
    let category = &facts.category;
    FactsWire {
        chain: facts
            .chain
            .iter()
            .map(|place| PlaceWire {
                level: place.level.to_string(),
                code: place.code.to_string(),
                name: place.name.clone(),
            })
            .collect(),
        assets: facts
            .assets
            .iter()
            .map(|asset| AssetWire {
                layer: asset.layer.clone(),
                code: asset.code.clone(),
                name: asset.name.clone(),
                owner: asset.owner.clone(),
                distance_m: asset.distance_m,
            })
            .collect(),
        scheme: category.scheme.to_string(),
        category: category.code.to_string(),
        big: category.big.as_ref().map(ToString::to_string),
        small: category.small.as_ref().map(ToString::to_string),
        category_name: category.name.clone(),
        category_name_en: category.name_en.clone(),
        condition: facts.condition.as_ref().map(ToString::to_string),
        condition_limit: facts.condition_limit.map(limit_to_wire),
        kind: facts.kind.to_string(),
        severity: facts.severity.as_str().to_owned(),
        at: facts.at.to_rfc3339(),
        local_day: facts.local.day.to_string(),
        local_weekday: facts.local.weekday,
        local_minute: facts.local.minute,
        position: facts.position.map(|position| PositionWire {
            lon: position.lon,
            lat: position.lat,
            accuracy_m: position.accuracy_m,
        }),
    }
}

fn facts_from_wire(wire: FactsWire) -> Result<Facts, TraceError> {
    let place = |wire: PlaceWire| -> Result<Place, TraceError> {
        Ok(Place {
            level: level(&wire.level)?,
            code: code("chain.code", &wire.code, AreaCode::parse)?,
            name: wire.name,
        })
    };
    let category = |text: &str| code("category", text, CategoryCode::parse);
    let asset = |wire: AssetWire| NearbyAsset {
        layer: wire.layer,
        code: wire.code,
        name: wire.name,
        owner: wire.owner,
        distance_m: wire.distance_m,
    };
    let condition = |text: &str| code("condition", text, ConditionCode::parse);
    Ok(Facts {
        chain: all(wire.chain, place)?,
        assets: wire.assets.into_iter().map(asset).collect(),
        category: CategoryFacts {
            scheme: code("scheme", &wire.scheme, SchemeCode::parse)?,
            code: category(&wire.category)?,
            big: wire.big.as_deref().map(category).transpose()?,
            small: wire.small.as_deref().map(category).transpose()?,
            name: wire.category_name,
            name_en: wire.category_name_en,
        },
        condition: wire.condition.as_deref().map(condition).transpose()?,
        condition_limit: wire.condition_limit.map(limit_from_wire).transpose()?,
        kind: word("kind", &wire.kind, Kind::parse)?,
        severity: word("severity", &wire.severity, Severity::parse)?,
        at: word("at", &wire.at, Timestamp::parse)?,
        local: LocalTime {
            day: day(&wire.local_day)?,
            weekday: word("local_weekday", &wire.local_weekday.to_string(), |_| {
                Some(wire.local_weekday).filter(|day| (1..=7).contains(day))
            })?,
            minute: word("local_minute", &wire.local_minute.to_string(), |_| {
                Some(wire.local_minute).filter(|&minute| minute < 24 * 60)
            })?,
        },
        position: wire.position.map(|position| Position {
            lon: position.lon,
            lat: position.lat,
            accuracy_m: position.accuracy_m,
        }),
    })
}

fn considered_to_wire(considered: &Considered) -> ConsideredWire {
    ConsideredWire {
        rule: considered.rule.to_string(),
        priority: considered.priority,
        selector: considered.selector.to_string(),
        area: considered.area.as_ref().map(|area| area_to_wire(area.level, &area.code)),
        cell: considered.cell.map(|cell| cell.to_string()),
        asset: considered
            .asset
            .as_ref()
            .map(|asset| AssetScopeWire { layer: asset.layer.clone(), owner: asset.owner.clone() }),
        lead: considered.lead.to_string(),
        fate: fate_to_wire(&considered.fate),
    }
}

fn considered_from_wire(wire: ConsideredWire) -> Result<Considered, TraceError> {
    Ok(Considered {
        rule: code("rule", &wire.rule, RuleId::parse)?,
        priority: wire.priority,
        selector: word("selector", &wire.selector, Selector::parse)?,
        area: wire.area.map(area_from_wire).transpose()?,
        cell: wire.cell.map(|text| word("cell", &text, |text| text.parse().ok())).transpose()?,
        asset: wire.asset.map(|asset| AssetScope { layer: asset.layer, owner: asset.owner }),
        lead: code("lead", &wire.lead, DepartmentCode::parse)?,
        fate: fate_from_wire(wire.fate)?,
    })
}

fn fate_to_wire(fate: &Fate) -> FateWire {
    match fate.clone() {
        Fate::Won => FateWire::Won,
        Fate::NotYetValid { from } => FateWire::NotYetValid { from: from.to_string() },
        Fate::Expired { to } => FateWire::Expired { to: to.to_string() },
        Fate::OutsideTimeWindow { weekdays, hours, dates } => {
            FateWire::OutsideTimeWindow { weekdays, hours, dates }
        }
        Fate::SeverityDiffers { wanted } => {
            FateWire::SeverityDiffers { wanted: wanted.as_str().to_owned() }
        }
        Fate::AssetAbsent { asset: AssetScope { layer, owner } } => {
            FateWire::AssetAbsent { layer, owner }
        }
        Fate::LeadInactive { department } => {
            FateWire::LeadInactive { department: department.to_string() }
        }
        Fate::LowerPriority { own, winner } => FateWire::LowerPriority { own, winner },
        Fate::LessSpecificCategory { own, winner } => {
            FateWire::LessSpecificCategory { own, winner }
        }
        Fate::LessSpecificPlace => FateWire::LessSpecificPlace,
        Fate::FartherAsset { own_dm, winner_dm } => {
            let metres = |dm: u32| f64::from(dm) / 10.0;
            FateWire::FartherAsset { own_m: metres(own_dm), winner_m: metres(winner_dm) }
        }
        Fate::LaterId { winner } => FateWire::LaterId { winner: winner.to_string() },
    }
}

fn fate_from_wire(wire: FateWire) -> Result<Fate, TraceError> {
    Ok(match wire {
        FateWire::Won => Fate::Won,
        FateWire::NotYetValid { from } => Fate::NotYetValid { from: day(&from)? },
        FateWire::Expired { to } => Fate::Expired { to: day(&to)? },
        FateWire::OutsideTimeWindow { weekdays, hours, dates } => {
            Fate::OutsideTimeWindow { weekdays, hours, dates }
        }
        FateWire::SeverityDiffers { wanted } => {
            Fate::SeverityDiffers { wanted: word("wanted", &wanted, Severity::parse)? }
        }
        FateWire::AssetAbsent { layer, owner } => {
            Fate::AssetAbsent { asset: AssetScope { layer, owner } }
        }
        FateWire::LeadInactive { department } => Fate::LeadInactive {
            department: code("department", &department, DepartmentCode::parse)?,
        },
        FateWire::LowerPriority { own, winner } => Fate::LowerPriority { own, winner },
        FateWire::LessSpecificCategory { own, winner } => {
            Fate::LessSpecificCategory { own, winner }
        }
        FateWire::LessSpecificPlace => Fate::LessSpecificPlace,
        FateWire::FartherAsset { own_m, winner_m } => {
            let decimetres = |m: f64| (m * 10.0).round() as u32;
            Fate::FartherAsset { own_dm: decimetres(own_m), winner_dm: decimetres(winner_m) }
        }
        FateWire::LaterId { winner } => {
            Fate::LaterId { winner: code("winner", &winner, RuleId::parse)? }
        }
    })
}

fn outcome_to_wire(outcome: &Outcome) -> OutcomeWire {
    let route = match outcome {
        Outcome::Routed(route) => route,
        Outcome::Unrouted(reason) => {
            return OutcomeWire::Unrouted { reason: word_of(&UNROUTED_REASONS, *reason) };
        }
    };
    let (rule, fallback) = match &route.by {
        RoutedBy::Rule(id) => (Some(id.to_string()), None),
        RoutedBy::Rung { level, area } => (None, Some(area_to_wire(*level, area))),
    };
    OutcomeWire::Routed {
        lead: route.lead.to_string(),
        unit: route.unit.clone(),
        assists: route.assists.iter().map(ToString::to_string).collect(),
        limit: route.limit.map(|(limit, _)| limit_to_wire(limit)),
        limit_source: route.limit.map(|(_, source)| word_of(&LIMIT_SOURCES, source)),
        rule,
        fallback,
    }
}

fn outcome_from_wire(wire: OutcomeWire) -> Result<Outcome, TraceError> {
    let (lead, unit, assists, limit, limit_source, rule, fallback) = match wire {
        OutcomeWire::Unrouted { reason } => {
            return Ok(Outcome::Unrouted(by_word("reason", &UNROUTED_REASONS, &reason)?));
        }
        OutcomeWire::Routed { lead, unit, assists, limit, limit_source, rule, fallback } => {
            (lead, unit, assists, limit, limit_source, rule, fallback)
        }
    };
    let by = match (rule, fallback) {
        (Some(rule), None) => RoutedBy::Rule(code("rule", &rule, RuleId::parse)?),
        (None, Some(area)) => {
            let area = area_from_wire(area)?;
            RoutedBy::Rung { level: area.level, area: area.code }
        }
        (rule, _) => {
            return Err(TraceError::Field {
                field: "rule or fallback",
                text: rule.unwrap_or_default(),
            });
        }
    };
    let limit = match (limit, limit_source) {
        (Some(limit), Some(source)) => {
            Some((limit_from_wire(limit)?, by_word("limit_source", &LIMIT_SOURCES, &source)?))
        }
        (None, None) => None,
        (_, source) => {
            let text = source.unwrap_or_default();
            return Err(TraceError::Field { field: "limit_source", text });
        }
    };
    let department = |text: String| code("assists", &text, DepartmentCode::parse);
    Ok(Outcome::Routed(Route {
        lead: code("lead", &lead, DepartmentCode::parse)?,
        unit,
        assists: all(assists, department)?,
        limit,
        by,
    }))
}

const RUNG_FATES: [(RungFate, &str); 3] = [
    (RungFate::Taken, "taken"),
    (RungFate::Absent, "absent"),
    (RungFate::DepartmentInactive, "department_inactive"),
];
const LIMIT_SOURCES: [(LimitSource, &str); 3] = [
    (LimitSource::Rule, "rule"),
    (LimitSource::Condition, "condition"),
    (LimitSource::Rung, "fallback"),
];
const UNROUTED_REASONS: [(UnroutedReason, &str); 2] = [
    (UnroutedReason::OutsideEveryArea, "outside_every_area"),
    (UnroutedReason::NoRuleAndNoRung, "no_rule_and_no_fallback"),
];

/// The word of a value in a table that a test keeps whole.
fn word_of<T: PartialEq + Copy>(words: &[(T, &str)], value: T) -> String {
    words.iter().find(|(own, _)| *own == value).map_or("", |(_, word)| word).to_owned()
}

fn by_word<T: Copy>(field: &'static str, words: &[(T, &str)], text: &str) -> Result<T, TraceError> {
    word(field, text, |text| words.iter().find(|(_, own)| *own == text).map(|&(value, _)| value))
}

fn word<T>(
    field: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, TraceError> {
    parse(text).ok_or_else(|| TraceError::Field { field, text: text.to_owned() })
}

fn code<T, E>(
    field: &'static str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, TraceError> {
    word(field, text, |text| parse(text).ok())
}

fn level(text: &str) -> Result<Level, TraceError> {
    word("level", text, Level::parse)
}

fn day(text: &str) -> Result<Day, TraceError> {
    word("day", text, Day::parse)
}

fn all<A, B>(
    values: Vec<A>,
    convert: impl FnMut(A) -> Result<B, TraceError>,
) -> Result<Vec<B>, TraceError> {
    values.into_iter().map(convert).collect()
}

fn limit_to_wire(limit: Limit) -> LimitWire {
    LimitWire { amount: limit.amount, unit: limit.unit.as_str().to_owned() }
}

fn limit_from_wire(wire: LimitWire) -> Result<Limit, TraceError> {
    Ok(Limit { amount: wire.amount, unit: word("unit", &wire.unit, TimeType::parse)? })
}

fn area_to_wire(level: Level, code: &AreaCode) -> AreaWire {
    AreaWire { level: level.to_string(), code: code.to_string() }
}

fn area_from_wire(wire: AreaWire) -> Result<RuleArea, TraceError> {
    let code = code("area.code", &wire.code, AreaCode::parse)?;
    Ok(RuleArea { level: level(&wire.level)?, code })
}

#[cfg(test)]
mod tests;
