//! Where a file has the columns that its mapping names.

use super::HistoryFileError;
use super::mapping::{Mapping, Part};
use std::collections::BTreeSet;

/// Where a file has a column.
pub(super) struct Place {
    pub name: String,
    pub index: usize,
}

/// Where a file has the columns that the mapping names.
pub(super) struct Places {
    pub external_id: Place,
    pub category: Place,
    pub status: Place,
    pub created: Place,
    pub longitude: Place,
    pub latitude: Place,
    pub filed: Option<Place>,
    pub dispatched: Option<Place>,
    pub accepted: Option<Place>,
    pub handled: Option<Place>,
    pub closed: Option<Place>,
    pub serviced: Option<Place>,
    pub department: Option<Place>,
    pub channel: Option<Place>,
    pub anonymous: Option<Place>,
    pub outcome: Option<Place>,
    pub text: Vec<Piece>,
    pub address: Vec<Piece>,
    pub note: Vec<Piece>,
}

/// A part of a template, found in the file.
pub(super) enum Piece {
    Literal(String),
    Field(usize),
}

impl Places {
    pub(super) fn find(mapping: &Mapping, names: &[&str]) -> Result<Self, HistoryFileError> {
        let columns = &mapping.columns;
        // A set of its own, so that every missing column is told at once.
        let missing = std::cell::RefCell::new(BTreeSet::new());
        let place = |name: &String| {
            let index = names.iter().position(|present| present == name).unwrap_or_else(|| {
                missing.borrow_mut().insert(name.clone());
                usize::MAX
            });
            Place { name: name.clone(), index }
        };
        let optional = |name: &Option<String>| name.as_ref().map(place);
        let pieces = |parts: &[Part]| -> Vec<Piece> {
            let piece = |part: &Part| match part {
                Part::Literal(text) => Piece::Literal(text.clone()),
                Part::Column(name) => Piece::Field(place(name).index),
            };
            parts.iter().map(piece).collect()
        };
        let places = Self {
            external_id: place(&columns.external_id),
            category: place(&columns.category),
            status: place(&columns.status),
            created: place(&columns.created),
            longitude: place(&columns.longitude),
            latitude: place(&columns.latitude),
            filed: optional(&columns.filed),
            dispatched: optional(&columns.dispatched),
            accepted: optional(&columns.accepted),
            handled: optional(&columns.handled),
            closed: optional(&columns.closed),
            serviced: optional(&columns.serviced),
            department: optional(&columns.department),
            channel: optional(&columns.channel),
            anonymous: optional(&columns.anonymous),
            outcome: optional(&columns.outcome),
            text: pieces(&mapping.text),
            address: pieces(&mapping.address),
            note: pieces(&mapping.note),
        };
        let missing: Vec<String> = missing.into_inner().into_iter().collect();
        if !missing.is_empty() {
            let present = names.iter().map(|&name| name.to_owned()).collect();
            return Err(HistoryFileError::MissingColumns { missing, present });
        }
        let is_double = |&i: &usize| names.iter().filter(|name| **name == names[i]).count() > 1;
        let double = places.indexes().find(is_double);
        match double {
            Some(double) => Err(HistoryFileError::DoubleColumn(names[double].to_owned())),
            None => Ok(places),
        }
    }

    fn indexes(&self) -> impl Iterator<Item = usize> {
        let fixed = [
            &self.external_id,
            &self.category,
            &self.status,
            &self.created,
            &self.longitude,
            &self.latitude,
        ];
        let optional = [
            &self.filed,
            &self.dispatched,
            &self.accepted,
            &self.handled,
            &self.closed,
            &self.serviced,
            &self.department,
            &self.channel,
            &self.anonymous,
            &self.outcome,
        ];
        let templates = [&self.text, &self.address, &self.note].into_iter().flatten();
        let fields = templates.filter_map(|piece| match piece {
            Piece::Field(index) => Some(*index),
            Piece::Literal(_) => None,
        });
        let columns = fixed.into_iter().chain(optional.into_iter().flatten());
        columns.map(|place| place.index).chain(fields)
    }
}
