//! A server in process on an empty SQLite file, with a district of one grid, the shipped catalog
//! and an account that passes every door.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use hexward::app::account::create_token;
use hexward::app::ctx::Ctx;
use hexward::app::intake::publish_catalog;
use hexward::app::photo::{PhotoLimits, PhotoShop, PhotoStore};
use hexward::app::seal::Seals;
use hexward::app::territory::{publish_territory, stage_territory};
use hexward::domain::access::Role;
use hexward::domain::id::AccountId;
use hexward::domain::time::Timestamp;
use hexward::format::packs::shipped_catalog;
use hexward::http::{App, Options, router};
use hexward::store::port::{AccountRow, AreaRow, GrantRow};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// 2026-11-20T10:00+08:00, a Friday.
const NOW: Timestamp = Timestamp(1_795_140_000_000);

pub struct Server {
    runtime: Runtime,
    router: Router,
    pub token: String,
    _folder: tempfile::TempDir,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

/// The server, made once.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let (router, token) = runtime.block_on(open(folder.path()));
        Server { runtime, router, token, _folder: folder }
    })
}

async fn open(folder: &std::path::Path) -> (Router, String) {
    let url = format!("sqlite:{}", folder.join("hexward.db").display());
    let store = hexward::store::open(&url).await.expect("the store opens");
    let photos = PhotoStore::open(&format!("file:{}", folder.display())).expect("photos");
    let photos =
        PhotoShop::new(photos, PhotoLimits { photo_pixels_max: 1 << 16, ..<_>::default() });
    let ctx = Ctx::load_with(store, photos, Arc::new(|| NOW), Seals::default()).await;
    let ctx = ctx.expect("the context loads");
    let version = stage_territory(&ctx, areas(), Vec::new(), "").await.expect("staged");
    publish_territory(&ctx, version).await.expect("published");
    publish_catalog(&ctx, &shipped_catalog(), "").await.expect("kept").expect("right");
    let roles = [Role::Admin, Role::Acceptor, Role::Dispatcher, Role::DutySupervisor];
    let grant = |role| GrantRow { role, area_code: None, department: None, kinds: None };
    let account = AccountRow {
        id: AccountId(1),
        login: "master".into(),
        name: "master".into(),
        password_hash: String::new(),
        active: true,
        must_change_password: false,
        grants: roles.into_iter().map(grant).collect(),
        version: 1,
    };
    ctx.store.insert_account(account, NOW, None).await.expect("an account");
    let token = create_token(&ctx, AccountId(1), "t", 366).await.expect("a token").1;
    (router(App::new(ctx, Options::default(), CancellationToken::new())), token)
}

fn areas() -> Vec<AreaRow> {
    let polygon = r#"{"type":"Polygon","coordinates":[[[113.64,34.78],[113.68,34.78],
        [113.68,34.79],[113.64,34.79],[113.64,34.78]]]}"#;
    let codes = ["410105", "410105001", "410105001001", "41010500100101"];
    let parents = [None, Some(codes[0]), Some(codes[1]), Some(codes[2])];
    let levels = ["district", "street", "community", "grid"];
    let area = |((code, parent), level): ((&str, Option<&str>), &str)| AreaRow {
        code: code.into(),
        name: code.into(),
        level: level.into(),
        parent: parent.map(str::to_owned),
        kind: "regular".into(),
        valid_from: None,
        valid_to: None,
        generated: true,
        polygon: polygon.into(),
    };
    codes.into_iter().zip(parents).zip(levels).map(area).collect()
}

impl Server {
    /// Sends a request; there is an answer, it is no fault of the service, and a refusal says what
    /// is wrong in the one form of all refusals.
    pub fn send(&self, mut request: Request<Body>, what: &str) -> Reply {
        let peer = SocketAddr::from(([192, 0, 2, 1], 40_000));
        request.extensions_mut().insert(ConnectInfo(peer));
        let reply = self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, 64 << 20).await.expect("a bounded body");
            Reply { status: parts.status, headers: parts.headers, bytes: bytes.to_vec() }
        });
        let text = || String::from_utf8_lossy(&reply.bytes);
        assert!(reply.status.as_u16() < 500, "{what}: {} {}", reply.status, text());
        if reply.status.is_client_error() {
            let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok());
            assert_eq!(kind, Some("application/problem+json"), "{what}: {}", text());
            let body: serde_json::Value = serde_json::from_slice(&reply.bytes).expect("JSON");
            assert!(body["detail"].as_str().is_some_and(|says| !says.is_empty()), "{what}: {body}");
            assert!(reply.bytes.len() < 1 << 20, "{what}: a refusal of {}", reply.bytes.len());
        }
        reply
    }
}
