//! The hash chain of an issue's events: each event's hash covers its own content and the hash of
//! the event before it, so that nothing in the middle can be changed, dropped or inserted unseen.
//!
//! The note is covered through its own digest, so that retention can erase a note and the chain
//! still verifies.

use super::issue::event::Event;
use sha2::{Digest, Sha256};
use std::fmt;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash before the first event.
    pub const START: Hash = Hash([0; 32]);

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(bytes))
    }

    /// The digest of a text.
    pub fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("event {found} stands where event {expected} should")]
    Gap { expected: i64, found: i64 },
    #[error("event {0} does not continue the event before it")]
    BrokenLink(i64),
    #[error("event {0} was changed after it was written")]
    Altered(i64),
    #[error("the note of event {0} was changed after it was written")]
    NoteAltered(i64),
    #[error("the log ends at event {found}, the issue says {expected}")]
    Truncated { expected: i64, found: i64 },
}

/// Adds one part of several to a digest.
pub fn feed(hasher: &mut Sha256, part: &str) {
    // The length goes first, so that no two lists of parts have the same bytes.
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part.as_bytes());
}

/// The hash of `event`'s content chained to `event.previous`.
pub fn event_hash(event: &Event) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"hexward-event-1");
    hasher.update(event.previous.0);
    feed(&mut hasher, &event.issue.to_string());
    hasher.update(event.seq.to_be_bytes());
    hasher.update(event.at.0.to_be_bytes());
    feed(&mut hasher, &event.actor.canonical());
    feed(&mut hasher, event.action.as_str());
    feed(&mut hasher, event.from.map_or("", |state| state.as_str()));
    feed(&mut hasher, event.to.as_str());
    // No digest is another content than a digest of zeros.
    feed(&mut hasher, &event.note_digest.map_or(String::new(), |digest| digest.to_string()));
    hasher.update((event.facts.len() as u64).to_be_bytes());
    for (name, value) in &event.facts {
        feed(&mut hasher, name);
        feed(&mut hasher, value);
    }
    hasher.update((event.attachments.len() as u64).to_be_bytes());
    for attachment in &event.attachments {
        feed(&mut hasher, &attachment.to_string());
    }
    Hash(hasher.finalize().into())
}

/// Checks one issue's whole log, in order of `seq`, against the head that the issue records.
///
/// # Errors
/// The first defect.
pub fn verify_chain(events: &[Event], version: i64, head: Hash) -> Result<(), ChainError> {
    let mut previous = Hash::START;
    for (event, expected) in events.iter().zip(1..) {
        if event.seq != expected {
            return Err(ChainError::Gap { expected, found: event.seq });
        }
        if event.previous != previous {
            return Err(ChainError::BrokenLink(event.seq));
        }
        if event_hash(event) != event.hash {
            return Err(ChainError::Altered(event.seq));
        }
        let note = event.note.as_deref().map(Hash::of_text);
        if note.is_some() && note != event.note_digest {
            return Err(ChainError::NoteAltered(event.seq));
        }
        previous = event.hash;
    }
    let found = events.last().map_or(0, |event| event.seq);
    if found != version {
        return Err(ChainError::Truncated { expected: version, found });
    }
    if previous != head {
        return Err(ChainError::BrokenLink(found));
    }
    Ok(())
}
