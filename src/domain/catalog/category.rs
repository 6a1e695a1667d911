//! Schemes, categories and filing conditions, and the cross-walk between schemes.

use std::fmt;

use super::{Lang, Limit, Validity};
use crate::domain::id::{CategoryCode, CodeError, ConditionCode};
use crate::domain::issue::evidence::EvidenceRule;
use crate::domain::issue::kind::Kind;

/// The code of a scheme of categories, such as `national` or `la311`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemeCode(CategoryCode);

impl SchemeCode {
    /// # Errors
    /// Empty, too long, or holding a reserved character.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        CategoryCode::parse(text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for SchemeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SchemeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// One system of categories: the national one, a local one, the hotline's labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub code: SchemeCode,
    pub name: String,
    pub name_en: Option<String>,
    pub version: String,
    /// Who published it, or that it was adapted or made for this product.
    pub source: String,
}

/// The two classes of the national scheme; other schemes have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// 部件: a thing of the city.
    Component,
    /// 事件: something that happens.
    Event,
}

impl Class {
    pub const ALL: [Class; 2] = [Class::Component, Class::Event];

    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Component => "component",
            Class::Event => "event",
        }
    }

    pub const fn chinese(self) -> &'static str {
        match self {
            Class::Component => "部件",
            Class::Event => "事件",
        }
    }

    /// The prefix of the category codes of this class (部件 bùjiàn, 事件 shìjiàn).
    pub const fn prefix(self) -> &'static str {
        match self {
            Class::Component => "bj",
            Class::Event => "sj",
        }
    }

    /// Reads the wire name or the Chinese one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text || class.chinese() == text)
    }
}

/// What sort of opinion a category of opinions holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Nature {
    /// 建议
    Suggestion,
    /// 投诉
    Complaint,
    /// 咨询
    Question,
    /// 法律咨询
    LegalConsultation,
    /// 微心愿: it is claimed (认领) by someone who can help.
    SmallWish,
}

impl Nature {
    pub const ALL: [Nature; 5] = [
        Nature::Suggestion,
        Nature::Complaint,
        Nature::Question,
        Nature::LegalConsultation,
        Nature::SmallWish,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Nature::Suggestion => "suggestion",
            Nature::Complaint => "complaint",
            Nature::Question => "question",
            Nature::LegalConsultation => "legal_consultation",
            Nature::SmallWish => "small_wish",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|nature| nature.as_str() == text)
    }
}

/// A category of issues: a big class, or a small class within one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Unique in the whole catalog, so that an issue can keep it alone.
    pub code: CategoryCode,
    pub scheme: SchemeCode,
    pub class: Option<Class>,
    /// The big class's code as published, such as `01`.
    pub big_code: String,
    /// The small class's code as published; `None` for a big class itself.
    pub small_code: Option<String>,
    pub parent: Option<CategoryCode>,
    pub kind: Kind,
    pub name: String,
    pub name_en: Option<String>,
    /// For opinions only.
    pub nature: Option<Nature>,
    pub anonymous_allowed: bool,
    pub needs_inspection: bool,
    pub validity: Validity,
}

impl Category {
    /// The name in `lang`, the Chinese one where there is no English one.
    pub fn name_in(&self, lang: Lang) -> &str {
        match (lang, &self.name_en) {
            (Lang::En, Some(name)) => name,
            _ => &self.name,
        }
    }
}

/// Which photos a condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum PhotoRequirement {
    #[default]
    None,
    /// One of the state found, with the report.
    Before,
    /// One of the state found and one of the state after handling.
    BeforeAndAfter,
}

impl PhotoRequirement {
    pub const ALL: [PhotoRequirement; 3] =
        [PhotoRequirement::None, PhotoRequirement::Before, PhotoRequirement::BeforeAndAfter];

    pub const fn as_str(self) -> &'static str {
        match self {
            PhotoRequirement::None => "none",
            PhotoRequirement::Before => "before",
            PhotoRequirement::BeforeAndAfter => "before_and_after",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|photo| photo.as_str() == text)
    }
}

/// A filing condition (立案条件). It, not the category, carries the deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub code: ConditionCode,
    pub category: CategoryCode,
    pub text: String,
    pub closing_condition: String,
    /// `None` where the publisher gives none; lint reports those.
    pub limit: Option<Limit>,
    /// The limit as published, before a limit table gave it its meaning.
    pub limit_text: String,
    pub photo: PhotoRequirement,
    /// What the end of the work is refused without.
    pub evidence: EvidenceRule,
    /// The units as published, in their order. They are names, not department codes: the
    /// responsibility matrix says which department of a city stands for them.
    pub responsible_units: Vec<String>,
    pub regulators: Vec<String>,
}

/// How the meaning of one category relates to that of another scheme's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    Exact,
    /// The first is a part of the second.
    Narrower,
    /// The second is a part of the first.
    Broader,
    Related,
}

impl Relation {
    pub const ALL: [Relation; 4] =
        [Relation::Exact, Relation::Narrower, Relation::Broader, Relation::Related];

    pub const fn as_str(self) -> &'static str {
        match self {
            Relation::Exact => "exact",
            Relation::Narrower => "narrower",
            Relation::Broader => "broader",
            Relation::Related => "related",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == text)
    }

    /// The same relation seen from the other side.
    pub const fn inverse(self) -> Self {
        match self {
            Relation::Narrower => Relation::Broader,
            Relation::Broader => Relation::Narrower,
            same => same,
        }
    }
}

/// One row of the cross-walk: `from` is `relation` than/as `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    pub from: CategoryCode,
    pub to: CategoryCode,
    pub relation: Relation,
}
