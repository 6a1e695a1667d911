//! The port of accounts, sessions, tokens and failed sign-ins.

use super::StoreError;
use super::admin::AdminEntry;
use crate::domain::access::Role;
use crate::domain::id::AccountId;
use crate::domain::issue::kind::Kind;
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::collections::HashMap;

type Result<T> = std::result::Result<T, StoreError>;

/// An account as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    pub login: String,
    pub name: String,
    pub password_hash: String,
    pub active: bool,
    pub must_change_password: bool,
    pub grants: Vec<GrantRow>,
    /// Goes up with each change, so that two who change one account notice each other.
    pub version: i64,
}

/// A grant as it is kept: codes, not paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    pub role: Role,
    pub area_code: Option<String>,
    pub department: Option<String>,
    pub kinds: Option<Vec<Kind>>,
}

impl AccountRow {
    /// Whether the account may sign in and administer everything.
    pub fn is_administrator(&self) -> bool {
        self.active && self.grants.iter().any(GrantRow::administers_everything)
    }
}

impl GrantRow {
    fn administers_everything(&self) -> bool {
        let limited = self.area_code.is_some() || self.department.is_some() || self.kinds.is_some();
        self.role == Role::Admin && !limited
    }
}

/// A session as it is kept; the token itself is only with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub token_hash: String,
    pub account: AccountId,
    pub csrf_token: String,
    pub expires: Timestamp,
}

/// An API token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: String,
    pub account: AccountId,
    pub name: String,
    pub token_hash: String,
    pub expires: Timestamp,
}

/// Accounts, sessions, tokens, failed sign-ins.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// # Errors
    /// `Taken` when the login is in use.
    async fn insert_account(
        &self,
        account: AccountRow,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<()>;
    /// Replaces everything but the login; the version is the one that was read and goes up by one.
    /// An account that is made inactive loses its sessions and tokens.
    ///
    /// # Errors
    /// `Stale` when there is no such account, or not at that version; `LastAdministrator` when
    /// nobody would be left who administers everything.
    async fn update_account(&self, account: AccountRow, log: Option<AdminEntry>) -> Result<()>;
    async fn find_account(&self, id: AccountId) -> Result<Option<AccountRow>>;
    async fn find_account_by_login(&self, login: &str) -> Result<Option<AccountRow>>;
    async fn list_accounts(&self) -> Result<Vec<AccountRow>>;
    /// The names of accounts; those that there are none of are left out.
    async fn list_account_names(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, String>>;

    async fn insert_session(&self, session: SessionRow, at: Timestamp) -> Result<()>;
    /// A session that has not expired at `now`.
    async fn find_session(&self, token_hash: &str, now: Timestamp) -> Result<Option<SessionRow>>;
    async fn delete_session(&self, token_hash: &str) -> Result<()>;
    /// Ends all sessions of an account but the one named.
    async fn delete_sessions_of(&self, account: AccountId, except: &str) -> Result<()>;

    async fn insert_token(
        &self,
        token: TokenRow,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<()>;
    async fn find_token(&self, token_hash: &str, now: Timestamp) -> Result<Option<TokenRow>>;
    async fn list_tokens(&self, account: AccountId) -> Result<Vec<TokenRow>>;
    /// Whether there was such a token of this account; if not, nothing is logged.
    async fn delete_token(
        &self,
        account: AccountId,
        id: &str,
        log: Option<AdminEntry>,
    ) -> Result<bool>;

    async fn record_login_failure(&self, id: &str, subject: &str, at: Timestamp) -> Result<()>;
    async fn count_login_failures(&self, subject: &str, since: Timestamp) -> Result<i64>;
    async fn clear_login_failures(&self, subject: &str) -> Result<()>;
    /// Removes what no longer matters at `now`: expired sessions and tokens, old failures.
    async fn sweep(&self, now: Timestamp, failures_before: Timestamp) -> Result<()>;
}
