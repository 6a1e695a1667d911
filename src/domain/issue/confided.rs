//! What is said in confidence about a dispute stands outside the log: the notes of its events, and
//! the facts that name people and places in words. The log keeps a salted digest of them, so that
//! they can be sealed and erased, that a change of them is found, and that nobody can try guesses.

use super::event::{Event, Facts, fact};
use super::kind::Kind;
use super::record::{Issue, ReplayError, evolve};
use crate::domain::audit::{Hash, event_hash, feed};
use sha2::{Digest, Sha256};
use std::fmt;

/// The facts that are kept with the note. Nothing is replayed from them.
pub const PRIVATE_FACTS: [&str; 4] =
    [fact::VENUE, fact::MEDIATORS, fact::MEETING, fact::CITED_RULE];

/// Random bytes that make the digest of a short text worth no guess.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// What one event says in confidence.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Confided {
    /// None where the event was written before its issue was a dispute: the log then has the plain
    /// digest of the note, and no other.
    pub salt: Option<Salt>,
    pub note: Option<String>,
    pub facts: Facts,
}

impl fmt::Debug for Confided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confided(…)")
    }
}

impl Confided {
    /// What the log has of it.
    pub fn digest(&self) -> Option<Hash> {
        let Some(salt) = self.salt else { return self.note.as_deref().map(Hash::of_text) };
        let mut hasher = Sha256::new();
        hasher.update(b"hexward-confided-1");
        hasher.update(salt.0);
        hasher.update([u8::from(self.note.is_some())]);
        feed(&mut hasher, self.note.as_deref().unwrap_or(""));
        for (name, value) in &self.facts {
            feed(&mut hasher, name);
            feed(&mut hasher, value);
        }
        Some(Hash(hasher.finalize().into()))
    }

    /// Puts it back into the event that it was taken from, for a reader who may know it. The event
    /// is not as it was hashed then.
    pub fn reveal(self, event: &mut Event) {
        event.note = self.note;
        event.facts.extend(self.facts);
    }
}

/// Whether a step tells of a dispute: of what is one, of what becomes one by it, and of what was
/// one up to it.
pub fn is_confidential(before: Option<&Issue>, after: &Issue) -> bool {
    after.kind == Kind::Dispute || before.is_some_and(|issue| issue.kind == Kind::Dispute)
}

/// Takes out of an event what it says in confidence, and hashes what is left; `None` when it says
/// nothing of the sort.
pub fn confide(event: &mut Event, salt: Salt) -> Option<Confided> {
    let mut facts = Facts::new();
    for name in PRIVATE_FACTS {
        facts.extend(event.facts.remove_entry(name));
    }
    let note = event.note.take();
    if note.is_none() && facts.is_empty() {
        return None;
    }
    let confided = Confided { salt: Some(salt), note, facts };
    event.note_digest = confided.digest();
    event.hash = event_hash(event);
    Some(confided)
}

/// Takes out of a whole log what it says in confidence, by event, and chains it anew; with the
/// issue that it leads to.
///
/// # Errors
/// The log makes no issue.
pub fn confide_log(
    events: &mut [Event],
    mut salt: impl FnMut() -> Salt,
) -> Result<(Issue, Vec<(i64, Confided)>), ReplayError> {
    let (mut issue, mut previous, mut told) = (None, Hash::START, Vec::new());
    for event in events {
        event.previous = previous;
        event.hash = event_hash(event);
        let seq = event.seq;
        told.extend(confide(event, salt()).map(|confided| (seq, confided)));
        previous = event.hash;
        issue = Some(evolve(issue.as_ref(), event)?);
    }
    Ok((issue.ok_or(ReplayError::Empty)?, told))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(salt: u8, note: Option<&str>, venue: Option<&str>) -> Confided {
        let venue = venue.map(|text| (fact::VENUE.to_owned(), text.to_owned()));
        Confided {
            salt: Some(Salt([salt; 16])),
            note: note.map(str::to_owned),
            facts: venue.into_iter().collect(),
        }
    }

    #[test]
    fn the_digest_covers_every_word_and_tells_none() {
        let digests = [
            said(1, Some("x"), None),
            said(2, Some("x"), None),
            said(1, Some("y"), None),
            said(1, None, Some("x")),
            said(1, Some(""), Some("x")),
            said(1, Some("x"), Some("x")),
        ]
        .map(|confided| confided.digest().unwrap());
        for (n, one) in digests.iter().enumerate() {
            assert!(digests[n + 1..].iter().all(|other| other != one), "{n}");
            assert_ne!(*one, Hash::of_text("x"));
        }
        let old = Confided { note: Some("x".into()), ..Confided::default() };
        assert_eq!(old.digest(), Some(Hash::of_text("x")), "as the log has it from before");
        assert!(!format!("{:?}", said(1, Some("canary"), Some("canary"))).contains("canary"));
    }
}
