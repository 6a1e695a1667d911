//! The catalog as one value: all schemes, categories, conditions and the cross-walk, checked
//! against each other, with look-ups by code and a search by words.

use std::collections::{BTreeMap, HashMap};

use super::{Category, Condition, Nature, Relation, Scheme, SchemeCode, Walk};
use crate::domain::id::{CategoryCode, ConditionCode};
use crate::domain::issue::kind::Kind;
use crate::domain::time::Day;

/// The rows of a catalog, as any number of files gave them.
#[derive(Clone, Debug, Default)]
pub struct CatalogParts {
    pub schemes: Vec<Scheme>,
    pub categories: Vec<Category>,
    pub conditions: Vec<Condition>,
    pub walks: Vec<Walk>,
}

impl CatalogParts {
    /// Adds the rows of another file.
    pub fn extend(&mut self, other: CatalogParts) {
        self.schemes.extend(other.schemes);
        self.categories.extend(other.categories);
        self.conditions.extend(other.conditions);
        self.walks.extend(other.walks);
    }
}

/// Why a row was left out of a catalog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogProblem {
    #[error("scheme {0} is given twice; the first stands")]
    DoubleScheme(SchemeCode),
    #[error("category {0} is given twice; the first stands")]
    DoubleCategory(CategoryCode),
    #[error("condition {0} is given twice; the first stands")]
    DoubleCondition(ConditionCode),
    #[error("category {code} names scheme {scheme}, which is not given")]
    UnknownScheme { code: CategoryCode, scheme: SchemeCode },
    #[error("category {code} names parent {parent}, which is not a big class of its scheme")]
    BadParent { code: CategoryCode, parent: CategoryCode },
    #[error("category {code} of kind {kind} cannot be a {}", .nature.as_str())]
    NatureOfNoOpinion { code: CategoryCode, kind: Kind, nature: Nature },
    #[error("condition {code} names category {category}, which is not given")]
    UnknownCategory { code: ConditionCode, category: CategoryCode },
    #[error("the cross-walk {from} to {to} names category {missing}, which is not given")]
    UnknownWalk { from: CategoryCode, to: CategoryCode, missing: CategoryCode },
}

/// Categories of several schemes with their filing conditions. Everything that a row names exists.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    version: String,
    schemes: BTreeMap<SchemeCode, Scheme>,
    categories: BTreeMap<CategoryCode, Category>,
    conditions: HashMap<ConditionCode, Condition>,
    /// In the order of publication.
    conditions_of: HashMap<CategoryCode, Vec<ConditionCode>>,
    /// Both directions.
    walks: BTreeMap<CategoryCode, Vec<(CategoryCode, Relation)>>,
}

impl Catalog {
    /// Builds a catalog from rows. A bad row is left out and reported; it hides no other row.
    pub fn build(version: &str, parts: CatalogParts) -> (Self, Vec<CatalogProblem>) {
        let mut catalog = Self { version: version.to_owned(), ..Self::default() };
        let mut problems = Vec::new();
        for scheme in parts.schemes {
            if catalog.schemes.contains_key(&scheme.code) {
                problems.push(CatalogProblem::DoubleScheme(scheme.code));
            } else {
                catalog.schemes.insert(scheme.code.clone(), scheme);
            }
        }
        // Big classes first: a small class may stand before its parent in a file.
        let (big, small): (Vec<_>, Vec<_>) =
            parts.categories.into_iter().partition(|category| category.small_code.is_none());
        for category in big.into_iter().chain(small) {
            match catalog.check_category(&category) {
                Some(problem) => problems.push(problem),
                None => {
                    catalog.categories.insert(category.code.clone(), category);
                }
            }
        }
        for condition in parts.conditions {
            problems.extend(catalog.insert_condition(condition));
        }
        for walk in parts.walks {
            problems.extend(catalog.insert_walk(walk));
        }
        (catalog, problems)
    }

    fn check_category(&self, category: &Category) -> Option<CatalogProblem> {
        let code = category.code.clone();
        if self.categories.contains_key(&code) {
            return Some(CatalogProblem::DoubleCategory(code));
        }
        if !self.schemes.contains_key(&category.scheme) {
            let scheme = category.scheme.clone();
            return Some(CatalogProblem::UnknownScheme { code, scheme });
        }
        if let Some(parent) = &category.parent {
            let good = self.categories.get(parent).is_some_and(|big| {
                big.small_code.is_none()
                    && big.scheme == category.scheme
                    && category.small_code.is_some()
            });
            if !good {
                return Some(CatalogProblem::BadParent { code, parent: parent.clone() });
            }
        }
        match category.nature {
            Some(nature) if category.kind != Kind::Opinion => {
                Some(CatalogProblem::NatureOfNoOpinion { code, kind: category.kind, nature })
            }
            _ => None,
        }
    }

    fn insert_condition(&mut self, condition: Condition) -> Option<CatalogProblem> {
        let (code, category) = (condition.code.clone(), condition.category.clone());
        if self.conditions.contains_key(&code) {
            return Some(CatalogProblem::DoubleCondition(code));
        }
        if !self.categories.contains_key(&category) {
            return Some(CatalogProblem::UnknownCategory { code, category });
        }
        self.conditions_of.entry(category).or_default().push(code.clone());
        self.conditions.insert(code, condition);
        None
    }

    fn insert_walk(&mut self, walk: Walk) -> Option<CatalogProblem> {
        let Walk { from, to, relation } = walk;
        let missing = [&from, &to].into_iter().find(|end| !self.categories.contains_key(end));
        if let Some(missing) = missing.cloned() {
            return Some(CatalogProblem::UnknownWalk { from, to, missing });
        }
        self.walks.entry(from.clone()).or_default().push((to.clone(), relation));
        self.walks.entry(to).or_default().push((from, relation.inverse()));
        None
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// All schemes, in order of code.
    pub fn schemes(&self) -> impl Iterator<Item = &Scheme> {
        self.schemes.values()
    }

    /// All categories, in order of code.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// All conditions, in no order that means anything.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.values()
    }

    pub fn category(&self, code: &CategoryCode) -> Option<&Category> {
        self.categories.get(code)
    }

    pub fn condition(&self, code: &ConditionCode) -> Option<&Condition> {
        self.conditions.get(code)
    }

    /// The conditions of a category, in the order of publication.
    pub fn conditions_of(&self, code: &CategoryCode) -> impl Iterator<Item = &Condition> {
        let codes = self.conditions_of.get(code).map_or(&[][..], Vec::as_slice);
        codes.iter().filter_map(|code| self.conditions.get(code))
    }

    /// The category's big class; a big class is its own.
    pub fn big_class_of<'a>(&'a self, category: &'a Category) -> Option<&'a Category> {
        match &category.parent {
            Some(parent) => self.categories.get(parent),
            None => category.small_code.is_none().then_some(category),
        }
    }

    /// Whether a report can be filed under the category: a big class with small classes is only
    /// a heading.
    pub fn can_be_filed(&self, category: &Category) -> bool {
        category.small_code.is_some()
            || !self.categories.values().any(|c| c.parent.as_ref() == Some(&category.code))
    }

    /// The categories of other schemes that mean the same or nearly the same, as the cross-walk
    /// has them: each with how `code` relates to it.
    pub fn walks_of(&self, code: &CategoryCode) -> &[(CategoryCode, Relation)] {
        self.walks.get(code).map_or(&[], Vec::as_slice)
    }

    /// The categories valid on `day` whose code, Chinese or English name, or big class's name
    /// holds `words` (case does not matter in ASCII), best first: exact, beginning, elsewhere in
    /// the name, in the big class's name; within that by code. No words find everything.
    pub fn search(&self, words: &str, day: Day, found_max: usize) -> Vec<&Category> {
        let words = words.trim().to_ascii_lowercase();
        let mut found: Vec<(u8, &Category)> = self
            .categories
            .values()
            .filter(|category| category.validity.contains(day))
            .filter_map(|category| Some((self.match_rank(category, &words)?, category)))
            .collect();
        // Stable: categories of equal rank stay in order of code.
        found.sort_by_key(|&(rank, _)| rank);
        found.into_iter().take(found_max).map(|(_, category)| category).collect()
    }

    fn match_rank(&self, category: &Category, words: &str) -> Option<u8> {
        let rank = |text: &str| {
            let text = text.to_ascii_lowercase();
            match text.find(words) {
                Some(0) if text.len() == words.len() => Some(0),
                Some(0) => Some(1),
                Some(_) => Some(2),
                None => None,
            }
        };
        let own = [Some(category.code.as_str()), Some(&category.name), category.name_en.as_deref()];
        let best = own.into_iter().flatten().filter_map(rank).min();
        best.or_else(|| {
            let big = self.big_class_of(category)?;
            let names = [Some(big.name.as_str()), big.name_en.as_deref()];
            names.into_iter().flatten().find_map(rank).map(|_| 3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Validity;
    use super::*;

    fn category(code: &str, parent: Option<&str>, name: &str) -> Category {
        Category {
            code: CategoryCode::parse(code).unwrap(),
            scheme: SchemeCode::parse("s").unwrap(),
            class: None,
            big_code: "01".to_owned(),
            small_code: parent.map(|_| "01".to_owned()),
            parent: parent.map(|p| CategoryCode::parse(p).unwrap()),
            kind: Kind::Hazard,
            name: name.to_owned(),
            name_en: None,
            nature: None,
            anonymous_allowed: true,
            needs_inspection: true,
            validity: Validity::ALWAYS,
        }
    }

    fn scheme() -> Scheme {
        Scheme {
            code: SchemeCode::parse("s").unwrap(),
            name: "s".to_owned(),
            name_en: None,
            version: "1".to_owned(),
            source: "test".to_owned(),
        }
    }

    #[test]
    fn a_bad_row_is_reported_and_hides_no_other() {
        let mut parts = CatalogParts { schemes: vec![scheme(), scheme()], ..Default::default() };
        let mut opinion = category("b-3", Some("b"), "x");
        opinion.nature = Some(Nature::SmallWish);
        parts.categories = vec![
            category("b-1", Some("b"), "路灯"),
            category("b", None, "公用设施"),
            category("b-1", Some("b"), "again"),
            category("b-2", Some("b-1"), "child of a small class"),
            opinion,
        ];
        let code = |text| CategoryCode::parse(text).unwrap();
        parts.walks =
            vec![Walk { from: code("b-1"), to: code("nowhere"), relation: Relation::Exact }];
        let (catalog, problems) = Catalog::build("1", parts);
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(matches!(problems[2], CatalogProblem::BadParent { .. }));
        let codes: Vec<_> = catalog.categories().map(|c| c.code.as_str()).collect();
        assert_eq!(codes, ["b", "b-1"]);
        assert!(!catalog.can_be_filed(catalog.category(&code("b")).unwrap()));
        assert!(catalog.can_be_filed(catalog.category(&code("b-1")).unwrap()));
    }

    #[test]
    fn a_search_puts_the_nearest_name_first_and_leaves_out_what_is_not_valid() {
        let mut old = category("b-9", Some("b"), "路灯杆");
        old.validity = Validity::new(None, Some(Day(5))).unwrap();
        let parts = CatalogParts {
            schemes: vec![scheme()],
            categories: vec![
                category("b", None, "照明路灯设施"),
                category("b-1", Some("b"), "地灯"),
                category("b-2", Some("b"), "路灯井盖"),
                category("b-3", Some("b"), "路灯"),
                old,
            ],
            ..Default::default()
        };
        let (catalog, problems) = Catalog::build("1", parts);
        assert!(problems.is_empty());
        let search = |words: &str, day| -> Vec<&str> {
            catalog.search(words, Day(day), 10).iter().map(|c| c.code.as_str()).collect()
        };
        assert_eq!(search("路灯", 6), ["b-3", "b-2", "b", "b-1"]);
        assert_eq!(search("路灯", 5), ["b-3", "b-2", "b-9", "b", "b-1"]);
        assert_eq!(search("B-3", 6), ["b-3"]);
        assert_eq!(search("nothing", 6), [""; 0]);
        assert_eq!(catalog.search("", Day(6), 2).len(), 2);
    }
}
