//! The published numbers of some sums, flat: for the properties of a map's feature, as GeoJSON and
//! in tiles, so that both say the same.

use super::measure::Sums;
use crate::domain::metrics::definition::RateSet;
use crate::domain::metrics::figure::FIGURES;
use crate::domain::metrics::smooth::Prior;

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
/// `<id>_median`, `<id>_p90` and `<id>_n`; counts under their ids. `prior_of` tells what is known
/// of a rate among its like.
pub fn flat_numbers(
    sums: &Sums,
    rates: &RateSet,
    prior_of: impl Fn(&'static str) -> Option<Prior>,
) -> Vec<(String, Flat)> {
    let mut flat = Vec::new();
    let mut put = |name: String, value: Flat| flat.push((name, value));
    for figure in FIGURES.iter().filter(|figure| figure.unit() == "count") {
        put(figure.id.to_owned(), Flat::Whole(Some(sums.tally.get(figure.measure))));
    }
    for definition in rates.all() {
        let (rate, id) = (sums.tally.rate(definition), definition.metric);
        let shrunk = prior_of(id).and_then(|prior| prior.shrink(rate));
        put(id.to_owned(), Flat::Share(rate.value()));
        put(format!("{id}_numerator"), Flat::Whole(Some(rate.numerator)));
        put(format!("{id}_denominator"), Flat::Whole(Some(rate.denominator)));
        put(format!("{id}_low"), Flat::Share(rate.interval().map(|interval| interval.0)));
        put(format!("{id}_high"), Flat::Share(rate.interval().map(|interval| interval.1)));
        put(format!("{id}_shrunk"), Flat::Share(shrunk));
    }
    put("age_median_ms".into(), Flat::Whole(sums.backlog_age_ms(0.5)));
    put("age_p90_ms".into(), Flat::Whole(sums.backlog_age_ms(0.9)));
    put("overdue_oldest_ms".into(), Flat::Whole(sums.overdue_oldest_ms()));
    let tally = &sums.tally;
    for (id, times) in
        [("accept_ms", &tally.accept), ("handle_ms", &tally.handle), ("close_ms", &tally.close)]
    {
        put(format!("{id}_median"), Flat::Whole(times.quantile_ms(0.5)));
        put(format!("{id}_p90"), Flat::Whole(times.quantile_ms(0.9)));
        put(format!("{id}_n"), Flat::Whole(Some(times.total())));
    }
    put("n".into(), Flat::Whole(Some(sums.n())));
    put("unknown".into(), Flat::Yes(sums.is_silent()));
    flat
}

/// The labels of all that [`flat_numbers`] tells, by which numbers are published now.
pub fn labels_in_force(rates: &RateSet) -> Vec<String> {
    rates.all().map(|own| own.label()).chain(FIGURES.iter().map(|own| own.label())).collect()
}
