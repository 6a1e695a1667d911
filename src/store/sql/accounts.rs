//! Accounts, sessions, tokens, failed sign-ins.

use super::admin::insert_logged;
use super::filter::is_storable;
use super::rows::parsed;
use super::{Conn, Engine, Query, Row, dialect};
use crate::domain::access::Role;
use crate::domain::id::AccountId;
use crate::domain::issue::kind::Kind;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::admin::AdminEntry;
use crate::store::port::{AccountRow, Accounts, GrantRow, SessionRow, TokenRow};
use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::HashMap;

type Result<T> = std::result::Result<T, StoreError>;

fn kinds_of(text: &str) -> Option<Vec<Kind>> {
    super::rows::split(text).iter().map(|kind| Kind::parse(kind)).collect()
}

fn kinds_text(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(";")
}

fn account_of(row: &Row) -> Result<AccountRow> {
    Ok(AccountRow {
        id: parsed(row, "account", "id", AccountId::parse)?,
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        active: row.try_get("active")?,
        must_change_password: row.try_get("must_change_password")?,
        grants: Vec::new(),
        version: row.try_get("version")?,
    })
}

fn grant_of(row: &Row) -> Result<GrantRow> {
    Ok(GrantRow {
        role: parsed(row, "account_grant", "role", Role::parse)?,
        area_code: row.try_get("area_code")?,
        department: row.try_get("department")?,
        kinds: super::rows::parsed_option(row, "account_grant", "kinds", kinds_of)?,
    })
}

fn token_of(row: &Row) -> Result<TokenRow> {
    Ok(TokenRow {
        id: row.try_get("id")?,
        account: parsed(row, "api_token", "account_id", AccountId::parse)?,
        name: row.try_get("name")?,
        token_hash: row.try_get("token_hash")?,
        expires: Timestamp(row.try_get("expires_at")?),
    })
}

async fn write_grants(conn: &mut Conn, account: &AccountRow) -> Result<()> {
    sqlx::query("DELETE FROM account_grant WHERE account_id = $1")
        .bind(account.id.to_string())
        .execute(&mut *conn)
        .await?;
    for (grant, ordinal) in account.grants.iter().zip(0i64..) {
        sqlx::query(
            "INSERT INTO account_grant (account_id, ordinal, role, area_code, department, kinds) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(account.id.to_string())
        .bind(ordinal)
        .bind(grant.role.as_str())
        .bind(&grant.area_code)
        .bind(&grant.department)
        .bind(grant.kinds.as_deref().map(kinds_text))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn insert_account(conn: &mut Conn, account: &AccountRow, at: Timestamp) -> Result<()> {
    let written = sqlx::query(
        "INSERT INTO account (id, login, name, password_hash, active, must_change_password, \
         created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(account.id.to_string())
    .bind(&account.login)
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(account.active)
    .bind(account.must_change_password)
    .bind(at.0)
    .bind(account.version)
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Taken("login"));
    }
    write_grants(conn, account).await
}

/// The accounts that may sign in and administer everything: see
/// [`AccountRow::is_administrator`].
const ADMINISTRATORS: &str = "SELECT COUNT(DISTINCT account.id) FROM account \
    JOIN account_grant ON account_grant.account_id = account.id \
    WHERE active AND role = 'admin' AND area_code IS NULL AND department IS NULL \
    AND kinds IS NULL";

async fn update_account(conn: &mut Conn, account: &AccountRow) -> Result<()> {
    let id = account.id.to_string();
    let was_administrator: i64 =
        sqlx::query_scalar(AssertSqlSafe(format!("{ADMINISTRATORS} AND account.id = $1")))
            .bind(&id)
            .fetch_one(&mut *conn)
            .await?;
    let leaves = was_administrator > 0 && !account.is_administrator();
    if leaves {
        // Two administrators who take each other away must not both find the other still there.
        for statement in dialect::DEMOTING {
            sqlx::query(*statement).execute(&mut *conn).await?;
        }
    }
    let written = sqlx::query(
        "UPDATE account SET name = $1, password_hash = $2, active = $3, \
         must_change_password = $4, version = version + 1 WHERE id = $5 AND version = $6",
    )
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(account.active)
    .bind(account.must_change_password)
    .bind(&id)
    .bind(account.version)
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Stale);
    }
    if !account.active {
        for text in [
            "DELETE FROM session WHERE account_id = $1",
            "DELETE FROM api_token WHERE account_id = $1",
        ] {
            sqlx::query(text).bind(&id).execute(&mut *conn).await?;
        }
    }
    write_grants(conn, account).await?;
    if leaves {
        let left: i64 = sqlx::query_scalar(ADMINISTRATORS).fetch_one(&mut *conn).await?;
        if left == 0 {
            return Err(StoreError::LastAdministrator);
        }
    }
    Ok(())
}

async fn insert_token(conn: &mut Conn, token: &TokenRow, at: Timestamp) -> Result<()> {
    sqlx::query(
        "INSERT INTO api_token (id, account_id, name, token_hash, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&token.id)
    .bind(token.account.to_string())
    .bind(&token.name)
    .bind(&token.token_hash)
    .bind(at.0)
    .bind(token.expires.0)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

impl Engine {
    async fn with_grants(&self, row: Option<Row>) -> Result<Option<AccountRow>> {
        let Some(row) = row else { return Ok(None) };
        let mut account = account_of(&row)?;
        let grants =
            sqlx::query("SELECT * FROM account_grant WHERE account_id = $1 ORDER BY ordinal")
                .bind(account.id.to_string())
                .fetch_all(&self.readers)
                .await?;
        account.grants = grants.iter().map(grant_of).collect::<Result<_>>()?;
        Ok(Some(account))
    }

    /// Runs one statement whose values are texts and a number.
    async fn run(
        &self,
        text: &'static str,
        values: Vec<String>,
        number: Option<i64>,
    ) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let mut query = sqlx::query(text);
                for value in values {
                    query = query.bind(value);
                }
                if let Some(number) = number {
                    query = query.bind(number);
                }
                Ok(query.execute(&mut *conn).await?.rows_affected())
            })
        })
        .await
    }
}

#[async_trait]
impl Accounts for Engine {
    async fn insert_account(
        &self,
        account: AccountRow,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                insert_account(conn, &account, at).await?;
                insert_logged(conn, log.as_ref()).await
            })
        })
        .await
    }

    async fn update_account(&self, account: AccountRow, log: Option<AdminEntry>) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                update_account(conn, &account).await?;
                insert_logged(conn, log.as_ref()).await
            })
        })
        .await
    }

    async fn find_account(&self, id: AccountId) -> Result<Option<AccountRow>> {
        let row = sqlx::query("SELECT * FROM account WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        self.with_grants(row).await
    }

    async fn find_account_by_login(&self, login: &str) -> Result<Option<AccountRow>> {
        if !is_storable(login) {
            return Ok(None);
        }
        let row = sqlx::query("SELECT * FROM account WHERE login = $1")
            .bind(login)
            .fetch_optional(&self.readers)
            .await?;
        self.with_grants(row).await
    }

    async fn list_accounts(&self) -> Result<Vec<AccountRow>> {
        let rows =
            sqlx::query("SELECT * FROM account ORDER BY login").fetch_all(&self.readers).await?;
        let mut accounts = rows.iter().map(account_of).collect::<Result<Vec<_>>>()?;
        let grants = sqlx::query("SELECT * FROM account_grant ORDER BY account_id, ordinal")
            .fetch_all(&self.readers)
            .await?;
        let mut by_account = HashMap::<AccountId, Vec<GrantRow>>::new();
        for row in &grants {
            let id = parsed(row, "account_grant", "account_id", AccountId::parse)?;
            by_account.entry(id).or_default().push(grant_of(row)?);
        }
        for account in &mut accounts {
            account.grants = by_account.remove(&account.id).unwrap_or_default();
        }
        Ok(accounts)
    }

    async fn list_account_names(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, String>> {
        let mut query = Query::new("SELECT id, name FROM account WHERE id IN (''");
        for id in ids {
            query.push(", ").push_bind(id.to_string());
        }
        query.push(")");
        let rows = query.build().fetch_all(&self.readers).await?;
        let named = rows
            .iter()
            .map(|row| Ok((parsed(row, "account", "id", AccountId::parse)?, row.try_get("name")?)));
        named.collect()
    }

    async fn insert_session(&self, session: SessionRow, at: Timestamp) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO session (token_hash, account_id, csrf_token, created_at, \
                     expires_at) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(&session.token_hash)
                .bind(session.account.to_string())
                .bind(&session.csrf_token)
                .bind(at.0)
                .bind(session.expires.0)
                .execute(&mut *conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn find_session(&self, token_hash: &str, now: Timestamp) -> Result<Option<SessionRow>> {
        let row = sqlx::query("SELECT * FROM session WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash)
            .bind(now.0)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            Ok(SessionRow {
                token_hash: row.try_get("token_hash")?,
                account: parsed(&row, "session", "account_id", AccountId::parse)?,
                csrf_token: row.try_get("csrf_token")?,
                expires: Timestamp(row.try_get("expires_at")?),
            })
        })
        .transpose()
    }

    async fn delete_session(&self, token_hash: &str) -> Result<()> {
        let text = "DELETE FROM session WHERE token_hash = $1";
        self.run(text, vec![token_hash.to_owned()], None).await.map(drop)
    }

    async fn delete_sessions_of(&self, account: AccountId, except: &str) -> Result<()> {
        let text = "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2";
        self.run(text, vec![account.to_string(), except.to_owned()], None).await.map(drop)
    }

    async fn insert_token(
        &self,
        token: TokenRow,
        at: Timestamp,
        log: Option<AdminEntry>,
    ) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                insert_token(conn, &token, at).await?;
                insert_logged(conn, log.as_ref()).await
            })
        })
        .await
    }

    async fn find_token(&self, token_hash: &str, now: Timestamp) -> Result<Option<TokenRow>> {
        let row = sqlx::query("SELECT * FROM api_token WHERE token_hash = $1 AND expires_at > $2")
            .bind(token_hash)
            .bind(now.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(token_of).transpose()
    }

    async fn list_tokens(&self, account: AccountId) -> Result<Vec<TokenRow>> {
        let rows =
            sqlx::query("SELECT * FROM api_token WHERE account_id = $1 ORDER BY created_at, id")
                .bind(account.to_string())
                .fetch_all(&self.readers)
                .await?;
        rows.iter().map(token_of).collect()
    }

    async fn delete_token(
        &self,
        account: AccountId,
        id: &str,
        log: Option<AdminEntry>,
    ) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM api_token WHERE account_id = $1 AND id = $2")
                    .bind(account.to_string())
                    .bind(id)
                    .execute(&mut *conn)
                    .await?
                    .rows_affected();
                insert_logged(conn, log.as_ref().filter(|_| gone > 0)).await?;
                Ok(gone > 0)
            })
        })
        .await
    }

    async fn record_login_failure(&self, id: &str, subject: &str, at: Timestamp) -> Result<()> {
        let text = "INSERT INTO login_failure (id, subject, at) VALUES ($1, $2, $3)";
        self.run(text, vec![id.to_owned(), subject.to_owned()], Some(at.0)).await.map(drop)
    }

    async fn count_login_failures(&self, subject: &str, since: Timestamp) -> Result<i64> {
        let n = sqlx::query_scalar(
            "SELECT COUNT(*) FROM login_failure WHERE subject = $1 AND at >= $2",
        )
        .bind(subject)
        .bind(since.0)
        .fetch_one(&self.readers)
        .await?;
        Ok(n)
    }

    async fn clear_login_failures(&self, subject: &str) -> Result<()> {
        let text = "DELETE FROM login_failure WHERE subject = $1";
        self.run(text, vec![subject.to_owned()], None).await.map(drop)
    }

    async fn sweep(&self, now: Timestamp, failures_before: Timestamp) -> Result<()> {
        let sweeps = [
            ("DELETE FROM session WHERE expires_at <= $1", now),
            ("DELETE FROM api_token WHERE expires_at <= $1", now),
            ("DELETE FROM login_failure WHERE at < $1", failures_before),
        ];
        for (text, limit) in sweeps {
            self.run(text, Vec::new(), Some(limit.0)).await?;
        }
        Ok(())
    }
}
