//! Placeholder until the territory branch lands.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datum {
    Wgs84,
    Gcj02,
    Bd09,
}
impl Datum {
    pub const fn as_str(self) -> &'static str {
        match self {
            Datum::Wgs84 => "wgs84",
            Datum::Gcj02 => "gcj02",
            Datum::Bd09 => "bd09",
        }
    }
    pub fn parse(t: &str) -> Option<Self> {
        [Self::Wgs84, Self::Gcj02, Self::Bd09].into_iter().find(|d| d.as_str() == t)
    }
}
