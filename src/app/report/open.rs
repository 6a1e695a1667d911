//! A new report as it is written: the issue with its first events, and all that belongs to it.

use super::super::addition::add_to_known;
use super::super::confide::{keep_contact, keep_step};
use super::super::ctx::Ctx;
use super::super::error::AppError;
use super::super::evidence;
use super::super::notify::summons_of;
use super::super::number::{new_code, new_number};
use super::{Chosen, Preview, RequestKey, Submission, reported_at};
use crate::domain::access::Actor;
use crate::domain::audit::Hash;
use crate::domain::id::IssueId;
use crate::domain::issue::event::{EventActor, Facts, fact};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::{Issue, evolve, place_facts};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::step::{Command, Draft, decide_timed, seal};
use crate::domain::metrics::contribution::deltas_of;
use crate::domain::time::Timestamp;
use crate::store::change::{Attachment, Change, Idempotency, Save, StoredRoute};

/// What is kept of a report.
pub(super) struct Kept<'a> {
    pub submission: &'a Submission,
    pub chosen: &'a Chosen<'a>,
    pub preview: &'a Preview,
    pub photos: &'a [Attachment],
    pub uploads: &'a [String],
    /// Whose key it is, and the key.
    pub idempotency: Option<(String, RequestKey)>,
}

/// The issue, the code of its receipt, and all that is written.
pub(super) fn change_of(
    ctx: &Ctx,
    actor: &Actor,
    kept: &Kept<'_>,
    known: Option<&Issue>,
    now: Timestamp,
) -> Result<(Issue, String, Change), AppError> {
    let Kept { submission, chosen, preview, photos, .. } = *kept;
    let snapshot = ctx.snapshot();
    let district = snapshot.instance.district.clone();
    let mut change = Change { district, at: now, ..Change::default() };
    change.uploads = kept.uploads.to_vec();
    let mut issue = open_issue(ctx, actor, submission, chosen, preview, photos, &mut change)?;
    let own = photos.iter().map(|photo| Attachment { issue: issue.id, ..photo.clone() });
    change.attachments.extend(own);
    if let Some(contact) = submission.contact.clone() {
        change.contacts.push((issue.id, keep_contact(&snapshot.seals, &issue, contact)?));
    }
    if let Some(known) = known {
        let said = (submission.text.as_str(), photos);
        issue = add_to_known(ctx, &snapshot, &mut change, known, said)?;
    }
    change.idempotency = kept.idempotency.as_ref().map(|(scope, key)| Idempotency {
        scope: scope.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        issue: issue.id,
    });
    let code = new_code();
    change.codes.push((issue.id, code.clone()));
    Ok((issue, code, change))
}

fn report_facts(
    submission: &Submission,
    chosen: &Chosen<'_>,
    preview: &Preview,
    number: &str,
    actor: &Actor,
) -> Facts {
    let mut facts = place_facts(&preview.placed.place);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    put(fact::NUMBER, Some(number.to_owned()));
    put(fact::KIND, Some(chosen.category.kind.to_string()));
    put(fact::CATEGORY, Some(chosen.category.code.to_string()));
    put(fact::CONDITION, chosen.condition.map(|condition| condition.code.to_string()));
    put(fact::NATURE, chosen.category.nature.map(|nature| nature.as_str().to_owned()));
    put(fact::SEVERITY, Some(submission.severity.as_str().to_owned()));
    put(fact::INSPECTION, Some(chosen.category.needs_inspection.to_string()));
    // The digest of a short text lets a guess be tried, so a dispute's has none.
    let digest = || Hash::of_text(&submission.text).to_string();
    put(fact::TEXT_SHA256, (chosen.category.kind != Kind::Dispute).then(digest));
    put(fact::SOURCE, Some(submission.source.clone()));
    // Who reports without a name is not in the log either.
    let reporter = actor.account().filter(|_| !submission.anonymous);
    put(fact::REPORTER, reporter.map(|id| id.to_string()));
    put(
        fact::ANONYMOUS,
        Some(
            (submission.anonymous || actor.account().is_none() && submission.contact.is_none())
                .to_string(),
        ),
    );
    put(fact::PROPOSED, preview.routed.lead().map(ToString::to_string));
    // That there is someone to call, not who.
    put(fact::CONTACT, submission.contact.as_ref().map(|_| true.to_string()));
    put(fact::LIMIT, preview.routed.limit().map(|limit| limit.to_string()));
    facts
}

/// The new issue with its first events, written into `change`.
fn open_issue(
    ctx: &Ctx,
    actor: &Actor,
    submission: &Submission,
    chosen: &Chosen<'_>,
    preview: &Preview,
    photos: &[Attachment],
    change: &mut Change,
) -> Result<Issue, AppError> {
    let id = IssueId(ctx.new_uuid().as_u128());
    let at = reported_at(submission, change.at);
    let number = new_number();
    let draft = Draft {
        actor: match actor.account().filter(|_| !submission.anonymous) {
            Some(id) => EventActor::Account { id, role: actor.grants().first().map(|g| g.role) },
            None => EventActor::Reporter,
        },
        action: Action::Report,
        note: None,
        facts: report_facts(submission, chosen, preview, &number, actor),
        attachments: photos.iter().map(|photo| photo.id).collect(),
    };
    let snapshot = ctx.snapshot();
    let event = seal(id, 1, at, draft, (None, State::Reported), Hash::START);
    let event = snapshot.keeper.time(None, event, change.at);
    let internal = |error: &dyn std::fmt::Display| AppError::Internal(error.to_string());
    let mut issue = evolve(None, &event).map_err(|error| internal(&error))?;
    issue.text.clone_from(&submission.text);
    issue.address.clone_from(&submission.address);
    let snapshot = ctx.snapshot();
    snapshot.seals.keep_text(None, &mut issue)?;
    let mut events = vec![event];
    if let Some(note) = &submission.settle_note {
        let command =
            Command { note: Some(note.clone()), ..Command::bare(Action::Settle, issue.version) };
        let timing = (change.at, &snapshot.keeper);
        let step = decide_timed(&issue, &command, actor, timing)?;
        // A phone that was offline shows what was settled then, so then is when it counts from.
        evidence::check_settled(&snapshot, &issue, photos, at)?;
        let (settled, event, said) = keep_step(&snapshot.seals, Some(&issue), step)?;
        issue = settled;
        events.push(event);
        change.care.sealed.extend(said);
    }
    change.deltas = deltas_of(None, &issue, &snapshot.zone);
    change.care.summons = summons_of(ctx, &snapshot, None, &issue)?;
    change.routes.push(StoredRoute {
        issue: id,
        seq: 1,
        at,
        matrix_version: preview.routed.matrix_version,
        trace: preview.routed.trace_json(),
    });
    change.saves.push(Save { version_seen: 0, issue: issue.clone(), events });
    Ok(issue)
}
