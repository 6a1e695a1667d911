//! Where open issues lie, in memory, so that a new report is compared with what is near it without
//! asking the database. What this node writes is known at once, what others write a moment later;
//! whoever asks reads the issues themselves from the store, which has the last word.

use super::change::Save;
use super::port::FeedPosition;
use super::query::{Bounds, Near};
use crate::domain::cell::parent_cell;
use crate::domain::id::{CategoryCode, IssueId};
use crate::domain::issue::record::Issue;
use crate::domain::territory::position::distance_m;
use crate::domain::time::Timestamp;
use h3o::{CellIndex, LatLng, Resolution};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Mutex;

/// Coarse enough that all places within [`REACH_M`] lie in a cell or in one of its neighbours.
const RESOLUTION: Resolution = Resolution::Eight;
/// The farthest that a box may reach from its middle, in metres: less than the shortest edge of a
/// cell (about 300 m).
const REACH_M: f64 = 250.0;

type Place = (u64, CategoryCode);

/// An open issue.
#[derive(Clone, Debug)]
pub struct Spot {
    pub id: IssueId,
    pub version: i64,
    pub category: CategoryCode,
    /// Its cell at any resolution from 8 on.
    pub cell: u64,
    /// Longitude and latitude in degrees.
    pub position: (f64, f64),
    /// Milliseconds since 1970.
    pub reported: i64,
}

/// What is known of an issue: where it lies while it is open, nothing once it has ended.
#[derive(Clone, Debug)]
pub enum News {
    Open(Spot),
    Ended(IssueId, i64),
}

impl News {
    pub fn of(save: &Save) -> Self {
        let Issue { id, version, .. } = save.issue;
        if !save.issue.state.is_open() {
            return Self::Ended(id, version);
        }
        let issue = &save.issue;
        Self::Open(Spot {
            id,
            version,
            category: issue.category.clone(),
            cell: issue.place.cell,
            position: issue.place.position,
            reported: issue.times.reported.0,
        })
    }
}

/// What is kept of a [`Spot`] under its place.
#[derive(Clone, Copy)]
struct Pin {
    id: IssueId,
    position: (f64, f64),
    reported: i64,
}

#[derive(Default)]
struct Spots {
    /// Issues reported then or later are known, once all of them are.
    from: Option<Timestamp>,
    places: HashMap<Place, Vec<Pin>>,
    known: HashMap<IssueId, (i64, Place)>,
}

impl Spots {
    fn take(&mut self, news: News) {
        let (id, version) = match &news {
            News::Open(spot) => (spot.id, spot.version),
            News::Ended(id, version) => (*id, *version),
        };
        if self.known.get(&id).is_some_and(|(known, _)| *known > version) {
            return;
        }
        if let Some((_, place)) = self.known.remove(&id)
            && let Some(all) = self.places.get_mut(&place)
        {
            all.retain(|pin| pin.id != id);
            if all.is_empty() {
                self.places.remove(&place);
            }
        }
        if let News::Open(spot) = news {
            let place = (parent_cell(spot.cell, RESOLUTION), spot.category);
            let all = self.places.entry(place.clone()).or_default();
            all.push(Pin { id, position: spot.position, reported: spot.reported });
            self.known.insert(id, (version, place));
        }
    }

    fn find(&self, near: &Near) -> Option<Vec<IssueId>> {
        self.from.filter(|from| *from <= near.since)?;
        let Bounds { west, south, east, north } = near.bounds;
        let middle = (f64::midpoint(west, east), f64::midpoint(south, north));
        // The longest way to a corner is on the side of the equator.
        let corners = [(west, south), (west, north)];
        if corners.into_iter().any(|corner| distance_m(middle, corner) > REACH_M) {
            return None;
        }
        let middle: CellIndex = LatLng::new(middle.1, middle.0).ok()?.to_cell(RESOLUTION);
        let mut found: Vec<Pin> = Vec::new();
        for cell in middle.grid_disk::<Vec<_>>(1) {
            let place = (u64::from(cell), near.category.clone());
            let all = self.places.get(&place).map_or(&[][..], Vec::as_slice);
            found.extend(all.iter().filter(|pin| {
                (west..=east).contains(&pin.position.0)
                    && (south..=north).contains(&pin.position.1)
                    && pin.reported >= near.since.0
            }));
        }
        found.sort_unstable_by_key(|pin| Reverse((pin.reported, pin.id)));
        found.truncate(near.limit);
        Some(found.into_iter().map(|pin| pin.id).collect())
    }
}

/// How far a node has followed what others write.
pub struct Followed {
    pub position: FeedPosition,
    pub at: Instant,
}

/// The open issues that a node knows of.
#[derive(Default)]
pub struct Nearby {
    /// Held by whoever loads them, or follows what others write.
    pub followed: Arc<Mutex<Option<Followed>>>,
    spots: RwLock<Option<Spots>>,
}

impl Nearby {
    /// Takes what was read from the database or was written to it by this node. Nothing is kept
    /// before [`Nearby::begin`].
    pub fn take(&self, news: impl IntoIterator<Item = News>) {
        let mut spots = self.spots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(spots) = spots.as_mut() {
            news.into_iter().for_each(|one| spots.take(one));
        }
    }

    /// Begins to take what comes; questions are not answered yet.
    pub fn begin(&self) {
        *self.spots.write().unwrap_or_else(PoisonError::into_inner) = Some(Spots::default());
    }

    /// All issues reported then or later are known now: questions are answered.
    pub fn know_from(&self, from: Timestamp) {
        let mut spots = self.spots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(spots) = spots.as_mut() {
            spots.from = Some(from);
        }
    }

    /// Which of these versions are newer than what is known.
    pub fn fresh(&self, versions: impl Iterator<Item = (IssueId, i64)>) -> Vec<IssueId> {
        let spots = self.spots.read().unwrap_or_else(PoisonError::into_inner);
        let known = |id: &IssueId| spots.as_ref()?.known.get(id).map(|(version, _)| *version);
        let mut fresh: Vec<IssueId> = versions
            .filter(|(id, version)| known(id).is_none_or(|known| known < *version))
            .map(|(id, _)| id)
            .collect();
        fresh.sort_unstable();
        fresh.dedup();
        fresh
    }

    /// The newest open issues of a category in a box; nothing when the box is too large, when one
    /// asks too far back, or while not all are known.
    pub fn find(&self, near: &Near) -> Option<Vec<IssueId>> {
        self.spots.read().unwrap_or_else(PoisonError::into_inner).as_ref()?.find(near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_within_reach_is_found_anywhere_on_the_globe() {
        let category = CategoryCode::parse("0101").unwrap();
        let mut state = 7_u64;
        let mut share = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let pentagons: Vec<LatLng> = Resolution::Eight.pentagons().map(LatLng::from).collect();
        for round in 0..20_000_usize {
            // One in four is near a pentagon, where cells are smallest.
            let (lon, lat) = match pentagons.get(round % (4 * pentagons.len())) {
                Some(at) => (at.lng() + share() * 0.02 - 0.01, at.lat() + share() * 0.02 - 0.01),
                None => (share() * 358.0 - 179.0, share() * 160.0 - 80.0),
            };
            let high = 0.0015;
            let wide = high / lat.to_radians().cos();
            let position = (lon + (share() * 2.0 - 1.0) * wide, lat + (share() * 2.0 - 1.0) * high);
            let cell = LatLng::new(position.1, position.0).unwrap().to_cell(Resolution::Eleven);
            let mut spots = Spots { from: Some(Timestamp(0)), ..Spots::default() };
            let (id, category) = (IssueId(1), category.clone());
            let spot = Spot { id, version: 1, category, cell: cell.into(), position, reported: 5 };
            let near = Near {
                category: spot.category.clone(),
                bounds: Bounds {
                    west: lon - wide,
                    south: lat - high,
                    east: lon + wide,
                    north: lat + high,
                },
                since: Timestamp(1),
                limit: 10,
            };
            spots.take(News::Open(spot));
            assert_eq!(spots.find(&near), Some(vec![id]), "{position:?} from {lon} {lat}");
        }
    }

    #[test]
    fn an_older_version_changes_nothing_and_an_ended_issue_is_gone() {
        let (id, category) = (IssueId(1), CategoryCode::parse("0101").unwrap());
        let cell = LatLng::new(34.75, 113.65).unwrap().to_cell(Resolution::Eleven);
        let spot = |version, lon| Spot {
            id,
            version,
            category: category.clone(),
            cell: cell.into(),
            position: (lon, 34.75),
            reported: 5,
        };
        let near = Near {
            category: category.clone(),
            bounds: Bounds { west: 113.6495, south: 34.7495, east: 113.6505, north: 34.7505 },
            since: Timestamp(1),
            limit: 10,
        };
        let nearby = Nearby::default();
        nearby.take([News::Open(spot(1, 113.65))]);
        nearby.begin();
        assert_eq!(nearby.find(&near), None, "nothing is loaded yet");
        nearby.take([News::Open(spot(2, 113.65)), News::Open(spot(1, 113.9))]);
        nearby.know_from(Timestamp(0));
        assert_eq!(nearby.find(&near), Some(vec![id]));
        assert_eq!(nearby.fresh([(id, 2), (id, 3), (IssueId(2), 1)].into_iter()).len(), 2);
        nearby.take([News::Ended(id, 3)]);
        assert_eq!(nearby.find(&near), Some(Vec::new()));
    }
}
