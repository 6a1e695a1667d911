//! The decision itself: which of the candidate rules wins, else which rung of the ladder.

use super::trace::{CONSIDERED_MAX, RungFate};
use super::{
    Considered, Decision, DepartmentName, Facts, Fate, LimitSource, Matrix, Outcome, Route,
    RoutedBy, Rule, RungTried, Trace, UnroutedReason,
};
use crate::domain::id::DepartmentCode;
use crate::domain::time::Day;

/// Decides who has to act. It always answers: an unrouted report says why.
pub fn decide(matrix: &Matrix, facts: &Facts) -> Decision {
    decide_as_valid_on(matrix, facts, facts.local.day)
}

/// The same with the rules and rungs that are valid on `day`, whatever the day of the report: a
/// past report decided as it would be then. Hours, weekdays and dates stay those of the report.
pub fn decide_as_valid_on(matrix: &Matrix, facts: &Facts, day: Day) -> Decision {
    judge(matrix, facts, &matrix.candidates(facts), day)
}

/// One decision for each candidate area chain of an inaccurate position.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateDecisions {
    /// In the order of the candidates.
    pub decisions: Vec<Decision>,
    /// Whether the choice among the candidates changes who leads.
    pub leads_differ: bool,
}

/// Decides for every candidate of a position whose accuracy reaches across a border.
pub fn decide_all(matrix: &Matrix, candidates: &[Facts]) -> CandidateDecisions {
    let decisions: Vec<_> = candidates.iter().map(|facts| decide(matrix, facts)).collect();
    let leads_differ = decisions.windows(2).any(|pair| pair[0].lead() != pair[1].lead());
    CandidateDecisions { decisions, leads_differ }
}

/// Judges the rules at `candidates`, best first as far as can be told without the report.
fn judge(matrix: &Matrix, facts: &Facts, candidates: &[usize], day: Day) -> Decision {
    let mut rules: Vec<&Rule> = candidates.iter().map(|&at| &matrix.rules()[at]).collect();
    put_nearest_first(&mut rules, facts);
    let misfits: Vec<(&Rule, Option<Fate>)> =
        rules.into_iter().map(|rule| (rule, misfit(matrix, rule, facts, day))).collect();
    // Best first: the first rule that fits wins.
    let winner = misfits.iter().find(|(_, fate)| fate.is_none()).map(|&(rule, _)| rule);
    let total = misfits.len();
    let considered: Vec<Considered> = misfits
        .into_iter()
        .enumerate()
        .filter(|&(i, (rule, _))| i < CONSIDERED_MAX - 1 || is_same(Some(rule), winner))
        .map(|(_, (rule, fate))| account(rule, fate, winner, facts))
        .collect();
    let considered_more = total - considered.len();
    let (outcome, rungs) = match winner {
        Some(rule) => (Outcome::Routed(route_by_rule(matrix, rule, facts)), Vec::new()),
        None => climb(matrix, facts, day),
    };
    let departments = match &outcome {
        Outcome::Routed(route) => names(matrix, route),
        Outcome::Unrouted(_) => Vec::new(),
    };
    let matrix_version = matrix.version().to_owned();
    let facts = facts.clone();
    let trace =
        Trace { matrix_version, facts, considered, considered_more, rungs, outcome, departments };
    Decision { trace }
}

/// Puts the rule of the nearest thing first among rules of one rank. Which that is only the report
/// tells, so the matrix cannot keep its rules in this order.
fn put_nearest_first(rules: &mut [&Rule], facts: &Facts) {
    if facts.assets.is_empty() {
        return;
    }
    // Stable, and what is sorted is in order of rank and id: ties keep the smaller id first.
    let same_rank = |a: &&Rule, b: &&Rule| a.rank() == b.rank();
    for equals in rules.chunk_by_mut(same_rank).filter(|equals| equals.len() > 1) {
        let far = |rule: &Rule| rule.asset_distance_m(facts).unwrap_or(f64::INFINITY);
        equals.sort_by(|a, b| far(a).total_cmp(&far(b)));
    }
}

fn is_same(a: Option<&Rule>, b: Option<&Rule>) -> bool {
    a.map(|rule| &rule.id) == b.map(|rule| &rule.id)
}

/// Why a rule whose selector and area fit does not apply; `None` when it does.
fn misfit(matrix: &Matrix, rule: &Rule, facts: &Facts, day: Day) -> Option<Fate> {
    if let Some(from) = rule.validity.from().filter(|&from| day < from) {
        return Some(Fate::NotYetValid { from });
    }
    if let Some(to) = rule.validity.to().filter(|&to| to < day) {
        return Some(Fate::Expired { to });
    }
    if !rule.window.contains(&facts.local) {
        return Some(Fate::OutsideTimeWindow {
            weekdays: rule.window.weekdays_text(),
            hours: rule.window.hours_text(),
            dates: rule.window.dates_text(),
        });
    }
    if let Some(wanted) = rule.severity.filter(|&wanted| wanted != facts.severity) {
        return Some(Fate::SeverityDiffers { wanted });
    }
    if let Some(asset) = rule.asset.as_ref().filter(|_| !rule.asset_fits(facts)) {
        return Some(Fate::AssetAbsent { asset: asset.clone() });
    }
    if !matrix.is_active(&rule.lead) {
        return Some(Fate::LeadInactive { department: rule.lead.clone() });
    }
    None
}

fn account(rule: &Rule, misfit: Option<Fate>, winner: Option<&Rule>, facts: &Facts) -> Considered {
    let fate = match (misfit, winner) {
        (Some(fate), _) => fate,
        (None, Some(winner)) => defeat(rule, winner, facts),
        // A rule that fits makes a winner, so this is only reached by the winner itself.
        (None, None) => Fate::Won,
    };
    Considered {
        rule: rule.id.clone(),
        priority: rule.priority,
        selector: rule.selector.clone(),
        area: rule.area.clone(),
        cell: rule.cell,
        asset: rule.asset.clone(),
        lead: rule.lead.clone(),
        fate,
    }
}

/// By which part of the order a fitting rule lost to the winner.
fn defeat(rule: &Rule, winner: &Rule, facts: &Facts) -> Fate {
    let away_dm = |rule: &Rule| rule.asset_distance_m(facts).map(|m| (m * 10.0).round() as u32);
    if rule.id == winner.id {
        Fate::Won
    } else if rule.priority != winner.priority {
        Fate::LowerPriority { own: rule.priority, winner: winner.priority }
    } else if rule.selector.rank() != winner.selector.rank() {
        let (own, winner) = (rule.selector.rank(), winner.selector.rank());
        Fate::LessSpecificCategory { own, winner }
    } else if rule.place_rank() != winner.place_rank() {
        Fate::LessSpecificPlace
    } else if let (Some(own_dm), Some(winner_dm)) = (away_dm(rule), away_dm(winner))
        && own_dm != winner_dm
    {
        Fate::FartherAsset { own_dm, winner_dm }
    } else {
        Fate::LaterId { winner: winner.id.clone() }
    }
}

fn route_by_rule(matrix: &Matrix, rule: &Rule, facts: &Facts) -> Route {
    let of_rule = rule.limit.map(|limit| (limit, LimitSource::Rule));
    let of_condition = facts.condition_limit.map(|limit| (limit, LimitSource::Condition));
    Route {
        lead: rule.lead.clone(),
        unit: rule.unit.clone(),
        // A closed department cannot help, and must not keep the rule from working.
        assists: rule.assists.iter().filter(|code| matrix.is_active(code)).cloned().collect(),
        limit: of_rule.or(of_condition),
        by: RoutedBy::Rule(rule.id.clone()),
    }
}

/// Climbs the fallback ladder from the innermost area outwards.
fn climb(matrix: &Matrix, facts: &Facts, day: Day) -> (Outcome, Vec<RungTried>) {
    let mut tried = Vec::with_capacity(facts.chain.len());
    for place in facts.chain.iter().rev() {
        let rung = matrix.rung(place.level, &place.code, facts.kind, day);
        let fate = match rung {
            None => RungFate::Absent,
            Some(rung) if !matrix.is_active(&rung.department) => RungFate::DepartmentInactive,
            Some(_) => RungFate::Taken,
        };
        tried.push(RungTried { level: place.level, area: place.code.clone(), fate });
        if let (Some(rung), RungFate::Taken) = (rung, fate) {
            let route = Route {
                lead: rung.department.clone(),
                unit: String::new(),
                assists: Vec::new(),
                limit: Some((rung.limit, LimitSource::Rung)),
                by: RoutedBy::Rung { level: place.level, area: place.code.clone() },
            };
            return (Outcome::Routed(route), tried);
        }
    }
    let reason = if facts.chain.is_empty() {
        UnroutedReason::OutsideEveryArea
    } else {
        UnroutedReason::NoRuleAndNoRung
    };
    (Outcome::Unrouted(reason), tried)
}

fn names(matrix: &Matrix, route: &Route) -> Vec<DepartmentName> {
    let name_of = |code: &DepartmentCode| {
        let department = matrix.department(code)?;
        Some(DepartmentName {
            code: code.clone(),
            name: department.name.clone(),
            name_en: department.name_en.clone(),
        })
    };
    std::iter::once(&route.lead).chain(&route.assists).filter_map(name_of).collect()
}

#[cfg(test)]
mod tests;
