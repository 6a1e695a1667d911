//! Accounts: signing in and out, grants, and what administrators change.

use super::admin_log::{self, what};
use super::carry::carry_grant;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
pub use super::token::{create_token, delete_token};
use crate::domain::access::{Actor, Grant, Role};
use crate::domain::id::{AccountId, AreaCode, DepartmentCode};
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::store::admin::AdminEntry;
use crate::store::port::{AccountRow, GrantRow, SessionRow};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use sha2::{Digest, Sha256};

/// How long a session lasts, in milliseconds.
pub const SESSION_MS: i64 = 12 * HOUR_MS;
pub const PASSWORD_CHARS_MIN: usize = 10;
pub const PASSWORD_BYTES_MAX: usize = 256;
pub const LOGIN_CHARS_MAX: usize = 64;
/// The longest name of an account or a token, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Failed sign-ins within [`FAILURES_MS`] after which a login must wait at one address. Elsewhere
/// it goes on, so that no one address shuts its owner out by guessing.
pub const LOGIN_FAILURES_MAX: i64 = 5;
/// Failures after which an address must wait, whatever the login.
pub const ADDRESS_FAILURES_MAX: i64 = 50;
/// Failures after which a login must wait everywhere: it is being guessed from many addresses.
pub const LOGIN_FAILURES_EVERYWHERE_MAX: i64 = 200;
pub const FAILURES_MS: i64 = 15 * MINUTE_MS;

/// A session just begun. The token goes to its owner and is kept nowhere.
pub struct SignedIn {
    pub token: String,
    pub session: SessionRow,
    pub account: AccountRow,
}

/// A token of 256 random bits.
pub(super) fn new_token() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The form in which a token is kept.
pub fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Hashes a password with Argon2id; takes tens of milliseconds of one core.
async fn hash_password(password: String) -> Result<String, AppError> {
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| AppError::Internal(format!("hashing a password: {error}")))
    })
    .await
    .map_err(|error| AppError::Internal(error.to_string()))?
}

async fn password_matches(password: String, hash: String) -> Result<bool, AppError> {
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|parsed| {
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        })
    })
    .await
    .map_err(|error| AppError::Internal(error.to_string()))
}

/// Refuses when there were too many failures within [`FAILURES_MS`].
async fn check_failures(
    ctx: &Ctx,
    subject: &str,
    failures_max: i64,
    now: Timestamp,
) -> Result<(), AppError> {
    let since = Timestamp(now.0 - FAILURES_MS);
    match ctx.store.count_login_failures(subject, since).await? < failures_max {
        true => Ok(()),
        false => Err(AppError::Throttled { retry_after_s: (FAILURES_MS / 1_000).cast_unsigned() }),
    }
}

/// What failed guesses are counted by: what is guessed at an address, the address, and what is
/// guessed from anywhere.
pub(super) struct Guesses {
    by_both: String,
    by_address: String,
    everywhere: String,
}

impl Guesses {
    /// `what` is guessed, such as `login:ada`, by whoever is at `address`.
    pub(super) fn of((sort, name): (&str, &str), address: &str) -> Self {
        let both = if sort == "login" { "both".to_owned() } else { format!("{sort}-both") };
        Self {
            by_both: format!("{both}:{name} {address}"),
            by_address: format!("address:{address}"),
            everywhere: format!("{sort}:{name}"),
        }
    }

    /// Refuses when there were too many.
    pub(super) async fn check(&self, ctx: &Ctx, now: Timestamp) -> Result<(), AppError> {
        check_failures(ctx, &self.by_both, LOGIN_FAILURES_MAX, now).await?;
        check_failures(ctx, &self.by_address, ADDRESS_FAILURES_MAX, now).await?;
        check_failures(ctx, &self.everywhere, LOGIN_FAILURES_EVERYWHERE_MAX, now).await
    }

    pub(super) async fn record(&self, ctx: &Ctx, now: Timestamp) -> Result<(), AppError> {
        for subject in [&self.by_both, &self.by_address, &self.everywhere] {
            ctx.store.record_login_failure(&ctx.new_uuid().to_string(), subject, now).await?;
        }
        Ok(())
    }

    /// The failures of other addresses stand: they were not its owner's.
    pub(super) async fn clear(&self, ctx: &Ctx) -> Result<(), AppError> {
        Ok(ctx.store.clear_login_failures(&self.by_both).await?)
    }
}

/// The form in which logins are compared and kept.
pub fn fold_login(login: &str) -> String {
    login.trim().to_lowercase()
}

/// Checks a password and begins a session. `address` is where the request came from.
///
/// # Errors
/// `BadCredentials` for a wrong login or password, alike in text and time; `Throttled` after too
/// many failures of the login at the address, of the address, or of the login everywhere.
pub async fn sign_in(
    ctx: &Ctx,
    login: &str,
    password: &str,
    address: &str,
) -> Result<SignedIn, AppError> {
    let login = fold_login(login);
    if !is_login(&login) || password.len() > PASSWORD_BYTES_MAX {
        return Err(AppError::BadCredentials);
    }
    // The turn lasts from counting to recording: guesses that are sent at once are counted, too.
    let _turn = ctx.password_turn().await?;
    let now = ctx.now();
    let guesses = Guesses::of(("login", &login), address);
    guesses.check(ctx, now).await?;
    // It is made before it is needed, so that the first unknown login takes no longer either.
    let decoy = ctx.decoy_hash().await?;
    let account = ctx.store.find_account_by_login(&login).await?.filter(|account| account.active);
    // An unknown login costs the same time as a wrong password.
    let hash = account.as_ref().map_or(decoy, |account| account.password_hash.clone());
    let matches = password_matches(password.to_owned(), hash).await?;
    let Some(account) = account.filter(|_| matches) else {
        guesses.record(ctx, now).await?;
        return Err(AppError::BadCredentials);
    };
    guesses.clear(ctx).await?;
    begin_session(ctx, account, now).await
}

async fn begin_session(
    ctx: &Ctx,
    account: AccountRow,
    now: Timestamp,
) -> Result<SignedIn, AppError> {
    let token = new_token();
    let session = SessionRow {
        token_hash: token_hash(&token),
        account: account.id,
        csrf_token: new_token(),
        expires: Timestamp(now.0 + SESSION_MS),
    };
    ctx.store.insert_session(session.clone(), now).await?;
    Ok(SignedIn { token, session, account })
}

/// The hash that unknown logins are compared with.
pub async fn make_decoy_hash() -> Result<String, AppError> {
    hash_password(new_token()).await
}

/// The account of a session's token.
///
/// # Errors
/// `Unauthenticated` when the session is unknown or over, or the account closed.
pub async fn find_session(ctx: &Ctx, token: &str) -> Result<(SessionRow, AccountRow), AppError> {
    let session = ctx.store.find_session(&token_hash(token), ctx.now()).await?;
    let session = session.ok_or(AppError::Unauthenticated)?;
    let account = find_active(ctx, session.account).await?;
    Ok((session, account))
}

/// The account of an API token.
///
/// # Errors
/// `Unauthenticated` when the token is unknown or over, or the account closed.
pub async fn find_token_account(ctx: &Ctx, token: &str) -> Result<AccountRow, AppError> {
    let row = ctx.store.find_token(&token_hash(token), ctx.now()).await?;
    find_active(ctx, row.ok_or(AppError::Unauthenticated)?.account).await
}

async fn find_active(ctx: &Ctx, id: AccountId) -> Result<AccountRow, AppError> {
    let account = ctx.store.find_account(id).await?;
    account.filter(|account| account.active).ok_or(AppError::Unauthenticated)
}

/// The actor that an account is, with its grants placed in the territory in force.
pub fn actor_of(snapshot: &Snapshot, account: &AccountRow) -> Actor {
    let grants = account.grants.iter().flat_map(|grant| {
        let area = grant.area_code.as_deref().and_then(|code| AreaCode::parse(code).ok());
        let grant = Grant {
            role: grant.role,
            path: area.as_ref().and_then(|code| snapshot.path_of(code)),
            area,
            department: grant.department.as_deref().and_then(|c| DepartmentCode::parse(c).ok()),
            kinds: grant.kinds.clone(),
        };
        carry_grant(grant, &snapshot.territory, &snapshot.heirs)
    });
    Actor::Account { id: account.id, name: account.name.clone(), grants: grants.collect() }
}

/// Ends a session.
///
/// # Errors
/// The store is not available.
pub async fn sign_out(ctx: &Ctx, token: &str) -> Result<(), AppError> {
    Ok(ctx.store.delete_session(&token_hash(token)).await?)
}

fn check_password(field: &str, password: &str) -> Result<(), AppError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(AppError::field(
            field,
            say(
                format!("密码至少 {PASSWORD_CHARS_MIN} 个字符，至多 {PASSWORD_BYTES_MAX} 字节"),
                format!(
                    "A password has at least {PASSWORD_CHARS_MIN} characters and at most \
                     {PASSWORD_BYTES_MAX} bytes"
                ),
            ),
        ));
    }
    Ok(())
}

fn is_login(login: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && !c.is_control();
    (1..=LOGIN_CHARS_MAX).contains(&login.chars().count()) && login.chars().all(allowed)
}

/// A name of an account or a token, without the white space around it.
pub(super) fn parse_name(name: &str) -> Result<String, AppError> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let says = say(
        format!("名称为 1 到 {NAME_CHARS_MAX} 个字符，不含控制字符"),
        format!("A name has 1 to {NAME_CHARS_MAX} characters and no control characters"),
    );
    Err(AppError::field("name", says))
}

/// Replaces one's own password and ends one's other sessions.
///
/// # Errors
/// The current password is wrong, or the new one too short or too long or the old one again;
/// `Throttled` after too many wrong ones.
pub async fn change_password(
    ctx: &Ctx,
    mut account: AccountRow,
    session_hash: &str,
    current: &str,
    new: &str,
) -> Result<(), AppError> {
    check_password("new", new)?;
    if new == current {
        let says = say("新密码不能与当前密码相同", "The new password is the current one");
        return Err(AppError::field("new", says));
    }
    let _turn = ctx.password_turn().await?;
    let (subject, now) = (format!("password:{}", account.id), ctx.now());
    check_failures(ctx, &subject, LOGIN_FAILURES_MAX, now).await?;
    if !password_matches(current.to_owned(), account.password_hash.clone()).await? {
        ctx.store.record_login_failure(&ctx.new_uuid().to_string(), &subject, now).await?;
        return Err(AppError::field(
            "current",
            say("当前密码不正确", "The current password is wrong"),
        ));
    }
    account.password_hash = hash_password(new.to_owned()).await?;
    account.must_change_password = false;
    let id = account.id;
    ctx.store.update_account(account, None).await?;
    ctx.store.clear_login_failures(&subject).await?;
    Ok(ctx.store.delete_sessions_of(id, session_hash).await?)
}

/// A new account as it is asked for.
pub struct NewAccount {
    pub login: String,
    pub name: String,
    pub password: String,
    pub must_change_password: bool,
    pub grants: Vec<GrantRow>,
    /// Who makes it; `None` for the command line.
    pub by: Option<AccountId>,
}

/// Checks that the areas and departments of grants exist.
fn check_grants(snapshot: &Snapshot, grants: &[GrantRow]) -> Result<(), AppError> {
    for grant in grants {
        let area = grant.area_code.as_deref();
        let known = area
            .is_none_or(|code| AreaCode::parse(code).is_ok_and(|c| snapshot.path_of(&c).is_some()));
        if !known {
            let code = area.unwrap_or("");
            return Err(AppError::field(
                "grants",
                say(format!("没有区域 {code}"), format!("There is no area {code}")),
            ));
        }
        let department = grant.department.as_deref();
        let known = department
            .is_none_or(|c| DepartmentCode::parse(c).is_ok_and(|c| snapshot.has_department(&c)));
        if !known {
            let code = department.unwrap_or("");
            return Err(AppError::field(
                "grants",
                say(format!("没有部门 {code}"), format!("There is no department {code}")),
            ));
        }
        if grant.role == Role::Handler && grant.department.is_none() {
            return Err(AppError::field(
                "grants",
                say("处置人员必须属于一个部门", "A handler needs a department"),
            ));
        }
    }
    Ok(())
}

/// Makes an account.
///
/// # Errors
/// The login is taken or unusable, the password too short, a grant names what does not exist.
pub async fn create_account(ctx: &Ctx, new: NewAccount) -> Result<AccountRow, AppError> {
    create_account_as(ctx, AccountId(ctx.new_uuid().as_u128()), new).await
}

/// As [`create_account`], under an id that is known beforehand.
///
/// # Errors
/// As for [`create_account`].
pub async fn create_account_as(
    ctx: &Ctx,
    id: AccountId,
    new: NewAccount,
) -> Result<AccountRow, AppError> {
    let login = fold_login(&new.login);
    if !is_login(&login) {
        return Err(AppError::field(
            "login",
            say(
                format!("登录名为 1 到 {LOGIN_CHARS_MAX} 个字符，不含空白"),
                format!("A login has 1 to {LOGIN_CHARS_MAX} characters and no white space"),
            ),
        ));
    }
    let name = parse_name(&new.name)?;
    check_password("password", &new.password)?;
    check_grants(&ctx.snapshot(), &new.grants)?;
    let _turn = ctx.password_turn().await?;
    let account = AccountRow {
        id,
        login,
        name,
        password_hash: hash_password(new.password).await?,
        active: true,
        must_change_password: new.must_change_password,
        grants: new.grants,
        version: 1,
    };
    let facts = [("name", account.name.clone()), ("grants", grants_text(&account.grants))];
    let log = admin_log::entry(ctx, new.by, what::ACCOUNT_CREATE, &account.login, facts);
    ctx.store.insert_account(account.clone(), ctx.now(), Some(log)).await?;
    Ok(account)
}

/// Grants as the log tells them: `acceptor 410105001; handler 410105 police hazard`.
fn grants_text(grants: &[GrantRow]) -> String {
    let grant = |grant: &GrantRow| {
        let kinds = grant.kinds.iter().flatten().map(|kind| kind.as_str());
        let parts = [Some(grant.role.as_str()), grant.area_code.as_deref()];
        let parts = parts.into_iter().chain([grant.department.as_deref()]).flatten().chain(kinds);
        parts.collect::<Vec<_>>().join(" ")
    };
    grants.iter().map(grant).collect::<Vec<_>>().join("; ")
}

/// What to change in an account; `None` leaves it.
#[derive(Default)]
pub struct AccountPatch {
    pub name: Option<String>,
    pub password: Option<String>,
    pub active: Option<bool>,
    pub grants: Option<Vec<GrantRow>>,
    /// The version that was seen; another one is refused.
    pub seen: Option<i64>,
    /// Who changes it; `None` for the command line.
    pub by: Option<AccountId>,
}

/// What the log says of a change of an account.
fn told_of(ctx: &Ctx, before: &AccountRow, after: &AccountRow, patch: &AccountPatch) -> AdminEntry {
    let sort = match (before.active, after.active, &patch.password) {
        (true, false, _) => what::ACCOUNT_CLOSE,
        (false, true, _) => what::ACCOUNT_REOPEN,
        (_, _, Some(_)) => what::ACCOUNT_PASSWORD,
        _ => what::ACCOUNT_UPDATE,
    };
    let (old, new) = (grants_text(&before.grants), grants_text(&after.grants));
    let facts = [
        admin_log::change("name", &before.name, &after.name),
        admin_log::change("grants", &old, &new),
        patch.password.is_some().then(|| ("password", "new".to_owned())),
    ];
    admin_log::entry(ctx, patch.by, sort, &after.login, facts.into_iter().flatten())
}

/// Changes an account. Closing it, or giving it a new password, ends its sessions.
///
/// # Errors
/// No such account, another version of it than was seen, nobody would be left who administers
/// everything; or as for [`create_account`].
pub async fn update_account(
    ctx: &Ctx,
    id: AccountId,
    patch: AccountPatch,
) -> Result<AccountRow, AppError> {
    let no_account = || AppError::NotFound(say("没有这个账号", "There is no such account"));
    let before = ctx.store.find_account(id).await?.ok_or_else(no_account)?;
    if patch.seen.is_some_and(|seen| seen != before.version) {
        return Err(crate::store::StoreError::Stale.into());
    }
    let mut account = before.clone();
    if let Some(grants) = &patch.grants {
        check_grants(&ctx.snapshot(), grants)?;
        account.grants.clone_from(grants);
    }
    if let Some(name) = &patch.name {
        account.name = parse_name(name)?;
    }
    account.active = patch.active.unwrap_or(account.active);
    if let Some(password) = &patch.password {
        check_password("password", password)?;
        let _turn = ctx.password_turn().await?;
        account.password_hash = hash_password(password.clone()).await?;
        account.must_change_password = true;
    }
    let log = told_of(ctx, &before, &account, &patch);
    ctx.store.update_account(account.clone(), Some(log)).await?;
    account.version += 1;
    if patch.password.is_some() {
        ctx.store.delete_sessions_of(id, "").await?;
    }
    Ok(account)
}
