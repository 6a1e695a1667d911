//! Areas, branches, workers, issues on the map and vector tiles: what is shown, and to whom.

use super::{Server, grant, mvt, readers};
use crate::support::check;
use axum::http::StatusCode;
use geo::{Contains, Distance, Euclidean, LinesIter};
use h3o::{CellIndex, LatLng, Resolution};
use hexward::app::account::actor_of;
use hexward::app::called::know_counted;
use hexward::app::ctx::Snapshot;
use hexward::domain::access::{Actor, Role, Scope};
use hexward::domain::cell::parent_cell;
use hexward::domain::id::AccountId;
use hexward::domain::issue::kind::Kind;
use hexward::domain::metrics::contribution::Measure;
use hexward::domain::territory::level::Level;
use hexward::domain::tile::Tile;
use hexward::store::port::{AccountRow, GrantRow};
use std::collections::BTreeSet;

fn actor(server: &Server, grants: Vec<GrantRow>) -> Actor {
    let account = AccountRow {
        id: AccountId(999),
        login: "x".into(),
        name: "x".into(),
        password_hash: String::new(),
        active: true,
        must_change_password: false,
        grants,
        version: 1,
    };
    actor_of(&server.ctx.snapshot(), &account)
}

/// The tiles of a zoom level that hold any issue, by where issues are shown or by their cells.
fn tiles_around(server: &Server, zoom: u8) -> BTreeSet<(u32, u32)> {
    let mut tiles = BTreeSet::new();
    for issue in server.issues() {
        let (lon, lat) = issue.place.position;
        // A coarse cell may put an issue into the tile beside its own.
        let side = f64::from(1u32 << zoom);
        for (dx, dy) in
            [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)]
        {
            let world = geo::Coord {
                x: (lon / 360.0 + 0.5) * side,
                y: (0.5 - lat.to_radians().tan().asinh() / std::f64::consts::TAU) * side,
            };
            let (x, y) = (world.x.floor() as i64 + dx, world.y.floor() as i64 + dy);
            if x >= 0 && y >= 0 && x < side as i64 && y < side as i64 {
                tiles.insert((x as u32, y as u32));
            }
        }
    }
    tiles
}

#[test]
fn every_issue_of_a_scope_is_in_exactly_one_tile_of_a_zoom_level() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 81, 500).await;
        for (login, grants) in readers() {
            let token = server.token(login, grants.clone()).await;
            let scope = Scope::of(&actor(&server, grants));
            let truth: BTreeSet<String> = server
                .issues()
                .iter()
                .filter(|issue| scope.allows(&issue.subject()))
                // The square of the tiles ends short of the poles.
                .filter(|issue| issue.place.position.1.abs() < 85.051_128)
                .map(|issue| issue.id.to_string())
                .collect();
            assert!(!truth.is_empty());
            for zoom in [3, 9, 12, 14, 17] {
                let (mut counted, mut single) = (0, BTreeSet::new());
                for (x, y) in tiles_around(&server, zoom) {
                    let tile =
                        server.get(&token, &format!("/tiles/issues/{zoom}/{x}/{y}.mvt")).await;
                    if tile.status == StatusCode::NO_CONTENT {
                        continue;
                    }
                    let layer = mvt::read(&tile.body);
                    assert_eq!((layer.name.as_str(), layer.extent), ("issues", 4_096));
                    for feature in layer.features {
                        assert_eq!((feature.kind, feature.parts.len()), (1, 1));
                        let count = feature.properties.get("count").map_or("1", |n| n);
                        counted += count.parse::<usize>().unwrap();
                        single.extend(feature.properties.get("id").cloned());
                    }
                }
                assert_eq!(counted, truth.len(), "{login} at {zoom}");
                assert!(zoom < 14 || single == truth, "{login} at {zoom}");
            }
        }
    });
}

#[test]
fn polygons_of_tiles_are_closed_and_wind_as_they_should() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 82, 300).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        for (zoom, level, layer) in [
            (8, "district", "areas"),
            (12, "street", "areas"),
            (13, "community", "areas"),
            (14, "grid", "areas"),
            (12, "", "cells"),
        ] {
            let tile = Tile::at(zoom, 113.64, 34.74).unwrap();
            let (west, south, east, north) = tile.bounds();
            let side = f64::from(1u32 << zoom);
            let x = ((west / 360.0 + 0.5) * side).round();
            let middle = f64::midpoint(south, north).to_radians().tan().asinh();
            let y = ((0.5 - middle / std::f64::consts::TAU) * side).floor();
            assert!(west < east);
            let path = format!("/tiles/{layer}/{zoom}/{x}/{y}.mvt?from=2026-03-01&to=2035-12-30");
            // Anyone may see areas.
            let reader = if layer == "areas" { "" } else { &token };
            let answer = server.get(reader, &path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert_eq!(answer.headers["content-type"], "application/vnd.mapbox-vector-tile");
            assert_eq!(answer.headers["cache-control"], "private, no-cache");
            let read = mvt::read(&answer.body);
            assert_eq!((read.name.as_str(), read.extent), (layer, 4_096));
            assert!(!read.features.is_empty(), "{path}");
            for feature in read.features {
                assert_eq!(feature.kind, 3);
                assert!(feature.closed.iter().all(|closed| *closed));
                for ring in &feature.parts {
                    let next = ring.iter().cycle().skip(1);
                    let doubled: i64 =
                        ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
                    assert!(doubled > 0 && ring.len() >= 3, "{path}: {ring:?}");
                    let inside = |v: i64| (-64..=4_160).contains(&v);
                    assert!(ring.iter().all(|p| inside(p.0) && inside(p.1)), "{ring:?}");
                }
                match layer {
                    "areas" => assert_eq!(feature.properties["level"], level),
                    _ => assert!(
                        feature.properties.contains_key("closing_rate_denominator")
                            || feature.properties.contains_key("n")
                    ),
                }
            }
            let tag = answer.headers["etag"].to_str().unwrap().to_owned();
            let again = server.get_with(reader, &path, &[("if-none-match", &tag)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        }
    });
}

/// A text of a tile and a value of JSON.
fn assert_same(name: &str, text: &str, value: &serde_json::Value) {
    match (value.as_f64(), text.parse::<f64>()) {
        (Some(number), Ok(own)) => assert!((number - own).abs() < 1e-12, "{name}: {text} {value}"),
        _ => assert_eq!(value.as_str().map_or_else(|| value.to_string(), str::to_owned), text),
    }
}

#[test]
fn a_hexagon_says_the_same_in_a_tile_as_in_geojson() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 82, 500).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let window = "from=2026-03-01&to=2035-12-30";
        // Zoom 12 shows hexagons of resolution 8.
        let tile = Tile::at(12, 113.64, 34.74).unwrap();
        let (west, south, _, north) = tile.bounds();
        let side = f64::from(1u32 << 12);
        let x = ((west / 360.0 + 0.5) * side).round();
        let middle = f64::midpoint(south, north).to_radians().tan().asinh();
        let y = ((0.5 - middle / std::f64::consts::TAU) * side).floor();
        let path = format!("/tiles/cells/12/{x}/{y}.mvt?{window}");
        let read = mvt::read(&server.get(&token, &path).await.body);
        let path = format!("/metrics/cells?res=8&format=geojson&{window}");
        let map = server.get(&token, &path).await.json();
        let labels = map["definitions"].as_array().unwrap().iter().map(|l| l.as_str().unwrap());
        let labels = labels.collect::<Vec<_>>().join(" ");
        assert!(labels.contains("closing_rate@3") && labels.contains("overdue@1"), "{labels}");
        let mut shrunk = 0;
        for feature in &read.features {
            let cell = &feature.properties["cell"];
            let all = map["features"].as_array().unwrap();
            let same = all.iter().find(|one| one["properties"]["cell"] == *cell).unwrap();
            let mut own = same["properties"].as_object().unwrap().clone();
            own.retain(|_, value| !value.is_null());
            for (name, value) in &feature.properties {
                let told = own.remove(name);
                match name.as_str() {
                    "as_of" => assert_eq!(value.as_str(), map["as_of"].as_str().unwrap()),
                    "definitions" => assert_eq!(*value, labels),
                    _ => assert_same(name, value, &told.unwrap_or_default()),
                }
                shrunk += usize::from(name == "closing_rate_shrunk");
            }
            assert!(own.is_empty(), "the tile lacks {own:?}");
        }
        assert!(!read.features.is_empty() && shrunk > 0);
    });
}

#[test]
fn the_numbers_that_are_asked_for_are_those_among_all() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 85, 500).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let path = "/metrics/cells?res=8&format=geojson&from=2026-03-01&to=2035-12-30";
        let all = server.get(&token, path).await.json();
        let all = all["features"].as_array().unwrap();
        let mut told = 0;
        for (wanted, names) in [
            ("closing_rate", &["closing_rate", "closing_rate_shrunk", "closing_rate_low"][..]),
            ("open,reported", &["open", "age_median_ms", "reported"]),
            ("overdue", &["overdue", "overdue_oldest_ms"]),
            (
                "close_ms,%20rework_rate",
                &["close_ms_median", "close_ms_n", "rework_rate_numerator"],
            ),
        ] {
            let few = server.get(&token, &format!("{path}&metrics={wanted}")).await.json();
            let few = few["features"].as_array().unwrap();
            assert!(!few.is_empty());
            for feature in few {
                let own = feature["properties"].as_object().unwrap();
                let same = all.iter().find(|one| one["properties"]["cell"] == own["cell"]).unwrap();
                // Whether anything is known is said of what was asked for.
                for (name, value) in own.iter().filter(|(name, _)| *name != "unknown") {
                    assert_eq!(*value, same["properties"][name], "{wanted}: {name}");
                }
                assert!(names.iter().all(|name| own.contains_key(*name)), "{wanted}: {own:?}");
                assert!(!own.contains_key("mediation_rate"), "{wanted}: {own:?}");
                told += usize::from(names.iter().all(|name| !own[*name].is_null()));
            }
            // What is left out has nothing of what was asked for.
            for one in all {
                let cell = &one["properties"]["cell"];
                if !few.iter().any(|feature| feature["properties"]["cell"] == *cell) {
                    assert_eq!(one["properties"]["n"], 0, "{wanted}: {one}");
                }
            }
        }
        assert!(told > 20, "{told}");
        for bad in ["metrics=nothing", "metrics=closing_rate,,open", "metrics=age_median_ms"] {
            let answer = server.get(&token, &format!("{path}&{bad}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
            let says = String::from_utf8(answer.body).unwrap();
            assert!(says.contains("metrics") && says.contains("closing_rate"), "{says}");
        }
        let answer = server.get(&token, "/metrics/cells?res=8&metrics=open").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "JSON has a shape of its own");
    });
}

/// A place outside is called by the areas that hold the nearest grid: the slow truth goes through
/// all edges of all grids.
fn is_nearest(snapshot: &Snapshot, (lon, lat): (f64, f64), told: Option<&str>, near: Option<bool>) {
    let shrink = lat.to_radians().cos();
    let flat = |at: geo::Coord<f64>| geo::Point::new((at.x - lon) * shrink, at.y - lat);
    let grids = snapshot.territory.areas().filter(|area| area.level == Level::Grid);
    let distances = grids.map(|grid| {
        let edges = grid.polygon.lines_iter();
        let to = edges.map(|edge| {
            let edge = geo::Line::new(flat(edge.start), flat(edge.end));
            Euclidean.distance(&geo::Point::new(0.0, 0.0), &edge)
        });
        (to.fold(f64::INFINITY, f64::min) * 111_200.0, grid)
    });
    let distances: Vec<_> = distances.collect();
    let least = distances.iter().map(|(metres, _)| *metres).fold(f64::INFINITY, f64::min);
    let Some(told) = told else {
        assert!(least > 4_900.0, "{lon} {lat} is {least} m from a grid and has no name");
        return;
    };
    assert_eq!(near, Some(true));
    let of_nearest = distances.iter().filter(|(metres, _)| *metres <= least * 1.01 + 1.0);
    let mut chains = of_nearest.flat_map(|(_, grid)| {
        let path = snapshot.territory.path(&grid.code).unwrap_or_default();
        path.split('/').filter_map(|code| snapshot.area_name(code)).collect::<Vec<_>>()
    });
    assert!(chains.any(|name| name == told), "{told} is not the nearest to {lon} {lat}");
}

#[test]
fn a_hexagon_is_named_after_the_area_in_which_its_middle_lies() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 84, 300).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let snapshot = server.ctx.snapshot();
        for (res, level) in [(7, Level::Street), (8, Level::Community), (9, Level::Grid)] {
            let path =
                format!("/metrics/cells?res={res}&format=geojson&from=2026-03-01&to=2035-12-30");
            let plain = server.get(&token, &path).await.json();
            let named = server.get(&token, &format!("{path}&names=true")).await.json();
            let mut finest = 0;
            for feature in named["features"].as_array().unwrap() {
                let told = feature["properties"]["place"].as_str();
                let cell = feature["properties"]["cell"].as_str().unwrap();
                let middle = LatLng::from(cell.parse::<CellIndex>().unwrap());
                // The slow truth: every polygon is asked.
                let holders = snapshot.territory.areas().filter(|area| {
                    area.level <= level
                        && area.polygon.contains(&geo::Point::new(middle.lng(), middle.lat()))
                });
                let innermost = holders.max_by_key(|area| area.level);
                let near = feature["properties"]["place_near"].as_bool();
                match innermost {
                    Some(area) => assert_eq!((told, near), (Some(&*area.name), Some(false))),
                    None => is_nearest(&snapshot, (middle.lng(), middle.lat()), told, near),
                }
                finest += usize::from(innermost.is_some_and(|area| area.level == level));
            }
            assert!(finest > 0, "no cell of resolution {res} has its middle in a {level}");
            for feature in plain["features"].as_array().unwrap() {
                assert!(feature["properties"].get("place").is_none(), "nobody asked for names");
            }
        }
    });
}

#[test]
fn a_tile_that_does_not_exist_or_is_not_allowed_is_refused() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 83, 50).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let admin = server.token("admin", vec![grant(Role::Admin)]).await;
        for path in [
            "areas/21/0/0.mvt",
            "areas/3/8/0.mvt",
            "areas/3/0/8.mvt",
            "roads/3/0/0.mvt",
            "areas/3/0/0.png",
            "areas/3/0/0",
            "areas/-1/0/0.mvt",
            "areas/x/0/0.mvt",
            "areas/3/0/99999999999.mvt",
        ] {
            let answer = server.get(&token, &format!("/tiles/{path}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
        for layer in ["issues", "cells"] {
            let path = format!("/tiles/{layer}/3/6/3.mvt");
            assert_eq!(server.get("", &path).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(
            server.get(&admin, "/tiles/cells/3/6/3.mvt").await.status,
            StatusCode::FORBIDDEN
        );
        // Issues of an administrator: none, for he keeps the data and not the cases.
        let none = server.get(&admin, "/tiles/issues/3/6/3.mvt").await;
        assert_eq!(none.status, StatusCode::NO_CONTENT);
        // The mark of a tile is another one for another reader.
        let tags: BTreeSet<String> = {
            let mut tags = BTreeSet::new();
            for reader in [&token, &admin] {
                let answer = server.get(reader, "/tiles/issues/3/6/3.mvt").await;
                tags.insert(answer.headers["etag"].to_str().unwrap().to_owned());
            }
            tags
        };
        assert_eq!(tags.len(), 2);
    });
}

#[test]
fn a_dispute_is_shown_coarsely_to_those_who_may_not_read_it() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 84, 300).await;
        let leader = server.token("leader", vec![grant(Role::Leader)]).await;
        let acceptor = server.token("acceptor", vec![grant(Role::Acceptor)]).await;
        let mut disputes = 0;
        for (token, exact) in [(&leader, false), (&acceptor, true)] {
            let map = server.get(token, "/issues.geojson").await.json();
            let features = map["features"].as_array().unwrap();
            assert_eq!(features.len(), server.issues().len());
            for feature in features {
                let id = feature["properties"]["id"].as_str().unwrap();
                let issue = server.issues().iter().find(|i| i.id.to_string() == id).unwrap();
                let shown = &feature["geometry"]["coordinates"];
                let shown = (shown[0].as_f64().unwrap(), shown[1].as_f64().unwrap());
                if exact || issue.kind != Kind::Dispute {
                    assert_eq!(shown, issue.place.position);
                } else {
                    disputes += 1;
                    let coarse = parent_cell(issue.place.cell, h3o::Resolution::Nine);
                    let middle = h3o::LatLng::from(h3o::CellIndex::try_from(coarse).unwrap());
                    assert_eq!(shown, (middle.lng(), middle.lat()));
                }
                assert!(
                    !feature.to_string().contains("护栏")
                        && feature["properties"]["text"].is_null()
                );
            }
        }
        assert!(disputes > 5);
        let some = server.get(&leader, "/issues.geojson?limit=3").await.json();
        assert_eq!(some["features"].as_array().unwrap().len(), 3);
        assert!(some["next_cursor"].is_string());
    });
}

#[test]
fn anyone_reads_areas_and_only_staff_reads_workers() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 85, 10).await;
        let count = |value: &serde_json::Value| value["items"].as_array().unwrap().len();
        for (query, n) in [
            ("", 25),
            ("?level=grid", 16),
            ("?parent=D", 4),
            ("?parent=S1&level=grid", 4),
            ("?level=street&bbox=113.601,34.701,113.602,34.702", 1),
            ("?bbox=0,0,1,1", 0),
        ] {
            assert_eq!(
                count(&server.get("", &format!("/areas{query}")).await.json()),
                n,
                "{query}"
            );
        }
        let map = server.get("", "/areas?level=grid&format=geojson&zoom=12").await.json();
        assert_eq!(map["features"].as_array().unwrap().len(), 16);
        assert_eq!(map["features"][0]["geometry"]["type"], "MultiPolygon");
        let grid = server.get("", "/areas/G12").await.json();
        let chain: Vec<&str> =
            grid["chain"].as_array().unwrap().iter().map(|a| a["code"].as_str().unwrap()).collect();
        assert_eq!(chain, ["D", "S1", "C1", "G12"]);
        assert_eq!(grid["path"], "D/S1/C1/G12/");
        assert_eq!(count(&server.get("", "/areas/G12/lineage").await.json()), 0);
        for missing in ["/areas/none", "/areas/none/lineage", "/areas/%00"] {
            assert_eq!(server.get("", missing).await.status, StatusCode::NOT_FOUND, "{missing}");
        }
        for wrong in
            ["/areas?level=x", "/areas?parent=none", "/branches?bbox=1", "/areas?format=kml"]
        {
            let answer = server.get("", wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        assert_eq!(server.get("", "/branches").await.json()["type"], "FeatureCollection");
        let resident = server.token("resident", Vec::new()).await;
        let worker = server.token("worker", vec![grant(Role::GridWorker)]).await;
        assert_eq!(server.get("", "/workers").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(server.get(&resident, "/workers").await.status, StatusCode::FORBIDDEN);
        assert_eq!(server.get(&worker, "/workers").await.status, StatusCode::OK);
    });
}

#[test]
fn hexagons_are_known_before_a_map_asks_for_them() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 67, 150).await;
        assert!(server.ctx.snapshot().cells.known().is_empty());
        know_counted(&server.ctx).await.unwrap();
        let counters = server.ctx.store.load_rollups().await.unwrap();
        let reported = counters.keys().filter(|key| key.measure == Measure::Reported);
        let cells: BTreeSet<u64> = reported
            .flat_map(|key| {
                let sizes = (5..=9).map(|res| Resolution::try_from(res).unwrap());
                sizes.map(|size| parent_cell(key.bin.cell, size))
            })
            .collect();
        let known = |server: &Server| -> BTreeSet<u64> {
            server.ctx.snapshot().cells.known().into_iter().map(u64::from).collect()
        };
        assert!(cells.len() > 50, "{}", cells.len());
        assert_eq!(known(&server), cells);
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let map = "/metrics/cells?format=geojson&names=true&res=9&from=2020-01-01";
        assert_eq!(server.get(&token, map).await.status, StatusCode::OK);
        assert_eq!(known(&server), cells);
    });
}
