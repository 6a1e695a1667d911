//! What kinds have of their own, on the wire.

use super::issue::View;
use super::{Named, NamedArea};
use crate::app::dispute::Opened;
use crate::app::wish::shown_helper;
use crate::domain::cell::{COARSE_RESOLUTION, parent_cell};
use crate::domain::issue::care::{ClaimState, needs_control};
use crate::domain::issue::party::{DisputeRecord, Party};
use crate::domain::issue::record::Issue;
use crate::domain::territory::level::Level;
use crate::store::care::{Claimant, PublicItem, Summons};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the issue's kind has of its own.
#[derive(Serialize, ToSchema)]
pub struct CareWire {
    /// Of a dispute: `red`, `orange` or `yellow`.
    pub risk: Option<String>,
    /// A major hazard without a control measure; marked until one is recorded.
    pub needs_control: bool,
    pub controlled_at: Option<String>,
    /// Attempts at mediation.
    pub attempts: u32,
    /// Whether a sealed record of the parties was made.
    pub parties_recorded: bool,
    /// `oral`, `written`, `peoples_mediation` or `judicial_confirmation`.
    pub agreement_form: Option<String>,
    /// Days on which the agreement is still to be looked after.
    pub visits: Vec<String>,
    /// Of a wish: `pending` or `approved`.
    pub claim: Option<String>,
    pub published_at: Option<String>,
}

/// What the issue's kind has of its own.
pub fn care_wire(issue: &Issue) -> CareWire {
    let care = &issue.care;
    CareWire {
        risk: care.risk.map(|risk| risk.to_string()),
        needs_control: needs_control(issue),
        controlled_at: care.controlled.map(|at| at.to_rfc3339()),
        attempts: care.attempts,
        parties_recorded: care.parties,
        agreement_form: care.agreement.map(|form| form.to_string()),
        visits: care.visits.iter().map(ToString::to_string).collect(),
        claim: care.claim.map(|claim| claim.state.to_string()),
        published_at: care.published.map(|published| published.at.to_rfc3339()),
    }
}

/// A party of a dispute.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyWire {
    pub name: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub id_number: String,
    #[serde(default)]
    pub address: String,
    /// What the person is in the dispute, such as applicant or respondent.
    #[serde(default)]
    pub role: String,
}

impl From<PartyWire> for Party {
    fn from(wire: PartyWire) -> Self {
        let PartyWire { name, phone, id_number, address, role } = wire;
        Self { name, phone, id_number, address, role }
    }
}

impl From<Party> for PartyWire {
    fn from(party: Party) -> Self {
        let Party { name, phone, id_number, address, role } = party;
        Self { name, phone, id_number, address, role }
    }
}

/// The parties of a dispute and what they say, to be kept sealed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordWire {
    pub parties: Vec<PartyWire>,
    #[serde(default)]
    pub narrative: String,
    #[serde(default)]
    pub note: Option<String>,
}

impl RecordWire {
    pub fn into_record(self) -> DisputeRecord {
        DisputeRecord {
            parties: self.parties.into_iter().map(Party::from).collect(),
            narrative: self.narrative,
        }
    }
}

/// Why the sealed record is opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadWire {
    pub reason: String,
}

/// The opened record. That it was read is in the log, at `version`.
#[derive(Serialize, ToSchema)]
pub struct OpenedWire {
    pub version: i64,
    pub parties: Vec<PartyWire>,
    pub narrative: String,
    pub agreement_text: Option<String>,
}

/// The opened record.
pub fn opened_wire(opened: Opened) -> OpenedWire {
    OpenedWire {
        version: opened.issue.version,
        parties: opened.record.parties.into_iter().map(PartyWire::from).collect(),
        narrative: opened.record.narrative,
        agreement_text: opened.agreement.map(|text| text.0),
    }
}

/// An agreement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementWire {
    /// `oral`, `written`, `peoples_mediation` or `judicial_confirmation`.
    pub form: String,
    /// Its words; only an oral one may have none.
    #[serde(default)]
    pub text: Option<String>,
    /// Dates on which it is looked after.
    #[serde(default)]
    pub visits: Vec<String>,
    #[serde(default)]
    pub note: Option<String>,
}

/// Who claimed a wish, to the office.
#[derive(Serialize, ToSchema)]
pub struct ClaimantWire {
    /// `pending` or `approved`.
    pub state: String,
    pub name: String,
    pub phone: String,
    pub organisation: String,
    /// The claimant's account, where he works here.
    pub account_name: Option<String>,
}

/// What summons a level of the territory.
#[derive(Serialize, ToSchema)]
pub struct SummonsWire {
    pub issue_id: String,
    /// `major_hazard` or `risk`.
    pub kind: String,
    /// The role that is meant.
    pub audience: String,
    /// The area whose holders of the role are meant.
    pub area: Option<NamedArea>,
    pub at: String,
}

/// A summons on the wire.
pub fn summons_wire(view: &View<'_>, summons: &Summons) -> SummonsWire {
    let code = summons.area_path.trim_end_matches('/').rsplit('/').next();
    SummonsWire {
        issue_id: summons.issue.to_string(),
        kind: summons.kind.to_owned(),
        audience: summons.audience.to_owned(),
        area: code.filter(|code| !code.is_empty()).map(|code| view.area(code)),
        at: summons.at.to_rfc3339(),
    }
}

/// A published answer or wish. Of the reporter there is nothing in it, and of the place no more
/// than a coarse cell.
#[derive(Serialize, ToSchema)]
pub struct PublicWire {
    pub id: String,
    pub category_code: String,
    pub category_name: String,
    /// `suggestion`, `complaint`, `question`, `legal_consultation` or `small_wish`.
    pub nature: Option<String>,
    /// The words that the office published.
    pub text: String,
    /// Reports that it stands for.
    pub reports: u32,
    pub street: Option<Named>,
    pub community: Option<Named>,
    /// An H3 cell of resolution 9.
    pub cell: String,
    /// The middle of the cell: WGS-84 longitude and latitude.
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    pub published_at: String,
    /// Of a wish: `open`, `pending` (someone offered) or `claimed`.
    pub claim: Option<String>,
    /// Who fulfils it: an organisation, or a first name.
    pub claimed_by: Option<String>,
}

/// A published item, as anyone may see it.
pub fn public_wire(view: &View<'_>, item: &PublicItem, wishes: bool) -> PublicWire {
    let issue = &item.issue;
    let state = issue.care.claim.map(|claim| claim.state);
    let claimed = state == Some(ClaimState::Approved);
    let helper = Claimant {
        name: item.helper_name.clone().unwrap_or_default(),
        phone: String::new(),
        organisation: item.organisation.clone().unwrap_or_default(),
    };
    let told = match state {
        None => "open",
        Some(ClaimState::Pending) => "pending",
        Some(ClaimState::Approved) => "claimed",
    };
    let published = issue.care.published.map(|published| published.at.to_rfc3339());
    PublicWire {
        id: issue.id.to_string(),
        category_code: issue.category.to_string(),
        category_name: view.category_name(&issue.category),
        nature: issue.nature.clone(),
        text: item.words.clone(),
        reports: issue.counts.reports,
        street: view.area_at(&issue.place.path, Level::Street),
        community: view.area_at(&issue.place.path, Level::Community),
        cell: format!("{:x}", parent_cell(issue.place.cell, COARSE_RESOLUTION)),
        position: issue.place.coarse_position(),
        published_at: published.unwrap_or_default(),
        claim: wishes.then(|| told.to_owned()),
        claimed_by: Some(shown_helper(&helper)).filter(|name| claimed && !name.is_empty()),
    }
}

/// Who offers to fulfil a wish. An account that works here need not leave a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferHelpWire {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub organisation: String,
    #[serde(default)]
    pub note: Option<String>,
}

/// What became of an offer.
#[derive(Serialize, ToSchema)]
pub struct OfferedWire {
    /// `pending` until the office decides; null when it was given up.
    pub claim: Option<String>,
}

/// Why an offer is given up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUpWire {
    pub note: String,
}
