//! API tokens: made by their owner, shown once, ended by their owner or by time.

use super::account::{new_token, parse_name, token_hash};
use super::admin_log::{self, what};
use super::ctx::Ctx;
use super::error::{AppError, say};
use crate::domain::id::AccountId;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::store::admin::AdminEntry;
use crate::store::port::TokenRow;

/// The longest life of an API token, in days.
pub const TOKEN_DAYS_MAX: i64 = 366;

/// Makes an API token; the token itself is returned once and kept nowhere.
///
/// # Errors
/// The term is not between 1 and [`TOKEN_DAYS_MAX`] days, or the name unusable.
pub async fn create_token(
    ctx: &Ctx,
    account: AccountId,
    name: &str,
    days: i64,
) -> Result<(TokenRow, String), AppError> {
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        return Err(AppError::field(
            "expires_in_days",
            say(
                format!("有效期为 1 到 {TOKEN_DAYS_MAX} 天"),
                format!("The term is 1 to {TOKEN_DAYS_MAX} days"),
            ),
        ));
    }
    let name = parse_name(name)?;
    let token = format!("hxw_{}", new_token());
    let now = ctx.now();
    let row = TokenRow {
        id: ctx.new_uuid().to_string(),
        account,
        name,
        token_hash: token_hash(&token),
        expires: Timestamp(now.0 + days * DAY_MS),
    };
    let log = token_entry(ctx, account, what::TOKEN_CREATE, &row).await?;
    ctx.store.insert_token(row.clone(), now, Some(log)).await?;
    Ok((row, token))
}

/// What the log says of a token: whose it is, how it is called, and when it ends.
async fn token_entry(
    ctx: &Ctx,
    account: AccountId,
    what: &str,
    token: &TokenRow,
) -> Result<AdminEntry, AppError> {
    let owner = ctx.store.find_account(account).await?;
    let login = owner.map_or_else(|| account.to_string(), |owner| owner.login);
    let ends = token.expires.day_in(&ctx.snapshot().zone).to_string();
    let facts = [("token", token.name.clone()), ("until", ends)];
    Ok(admin_log::entry(ctx, Some(account), what, &login, facts))
}

/// Ends an API token of an account; whether there was one.
///
/// # Errors
/// The store is not available.
pub async fn delete_token(ctx: &Ctx, account: AccountId, id: &str) -> Result<bool, AppError> {
    let tokens = ctx.store.list_tokens(account).await?;
    let Some(token) = tokens.iter().find(|token| token.id == id) else { return Ok(false) };
    let log = token_entry(ctx, account, what::TOKEN_DELETE, token).await?;
    Ok(ctx.store.delete_token(account, id, Some(log)).await?)
}
