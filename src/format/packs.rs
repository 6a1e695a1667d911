//! The catalogs and matrices that ship inside the binary, from `geodata/`. Each pack's SOURCE.md
//! says where it comes from and what was adapted or made for this product.

use super::catalog::{
    read_categories, read_conditions, read_crosswalk, read_departments, read_limit_table,
    read_names_en, read_published_table, read_schemes,
};
use super::csv_rows::LineProblem;
use super::matrix::{MatrixContext, read_matrix};
use crate::domain::catalog::{Catalog, CatalogParts, LimitTable, SchemeCode};
use crate::domain::routing::Matrix;
use crate::domain::time::Day;

macro_rules! pack_file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../geodata/", $path)).as_slice())
    };
}

type PackFile = (&'static str, &'static [u8]);

/// The version of the shipped catalog and matrices.
pub const PACKS_VERSION: &str = "2026-1";

const SCHEMES: PackFile = pack_file!("catalog/schemes.csv");
const CROSSWALK: PackFile = pack_file!("catalog/crosswalk.csv");
const COMMON_LIMITS: PackFile = pack_file!("catalog/limits.csv");
const YUNCHENG_TABLE: PackFile = pack_file!("catalog/yuncheng/standard.csv");
const YUNCHENG_LIMITS: PackFile = pack_file!("catalog/yuncheng/limits.csv");
const YUNCHENG_NAMES: PackFile = pack_file!("catalog/yuncheng/names_en.csv");
const CATEGORIES: [PackFile; 3] = [
    pack_file!("catalog/social/categories.csv"),
    pack_file!("catalog/hotline/categories.csv"),
    pack_file!("catalog/la311/categories.csv"),
];
const CONDITIONS: [PackFile; 1] = [pack_file!("catalog/social/conditions.csv")];

/// A city with a shipped matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum City {
    Jinshui,
    LosAngeles,
}

struct MatrixFiles {
    departments: PackFile,
    rules: PackFile,
    ladder: PackFile,
}

impl City {
    fn files(self) -> MatrixFiles {
        match self {
            City::Jinshui => MatrixFiles {
                departments: pack_file!("matrix/jinshui_departments.csv"),
                rules: pack_file!("matrix/jinshui.csv"),
                ladder: pack_file!("matrix/jinshui_ladder.csv"),
            },
            City::LosAngeles => MatrixFiles {
                departments: pack_file!("matrix/la311_departments.csv"),
                rules: pack_file!("matrix/la311.csv"),
                ladder: pack_file!("matrix/la311_ladder.csv"),
            },
        }
    }
}

/// Problems found while loading packs, each with its file. A test keeps the shipped ones empty.
pub type PackProblems = Vec<String>;

fn told<T>(file: &str, (value, problems): (T, Vec<LineProblem>), into: &mut PackProblems) -> T {
    into.extend(problems.iter().map(|problem| format!("{file}: {problem}")));
    value
}

/// The limit table for cities that have none of their own.
pub fn load_common_limits() -> (LimitTable, PackProblems) {
    let mut problems = PackProblems::new();
    let table = told(COMMON_LIMITS.0, read_limit_table(COMMON_LIMITS.1), &mut problems);
    (table, problems)
}

/// The table that gives the odd limits of Yuncheng their meaning, to be shown.
pub fn load_yuncheng_limits() -> (LimitTable, PackProblems) {
    let mut problems = PackProblems::new();
    let table = told(YUNCHENG_LIMITS.0, read_limit_table(YUNCHENG_LIMITS.1), &mut problems);
    (table, problems)
}

/// All shipped schemes in one catalog.
pub fn load_catalog() -> (Catalog, PackProblems) {
    let mut problems = PackProblems::new();
    let mut parts = load_yuncheng(&mut problems);
    parts.schemes = told(SCHEMES.0, read_schemes(SCHEMES.1), &mut problems);
    for (file, bytes) in CATEGORIES {
        parts.categories.extend(told(file, read_categories(bytes), &mut problems));
    }
    let (limits, of_limits) = load_common_limits();
    problems.extend(of_limits);
    for (file, bytes) in CONDITIONS {
        parts.conditions.extend(told(file, read_conditions(bytes, &limits), &mut problems));
    }
    parts.walks = told(CROSSWALK.0, read_crosswalk(CROSSWALK.1), &mut problems);
    let (catalog, of_catalog) = Catalog::build(PACKS_VERSION, parts);
    problems.extend(of_catalog.iter().map(|problem| format!("catalog: {problem}")));
    (catalog, problems)
}

fn load_yuncheng(problems: &mut PackProblems) -> CatalogParts {
    let (limits, of_limits) = load_yuncheng_limits();
    problems.extend(of_limits);
    let names = told(YUNCHENG_NAMES.0, read_names_en(YUNCHENG_NAMES.1), problems);
    match SchemeCode::parse("national") {
        Ok(scheme) => {
            let read = read_published_table(YUNCHENG_TABLE.1, &scheme, &limits, &names);
            told(YUNCHENG_TABLE.0, read, problems)
        }
        Err(error) => {
            problems.push(format!("{}: {error}", YUNCHENG_TABLE.0));
            CatalogParts::default()
        }
    }
}

/// A city's shipped matrix. Its areas are not checked: the territory is loaded apart.
pub fn load_matrix(city: City, catalog: &Catalog, today: Day) -> (Matrix, PackProblems) {
    let mut problems = PackProblems::new();
    let files = city.files();
    let (file, bytes) = files.departments;
    let departments = told(file, read_departments(bytes), &mut problems);
    let context = MatrixContext { catalog, areas: None, today };
    let (matrix, of_matrix) =
        read_matrix(PACKS_VERSION, departments, files.rules.1, files.ladder.1, &context);
    let matrix = told(files.rules.0, (matrix, of_matrix.rules), &mut problems);
    let matrix = told(files.ladder.0, (matrix, of_matrix.ladder), &mut problems);
    (matrix, problems)
}

#[cfg(test)]
mod tests;
