//! What a use case can answer instead of a result. Texts are for people, in both languages.

use crate::domain::catalog::Lang;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::Refusal;
use crate::store::StoreError;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub zh: String,
    pub en: String,
}

impl Lang {
    /// The text in this language.
    pub fn pick(self, says: &Say) -> String {
        match self {
            Lang::Zh => says.zh.clone(),
            Lang::En => says.en.clone(),
        }
    }
}

/// A text in both languages.
pub fn say(zh: impl Into<String>, en: impl Into<String>) -> Say {
    Say { zh: zh.into(), en: en.into() }
}

/// What is wrong with one field of the input, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    pub field: String,
    pub says: Say,
}

/// A use case's failure.
#[derive(Debug)]
pub enum AppError {
    /// The input does not say what it should; each fault by field.
    Invalid(Vec<FieldProblem>),
    /// Nobody is signed in, or no longer.
    Unauthenticated,
    BadCredentials,
    /// Too many attempts; try again after so many seconds.
    Throttled {
        retry_after_s: u64,
    },
    Forbidden(Say),
    NotFound(Say),
    Conflict(Say),
    /// The workflow refuses.
    Refused(Refusal),
    /// The evidence does not do; the code names the reason.
    Evidence {
        code: &'static str,
        says: Say,
    },
    /// The key was used for another request.
    KeyReused,
    TooLarge(Say),
    UnsupportedMedia(Say),
    /// It is the reporter's to do, and nothing shows that it is the reporter who asks.
    ReportCode(Say),
    /// What is to be sealed or opened lacks its key.
    NoSealKey(Say),
    /// A dependency is away; try again.
    Unavailable(String),
    /// A fault of ours.
    Internal(String),
}

impl AppError {
    /// One faulty field.
    pub fn field(field: &str, says: Say) -> Self {
        Self::Invalid(vec![FieldProblem { field: field.to_owned(), says }])
    }

    /// No such issue, or not one that the reader may know of.
    pub fn no_issue() -> Self {
        Self::NotFound(say("没有这个事件，或不在您的权限范围内", "No such issue within your scope"))
    }

    /// The actions that would be allowed instead, where that is the matter.
    pub fn allowed(&self) -> &[Action] {
        match self {
            Self::Refused(
                Refusal::NotFromHere { allowed, .. } | Refusal::NotYours { allowed, .. },
            ) => allowed,
            _ => &[],
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Conflict(say(
                "数据刚被他人修改，请刷新后重试",
                "Someone changed this meanwhile; reload and try again",
            )),
            StoreError::Taken(what) => Self::Conflict(say(
                format!("{what} 已被占用"),
                format!("This {what} is taken already"),
            )),
            StoreError::LastAdministrator => Self::Conflict(say(
                "这是最后一个在用的管理员（全域授权）：请先让另一个账号成为管理员",
                "This is the last active administrator over everything: \
                 make another account one first",
            )),
            StoreError::Unavailable(why) => Self::Unavailable(why),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
