//! An action with its fields, as it comes in.

use super::reroute::PlaceFix;
use serde::Deserialize;
use utoipa::ToSchema;

/// An action with its fields.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionWire {
    pub action: String,
    #[serde(default)]
    pub note: Option<String>,
    /// Code of the lead department.
    #[serde(default)]
    pub department: Option<String>,
    /// Codes of the assisting departments.
    #[serde(default)]
    pub assists: Vec<String>,
    /// A date (its last moment counts) or an instant in RFC 3339.
    #[serde(default)]
    pub until: Option<String>,
    /// Id or number of the issue to merge into.
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub outcome: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    /// Needed with the reasons `not_ours` and `wrong_place`.
    #[serde(default)]
    pub cited_rule: Option<String>,
    /// Corrected category code.
    #[serde(default)]
    pub category: Option<String>,
    /// Corrected condition code.
    #[serde(default)]
    pub condition: Option<String>,
    /// A corrected place.
    #[serde(default)]
    pub place: Option<PlaceFix>,
    /// The `confirmed_route` of the preview that was looked at; a correction and a change of the
    /// severity need it once a department has the issue.
    #[serde(default)]
    pub confirmed_route: Option<String>,
    #[serde(default)]
    pub photo_ids: Vec<String>,
    /// Ids of uploads that are whole and come with the action.
    #[serde(default)]
    pub uploads: Vec<String>,
    /// As `uploads`, for photos of how things were before.
    #[serde(default)]
    pub before_uploads: Vec<String>,
    /// Codes of the departments that a whistle summons.
    #[serde(default)]
    pub departments: Vec<String>,
    /// Where a whistle summons to, in words.
    #[serde(default)]
    pub meeting: Option<String>,
    /// Of the meeting, or of whoever acts; in `datum`.
    #[serde(default)]
    #[schema(value_type = Option<[f64; 2]>)]
    pub position: Option<(f64, f64)>,
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    pub datum: Option<String>,
    /// `on_time`, `late` or `absent`.
    #[serde(default)]
    pub judgement: Option<String>,
    /// `valid` or `not_reached`.
    #[serde(default)]
    pub reach: Option<String>,
    /// `resolved`, `partly` or `not_resolved`.
    #[serde(default)]
    pub verdict: Option<String>,
    /// `satisfied`, `fairly_satisfied`, `neutral`, `unsatisfied` or `very_unsatisfied`.
    #[serde(default)]
    pub satisfaction: Option<String>,
    /// `return_budget`, `overdue`, `failed_inspection` or `low_rating`.
    #[serde(default)]
    pub ground: Option<String>,
    /// The order that a reply answers, by its `seq` in the dossier; the oldest one where none is
    /// named.
    #[serde(default)]
    pub order: Option<i64>,
    /// Id of the account that is to handle it; `GET /issues/{id}/handlers` has those that can.
    #[serde(default)]
    pub assignee: Option<String>,
    /// Of a dispute: `red`, `orange` or `yellow`.
    #[serde(default)]
    pub risk: Option<String>,
    /// `general` or `major`.
    #[serde(default)]
    pub severity: Option<String>,
    /// When a mediation was held: an instant in RFC 3339.
    #[serde(default)]
    pub held_at: Option<String>,
    /// Where it was held.
    #[serde(default)]
    pub venue: Option<String>,
    #[serde(default)]
    pub mediators: Vec<String>,
    /// Dates on which an agreement is looked after.
    #[serde(default)]
    pub visits: Vec<String>,
    /// Whether the parties keep to their agreement.
    #[serde(default)]
    pub kept: Option<String>,
    /// `oral`, `written`, `peoples_mediation` or `judicial_confirmation`.
    #[serde(default)]
    pub agreement_form: Option<String>,
}
