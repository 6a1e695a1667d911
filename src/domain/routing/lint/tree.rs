//! The areas of the territory as a tree, without their shapes: what a check of the matrix needs.

use super::super::Place;
use crate::domain::id::AreaCode;
use crate::domain::territory::{Level, Territory};
use crate::domain::time::Day;
use std::collections::HashMap;

/// An area of the tree.
#[derive(Clone, Debug)]
pub struct AreaNode {
    pub code: AreaCode,
    pub level: Level,
    pub name: String,
    pub(super) parent: Option<usize>,
    /// Areas without children at or below it.
    pub(super) leaves: usize,
}

/// Areas, each after its parent.
#[derive(Clone, Debug, Default)]
pub struct AreaTree {
    nodes: Vec<AreaNode>,
    by_code: HashMap<AreaCode, usize>,
}

/// An area as it is given to [`AreaTree::new`]: code, level, name, parent.
pub type AreaEntry = (AreaCode, Level, String, Option<AreaCode>);

impl AreaTree {
    /// Builds the tree from areas of which each comes after its parent.
    pub fn new(entries: impl IntoIterator<Item = AreaEntry>) -> Self {
        let mut tree = Self::default();
        for (code, level, name, parent) in entries {
            let parent = parent.and_then(|parent| tree.by_code.get(&parent).copied());
            tree.by_code.insert(code.clone(), tree.nodes.len());
            tree.nodes.push(AreaNode { code, level, name, parent, leaves: 0 });
        }
        // From the last to the first: a parent comes before its children.
        for i in (0..tree.nodes.len()).rev() {
            let leaves = tree.nodes[i].leaves.max(1);
            tree.nodes[i].leaves = leaves;
            if let Some(parent) = tree.nodes[i].parent {
                tree.nodes[parent].leaves += leaves;
            }
        }
        tree
    }

    /// The areas of a territory that are in force on `day`.
    pub fn of(territory: &Territory, day: Day) -> Self {
        let mut areas: Vec<_> =
            territory.areas().filter(|area| area.validity.holds_on(day)).collect();
        areas.sort_by_key(|area| territory.chain(&area.code).count());
        Self::new(
            areas.into_iter().map(|area| {
                (area.code.clone(), area.level, area.name.clone(), area.parent.clone())
            }),
        )
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn nodes(&self) -> &[AreaNode] {
        &self.nodes
    }

    /// The area of a code, where it has this level.
    pub(super) fn find(&self, level: Level, code: &AreaCode) -> Option<usize> {
        self.by_code.get(code).copied().filter(|&i| self.nodes[i].level == level)
    }

    /// The area of a code, whatever its level.
    pub(super) fn named(&self, code: &AreaCode) -> Option<&AreaNode> {
        self.by_code.get(code).map(|&i| &self.nodes[i])
    }

    /// The area and those around it, innermost first.
    pub(super) fn upwards(&self, area: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(area), |&i| self.nodes[i].parent)
    }

    /// The chain of a report that lies in the area and in none of its parts.
    pub fn chain(&self, area: Option<usize>) -> Vec<Place> {
        let mut chain: Vec<Place> = area
            .into_iter()
            .flat_map(|area| self.upwards(area))
            .map(|i| &self.nodes[i])
            .map(|node| Place {
                level: node.level,
                code: node.code.clone(),
                name: node.name.clone(),
            })
            .collect();
        chain.reverse();
        chain
    }
}
