//! Running the server: health, readiness, metrics, limits, and what the log says of a request.

use super::extract::{Admin, Remote, identify};
use super::problem::ApiError;
use super::{App, is_read};
use crate::app::error::AppError;
use axum::Router;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where the process's metrics are collected.
pub type Recorder = PrometheusHandle;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts collecting metrics; once a process.
pub fn install_recorder() -> Recorder {
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed; /metrics stays empty");
            }
            handle
        })
        .clone()
}

/// Limits what one address may ask for without an account.
pub struct Limiter(Option<RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>>);

impl Limiter {
    pub fn new(per_minute_max: u32) -> Self {
        let quota = NonZeroU32::new(per_minute_max).map(Quota::per_minute);
        Self(quota.map(RateLimiter::keyed))
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.0.as_ref().is_none_or(|limiter| limiter.check_key(&network_of(address)).is_ok())
    }

    /// Forgets addresses that have been quiet.
    fn forget_quiet(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// What limits go by: an IPv4 address, or the 64 bits of an IPv6 network that one line is given.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}

/// Requests that change something without an account are limited by address. Credentials count
/// only when they are good: else any made-up token would be a way around.
pub async fn limit_anonymous(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_read(request.method()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let known = match identify(&mut parts, &app).await {
        Ok(identity) => identity.account.is_some(),
        Err(AppError::Unauthenticated) => false,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let Ok(Remote(address)) = Remote::from_request_parts(&mut parts, &app).await;
    if !known && !app.limiter.allows(address) {
        return ApiError::from(AppError::Throttled { retry_after_s: 60 }).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// How often collected times are added up; nobody else does it while nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Keeps what the server remembers of requests small, until it stops.
pub async fn keep_up(app: App) {
    let mut beat = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = app.stop.cancelled() => return,
            _ = beat.tick() => {
                app.metrics.run_upkeep();
                app.limiter.forget_quiet();
            }
        }
    }
}

/// The longest request id that is taken from a proxy, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Takes a request id away that is more than an id: it is written into the log as it is.
pub async fn drop_odd_request_id(mut request: Request, next: Next) -> Response {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let id = request.headers().get("x-request-id").map(|id| id.as_bytes());
    if id.is_some_and(|id| id.len() > REQUEST_ID_BYTES_MAX || !id.iter().all(plain)) {
        request.headers_mut().remove("x-request-id");
    }
    next.run(request).await
}

/// The method as a label: the standard ones, and one word for all that people make up.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Counts and times requests by route, never by the address that was asked for.
pub async fn measure_request(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = method_label(request.method()).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("route", route), ("method", method), ("status", status)];
    metrics::counter!("hexward_http_requests_total", &labels).increment(1);
    metrics::histogram!("hexward_http_request_seconds", &labels)
        .record(begun.elapsed().as_secs_f64());
    response
}

/// The span of a request: its route, not its query, which may hold what people searched for.
pub fn span_of(request: &Request) -> tracing::Span {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("");
    tracing::info_span!("request", method = %request.method(), route, id)
}

async fn health() -> &'static str {
    "ok"
}

/// Whether the database answers. An installation without a territory is ready, too: its first one
/// comes over this server.
async fn ready(State(app): State<App>) -> Response {
    match app.ctx.store.find_versions().await {
        Ok(_) => (StatusCode::OK, "ready").into_response(),
        Err(error) => ApiError::from(AppError::from(error)).into_response(),
    }
}

/// Whether the request was made on this machine and not passed on by a proxy.
fn is_local(Remote(address): &Remote, headers: &HeaderMap) -> bool {
    let forwarded = ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name));
    address.is_loopback() && !forwarded
}

/// The process's metrics: for whoever asks on this machine, and for an administrator's API token.
/// How busy a public service is, and which of its requests fail, is no business of the public.
async fn show_metrics(
    State(app): State<App>,
    remote: Remote,
    headers: HeaderMap,
    admin: Result<Admin, ApiError>,
) -> Response {
    if !is_local(&remote, &headers)
        && let Err(refused) = admin
    {
        return refused.into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}

/// The routes for those who run the server.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
}
