//! The catalogs and matrices that ship inside the binary, from `geodata/`. Each pack's SOURCE.md
//! says where it comes from and what was adapted or made for this product.

use super::catalog::read_limit_table;
use super::matrix::MatrixContext;
use super::pack::{
    FileRole, Pack, PackFile, PackProblem, PackProblems, read_catalog, read_matrix_pack,
};
use crate::domain::catalog::{Catalog, LimitTable};
use crate::domain::routing::Matrix;
use crate::domain::time::Day;

/// The version of the shipped catalog and matrices.
pub const PACKS_VERSION: &str = "2026-1";

type Shipped = (FileRole, &'static str, &'static str);

macro_rules! shipped {
    ($role:ident, $path:literal) => {
        (FileRole::$role, $path, include_str!(concat!("../../geodata/", $path)))
    };
}

/// How limit texts are read where a city brings no table of its own.
const COMMON_LIMITS: Shipped = shipped!(Limits, "catalog/limits.csv");
const YUNCHENG_LIMITS: Shipped = shipped!(Limits, "catalog/yuncheng/limits.csv");
/// The scheme that Yuncheng's published table fills.
const YUNCHENG_SCHEME: &str = "national";

/// In the order in which they are read: limits and names hold for what follows them.
const CATALOG: [Shipped; 10] = [
    shipped!(Schemes, "catalog/schemes.csv"),
    YUNCHENG_LIMITS,
    shipped!(NamesEn, "catalog/yuncheng/names_en.csv"),
    shipped!(PublishedTable, "catalog/yuncheng/standard.csv"),
    COMMON_LIMITS,
    shipped!(Categories, "catalog/social/categories.csv"),
    shipped!(Categories, "catalog/hotline/categories.csv"),
    shipped!(Categories, "catalog/la311/categories.csv"),
    shipped!(Conditions, "catalog/social/conditions.csv"),
    shipped!(Crosswalk, "catalog/crosswalk.csv"),
];

/// A city with a shipped matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum City {
    Jinshui,
    LosAngeles,
}

impl City {
    const fn files(self) -> [Shipped; 3] {
        match self {
            City::Jinshui => [
                shipped!(Departments, "matrix/jinshui_departments.csv"),
                shipped!(Rules, "matrix/jinshui.csv"),
                shipped!(Ladder, "matrix/jinshui_ladder.csv"),
            ],
            City::LosAngeles => [
                shipped!(Departments, "matrix/la311_departments.csv"),
                shipped!(Rules, "matrix/la311.csv"),
                shipped!(Ladder, "matrix/la311_ladder.csv"),
            ],
        }
    }
}

fn pack_of(files: &[Shipped]) -> Pack {
    let files = files.iter().map(|&(role, name, text)| PackFile {
        role,
        name: name.to_owned(),
        text: text.to_owned(),
        scheme: (role == FileRole::PublishedTable).then(|| YUNCHENG_SCHEME.to_owned()),
    });
    Pack { files: files.collect() }
}

/// The shipped catalog: the national, social, hotline and Los Angeles schemes.
pub fn shipped_catalog() -> Pack {
    pack_of(&CATALOG)
}

/// A city's shipped departments, rules and ladder.
pub fn shipped_matrix(city: City) -> Pack {
    pack_of(&city.files())
}

fn load_limits((_, file, text): Shipped) -> (LimitTable, PackProblems) {
    let (table, problems) = read_limit_table(text.as_bytes());
    let told = |problem| PackProblem::Row { file: file.to_owned(), problem };
    (table, problems.into_iter().map(told).collect())
}

/// How plain `小时` and `天` are read where a city brings no table of its own.
pub fn load_common_limits() -> (LimitTable, PackProblems) {
    load_limits(COMMON_LIMITS)
}

/// How Yuncheng's published limits are read, its odd ones included.
pub fn load_yuncheng_limits() -> (LimitTable, PackProblems) {
    load_limits(YUNCHENG_LIMITS)
}

/// The shipped catalog, read.
pub fn load_catalog() -> (Catalog, PackProblems) {
    read_catalog(PACKS_VERSION, &shipped_catalog())
}

/// A city's shipped matrix, read. Its areas are not checked: the territory is loaded apart.
pub fn load_matrix(city: City, catalog: &Catalog, today: Day) -> (Matrix, PackProblems) {
    let context = MatrixContext { catalog, areas: None, today };
    read_matrix_pack(PACKS_VERSION, &shipped_matrix(city), &context)
}

#[cfg(test)]
mod tests;
