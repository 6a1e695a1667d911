//! Rulings of arbitration (裁定) as proposed rules: what the street has decided case by case, said
//! once. A person confirms.

use std::collections::BTreeMap;

use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::routing::RuleArea;
use crate::domain::territory::level::Level;

/// One binding dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The tracking number of the issue.
    pub issue: String,
    pub category: CategoryCode,
    /// The areas that hold the issue, outermost first.
    pub chain: Vec<RuleArea>,
    pub lead: DepartmentCode,
}

/// A rule that rulings speak for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub category: CategoryCode,
    /// `None` where the issues lie in no area.
    pub area: Option<RuleArea>,
    pub lead: DepartmentCode,
    /// The issues ruled so, in order.
    pub issues: Vec<String>,
    /// Issues of the same category and area that were ruled otherwise, by department.
    pub against: BTreeMap<DepartmentCode, Vec<String>>,
}

impl Proposal {
    /// How many rulings speak for it.
    pub fn support(&self) -> usize {
        self.issues.len()
    }

    /// Of the rulings at its place, the share that speaks for it.
    pub fn share(&self) -> f64 {
        let against: usize = self.against.values().map(Vec::len).sum();
        self.support() as f64 / (self.support() + against).max(1) as f64
    }
}

/// Proposes a rule for each category and street where rulings agree. Where they do not, the
/// street is taken apart by communities, then by grids; what is split even there is proposed as
/// most of the rulings have it, with the others told against it.
pub fn propose_rules(rulings: &[Ruling]) -> Vec<Proposal> {
    let mut groups: BTreeMap<(&CategoryCode, Option<&RuleArea>), Vec<&Ruling>> = BTreeMap::new();
    for ruling in rulings {
        groups.entry((&ruling.category, area_below(ruling, None))).or_default().push(ruling);
    }
    let mut proposals = Vec::new();
    for ((category, area), group) in groups {
        propose(category, area, &group, &mut proposals);
    }
    proposals
}

/// The area of the ruling inside `area`; the outermost from the street inwards without one. Streets
/// rule, so nothing is said of more than a street.
fn area_below<'a>(ruling: &'a Ruling, area: Option<&RuleArea>) -> Option<&'a RuleArea> {
    let inner = |place: &&RuleArea| match area {
        Some(area) => place.level > area.level,
        None => place.level >= Level::Street,
    };
    let found = ruling.chain.iter().find(inner);
    // A territory without streets has an innermost area all the same.
    found.or_else(|| ruling.chain.last().filter(|_| area.is_none()))
}

fn propose(
    category: &CategoryCode,
    area: Option<&RuleArea>,
    rulings: &[&Ruling],
    proposals: &mut Vec<Proposal>,
) {
    let mut leads: BTreeMap<&DepartmentCode, Vec<String>> = BTreeMap::new();
    for ruling in rulings {
        leads.entry(&ruling.lead).or_default().push(ruling.issue.clone());
    }
    let is_split = leads.len() > 1;
    let can_be_divided = rulings.iter().all(|ruling| area_below(ruling, area).is_some());
    if is_split && area.is_some() && can_be_divided {
        let mut parts: BTreeMap<Option<&RuleArea>, Vec<&Ruling>> = BTreeMap::new();
        for ruling in rulings {
            parts.entry(area_below(ruling, area)).or_default().push(ruling);
        }
        for (part, rulings) in parts {
            propose(category, part, &rulings, proposals);
        }
        return;
    }
    // Of equally many, the first code in order.
    let most = leads.iter().fold(None, |best: Option<(&DepartmentCode, usize)>, (lead, issues)| {
        if best.is_some_and(|(_, n)| n >= issues.len()) { best } else { Some((lead, issues.len())) }
    });
    let Some((lead, _)) = most else { return };
    let mut against: BTreeMap<DepartmentCode, Vec<String>> =
        leads.iter().map(|(lead, issues)| ((*lead).clone(), issues.clone())).collect();
    let mut issues = against.remove(lead).unwrap_or_default();
    issues.sort_unstable();
    let (category, area, lead) = (category.clone(), area.cloned(), lead.clone());
    proposals.push(Proposal { category, area, lead, issues, against });
}
