//! Signing in and out, one's own password and tokens, and the administrator's accounts.

use super::App;
use super::extract::{
    Admin, At, Body, Holder, Identity, Lang, Remote, SignedIn, cookie_name, session_token,
};
use super::ops::network_of;
use super::problem::ApiError;
use super::wire::session::{
    AccountPatchWire, AccountWire, NewAccountWire, NewTokenWire, PasswordChange, SessionWire,
    TokenWire, account_wire, parse_grants, session_wire,
};
use super::wire::{Credentials, Items, Named};
use crate::app::account::{self, AccountPatch, NewAccount, SESSION_MS};
use crate::app::error::{AppError, say};
use crate::domain::id::AccountId;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use std::collections::HashMap;

type Answer<T> = Result<Json<T>, ApiError>;

/// The session's cookie; an age of 0 removes it.
fn cookie(app: &App, value: &str, age_s: i64) -> Cookie<'static> {
    let name = cookie_name(app);
    let mark = if app.options.secure_cookies { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}{mark}");
    Cookie::parse(text).unwrap_or_else(|_| Cookie::from(name))
}

/// Signs in.
#[utoipa::path(post, path = "/session", tag = "session", request_body = Credentials,
    responses((status = 200, body = SessionWire), (status = 401), (status = 429)))]
pub async fn sign_in(
    State(app): State<App>,
    lang: Lang,
    Remote(address): Remote,
    jar: CookieJar,
    Body(credentials): Body<Credentials>,
) -> Result<(CookieJar, Json<SessionWire>), ApiError> {
    let (login, password) = (&credentials.login, &credentials.password);
    let address = network_of(address).to_string();
    let signed = account::sign_in(&app.ctx, login, password, &address).await?;
    let snapshot = app.ctx.snapshot();
    let wire = session_wire(&snapshot, lang, &signed.account, Some(&signed.session));
    Ok((jar.add(cookie(&app, &signed.token, SESSION_MS / 1_000)), Json(wire)))
}

/// Who is signed in; answered also while the password must be changed first.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, body = SessionWire), (status = 401)))]
pub async fn show_session(
    State(app): State<App>,
    lang: Lang,
    holder: Holder,
) -> Answer<SessionWire> {
    let snapshot = app.ctx.snapshot();
    Ok(Json(session_wire(&snapshot, lang, &holder.account, holder.session.as_ref())))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    _identity: Identity,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), ApiError> {
    if let Some(token) = session_token(&app, &headers) {
        account::sign_out(&app.ctx, &token).await?;
    }
    Ok((jar.add(cookie(&app, "", 0)), StatusCode::NO_CONTENT))
}

/// Changes one's own password; other sessions end.
#[utoipa::path(post, path = "/session/password", tag = "session", request_body = PasswordChange,
    responses((status = 204), (status = 422)))]
pub async fn change_password(
    State(app): State<App>,
    holder: Holder,
    Body(change): Body<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let hash = holder.session.map(|session| session.token_hash).unwrap_or_default();
    let (current, new) = (&change.current, &change.new);
    account::change_password(&app.ctx, holder.account, &hash, current, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own API tokens.
#[utoipa::path(get, path = "/tokens", tag = "session",
    responses((status = 200, body = Items<TokenWire>)))]
pub async fn list_tokens(State(app): State<App>, caller: SignedIn) -> Answer<Items<TokenWire>> {
    let rows = app.ctx.store.list_tokens(caller.account.id).await.map_err(AppError::from)?;
    Ok(Json(Items { items: rows.iter().map(|row| TokenWire::of(row, None)).collect() }))
}

/// Makes an API token; it is shown this once. A token makes no tokens: else it would never end.
#[utoipa::path(post, path = "/tokens", tag = "session", request_body = NewTokenWire,
    responses((status = 201, body = TokenWire), (status = 403), (status = 422)))]
pub async fn create_token(
    State(app): State<App>,
    caller: SignedIn,
    Body(new): Body<NewTokenWire>,
) -> Result<(StatusCode, Json<TokenWire>), ApiError> {
    if caller.session.is_none() {
        let says = say("请登录后再创建令牌", "Sign in to make a token");
        return Err(AppError::Forbidden(says).into());
    }
    let id = caller.account.id;
    let (row, token) = account::create_token(&app.ctx, id, &new.name, new.expires_in_days).await?;
    Ok((StatusCode::CREATED, Json(TokenWire::of(&row, Some(token)))))
}

/// Ends an API token of one's own.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "session", params(("id" = String, Path)),
    responses((status = 204), (status = 404)))]
pub async fn delete_token(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
) -> Result<StatusCode, ApiError> {
    let id = uuid::Uuid::parse_str(&id).map_err(|_| ApiError::not_found())?.to_string();
    match account::delete_token(&app.ctx, caller.account.id, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ApiError::not_found()),
    }
}

/// Which worker each account is.
async fn workers_of(app: &App) -> Result<HashMap<AccountId, Named>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let links = app.ctx.store.list_worker_links().await.map_err(AppError::from)?;
    let named = links.into_iter().map(|(worker, account)| {
        let known = snapshot.territory.worker(worker);
        let code = worker.to_string();
        let name = known.map_or_else(|| code.clone(), |worker| worker.name.clone());
        (account, Named { code, name })
    });
    Ok(named.collect())
}

/// All accounts.
#[utoipa::path(get, path = "/accounts", tag = "accounts",
    responses((status = 200, body = Items<AccountWire>), (status = 403)))]
pub async fn list_accounts(
    State(app): State<App>,
    lang: Lang,
    _admin: Admin,
) -> Answer<Items<AccountWire>> {
    let snapshot = app.ctx.snapshot();
    let accounts = app.ctx.store.list_accounts().await.map_err(AppError::from)?;
    let mut workers = workers_of(&app).await?;
    let items = accounts
        .iter()
        .map(|account| account_wire(&snapshot, lang, account, workers.remove(&account.id)));
    Ok(Json(Items { items: items.collect() }))
}

/// Makes an account, whose owner must change the password at the first sign-in.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = NewAccountWire,
    responses((status = 201, body = AccountWire), (status = 409), (status = 422)))]
pub async fn create_account(
    State(app): State<App>,
    lang: Lang,
    admin: Admin,
    Body(new): Body<NewAccountWire>,
) -> Result<(StatusCode, Json<AccountWire>), ApiError> {
    let new = NewAccount {
        grants: parse_grants(&new.grants)?,
        login: new.login,
        name: new.name,
        password: new.password,
        must_change_password: true,
        by: Some(admin.account.id),
    };
    let account = account::create_account(&app.ctx, new).await?;
    Ok((StatusCode::CREATED, Json(account_wire(&app.ctx.snapshot(), lang, &account, None))))
}

/// Changes an account.
#[utoipa::path(patch, path = "/accounts/{id}", tag = "accounts", params(("id" = String, Path)),
    request_body = AccountPatchWire,
    responses((status = 200, body = AccountWire), (status = 404), (status = 422)))]
pub async fn update_account(
    State(app): State<App>,
    lang: Lang,
    admin: Admin,
    At(id): At<String>,
    Body(patch): Body<AccountPatchWire>,
) -> Answer<AccountWire> {
    let id = AccountId::parse(&id).ok_or_else(ApiError::not_found)?;
    let patch = AccountPatch {
        grants: patch.grants.as_deref().map(parse_grants).transpose()?,
        name: patch.name,
        password: patch.password,
        active: patch.active,
        seen: patch.version,
        by: Some(admin.account.id),
    };
    let account = account::update_account(&app.ctx, id, patch).await?;
    let workers = workers_of(&app).await?;
    let worker = workers.get(&account.id).cloned();
    Ok(Json(account_wire(&app.ctx.snapshot(), lang, &account, worker)))
}
