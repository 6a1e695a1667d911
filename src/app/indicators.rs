//! Definitions of rates and the appraisal of departments: taken in as files, and loaded. The files
//! are kept whole, as they were given, with a version each.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::metrics::appraisal::Appraisal;
use crate::domain::metrics::definition::RateSet;
use crate::format::csv_rows::LineProblem;
use crate::format::indicators::{read_appraisal, read_definitions};
use crate::store::Store;

const DEFINITIONS: &str = "definitions";
const APPRAISAL: &str = "appraisal";

async fn publish(
    ctx: &Ctx,
    kind: &str,
    text: &str,
    problems: Vec<LineProblem>,
) -> Result<Result<i64, Vec<LineProblem>>, AppError> {
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let version = ctx.store.put_pack(kind, text, "import", ctx.now()).await?;
    ctx.refresh().await?;
    Ok(Ok(version))
}

/// Puts definitions of rates in force; with problems, nothing is changed.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))` names every unusable row.
pub async fn publish_definitions(
    ctx: &Ctx,
    text: &str,
) -> Result<Result<i64, Vec<LineProblem>>, AppError> {
    publish(ctx, DEFINITIONS, text, read_definitions(text.as_bytes()).1).await
}

/// Puts an appraisal in force; with problems, nothing is changed.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))` says what is wrong with the file.
pub async fn publish_appraisal(
    ctx: &Ctx,
    text: &str,
) -> Result<Result<i64, Vec<LineProblem>>, AppError> {
    publish(ctx, APPRAISAL, text, read_appraisal(text.as_bytes()).1).await
}

/// The definitions in force; the standard ones before the first file.
///
/// # Errors
/// The store is not available.
pub async fn load_rates(
    store: &dyn Store,
    problems: &mut Vec<String>,
) -> Result<RateSet, AppError> {
    let Some((_, text)) = store.find_pack(DEFINITIONS).await? else {
        return Ok(RateSet::default());
    };
    let (rates, wrong) = read_definitions(text.as_bytes());
    problems.extend(wrong.iter().map(|problem| format!("{DEFINITIONS}: {problem}")));
    Ok(rates)
}

/// The appraisal in force with its version; none before the first file.
///
/// # Errors
/// The store is not available.
pub async fn load_appraisal(
    store: &dyn Store,
    problems: &mut Vec<String>,
) -> Result<Option<(i64, Appraisal)>, AppError> {
    let Some((version, text)) = store.find_pack(APPRAISAL).await? else { return Ok(None) };
    let (appraisal, wrong) = read_appraisal(text.as_bytes());
    problems.extend(wrong.iter().map(|problem| format!("{APPRAISAL}: {problem}")));
    Ok(appraisal.map(|appraisal| (version, appraisal)))
}
