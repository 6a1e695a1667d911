//! SHIM until the territory branch lands.
use super::area::Area;
use super::people::{Branch, Post, Worker};
use super::position::Position;
use crate::domain::access::AreaPath;
use crate::domain::id::AreaCode;
use crate::domain::time::Timestamp;
use geo::Contains;

#[derive(Default)]
pub struct Territory {
    areas: Vec<Area>,
    branches: Vec<Branch>,
}
pub struct Candidate {
    pub code: AreaCode,
    pub distance_m: f64,
}
pub struct ChainArea {
    pub level: super::level::Level,
    pub code: AreaCode,
    pub name: String,
}
pub struct Location {
    pub position: Position,
    pub chain: Vec<ChainArea>,
    pub candidates: Vec<Candidate>,
    pub cell: h3o::CellIndex,
}
pub struct NearBranch<'a> {
    pub branch: &'a Branch,
    pub distance_m: f64,
}
pub struct NearWorker<'a> {
    pub worker: &'a Worker,
    pub post: &'a Post,
    pub distance_m: f64,
}
impl Territory {
    pub fn build(
        areas: Vec<Area>,
        branches: Vec<Branch>,
        _people: (Vec<Worker>, Vec<Post>),
    ) -> (Self, Vec<String>) {
        (Self { areas, branches }, vec![])
    }
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter()
    }
    pub fn area(&self, code: &str) -> Option<&Area> {
        self.areas.iter().find(|a| a.code.as_str() == code)
    }
    fn chain(&self, code: &AreaCode) -> Option<Vec<&Area>> {
        let mut out = vec![self.area(code.as_str())?];
        while let Some(p) = &out[0].parent {
            out.insert(0, self.area(p.as_str())?);
        }
        Some(out)
    }
    pub fn path(&self, code: &AreaCode) -> Option<AreaPath> {
        Some(AreaPath::of(self.chain(code)?.iter().map(|a| &a.code)))
    }
    pub fn locate(&self, position: Position, _accuracy_m: Option<f64>) -> Location {
        let p = geo::Point::new(position.lon(), position.lat());
        let leaf = self.areas.iter().filter(|a| a.polygon.contains(&p)).max_by_key(|a| a.level);
        let chain = leaf.and_then(|l| self.chain(&l.code)).unwrap_or_default();
        Location {
            position,
            chain: chain
                .iter()
                .map(|a| ChainArea { level: a.level, code: a.code.clone(), name: a.name.clone() })
                .collect(),
            candidates: vec![],
            cell: h3o::LatLng::new(position.lat(), position.lon())
                .unwrap()
                .to_cell(h3o::Resolution::Eleven),
        }
    }
    pub fn nearest_branches(&self, _: Position, k: usize) -> Vec<NearBranch<'_>> {
        self.branches.iter().take(k).map(|branch| NearBranch { branch, distance_m: 0.0 }).collect()
    }
    pub fn nearest_on_duty_workers(
        &self,
        _: Position,
        _k: usize,
        _at: Timestamp,
        _z: &jiff::tz::TimeZone,
    ) -> Vec<NearWorker<'_>> {
        vec![]
    }
}
