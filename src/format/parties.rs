//! The record of a dispute as the bytes that are sealed: JSON.

use crate::domain::issue::party::{DisputeRecord, Party};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct PartyJson {
    name: String,
    phone: String,
    id_number: String,
    address: String,
    role: String,
}

#[derive(Serialize, Deserialize)]
struct RecordJson {
    parties: Vec<PartyJson>,
    narrative: String,
}

/// The record as JSON.
pub fn write_record(record: &DisputeRecord) -> String {
    let parties = record.parties.iter().cloned().map(|party| {
        let Party { name, phone, id_number, address, role } = party;
        PartyJson { name, phone, id_number, address, role }
    });
    let json = RecordJson { parties: parties.collect(), narrative: record.narrative.clone() };
    // Texts in a fixed form cannot fail to be written.
    serde_json::to_string(&json).unwrap_or_default()
}

/// Reads what [`write_record`] wrote.
pub fn read_record(text: &str) -> Option<DisputeRecord> {
    let json: RecordJson = serde_json::from_str(text).ok()?;
    let parties = json.parties.into_iter().map(|party| {
        let PartyJson { name, phone, id_number, address, role } = party;
        Party { name, phone, id_number, address, role }
    });
    Some(DisputeRecord { parties: parties.collect(), narrative: json.narrative })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back() {
        let party =
            Party { name: "张三 \"x\"".into(), role: "申请人".into(), ..Party::default() };
        let record =
            DisputeRecord { parties: vec![party], narrative: "楼上漏水\n三次".into() };
        assert_eq!(read_record(&write_record(&record)), Some(record));
        assert_eq!(read_record("{}"), None);
    }
}
