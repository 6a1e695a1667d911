//! Which definition each published rate has, and how departments are appraised, as CSV.

use super::csv_rows::{Columns, LineProblem, RowError, read_rows};
use super::expected::Expected;
use super::faults::Clash;
use crate::domain::metrics::appraisal::{Appraisal, Draft, ISSUES_MIN, parse_weight};
use crate::domain::metrics::definition::{Better, RateSet, find_definition};
use std::collections::BTreeSet;

const DEFINITION_COLUMNS: Columns = Columns { required: &["metric", "definition"], optional: &[] };
const APPRAISAL_COLUMNS: Columns =
    Columns { required: &["definition", "better", "weight"], optional: &["issues_min"] };

/// Reads `metric,definition`: the definitions in force, the standard ones where the file is silent.
pub fn read_definitions(bytes: &[u8]) -> (RateSet, Vec<LineProblem>) {
    let mut named = BTreeSet::new();
    let (chosen, problems) = read_rows(bytes, &DEFINITION_COLUMNS, |row| {
        let metric = row.required("metric")?;
        let expected = Expected::Definition;
        let definition = row.word("definition", expected, find_definition)?;
        let definition = definition.ok_or(("definition", RowError::Empty))?;
        if definition.metric != metric {
            let (defines, metric) = (definition.metric, metric.to_owned());
            let clash = Clash::Definition { definition: definition.id, defines, metric };
            return Err(("definition", clash.into()));
        }
        match named.insert(definition.metric) {
            true => Ok(definition),
            false => Err(("metric", RowError::Double(metric.to_owned()))),
        }
    });
    let mut rates = RateSet::default();
    chosen.into_iter().for_each(|definition| rates.choose(definition));
    (rates, problems)
}

/// Reads `definition,better,weight,issues_min`. There is an appraisal only when the whole file is
/// right: with a row left out the weights would be others.
pub fn read_appraisal(bytes: &[u8]) -> (Option<Appraisal>, Vec<LineProblem>) {
    let (drafts, mut problems) = read_rows(bytes, &APPRAISAL_COLUMNS, |row| {
        let better = row.word("better", Expected::Better, Better::parse)?;
        let expected = Expected::Weight;
        let weight = row.word("weight", expected, parse_weight)?;
        let issues_min = row.word("issues_min", Expected::Whole, |text| text.parse().ok())?;
        let draft = Draft {
            definition: row.required("definition")?.to_owned(),
            better: better.ok_or(("better", RowError::Empty))?,
            weight: weight.ok_or(("weight", RowError::Empty))?,
            issues_min: issues_min.unwrap_or(ISSUES_MIN),
        };
        Ok((row.line, draft))
    });
    if !problems.is_empty() {
        return (None, problems);
    }
    let (lines, drafts): (Vec<u64>, Vec<Draft>) = drafts.into_iter().unzip();
    match Appraisal::build(&drafts) {
        Ok(appraisal) => (Some(appraisal), problems),
        Err(refusal) => {
            let line = refusal.at.and_then(|at| lines.get(at)).copied().unwrap_or(0);
            let error = Clash::Appraisal(refusal.error).into();
            problems.push(LineProblem { line, column: None, error });
            (None, problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_chosen_by_its_label() {
        let (rates, problems) =
            read_definitions(b"metric,definition\nrework_rate,rework_rate_handled@1\n");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(rates.find("rework_rate").unwrap().id, "rework_rate_handled");
        assert_eq!(rates.find("closing_rate").unwrap().id, "closing_rate");
    }

    #[test]
    fn a_definition_that_is_not_one_is_told_by_line() {
        let text = "metric,definition\nrework_rate,rework_rate@7\n\
                    closing_rate,rework_rate@1\nrework_rate,rework_rate@1\n\
                    rework_rate,rework_rate_handled@1\n";
        let (rates, problems) = read_definitions(text.as_bytes());
        let lines: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert!(problems[1].to_string().contains("defines rework_rate, not closing_rate"));
        assert_eq!(rates.find("rework_rate").unwrap().id, "rework_rate");
    }

    #[test]
    fn an_appraisal_stands_only_as_a_whole() {
        let good = "definition,better,weight,issues_min\n\
                    closing_rate@1,higher,0.6,10\nrework_rate@1,lower,0.4,\n";
        let (appraisal, problems) = read_appraisal(good.as_bytes());
        let indicators = appraisal.unwrap().indicators().to_vec();
        assert!(problems.is_empty());
        assert_eq!(indicators.iter().map(|i| i.issues_min).collect::<Vec<_>>(), [10, 5]);
        let short = "definition,better,weight\nclosing_rate@1,higher,0.7\n";
        let (appraisal, problems) = read_appraisal(short.as_bytes());
        assert!(appraisal.is_none());
        assert_eq!(problems[0].to_string(), "the file: the weights add up to 0.7, not to 1");
        let idle = "definition,better,weight\nclosing_rate@3,higher,0.3\nrework_rate@3,lower,0.7\n";
        let (appraisal, problems) = read_appraisal(idle.as_bytes());
        assert!(appraisal.is_none());
        let says = problems[0].to_string();
        assert!(says.starts_with("line 3: of rework_rate@3 lower is better"), "{says}");
        let wrong = "definition,better,weight\nclosing_rate@1,more,0.7\nrework_rate@1,lower,0.3\n";
        let (appraisal, problems) = read_appraisal(wrong.as_bytes());
        assert!(appraisal.is_none());
        assert!(problems[0].to_string().contains("higher or lower"), "{problems:?}");
    }
}
