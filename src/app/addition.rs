//! A report that is added to what is known already: a report of its own, with its number, that is
//! merged in the transaction that keeps it. So it counts like every merged report, exactly once
//! under its key, and the office can take it out again.

use super::confide::keep_step;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::report::Submission;
use super::target::{check_one_kind, find_target};
use super::told::find_last_merged;
use super::upload::VOICE;
use crate::domain::access::{Actor, Scope};
use crate::domain::id::AttachmentId;
use crate::domain::issue::event::Facts;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::{Draft, add_to, count_said};
use crate::domain::metrics::contribution::{add_contribution, deltas_of};
use crate::store::change::{Attachment, Change, Save};

/// The name of the field.
const FIELD: &str = "adds_to";

/// What the report is to be added to: the issue that it names or, where that was merged, the one
/// that it became a part of. None where that is no longer open: the report then stands by itself,
/// because what somebody saw now is not settled by what was closed.
///
/// # Errors
/// The reporter cannot read such an issue, it is of another kind, or the report was settled on the
/// spot.
pub(super) async fn find_known(
    ctx: &Ctx,
    actor: &Actor,
    submission: &Submission,
    kind: Kind,
) -> Result<Option<Issue>, AppError> {
    let Some(text) = submission.adds_to.as_deref() else { return Ok(None) };
    let named = find_target(ctx, &Scope::of(actor), (FIELD, text)).await?;
    check_one_kind(kind, &named, FIELD)?;
    if submission.settle_note.is_some() {
        let says = say(
            "当场处置的上报自成一件，不能补充到另一件；请去掉其中一项",
            "What was settled on the spot stands by itself; leave out one of the two",
        );
        return Err(AppError::field(FIELD, says));
    }
    let last = find_last_merged(ctx, &named).await?.unwrap_or(named);
    Ok(Some(last).filter(|known| known.state.is_open()))
}

/// A file of the report as evidence of what it was added to; a voice stays one.
fn copy_of(ctx: &Ctx, file: &Attachment, known: &Issue) -> Attachment {
    let purpose = if file.purpose == VOICE { VOICE } else { "evidence" };
    Attachment {
        id: AttachmentId(ctx.new_uuid().as_u128()),
        issue: known.id,
        purpose: purpose.to_owned(),
        ..file.clone()
    }
}

/// Adds the report that `change` opens to what is known. Its words and photos are told there as
/// well, because who works on it may not read the report.
///
/// # Errors
/// There is something to seal and no key.
pub(super) fn add_to_known(
    ctx: &Ctx,
    snapshot: &Snapshot,
    change: &mut Change,
    known: &Issue,
    (words, shown): (&str, &[Attachment]),
) -> Result<Issue, AppError> {
    let broken = || AppError::Internal("a report cannot be added to what is known".into());
    let at = change.at;
    let own = change.saves.last_mut().ok_or_else(broken)?;
    let by = own.events.first().ok_or_else(broken)?.actor.clone();
    let timing = (at, &snapshot.keeper);
    let (report, event) = add_to(&own.issue, known, by.clone(), timing).ok_or_else(broken)?;
    own.events.push(event);
    own.issue = report.clone();

    let copies: Vec<Attachment> = shown.iter().map(|file| copy_of(ctx, file, known)).collect();
    let said = Draft {
        actor: by,
        action: Action::Absorb,
        note: Some(words.to_owned()),
        facts: Facts::new(),
        attachments: copies.iter().map(|file| file.id).collect(),
    };
    let step = count_said(known, &report, said, at).ok_or_else(broken)?;
    let (after, event, sealed) = keep_step(&snapshot.seals, Some(known), step)?;
    change.deltas = deltas_of(None, &report, &snapshot.zone);
    add_contribution(&mut change.deltas, known, &snapshot.zone, -1);
    add_contribution(&mut change.deltas, &after, &snapshot.zone, 1);
    change.saves.push(Save { version_seen: known.version, issue: after, events: vec![event] });
    change.care.sealed.extend(sealed);
    change.attachments.extend(copies);
    Ok(report)
}
