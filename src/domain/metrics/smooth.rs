//! Empirical-Bayes shrinkage of rates toward the parent area, so that a grid with two issues does
//! not look best or worst of all.
//!
//! The rates of the parent's children are taken as draws from one beta distribution. Its mean and
//! its spread come from the children themselves by the method of moments (Kleinman 1973, JASA
//! 68:46–54; for maps, Marshall 1991, Applied Statistics 40:283–294), and each rate is replaced by
//! the mean of its posterior. A child without a denominator stays unknown: nothing is made up.

use super::definition::Rate;

/// What the children of one parent have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The rate of all children together, 0 to 1.
    pub mean: f64,
    /// The correlation of two issues of one child, 0 to 1: 0 when the children differ by no more
    /// than chance, 1 when each child's issues are all alike. 1 / (α + β + 1) of the beta.
    pub correlation: f64,
}

impl Prior {
    /// The prior that the children's rates speak for; `None` when none of them has a denominator.
    /// Rates outside 0 to 1 cannot occur where the numerator is a part of the denominator.
    ///
    /// With S = Σ nᵢ (rᵢ − m)², N = Σ nᵢ and k children that are known,
    /// E S = m (1 − m) [(k − 1) + φ (N − Σ nᵢ² / N − (k − 1))], which is solved for φ. Where that
    /// cannot be done (one child, all rates alike, one issue each), φ is 0: nothing speaks for a
    /// difference, and the parent's rate is the best that is known.
    pub fn of(children: impl IntoIterator<Item = Rate>) -> Option<Self> {
        let known: Vec<(f64, f64)> = children
            .into_iter()
            .filter_map(|rate| rate.value().map(|value| (rate.denominator as f64, value)))
            .collect();
        let total: f64 = known.iter().map(|(n, _)| n).sum();
        if known.is_empty() {
            return None;
        }
        let mean = known.iter().map(|(n, value)| n * value).sum::<f64>() / total;
        let spread: f64 = known.iter().map(|(n, value)| n * (value - mean).powi(2)).sum();
        let squares: f64 = known.iter().map(|(n, _)| n * n).sum();
        let (variance, free) = (mean * (1.0 - mean), known.len() as f64 - 1.0);
        let room = total - squares / total - free;
        let correlation = match variance > 1e-12 && room > 1e-9 {
            true => ((spread / variance - free) / room).clamp(0.0, 1.0),
            false => 0.0,
        };
        Some(Self { mean, correlation })
    }

    /// How much of a child's own rate is believed, 0 to 1, when it counts `n` issues.
    pub fn weight(&self, n: i64) -> f64 {
        let own = n.max(0) as f64 * self.correlation;
        if own > 0.0 { own / (own + 1.0 - self.correlation) } else { 0.0 }
    }

    /// The child's rate drawn toward the mean; `None` for a silent child.
    pub fn shrink(&self, rate: Rate) -> Option<f64> {
        let value = rate.value()?;
        Some(self.mean + self.weight(rate.denominator) * (value - self.mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate((numerator, denominator): (i64, i64)) -> Rate {
        Rate { numerator, denominator }
    }

    #[track_caller]
    fn check(children: &[(i64, i64)], mean: f64, correlation: f64, shrunk: &[Option<f64>]) {
        let prior = Prior::of(children.iter().copied().map(rate)).unwrap();
        assert!((prior.mean - mean).abs() < 1e-9, "{prior:?}");
        assert!((prior.correlation - correlation).abs() < 1e-6, "{prior:?}");
        for (child, truth) in children.iter().zip(shrunk) {
            let told = prior.shrink(rate(*child));
            assert_eq!(told.is_some(), truth.is_some(), "{child:?}");
            let off = told.unwrap_or(0.0) - truth.unwrap_or(0.0);
            assert!(off.abs() < 1e-6, "{child:?}: {told:?} {truth:?}");
        }
    }

    #[test]
    fn the_shrunk_rates_are_those_worked_out_by_hand() {
        // m = 15/30; S = 10 (0.4² + 0 + 0.4²) = 3.2; S / 0.25 = 12.8;
        // φ = (12.8 − 2) / (30 − 10 − 2) = 0.6; a child of ten weighs 6 / 6.4.
        let three = [(1, 10), (5, 10), (9, 10)];
        check(&three, 0.5, 0.6, &[Some(0.125), Some(0.5), Some(0.875)]);
        // m = 8/20; S = 4 · 0.15² + 6 · 0.4333² + 10 · 0.2² = 1.616667; S / 0.24 = 6.736111;
        // φ = (6.736111 − 2) / (20 − 152/20 − 2) = 0.455395; the weights are 0.769839, 0.833809
        // and 0.893185.
        let uneven = [(1, 4), (5, 6), (2, 10), (0, 0)];
        let shrunk = [Some(0.284_524_2), Some(0.761_317_1), Some(0.221_363_1), None];
        check(&uneven, 0.4, 0.455_395_3, &shrunk);
    }

    #[test]
    fn children_that_differ_by_chance_alone_have_their_parents_rate() {
        check(&[(2, 4), (3, 6), (5, 10)], 0.5, 0.0, &[Some(0.5), Some(0.5), Some(0.5)]);
        // One issue each says nothing of how children differ.
        check(&[(1, 1), (0, 1)], 0.5, 0.0, &[Some(0.5), Some(0.5)]);
    }

    #[test]
    fn an_only_child_keeps_its_rate() {
        check(&[(3, 4)], 0.75, 0.0, &[Some(0.75)]);
        check(&[(0, 4), (0, 9)], 0.0, 0.0, &[Some(0.0), Some(0.0)]);
        check(&[(4, 4), (9, 9)], 1.0, 0.0, &[Some(1.0), Some(1.0)]);
    }

    #[test]
    fn children_of_which_each_is_all_alike_keep_their_rates() {
        check(&[(0, 20), (20, 20)], 0.5, 1.0, &[Some(0.0), Some(1.0)]);
    }

    #[test]
    fn nothing_is_made_up_for_silence() {
        assert_eq!(Prior::of([rate((0, 0)), rate((0, 0))]), None);
        assert_eq!(Prior::of([]), None);
        let prior = Prior::of([rate((1, 2)), rate((0, 0))]).unwrap();
        assert_eq!(prior.shrink(rate((0, 0))), None);
    }

    proptest! {
        #[test]
        fn a_shrunk_rate_lies_between_its_own_and_the_parents(
            children in prop::collection::vec((0i64..60, 0.0f64..=1.0), 1..30),
        ) {
            let rates: Vec<Rate> =
                children.iter().map(|&(n, share)| rate(((share * n as f64) as i64, n))).collect();
            let Some(prior) = Prior::of(rates.iter().copied()) else {
                prop_assert!(rates.iter().all(|rate| rate.denominator == 0));
                return Ok(());
            };
            prop_assert!((0.0..=1.0).contains(&prior.mean));
            for rate in rates {
                let Some(own) = rate.value() else {
                    prop_assert_eq!(prior.shrink(rate), None);
                    continue;
                };
                let shrunk = prior.shrink(rate).unwrap();
                let (low, high) = (own.min(prior.mean), own.max(prior.mean));
                prop_assert!(low - 1e-12 <= shrunk && shrunk <= high + 1e-12);
            }
        }

        #[test]
        fn the_more_issues_the_more_a_rate_is_believed(
            correlation in 0.0f64..=1.0, n in 0i64..1_000, more in 1i64..1_000,
        ) {
            let prior = Prior { mean: 0.5, correlation };
            prop_assert!(prior.weight(n + more) >= prior.weight(n));
            prop_assert!(correlation == 0.0 || correlation == 1.0 && n > 0
                || prior.weight(n + more) > prior.weight(n));
            prop_assert!((0.0..=1.0).contains(&prior.weight(n)));
        }
    }
}
