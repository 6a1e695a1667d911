//! The JSON objects of a trace. Their field names are stored for years: add, never rename.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct TraceWire {
    pub(super) form: u32,
    pub(super) matrix_version: String,
    pub(super) facts: FactsWire,
    pub(super) considered: Vec<ConsideredWire>,
    pub(super) considered_more: usize,
    pub(super) rungs: Vec<RungWire>,
    pub(super) outcome: OutcomeWire,
    pub(super) departments: Vec<NameWire>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct FactsWire {
    pub(super) chain: Vec<PlaceWire>,
    pub(super) assets: Vec<AssetWire>,
    pub(super) scheme: String,
    pub(super) category: String,
    pub(super) big: Option<String>,
    pub(super) small: Option<String>,
    pub(super) category_name: String,
    pub(super) category_name_en: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) condition_limit: Option<LimitWire>,
    pub(super) kind: String,
    pub(super) severity: String,
    pub(super) at: String,
    pub(super) local_day: String,
    pub(super) local_weekday: u8,
    pub(super) local_minute: u16,
    pub(super) position: Option<PositionWire>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PlaceWire {
    pub(super) level: String,
    pub(super) code: String,
    pub(super) name: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AssetWire {
    pub(super) layer: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) owner: Option<String>,
    pub(super) distance_m: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PositionWire {
    pub(super) lon: f64,
    pub(super) lat: f64,
    pub(super) accuracy_m: Option<f64>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LimitWire {
    pub(super) amount: u32,
    pub(super) unit: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AreaWire {
    pub(super) level: String,
    pub(super) code: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct AssetScopeWire {
    pub(super) layer: String,
    pub(super) owner: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ConsideredWire {
    pub(super) rule: String,
    pub(super) priority: i32,
    pub(super) selector: String,
    pub(super) area: Option<AreaWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cell: Option<String>,
    pub(super) asset: Option<AssetScopeWire>,
    pub(super) lead: String,
    pub(super) fate: FateWire,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(super) enum FateWire {
    Won,
    NotYetValid {
        from: String,
    },
    Expired {
        to: String,
    },
    OutsideTimeWindow {
        weekdays: String,
        hours: String,
        dates: String,
    },
    SeverityDiffers {
        wanted: String,
    },
    AssetAbsent {
        layer: String,
        owner: Option<String>,
    },
    LeadInactive {
        department: String,
    },
    LowerPriority {
        own: i32,
        winner: i32,
    },
    LessSpecificCategory {
        own: u8,
        winner: u8,
    },
    LessSpecificPlace,
    /// Metres, to the decimetre.
    FartherAsset {
        own_m: f64,
        winner_m: f64,
    },
    LaterId {
        winner: String,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct RungWire {
    pub(super) level: String,
    pub(super) area: String,
    pub(super) fate: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum OutcomeWire {
    Routed {
        lead: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unit: String,
        assists: Vec<String>,
        limit: Option<LimitWire>,
        limit_source: Option<String>,
        rule: Option<String>,
        fallback: Option<AreaWire>,
    },
    Unrouted {
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct NameWire {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) name_en: Option<String>,
}
