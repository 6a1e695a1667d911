//! How surprising a count or a z-score is: tails of the normal and the binomial distribution, and
//! the correction for asking many questions at once. Probabilities are from 0 to 1.

use std::f64::consts::PI;

/// The natural logarithm of `n!`; relative error below 1e-12. From 32 on Stirling's series
/// (Abramowitz & Stegun 6.1.41).
pub fn ln_factorial(n: u64) -> f64 {
    if n < 32 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let x = n as f64 + 1.0;
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1_260.0));
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series
}

/// The complementary error function of `x >= 0`: a series near zero, a continued fraction further
/// out (Abramowitz & Stegun 7.1.6 and 7.1.14).
fn erfc(x: f64) -> f64 {
    if x < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= 2.0 * x * x / (2.0 * f64::from(n) + 1.0);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }
    let fraction = (1..=80).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    (-x * x).exp() / PI.sqrt() / fraction
}

/// The probability of a standard normal value at least as far from zero as `z`.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / 2f64.sqrt()).clamp(0.0, 1.0)
}

/// The probability that more than `x` of `n` fall on a side of probability `share`, and half that
/// of exactly `x` (the mid-p value; Lancaster 1961). `share` is above 0 and below 1.
pub fn binomial_upper_mid_p(x: u64, n: u64, share: f64) -> f64 {
    let x = x.min(n);
    let odds = share / (1.0 - share);
    let ln_at = ln_factorial(n) - ln_factorial(x) - ln_factorial(n - x)
        + x as f64 * share.ln()
        + (n - x) as f64 * (1.0 - share).ln();
    let at = ln_at.exp();
    // The shorter tail is summed outwards, where its terms only shrink.
    let tail = |from: u64, ratio: &dyn Fn(u64) -> f64, up: bool| {
        let (mut k, mut term, mut sum) = (from, at, 0.0);
        while if up { k < n } else { k > 0 } {
            term *= ratio(k);
            sum += term;
            if term <= sum * 1e-17 {
                break;
            }
            k = if up { k + 1 } else { k - 1 };
        }
        sum
    };
    let p = if x as f64 >= share * n as f64 {
        tail(x, &|k| (n - k) as f64 / (k + 1) as f64 * odds, true) + at / 2.0
    } else {
        1.0 - tail(x, &|k| k as f64 / (n - k + 1) as f64 / odds, false) - at / 2.0
    };
    p.clamp(0.0, 1.0)
}

/// The false discovery rate at which each of the tests would be called a finding (Benjamini &
/// Hochberg 1995), in the order of `p`. It holds for tests that are independent or depend on each
/// other positively, as those of overlapping places do (Benjamini & Yekutieli 2001).
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut q = vec![1.0; p.len()];
    let mut least = 1.0f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        least = least.min(p[i] * (p.len() as f64 / (rank + 1) as f64));
        q[i] = least;
    }
    q
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_normal_tail_is_that_of_the_tables() {
        // Abramowitz & Stegun, table 26.1, and two far values from Mills' ratio.
        let table = [
            (0.0, 1.0),
            (0.5, 0.617_075_077_451_974),
            (1.0, 0.317_310_507_862_914),
            (1.959_963_984_540_054, 0.05),
            (3.0, 0.002_699_796_063_260_19),
            (4.0, 6.334_248_366_623_996e-5),
            (6.0, 1.973_175_290_075_397e-9),
        ];
        for (z, p) in table {
            assert!((normal_two_sided(z) / p - 1.0).abs() < 1e-9, "{z}");
            assert!((normal_two_sided(-z) / p - 1.0).abs() < 1e-9, "{z}");
        }
    }

    #[test]
    fn a_factorial_is_a_product() {
        let mut truth = 0.0;
        for n in 1..2_000u64 {
            truth += (n as f64).ln();
            assert!((ln_factorial(n) - truth).abs() < 1e-9 * truth.max(1.0), "{n}");
        }
    }

    #[test]
    fn three_heads_of_three_have_a_mid_p_of_a_sixteenth() {
        assert!((binomial_upper_mid_p(3, 3, 0.5) - 0.062_5).abs() < 1e-12);
        assert!((binomial_upper_mid_p(0, 3, 0.5) - 0.937_5).abs() < 1e-12);
        assert!((binomial_upper_mid_p(0, 0, 0.25) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_correction_is_that_of_a_worked_example() {
        // Sorted: 0.01, 0.02, 0.03, 0.5; times 4 by rank: 0.04, 0.04, 0.04, 0.5.
        let q = benjamini_hochberg(&[0.5, 0.01, 0.03, 0.02]);
        for (told, truth) in q.iter().zip([0.5, 0.04, 0.04, 0.04]) {
            assert!((told - truth).abs() < 1e-12, "{q:?}");
        }
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    /// Pascal's way: one toss after the other.
    fn slow_mid_p(x: usize, n: usize, share: f64) -> f64 {
        let mut row = vec![1.0];
        for _ in 0..n {
            let mut next = vec![0.0; row.len() + 1];
            for (k, p) in row.iter().enumerate() {
                next[k] += p * (1.0 - share);
                next[k + 1] += p * share;
            }
            row = next;
        }
        row[x + 1..].iter().sum::<f64>() + row[x] / 2.0
    }

    proptest! {
        #[test]
        fn the_binomial_tail_is_that_of_tossing(
            n in 0usize..80,
            at in 0.0f64..=1.0,
            share in 0.01f64..0.99,
        ) {
            let x = (at * n as f64) as usize;
            let (told, truth) =
                (binomial_upper_mid_p(x as u64, n as u64, share), slow_mid_p(x, n, share));
            prop_assert!((told - truth).abs() < 1e-10, "{told} {truth}");
        }

        #[test]
        fn a_correction_never_makes_a_finding_of_less(
            p in prop::collection::vec(0.0f64..1.0, 1..40),
        ) {
            let q = benjamini_hochberg(&p);
            for i in 0..p.len() {
                prop_assert!(q[i] >= p[i] && q[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || q[i] <= q[j]);
                }
            }
        }
    }
}
