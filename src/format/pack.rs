//! A pack: the files of a catalog, or of a responsibility matrix, as one document. It is what the
//! store keeps a version of; the files inside are the ones that people edit.

use super::catalog::{
    read_categories, read_conditions, read_crosswalk, read_departments, read_limit_table,
    read_names_en, read_published_table, read_schemes,
};
use super::csv_rows::{LineProblem, RowError};
use super::matrix::{MatrixContext, MatrixProblems, RowLines, read_draft, read_matrix};
use crate::domain::catalog::{
    Catalog, CatalogParts, CatalogProblem, Department, LimitTable, SchemeCode,
};
use crate::domain::id::{CategoryCode, CodeError};
use crate::domain::routing::Matrix;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;

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

impl FileRole {
    /// What a catalog is made of.
    pub const OF_CATALOG: [FileRole; 7] = [
        FileRole::Schemes,
        FileRole::Limits,
        FileRole::Categories,
        FileRole::Conditions,
        FileRole::Crosswalk,
        FileRole::NamesEn,
        FileRole::PublishedTable,
    ];

    /// The name in the kept document and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileRole::Schemes => "schemes",
            FileRole::Categories => "categories",
            FileRole::Limits => "limits",
            FileRole::Conditions => "conditions",
            FileRole::Crosswalk => "crosswalk",
            FileRole::NamesEn => "names_en",
            FileRole::PublishedTable => "published_table",
            FileRole::Departments => "departments",
            FileRole::Rules => "rules",
            FileRole::Ladder => "ladder",
        }
    }
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

/// What is wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackFault {
    Line(LineProblem),
    /// The scheme that a published table is to fill.
    Scheme {
        scheme: String,
        why: CodeError,
    },
    /// A file of a matrix among those of a catalog.
    Misplaced,
    /// What shows between rows.
    Catalog(CatalogProblem),
}

/// A fault with the file that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackProblem {
    pub file: Option<String>,
    pub fault: PackFault,
}

/// Everything that is wrong with a pack.
pub type PackProblems = Vec<PackProblem>;

impl fmt::Display for PackProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file.as_deref().unwrap_or("catalog"))?;
        match &self.fault {
            PackFault::Line(problem) => problem.fmt(f),
            PackFault::Scheme { scheme, why } => write!(f, "scheme {scheme:?}: {why}"),
            PackFault::Misplaced => f.write_str("belongs into a matrix, not into a catalog"),
            PackFault::Catalog(problem) => problem.fmt(f),
        }
    }
}

fn told<T>(file: &PackFile, read: (T, Vec<LineProblem>), problems: &mut PackProblems) -> T {
    let of_file =
        |problem| PackProblem { file: Some(file.name.clone()), fault: PackFault::Line(problem) };
    problems.extend(read.1.into_iter().map(of_file));
    read.0
}

/// Reads a catalog; what can be used is used, and every problem is named.
pub fn read_catalog(version: &str, pack: &Pack) -> (Catalog, PackProblems) {
    let mut problems = Vec::new();
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
                    Err(why) => {
                        let scheme = scheme.to_owned();
                        let fault = PackFault::Scheme { scheme, why };
                        problems.push(PackProblem { file: Some(file.name.clone()), fault });
                    }
                    Ok(scheme) => {
                        let read = read_published_table(bytes, &scheme, &limits, &names);
                        parts.extend(told(file, read, &mut problems));
                    }
                }
            }
            FileRole::Departments | FileRole::Rules | FileRole::Ladder => {
                let (file, fault) = (Some(file.name.clone()), PackFault::Misplaced);
                problems.push(PackProblem { file, fault });
            }
        }
    }
    let (catalog, of_catalog) = Catalog::build(version, parts);
    let whole = |problem| PackProblem { file: None, fault: PackFault::Catalog(problem) };
    problems.extend(of_catalog.into_iter().map(whole));
    (catalog, problems)
}

/// The parts of a matrix in a pack: departments, and the bytes of rules and ladder.
struct MatrixParts<'a> {
    departments: Vec<Department>,
    rules: &'a [u8],
    ladder: &'a [u8],
}

fn file_of(pack: &Pack, role: FileRole) -> Option<&PackFile> {
    pack.files.iter().find(|file| file.role == role)
}

fn parts_of<'a>(pack: &'a Pack, problems: &mut PackProblems) -> MatrixParts<'a> {
    let text_of = |role| file_of(pack, role).map_or(&[][..], |file| file.text.as_bytes());
    let mut departments = Vec::new();
    for file in pack.files.iter().filter(|file| file.role == FileRole::Departments) {
        departments.extend(told(file, read_departments(file.text.as_bytes()), problems));
    }
    MatrixParts { departments, rules: text_of(FileRole::Rules), ladder: text_of(FileRole::Ladder) }
}

fn tell_rows(pack: &Pack, found: MatrixProblems, problems: &mut PackProblems) {
    for (role, found) in [(FileRole::Rules, found.rules), (FileRole::Ladder, found.ladder)] {
        // A matrix may do without a ladder, or without rules.
        let file = file_of(pack, role);
        let name = file.map_or("matrix", |file| file.name.as_str());
        // What shows between rows is told also where the file itself is not there.
        let is_told = |problem: &LineProblem| {
            file.is_some() || matches!(problem.error, RowError::Conflict(_))
        };
        let problem =
            |problem| PackProblem { file: Some(name.to_owned()), fault: PackFault::Line(problem) };
        problems.extend(found.into_iter().filter(is_told).map(problem));
    }
}

/// Reads a matrix; what can be used is used, and every problem is named.
pub fn read_matrix_pack(
    version: &str,
    pack: &Pack,
    context: &MatrixContext<'_>,
) -> (Matrix, PackProblems) {
    let mut problems = PackProblems::new();
    if pack.files.is_empty() {
        return (Matrix::default(), problems);
    }
    let MatrixParts { departments, rules, ladder } = parts_of(pack, &mut problems);
    let (matrix, of_matrix) = read_matrix(version, departments, rules, ladder, context);
    tell_rows(pack, of_matrix, &mut problems);
    (matrix, problems)
}

/// Reads a draft of a matrix, as [`read_draft`] reads its rows. Problems are rows that say nothing
/// that could be kept.
pub fn read_draft_pack(version: &str, pack: &Pack) -> (Matrix, RowLines, PackProblems) {
    let mut problems = PackProblems::new();
    let MatrixParts { departments, rules, ladder } = parts_of(pack, &mut problems);
    let (matrix, of_matrix, lines) = read_draft(version, departments, rules, ladder);
    tell_rows(pack, of_matrix, &mut problems);
    (matrix, lines, problems)
}
