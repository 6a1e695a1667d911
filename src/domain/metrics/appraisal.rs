//! The composite appraisal of departments (量化计分): a weighted mean of rates, as cities use one.
//!
//! The weights are data and must add up to exactly 1. It never rewards having no issues or doing
//! less: which direction is better belongs to the rate and not to the file, and a department that
//! lacks issues under any of the rates has no score at all. Leaving the rate out and sharing its
//! weight among the others would reward whoever handles nothing and so has no rework.

use super::definition::{Better, Definition, Rate, find_definition};

/// Weights are counted in ten-thousandths, so that they can add up to exactly 1.
pub const WEIGHT_WHOLE: u32 = 10_000;
/// The fewest issues under a rate for it to be appraised, where the file does not say.
pub const ISSUES_MIN: i64 = 5;

/// One rate of an appraisal.
#[derive(Clone, Copy, Debug)]
pub struct Indicator {
    pub definition: &'static Definition,
    /// Ten-thousandths.
    pub weight: u32,
    /// The fewest issues in the denominator.
    pub issues_min: i64,
}

/// What an indicator is said to be, before it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// A definition's id with its version, such as `rework_rate@1`.
    pub definition: String,
    /// Which direction the file takes for better.
    pub better: Better,
    pub weight: u32,
    pub issues_min: i64,
}

/// Why indicators are no appraisal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppraisalError {
    #[error("there is no indicator; name at least one")]
    Empty,
    #[error("there is no rate {0}; the rates are listed in docs/metrics.md")]
    UnknownRate(String),
    #[error("{0} is named twice")]
    Double(String),
    #[error("the weight of {0} is 0; leave the indicator out or give it a weight")]
    NoWeight(String),
    #[error("{0} must ask for at least one issue")]
    NoMinimum(String),
    #[error("the weights add up to {}, not to 1", weight_text(*.0))]
    Sum(u64),
    #[error("of {id} {better} is better; {other} would reward the opposite of good work")]
    Inverted { id: String, better: Better, other: Better },
    #[error("{0} is counted before a department answers for the issue, and appraises none")]
    NotOfDepartments(String),
}

/// A weight as a decimal number.
pub fn weight_text(weight: impl Into<u64>) -> String {
    let weight = weight.into();
    let text = format!("{}.{:04}", weight / 10_000, weight % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Reads a weight: a decimal number from 0 to 1 with at most four decimals.
pub fn parse_weight(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 1 || part.len() > 4 || !digits(whole) || !digits(part) {
        return None;
    }
    let weight = format!("{whole}{part:0<4}").parse().ok()?;
    (weight <= WEIGHT_WHOLE).then_some(weight)
}

/// A set of indicators whose weights add up to 1.
#[derive(Clone, Debug)]
pub struct Appraisal {
    indicators: Vec<Indicator>,
}

/// One indicator of one department.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub indicator: Indicator,
    pub rate: Rate,
    /// 0 to 100; `None` with too few issues.
    pub points: Option<f64>,
}

/// A department's marks and what they add up to.
#[derive(Clone, Debug)]
pub struct Score {
    pub marks: Vec<Mark>,
    /// 0 to 100; `None` when any indicator has too few issues.
    pub total: Option<f64>,
}

impl Appraisal {
    /// Judges what a file says.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn build(drafts: &[Draft]) -> Result<Self, AppraisalError> {
        if drafts.is_empty() {
            return Err(AppraisalError::Empty);
        }
        let mut indicators = Vec::<Indicator>::with_capacity(drafts.len());
        for draft in drafts {
            let indicator = judge(draft)?;
            let definition = indicator.definition;
            if indicators.iter().any(|known| known.definition.metric == definition.metric) {
                return Err(AppraisalError::Double(definition.metric.to_owned()));
            }
            indicators.push(indicator);
        }
        let sum: u64 = indicators.iter().map(|indicator| u64::from(indicator.weight)).sum();
        match sum == u64::from(WEIGHT_WHOLE) {
            true => Ok(Self { indicators }),
            false => Err(AppraisalError::Sum(sum)),
        }
    }

    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// The score of a department whose rates `rate_of` tells.
    pub fn score(&self, rate_of: impl Fn(&Definition) -> Rate) -> Score {
        let marks: Vec<Mark> = self
            .indicators
            .iter()
            .map(|&indicator| {
                let rate = rate_of(indicator.definition);
                let enough = rate.denominator >= indicator.issues_min;
                let value = rate.value().filter(|_| enough).map(|value| value.clamp(0.0, 1.0));
                let points = value.map(|value| match indicator.definition.better {
                    Better::Higher => 100.0 * value,
                    Better::Lower => 100.0 * (1.0 - value),
                });
                Mark { indicator, rate, points }
            })
            .collect();
        let weighed = marks
            .iter()
            .map(|mark| mark.points.map(|points| points * f64::from(mark.indicator.weight)));
        let total = weighed.sum::<Option<f64>>().map(|sum| sum / f64::from(WEIGHT_WHOLE));
        Score { marks, total }
    }
}

fn judge(draft: &Draft) -> Result<Indicator, AppraisalError> {
    let id = || draft.definition.clone();
    let definition =
        find_definition(&draft.definition).ok_or_else(|| AppraisalError::UnknownRate(id()))?;
    if !definition.of_departments {
        return Err(AppraisalError::NotOfDepartments(id()));
    }
    if definition.better != draft.better {
        let (better, other) = (definition.better, draft.better);
        return Err(AppraisalError::Inverted { id: id(), better, other });
    }
    if draft.weight == 0 {
        return Err(AppraisalError::NoWeight(id()));
    }
    if draft.issues_min < 1 {
        return Err(AppraisalError::NoMinimum(id()));
    }
    Ok(Indicator { definition, weight: draft.weight, issues_min: draft.issues_min })
}

#[cfg(test)]
mod tests {
    use super::super::contribution::Measure;
    use super::super::definition::Tally;
    use super::*;

    fn draft(definition: &str, better: Better, weight: &str) -> Draft {
        let weight = parse_weight(weight).expect("a weight");
        Draft { definition: definition.into(), better, weight, issues_min: ISSUES_MIN }
    }

    fn closing_and_rework() -> Appraisal {
        let drafts = [
            draft("closing_rate@1", Better::Higher, "0.7"),
            draft("rework_rate@1", Better::Lower, "0.3"),
        ];
        Appraisal::build(&drafts).expect("an appraisal")
    }

    fn tally(counts: &[(Measure, i64)]) -> Tally {
        let mut tally = Tally::default();
        counts.iter().for_each(|(measure, n)| tally.add(*measure, *n));
        tally
    }

    #[test]
    fn weights_that_add_up_to_0_7_are_refused() {
        let drafts = [
            draft("closing_rate@1", Better::Higher, "0.4"),
            draft("rework_rate@1", Better::Lower, "0.3"),
        ];
        let error = Appraisal::build(&drafts).unwrap_err();
        assert_eq!(error, AppraisalError::Sum(7_000));
        assert_eq!(error.to_string(), "the weights add up to 0.7, not to 1");
        let drafts = [
            draft("closing_rate@1", Better::Higher, "0.7"),
            draft("rework_rate@1", Better::Lower, "0.3001"),
        ];
        let error = Appraisal::build(&drafts).unwrap_err();
        assert_eq!(error.to_string(), "the weights add up to 1.0001, not to 1");
    }

    #[test]
    fn weights_are_read_strictly() {
        for (text, weight) in
            [("1", 10_000), ("0.7", 7_000), ("0.0001", 1), ("0", 0), ("1.0", 10_000)]
        {
            assert_eq!(parse_weight(text), Some(weight), "{text}");
        }
        for text in ["", ".5", "-0.5", "+0.5", "1.1", "0.00001", "50%", "0,5", "10", "５"] {
            assert_eq!(parse_weight(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_cannot_be_inverted_so_that_closing_less_scores_higher() {
        let error = Appraisal::build(&[draft("closing_rate@1", Better::Lower, "1")]).unwrap_err();
        assert!(matches!(error, AppraisalError::Inverted { .. }), "{error}");
        let mut last = -1.0;
        for closed in 0..=10 {
            let counts = [(Measure::DueToClose, 10), (Measure::ClosedOfDue, closed)];
            let tally = tally(&counts);
            let score = closing_and_rework().score(|d| tally.rate(d)).total.unwrap();
            assert!(score > last, "closing {closed} of 10 scores {score}");
            last = score;
        }
        assert!((last - 100.0).abs() < 1e-9);
    }

    #[test]
    fn zero_issues_do_not_get_full_marks() {
        let score = closing_and_rework().score(|d| Tally::default().rate(d));
        assert_eq!(score.total, None);
        assert!(score.marks.iter().all(|mark| mark.points.is_none()));
        // Nor do too few.
        let few = tally(&[(Measure::DueToClose, 4), (Measure::ClosedOfDue, 4)]);
        assert_eq!(closing_and_rework().score(|d| few.rate(d)).total, None);
    }

    #[test]
    fn a_rate_without_issues_is_not_left_out_to_anyones_gain() {
        let drafts = [
            draft("dispatch_accuracy@1", Better::Higher, "0.5"),
            draft("rework_rate_handled@1", Better::Lower, "0.5"),
        ];
        let appraisal = Appraisal::build(&drafts).unwrap();
        // Nothing handled: no rework. With the weight shared out this would be 100 points.
        let idle = tally(&[(Measure::Dispatched, 10)]);
        let score = appraisal.score(|d| idle.rate(d));
        assert_eq!(score.total, None);
        assert_eq!(score.marks[0].points, Some(100.0));
        assert_eq!(score.marks[1].points, None);
    }

    #[test]
    fn a_wrong_dispatch_always_costs_points() {
        let appraisal =
            Appraisal::build(&[draft("dispatch_accuracy@1", Better::Higher, "1")]).unwrap();
        let points = |wrong| {
            let tally = tally(&[(Measure::Dispatched, 10), (Measure::Misdispatched, wrong)]);
            appraisal.score(|d| tally.rate(d)).total.unwrap()
        };
        assert!((points(0) - 100.0).abs() < 1e-9 && (points(1) - 90.0).abs() < 1e-9);
    }

    #[test]
    fn an_appraisal_names_what_is_wrong_with_it() {
        let cases = [
            (vec![], "there is no indicator"),
            (vec![draft("speed@1", Better::Higher, "1")], "no rate speed@1"),
            (vec![draft("closing_rate@9", Better::Higher, "1")], "no rate closing_rate@9"),
            (vec![draft("filing_rate@1", Better::Higher, "1")], "before a department"),
            (vec![draft("closing_rate@1", Better::Higher, "0")], "is 0"),
            (
                vec![
                    draft("rework_rate@1", Better::Lower, "0.5"),
                    draft("rework_rate_handled@1", Better::Lower, "0.5"),
                ],
                "rework_rate is named twice",
            ),
        ];
        for (drafts, says) in cases {
            let error = Appraisal::build(&drafts).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
