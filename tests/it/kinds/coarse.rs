//! Who may not know the exact place of a dispute cannot find it out by asking.

use crate::api::access::{filled, routes};
use crate::api::{
    DISPUTE, HAZARD, IN_EAST, World as Service, get, publish_road_past, report_of, small_matrix,
};
use crate::support::world::{opening, report};
use crate::support::{Chance, check};
use h3o::{CellIndex, LatLng, Resolution};
use hexward::app::intake::publish_matrix;
use hexward::domain::access::{AreaPath, Clause, Role, Scope};
use hexward::domain::cell::{COARSE_RESOLUTION, coarse_cell};
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::Issue;
use hexward::format::pack::FileRole;
use hexward::store::query::{Bounds, IssueFilter, PageQuery, Sort};
use std::collections::BTreeSet;

fn holds(issue: &Issue, filter: &IssueFilter, coarse: bool) -> bool {
    let (lon, lat) = if coarse { issue.place.coarse_position() } else { issue.place.position };
    let cell = match coarse {
        true => coarse_cell(issue.place.cell, Resolution::Eleven),
        false => issue.place.cell,
    };
    let in_cell = |wanted: u64| {
        let wanted = CellIndex::try_from(wanted).unwrap();
        CellIndex::try_from(cell).unwrap().parent(wanted.resolution()) == Some(wanted)
    };
    filter
        .bounds
        .is_none_or(|b| (b.west..=b.east).contains(&lon) && (b.south..=b.north).contains(&lat))
        && filter.cell.is_none_or(in_cell)
}

fn random_filter(chance: &mut Chance, issues: &[Issue]) -> IssueFilter {
    let one = chance.pick(issues);
    let mut filter = IssueFilter::default();
    if chance.one_in(2) {
        let (lon, lat) = match chance.one_in(2) {
            true => one.place.position,
            false => one.place.coarse_position(),
        };
        let size = *chance.pick(&[0.0001, 0.001, 0.01]);
        let (w, h) = (chance.share() * size, chance.share() * size);
        filter.bounds =
            Some(Bounds { west: lon - w, south: lat - h, east: lon + w, north: lat + h });
    } else {
        let resolution = Resolution::try_from(5 + chance.below(7) as u8).unwrap();
        let cell = match chance.one_in(2) {
            true => one.place.cell,
            false => coarse_cell(one.place.cell, Resolution::Eleven),
        };
        filter.cell = CellIndex::try_from(cell).unwrap().parent(resolution).map(u64::from);
    }
    filter
}

#[test]
fn boxes_and_cells_find_a_dispute_where_the_reader_is_told_that_it_is() {
    check(|fixture| async move {
        let chance = &mut Chance(606);
        let mut issues = Vec::new();
        for n in 0..600 {
            let at = hexward::domain::time::Timestamp(1_772_294_400_000 + n);
            let (issue, event) = report(chance, at, None);
            fixture.store.apply(opening(&issue, event)).await.unwrap();
            issues.push(issue);
        }
        let here = |path: &str| Some(AreaPath::from_stored(path.into()));
        let (mut found, mut differing) = (0, 0);
        for round in 0..500 {
            let filter = random_filter(chance, &issues);
            let clause =
                |area, coarse_disputes| Clause { area, coarse_disputes, ..Clause::default() };
            let clauses = match round % 3 {
                0 => vec![clause(None, true)],
                1 => vec![clause(here("41/"), false), clause(None, true)],
                _ => vec![clause(None, false)],
            };
            let scope = Scope { clauses };
            let told: BTreeSet<_> = {
                let query = PageQuery {
                    filter: filter.clone(),
                    sort: Sort::NewestFirst,
                    after: None,
                    limit: 1_000,
                };
                let page = fixture.store.list_issues(&query, &scope).await.unwrap();
                assert_eq!(
                    fixture.store.count_issues(&query, &scope).await.unwrap(),
                    page.items.len() as i64
                );
                page.items.iter().map(|issue| issue.id).collect()
            };
            let by = |coarse_too: bool| -> BTreeSet<_> {
                let seen = |issue: &&Issue| {
                    let holds = |coarse| holds(issue, &filter, coarse && coarse_too);
                    scope.allows_where(&issue.subject(), holds)
                };
                issues.iter().filter(seen).map(|issue| issue.id).collect()
            };
            let truth = by(true);
            assert_eq!(told, truth, "round {round}: {filter:?}");
            found += truth.len();
            differing += usize::from(truth != by(false));
        }
        assert!(found > 500 && differing > 60, "{found} {differing}");
    });
}

#[test]
fn disputes_from_before_there_were_coarse_places_are_given_theirs() {
    check(|fixture| async move {
        let chance = &mut Chance(607);
        let mut disputes = 0;
        for n in 0..30 {
            let at = hexward::domain::time::Timestamp(1_772_294_400_000 + n);
            let (issue, event) = report(chance, at, None);
            disputes += i64::from(issue.kind == Kind::Dispute);
            fixture.store.apply(opening(&issue, event)).await.unwrap();
        }
        let forget = "UPDATE issue SET coarse_lon = NULL, coarse_lat = NULL";
        assert_eq!(fixture.raw.execute(forget).await, Ok(30));
        hexward::store::open(&fixture.url).await.expect("the store opens again");
        let given = "SELECT COUNT(*) FROM issue WHERE coarse_lon IS NOT NULL AND kind = 'dispute'";
        assert_eq!(fixture.raw.number(given).await, disputes);
        assert!(disputes > 3);
    });
}

/// The tile of zoom level 18 that a place is in.
fn address(lon: f64, lat: f64) -> (u32, u32) {
    let side = f64::from(1u32 << 18);
    let lat = lat.to_radians();
    let y = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0;
    (((lon + 180.0) / 360.0 * side) as u32, (y * side) as u32)
}

/// A box of `metres` around a place, as a query.
fn bbox((lon, lat): (f64, f64), metres: f64) -> String {
    let d = metres / 111_000.0;
    format!("bbox={},{},{},{}", lon - d, lat - d, lon + d, lat + d)
}

#[test]
fn a_patient_reader_finds_the_middle_of_the_cell_and_nothing_nearer() {
    check(async |fixture| {
        let world = Service::new(fixture).await;
        let leader = world.user(Role::Leader, None, None).await;
        let supervisor = world.user(Role::DutySupervisor, None, None).await;
        let mut body = report_of(DISPUTE, IN_EAST, "争吵");
        body["contact"] = serde_json::json!({"name": "王五", "phone": "1"});
        world.report("", &body).await;
        world.report("", &report_of(HAZARD, IN_EAST, "井盖")).await;
        let exact = (IN_EAST[0], IN_EAST[1]);
        let cell = LatLng::new(exact.1, exact.0).unwrap().to_cell(COARSE_RESOLUTION);
        let middle = LatLng::from(cell);
        let middle = (middle.lng(), middle.lat());
        assert!((middle.0 - exact.0).hypot(middle.1 - exact.1) > 0.0002, "the test needs a gap");
        let fine = |(lon, lat): (f64, f64)| {
            format!("cell={}", LatLng::new(lat, lon).unwrap().to_cell(Resolution::Eleven))
        };
        let count = async |token: &str, query: String| {
            let path = format!("/api/v1/issues?kind=dispute&count=true&{query}");
            world.send(get(&path).by(token)).await.ok(200).json()["total"].as_i64().unwrap()
        };
        for (token, at_exact, at_middle) in [(&leader, 0, 1), (&supervisor, 1, 0)] {
            assert_eq!(count(token, bbox(exact, 5.0)).await, at_exact);
            assert_eq!(count(token, fine(exact)).await, at_exact);
            assert_eq!(count(token, bbox(middle, 5.0)).await, at_middle);
            assert_eq!(count(token, fine(middle)).await, at_middle);
        }
        // Tiles go by the same, also when a box narrows them.
        let tile = async |token: &str, (lon, lat): (f64, f64), query: &str| {
            let (x, y) = address(lon, lat);
            let path = format!("/api/v1/tiles/issues/18/{x}/{y}.mvt?kind=dispute{query}");
            world.send(get(&path).by(token)).await.status.as_u16()
        };
        for (token, at_exact, at_middle) in [(&leader, 204, 200), (&supervisor, 200, 204)] {
            assert_eq!(tile(token, exact, "").await, at_exact);
            assert_eq!(tile(token, middle, "").await, at_middle);
            let narrow = format!("&{}", bbox(exact, 5.0));
            assert_eq!(tile(token, exact, &narrow).await, at_exact);
            assert_eq!(tile(token, middle, &narrow).await, 204);
        }
        // Counters tell no more: the finest hexagon is the one in the middle, and it is told to
        // those alone who read disputes.
        for (token, known) in [(&leader, false), (&supervisor, true)] {
            let path = "/api/v1/metrics/cells?kind=dispute&res=10";
            let told = world.send(get(path).by(token)).await.ok(200).json();
            let child = cell.center_child(Resolution::Ten).unwrap().to_string();
            assert_eq!(told.to_string().contains(&child), known, "{told}");
        }
        let hazards = format!("/api/v1/issues?kind=hazard&count=true&{}", bbox(exact, 5.0));
        let told = world.send(get(&hazards).by(&leader)).await.ok(200).json();
        assert_eq!((told["total"].as_i64(), Kind::Hazard.as_str()), (Some(1), "hazard"));
    });
}

/// A road that runs past the place of [`EXACT`], and a rule that gives disputes on it to a
/// department.
async fn publish_road(world: &Service) {
    publish_road_past(&world.ctx, EXACT, (ROAD, OWNER)).await;
    let row = format!("zz-1,0,small:{DISPUTE},,,road,{OWNER},,,,,js-gs,,,,,test,test");
    let mut pack = small_matrix();
    let rules = pack.files.iter_mut().find(|file| file.role == FileRole::Rules).unwrap();
    rules.text = format!("{}\n{row}", rules.text);
    publish_matrix(&world.ctx, &pack, "").await.expect("kept").expect("right");
}

/// In grid 41010500100101, with digits of its own, 20 m from the next grid.
const EXACT: [f64; 2] = [113.669812, 34.785437];
const ROAD: &str = "中州大道";
const OWNER: &str = "市政之手";

/// An answer without the corners of its hexagons: one of the coarse cell's own happens to lie in
/// the latitude of the dispute.
fn without_corners(text: &str) -> String {
    let Ok(mut answer) = serde_json::from_str::<serde_json::Value>(text) else {
        return text.to_owned();
    };
    for cell in answer.get_mut("cells").and_then(|cells| cells.as_array_mut()).into_iter().flatten()
    {
        if let Some(cell) = cell.as_object_mut() {
            cell.remove("corners");
        }
    }
    answer.to_string()
}

#[test]
fn no_answer_to_who_may_not_read_a_dispute_tells_where_exactly_it_is() {
    check(async |fixture| {
        let world = Service::new(fixture).await;
        publish_road(&world).await;
        let mut body = report_of(DISPUTE, EXACT, "争吵");
        body["contact"] = serde_json::json!({"name": "王五", "phone": "1"});
        body["accuracy_m"] = serde_json::json!(60.5);
        let (id, number) = world.report("", &body).await;
        let supervisor = world.user(Role::DutySupervisor, None, None).await;
        world.act(&supervisor, &id, &serde_json::json!({"action": "file"})).await.ok(200);
        let whistle = serde_json::json!({"action": "whistle", "departments": ["js-ga"],
            "meeting": "东门", "until": "2026-11-21", "position": EXACT});
        world.act(&supervisor, &id, &whistle).await.ok(200);
        let guest = world.user(Role::Handler, None, Some("js-ga")).await;
        let arrive = serde_json::json!({"action": "arrive", "position": [EXACT[0], 34.7901]});
        world.act(&guest, &id, &arrive).await.ok(200);
        let path = format!("/api/v1/issues/{id}");
        let whole = world.send(get(&path).by(&supervisor)).await.ok(200);
        let trace = whole.json()["route"]["trace"].to_string();
        assert!(trace.contains("113.669812") && trace.contains(ROAD), "{trace}");
        assert!(!whole.json()["candidates"].as_array().unwrap().is_empty());
        let far = whole.json()["dossier"]["whistles"][0]["summoned"][0]["arrival"]["distance_m"]
            .to_string();
        assert!(far.len() > 3, "{far}");

        let leader = world.user(Role::Leader, None, None).await;
        let worker = world.user(Role::GridWorker, None, None).await;
        let secrets = ["113.6698", "34.7854", ROAD, OWNER, "60.5", "zz-1", far.as_str()];
        let mut asked = 0;
        for token in [leader.as_str(), worker.as_str(), ""] {
            for (_, path) in routes().iter().filter(|(m, p)| m == "GET" && !p.ends_with("/live")) {
                // What the matrix and the layers say is no answer about an issue.
                if path.contains("matrix") || path.contains("assets") {
                    continue;
                }
                let path = filled(&path.replace("{id}", &id).replace("{number}", &number));
                for query in ["", "?kind=dispute&limit=200", "?lang=en"] {
                    let reply = world.send(get(&format!("{path}{query}")).by(token)).await;
                    let text = without_corners(&reply.text());
                    for secret in secrets {
                        assert!(!text.contains(secret), "{path}{query} tells {secret}: {text}");
                    }
                    asked += 1;
                }
            }
        }
        assert!(asked > 300, "{asked}");
        for token in [&leader, &worker] {
            let told = world.send(get(&path).by(token)).await.ok(200).json();
            assert_eq!(told["candidates"], serde_json::json!([]));
            assert_eq!(told["route"]["lead"]["code"], "js-gs", "where it goes is told");
            assert_eq!(told["route"]["trace"], serde_json::Value::Null);
            assert!(told["route"]["sentence"]["zh"].as_str().unwrap().contains("确切位置"));
        }
        // Where the place did not decide, the trace is told without it.
        body["position"] = serde_json::json!(IN_EAST);
        let (id, _) = world.report("", &body).await;
        let told =
            world.send(get(&format!("/api/v1/issues/{id}")).by(&leader)).await.ok(200).json();
        let trace = &told["route"]["trace"];
        assert_eq!(
            (&trace["facts"]["position"], &trace["facts"]["assets"]),
            (&serde_json::Value::Null, &serde_json::json!([]))
        );
        assert_eq!(trace["facts"]["category"], DISPUTE, "{trace}");
    });
}
