//! Sealing: what is told about a dispute is encrypted before it reaches the store
//! (XChaCha20-Poly1305), under keys that come from the configuration and are nowhere in it.
//!
//! A sealed text is `sealed:1:KEY:BASE64`, where KEY is the key's name and BASE64 holds the nonce
//! and the ciphertext. The issue and the part are bound to it, so that a text which is copied to
//! another issue does not open. The first key of the ring seals, every key opens.

use super::ctx::Ctx;
use super::error::{AppError, say};
use crate::domain::id::IssueId;
use crate::domain::issue::confided::Confided;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::format::confided::write_confided;
use crate::store::care::{PlainNote, SEALED_PREFIX as PREFIX, Sealed, SealedText};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::collections::BTreeSet;
use std::fmt;

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
const KEY_NAME_CHARS_MAX: usize = 32;
/// Texts that are sealed anew in one transaction.
const ROTATE_TEXTS: usize = 200;

/// The parts of an issue that are sealed.
pub mod part {
    pub const TEXT: &str = "text";
    pub const ADDRESS: &str = "address";
    pub const PARTIES: &str = "parties";
    pub const AGREEMENT: &str = "agreement";
    pub const CONTACT_NAME: &str = "contact_name";
    pub const CONTACT_PHONE: &str = "contact_phone";
    /// What an event says in confidence; its number follows.
    const NOTE: &str = "note:";

    /// The part of an event.
    pub fn note(seq: i64) -> String {
        format!("{NOTE}{seq}")
    }

    /// The event that a part belongs to.
    pub fn event_of(part: &str) -> Option<i64> {
        part.strip_prefix(NOTE)?.parse().ok()
    }
}

/// A text that must not be seen in a log.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

struct SealKey {
    name: String,
    cipher: XChaCha20Poly1305,
}

/// The ring of keys; empty where none is configured.
#[derive(Default)]
pub struct Seals {
    keys: Vec<SealKey>,
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.name)).finish()
    }
}

/// What is wrong with a ring of keys. No key is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealKeysError {
    #[error("key {0}: expected NAME:KEY, as `hexward seal new-key` prints it")]
    Form(usize),
    #[error("key {0}: a name has 1 to {KEY_NAME_CHARS_MAX} letters, digits, - and _")]
    Name(usize),
    #[error("key {0}: the key is not {KEY_BYTES} bytes in base64")]
    Key(usize),
    #[error("key {0}: the name is taken by a key before it")]
    Twice(usize),
}

fn is_name(name: &str) -> bool {
    (1..=KEY_NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A new key with its name, as one line of a key file.
pub fn new_key(name: &str) -> Option<String> {
    let key = STANDARD.encode(rand::random::<[u8; KEY_BYTES]>());
    is_name(name).then(|| format!("{name}:{key}"))
}

impl Seals {
    /// Reads keys, one a line or separated by commas; lines that begin with `#` are remarks.
    ///
    /// # Errors
    /// The number of the key that cannot be used, counted from 1.
    pub fn parse(text: &str) -> Result<Self, SealKeysError> {
        let entries = text.split(['\n', ',']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty() && !entry.starts_with('#'));
        let mut keys: Vec<SealKey> = Vec::new();
        for (entry, n) in entries.zip(1..) {
            let (name, key) = entry.split_once(':').ok_or(SealKeysError::Form(n))?;
            if !is_name(name) {
                return Err(SealKeysError::Name(n));
            }
            if keys.iter().any(|known| known.name == name) {
                return Err(SealKeysError::Twice(n));
            }
            let bytes = STANDARD.decode(key.trim()).map_err(|_| SealKeysError::Key(n))?;
            let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| SealKeysError::Key(n))?;
            let cipher = XChaCha20Poly1305::new(&Key::from(bytes));
            keys.push(SealKey { name: name.to_owned(), cipher });
        }
        Ok(Self { keys })
    }

    /// Whether there is a key.
    pub fn can_seal(&self) -> bool {
        !self.keys.is_empty()
    }

    /// How everything begins that the first key sealed.
    pub fn prefix(&self) -> Option<String> {
        self.keys.first().map(|key| format!("{PREFIX}{}:", key.name))
    }

    /// Seals a text for one part of one issue.
    ///
    /// # Errors
    /// There is no key.
    pub fn seal(&self, issue: IssueId, part: &str, plain: &str) -> Result<String, AppError> {
        let key = self.keys.first().ok_or_else(no_key)?;
        let nonce = rand::random::<[u8; NONCE_BYTES]>();
        let aad = bound_to(issue, part);
        let payload = Payload { msg: plain.as_bytes(), aad: aad.as_bytes() };
        let sealed = key.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| AppError::Internal("a text cannot be sealed".into()))?;
        let bytes = [&nonce[..], &sealed[..]].concat();
        Ok(format!("{PREFIX}{}:{}", key.name, STANDARD.encode(bytes)))
    }

    /// Opens a text. One that was kept before there were keys is as it is.
    ///
    /// # Errors
    /// Its key is not in the ring, or it was altered or belongs elsewhere.
    pub fn open(&self, issue: IssueId, part: &str, body: &str) -> Result<String, AppError> {
        let Some(sealed) = body.strip_prefix(PREFIX) else { return Ok(body.to_owned()) };
        let broken = || AppError::Internal(format!("{part} of {issue} does not open"));
        let (name, text) = sealed.split_once(':').ok_or_else(broken)?;
        let key = self.keys.iter().find(|key| key.name == name);
        let key = key.ok_or_else(|| missing_key(name))?;
        let bytes = STANDARD.decode(text).map_err(|_| broken())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let aad = bound_to(issue, part);
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let plain = key.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| broken())?;
        String::from_utf8(plain).map_err(|_| broken())
    }

    /// Whether a kept text is sealed, and not only written as if it were.
    ///
    /// # Errors
    /// The key that it names is not in the ring, so it cannot be told.
    pub fn is_sealed(&self, issue: IssueId, part: &str, body: &str) -> Result<bool, AppError> {
        if !body.starts_with(PREFIX) {
            return Ok(false);
        }
        match self.open(issue, part, body) {
            Ok(_) => Ok(true),
            Err(AppError::NoSealKey(says)) => Err(AppError::NoSealKey(says)),
            Err(_) => Ok(false),
        }
    }

    /// Seals the text and the address of an issue that is a dispute, or has become one. What was
    /// sealed stays sealed, also when it is a dispute no more.
    ///
    /// # Errors
    /// As for [`Seals::seal`] and [`Seals::is_sealed`].
    pub fn keep_text(&self, was: Option<Kind>, issue: &mut Issue) -> Result<(), AppError> {
        if issue.kind != Kind::Dispute || was == Some(Kind::Dispute) {
            return Ok(());
        }
        let id = issue.id;
        let keep = |part: &str, text: &str| match was {
            Some(_) if self.is_sealed(id, part, text)? => Ok(text.to_owned()),
            _ => self.seal(id, part, text),
        };
        issue.text = keep(part::TEXT, &issue.text)?;
        issue.address =
            issue.address.as_deref().map(|text| keep(part::ADDRESS, text)).transpose()?;
        Ok(())
    }
}

/// What a sealed text is bound to.
fn bound_to(issue: IssueId, part: &str) -> String {
    format!("hexward/1/{issue}/{part}")
}

fn no_key() -> AppError {
    AppError::NoSealKey(say(
        "本系统尚未配置矛盾纠纷的加密密钥，不能登记；请管理员运行 hexward seal new-key 并设置 seal_keys",
        "This installation has no key to seal disputes with, so none is kept: the administrator \
         runs `hexward seal new-key` and sets seal_keys",
    ))
}

fn missing_key(name: &str) -> AppError {
    AppError::NoSealKey(say(
        format!("缺少加密密钥 {name}，无法打开；请管理员把它加入 seal_keys"),
        format!("This was sealed with the key {name}, which is not in seal_keys: add it again"),
    ))
}

/// What came of sealing anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Texts that another key had sealed, or none.
    pub resealed: usize,
    /// Changed by someone else meanwhile, and so sealed with the first key already or gone.
    pub passed: usize,
    /// Texts that do not open, by issue and part.
    pub closed: BTreeSet<String>,
}

impl Rotated {
    /// Of `asked` texts so many were sealed anew.
    fn count(&mut self, asked: usize, done: usize) {
        self.resealed += done;
        self.passed += asked - done;
    }
}

/// Seals with the first key whatever another key sealed, or none: texts, addresses, contacts and
/// notes of disputes among them. What is done stays done, so a run that was broken off is taken up
/// by the next. `progress` is told how many are done.
///
/// # Errors
/// There is no key, or the store is not available.
pub async fn rotate(ctx: &Ctx, progress: impl Fn(usize)) -> Result<Rotated, AppError> {
    let seals = ctx.snapshot().seals.clone();
    let prefix = seals.prefix().ok_or_else(no_key)?;
    let mut told = Rotated::default();
    seal_plain_notes(ctx, &seals, &mut told, &progress).await?;
    let mut after = None;
    loop {
        let texts = ctx.store.list_sealed_by_others(&prefix, after, ROTATE_TEXTS).await?;
        let Some(last) = texts.last() else { return Ok(told) };
        after = Some((last.issue, last.part.clone()));
        let mut anew: Vec<(SealedText, Sealed)> = Vec::with_capacity(texts.len());
        for text in texts {
            match seals.open(text.issue, &text.part, &text.body) {
                Ok(plain) => {
                    let body = seals.seal(text.issue, &text.part, &plain)?;
                    anew.push((text.clone(), Sealed { body, ..text }));
                }
                Err(_) => drop(told.closed.insert(format!("{} {}", text.issue, text.part))),
            }
        }
        let asked = anew.len();
        told.count(asked, ctx.store.reseal(anew).await?);
        progress(told.resealed);
    }
}

/// Seals the notes of disputes that stand in the log from before they were sealed. Their digests
/// in the chain stay as they are.
async fn seal_plain_notes(
    ctx: &Ctx,
    seals: &Seals,
    told: &mut Rotated,
    progress: &impl Fn(usize),
) -> Result<(), AppError> {
    let mut after = None;
    loop {
        let notes = ctx.store.list_plain_notes(after, ROTATE_TEXTS).await?;
        let Some(last) = notes.last() else { return Ok(()) };
        after = Some((last.issue, last.seq));
        let sealed = notes.into_iter().map(|note| {
            let sealed = seal_plain_note(seals, note.issue, note.seq, &note.note)?;
            Ok((note, sealed))
        });
        let sealed: Vec<(PlainNote, Sealed)> = sealed.collect::<Result<_, AppError>>()?;
        let asked = sealed.len();
        told.count(asked, ctx.store.seal_notes(sealed).await?);
        progress(told.resealed);
    }
}

/// What an event says in confidence, as it is kept.
///
/// # Errors
/// There is no key.
pub fn seal_said(
    seals: &Seals,
    issue: IssueId,
    (seq, said): (i64, &Confided),
) -> Result<Sealed, AppError> {
    let part = part::note(seq);
    let body = seals.seal(issue, &part, &write_confided(said))?;
    Ok(Sealed { issue, part, body })
}

/// A note as it is kept that was written before its issue's notes were sealed.
///
/// # Errors
/// There is no key.
pub fn seal_plain_note(
    seals: &Seals,
    issue: IssueId,
    seq: i64,
    note: &str,
) -> Result<Sealed, AppError> {
    let said = Confided { note: Some(note.to_owned()), ..Confided::default() };
    seal_said(seals, issue, (seq, &said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(names: &[&str]) -> (Seals, Vec<String>) {
        let lines: Vec<String> = names.iter().map(|name| new_key(name).unwrap()).collect();
        (Seals::parse(&lines.join("\n")).unwrap(), lines)
    }

    #[test]
    fn a_sealed_text_opens_where_it_was_sealed_and_nowhere_else() {
        let (seals, _) = ring(&["a"]);
        let body = seals.seal(IssueId(1), part::TEXT, "甲方张三").unwrap();
        assert!(!body.contains("张三"));
        assert_eq!(seals.open(IssueId(1), part::TEXT, &body).unwrap(), "甲方张三");
        assert!(seals.open(IssueId(2), part::TEXT, &body).is_err());
        assert!(seals.open(IssueId(1), part::PARTIES, &body).is_err());
        let (name, text) = body.rsplit_once(':').unwrap();
        let mut bytes = STANDARD.decode(text).unwrap();
        for at in [0, NONCE_BYTES, bytes.len() - 1] {
            bytes[at] ^= 1;
            let altered = format!("{name}:{}", STANDARD.encode(&bytes));
            assert!(seals.open(IssueId(1), part::TEXT, &altered).is_err(), "{at}");
            bytes[at] ^= 1;
        }
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (old, lines) = ring(&["old"]);
        let body = old.seal(IssueId(1), part::TEXT, "x").unwrap();
        let both = format!("{},{}", new_key("new").unwrap(), lines[0]);
        let both = Seals::parse(&both).unwrap();
        assert_eq!(both.open(IssueId(1), part::TEXT, &body).unwrap(), "x");
        assert!(both.seal(IssueId(1), part::TEXT, "x").unwrap().starts_with("sealed:1:new:"));
        let (other, _) = ring(&["other"]);
        assert!(matches!(other.open(IssueId(1), part::TEXT, &body), Err(AppError::NoSealKey(_))));
    }

    #[test]
    fn keys_that_cannot_be_used_are_named_by_number_and_never_shown() {
        let good = new_key("a").unwrap();
        for (text, wrong) in [
            ("x".to_owned(), SealKeysError::Form(1)),
            (format!("{good}\nb c:AAAA"), SealKeysError::Name(2)),
            (format!("# remark\n{good}\nb:AAAA"), SealKeysError::Key(2)),
            (format!("{good},{good}"), SealKeysError::Twice(2)),
        ] {
            assert_eq!(Seals::parse(&text).unwrap_err(), wrong);
        }
        let shown = format!("{:?}", Seals::parse(&good).unwrap());
        assert_eq!(shown, "[\"a\"]");
        assert!(!Seals::parse("").unwrap().can_seal());
    }
}
