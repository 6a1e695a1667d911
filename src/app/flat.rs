//! The published numbers of some sums, flat: for the properties of a map's feature, as GeoJSON and
//! in tiles, so that both say the same.

use super::measure::Sums;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{Definition, RATES, RateSet, Tally};
use crate::domain::metrics::figure::{FIGURES, Figure, find_figure};
use crate::domain::metrics::histogram::{BUCKETS, Histogram};
use crate::domain::metrics::smooth::Prior;
use serde::Serialize;
use std::collections::BTreeSet;

/// The published numbers that are asked for, by the ids of rates and figures; all by default.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Option<BTreeSet<&'static str>>);

/// The ids of all numbers that are published.
pub fn published_ids() -> impl Iterator<Item = &'static str> {
    RATES.iter().map(|rate| rate.metric).chain(FIGURES.iter().map(|figure| figure.id))
}

impl Wanted {
    /// Ids apart by commas.
    ///
    /// # Errors
    /// The word that is the id of no published number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ids = text.split(',').map(|word| {
            let word = word.trim();
            published_ids().find(|id| *id == word).ok_or_else(|| word.to_owned())
        });
        Ok(Self(Some(ids.collect::<Result<_, _>>()?)))
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.contains(id))
    }

    /// The measures that these numbers are made of, and what is reported; none when all are asked
    /// for.
    pub fn measures(&self, rates: &RateSet) -> Vec<Measure> {
        let Some(ids) = &self.0 else { return Vec::new() };
        let mut measures = BTreeSet::from([Measure::Reported]);
        for rate in rates.all().filter(|rate| ids.contains(rate.metric)) {
            let sides = [rate.numerator, rate.less, rate.denominator_less];
            measures.extend(sides.into_iter().flatten());
            measures.insert(rate.denominator);
        }
        for figure in ids.iter().filter_map(|id| find_figure(id)) {
            let times: Option<fn(u16) -> Measure> = match figure.measure {
                Measure::AcceptTime(_) => Some(Measure::AcceptTime),
                Measure::HandleTime(_) => Some(Measure::HandleTime),
                Measure::CloseTime(_) => Some(Measure::CloseTime),
                _ => None,
            };
            match times {
                Some(time) => measures.extend((0..BUCKETS).map(time)),
                None => drop(measures.insert(figure.measure)),
            }
        }
        measures.into_iter().collect()
    }
}

/// A number of a feature; `None` where it is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Flat {
    Whole(Option<i64>),
    /// A share, 0 to 1.
    Share(Option<f64>),
    Yes(bool),
}

/// How long something took, among the sums of a feature.
type TimesOf = fn(&Tally) -> &Histogram;

/// The numbers that features tell, chosen once for all features of a map: a rate's value under its
/// id, with its counts under `<id>_numerator` and `<id>_denominator`, its interval under `<id>_low`
/// and `<id>_high`, and shrunk under `<id>_shrunk`; times as `<id>_median`, `<id>_p90` and
/// `<id>_n`; counts under their ids, with `open` its ages, with `overdue` the longest. `n` and
/// `unknown` are always there.
pub struct FlatNumbers {
    counts: Vec<&'static Figure>,
    rates: Vec<&'static Definition>,
    times: Vec<(&'static str, TimesOf)>,
    has_ages: bool,
    has_longest: bool,
}

impl FlatNumbers {
    pub fn of(rates: &RateSet, wanted: &Wanted) -> Self {
        let times: [(&str, TimesOf); 3] = [
            ("accept_ms", |t| &t.accept),
            ("handle_ms", |t| &t.handle),
            ("close_ms", |t| &t.close),
        ];
        let is_count = |own: &&Figure| own.unit() == "count" && wanted.has(own.id);
        Self {
            counts: FIGURES.iter().filter(is_count).collect(),
            rates: rates.all().filter(|own| wanted.has(own.metric)).collect(),
            times: times.into_iter().filter(|(id, _)| wanted.has(id)).collect(),
            has_ages: wanted.has("open"),
            has_longest: wanted.has("overdue"),
        }
    }

    /// What the numbers are called, in the order of [`FlatNumbers::values`].
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.each(&Sums::default(), |_| None, |id, part, _| names.push(format!("{id}{part}")));
        names
    }

    /// The numbers of a feature. `prior_of` tells what is known of a rate among its like.
    pub fn values(
        &self,
        sums: &Sums,
        prior_of: impl Fn(&'static str) -> Option<Prior>,
    ) -> Vec<Flat> {
        let mut values = Vec::with_capacity(16);
        self.each(sums, prior_of, |_, _, value| values.push(value));
        values
    }

    /// Hands over each number, named by an id and a part of it.
    fn each(
        &self,
        sums: &Sums,
        prior_of: impl Fn(&'static str) -> Option<Prior>,
        mut put: impl FnMut(&'static str, &'static str, Flat),
    ) {
        let tally = &sums.tally;
        for figure in &self.counts {
            put(figure.id, "", Flat::Whole(Some(tally.get(figure.measure))));
        }
        for definition in &self.rates {
            let (rate, id) = (tally.rate(definition), definition.metric);
            let interval = rate.interval();
            put(id, "", Flat::Share(rate.value()));
            put(id, "_numerator", Flat::Whole(Some(rate.numerator)));
            put(id, "_denominator", Flat::Whole(Some(rate.denominator)));
            put(id, "_low", Flat::Share(interval.map(|interval| interval.0)));
            put(id, "_high", Flat::Share(interval.map(|interval| interval.1)));
            put(id, "_shrunk", Flat::Share(prior_of(id).and_then(|prior| prior.shrink(rate))));
        }
        if self.has_ages {
            put("age_median_ms", "", Flat::Whole(sums.backlog_age_ms(0.5)));
            put("age_p90_ms", "", Flat::Whole(sums.backlog_age_ms(0.9)));
        }
        if self.has_longest {
            put("overdue_oldest_ms", "", Flat::Whole(sums.overdue_oldest_ms()));
        }
        for (id, times_of) in &self.times {
            let times = times_of(tally);
            put(id, "_median", Flat::Whole(times.quantile_ms(0.5)));
            put(id, "_p90", Flat::Whole(times.quantile_ms(0.9)));
            put(id, "_n", Flat::Whole(Some(times.total())));
        }
        put("n", "", Flat::Whole(Some(sums.n())));
        put("unknown", "", Flat::Yes(sums.is_silent()));
    }
}

/// The labels of all that [`FlatNumbers`] tell, by which numbers are published now.
pub fn labels_in_force(rates: &RateSet, wanted: &Wanted) -> Vec<String> {
    let rates = rates.all().filter(|own| wanted.has(own.metric)).map(|own| own.label());
    let figures = FIGURES.iter().filter(|own| wanted.has(own.id)).map(|own| own.label());
    rates.chain(figures).collect()
}
