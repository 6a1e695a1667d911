//! The composite appraisal of departments (量化计分): a weighted mean of rates, as cities use one.
//!
//! The weights are data and must add up to exactly 1. It never rewards having no issues or doing
//! less: which direction is better belongs to the rate and not to the file, and a department that
//! lacks issues under any of the rates has no score at all. Leaving the rate out and sharing its
//! weight among the others would reward whoever handles nothing and so has no rework.
//!
//! Whoever does nothing makes no mistakes, too. So a rate of which lower is better is taken only
//! beside the closing or handling rate of the same issues, with at least its weight: what one more
//! issue can cost by being done badly is then never more than what it earns by being done. A rate
//! that divides mistakes by what was done (`rework_rate_handled`) cannot be outweighed like that:
//! one flawless issue of a hundred would be worth more than a hundred of mixed quality.

use super::definition::{
    Better, CLOSING_RATE, Definition, HANDLING_RATE, Rate, definitions, find_definition,
};

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

/// Why indicators are no appraisal, and by which one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// The position of the draft that is at fault; `None` where all are together.
    pub at: Option<usize>,
    pub error: AppraisalError,
}

/// What is wrong with indicators.
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
    #[error("{0} is not the work of the departments that lead issues, and appraises none")]
    NotOfDepartments(String),
    #[error(
        "of {id} lower is better: with weight {} it would reward doing less, unless {cover} stands \
         beside it with at least that weight; it has {}", weight_text(*.weight),
        weight_text(*.has)
    )]
    DoingLess { id: String, cover: String, weight: u32, has: u32 },
    #[error(
        "{0} divides mistakes by what was done, so that whoever does least scores best; take \
         another definition of it, such as {1}"
    )]
    OfWorkDone(String, String),
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
    /// The first thing that is wrong with it, and of which draft.
    pub fn build(drafts: &[Draft]) -> Result<Self, Refusal> {
        let whole = |error| Refusal { at: None, error };
        if drafts.is_empty() {
            return Err(whole(AppraisalError::Empty));
        }
        let mut indicators = Vec::<Indicator>::with_capacity(drafts.len());
        for (at, draft) in drafts.iter().enumerate() {
            let of_draft = |error| Refusal { at: Some(at), error };
            let indicator = judge(draft).map_err(of_draft)?;
            let definition = indicator.definition;
            if indicators.iter().any(|known| known.definition.metric == definition.metric) {
                return Err(of_draft(AppraisalError::Double(definition.metric.to_owned())));
            }
            indicators.push(indicator);
        }
        let sum: u64 = indicators.iter().map(|indicator| u64::from(indicator.weight)).sum();
        if sum != u64::from(WEIGHT_WHOLE) {
            return Err(whole(AppraisalError::Sum(sum)));
        }
        for at in 0..indicators.len() {
            let of_draft = |error| Refusal { at: Some(at), error };
            check_outweighed(&indicators, at).map_err(of_draft)?;
        }
        Ok(Self { indicators })
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

/// Whether both are of the same issues.
fn same_issues(a: &Definition, b: &Definition) -> bool {
    a.denominator == b.denominator && a.denominator_less == b.denominator_less
}

/// Whether every issue that is done counts for it, however well it was done.
fn counts_all_done(definition: &Definition) -> bool {
    [CLOSING_RATE.id, HANDLING_RATE.id].contains(&definition.metric)
}

/// A rate of which lower is better must be outweighed by the rate of what was done of the same
/// issues. That rate outweighs all of them together: one issue can count for each.
fn check_outweighed(indicators: &[Indicator], at: usize) -> Result<(), AppraisalError> {
    let own = indicators[at].definition;
    if own.better == Better::Higher {
        return Ok(());
    }
    let covers =
        |definition: &Definition| counts_all_done(definition) && same_issues(definition, own);
    let Some(cover) = definitions().find(|definition| covers(definition)) else {
        let fit = |other: &&Definition| {
            other.metric == own.metric
                && definitions().any(|d| counts_all_done(d) && same_issues(d, other))
        };
        let other = definitions().find(fit).map_or_else(String::new, Definition::label);
        return Err(AppraisalError::OfWorkDone(own.label(), other));
    };
    let sum = |counts: &dyn Fn(&Definition) -> bool| -> u32 {
        indicators.iter().filter(|i| counts(i.definition)).map(|i| i.weight).sum()
    };
    let has = sum(&|definition| covers(definition));
    let weight = sum(&|other| other.better == Better::Lower && same_issues(other, own));
    match has >= weight {
        true => Ok(()),
        false => {
            let (id, cover) = (own.label(), cover.label());
            Err(AppraisalError::DoingLess { id, cover, weight, has })
        }
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
    use proptest::prelude::*;

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
        assert_eq!(error, Refusal { at: None, error: AppraisalError::Sum(7_000) });
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
        assert!(matches!(error.error, AppraisalError::Inverted { .. }), "{error}");
        assert_eq!(error.at, Some(0));
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
            draft("response_rate@1", Better::Higher, "0.5"),
            draft("mediation_rate@1", Better::Higher, "0.5"),
        ];
        let appraisal = Appraisal::build(&drafts).unwrap();
        // No mediation ended. With the weight shared out this would be 100 points.
        let idle = tally(&[(Measure::DueContact, 10), (Measure::ContactedOfDue, 10)]);
        let score = appraisal.score(|d| idle.rate(d));
        assert_eq!(score.total, None);
        assert_eq!(score.marks[0].points, Some(100.0));
        assert_eq!(score.marks[1].points, None);
    }

    #[test]
    fn what_the_dispatcher_did_wrong_costs_no_department_points() {
        let drafts = [draft("dispatch_accuracy@1", Better::Higher, "1")];
        let error = Appraisal::build(&drafts).unwrap_err();
        assert!(matches!(error.error, AppraisalError::NotOfDepartments(_)), "{error}");
        assert!(error.to_string().contains("dispatch_accuracy@1 is not the work"), "{error}");
    }

    #[test]
    fn doing_nothing_scores_no_higher_than_doing_all_with_rework() {
        let drafts = [
            draft("closing_rate@3", Better::Higher, "0.3"),
            draft("rework_rate@3", Better::Lower, "0.7"),
        ];
        let error = Appraisal::build(&drafts).unwrap_err();
        assert_eq!(error.at, Some(1), "the line of the rework rate");
        let says = "of rework_rate@3 lower is better: with weight 0.7 it would reward doing less, \
                    unless closing_rate@3 stands beside it with at least that weight; it has 0.3";
        assert_eq!(error.to_string(), says);
        // Of other issues than those of the rework rate nothing outweighs it.
        for other in ["closing_rate@2", "closing_rate@1", "handling_rate@2"] {
            let drafts =
                [draft(other, Better::Higher, "0.9"), draft("rework_rate@3", Better::Lower, "0.1")];
            let error = Appraisal::build(&drafts).unwrap_err();
            assert!(error.to_string().ends_with("it has 0"), "{error}");
        }
        let drafts = [
            draft("closing_rate@3", Better::Higher, "0.9"),
            draft("rework_rate_handled@1", Better::Lower, "0.1"),
        ];
        let error = Appraisal::build(&drafts).unwrap_err();
        assert!(error.to_string().ends_with("such as rework_rate@3"), "{error}");
    }

    /// One issue that was owed and is done now: how many it adds to each count.
    fn one_more(late: bool, reworked: bool, extended: bool) -> Vec<Measure> {
        let mut more = vec![
            Measure::ClosingDone,
            Measure::HandlingDone,
            Measure::ClosedOfDue,
            Measure::Handled,
            Measure::Closed,
        ];
        if !late {
            more.extend([Measure::ClosedOnTime, Measure::HandledOnTime]);
        }
        if reworked {
            let counts =
                [Measure::ClosingReworked, Measure::ReworkedOfDue, Measure::ReworkedOfHandled];
            more.extend(counts);
        }
        if extended {
            more.push(Measure::HandlingExtended);
        }
        more
    }

    proptest! {
        #[test]
        fn closing_more_never_lowers_the_score(
            chosen in prop::collection::btree_map(
                prop::sample::select(definitions().map(Definition::label).collect::<Vec<_>>()),
                1..100u32,
                1..6,
            ),
            due in 1..60i64,
            shares in prop::collection::vec(0.0..1.0f64, 8),
            (late, reworked, extended) in any::<(bool, bool, bool)>(),
        ) {
            let whole: u32 = chosen.values().sum();
            let mut drafts: Vec<Draft> = chosen
                .iter()
                .map(|(label, part)| Draft {
                    definition: label.clone(),
                    better: find_definition(label).unwrap().better,
                    weight: part * WEIGHT_WHOLE / whole,
                    issues_min: 1,
                })
                .collect();
            let rest = WEIGHT_WHOLE - drafts.iter().map(|draft| draft.weight).sum::<u32>();
            drafts[0].weight += rest;
            let Ok(appraisal) = Appraisal::build(&drafts) else { return Ok(()) };
            // Some of what is due is done, and each other count is a part of what it is a part of.
            let part = |of: i64, share: f64| (of as f64 * share) as i64;
            let done = part(due, shares[0]);
            let reworks = part(due, shares[1]);
            let mut before = tally(&[
                (Measure::ClosingDue, due),
                (Measure::HandlingDue, due),
                (Measure::DueToClose, due),
                (Measure::ClosingDueOrSuspended, due + part(due, shares[2])),
                (Measure::HandlingDueOrSuspended, due + part(due, shares[2])),
                (Measure::ClosingDone, done),
                (Measure::HandlingDone, done),
                (Measure::ClosedOfDue, done),
                (Measure::Handled, done),
                (Measure::ClosedOnTime, part(done, shares[3])),
                (Measure::HandledOnTime, part(done, shares[3])),
                (Measure::ClosingReworked, reworks),
                (Measure::ReworkedOfDue, reworks),
                (Measure::ReworkedOfHandled, part(done, shares[1])),
                (Measure::HandlingExtended, part(due, shares[4])),
                (Measure::DueContact, due),
                (Measure::ContactedOfDue, part(due, shares[5])),
                (Measure::Revisited, due),
                (Measure::Resolved, part(due, shares[6])),
                (Measure::Satisfied, part(due, shares[7])),
                (Measure::MediationEnded, due),
                (Measure::Agreement, part(due, shares[6])),
            ]);
            prop_assume!(done < due && reworks < due);
            let score = |tally: &Tally| appraisal.score(|d| tally.rate(d)).total.unwrap();
            let was = score(&before);
            for measure in one_more(late, reworked, extended) {
                before.add(measure, 1);
            }
            let drafts = || drafts.iter().map(|d| (&d.definition, d.weight)).collect::<Vec<_>>();
            prop_assert!(score(&before) >= was - 1e-9, "{was} falls: {:?}", drafts());
        }
    }

    #[test]
    fn an_appraisal_names_what_is_wrong_with_it() {
        let cases = [
            (vec![], "there is no indicator"),
            (vec![draft("speed@1", Better::Higher, "1")], "no rate speed@1"),
            (vec![draft("closing_rate@9", Better::Higher, "1")], "no rate closing_rate@9"),
            (vec![draft("filing_rate@1", Better::Higher, "1")], "not the work of the departments"),
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
