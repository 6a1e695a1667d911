//! The views over HTTP: metrics, areas, maps, tiles, live events, each within the reader's scope.

mod analysis;
mod flow;
mod live;
mod maps;
mod metrics;
mod mvt;
mod periodic;
mod reach;

use crate::support::world::{DEPARTMENTS, World, opening};
use crate::support::{Chance, Fixture};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hexward::app::account::create_token;
use hexward::app::ctx::Ctx;
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use hexward::app::territory::{load_version, row_of};
use hexward::domain::access::{AreaPath, Role};
use hexward::domain::audit::Hash;
use hexward::domain::id::{AccountId, AreaCode};
use hexward::domain::issue::event::EventActor;
use hexward::domain::issue::kind::Kind;
use hexward::domain::issue::record::{Issue, Place, evolve, place_facts};
use hexward::domain::issue::state::{Action, State};
use hexward::domain::issue::step::{Draft, seal};
use hexward::domain::territory::area::{Area, AreaKind, Validity};
use hexward::domain::territory::level::Level;
use hexward::domain::time::{DAY_MS, Day, Timestamp};
use hexward::http::{App, Options, router};
use hexward::store::change::Change;
use hexward::store::port::{AccountRow, GrantRow};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The south-west corner of the district, and the width of a grid, in degrees.
const CORNER: (f64, f64) = (113.6, 34.7);
const GRID_DEGREES: f64 = 0.02;

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).expect("a code")
}

/// A square of `size` grids at column `x` and row `y`.
fn square(
    code_text: &str,
    level: Level,
    parent: Option<&str>,
    (x, y, size): (i32, i32, i32),
) -> Area {
    let at = |x: i32, y: i32| geo::Coord {
        x: CORNER.0 + f64::from(x) * GRID_DEGREES,
        y: CORNER.1 + f64::from(y) * GRID_DEGREES,
    };
    let ring = vec![at(x, y), at(x + size, y), at(x + size, y + size), at(x, y + size), at(x, y)];
    Area {
        code: code(code_text),
        name: format!("区域{code_text}"),
        level,
        parent: parent.map(code),
        kind: AreaKind::Regular,
        polygon: geo::MultiPolygon(vec![geo::Polygon::new(geo::LineString(ring), Vec::new())]),
        validity: Validity::default(),
    }
}

/// A district of four streets, each of one community with four grids.
fn areas() -> Vec<Area> {
    let mut areas = vec![square("D", Level::District, None, (0, 0, 4))];
    for (i, (x, y)) in [(0, 0), (2, 0), (0, 2), (2, 2)].into_iter().enumerate() {
        let (street, community) = (format!("S{i}"), format!("C{i}"));
        areas.push(square(&street, Level::Street, Some("D"), (x, y, 2)));
        areas.push(square(&community, Level::Community, Some(&street), (x, y, 2)));
        for (j, (dx, dy)) in [(0, 0), (1, 0), (0, 1), (1, 1)].into_iter().enumerate() {
            let grid = format!("G{i}{j}");
            areas.push(square(&grid, Level::Grid, Some(&community), (x + dx, y + dy, 1)));
        }
    }
    areas
}

/// Puts a new issue into one of the grids. Two grids stay silent.
fn place_in_district(world: &mut World) -> Change {
    let index = world.issues.len() - 1;
    let (grid, at) = (world.chance.below(14), world.issues[index].times.reported);
    let (i, j) = (grid / 4, grid % 4);
    let (x, y) = (2 * (i % 2) + j % 2, 2 * (i / 2) + j / 2);
    let share = |chance: &mut Chance| 0.05 + 0.9 * chance.share();
    let position = (
        CORNER.0 + (x as f64 + share(&mut world.chance)) * GRID_DEGREES,
        CORNER.1 + (y as f64 + share(&mut world.chance)) * GRID_DEGREES,
    );
    let cell = h3o::LatLng::new(position.1, position.0).unwrap().to_cell(h3o::Resolution::Eleven);
    let path = AreaPath::of(&[
        code("D"),
        code(&format!("S{i}")),
        code(&format!("C{i}")),
        code(&format!("G{i}{j}")),
    ]);
    let old = &world.issues[index];
    let place = Place {
        position,
        raw: position,
        cell: cell.into(),
        path,
        candidates: Vec::new(),
        ..old.place.clone()
    };
    let mut facts = world.logs[&old.id][0].facts.clone();
    facts.extend(place_facts(&place));
    let draft = Draft {
        actor: EventActor::Reporter,
        action: Action::Report,
        note: None,
        facts,
        attachments: Vec::new(),
    };
    let event = seal(old.id, 1, at, draft, (None, State::Reported), Hash::START);
    let mut issue = evolve(None, &event).unwrap();
    (issue.text, issue.address) = (old.text.clone(), old.address.clone());
    world.logs.insert(issue.id, vec![event.clone()]);
    world.issues[index] = issue.clone();
    opening(&issue, event)
}

/// The next change of the world, with new issues in the district.
fn next_change(world: &mut World) -> Change {
    let known = world.issues.len();
    let change = world.next_change();
    if world.issues.len() > known { place_in_district(world) } else { change }
}

/// A server in this process, with its world.
struct Server {
    router: Router,
    ctx: Arc<Ctx>,
    stop: CancellationToken,
    world: World,
    _photos: tempfile::TempDir,
}

/// An answer.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        assert!(
            self.status.is_success(),
            "{} {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Server {
    /// A server whose world has had `changes` changes.
    async fn start(fixture: &Fixture, seed: u64, changes: usize) -> Self {
        let store = fixture.store.clone();
        let rows = areas().iter().map(|area| row_of(area, true)).collect();
        let at = Timestamp(0);
        let staged = store.stage_territory(rows, Vec::new(), "test".into(), at, None).await;
        let version = staged.unwrap();
        load_version(store.as_ref(), version, Day(20_500)).await.expect("the areas read back");
        store.publish_territory(version, None, Change::default()).await.unwrap();
        let mut world = World::new(seed);
        for _ in 0..changes {
            store.apply(next_change(&mut world)).await.unwrap();
        }
        let photos = tempfile::tempdir().unwrap();
        let address = format!("file:{}", photos.path().display());
        let shop = PhotoShop::new(PhotoStore::open(&address).unwrap(), PhotoLimits::default());
        let now = Timestamp(world.now.0 + 3 * DAY_MS);
        let ctx = Ctx::load_with(store, shop, Arc::new(move || now), crate::support::seals())
            .await
            .unwrap();
        let stop = CancellationToken::new();
        let app = App::new(ctx.clone(), Options::default(), stop.clone());
        Self { router: router(app), ctx, stop, world, _photos: photos }
    }

    /// An account with these grants; gives its API token.
    async fn token(&self, login: &str, grants: Vec<GrantRow>) -> String {
        let id = AccountId(self.ctx.new_uuid().as_u128());
        let account = AccountRow {
            id,
            login: login.into(),
            name: login.into(),
            password_hash: "none".into(),
            active: true,
            must_change_password: false,
            grants,
            version: 1,
        };
        self.ctx.store.insert_account(account, Timestamp(0), None).await.unwrap();
        create_token(&self.ctx, id, "test", 30).await.unwrap().1
    }

    async fn get_with(&self, token: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(format!("/api/v1{path}"));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.get_with(token, path, &[]).await
    }

    /// How many issues a list finds.
    async fn count(&self, token: &str, query: &str) -> i64 {
        let page = self.get(token, &format!("/issues?limit=1&count=true&{query}")).await.json();
        page["total"].as_i64().expect("a total")
    }

    fn issues(&self) -> &[Issue] {
        &self.world.issues
    }
}

fn grant(role: Role) -> GrantRow {
    GrantRow { role, area_code: None, department: None, kinds: None }
}

/// Readers of every sort of scope: name and grants.
fn readers() -> Vec<(&'static str, Vec<GrantRow>)> {
    let in_street = GrantRow { area_code: Some("S1".into()), ..grant(Role::DutySupervisor) };
    let of_kind = GrantRow { kinds: Some(vec![Kind::Dispute]), ..grant(Role::Leader) };
    let of_department =
        GrantRow { department: Some(DEPARTMENTS[0].into()), ..grant(Role::Handler) };
    vec![
        ("all", vec![grant(Role::Leader)]),
        ("street", vec![in_street.clone()]),
        ("kind", vec![of_kind.clone()]),
        ("department", vec![of_department]),
        ("union", vec![in_street, of_kind]),
    ]
}
