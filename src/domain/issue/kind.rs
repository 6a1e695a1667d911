//! The three kinds of issue and how grave one is.

use std::fmt;

/// What an issue is about; it decides how the issue ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 隐患: an unsafe or unfit state of a thing or place.
    Hazard,
    /// 矛盾纠纷: a conflict between parties.
    Dispute,
    /// 社情民意: a suggestion, complaint, question, legal consultation or small wish.
    Opinion,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Hazard, Kind::Dispute, Kind::Opinion];

    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Hazard => "hazard",
            Kind::Dispute => "dispute",
            Kind::Opinion => "opinion",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How grave an issue is. A major hazard (重大隐患) is told up the line at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Severity {
    #[default]
    General,
    Major,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::General => "general",
            Severity::Major => "major",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Severity::General, Severity::Major].into_iter().find(|s| s.as_str() == text)
    }
}
