//! Versions of the territory on the wire.

use crate::app::territory::TerritoryPreview;
use crate::app::words::area::{
    feature_words, finding_words, lineage_words, refusal_words, repair_words,
};
use crate::app::words::format::note_words;
use crate::domain::territory::check::Finding;
use crate::domain::territory::diff::Change;
use crate::domain::territory::import::Imported;
use crate::domain::territory::lineage::Lineage;
use crate::format::faults::Note;
use crate::http::audit::{AccountNameWire, AccountNames, name_of};
use crate::http::extract::Lang;
use crate::store::port::TerritoryVersion;
use serde::Serialize;
use utoipa::ToSchema;

/// A version of the territory.
#[derive(Serialize, ToSchema)]
pub struct VersionWire {
    pub version: i64,
    /// `staged`, `published` or `retired`.
    pub state: String,
    pub note: String,
    pub created_at: String,
    /// Who staged it; null for the command line and for older versions.
    pub created_by: Option<AccountNameWire>,
    pub published_at: Option<String>,
    /// Who published it; null for the command line and for older versions.
    pub published_by: Option<AccountNameWire>,
}

impl VersionWire {
    pub fn of(version: &TerritoryVersion, names: &AccountNames) -> Self {
        Self {
            version: version.version,
            state: version.state.clone(),
            note: version.note.clone(),
            created_at: version.created.to_rfc3339(),
            created_by: version.author.map(|id| name_of(names, id)),
            published_at: version.published.map(|at| at.to_rfc3339()),
            published_by: version.publisher.map(|id| name_of(names, id)),
        }
    }
}

/// What was mended in a feature, or why it was refused.
#[derive(Serialize, ToSchema)]
pub struct FeatureNote {
    pub feature: String,
    pub says: Vec<String>,
    /// What to do about a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What came of a file of areas.
#[derive(Serialize, ToSchema)]
pub struct StagedWire {
    pub version: i64,
    pub state: String,
    pub areas: usize,
    pub repairs: Vec<FeatureNote>,
    pub refusals: Vec<FeatureNote>,
    pub notes: Vec<String>,
}

/// What came of a file, staged under `version`.
pub fn staged_wire(version: i64, imported: &Imported, notes: &[Note], lang: Lang) -> StagedWire {
    let repairs = imported.repairs.iter().map(|repaired| FeatureNote {
        feature: lang.pick(&feature_words(&repaired.feature)),
        says: repaired.repairs.iter().map(|repair| lang.pick(&repair_words(repair))).collect(),
        remedy: None,
    });
    StagedWire {
        version,
        state: "staged".into(),
        areas: imported.areas.len(),
        repairs: repairs.collect(),
        refusals: imported.refusals.iter().map(|refusal| refusal_wire(refusal, lang)).collect(),
        notes: notes.iter().map(|note| lang.pick(&note_words(note))).collect(),
    }
}

/// A refused feature.
pub fn refusal_wire(
    refusal: &crate::domain::territory::import::Refusal,
    lang: Lang,
) -> FeatureNote {
    let (says, remedy) = refusal_words(&refusal.reason);
    FeatureNote {
        feature: lang.pick(&feature_words(&refusal.feature)),
        says: vec![lang.pick(&says)],
        remedy: Some(lang.pick(&remedy)),
    }
}

/// How one area changes.
#[derive(Serialize, ToSchema)]
pub struct AreaChangeWire {
    pub code: String,
    pub name: String,
    /// `added`, `removed`, `moved`, `renamed`, `reparented` or `redefined`.
    pub what: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// Square metres, for a moved border.
    pub won_m2: Option<f64>,
    pub lost_m2: Option<f64>,
}

/// Open issues that move from one area to another.
#[derive(Serialize, ToSchema)]
pub struct MovingWire {
    /// Empty for outside.
    pub from: String,
    pub to: String,
    pub count: i64,
}

/// Something wrong with the new areas.
#[derive(Serialize, ToSchema)]
pub struct FindingWire {
    pub kind: String,
    pub codes: Vec<String>,
    pub area_m2: Option<f64>,
    pub says: String,
}

/// A succession of areas.
#[derive(Serialize, ToSchema)]
pub struct LineageWire {
    /// `split`, `merge` or `retire`.
    pub kind: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub day: String,
}

/// What names a vanished area and goes on with its successors.
#[derive(Serialize, ToSchema)]
pub struct CarriedWire {
    pub posts: usize,
    pub branches: usize,
    pub rules: usize,
}

/// What a staged version would change.
#[derive(Serialize, ToSchema)]
pub struct TerritoryPreviewWire {
    pub version: i64,
    pub changes: Vec<AreaChangeWire>,
    pub lineage: Vec<LineageWire>,
    /// Why it cannot be published as it is.
    pub errors: Vec<String>,
    pub findings: Vec<FindingWire>,
    pub open_issues_moving: i64,
    pub moving: Vec<MovingWire>,
    pub carried: CarriedWire,
}

fn change_wire(code: &str, name: &str, change: &Change) -> AreaChangeWire {
    let mut wire = AreaChangeWire {
        code: code.to_owned(),
        name: name.to_owned(),
        what: String::new(),
        from: None,
        to: None,
        won_m2: None,
        lost_m2: None,
    };
    wire.what = match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Moved { won_m2, lost_m2 } => {
            (wire.won_m2, wire.lost_m2) = (*won_m2, *lost_m2);
            "moved"
        }
        Change::Renamed { from, to } => {
            (wire.from, wire.to) = (Some(from.clone()), Some(to.clone()));
            "renamed"
        }
        Change::Reparented { from, to } => {
            wire.from = from.as_ref().map(ToString::to_string);
            wire.to = to.as_ref().map(ToString::to_string);
            "reparented"
        }
        Change::Redefined => "redefined",
    }
    .to_owned();
    wire
}

/// A finding on the wire.
pub fn finding_wire(finding: &Finding, lang: Lang) -> FindingWire {
    FindingWire {
        kind: finding.kind().to_owned(),
        codes: finding.codes().iter().map(ToString::to_string).collect(),
        area_m2: finding.area_m2(),
        says: lang.pick(&finding_words(finding)),
    }
}

/// A succession on the wire.
pub fn lineage_wire(event: &Lineage) -> LineageWire {
    let codes = |codes: &[crate::domain::id::AreaCode]| {
        codes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    LineageWire {
        kind: event.kind.as_str().to_owned(),
        from: codes(&event.from),
        to: codes(&event.to),
        day: event.on.to_string(),
    }
}

/// A preview on the wire.
pub fn preview_wire(preview: &TerritoryPreview, lang: Lang) -> TerritoryPreviewWire {
    let changes = preview.changes.iter().flat_map(|(code, changes)| {
        let name = preview.names.get(code).map_or("", String::as_str);
        changes.iter().map(move |change| change_wire(code.as_str(), name, change))
    });
    let moving = preview.moving.iter().map(|((from, to), count)| MovingWire {
        from: from.clone(),
        to: to.clone(),
        count: *count,
    });
    TerritoryPreviewWire {
        version: preview.version,
        changes: changes.collect(),
        lineage: preview.lineage.iter().map(lineage_wire).collect(),
        errors: preview.errors.iter().map(|error| lang.pick(&lineage_words(error))).collect(),
        findings: preview.findings.iter().map(|finding| finding_wire(finding, lang)).collect(),
        open_issues_moving: preview.moving.values().sum(),
        moving: moving.collect(),
        carried: CarriedWire {
            posts: preview.carried.posts,
            branches: preview.carried.branches,
            rules: preview.carried.rules,
        },
    }
}
