//! What handlers are given: who calls, in which language, and bodies and queries that were read
//! with a proper complaint when they could not be.

use super::multipart::JSON_BYTES_MAX;
use super::problem::ApiError;
use super::{App, COOKIE_PLAIN, COOKIE_SECURE};
use crate::app::account::{actor_of, find_session, find_token_account};
use crate::app::error::{AppError, say};
use crate::domain::access::{Actor, Grant, Role};
pub use crate::domain::catalog::Lang;
use crate::store::port::{AccountRow, SessionRow};
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum_extra::extract::CookieJar;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq;

/// The first of zh and en that Accept-Language names; Chinese otherwise.
pub fn accepted_lang(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    for tag in accepted.unwrap_or("").split(',') {
        let tag = tag.trim().to_ascii_lowercase();
        if tag.starts_with("zh") {
            return Lang::Zh;
        }
        if tag.starts_with("en") {
            return Lang::En;
        }
    }
    Lang::Zh
}

/// The language of the answer.
impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(accepted_lang(&parts.headers))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The name of the session's cookie. Over https only the protected one counts: another host of the
/// same domain can set the plain one.
pub fn cookie_name(app: &App) -> &'static str {
    if app.options.secure_cookies { COOKIE_SECURE } else { COOKIE_PLAIN }
}

/// The session's token, if the request carries one.
pub fn session_token(app: &App, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(cookie_name(app)).map(|cookie| cookie.value().to_owned())
}

/// Whose credentials a request carries; found once a request.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub account: Option<AccountRow>,
    /// `None` for an API token.
    pub session: Option<SessionRow>,
}

/// Finds whose credentials a request carries.
///
/// # Errors
/// `Unauthenticated` for an API token that is unknown or over; or the store is not available.
pub async fn identify(parts: &mut Parts, app: &App) -> Result<Identity, AppError> {
    if let Some(known) = parts.extensions.get::<Identity>() {
        return Ok(known.clone());
    }
    let identity = if let Some(token) = bearer(&parts.headers) {
        let account = find_token_account(&app.ctx, token).await?;
        Identity { account: Some(account), ..Identity::default() }
    } else if let Some(token) = session_token(app, &parts.headers) {
        match find_session(&app.ctx, &token).await {
            Ok((session, account)) => Identity { account: Some(account), session: Some(session) },
            Err(AppError::Unauthenticated) => Identity::default(),
            Err(error) => return Err(error),
        }
    } else {
        Identity::default()
    };
    parts.extensions.insert(identity.clone());
    Ok(identity)
}

impl FromRequestParts<App> for Identity {
    type Rejection = ApiError;

    /// A session by cookie must prove itself with its CSRF token when it changes anything; an API
    /// token in the Authorization header cannot be sent by another site's page.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let identity = identify(parts, app).await?;
        if let Some(session) = &identity.session {
            check_csrf(parts, session)?;
        }
        Ok(identity)
    }
}

/// Somebody with good credentials, also while the password must be changed first.
pub struct Holder {
    pub account: AccountRow,
    pub session: Option<SessionRow>,
}

impl FromRequestParts<App> for Holder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let identity = Identity::from_request_parts(parts, app).await?;
        let account = identity.account.ok_or(AppError::Unauthenticated)?;
        Ok(Self { account, session: identity.session })
    }
}

/// Who calls: someone whose password need not be changed first, or nobody that is known.
pub struct Caller {
    pub actor: Actor,
    pub account: Option<AccountRow>,
    pub session: Option<SessionRow>,
}

const CSRF_HEADER: &str = "x-csrf-token";

fn check_csrf(parts: &Parts, session: &SessionRow) -> Result<(), ApiError> {
    if parts.method.is_safe() {
        return Ok(());
    }
    let sent = parts.headers.get(CSRF_HEADER).map_or(&b""[..], |value| value.as_bytes());
    if bool::from(sent.ct_eq(session.csrf_token.as_bytes())) {
        return Ok(());
    }
    let says = say("缺少或错误的 X-CSRF-Token", "The X-CSRF-Token is missing or wrong");
    Err(ApiError::new(StatusCode::FORBIDDEN, "csrf", says))
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let identity = Identity::from_request_parts(parts, app).await?;
        // Whoever believes to be signed in must not report as a stranger without being told: the
        // session may be over, or another tab of the same browser has signed out.
        if identity.account.is_none() && parts.headers.contains_key(CSRF_HEADER) {
            return Err(AppError::Unauthenticated.into());
        }
        let actor = match &identity.account {
            None => Actor::Anonymous,
            Some(account) if account.must_change_password => {
                let says = say("请先修改密码", "The password must be changed first");
                let code = "password_change_required";
                return Err(ApiError::new(StatusCode::FORBIDDEN, code, says));
            }
            Some(account) => actor_of(&app.ctx.snapshot(), account),
        };
        Ok(Self { actor, account: identity.account, session: identity.session })
    }
}

/// A caller who is signed in.
pub struct SignedIn {
    pub actor: Actor,
    pub account: AccountRow,
    pub session: Option<SessionRow>,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let account = caller.account.ok_or(AppError::Unauthenticated)?;
        Ok(Self { actor: caller.actor, account, session: caller.session })
    }
}

/// A signed-in caller with the administrator's role over everything: accounts and the territory
/// belong to no area.
pub struct Admin {
    pub account: AccountRow,
}

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = SignedIn::from_request_parts(parts, app).await?;
        let over_all = |grant: &Grant| {
            let limited =
                grant.area.is_some() || grant.department.is_some() || grant.kinds.is_some();
            grant.role == Role::Admin && !limited
        };
        if caller.actor.grants().iter().any(over_all) {
            return Ok(Self { account: caller.account });
        }
        let says = say("需要管理员权限", "This needs the administrator's role");
        Err(AppError::Forbidden(says).into())
    }
}

/// Where the request came from: the peer, or what a trusted proxy says.
pub struct Remote(pub IpAddr);

impl FromRequestParts<App> for Remote {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(remote_of(parts, &app.options.trusted_proxies)))
    }
}

/// The last address in X-Forwarded-For that is no trusted proxy, if the peer is one. What a proxy
/// wrote is believed up to the first hop that is not one of ours or cannot be read: everything
/// before it is the sender's own word.
fn remote_of(parts: &Parts, trusted: &[IpAddr]) -> IpAddr {
    let peer = parts
        .extensions
        .get::<axum::extract::ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
    // A socket for both families gives IPv4 peers as ::ffff:a.b.c.d.
    let mut address = peer.to_canonical();
    // A proxy may add a line instead of adding to the line that was sent.
    let lines: Vec<&str> = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|line| line.to_str().unwrap_or(""))
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let is_ours = trusted.iter().any(|own| own.to_canonical() == address);
        match hop.trim().parse::<IpAddr>() {
            Ok(hop) if is_ours => address = hop.to_canonical(),
            _ => break,
        }
    }
    address
}

/// Whether If-None-Match names the tag: what the reader has is still what there is.
pub fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    tags.any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

/// A JSON body of at most `BYTES_MAX`.
pub struct Body<T, const BYTES_MAX: usize = JSON_BYTES_MAX>(pub T);

impl<T, S, const BYTES_MAX: usize> FromRequest<S> for Body<T, BYTES_MAX>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, BYTES_MAX)
            .await
            .map_err(|_| AppError::TooLarge(say("内容过大", "The body is too large")))?;
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => {
                let status = rejection.status();
                let text = rejection.body_text();
                let (code, zh) = match status {
                    StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "内容过大"),
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                        ("unsupported_media_type", "内容类型须为 application/json")
                    }
                    StatusCode::UNPROCESSABLE_ENTITY => ("validation", "JSON 内容有误"),
                    _ => ("bad_request", "不是有效的 JSON"),
                };
                Err(ApiError::new(status, code, say(format!("{zh}（{text}）"), text)))
            }
        }
    }
}

/// Query parameters.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(ApiError::bad_request(rejection.body_text())),
        }
    }
}

/// Path parameters. What cannot be one is not found.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::not_found()),
        }
    }
}
