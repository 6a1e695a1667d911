//! Wire types: what JSON looks like. Domain types are turned into these, and these into domain
//! types by parsing; neither knows the other's business.

pub mod analysis;
pub mod area;
pub mod care;
pub mod clock;
pub mod flow;
pub mod import;
pub mod issue;
pub mod matrix;
pub mod measure;
pub mod offer;
mod offer_kinds;
pub mod people;
pub mod redraw;
pub mod report;
pub mod session;
pub mod supervision;
pub mod territory;
pub mod track;

use crate::app::error::Say;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text in both languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Texts {
    pub zh: String,
    pub en: String,
}

impl From<Say> for Texts {
    fn from(says: Say) -> Self {
        Self { zh: says.zh, en: says.en }
    }
}

/// A code with its name in the reader's language.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Named {
    pub code: String,
    pub name: String,
}

/// An area of a chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NamedArea {
    pub code: String,
    pub name: String,
    /// `province`, `city`, `district`, `street`, `community`, `grid` or `micro_grid`.
    pub level: String,
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// To be sent as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// How many there are in all, where that is known cheaply.
    pub total: Option<i64>,
}

/// A list that is given whole.
#[derive(Serialize, ToSchema)]
pub struct Items<T> {
    pub items: Vec<T>,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub login: String,
    pub password: String,
}
