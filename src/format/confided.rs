//! What an event says in confidence as the bytes that are sealed: JSON.

use crate::domain::issue::confided::{Confided, Salt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
struct ConfidedJson {
    /// In hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
}

/// What was said, as JSON.
pub fn write_confided(said: &Confided) -> String {
    let json = ConfidedJson {
        salt: said.salt.map(|salt| hex::encode(salt.0)),
        note: said.note.clone(),
        facts: said.facts.clone(),
    };
    // Texts in a fixed form cannot fail to be written.
    serde_json::to_string(&json).unwrap_or_default()
}

/// Reads what [`write_confided`] wrote.
pub fn read_confided(text: &str) -> Option<Confided> {
    let json: ConfidedJson = serde_json::from_str(text).ok()?;
    let salt = match json.salt {
        None => None,
        Some(text) => Some(Salt(hex::decode(text).ok()?.try_into().ok()?)),
    };
    Some(Confided { salt, note: json.note, facts: json.facts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_reads_back() {
        let facts = BTreeMap::from([("venue".to_owned(), "调解室 \"x\"".to_owned())]);
        let said =
            Confided { salt: Some(Salt([7; 16])), note: Some("各退\n一步".into()), facts };
        assert_eq!(read_confided(&write_confided(&said)), Some(said));
        let bare = Confided { note: Some(String::new()), ..Confided::default() };
        assert_eq!(read_confided(&write_confided(&bare)), Some(bare));
        assert_eq!(read_confided(r#"{"salt":"00"}"#), None);
    }
}
