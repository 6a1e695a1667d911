//! Sessions, accounts and tokens on the wire.

use super::super::extract::Lang;
use super::Named;
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::domain::access::Role;
use crate::domain::id::{AreaCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::http::problem::ApiError;
use crate::store::port::{AccountRow, GrantRow, SessionRow, TokenRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role over an area subtree, a department and kinds; null means all.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantWire {
    pub role: String,
    #[serde(default)]
    pub area_code: Option<String>,
    /// Told, and passed over when it is sent back.
    #[serde(default)]
    pub area_name: Option<String>,
    #[serde(default)]
    pub department_code: Option<String>,
    /// Told, and passed over when it is sent back.
    #[serde(default)]
    pub department_name: Option<String>,
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
}

/// The account that is signed in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    pub id: String,
    pub login: String,
    pub name: String,
    pub locale: String,
}

/// The session that a request belongs to.
#[derive(Serialize, ToSchema)]
pub struct SessionWire {
    pub account: Me,
    pub grants: Vec<GrantWire>,
    /// To be sent as X-CSRF-Token with every change; null when an API token was used.
    pub csrf_token: Option<String>,
    pub expires_at: Option<String>,
    pub must_change_password: bool,
}

/// An account as an administrator sees it.
#[derive(Serialize, ToSchema)]
pub struct AccountWire {
    pub id: String,
    pub login: String,
    pub name: String,
    pub active: bool,
    pub must_change_password: bool,
    pub grants: Vec<GrantWire>,
    /// Goes up with each change.
    pub version: i64,
    /// The worker whose account it is.
    pub worker: Option<Named>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountWire {
    pub login: String,
    pub name: String,
    pub password: String,
    #[serde(default)]
    pub grants: Vec<GrantWire>,
}

/// What to change in an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatchWire {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub active: Option<bool>,
    #[serde(default)]
    pub grants: Option<Vec<GrantWire>>,
    /// The version that was seen; when it is another by now, nothing is changed (409).
    #[serde(default)]
    pub version: Option<i64>,
}

/// A new password for oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    pub current: String,
    pub new: String,
}

/// An API token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenWire {
    pub name: String,
    #[serde(default = "days_default")]
    pub expires_in_days: i64,
}

const fn days_default() -> i64 {
    90
}

/// An API token; the token itself only in the answer that made it.
#[derive(Serialize, ToSchema)]
pub struct TokenWire {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    pub expires_at: String,
}

impl TokenWire {
    pub fn of(row: &TokenRow, token: Option<String>) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            token,
            expires_at: row.expires.to_rfc3339(),
        }
    }
}

/// A grant with names.
pub fn grant_wire(snapshot: &Snapshot, lang: Lang, grant: &GrantRow) -> GrantWire {
    let area = grant.area_code.as_deref().and_then(|code| AreaCode::parse(code).ok());
    let department = grant.department.as_deref().and_then(|c| DepartmentCode::parse(c).ok());
    GrantWire {
        role: grant.role.to_string(),
        area_name: area.and_then(|code| snapshot.area_name(code.as_str())),
        area_code: grant.area_code.clone(),
        department_name: department.map(|code| {
            let (zh, en) = snapshot.department_names(&code);
            lang.pick(&say(zh, en))
        }),
        department_code: grant.department.clone(),
        kinds: grant.kinds.as_ref().map(|kinds| kinds.iter().map(ToString::to_string).collect()),
    }
}

/// Reads grants.
///
/// # Errors
/// A role or kind is not known.
pub fn parse_grants(wires: &[GrantWire]) -> Result<Vec<GrantRow>, ApiError> {
    wires.iter().map(parse_grant).collect()
}

fn parse_grant(wire: &GrantWire) -> Result<GrantRow, ApiError> {
    let unknown = |what: &str| {
        let says = say(format!("未知的值 {what:?}"), format!("{what:?} is not known"));
        ApiError::invalid("grants", says)
    };
    let kinds = match &wire.kinds {
        None => None,
        Some(names) => {
            // An empty list says "none", which no grant means: taken for "all" it would open much.
            if names.is_empty() {
                return Err(unknown("kinds: []"));
            }
            let kinds = names.iter().map(|n| Kind::parse(n).ok_or_else(|| unknown(n)));
            Some(kinds.collect::<Result<Vec<_>, _>>()?)
        }
    };
    Ok(GrantRow {
        role: Role::parse(&wire.role).ok_or_else(|| unknown(&wire.role))?,
        area_code: wire.area_code.clone(),
        department: wire.department_code.clone(),
        kinds,
    })
}

fn grants_wire(snapshot: &Snapshot, lang: Lang, account: &AccountRow) -> Vec<GrantWire> {
    account.grants.iter().map(|grant| grant_wire(snapshot, lang, grant)).collect()
}

/// The session as its owner sees it.
pub fn session_wire(
    snapshot: &Snapshot,
    lang: Lang,
    account: &AccountRow,
    session: Option<&SessionRow>,
) -> SessionWire {
    SessionWire {
        account: Me {
            id: account.id.to_string(),
            login: account.login.clone(),
            name: account.name.clone(),
            locale: snapshot.instance.locale.clone(),
        },
        grants: grants_wire(snapshot, lang, account),
        csrf_token: session.map(|session| session.csrf_token.clone()),
        expires_at: session.map(|session| session.expires.to_rfc3339()),
        must_change_password: account.must_change_password,
    }
}

/// An account as an administrator sees it.
pub fn account_wire(
    snapshot: &Snapshot,
    lang: Lang,
    account: &AccountRow,
    worker: Option<Named>,
) -> AccountWire {
    AccountWire {
        id: account.id.to_string(),
        login: account.login.clone(),
        name: account.name.clone(),
        active: account.active,
        must_change_password: account.must_change_password,
        grants: grants_wire(snapshot, lang, account),
        version: account.version,
        worker,
    }
}
