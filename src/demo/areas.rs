//! The district's areas from the plan: codes, names, levels, rings.

use super::mesh::{Point, contains, distance_squared, edges};
use super::names;
use super::plan::Plan;
use super::rng::Rng;
use crate::domain::territory::level::Level;
use std::collections::BTreeMap;

const SEED: u64 = 0x6172_6561;

/// An area of the demo. Rings are counter-clockwise and do not repeat their first point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoArea {
    pub code: String,
    pub name: String,
    pub level: Level,
    pub parent: Option<String>,
    /// The sort of a dedicated grid, such as 公园; `None` for every other area.
    pub dedicated: Option<&'static str>,
    pub ring: Vec<Point>,
}

/// All areas, outermost first, each level in the order of its codes. `names` are the streets' by
/// code.
pub fn areas(
    plan: &Plan,
    district: (&str, &str),
    street_names: &BTreeMap<String, String>,
) -> Vec<DemoArea> {
    let mut streets = Vec::new();
    let mut communities = Vec::new();
    let mut grids = Vec::new();
    let mut all_faces = Vec::new();
    for street in &plan.streets {
        let name = street_names.get(&street.code).map_or(street.code.as_str(), String::as_str);
        let mut rng = Rng::new(SEED, &street.code);
        let chosen = dedicated_communities(street.communities.len(), &mut rng);
        for (i, faces) in street.communities.iter().enumerate() {
            let code = format!("{}{:03}", street.code, i + 1);
            let community = names::community(name, i + 1);
            let sort = chosen.get(&i).copied();
            grids.extend(grids_of(plan, &code, &community, faces, sort, &mut rng));
            communities.push(DemoArea {
                code,
                name: community,
                level: Level::Community,
                parent: Some(street.code.clone()),
                dedicated: None,
                ring: plan.mesh.dissolve(faces),
            });
        }
        let faces = street.communities.concat();
        streets.push(DemoArea {
            code: street.code.clone(),
            name: name.to_owned(),
            level: Level::Street,
            parent: Some(district.0.to_owned()),
            dedicated: None,
            ring: plan.mesh.dissolve(&faces),
        });
        all_faces.extend(faces);
    }
    let whole = DemoArea {
        code: district.0.to_owned(),
        name: district.1.to_owned(),
        level: Level::District,
        parent: None,
        dedicated: None,
        ring: plan.mesh.dissolve(&all_faces),
    };
    [vec![whole], streets, communities, grids].concat()
}

/// Which communities of a street have a dedicated grid, and of which sort: two or three of them.
fn dedicated_communities(count: usize, rng: &mut Rng) -> BTreeMap<usize, &'static str> {
    let wanted = rng.between(2, 3) as usize;
    let mut take = |from: &mut Vec<usize>| {
        let at = rng.below(from.len() as u64) as usize;
        from.swap_remove(at)
    };
    let mut communities: Vec<usize> = (0..count).collect();
    let mut sorts: Vec<usize> = (0..names::DEDICATED.len()).collect();
    (0..wanted.min(count))
        .map(|_| (take(&mut communities), names::DEDICATED[take(&mut sorts)]))
        .collect()
}

/// The grids of one community. A dedicated one is the last, so that the others are numbered
/// without a gap.
fn grids_of(
    plan: &Plan,
    community_code: &str,
    community: &str,
    faces: &[usize],
    sort: Option<&'static str>,
    rng: &mut Rng,
) -> Vec<DemoArea> {
    let mut faces = faces.to_vec();
    if sort.is_some() && !faces.is_empty() {
        let chosen = faces.remove(rng.below(faces.len() as u64) as usize);
        faces.push(chosen);
    }
    let last = faces.len();
    (1..)
        .zip(faces)
        .map(|(n, face)| {
            let dedicated = sort.filter(|_| n == last);
            DemoArea {
                code: format!("{community_code}{n:03}"),
                name: names::grid(community, n, dedicated),
                level: Level::Grid,
                parent: Some(community_code.to_owned()),
                dedicated,
                ring: plan.mesh.ring(face),
            }
        })
        .collect()
}

/// A point well inside a ring: of a lattice over its box, the one farthest from the border.
pub fn inner_point(ring: &[Point]) -> Option<Point> {
    const STEPS: i64 = 16;
    let span = |key: fn(&Point) -> i64| {
        let low = ring.iter().map(key).min()?;
        Some((low, ring.iter().map(key).max()? - low))
    };
    let ((left, width), (bottom, height)) = (span(|p| p.x)?, span(|p| p.y)?);
    let lattice = (1..STEPS).flat_map(|i| (1..STEPS).map(move |j| (i, j)));
    lattice
        .map(|(i, j)| Point { x: left + width * i / STEPS, y: bottom + height * j / STEPS })
        .filter(|&p| contains(ring, p))
        .max_by_key(|&p| {
            (edges(ring).map(|(a, b)| distance_squared(p, a, b)).min(), std::cmp::Reverse(p))
        })
}
