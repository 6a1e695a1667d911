//! What an import brought, or would bring, on the wire.

use super::Texts;
use crate::app::imports::{Imported, RowFault, Run};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with a row, and what to do about it, in both languages.
#[derive(Serialize, ToSchema)]
pub struct RowFaultWire {
    /// The part of the form that the file came in.
    pub file: String,
    /// Counted from 1, the header first; in a GeoJSON the number of the feature. 0 for the file.
    pub line: u64,
    pub column: Option<String>,
    pub says: Texts,
    pub remedy: Texts,
}

/// Rows against what is there.
#[derive(Serialize, ToSchema)]
pub struct ImportCountsWire {
    pub rows: u64,
    pub new: u64,
    pub changed: u64,
    /// There already, and just so.
    pub known: u64,
    pub refused: u64,
    /// There, but not in the file that takes the place of all.
    pub removed: u64,
}

/// What came of an import, or would.
#[derive(Serialize, ToSchema)]
pub struct ImportWire {
    pub what: String,
    /// Whether nothing was to be kept.
    pub dry_run: bool,
    /// Whether anything was written.
    pub kept: bool,
    pub counts: ImportCountsWire,
    /// The first thousand.
    pub problems: Vec<RowFaultWire>,
    /// How many there are in all.
    pub problems_count: usize,
    /// Why it cannot be taken as it is.
    pub blocked: Option<Texts>,
    pub notes: Vec<Texts>,
}

/// A fault on the wire.
pub fn fault_wire(fault: RowFault) -> RowFaultWire {
    RowFaultWire {
        file: fault.file,
        line: fault.line,
        column: fault.column,
        says: fault.says.into(),
        remedy: fault.remedy.into(),
    }
}

/// An import on the wire.
pub fn import_wire(what: &str, run: Run, imported: Imported) -> ImportWire {
    let counts = imported.counts;
    ImportWire {
        what: what.to_owned(),
        dry_run: run == Run::Trial,
        kept: imported.kept,
        counts: ImportCountsWire {
            rows: counts.rows,
            new: counts.new,
            changed: counts.changed,
            known: counts.known,
            refused: counts.refused,
            removed: counts.removed,
        },
        problems: imported.faults.into_iter().map(fault_wire).collect(),
        problems_count: imported.faults_count,
        blocked: imported.blocked.map(Texts::from),
        notes: imported.notes.into_iter().map(Texts::from).collect(),
    }
}
