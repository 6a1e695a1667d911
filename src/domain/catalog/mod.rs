//! Categories, filing conditions and their limits; the departments that act on them. A catalog is
//! a value: it is built whole from rows, with a problem for every row that it could not take.

mod category;
mod collection;
mod department;
mod limit;
mod validity;

pub use category::{
    Category, Class, Condition, Nature, PhotoRequirement, Relation, Scheme, SchemeCode, Walk,
};
pub use collection::{Catalog, CatalogParts, CatalogProblem};
pub use department::Department;
pub use limit::{LIMIT_AMOUNT_MAX, Limit, LimitError, LimitRow, LimitTable, TimeType};
pub use validity::{Validity, ValidityError};

/// The two languages of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    /// Reads `zh-CN`, `zh` or `en`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "zh-CN" | "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}
