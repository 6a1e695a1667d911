//! The words of the generated issues, from `geodata/jinshui/phrases.csv` and `remarks.csv`.

use crate::demo::load::DemoError;
use crate::demo::rng::Rng;
use crate::domain::id::CategoryCode;
use std::collections::BTreeMap;

const PHRASES: &str = include_str!("../../../geodata/jinshui/phrases.csv");
const REMARKS: &str = include_str!("../../../geodata/jinshui/remarks.csv");

/// How many times likelier a category is in its season.
const SEASON_FACTOR: u64 = 3;

/// When in a day a thing is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    Day,
    Evening,
    Any,
}

/// What is said about one category.
#[derive(Clone, Debug)]
pub struct Phrase {
    pub category: CategoryCode,
    weight: u64,
    /// The first and the last month of its season, 1 to 12; it may run over the new year.
    season: Option<(i8, i8)>,
    pub hours: Hours,
    pub major_percent: u64,
    /// `{p}` stands for the place.
    texts: Vec<&'static str>,
}

impl Phrase {
    fn weight_in(&self, month: i8) -> u64 {
        let in_season = self.season.is_some_and(|(first, last)| match first <= last {
            true => (first..=last).contains(&month),
            false => month >= first || month <= last,
        });
        if in_season { self.weight * SEASON_FACTOR } else { self.weight }
    }

    /// One way to say it.
    pub fn text(&self, place: &str, rng: &mut Rng) -> String {
        rng.pick(&self.texts).map_or(String::new(), |text| text.replace("{p}", place))
    }
}

/// All phrases and remarks.
pub struct Words {
    phrases: Vec<Phrase>,
    /// By action and what it is about, which may be empty.
    remarks: BTreeMap<(&'static str, &'static str), Vec<&'static str>>,
}

fn parts(text: &'static str) -> Vec<&'static str> {
    text.split('|').collect()
}

fn fault(file: &'static str, line: &str) -> DemoError {
    DemoError::File(file, format!("cannot be used: {line}"))
}

fn parse_phrase(line: &'static str) -> Option<Phrase> {
    let fields: Vec<&str> = line.splitn(6, ',').collect();
    let [category, weight, months, hours, major, texts] = fields[..] else { return None };
    let season = match months.split_once('-') {
        None => None,
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
    };
    Some(Phrase {
        category: CategoryCode::parse(category).ok()?,
        weight: weight.parse().ok()?,
        season,
        hours: match hours {
            "day" => Hours::Day,
            "evening" => Hours::Evening,
            "any" => Hours::Any,
            _ => return None,
        },
        major_percent: major.parse().ok()?,
        texts: parts(texts),
    })
}

impl Words {
    /// Reads the shipped tables. A text may hold commas: it is the last field.
    ///
    /// # Errors
    /// A line that is none of the table.
    pub fn read() -> Result<Self, DemoError> {
        let phrases = PHRASES.lines().skip(1);
        let phrases =
            phrases.map(|line| parse_phrase(line).ok_or_else(|| fault("phrases.csv", line)));
        let mut remarks = BTreeMap::new();
        for line in REMARKS.lines().skip(1) {
            let fields: Vec<&'static str> = line.splitn(3, ',').collect();
            let [action, about, texts] = fields[..] else { return Err(fault("remarks.csv", line)) };
            remarks.insert((action, about), parts(texts));
        }
        Ok(Self { phrases: phrases.collect::<Result<_, _>>()?, remarks })
    }

    /// A phrase, the likelier the more it weighs in the month (1 to 12).
    pub fn pick(&self, month: i8, rng: &mut Rng) -> Option<&Phrase> {
        let total = self.phrases.iter().map(|phrase| phrase.weight_in(month)).sum();
        let mut at = rng.below(total);
        self.phrases.iter().find(|phrase| {
            let weight = phrase.weight_in(month);
            let hit = at < weight;
            at = at.saturating_sub(weight);
            hit
        })
    }

    /// What is noted with an action; `None` where nothing is.
    pub fn remark(&self, action: &str, about: &str, rng: &mut Rng) -> Option<String> {
        let texts = self.remarks.get(&(action, about)).or_else(|| self.remarks.get(&(action, "")));
        let text = rng.pick(texts?).copied()?;
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_may_run_over_the_new_year() {
        let phrase = parse_phrase("x,10,11-3,day,0,{p}冷").unwrap();
        assert_eq!([12, 1, 3].map(|month| phrase.weight_in(month)), [30, 30, 30]);
        assert_eq!([4, 10].map(|month| phrase.weight_in(month)), [10, 10]);
        assert_eq!(phrase.text("甲路", &mut Rng::new(1, "")), "甲路冷");
    }

    #[test]
    fn the_likelihood_of_a_phrase_is_its_weight() {
        let words = Words::read().unwrap();
        let mut rng = Rng::new(1, "pick");
        let hits = (0..20_000).filter_map(|_| words.pick(4, &mut rng)).fold(
            BTreeMap::<&str, u64>::new(),
            |mut hits, phrase| {
                *hits.entry(phrase.category.as_str()).or_default() += 1;
                hits
            },
        );
        let total: u64 = words.phrases.iter().map(|phrase| phrase.weight_in(4)).sum();
        for phrase in &words.phrases {
            let expected = 20_000 * phrase.weight_in(4) / total;
            let found = hits.get(phrase.category.as_str()).copied().unwrap_or(0);
            assert!(found.abs_diff(expected) < 60 + expected / 4, "{}: {found}", phrase.category);
        }
    }
}
