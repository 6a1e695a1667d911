//! Between the use cases and the store: what events say of a dispute in confidence, and who
//! reported it, is sealed on its way in and opened on its way out.

use super::ctx::Ctx;
use super::error::AppError;
use super::seal::{Seals, part, seal_plain_note, seal_said};
use crate::domain::id::IssueId;
use crate::domain::issue::confided::{Confided, Salt, confide, confide_log, is_confidential};
use crate::domain::issue::event::Event;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::{Issue, ReplayError, evolve};
use crate::format::confided::read_confided;
use crate::store::care::{CareChange, Sealed};
use crate::store::change::Contact;
use std::collections::BTreeMap;

fn salt() -> Salt {
    Salt(rand::random())
}

fn broken(error: &ReplayError) -> AppError {
    AppError::Internal(error.to_string())
}

/// A decided step as it is kept: what it says of a dispute in confidence is taken out of the event
/// and sealed.
///
/// # Errors
/// There is something to seal and no key.
pub fn keep_step(
    seals: &Seals,
    before: Option<&Issue>,
    (after, mut event): (Issue, Event),
) -> Result<(Issue, Event, Option<Sealed>), AppError> {
    if !is_confidential(before, &after) {
        return Ok((after, event, None));
    }
    let Some(said) = confide(&mut event, salt()) else { return Ok((after, event, None)) };
    let sealed = seal_said(seals, after.id, (event.seq, &said))?;
    let kept = evolve(before, &event).map_err(|error| broken(&error))?;
    let issue = Issue { text: after.text, address: after.address, ..kept };
    Ok((issue, event, Some(sealed)))
}

/// A whole log as it is kept, with the issue that it leads to.
///
/// # Errors
/// There is something to seal and no key, or the log makes no issue.
pub fn keep_log(
    seals: &Seals,
    issue: Issue,
    mut events: Vec<Event>,
) -> Result<(Issue, Vec<Event>, Vec<Sealed>), AppError> {
    if issue.kind != Kind::Dispute {
        return Ok((issue, events, Vec::new()));
    }
    let (kept, said) = confide_log(&mut events, salt).map_err(|error| broken(&error))?;
    let sealed = said.iter().map(|(seq, said)| seal_said(seals, issue.id, (*seq, said)));
    let sealed = sealed.collect::<Result<_, _>>()?;
    Ok((Issue { text: issue.text, address: issue.address, ..kept }, events, sealed))
}

/// Who reported, as it is kept with an issue.
///
/// # Errors
/// The issue is a dispute, and there is no key.
pub fn keep_contact(seals: &Seals, issue: &Issue, contact: Contact) -> Result<Contact, AppError> {
    if issue.kind != Kind::Dispute {
        return Ok(contact);
    }
    let keep = |part: &str, text: String| match text.is_empty() {
        true => Ok(text),
        false if seals.is_sealed(issue.id, part, &text)? => Ok(text),
        false => seals.seal(issue.id, part, &text),
    };
    Ok(Contact {
        name: keep(part::CONTACT_NAME, contact.name)?,
        phone: keep(part::CONTACT_PHONE, contact.phone)?,
    })
}

/// Who reported, for a reader who may know it; what does not open is not shown.
pub fn open_contact(seals: &Seals, issue: IssueId, kept: Contact) -> Contact {
    let open = |part: &str, text: &str| match seals.open(issue, part, text) {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%issue, part, ?error, "a sealed contact is not shown");
            String::new()
        }
    };
    Contact {
        name: open(part::CONTACT_NAME, &kept.name),
        phone: open(part::CONTACT_PHONE, &kept.phone),
    }
}

/// What an issue that becomes a dispute has said before, to be sealed with the step by which it
/// becomes one: the notes of its log, and who reported it.
///
/// # Errors
/// There is no key, or the store is not available.
pub async fn seal_past(
    ctx: &Ctx,
    seals: &Seals,
    (before, after): (&Issue, &Issue),
) -> Result<CareChange, AppError> {
    let mut change = CareChange::default();
    if before.kind == Kind::Dispute || after.kind != Kind::Dispute {
        return Ok(change);
    }
    for event in ctx.store.list_events(after.id).await? {
        let Some(note) = &event.note else { continue };
        change.sealed.push(seal_plain_note(seals, after.id, event.seq, note)?);
        change.sealed_notes.push((after.id, event.seq));
    }
    if let Some(contact) = ctx.store.find_contact(after.id).await? {
        change.sealed_contacts.push((after.id, keep_contact(seals, after, contact)?));
    }
    Ok(change)
}

/// What events say in confidence, by their numbers; an error where one does not open.
///
/// # Errors
/// The store is not available.
pub async fn find_said(
    ctx: &Ctx,
    issue: IssueId,
) -> Result<BTreeMap<i64, Result<Confided, AppError>>, AppError> {
    let seals = ctx.snapshot().seals.clone();
    let texts = ctx.store.find_sealed(issue).await?;
    let said = texts.iter().filter_map(|text| {
        let seq = part::event_of(&text.part)?;
        let broken = || AppError::Internal(format!("{} of {issue} cannot be read", text.part));
        let plain = seals.open(issue, &text.part, &text.body);
        Some((seq, plain.and_then(|plain| read_confided(&plain).ok_or_else(broken))))
    });
    Ok(said.collect())
}

/// Whether the words of an event may be kept sealed: its log has a digest and no note.
pub fn may_be_sealed(event: &Event) -> bool {
    event.note.is_none() && event.note_digest.is_some()
}

/// The log of an issue with all its words, for readers who may know what the issue is about. What
/// does not open is not there. The caller has read the issue in scope.
///
/// # Errors
/// The store is not available.
pub async fn list_events(ctx: &Ctx, issue: IssueId) -> Result<Vec<Event>, AppError> {
    let mut events = ctx.store.list_events(issue).await?;
    if !events.iter().any(may_be_sealed) {
        return Ok(events);
    }
    let mut said = find_said(ctx, issue).await?;
    for event in &mut events {
        match said.remove(&event.seq) {
            Some(Ok(words)) => words.reveal(event),
            Some(Err(error)) => {
                tracing::warn!(%issue, seq = event.seq, ?error, "a sealed note is not shown");
            }
            None => {}
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::seal::new_key;
    use crate::domain::audit::{Hash, verify_chain};
    use crate::domain::datum::Datum;
    use crate::domain::issue::event::{EventActor, Facts, fact};
    use crate::domain::issue::record::{Place, place_facts, replay};
    use crate::domain::issue::state::{Action, State};
    use crate::domain::issue::step::{Draft, chain, seal};
    use crate::domain::time::Timestamp;

    /// A report and a mediation, as another system or the demo tells them.
    fn log_of(kind: Kind) -> (Issue, Vec<Event>) {
        let place = Place {
            position: (113.66, 34.78),
            raw: (113.66, 34.78),
            datum: Datum::Wgs84,
            accuracy_m: None,
            cell: 0x08b4_1050_0000_0fff,
            path: crate::domain::access::AreaPath::of(&[]),
            candidates: Vec::new(),
            territory: 1,
        };
        let draft = |action, note: Option<&str>, facts| Draft {
            actor: EventActor::Import,
            action,
            note: note.map(str::to_owned),
            facts,
            attachments: Vec::new(),
        };
        let mut facts = place_facts(&place);
        facts.insert(fact::NUMBER.into(), "HX-1".into());
        facts.insert(fact::KIND.into(), kind.to_string());
        facts.insert(fact::CATEGORY.into(), "c".into());
        let states = (None, State::Reported);
        let report = draft(Action::Report, None, facts);
        let first = seal(IssueId(7), 1, Timestamp(1), report, states, Hash::START);
        let issue = evolve(None, &first).unwrap();
        let held = Facts::from([
            (fact::VENUE.to_owned(), "张三家".to_owned()),
            (fact::HELD_AT.to_owned(), "2026-01-01T00:00:00Z".to_owned()),
        ]);
        let second = draft(Action::Mediate, Some("各退一步"), held);
        let second = chain(&issue, Timestamp(2), second, State::Reported);
        let third = evolve(Some(&issue), &second).unwrap();
        let comment = draft(Action::Comment, Some("x"), Facts::new());
        let third_event = chain(&third, Timestamp(3), comment, State::Reported);
        let issue = evolve(Some(&third), &third_event).unwrap();
        (Issue { text: "说的话".into(), ..issue }, vec![first, second, third_event])
    }

    #[test]
    fn a_whole_log_of_a_dispute_is_kept_without_its_words_and_can_be_read_again() {
        let seals = Seals::parse(&new_key("a").unwrap()).unwrap();
        let (issue, events) = log_of(Kind::Dispute);
        let (kept, log, sealed) = keep_log(&seals, issue.clone(), events.clone()).unwrap();
        assert_eq!(verify_chain(&log, kept.version, kept.head), Ok(()));
        let told = Issue { text: kept.text.clone(), ..replay(&log).unwrap() };
        assert_eq!(told, kept);
        assert_eq!(Issue { head: issue.head, ..kept.clone() }, issue, "only the head differs");
        let written = format!("{log:?}");
        assert!(!written.contains("各退一步") && !written.contains("张三家"), "{written}");
        assert_eq!(
            sealed.iter().map(|one| one.part.as_str()).collect::<Vec<_>>(),
            ["note:2", "note:3"]
        );
        for (text, event) in sealed.iter().zip(&log[1..]) {
            let plain = seals.open(text.issue, &text.part, &text.body).unwrap();
            let said = read_confided(&plain).unwrap();
            assert_eq!(said.digest(), event.note_digest);
            let mut shown = event.clone();
            said.reveal(&mut shown);
            let before = &events[usize::try_from(event.seq).unwrap() - 1];
            assert_eq!((&shown.note, &shown.facts), (&before.note, &before.facts));
        }
        assert!(keep_log(&Seals::default(), issue, events).is_err(), "there is no key");
    }

    #[test]
    fn what_is_no_dispute_is_kept_as_it_is_and_needs_no_key() {
        let (issue, events) = log_of(Kind::Opinion);
        let kept = keep_log(&Seals::default(), issue.clone(), events.clone()).unwrap();
        assert_eq!(kept, (issue, events, Vec::new()));
    }
}
