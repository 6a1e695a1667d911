//! A pack: the files of a catalog, or of a responsibility matrix, as one document. It is what the
//! store keeps a version of; the files inside are the ones that people edit.

use super::catalog::{
    read_categories, read_conditions, read_crosswalk, read_departments, read_limit_table,
    read_names_en, read_published_table, read_schemes,
};
use super::csv_rows::LineProblem;
use super::matrix::{MatrixContext, read_matrix};
use crate::domain::catalog::{Catalog, CatalogParts, LimitTable, SchemeCode};
use crate::domain::id::CategoryCode;
use crate::domain::routing::Matrix;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a file in a pack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    Schemes,
    Categories,
    /// How limit texts are read; holds for the files after it.
    Limits,
    Conditions,
    Crosswalk,
    /// English names; hold for the published tables after it.
    NamesEn,
    /// A city's table of classes and filing conditions, as published.
    PublishedTable,
    Departments,
    Rules,
    Ladder,
}

/// One file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFile {
    pub role: FileRole,
    pub name: String,
    pub text: String,
    /// The scheme that a published table belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
}

/// The files, in the order in which they are read.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pack {
    pub files: Vec<PackFile>,
}

/// Problems found in a pack, each with its file and line.
pub type PackProblems = Vec<String>;

fn told<T>(file: &PackFile, read: (T, Vec<LineProblem>), problems: &mut PackProblems) -> T {
    problems.extend(read.1.iter().map(|problem| format!("{}: {problem}", file.name)));
    read.0
}

/// Reads a catalog; what can be used is used, and every problem is named.
pub fn read_catalog(version: &str, pack: &Pack) -> (Catalog, PackProblems) {
    let mut problems = PackProblems::new();
    let mut parts = CatalogParts::default();
    let mut limits = LimitTable::default();
    let mut names = HashMap::<CategoryCode, String>::new();
    for file in &pack.files {
        let bytes = file.text.as_bytes();
        match file.role {
            FileRole::Schemes => {
                parts.schemes.extend(told(file, read_schemes(bytes), &mut problems))
            }
            FileRole::Categories => {
                parts.categories.extend(told(file, read_categories(bytes), &mut problems));
            }
            FileRole::Limits => limits = told(file, read_limit_table(bytes), &mut problems),
            FileRole::Conditions => {
                parts.conditions.extend(told(file, read_conditions(bytes, &limits), &mut problems));
            }
            FileRole::Crosswalk => {
                parts.walks.extend(told(file, read_crosswalk(bytes), &mut problems));
            }
            FileRole::NamesEn => names = told(file, read_names_en(bytes), &mut problems),
            FileRole::PublishedTable => {
                let scheme = file.scheme.as_deref().unwrap_or("national");
                match SchemeCode::parse(scheme) {
                    Err(error) => {
                        problems.push(format!("{}: scheme {scheme:?}: {error}", file.name))
                    }
                    Ok(scheme) => {
                        let read = read_published_table(bytes, &scheme, &limits, &names);
                        parts.extend(told(file, read, &mut problems));
                    }
                }
            }
            FileRole::Departments | FileRole::Rules | FileRole::Ladder => {
                problems.push(format!("{}: belongs into a matrix, not into a catalog", file.name));
            }
        }
    }
    let (catalog, of_catalog) = Catalog::build(version, parts);
    problems.extend(of_catalog.iter().map(|problem| format!("catalog: {problem}")));
    (catalog, problems)
}

/// Reads a matrix; what can be used is used, and every problem is named.
pub fn read_matrix_pack(
    version: &str,
    pack: &Pack,
    context: &MatrixContext<'_>,
) -> (Matrix, PackProblems) {
    let mut problems = PackProblems::new();
    let file_of = |role| pack.files.iter().find(|file| file.role == role);
    let text_of = |role| file_of(role).map_or(&[][..], |file| file.text.as_bytes());
    let mut departments = Vec::new();
    for file in pack.files.iter().filter(|file| file.role == FileRole::Departments) {
        departments.extend(told(file, read_departments(file.text.as_bytes()), &mut problems));
    }
    if pack.files.is_empty() {
        return (Matrix::default(), problems);
    }
    let (rules, ladder) = (text_of(FileRole::Rules), text_of(FileRole::Ladder));
    let (matrix, of_matrix) = read_matrix(version, departments, rules, ladder, context);
    for (role, found) in [(FileRole::Rules, of_matrix.rules), (FileRole::Ladder, of_matrix.ladder)]
    {
        // A matrix may do without a ladder, or without rules.
        let Some(file) = file_of(role) else { continue };
        let name = &file.name;
        problems.extend(found.iter().map(|problem| format!("{name}: {problem}")));
    }
    (matrix, problems)
}
