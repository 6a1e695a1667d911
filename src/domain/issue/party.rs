//! The sealed record of a dispute: who its parties are and what it is about. What is written here
//! never shows in a debug output, because that is how it would come into a log.

use std::fmt;

/// The most parties of one dispute.
pub const PARTIES_MAX: usize = 20;
/// The longest value of a party's field, in characters.
pub const FIELD_CHARS_MAX: usize = 200;
/// The longest narrative or agreement, in characters.
pub const NARRATIVE_CHARS_MAX: usize = 10_000;

/// A party of a dispute.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Party {
    pub name: String,
    pub phone: String,
    pub id_number: String,
    pub address: String,
    /// What the person is in the dispute: applicant, respondent, neighbour …
    pub role: String,
}

impl Party {
    /// The fields with their names.
    pub fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("name", &self.name),
            ("phone", &self.phone),
            ("id_number", &self.id_number),
            ("address", &self.address),
            ("role", &self.role),
        ]
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Party(…)")
    }
}

/// The parties and the narrative.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DisputeRecord {
    pub parties: Vec<Party>,
    pub narrative: String,
}

impl fmt::Debug for DisputeRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DisputeRecord({} parties)", self.parties.len())
    }
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    #[error("1 to {PARTIES_MAX} parties are needed")]
    Count,
    #[error("each party needs a name")]
    NoName,
    #[error("at most {FIELD_CHARS_MAX} characters in one line")]
    Field,
    #[error("at most {NARRATIVE_CHARS_MAX} characters without control characters")]
    Narrative,
}

/// Whether a longer text can be kept.
pub fn is_narrative(text: &str) -> bool {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().count() <= NARRATIVE_CHARS_MAX && !text.chars().any(odd)
}

impl DisputeRecord {
    /// Every fault with the name of its field, such as `parties[1].phone`.
    pub fn faults(&self) -> Vec<(String, RecordFault)> {
        let mut faults = Vec::new();
        if !(1..=PARTIES_MAX).contains(&self.parties.len()) {
            faults.push(("parties".to_owned(), RecordFault::Count));
        }
        for (party, n) in self.parties.iter().zip(0..) {
            if party.name.trim().is_empty() {
                faults.push((format!("parties[{n}].name"), RecordFault::NoName));
            }
            for (field, text) in party.fields() {
                if text.chars().count() > FIELD_CHARS_MAX || text.chars().any(char::is_control) {
                    faults.push((format!("parties[{n}].{field}"), RecordFault::Field));
                }
            }
        }
        if !is_narrative(&self.narrative) {
            faults.push(("narrative".to_owned(), RecordFault::Narrative));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_never_shows_in_a_debug_output() {
        let party = Party { name: "canary".into(), phone: "canary".into(), ..Party::default() };
        let record = DisputeRecord { parties: vec![party], narrative: "canary".into() };
        assert!(!format!("{record:?} {:?}", record.parties).contains("canary"));
    }

    #[test]
    fn every_fault_of_a_record_is_told_by_its_field() {
        let party = Party { phone: "1\n2".into(), ..Party::default() };
        let record = DisputeRecord { parties: vec![party], narrative: "a\0".into() };
        let fields: Vec<String> = record.faults().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["parties[0].name", "parties[0].phone", "narrative"]);
        assert_eq!(DisputeRecord::default().faults()[0].1, RecordFault::Count);
    }
}
