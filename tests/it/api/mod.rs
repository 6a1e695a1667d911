//! The HTTP surface, in process: requests go through the router to a database of each engine, with
//! a small Jinshui, the shipped catalog and the shipped matrix in force.

pub mod access;
mod addition;
mod administration;
mod assign;
mod audit;
mod desk;
mod export;
mod fuzz;
mod idempotency;
mod imports;
mod matrix;
mod people;
mod redraw;
pub mod report;
mod requests;
mod reroute;
mod scope;
mod session;
mod site;
pub mod supervision;
mod territory;
mod upload;
mod words;
mod workflow;

use crate::support::{Fixture, seals};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use hexward::app::account::create_token;
use hexward::app::assets::publish_layer;
use hexward::app::ctx::Ctx;
use hexward::app::intake::{publish_catalog, publish_matrix};
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use hexward::app::seal::Seals;
use hexward::app::territory::{publish_territory, stage_territory};
use hexward::domain::access::Role;
use hexward::domain::datum::Datum;
use hexward::domain::id::AccountId;
use hexward::domain::territory::asset::Layer;
use hexward::domain::time::Timestamp;
use hexward::format::assets::{AssetMapping, read_assets};
use hexward::format::pack::{FileRole, Pack};
use hexward::format::packs::{City, shipped_catalog, shipped_matrix};
use hexward::http::{App, Options, router};
use hexward::store::port::{AccountRow, AreaRow, GrantRow};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const DISTRICT: &str = "410105";
pub const EAST: &str = "410105001";
pub const WEST: &str = "410105002";
/// In grid 41010500100101 and in grid 41010500200101.
pub const IN_EAST: [f64; 2] = [113.665, 34.785];
pub const IN_WEST: [f64; 2] = [113.645, 34.785];
pub const PASSWORD: &str = "correct horse battery";
/// 2026-11-20T10:00+08:00, a Friday.
pub const NOON: i64 = 1_795_140_000_000;
/// A hazard that needs an inspection, one of disputes, one of opinions.
pub const HAZARD: &str = "bj-01-01";
pub const DISPUTE: &str = "sg-01-01";
pub const OPINION: &str = "sg-02-01";

/// A server in process with its database, and a clock that tests set.
pub struct World {
    pub ctx: Arc<Ctx>,
    router: Router,
    pub clock: Arc<AtomicI64>,
    pub fixture: Arc<Fixture>,
    /// What a password of [`PASSWORD`] is kept as.
    hash: String,
    photos: tempfile::TempDir,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The answer is a success of this status.
    #[track_caller]
    pub fn ok(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The answer is a problem of this status and code, in the one form of all problems.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status);
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
        body
    }
}

/// A request being put together.
pub struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    peer: IpAddr,
}

pub fn call(method: &str, path: &str) -> Call {
    Call {
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        peer: IpAddr::from([192, 0, 2, 1]),
    }
}

pub fn get(path: &str) -> Call {
    call("GET", path)
}

pub fn post(path: &str, body: &Value) -> Call {
    call("POST", path).json(body)
}

impl Call {
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With an API token; an empty one is none.
    pub fn by(self, token: &str) -> Self {
        match token.is_empty() {
            true => self,
            false => self.header("authorization", format!("Bearer {token}")),
        }
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self.header("content-type", content_type)
    }

    pub fn at_peer(mut self, peer: &str) -> Self {
        self.peer = peer.parse().expect("an address");
        self
    }

    fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.peer, 40_000)));
        request
    }
}

/// A rectangle as GeoJSON: west, south, east, north.
pub fn rectangle((w, s, e, n): (f64, f64, f64, f64)) -> String {
    let ring = json!([[w, s], [e, s], [e, n], [w, n], [w, s]]);
    json!({"type": "Polygon", "coordinates": [ring]}).to_string()
}

pub fn area(code: &str, level: &str, parent: Option<&str>, sides: (f64, f64, f64, f64)) -> AreaRow {
    AreaRow {
        code: code.into(),
        name: format!("{level} {code}"),
        level: level.into(),
        parent: parent.map(str::to_owned),
        kind: "regular".into(),
        valid_from: None,
        valid_to: None,
        generated: true,
        polygon: rectangle(sides),
    }
}

/// A district of two streets: the eastern one with two grids, the western one with one.
pub fn small_jinshui() -> Vec<AreaRow> {
    let (s, n) = (34.78, 34.79);
    vec![
        area(DISTRICT, "district", None, (113.64, s, 113.68, n)),
        area(EAST, "street", Some(DISTRICT), (113.66, s, 113.68, n)),
        area(WEST, "street", Some(DISTRICT), (113.64, s, 113.66, n)),
        area("410105001001", "community", Some(EAST), (113.66, s, 113.68, n)),
        area("410105002001", "community", Some(WEST), (113.64, s, 113.66, n)),
        area("41010500100101", "grid", Some("410105001001"), (113.66, s, 113.67, n)),
        area("41010500100102", "grid", Some("410105001001"), (113.67, s, 113.68, n)),
        area("41010500200101", "grid", Some("410105002001"), (113.64, s, 113.66, n)),
    ]
}

/// The shipped matrix without the rules and rungs of streets that small Jinshui does not have.
pub fn small_matrix() -> Pack {
    let mut pack = shipped_matrix(City::Jinshui);
    for file in &mut pack.files {
        let column = match file.role {
            FileRole::Ladder => 1,
            FileRole::Rules => 4,
            _ => continue,
        };
        let known = |line: &&str| {
            let code = line.split(',').nth(column).unwrap_or("");
            ["", DISTRICT, EAST, WEST, "area_code"].contains(&code)
        };
        file.text = file.text.lines().filter(known).collect::<Vec<_>>().join("\n");
    }
    pack
}

/// Puts a layer in force with one road, which runs about 11 m north of a place.
pub async fn publish_road_past(ctx: &Ctx, place: [f64; 2], (name, owner): (&str, &str)) {
    let (lon, lat) = (place[0], place[1] + 0.0001);
    let text = json!({"type": "FeatureCollection", "features": [{
        "type": "Feature",
        "properties": {"code": "R1", "name": name, "owner": owner},
        "geometry": {"type": "LineString",
            "coordinates": [[lon - 0.001, lat], [lon + 0.001, lat]]},
    }]});
    let read = read_assets(text.to_string().as_bytes(), &AssetMapping::default(), Datum::Wgs84);
    let layer = Layer {
        code: "road".into(),
        name: "道路".into(),
        name_en: None,
        distance_m: 25.0,
        grow_m: 50.0,
        generated: true,
    };
    publish_layer(ctx, &layer, &read.expect("assets").0, "test").await.expect("in force");
}

pub fn grant(role: Role, area: Option<&str>, department: Option<&str>) -> GrantRow {
    GrantRow {
        role,
        area_code: area.map(str::to_owned),
        department: department.map(str::to_owned),
        kinds: None,
    }
}

async fn open_ctx(
    fixture: &Fixture,
    photos: &tempfile::TempDir,
    clock: Arc<AtomicI64>,
    seals: Seals,
) -> Arc<Ctx> {
    let store = hexward::store::open(&fixture.url).await.expect("the store opens");
    let address = format!("file:{}", photos.path().display());
    let photos = PhotoStore::open(&address).expect("the photos open");
    let photos = PhotoShop::new(photos, PhotoLimits::default());
    let clock = move || Timestamp(clock.load(Ordering::Relaxed));
    Ctx::load_with(store, photos, Arc::new(clock), seals).await.expect("the context loads")
}

impl World {
    pub async fn new(fixture: Arc<Fixture>) -> Self {
        Self::with(fixture, Options::default()).await
    }

    pub async fn with(fixture: Arc<Fixture>, options: Options) -> Self {
        let photos = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(NOON));
        let ctx = open_ctx(&fixture, &photos, clock.clone(), seals()).await;
        let version = stage_territory(&ctx, small_jinshui(), Vec::new(), "").await.expect("staged");
        publish_territory(&ctx, version).await.expect("published");
        publish_catalog(&ctx, &shipped_catalog(), "").await.expect("kept").expect("right");
        publish_matrix(&ctx, &small_matrix(), "").await.expect("kept").expect("right");
        let hash = hash_of_password();
        let app = App::new(ctx.clone(), options, CancellationToken::new());
        let router = router(app);
        Self { ctx, router, clock, fixture, hash, photos }
    }

    /// Another node on the same database.
    pub async fn second_node(&self) -> (Arc<Ctx>, App) {
        self.node_with(seals()).await
    }

    /// Another node, with other keys.
    pub async fn node_with(&self, seals: Seals) -> (Arc<Ctx>, App) {
        let ctx = open_ctx(&self.fixture, &self.photos, self.clock.clone(), seals).await;
        let app = App::new(ctx.clone(), Options::default(), CancellationToken::new());
        (ctx, app)
    }

    /// Another node, whose configuration names no key.
    pub async fn without_keys(&self) -> App {
        self.node_with(Seals::default()).await.1
    }

    pub fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub async fn account(&self, login: &str, grants: Vec<GrantRow>) -> AccountId {
        let account = AccountRow {
            id: AccountId(self.ctx.new_uuid().as_u128()),
            login: login.into(),
            name: format!("name of {login}"),
            password_hash: self.hash.clone(),
            active: true,
            must_change_password: false,
            grants,
            version: 1,
        };
        let id = account.id;
        self.ctx.store.insert_account(account, self.ctx.now(), None).await.expect("an account");
        id
    }

    /// A new account with one role; gives its API token.
    pub async fn user(&self, role: Role, area: Option<&str>, department: Option<&str>) -> String {
        let login = format!("u{}", self.ctx.new_uuid().simple());
        let id = self.account(&login, vec![grant(role, area, department)]).await;
        create_token(&self.ctx, id, "test", 366).await.expect("a token").1
    }

    pub async fn send(&self, call: Call) -> Reply {
        answer(self.router.clone(), call).await
    }

    /// A kept report: id and number.
    pub async fn report(&self, token: &str, body: &Value) -> (String, String) {
        let reply = self.send(post("/api/v1/reports", body).by(token)).await.ok(201).json();
        let word = |name: &str| reply[name].as_str().expect("a text").to_owned();
        (word("id"), word("number"))
    }

    /// A kept report: id, number and the code of its receipt.
    pub async fn report_with_code(&self, token: &str, body: &Value) -> (String, String, String) {
        let reply = self.send(post("/api/v1/reports", body).by(token)).await.ok(201).json();
        let word = |name: &str| reply[name].as_str().expect("a text").to_owned();
        (word("id"), word("number"), word("code"))
    }

    /// Takes an action on the version that is there now.
    pub async fn act(&self, token: &str, id: &str, body: &Value) -> Reply {
        let path = format!("/api/v1/issues/{id}");
        let seen = self.send(get(&path).by(token)).await.ok(200);
        let call = post(&format!("{path}/actions"), body).by(token);
        self.send(call.header("if-match", seen.header("etag"))).await
    }
}

/// Asks another server than the world's own.
pub async fn send_to(app: &App, call: Call) -> Reply {
    answer(router(app.clone()), call).await
}

async fn answer(router: Router, call: Call) -> Reply {
    let response = router.oneshot(call.request()).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
    Reply { status: parts.status, headers: parts.headers, bytes }
}

/// Hashing is meant to be slow, so it is done once.
fn hash_of_password() -> String {
    use argon2::PasswordHasher;
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let make = || argon2::Argon2::default().hash_password(PASSWORD.as_bytes());
    HASH.get_or_init(|| make().expect("a hash").to_string()).clone()
}

/// A report of a category at a place.
pub fn report_of(category: &str, position: [f64; 2], text: &str) -> Value {
    json!({"category_code": category, "text": text, "position": position})
}

/// Whether a header holds a value; names the header when it does not.
#[track_caller]
pub fn assert_header(reply: &Reply, name: header::HeaderName, part: &str) {
    let value = reply.header(name.as_str());
    assert!(value.contains(part), "{name}: {value:?} lacks {part:?}");
}
