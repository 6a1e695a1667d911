//! From features to areas: which property says what, and what becomes of those that do not fit.

use std::collections::HashMap;

use super::area::{Area, AreaKind, Validity};
use super::feature::{Feature, FeatureRef, Shape};
use super::level::Level;
use super::repair::{Repair, ShapeError, ShapeLimits, repair_shape};
use crate::domain::datum::Datum;
use crate::domain::id::{AreaCode, CodeError};
use crate::domain::time::Day;

/// The names of the properties that say what an area is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    pub code: String,
    pub name: String,
    pub level: String,
    pub parent: String,
    pub kind: String,
    pub valid_from: String,
    pub valid_to: String,
    /// The level of features that do not say theirs.
    pub default_level: Option<Level>,
}

impl Default for Mapping {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            code: own("code"),
            name: own("name"),
            level: own("level"),
            parent: own("parent"),
            kind: own("kind"),
            valid_from: own("valid_from"),
            valid_to: own("valid_to"),
            default_level: None,
        }
    }
}

/// Why a feature is no area.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RefusalReason {
    #[error("{0}")]
    Shape(#[from] ShapeError),
    #[error("it has no property {0:?} for its code")]
    NoCode(String),
    #[error("its code: {0}")]
    Code(CodeError),
    #[error("its parent's code: {0}")]
    Parent(CodeError),
    #[error("its level {0:?} is not a level")]
    Level(String),
    #[error("it has no property {0:?} for its level")]
    NoLevel(String),
    #[error("its kind {0:?} is neither regular nor dedicated")]
    Kind(String),
    #[error("{0:?} is not a day such as 2026-07-01")]
    Day(String),
    #[error("it ends to be in force before it begins")]
    Validity,
    #[error("its code {code} is that of {first} too")]
    Duplicate { code: AreaCode, first: FeatureRef },
}

impl RefusalReason {
    /// What whoever sent the file can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            RefusalReason::Shape(error) => error.remedy(),
            RefusalReason::NoCode(_) | RefusalReason::NoLevel(_) => {
                "name the property that has it, or fill it in"
            }
            RefusalReason::Code(_) | RefusalReason::Parent(_) => "correct the code",
            RefusalReason::Level(_) => {
                "use province, city, district, street, community, grid or micro_grid"
            }
            RefusalReason::Kind(_) => "use regular or dedicated, or leave it empty",
            RefusalReason::Day(_) | RefusalReason::Validity => "correct the days",
            RefusalReason::Duplicate { .. } => "give each area its own code",
        }
    }
}

/// A feature that was repaired.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    pub feature: FeatureRef,
    pub repairs: Vec<Repair>,
}

/// A feature that was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub feature: FeatureRef,
    pub reason: RefusalReason,
}

/// What came of a file. Every feature is in `areas` or in `refusals`.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub areas: Vec<Area>,
    pub repairs: Vec<Repaired>,
    pub refusals: Vec<Refusal>,
}

/// Takes features one by one, as they are read.
#[derive(Debug)]
pub struct Importer {
    mapping: Mapping,
    datum: Datum,
    limits: ShapeLimits,
    codes: HashMap<AreaCode, FeatureRef>,
    imported: Imported,
}

impl Importer {
    pub fn new(mapping: Mapping, datum: Datum, limits: ShapeLimits) -> Self {
        Self { mapping, datum, limits, codes: HashMap::new(), imported: Imported::default() }
    }

    pub fn take(&mut self, mut feature: Feature) {
        let reference = feature.reference();
        let shape = std::mem::replace(&mut feature.shape, Shape::Missing);
        match self.read_area(&feature, &reference, shape) {
            Ok((area, repairs)) => {
                if !repairs.is_empty() {
                    self.imported.repairs.push(Repaired { feature: reference, repairs });
                }
                self.imported.areas.push(area);
            }
            Err(reason) => self.imported.refusals.push(Refusal { feature: reference, reason }),
        }
    }

    pub fn finish(self) -> Imported {
        self.imported
    }

    fn read_area(
        &mut self,
        feature: &Feature,
        reference: &FeatureRef,
        shape: Shape,
    ) -> Result<(Area, Vec<Repair>), RefusalReason> {
        let mapping = &self.mapping;
        let text = |name: &str| feature.text(name).map(str::trim).filter(|t| !t.is_empty());
        let code =
            text(&mapping.code).ok_or_else(|| RefusalReason::NoCode(mapping.code.clone()))?;
        let code = AreaCode::parse(code).map_err(RefusalReason::Code)?;
        let level = match (text(&mapping.level), mapping.default_level) {
            (Some(level), _) => {
                Level::parse(level).ok_or_else(|| RefusalReason::Level(level.to_owned()))?
            }
            (None, Some(level)) => level,
            (None, None) => return Err(RefusalReason::NoLevel(mapping.level.clone())),
        };
        let parent = text(&mapping.parent).map(AreaCode::parse).transpose();
        let kind = match text(&mapping.kind) {
            None => AreaKind::Regular,
            Some(kind) => {
                AreaKind::parse(kind).ok_or_else(|| RefusalReason::Kind(kind.to_owned()))?
            }
        };
        let day = |name: &str| {
            let parse = |t: &str| Day::parse(t).ok_or_else(|| RefusalReason::Day(t.to_owned()));
            text(name).map(parse).transpose()
        };
        let validity = Validity { from: day(&mapping.valid_from)?, to: day(&mapping.valid_to)? };
        if validity.is_empty() {
            return Err(RefusalReason::Validity);
        }
        let parent = parent.map_err(RefusalReason::Parent)?;
        let name = text(&mapping.name).unwrap_or(code.as_str()).to_owned();
        let (polygon, repairs) = repair_shape(shape, self.datum, &self.limits)?;
        if let Some(first) = self.codes.get(&code) {
            return Err(RefusalReason::Duplicate { code, first: first.clone() });
        }
        self.codes.insert(code.clone(), reference.clone());
        Ok((Area { code, name, level, parent, kind, polygon, validity }, repairs))
    }
}

/// Imports features that are at hand already.
pub fn import_areas(
    features: impl IntoIterator<Item = Feature>,
    mapping: Mapping,
    datum: Datum,
    limits: ShapeLimits,
) -> Imported {
    let mut importer = Importer::new(mapping, datum, limits);
    features.into_iter().for_each(|feature| importer.take(feature));
    importer.finish()
}
