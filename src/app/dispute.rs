//! The sealed record of a dispute: made, and opened. Whoever opens it is in the issue's log before
//! he is answered.

use super::ctx::Ctx;
use super::error::{AppError, FieldProblem, say};
use super::handle::{Request, take_action};
use super::seal::{Secret, part};
use crate::domain::access::{Actor, Scope};
use crate::domain::id::IssueId;
use crate::domain::issue::care::AgreementForm;
use crate::domain::issue::party::{
    DisputeRecord, FIELD_CHARS_MAX, NARRATIVE_CHARS_MAX, PARTIES_MAX, RecordFault, is_narrative,
};
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::Refusal;
use crate::domain::time::Day;
use crate::format::parties::{read_record, write_record};

/// How often opening is tried again when someone else worked on the issue meanwhile.
const TRIES: usize = 5;

fn fault_says(fault: RecordFault) -> super::error::Say {
    let zh = match fault {
        RecordFault::Count => format!("须有 1 到 {PARTIES_MAX} 名当事人"),
        RecordFault::NoName => "请填写当事人姓名".to_owned(),
        RecordFault::Field => format!("至多 {FIELD_CHARS_MAX} 个字，不得换行"),
        RecordFault::Narrative => format!("至多 {NARRATIVE_CHARS_MAX} 个字，不得含控制字符"),
    };
    say(zh, fault.to_string())
}

/// Keeps who the parties are and what they say, sealed; what was kept before is replaced.
///
/// # Errors
/// As for [`take_action`]; a field that cannot be kept; there is no key.
pub async fn record_parties(
    ctx: &Ctx,
    actor: &Actor,
    (id, version): (IssueId, i64),
    record: &DisputeRecord,
    note: Option<String>,
) -> Result<Issue, AppError> {
    let faults = record.faults();
    if !faults.is_empty() {
        let told = faults
            .into_iter()
            .map(|(field, fault)| FieldProblem { field, says: fault_says(fault) });
        return Err(AppError::Invalid(told.collect()));
    }
    let mut request = Request { note, ..Request::default() };
    request.care.parties = true;
    request.sealed = vec![(part::PARTIES, Secret(write_record(record)))];
    take_action(ctx, actor, id, (Action::RecordParties, version), &request).await
}

/// An agreement as it is recorded.
#[derive(Clone, Debug)]
pub struct Agreement {
    pub form: AgreementForm,
    /// Its words; only an oral one may have none.
    pub text: Option<Secret>,
    /// When it is looked after.
    pub visits: Vec<Day>,
    pub note: Option<String>,
}

/// Records an agreement; its text is sealed.
///
/// # Errors
/// As for [`take_action`]; the text is missing or cannot be kept; there is no key.
pub async fn record_agreement(
    ctx: &Ctx,
    actor: &Actor,
    (id, version): (IssueId, i64),
    agreement: Agreement,
) -> Result<Issue, AppError> {
    let text = agreement.text.filter(|text| !text.0.trim().is_empty());
    if text.is_none() && agreement.form != AgreementForm::Oral {
        let says = say(
            "请填写协议内容；只有口头协议可以不填",
            "Give the text of the agreement; only an oral one has none",
        );
        return Err(AppError::field("text", says));
    }
    if text.as_ref().is_some_and(|text| !is_narrative(&text.0)) {
        return Err(AppError::field("text", fault_says(RecordFault::Narrative)));
    }
    let mut request = Request { note: agreement.note, ..Request::default() };
    request.care.agreement_form = Some(agreement.form);
    request.care.visits = agreement.visits;
    request.sealed = text.map(|text| (part::AGREEMENT, text)).into_iter().collect();
    take_action(ctx, actor, id, (Action::RecordAgreement, version), &request).await
}

/// The opened record.
#[derive(Debug)]
pub struct Opened {
    pub issue: Issue,
    pub record: DisputeRecord,
    pub agreement: Option<Secret>,
}

/// Opens the record for a reader who says why. That he read it is durable before this returns.
///
/// # Errors
/// Not in scope, not for this reader, no reason, nothing recorded, or its key is missing.
pub async fn read_parties(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    reason: &str,
) -> Result<Opened, AppError> {
    let scope = Scope::of(actor);
    let request = Request { note: Some(reason.to_owned()), ..Request::default() };
    for tried in 1.. {
        let issue = ctx.store.find_issue(id, &scope).await?.ok_or_else(AppError::no_issue)?;
        if !issue.care.parties && issue.care.agreement.is_none() {
            let says = say("尚未登记当事人", "No parties are recorded for this issue");
            return Err(AppError::NotFound(says));
        }
        let version = issue.version;
        match take_action(ctx, actor, id, (Action::ReadParties, version), &request).await {
            Err(AppError::Refused(Refusal::Stale { .. })) if tried < TRIES => {}
            Err(AppError::NoSealKey(says)) => {
                // Which key is lacking is told sooner by what it should open.
                open(ctx, issue).await?;
                return Err(AppError::NoSealKey(says));
            }
            Err(error) => return Err(error),
            Ok(issue) => return open(ctx, issue).await,
        }
    }
    Err(AppError::no_issue())
}

/// Opens what is sealed. A record that was destroyed after its term is empty.
async fn open(ctx: &Ctx, issue: Issue) -> Result<Opened, AppError> {
    let seals = ctx.snapshot().seals.clone();
    let (mut record, mut agreement) = (DisputeRecord::default(), None);
    let own = [part::PARTIES, part::AGREEMENT];
    let texts = ctx.store.find_sealed(issue.id).await?;
    for text in texts.into_iter().filter(|text| own.contains(&text.part.as_str())) {
        let plain = seals.open(issue.id, &text.part, &text.body)?;
        match text.part.as_str() {
            part::PARTIES => {
                let broken = || AppError::Internal(format!("the record of {}", issue.id));
                record = read_record(&plain).ok_or_else(broken)?;
            }
            _ => agreement = Some(Secret(plain)),
        }
    }
    Ok(Opened { issue, record, agreement })
}
