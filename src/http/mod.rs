//! The web server: every route on one page, and what surrounds them all.

mod action;
mod analyses;
mod areas;
mod audit;
mod bulk;
mod catalog;
mod csv;
mod disputes;
mod export;
mod extract;
mod filter;
mod flows;
mod geojson;
mod handlers;
mod handovers;
mod imports;
mod issues;
mod live;
mod matrix;
mod measures;
mod multipart;
mod notices;
mod ops;
mod people;
mod periodic;
mod problem;
mod proposals;
mod public;
mod reach;
mod redraw;
mod reference;
mod refusal;
mod reports;
mod reroute;
mod server;
mod session;
mod settings;
mod site;
mod tasks;
mod templates;
mod territories;
mod tiles;
mod uploads;
mod views;
mod wire;

pub use periodic::{PRINTED_ROWS_MAX, SHEET_ROWS_MAX};
pub use server::serve;

use crate::app::ctx::Ctx;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::{Router, middleware};
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The session's cookie over https; the prefix makes the browser refuse weaker ones.
pub const COOKIE_SECURE: &str = "__Host-hexward";
/// The session's cookie over plain http, for a machine of one's own.
pub const COOKIE_PLAIN: &str = "hexward";
/// The largest body of any request: nine photos and a report.
pub const BODY_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Nine photos take minutes over a slow network.
const REQUEST_SECONDS_MAX: u64 = 600;

/// How the server is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the site is served over https (by a proxy).
    pub secure_cookies: bool,
    /// Peers whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Requests a minute that one address may make without an account; 0 for no limit.
    pub anonymous_per_minute_max: u32,
}

/// What every handler shares; a handle to it, which is cheap to copy.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub ctx: Arc<Ctx>,
    pub options: Options,
    /// Cancelled when the server is to stop, so that endless answers end.
    pub stop: CancellationToken,
    pub limiter: ops::Limiter,
    /// The live views that are open.
    pub seats: Arc<live::Seats>,
    pub metrics: ops::Recorder,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub fn new(ctx: Arc<Ctx>, options: Options, stop: CancellationToken) -> Self {
        let limiter = ops::Limiter::new(options.anonymous_per_minute_max);
        let (seats, metrics) = (Arc::default(), ops::install_recorder());
        Self(Arc::new(Shared { ctx, options, stop, limiter, seats, metrics }))
    }
}

/// What the OpenAPI document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hexward 网格哨",
        description = "Grid governance: reports, routing, workflow, metrics."
    ),
    tags(
        (name = "session", description = "Signing in, tokens"),
        (name = "accounts", description = "Accounts, for administrators"),
        (name = "reports", description = "Reporting and following a report"),
        (name = "issues", description = "Working issues"),
        (name = "desk", description = "Saved views, handover notes, templates for replies"),
        (name = "reference", description = "Instance, categories, departments, matrix"),
        (name = "people", description = "Workers, posts and branches, for administrators"),
        (name = "audit", description = "What was done, and whether the log is whole"),
        (name = "matrix", description = "Versions of the responsibility matrix"),
        (name = "territory", description = "Areas, branches, locating"),
        (name = "administration", description = "Settings, calendars, files of the catalog"),
        (name = "metrics", description = "Rates, counts, heatmaps"),
    )
)]
struct Document;

/// The responsibility matrix as an instrument.
fn matrix_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(matrix::list_matrix_versions, matrix::draft_matrix))
        .routes(routes!(matrix::show_matrix_version))
        .routes(routes!(matrix::show_matrix_file))
        .routes(routes!(matrix::lint_matrix))
        .routes(routes!(matrix::diff_matrix))
        .routes(routes!(matrix::simulate_matrix))
        .routes(routes!(matrix::activate_matrix))
        .routes(routes!(matrix::roll_back_matrix))
}

/// What an administrator keeps beside accounts and territory.
fn admin_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(settings::show_settings, settings::update_settings))
        .routes(routes!(settings::show_calendars))
        .routes(routes!(settings::update_calendar))
        .routes(routes!(catalog::show_catalog, catalog::update_catalog))
        .routes(routes!(catalog::roll_back_catalog_version))
        .routes(routes!(catalog::show_catalog_file))
}

/// What a desk and an inbox have beside the issues.
fn desk_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(bulk::preview_bulk))
        .routes(routes!(bulk::apply_bulk))
        .routes(routes!(views::list_views, views::create_view))
        .routes(routes!(views::show_view, views::update_view, views::delete_view))
        .routes(routes!(handovers::list_handovers, handovers::create_handover))
        .routes(routes!(templates::list_templates, templates::create_template))
        .routes(routes!(templates::update_template, templates::delete_template))
}

/// People, posts and branches, and the audit: for administrators.
fn people_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(people::list_people, people::create_person))
        .routes(routes!(people::show_person, people::update_person))
        .routes(routes!(people::end_person))
        .routes(routes!(people::create_post))
        .routes(routes!(people::update_post, people::delete_post))
        .routes(routes!(people::end_post))
        .routes(routes!(people::move_post))
        .routes(routes!(people::list_vacancies))
        .routes(routes!(people::list_kept_branches, people::create_branch))
        .routes(routes!(people::update_branch))
        .routes(routes!(audit::list_admin_entries))
        .routes(routes!(audit::list_reads))
        .routes(routes!(audit::list_audit_runs, audit::start_audit_run))
}

/// Files that come with a report, and what its reporter does later.
fn report_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(uploads::open_upload))
        .routes(routes!(uploads::show_upload, uploads::append_chunk))
        .routes(routes!(reports::reopen_report))
        .routes(routes!(reports::rate_report))
        .routes(routes!(reports::show_track_photo))
        .routes(routes!(reports::locate))
}

/// Versions of the territory, its editor, and imports.
fn land_api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(territories::list_versions, territories::stage_version))
        .routes(routes!(territories::delete_version))
        .routes(routes!(territories::preview_version))
        .routes(routes!(territories::list_version_areas))
        .routes(routes!(territories::publish_version))
        .routes(routes!(redraw::preview_edits_of_territory))
        .routes(routes!(redraw::stage_edits_of_territory))
        .routes(routes!(imports::import_file))
}

/// Every route of the API.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::show_session, session::sign_out))
        .routes(routes!(session::change_password))
        .routes(routes!(session::list_tokens, session::create_token))
        .routes(routes!(session::delete_token))
        .routes(routes!(session::list_accounts, session::create_account))
        .routes(routes!(session::update_account))
        .routes(routes!(tasks::show_worker_link, tasks::link_worker))
        .routes(routes!(reports::submit_report))
        .routes(routes!(reports::preview_report))
        .routes(routes!(reports::track_report))
        .merge(report_api())
        .routes(routes!(issues::list_issues))
        .routes(routes!(export::export_issues))
        .routes(routes!(issues::show_issue))
        .routes(routes!(issues::act_on_issue))
        .routes(routes!(issues::list_events))
        .routes(routes!(issues::list_duplicates))
        .routes(routes!(handlers::list_issue_handlers))
        .routes(routes!(issues::upload_photos))
        .routes(routes!(issues::show_photo))
        .routes(routes!(reroute::preview_reroute))
        .routes(routes!(tasks::list_tasks))
        .routes(routes!(tasks::list_samples, tasks::create_sample))
        .routes(routes!(tasks::show_sample))
        .routes(routes!(disputes::put_parties))
        .routes(routes!(disputes::open_parties))
        .routes(routes!(disputes::put_agreement))
        .routes(routes!(disputes::list_issue_summons))
        .routes(routes!(disputes::list_own_summons))
        .routes(routes!(disputes::show_claimant))
        .routes(routes!(public::list_answers))
        .routes(routes!(public::list_wishes))
        .routes(routes!(public::list_public_cells))
        .routes(routes!(public::claim_public_wish))
        .routes(routes!(public::unclaim_public_wish))
        .routes(routes!(notices::list_notices))
        .routes(routes!(notices::mark_notice))
        .routes(routes!(live::follow_live))
        .routes(routes!(tiles::show_tile))
        .routes(routes!(areas::map_issues))
        .routes(routes!(areas::list_areas))
        .routes(routes!(areas::show_area))
        .routes(routes!(areas::list_lineage))
        .routes(routes!(areas::list_branches))
        .routes(routes!(areas::list_workers))
        .routes(routes!(measures::list_definitions))
        .routes(routes!(measures::show_summary))
        .routes(routes!(measures::list_area_metrics))
        .routes(routes!(measures::list_cell_metrics))
        .routes(routes!(periodic::show_periodic_report))
        .routes(routes!(flows::show_flow))
        .routes(routes!(flows::list_times))
        .routes(routes!(analyses::list_hotspots))
        .routes(routes!(analyses::list_trends))
        .routes(routes!(reach::show_reach))
        .routes(routes!(analyses::show_appraisal))
        .routes(routes!(reference::show_instance))
        .routes(routes!(reference::list_categories))
        .routes(routes!(reference::list_departments))
        .routes(routes!(reference::show_matrix))
        .merge(matrix_api())
        .merge(desk_api())
        .merge(admin_api())
        .merge(people_api())
        .routes(routes!(proposals::show_proposals))
        .merge(land_api())
}

/// The OpenAPI document, as it is served and checked in.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().1
}

fn documented() -> (Router<App>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts()
}

fn header_layer(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// The content policy: nothing is fetched from another host.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; worker-src 'self' blob:; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

/// The whole server.
pub fn router(app: App) -> Router {
    let (api, document) = documented();
    let id = HeaderName::from_static("x-request-id");
    // One layer of many, outermost first: the router packs each of its own into a box, all of which
    // are copied anew at every step of a request.
    let around = ServiceBuilder::new()
        .layer(header_layer(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(header_layer(header::REFERRER_POLICY, "same-origin"))
        .layer(header_layer(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header_layer(header::CACHE_CONTROL, "no-store"))
        .layer(middleware::from_fn(ops::drop_odd_request_id))
        .layer(SetRequestIdLayer::new(id.clone(), MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(id))
        .layer(TraceLayer::new_for_http().make_span_with(ops::span_of))
        .layer(middleware::from_fn(ops::measure_request))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(problem::render))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(REQUEST_SECONDS_MAX),
        ))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(app.clone(), ops::limit_anonymous));
    api.merge(site::viewer(document))
        .merge(ops::routes())
        .fallback(site::serve)
        .layer(around)
        .with_state(app)
}

/// Methods that change nothing.
fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
