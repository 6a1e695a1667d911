//! The published numbers of some sums, flat: for the properties of a map's feature, as GeoJSON and
//! in tiles, so that both say the same.

use super::measure::Sums;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{RATES, RateSet};
use crate::domain::metrics::figure::{FIGURES, find_figure};
use crate::domain::metrics::histogram::BUCKETS;
use crate::domain::metrics::smooth::Prior;
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flat {
    Whole(Option<i64>),
    /// A share, 0 to 1.
    Share(Option<f64>),
    Yes(bool),
}

/// A rate's value under its id, with its counts under `<id>_numerator` and `<id>_denominator`, its
/// interval under `<id>_low` and `<id>_high`, and shrunk under `<id>_shrunk`; times as
/// `<id>_median`, `<id>_p90` and `<id>_n`; counts under their ids, with `open` its ages, with
/// `overdue` the longest. `n` and `unknown` are always there. `prior_of` tells what is known of a
/// rate among its like.
pub fn flat_numbers(
    sums: &Sums,
    rates: &RateSet,
    wanted: &Wanted,
    prior_of: impl Fn(&'static str) -> Option<Prior>,
) -> Vec<(String, Flat)> {
    let mut flat = Vec::new();
    let mut put = |name: String, value: Flat| flat.push((name, value));
    for figure in FIGURES.iter().filter(|own| own.unit() == "count" && wanted.has(own.id)) {
        put(figure.id.to_owned(), Flat::Whole(Some(sums.tally.get(figure.measure))));
    }
    for definition in rates.all().filter(|own| wanted.has(own.metric)) {
        let (rate, id) = (sums.tally.rate(definition), definition.metric);
        let shrunk = prior_of(id).and_then(|prior| prior.shrink(rate));
        put(id.to_owned(), Flat::Share(rate.value()));
        put(format!("{id}_numerator"), Flat::Whole(Some(rate.numerator)));
        put(format!("{id}_denominator"), Flat::Whole(Some(rate.denominator)));
        put(format!("{id}_low"), Flat::Share(rate.interval().map(|interval| interval.0)));
        put(format!("{id}_high"), Flat::Share(rate.interval().map(|interval| interval.1)));
        put(format!("{id}_shrunk"), Flat::Share(shrunk));
    }
    if wanted.has("open") {
        put("age_median_ms".into(), Flat::Whole(sums.backlog_age_ms(0.5)));
        put("age_p90_ms".into(), Flat::Whole(sums.backlog_age_ms(0.9)));
    }
    if wanted.has("overdue") {
        put("overdue_oldest_ms".into(), Flat::Whole(sums.overdue_oldest_ms()));
    }
    let tally = &sums.tally;
    let times =
        [("accept_ms", &tally.accept), ("handle_ms", &tally.handle), ("close_ms", &tally.close)];
    for (id, times) in times.into_iter().filter(|(id, _)| wanted.has(id)) {
        put(format!("{id}_median"), Flat::Whole(times.quantile_ms(0.5)));
        put(format!("{id}_p90"), Flat::Whole(times.quantile_ms(0.9)));
        put(format!("{id}_n"), Flat::Whole(Some(times.total())));
    }
    put("n".into(), Flat::Whole(Some(sums.n())));
    put("unknown".into(), Flat::Yes(sums.is_silent()));
    flat
}

/// The labels of all that [`flat_numbers`] tells, by which numbers are published now.
pub fn labels_in_force(rates: &RateSet, wanted: &Wanted) -> Vec<String> {
    let rates = rates.all().filter(|own| wanted.has(own.metric)).map(|own| own.label());
    let figures = FIGURES.iter().filter(|own| wanted.has(own.id)).map(|own| own.label());
    rates.chain(figures).collect()
}
