//! The demo pack of Jinshui: it is what the generator makes, its areas tile the district exactly,
//! and everybody in it stands where the tables say.

use hexward::demo::mesh::{Point, area_twice, contains, cross, distance_squared, edges};
use hexward::demo::pack;
use hexward::domain::territory::level::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// An area as the checked-in file gives it, its closing point dropped.
struct Area {
    code: String,
    name: String,
    level: Level,
    parent: Option<String>,
    kind: String,
    generated: bool,
    ring: Vec<Point>,
}

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("geodata/jinshui").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The rows of a table by column name.
fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let text = read(name);
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.map(|row| row.expect("a row with the heading's columns")).collect()
}

fn point(pair: &serde_json::Value) -> Point {
    Point::of_degrees(pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap())
}

fn areas() -> Vec<Area> {
    let file: serde_json::Value = serde_json::from_str(&read("areas.geojson")).unwrap();
    assert_eq!(file["generated"], true);
    let features = file["features"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let area = |feature: &serde_json::Value| {
        let properties = &feature["properties"];
        let rings = feature["geometry"]["coordinates"].as_array().unwrap();
        assert_eq!(rings.len(), 1, "{properties}: no holes");
        let mut ring: Vec<Point> = rings[0].as_array().unwrap().iter().map(point).collect();
        assert_eq!(ring.first(), ring.last(), "{properties}: closed");
        ring.pop();
        Area {
            code: text(&properties["code"]).unwrap(),
            name: text(&properties["name"]).unwrap(),
            level: Level::parse(properties["level"].as_str().unwrap()).unwrap(),
            parent: text(&properties["parent"]),
            kind: text(&properties["kind"]).unwrap(),
            generated: properties["generated"].as_bool().unwrap(),
            ring,
        }
    };
    features.iter().map(area).collect()
}

fn of_level(areas: &[Area], level: Level) -> Vec<&Area> {
    areas.iter().filter(|area| area.level == level).collect()
}

#[test]
fn the_checked_in_files_are_what_the_generator_makes() {
    for file in pack::generate().expect("the pack is generated") {
        if std::env::var_os("HEXWARD_UPDATE").is_some() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("geodata/jinshui");
            std::fs::write(folder.join(file.name), &file.bytes).expect("the file is written");
        }
        assert!(
            read(file.name).as_bytes() == file.bytes,
            "geodata/jinshui/{} is stale; run: HEXWARD_UPDATE=1 cargo test --test it demo_pack",
            file.name
        );
    }
}

#[test]
fn every_ring_is_simple_and_runs_counter_clockwise() {
    let turn = |a: Point, b: Point, c: Point| cross(b.minus(a), c.minus(a)).signum();
    for area in areas() {
        assert!(area_twice(&area.ring) > 0, "{}", area.code);
        let edges: Vec<_> = edges(&area.ring).collect();
        for (i, &(p, q)) in edges.iter().enumerate() {
            // Neighbouring edges share a point; all others must not even touch.
            for (j, &(a, b)) in edges.iter().enumerate().skip(i + 2) {
                let neighbours = i == 0 && j + 1 == edges.len();
                let apart = turn(p, q, a) * turn(p, q, b) > 0 || turn(a, b, p) * turn(a, b, q) > 0;
                assert!(
                    neighbours || apart || apart_on_touching_lines(p, q, a, b),
                    "{}",
                    area.code
                );
            }
        }
    }
}

/// Whether two segments that no line through one of them separates strictly are apart all the same:
/// no end of one lies on the other, and they do not cross.
fn apart_on_touching_lines(p: Point, q: Point, a: Point, b: Point) -> bool {
    let ends = [(p, a, b), (q, a, b), (a, p, q), (b, p, q)];
    ends.iter()
        .all(|&(v, s, t)| cross(t.minus(s), v.minus(s)) != 0 || distance_squared(v, s, t) > 0)
        && [(p, q, a, b), (a, b, p, q)].iter().any(|&(s, t, u, v)| {
            let side = |w: Point| cross(t.minus(s), w.minus(s)).signum();
            side(u) == side(v)
        })
}

#[test]
fn sums_of_areas_are_exact_at_every_level() {
    let areas = areas();
    let sum =
        |level| -> i64 { of_level(&areas, level).iter().map(|area| area_twice(&area.ring)).sum() };
    let whole = sum(Level::District);
    for level in [Level::Street, Level::Community, Level::Grid] {
        assert_eq!(sum(level), whole, "{level}");
    }
    for parent in areas.iter().filter(|area| area.level != Level::Grid) {
        let children = areas.iter().filter(|area| area.parent.as_ref() == Some(&parent.code));
        let parts: i64 = children.map(|child| area_twice(&child.ring)).sum();
        assert_eq!(parts, area_twice(&parent.ring), "{}", parent.code);
    }
}

#[test]
fn every_edge_is_shared_by_two_areas_or_lies_on_the_outline() {
    let areas = areas();
    let outline: BTreeSet<_> = edges(&of_level(&areas, Level::District)[0].ring).collect();
    for level in [Level::Street, Level::Community, Level::Grid] {
        let all: Vec<_> =
            of_level(&areas, level).iter().flat_map(|area| edges(&area.ring)).collect();
        let directed: BTreeSet<_> = all.iter().copied().collect();
        assert_eq!(directed.len(), all.len(), "{level}: an edge is used twice in one direction");
        let border: BTreeSet<_> =
            all.into_iter().filter(|&(a, b)| !directed.contains(&(b, a))).collect();
        assert_eq!(border, outline, "{level}: unshared edges are the outline's");
    }
}

#[test]
fn the_outline_is_the_real_one() {
    let source: serde_json::Value = serde_json::from_str(&read("source/outline.geojson")).unwrap();
    let rings = &source["features"][0]["geometry"]["coordinates"];
    let real: Vec<Point> = rings[0][0].as_array().unwrap().iter().map(point).collect();
    let areas = areas();
    let ring = &of_level(&areas, Level::District)[0].ring;
    assert!(real.iter().all(|p| ring.contains(p)), "every real vertex is kept");
    for &p in ring {
        // Where an inner border meets the outline, rounding moves it by under a fifth of a metre.
        let near = real.windows(2).any(|edge| distance_squared(p, edge[0], edge[1]) <= 2);
        assert!(near, "{p:?} is off the real outline");
    }
}

#[test]
fn a_point_lies_in_one_grid_and_in_all_that_is_around_it() {
    let areas = areas();
    let by_code: BTreeMap<_, _> = areas.iter().map(|area| (area.code.as_str(), area)).collect();
    let mut rng = hexward::demo::rng::Rng::new(7, "points");
    let district = of_level(&areas, Level::District)[0];
    let mut inside = 0;
    for _ in 0..2_000 {
        let p = Point { x: rng.between(0, 260_000), y: rng.between(30_000, 190_000) };
        let on_border =
            areas.iter().any(|a| edges(&a.ring).any(|(a, b)| distance_squared(p, a, b) == 0));
        if on_border {
            continue;
        }
        let holders: Vec<_> =
            of_level(&areas, Level::Grid).into_iter().filter(|a| contains(&a.ring, p)).collect();
        let expected = usize::from(contains(&district.ring, p));
        assert_eq!(holders.len(), expected, "{p:?}");
        inside += expected;
        let mut area = holders.first().copied();
        while let Some(parent) = area.and_then(|a| a.parent.as_deref()).map(|code| by_code[code]) {
            assert!(contains(&parent.ring, p), "{p:?} is outside {}", parent.code);
            area = Some(parent);
        }
    }
    assert!(inside > 500, "only {inside} points fell inside");
}

#[test]
fn streets_are_the_real_ones_and_all_below_is_marked() {
    let areas = areas();
    let source = read("source/streets.csv");
    let real: BTreeSet<(String, String)> = csv::Reader::from_reader(source.as_bytes())
        .into_deserialize::<(String, String, String)>()
        .map(|row| row.map(|(code, name, _)| (code, name)).unwrap())
        .collect();
    let streets = of_level(&areas, Level::Street);
    let found = streets.iter().map(|a| (a.code.clone(), a.name.clone())).collect();
    assert_eq!(real, found);
    assert_eq!(streets.len(), 24);
    assert!((130..=170).contains(&of_level(&areas, Level::Community).len()));
    assert!((550..=650).contains(&of_level(&areas, Level::Grid).len()));
    let codes: BTreeSet<_> = areas.iter().map(|area| &area.code).collect();
    let names: BTreeSet<_> = areas.iter().map(|area| &area.name).collect();
    assert_eq!((codes.len(), names.len()), (areas.len(), areas.len()), "no name or code twice");
    for area in &areas {
        assert_eq!(area.generated, area.level != Level::District, "{}", area.code);
        let parent = area.parent.as_deref().unwrap_or("");
        assert!(area.code.starts_with(parent), "{} is not within {parent}", area.code);
        let digits = match area.level {
            Level::District => 6,
            Level::Street => 9,
            Level::Community => 12,
            _ => 15,
        };
        assert_eq!(area.code.len(), digits, "{}", area.code);
        assert_eq!(area.kind == "dedicated", area.name.ends_with("专属网格"), "{}", area.name);
    }
}

#[test]
fn everybody_stands_where_the_tables_say() {
    let areas = areas();
    let rings: BTreeMap<_, _> = areas.iter().map(|a| (a.code.clone(), &a.ring)).collect();
    let place = |row: &BTreeMap<String, String>| {
        let number = |key: &str| row[key].parse::<f64>().unwrap();
        Point::of_degrees(number("lon"), number("lat"))
    };
    let branches = table("branches.csv");
    let codes: BTreeSet<_> = branches.iter().map(|row| row["code"].clone()).collect();
    assert_eq!(codes.len(), branches.len());
    for row in &branches {
        assert_eq!(row["generated"], "true");
        assert!(row["parent"].is_empty() || codes.contains(&row["parent"]), "{row:?}");
        assert!(row["areas"].split(';').all(|code| rings.contains_key(code)), "{row:?}");
        let own = row["code"].split_once('-').unwrap().1;
        assert!(contains(rings[own], place(row)), "{row:?} is outside its area");
    }
    let workers = table("workers.csv");
    let ids: BTreeSet<_> = workers.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids.len(), workers.len());
    for row in &workers {
        assert!(row["phone"].starts_with("000-") && row["name"].ends_with("（演示）"), "{row:?}");
    }
    let posts = table("posts.csv");
    let mut roles: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &posts {
        assert!(ids.contains(&row["worker"]) && rings.contains_key(&row["area"]), "{row:?}");
        *roles.entry((row["area"].clone(), row["role"].clone())).or_default() += 1;
    }
    for grid in of_level(&areas, Level::Grid) {
        let role = if grid.kind == "dedicated" { "企业联络员" } else { "网格员" };
        for role in [role, "网格长"] {
            assert_eq!(roles.get(&(grid.code.clone(), role.to_owned())), Some(&1), "{}", grid.code);
        }
    }
}
