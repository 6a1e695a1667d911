//! What handlers are given: who calls, in which language, and bodies and queries that were read
//! with a proper complaint when they could not be.

use super::problem::ApiError;
use super::{App, COOKIE_PLAIN, COOKIE_SECURE};
use crate::app::account::{actor_of, find_session, find_token_account};
use crate::app::error::{AppError, Say, say};
use crate::domain::access::{Actor, Role};
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

/// The language of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    /// The first of zh and en that Accept-Language names; Chinese otherwise.
    pub fn of(headers: &HeaderMap) -> Self {
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

    pub fn pick(self, says: &Say) -> String {
        match self {
            Lang::Zh => says.zh.clone(),
            Lang::En => says.en.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Who calls. A session by cookie must prove itself with its CSRF token when it changes anything;
/// an API token in the Authorization header cannot be sent by another site's page.
pub struct Caller {
    pub actor: Actor,
    pub account: Option<AccountRow>,
    pub session: Option<SessionRow>,
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The session's token, if the request carries one.
pub fn session_token(headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let cookie = jar.get(COOKIE_SECURE).or_else(|| jar.get(COOKIE_PLAIN));
    cookie.map(|cookie| cookie.value().to_owned())
}

fn check_csrf(parts: &Parts, session: &SessionRow) -> Result<(), ApiError> {
    if parts.method.is_safe() {
        return Ok(());
    }
    let sent = parts.headers.get("x-csrf-token").map_or(&b""[..], |value| value.as_bytes());
    if bool::from(sent.ct_eq(session.csrf_token.as_bytes())) {
        return Ok(());
    }
    let says = say("缺少或错误的 X-CSRF-Token", "The X-CSRF-Token is missing or wrong");
    Err(ApiError::new(StatusCode::FORBIDDEN, "csrf", says))
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let snapshot = app.ctx.snapshot();
        if let Some(token) = bearer(&parts.headers) {
            let account = find_token_account(&app.ctx, token).await?;
            let actor = actor_of(&snapshot, &account);
            return Ok(Self { actor, account: Some(account), session: None });
        }
        let Some(token) = session_token(&parts.headers) else {
            return Ok(Self { actor: Actor::Anonymous, account: None, session: None });
        };
        match find_session(&app.ctx, &token).await {
            // A cookie that is over is as good as none.
            Err(AppError::Unauthenticated) => {
                Ok(Self { actor: Actor::Anonymous, account: None, session: None })
            }
            Err(error) => Err(error.into()),
            Ok((session, account)) => {
                check_csrf(parts, &session)?;
                let actor = actor_of(&snapshot, &account);
                Ok(Self { actor, account: Some(account), session: Some(session) })
            }
        }
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

/// A signed-in caller with the administrator's role.
pub struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = SignedIn::from_request_parts(parts, app).await?;
        if caller.actor.has_role(Role::Admin) {
            return Ok(Self);
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

/// The last address in X-Forwarded-For that is no trusted proxy, if the peer is one.
fn remote_of(parts: &Parts, trusted: &[IpAddr]) -> IpAddr {
    let peer = parts
        .extensions
        .get::<axum::extract::ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
    if !trusted.contains(&peer) {
        return peer;
    }
    let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let mut hops = forwarded.unwrap_or("").rsplit(',').filter_map(|hop| hop.trim().parse().ok());
    hops.find(|hop| !trusted.contains(hop)).unwrap_or(peer)
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
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
                Err(ApiError::new(status, code, say(format!("{zh}：{text}"), text)))
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
