//! Notices, and the issues whose clocks ask for one.

use super::filter::{Over, push_area_of, push_clause, push_scope};
use super::rows::{ISSUE_SELECT, issue_of, parsed};
use super::{Conn, Engine, Query, Row, dialect};
use crate::domain::access::{Role, Scope};
use crate::domain::id::{AccountId, DepartmentCode, IssueId};
use crate::domain::issue::notice::{About, Notice};
use crate::domain::issue::record::Issue;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::change::NoticeRow;
use crate::store::port::{Alarm, NOTICES_COUNT_MAX, Notices};
use crate::store::query::{KeptNotice, NoticeQuery, Recipient};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

/// Writes notices that were not written before.
pub async fn insert_notices(conn: &mut Conn, notices: &[NoticeRow]) -> Result<()> {
    for row in notices {
        let notice = &row.notice;
        sqlx::query(
            "INSERT INTO notice (notice_id, issue_id, about, recipient, recipient_department, \
             round, due, notified_at, recipient_account, issue_path) \
             SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, path FROM issue WHERE id = $2 \
             ON CONFLICT DO NOTHING",
        )
        .bind(&row.id)
        .bind(notice.issue.to_string())
        .bind(notice.about.as_str())
        .bind(notice.recipient.as_str())
        .bind(notice.department.as_ref().map_or("", |code| code.as_str()))
        .bind(&notice.round)
        .bind(notice.due.map(|due| due.0))
        .bind(row.at.0)
        .bind(notice.account.map_or(String::new(), |id| id.to_string()))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Pushes who is meant: the one account, or a role whose grant covers the issue as it stands, and,
/// of handlers, those of the department that was told.
fn push_recipients(query: &mut Query, recipients: &[Recipient], account: AccountId) {
    query.push("(recipient_account = ").push_bind(account.to_string());
    for recipient in recipients {
        query.push(" OR (recipient_account = '' AND recipient = ");
        query.push_bind(recipient.role.as_str());
        push_department(query, recipient);
        push_clause(query, &recipient.clause, Over::Issues);
        query.push(")");
    }
    query.push(")");
}

/// Pushes what of it a notice tells by itself, so that no issue is read for those of others.
fn push_told(query: &mut Query, recipients: &[Recipient], account: AccountId, by: Told) {
    let plus = match by {
        Told::Mine => "",
        Told::Latest => dialect::WITHOUT_INDEX.unwrap_or_default(),
    };
    query.push(format!(" AND (({plus}recipient_account = ")).push_bind(account.to_string());
    query.push(" AND recipient_account <> '')");
    for recipient in recipients {
        query.push(format!(" OR ({plus}recipient = ")).push_bind(recipient.role.as_str());
        push_department(query, recipient);
        if let Some(area) = &recipient.clause.area {
            push_area_of(query, "issue_path", area);
        }
        query.push(")");
    }
    query.push(")");
}

fn push_department(query: &mut Query, recipient: &Recipient) {
    if let Some(own) = &recipient.clause.department {
        query.push(" AND recipient_department IN ('', ").push_bind(own.as_str()).push(")");
    }
}

/// In which order notices are looked at.
#[derive(Clone, Copy)]
enum Told {
    /// Those of the roles and areas, wherever they stand in time: for all of them.
    Mine,
    /// The latest first: for a page of them.
    Latest,
}

fn notice_of(row: &Row) -> Result<KeptNotice> {
    let department: String = row.try_get("recipient_department")?;
    Ok(KeptNotice {
        id: row.try_get("notice_id")?,
        notice: Notice {
            issue: parsed(row, "notice", "issue_id", IssueId::parse)?,
            about: parsed(row, "notice", "about", About::parse)?,
            recipient: parsed(row, "notice", "recipient", Role::parse)?,
            department: DepartmentCode::parse(&department).ok(),
            account: AccountId::parse(row.try_get("recipient_account")?),
            round: row.try_get("round")?,
            due: row.try_get::<Option<i64>, _>("due")?.map(Timestamp),
        },
        at: Timestamp(row.try_get("notified_at")?),
        read: row.try_get::<Option<i64>, _>("read_at")?.map(Timestamp),
        issue: issue_of(row)?,
    })
}

/// `select` is all before the tables.
fn notices_of(
    (select, by): (&str, Told),
    asked: &NoticeQuery,
    account: AccountId,
    scope: &Scope,
) -> Query {
    let mut query = Query::new(format!(
        "SELECT {select} \
         FROM notice JOIN issue ON issue.id = notice.issue_id \
         LEFT JOIN notice_read ON notice_read.notice_id = notice.notice_id \
         AND notice_read.account_id = "
    ));
    query.push_bind(account.to_string()).push(" WHERE ");
    push_recipients(&mut query, &asked.recipients, account);
    push_told(&mut query, &asked.recipients, account, by);
    query.push(" AND ");
    push_scope(&mut query, scope, Over::Issues);
    if asked.unread {
        query.push(" AND read_at IS NULL");
    }
    if let Some((at, id)) = &asked.after {
        query.push(" AND (notified_at, notice.notice_id) < (").push_bind(at.0);
        query.push(", ").push_bind(id.clone()).push(")");
    }
    query
}

#[async_trait]
impl Notices for Engine {
    async fn list_notices(
        &self,
        asked: &NoticeQuery,
        account: AccountId,
        scope: &Scope,
    ) -> Result<Vec<KeptNotice>> {
        let select = format!(
            "notice.notice_id AS notice_id, notice.issue_id AS issue_id, about, recipient, \
             recipient_department, recipient_account, round, due, notified_at, read_at, \
             {ISSUE_SELECT}"
        );
        let mut query = notices_of((&select, Told::Latest), asked, account, scope);
        query.push(" ORDER BY notified_at DESC, notice.notice_id DESC LIMIT ");
        query.push_bind(i64::try_from(asked.limit).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(notice_of).collect()
    }

    async fn count_notices(
        &self,
        asked: &NoticeQuery,
        account: AccountId,
        scope: &Scope,
    ) -> Result<i64> {
        let select = "COUNT(*) FROM (SELECT 1";
        let mut query = notices_of((select, Told::Mine), asked, account, scope);
        query.push(" LIMIT ").push_bind(NOTICES_COUNT_MAX).push(") AS found");
        Ok(query.build_query_scalar().fetch_one(&self.readers).await?)
    }

    async fn read_notice(
        &self,
        id: &str,
        (account, scope): (AccountId, &Scope),
        asked: &NoticeQuery,
        at: Timestamp,
    ) -> Result<bool> {
        if !super::filter::is_storable(id) {
            return Ok(false);
        }
        let mut query = notices_of(("COUNT(*)", Told::Mine), asked, account, scope);
        query.push(" AND notice.notice_id = ").push_bind(id.to_owned());
        let own: i64 = query.build_query_scalar().fetch_one(&self.readers).await?;
        if own == 0 {
            return Ok(false);
        }
        let id = id.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO notice_read (notice_id, account_id, read_at) VALUES ($1, $2, $3) \
                     ON CONFLICT DO NOTHING",
                )
                .bind(&id)
                .bind(account.to_string())
                .bind(at.0)
                .execute(&mut *conn)
                .await?;
                Ok(true)
            })
        })
        .await
    }

    async fn scan_alarms(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, IssueId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Issue)>> {
        let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (at.0, id.to_string()));
        let rows = sqlx::query(
            "SELECT * FROM issue WHERE alarm_at <= $1 AND (alarm_at, id) > ($2, $3) \
             ORDER BY alarm_at, id LIMIT $4",
        )
        .bind(now.0)
        .bind(at)
        .bind(id)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| Ok((Timestamp(row.try_get("alarm_at")?), issue_of(row)?))).collect()
    }

    async fn put_alarms(&self, alarms: Vec<Alarm>) -> Result<()> {
        if alarms.is_empty() {
            return Ok(());
        }
        self.write(move |conn| {
            Box::pin(async move {
                for alarm in &alarms {
                    sqlx::query(
                        "UPDATE issue SET alarm_at = $1 \
                         WHERE id = $2 AND version = $3 AND alarm_at = $4",
                    )
                    .bind(alarm.next.map(|at| at.0))
                    .bind(alarm.issue.to_string())
                    .bind(alarm.version)
                    .bind(alarm.rang.0)
                    .execute(&mut *conn)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn ring_all_alarms(&self) -> Result<()> {
        self.write(|conn| {
            Box::pin(async move {
                let text = "UPDATE issue SET alarm_at = 0 WHERE alarm_at > 0";
                sqlx::query(text).execute(&mut *conn).await?;
                Ok(())
            })
        })
        .await
    }
}
