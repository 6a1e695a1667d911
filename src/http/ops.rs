//! Running the server: health, readiness, metrics, limits, and a line in the log a request.

use super::extract::{Remote, session_token};
use super::problem::ApiError;
use super::{App, is_read};
use crate::app::error::AppError;
use axum::Router;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Instant;

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
        self.0.as_ref().is_none_or(|limiter| limiter.check_key(&address).is_ok())
    }
}

/// Requests that change something without an account are limited by address.
pub async fn limit_anonymous(State(app): State<App>, request: Request, next: Next) -> Response {
    let known = session_token(request.headers()).is_some()
        || request.headers().contains_key(header::AUTHORIZATION);
    if is_read(request.method()) || known {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(Remote(address)) = Remote::from_request_parts(&mut parts, &app).await;
    if !app.limiter.allows(address) {
        return ApiError::from(AppError::Throttled { retry_after_s: 60 }).into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Counts and times requests by route, never by the address that was asked for.
pub async fn measure_request(State(_app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().to_string();
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

/// Whether the database answers and a territory is in force.
async fn ready(State(app): State<App>) -> Response {
    match app.ctx.store.find_versions().await {
        Ok(_) => (StatusCode::OK, "ready").into_response(),
        Err(error) => ApiError::from(AppError::from(error)).into_response(),
    }
}

async fn show_metrics(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}

/// The routes for those who run the server.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(show_metrics))
}
