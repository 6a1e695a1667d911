//! Addresses of tiles, with their queries, as the router and the handler read them, and the
//! arithmetic of the tiles that they name.

use super::server::server;
use axum::body::Body;
use axum::http::{Request, Uri};
use hexward::domain::tile::{EXTENT, Tile};

/// The whole input is the address behind `/api/v1/tiles/`.
pub fn run(data: &[u8]) {
    let address: String = data.iter().map(|&byte| encoded(byte)).collect();
    let Ok(uri) = format!("/api/v1/tiles/{address}").parse::<Uri>() else { return };
    let tile = tile_of(&address);
    if let Some((_, tile)) = tile {
        check_tile(tile);
    }
    let server = server();
    let request = || Request::get(uri.clone());
    let token = format!("Bearer {}", server.token);
    let own = request().header("authorization", token).body(Body::empty()).expect("a request");
    let reply = server.send(own, &address);
    let status = reply.status.as_u16();
    let stranger = server.send(request().body(Body::empty()).expect("a request"), &address);
    match tile {
        // What is no tile is not found, or is refused before it is looked for.
        None => assert!([400, 404].contains(&status), "{address}: {status}"),
        Some((layer, _)) => {
            assert!([200, 204, 400, 404, 422].contains(&status), "{address}: {status}");
            let is_open = layer == "areas";
            assert!(is_open || stranger.status.as_u16() == 401, "{address}: {}", stranger.status);
            assert!(!is_open || stranger.bytes == reply.bytes, "{address}: two faces");
        }
    }
    assert!(status != 200 || reply.headers["content-type"] == "application/vnd.mapbox-vector-tile");
    assert_eq!(status == 204, reply.status.is_success() && reply.bytes.is_empty(), "{address}");
}

/// What an address may hold stands as it is.
fn encoded(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte if b"-._~!$&'()*+,;=:@/?%".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

/// The tile of a plain address; what is escaped or signed is left to the server alone.
fn tile_of(address: &str) -> Option<(&'static str, Tile)> {
    let path = address.split('?').next()?;
    let mut parts = path.split('/');
    let layer =
        ["areas", "issues", "cells"].into_iter().find(|l| parts.clone().next() == Some(l))?;
    parts.next();
    let (zoom, x) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let y = parts.next()?.strip_suffix(".mvt")?.parse().ok()?;
    if parts.next().is_some() { None } else { Some((layer, Tile::new(zoom, x, y)?)) }
}

fn check_tile(tile: Tile) {
    let (west, south, east, north) = tile.bounds();
    assert!(west < east && south < north, "{tile:?}");
    let (lon, lat) = ((west + east) / 2.0, (south + north) / 2.0);
    assert_eq!(Tile::at(tile.zoom(), lon, lat), Some(tile), "its middle lies in it");
    let (x, y) = tile.point(lon, lat).expect("its middle lies in it");
    assert!((0..EXTENT).contains(&x) && (0..EXTENT).contains(&y), "{tile:?}");
}
