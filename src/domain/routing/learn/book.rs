//! A book of learned rules: which of them is found for a category and a place. The order is that
//! of the matrix: category before every category, hexagon (the smaller first) before area before
//! anywhere, then the id.

use std::collections::{BTreeSet, HashMap};

use h3o::{CellIndex, Resolution};

use super::{CasePlace, cell_at};

/// Instead of a category: a rule for every category.
pub const EVERY_CATEGORY: &str = "*";

/// Cases that a rule gets wrong in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Against {
    pub labels: Vec<String>,
    pub count: u32,
    /// Names of cases, a few of them.
    pub examples: Vec<String>,
}

/// A proposed rule, as a person reads and edits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedRule {
    pub id: String,
    /// Words of the history, or [`EVERY_CATEGORY`].
    pub categories: Vec<String>,
    /// `None`: anywhere.
    pub area: Option<String>,
    /// With an area: what lies in both.
    pub cell: Option<CellIndex>,
    pub labels: Vec<String>,
    /// How many cases of the history it decides.
    pub support: u32,
    /// Of them, those whose labels are its own.
    pub right: u32,
    /// The others, the most frequent first.
    pub against: Vec<Against>,
}

impl LearnedRule {
    /// The lower end of Wilson's 95 % interval of right / support: small where the support is.
    pub fn confidence(&self) -> f64 {
        if self.support == 0 {
            return 0.0;
        }
        let (n, z) = (f64::from(self.support), 1.959_964_f64);
        let (p, zz) = (f64::from(self.right) / n, z * z);
        let middle = p + zz / (2.0 * n);
        let reach = z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
        ((middle - reach) / (1.0 + zz / n)).max(0.0)
    }

    pub fn contradictions(&self) -> u32 {
        self.support - self.right
    }

    /// The greatest goes first among rules of one category.
    fn place_rank(&self) -> (u8, bool) {
        (self.cell.map_or(0, |cell| 1 + u8::from(cell.resolution())), self.area.is_some())
    }
}

/// Positions of rules by place, each list best first.
#[derive(Clone, Debug, Default)]
struct Places {
    anywhere: Option<usize>,
    by_area: HashMap<String, usize>,
    by_cell: HashMap<CellIndex, Vec<usize>>,
}

/// Rules with an index.
#[derive(Clone, Debug, Default)]
pub struct RuleBook {
    rules: Vec<LearnedRule>,
    index: HashMap<String, Places>,
    /// Of the rules' hexagons, the finest first.
    resolutions: Vec<Resolution>,
}

impl RuleBook {
    pub fn new(rules: Vec<LearnedRule>) -> Self {
        let mut order: Vec<usize> = (0..rules.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&rules[a], &rules[b]);
            b.place_rank().cmp(&a.place_rank()).then_with(|| a.id.cmp(&b.id))
        });
        let mut index: HashMap<String, Places> = HashMap::new();
        for i in order {
            let rule = &rules[i];
            for category in &rule.categories {
                let places = index.entry(category.clone()).or_default();
                // Best first: what is there already goes before.
                match (rule.cell, &rule.area) {
                    (Some(cell), _) => places.by_cell.entry(cell).or_default().push(i),
                    (None, Some(area)) => {
                        places.by_area.entry(area.clone()).or_insert(i);
                    }
                    (None, None) => {
                        places.anywhere.get_or_insert(i);
                    }
                }
            }
        }
        let cells = rules.iter().filter_map(|rule| rule.cell);
        let resolutions: BTreeSet<Resolution> = cells.map(CellIndex::resolution).collect();
        let resolutions = resolutions.into_iter().rev().collect();
        Self { rules, index, resolutions }
    }

    pub fn rules(&self) -> &[LearnedRule] {
        &self.rules
    }

    pub(super) fn rules_mut(&mut self) -> &mut [LearnedRule] {
        &mut self.rules
    }

    /// The rule for a case, if there is one.
    pub fn find(&self, category: &str, place: Option<&CasePlace>) -> Option<&LearnedRule> {
        self.position(category, place).map(|i| &self.rules[i])
    }

    pub(super) fn position(&self, category: &str, place: Option<&CasePlace>) -> Option<usize> {
        [category, EVERY_CATEGORY]
            .into_iter()
            .find_map(|category| self.best(self.index.get(category)?, place))
    }

    fn best(&self, places: &Places, place: Option<&CasePlace>) -> Option<usize> {
        let area = place.and_then(|place| place.area.as_ref());
        let of_cell = place.filter(|_| !places.by_cell.is_empty()).and_then(|place| {
            self.resolutions.iter().find_map(|&resolution| {
                let cell = cell_at(&place.position, resolution)?;
                let fits =
                    |i: &&usize| self.rules[**i].area.as_ref().is_none_or(|own| Some(own) == area);
                places.by_cell.get(&cell)?.iter().find(fits).copied()
            })
        });
        of_cell.or_else(|| places.by_area.get(area?).copied()).or(places.anywhere)
    }
}
