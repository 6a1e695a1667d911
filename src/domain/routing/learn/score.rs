//! What a history says of rules: support and contradictions, accuracy and confusions.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use h3o::CellIndex;

use super::{Against, Case, RuleBook};

/// Examples that are kept of one contradiction.
const EXAMPLES_MAX: usize = 3;
/// From this share of a category's cases at one place on, other labels are a contradiction.
const SPLIT_SHARE_MIN: f64 = 0.2;
/// Fewer cases than this are chance.
const SPLIT_CASES_MIN: usize = 2;
/// Kinds of confusion that are told.
const CONFUSIONS_MAX: usize = 30;

/// A part of the cases of one category and place.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub labels: Vec<String>,
    pub count: usize,
    pub share: f64,
    /// Names of cases, a few of them.
    pub examples: Vec<String>,
}

/// One category at the place of one rule, with labels that are split.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    pub rule: String,
    pub category: String,
    pub area: Option<String>,
    pub cell: Option<CellIndex>,
    pub cases: usize,
    /// The most frequent first.
    pub shares: Vec<Share>,
}

/// Counts what each rule of the book decides, and finds the places where labels are split.
pub(super) fn tally(book: &mut RuleBook, cases: &[Case]) -> Vec<Contradiction> {
    type Names<'a> = BTreeMap<&'a [String], Vec<&'a str>>;
    let mut by_rule: BTreeMap<usize, Names<'_>> = BTreeMap::new();
    let mut by_category: BTreeMap<(usize, &str), Names<'_>> = BTreeMap::new();
    for case in cases {
        let Some(i) = book.position(&case.category, case.place.as_ref()) else { continue };
        let name = case.name.as_str();
        by_rule.entry(i).or_default().entry(&case.labels).or_default().push(name);
        let of_category = by_category.entry((i, &case.category)).or_default();
        of_category.entry(&case.labels).or_default().push(name);
    }
    let texts = |names: &[&str]| names.iter().take(EXAMPLES_MAX).map(|n| (*n).into()).collect();
    let rules = book.rules_mut();
    for (i, names) in by_rule {
        let rule = &mut rules[i];
        let count = |names: &[&str]| u32::try_from(names.len()).unwrap_or(u32::MAX);
        rule.support = names.values().map(|names| count(names)).sum();
        rule.right = names.get(rule.labels.as_slice()).map_or(0, |names| count(names));
        let others = names.iter().filter(|(labels, _)| **labels != rule.labels.as_slice());
        let mut against: Vec<Against> = others
            .map(|(labels, names)| Against {
                labels: labels.to_vec(),
                count: count(names),
                examples: texts(names),
            })
            .collect();
        against.sort_by_key(|against| Reverse(against.count));
        rule.against = against;
    }
    let mut found = Vec::new();
    for ((i, category), names) in by_category {
        let cases = names.values().map(Vec::len).sum();
        let mut shares: Vec<Share> = names
            .iter()
            .map(|(labels, names)| Share {
                labels: labels.to_vec(),
                count: names.len(),
                share: names.len() as f64 / cases as f64,
                examples: texts(names),
            })
            .collect();
        shares.sort_by_key(|share| Reverse(share.count));
        let rule = &rules[i];
        let is_split = |s: &Share| s.count >= SPLIT_CASES_MIN && s.share >= SPLIT_SHARE_MIN;
        if shares.get(1).is_some_and(is_split) {
            let (rule, area, cell) = (rule.id.clone(), rule.area.clone(), rule.cell);
            let category = category.to_owned();
            found.push(Contradiction { rule, category, area, cell, cases, shares });
        }
    }
    found.sort_by_key(|contradiction| Reverse(contradiction.cases));
    found
}

/// One way in which cases are told wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    pub expected: Vec<String>,
    /// `None`: no rule took them.
    pub found: Option<Vec<String>>,
    pub count: usize,
}

/// How a book does on a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    pub cases: usize,
    /// Cases that no rule took; they count as wrong.
    pub unruled: usize,
    /// Cases whose first label is right, whose first two are, and so on.
    pub right: Vec<usize>,
    /// The most frequent first.
    pub confusions: Vec<Confusion>,
}

impl Evaluation {
    /// The share of cases whose first `parts` labels are right; `None` without cases.
    pub fn accuracy(&self, parts: usize) -> Option<f64> {
        let right = *self.right.get(parts.checked_sub(1)?)?;
        (self.cases > 0).then(|| right as f64 / self.cases as f64)
    }
}

/// Tries the book on cases that it has not learned from. All have `parts` labels.
pub fn evaluate(book: &RuleBook, cases: &[Case], parts: usize) -> Evaluation {
    let mut right = vec![0; parts];
    let mut unruled = 0;
    let mut confusions: BTreeMap<(&[String], Option<&[String]>), usize> = BTreeMap::new();
    for case in cases {
        let rule = book.find(&case.category, case.place.as_ref());
        let found = rule.map(|rule| rule.labels.as_slice());
        unruled += usize::from(found.is_none());
        let pairs = case.labels.iter().zip(found.unwrap_or_default());
        let same = pairs.take_while(|(expected, found)| expected == found).count();
        right.iter_mut().take(same).for_each(|count| *count += 1);
        if same < parts {
            *confusions.entry((&case.labels, found)).or_default() += 1;
        }
    }
    let mut confusions: Vec<Confusion> = confusions
        .into_iter()
        .map(|((expected, found), count)| Confusion {
            expected: expected.to_vec(),
            found: found.map(<[String]>::to_vec),
            count,
        })
        .collect();
    confusions.sort_by_key(|confusion| Reverse(confusion.count));
    confusions.truncate(CONFUSIONS_MAX);
    Evaluation { cases: cases.len(), unruled, right, confusions }
}
