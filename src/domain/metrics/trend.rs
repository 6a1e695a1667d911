//! Rising trends: what has been reported lately against its own past, per area and category.
//!
//! Given how many were reported in both windows together, the recent ones are binomial with the
//! recent window's share of the days, if nothing has changed (the exact comparison of two Poisson
//! rates; Przyborowski & Wilenski 1940). The mid-p value is one-sided, because only rises are
//! looked for, and it is corrected for the number of pairs that were compared.
//!
//! Weekdays differ, so both windows are whole weeks. Seasons differ, too: a recent month is
//! compared with the months before it, so what rises every summer is called a rise.

use super::significance::{benjamini_hochberg, binomial_upper_mid_p};

/// What was reported of one category in one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series<K> {
    pub key: K,
    pub recent: i64,
    pub past: i64,
}

/// A pair that was compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend<K> {
    pub key: K,
    pub recent: i64,
    pub past: i64,
    /// What the recent window would have at the past's pace.
    pub expected: f64,
    /// The recent pace over the past one; `None` when the past had none.
    pub ratio: Option<f64>,
    pub p: f64,
    /// `p` corrected for all pairs that were compared.
    pub q: f64,
}

/// The lengths of the windows, and from how many recent reports on a pair is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub recent_days: u32,
    pub past_days: u32,
    /// Fewer recent reports than this are no trend, however unlikely.
    pub recent_min: i64,
}

/// Compares every series that has anything in either window; what was compared comes back, the most
/// surprising first.
pub fn compare<K: Ord + Clone>(series: Vec<Series<K>>, windows: Windows) -> Vec<Trend<K>> {
    let (recent_days, past_days) =
        (f64::from(windows.recent_days.max(1)), f64::from(windows.past_days.max(1)));
    let share = recent_days / (recent_days + past_days);
    let heard = series.into_iter().filter(|series| series.recent.max(0) + series.past.max(0) > 0);
    let mut trends: Vec<Trend<K>> = heard
        .map(|Series { key, recent, past }| {
            let (x, y) = (recent.max(0).cast_unsigned(), past.max(0).cast_unsigned());
            let expected = y as f64 * recent_days / past_days;
            Trend {
                p: binomial_upper_mid_p(x, x + y, share),
                ratio: (y > 0).then(|| x as f64 / expected),
                q: 1.0,
                key,
                recent,
                past,
                expected,
            }
        })
        .collect();
    let p: Vec<f64> = trends.iter().map(|trend| trend.p).collect();
    for (trend, q) in trends.iter_mut().zip(benjamini_hochberg(&p)) {
        trend.q = q;
    }
    trends.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.key.cmp(&b.key)));
    trends
}

/// Of what was compared, the rises: surprising enough, and of some size.
pub fn rising<K>(trends: Vec<Trend<K>>, windows: Windows, q_max: f64) -> Vec<Trend<K>> {
    let rises = |trend: &Trend<K>| {
        trend.q <= q_max
            && trend.recent >= windows.recent_min
            && trend.recent as f64 > trend.expected
    };
    trends.into_iter().filter(rises).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: Windows = Windows { recent_days: 28, past_days: 84, recent_min: 5 };

    fn series(all: &[(i64, i64)]) -> Vec<Series<usize>> {
        let numbered = all.iter().enumerate();
        numbered.map(|(key, &(recent, past))| Series { key, recent, past }).collect()
    }

    #[test]
    fn a_trend_has_the_numbers_worked_out_by_hand() {
        // Of four reports three are recent, a quarter of the days: 4 · ¼³ · ¾ / 2 + ¼⁴.
        let trends = compare(series(&[(3, 1)]), WINDOWS);
        assert!((trends[0].p - (12.0 / 256.0 / 2.0 + 1.0 / 256.0)).abs() < 1e-12, "{trends:?}");
        assert_eq!(trends[0].ratio, Some(9.0));
        assert!((trends[0].expected - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_rise_is_found_among_steady_ones() {
        let trends = compare(series(&[(10, 30), (30, 30), (0, 0), (9, 31), (0, 40)]), WINDOWS);
        assert_eq!(trends.len(), 4, "what was never reported is not compared");
        let rises = rising(trends, WINDOWS, 0.05);
        assert_eq!(rises.iter().map(|trend| trend.key).collect::<Vec<_>>(), [1]);
        assert_eq!(rises[0].ratio, Some(3.0));
    }

    #[test]
    fn a_few_reports_are_no_trend() {
        let few = compare(series(&[(4, 0)]), WINDOWS);
        assert!(few[0].p < 0.01 && few[0].ratio.is_none());
        assert!(rising(few, WINDOWS, 0.05).is_empty());
    }

    #[test]
    fn asking_often_asks_for_more_surprise() {
        let one = compare(series(&[(12, 12)]), WINDOWS);
        let mut many = vec![(12, 12)];
        many.extend(std::iter::repeat_n((10, 30), 999));
        let many = compare(series(&many), WINDOWS);
        assert!((one[0].q - one[0].p).abs() < 1e-15);
        assert!(many[0].key == 0 && many[0].q > 0.2 && one[0].q < 0.01, "{:?}", many[0]);
    }
}
