//! Departments: who can be given an issue.

use super::Lang;
use crate::domain::id::{AreaCode, DepartmentCode};
use crate::domain::territory::level::Level;

/// A department, company or office that can lead or assist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    pub code: DepartmentCode,
    pub name: String,
    pub name_en: Option<String>,
    /// An inactive department is never routed to; its past issues keep its name.
    pub active: bool,
    pub phone: Option<String>,
    /// The area that the department serves; `None` when it serves the whole installation.
    pub area: Option<(Level, AreaCode)>,
}

impl Department {
    /// The name in `lang`, the Chinese one where there is no English one.
    pub fn name_in(&self, lang: Lang) -> &str {
        match (lang, &self.name_en) {
            (Lang::En, Some(name)) => name,
            _ => &self.name,
        }
    }
}
