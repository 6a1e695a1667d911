//! The plan of the district: which face of the mesh is which street, community and grid.

use super::cut::{Wish, cut};
use super::mesh::{Mesh, Point, area_twice};
use super::rng::Rng;

/// Changing it changes every polygon below the district.
const SEED: u64 = 410_105;

/// Grids in a community, at least and at most.
const GRIDS: (i64, i64) = (3, 5);

/// A street as `layout.csv` gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreetLayout {
    pub code: String,
    /// Roughly where its middle is.
    pub centre: Point,
    /// Its size relative to the other streets', in tenths.
    pub weight: i64,
    pub communities: usize,
}

/// The faces of one street: for each of its communities, those of its grids.
#[derive(Debug, Clone)]
pub struct StreetPlan {
    pub code: String,
    pub communities: Vec<Vec<usize>>,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub mesh: Mesh,
    /// In the order of the codes.
    pub streets: Vec<StreetPlan>,
}

/// Why the district could not be divided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("the outline has fewer than three points or runs clockwise after being turned")]
    Outline,
    #[error("no border fits to divide {0}")]
    NoCut(String),
}

/// Divides the outline into the streets of the layout, these into communities, and these into
/// grids. The same input gives the same plan on every machine.
///
/// # Errors
/// The outline is no ring, or is too thin somewhere to be divided.
pub fn plan(mut outline: Vec<Point>, layout: &[StreetLayout]) -> Result<Plan, PlanError> {
    if area_twice(&outline) < 0 {
        outline.reverse();
    }
    if outline.len() < 3 || area_twice(&outline) <= 0 {
        return Err(PlanError::Outline);
    }
    let mut mesh = Mesh::new(outline);
    let mut faces = Vec::new();
    let mut rng = Rng::new(SEED, "streets");
    divide_streets(&mut mesh, 0, layout.to_vec(), &mut rng, &mut faces)?;
    faces.sort_by(|a, b| a.0.cmp(&b.0));
    let mut streets = Vec::new();
    for (code, face) in faces {
        let count = layout.iter().find(|s| s.code == code).map_or(1, |s| s.communities);
        let mut rng = Rng::new(SEED, &code);
        let mut communities = Vec::new();
        for community in divide(&mut mesh, face, count, &mut rng, &code)? {
            let grids = rng.between(GRIDS.0, GRIDS.1) as usize;
            communities.push(divide(&mut mesh, community, grids, &mut rng, &code)?);
        }
        streets.push(StreetPlan { code, communities });
    }
    Ok(Plan { mesh, streets })
}

/// Halves the streets by their centres, along the longer side of the face, and the face in the
/// proportion of their weights, until each street has its face.
fn divide_streets(
    mesh: &mut Mesh,
    face: usize,
    mut streets: Vec<StreetLayout>,
    rng: &mut Rng,
    out: &mut Vec<(String, usize)>,
) -> Result<(), PlanError> {
    if let [street] = streets.as_slice() {
        out.push((street.code.clone(), face));
        return Ok(());
    }
    let ring = mesh.ring(face);
    let spread = |key: fn(&Point) -> i64| {
        let keys = || ring.iter().map(key);
        keys().max().unwrap_or(0) - keys().min().unwrap_or(0)
    };
    let to_the_east = spread(|p| p.x) * 82 / 100 > spread(|p| p.y);
    if to_the_east {
        streets.sort_by_key(|s| (s.centre.x, s.centre.y));
    } else {
        streets.sort_by_key(|s| (s.centre.y, s.centre.x));
    }
    let rest = streets.split_off(streets.len() / 2);
    let weight = |streets: &[StreetLayout]| streets.iter().map(|s| s.weight).sum::<i64>();
    let share = weight(&streets) * 1000 / (weight(&streets) + weight(&rest)).max(1);
    // The right side of a border that runs south is the west; of one that runs east, the south.
    let main = if to_the_east { Point { x: 0, y: -1000 } } else { Point { x: 1000, y: 0 } };
    let turned = |t: i64| Point { x: main.x - main.y * t / 1000, y: main.y + main.x * t / 1000 };
    let directions = [0, 60, -60, 140, -140].map(turned).to_vec();
    let wish = Wish { share, directions, compactness: 0 };
    let no_cut = || PlanError::NoCut(streets[0].code.clone());
    let other = cut(mesh, face, &wish, rng).ok_or_else(no_cut)?;
    divide_streets(mesh, face, streets, rng, out)?;
    divide_streets(mesh, other, rest, rng, out)
}

/// Divides a face into `count` parts of like size, from the north-west to the south-east.
fn divide(
    mesh: &mut Mesh,
    face: usize,
    count: usize,
    rng: &mut Rng,
    code: &str,
) -> Result<Vec<usize>, PlanError> {
    let mut out = Vec::new();
    let mut rest = vec![(face, count)];
    while let Some((face, count)) = rest.pop() {
        if count <= 1 {
            out.push(face);
            continue;
        }
        let first = count / 2;
        let even = first as i64 * 1000 / count as i64;
        let wish = Wish {
            share: even + rng.between(-60, 60),
            directions: road_directions(rng),
            compactness: 1,
        };
        let no_cut = || PlanError::NoCut(code.to_owned());
        let other = cut(mesh, face, &wish, rng).ok_or_else(no_cut)?;
        rest.push((face, first));
        rest.push((other, count - first));
    }
    let place = |face: &usize| {
        let ring = mesh.ring(*face);
        let sum = ring.iter().map(|p| p.x - p.y).sum::<i64>();
        (sum / ring.len() as i64, *face)
    };
    out.sort_by_key(place);
    Ok(out)
}

/// Directions near those of the city's roads, which run almost to the north and to the east.
fn road_directions(rng: &mut Rng) -> Vec<Point> {
    let mut out = Vec::new();
    for tilt in [rng.between(-40, 90), rng.between(-160, 200)] {
        let (main, small) = (1000, tilt);
        // In degrees a step to the east is longer by 1/0.821 than one to the north.
        out.push(Point { x: main * 1218 / 1000, y: small });
        out.push(Point { x: -small * 1218 / 1000, y: main });
        out.push(Point { x: small * 1218 / 1000, y: -main });
    }
    out
}
