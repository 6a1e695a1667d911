//! Saved views, handover notes, templates for replies.

use super::filter::is_storable;
use super::rows::parsed;
use super::{Engine, Query, Row};
use crate::domain::access::AreaPath;
use crate::domain::id::{AccountId, DepartmentCode};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::desk::{Desks, HandoverQuery, HandoverRow, TemplateRow, ViewRow};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

fn view_of(row: &Row) -> Result<ViewRow> {
    Ok(ViewRow {
        id: row.try_get("id")?,
        account: parsed(row, "saved_view", "account_id", AccountId::parse)?,
        name: row.try_get("name")?,
        filter: row.try_get("filter")?,
        ordinal: row.try_get("ordinal")?,
        office: row.try_get("office")?,
        created: Timestamp(row.try_get("created_at")?),
        updated: Timestamp(row.try_get("updated_at")?),
    })
}

fn handover_of(row: &Row) -> Result<HandoverRow> {
    Ok(HandoverRow {
        id: row.try_get("id")?,
        area: row.try_get("area_code")?,
        path: AreaPath::from_stored(row.try_get("path")?),
        account: parsed(row, "handover", "account_id", AccountId::parse)?,
        author: row.try_get("author")?,
        at: Timestamp(row.try_get("at")?),
        text: row.try_get("text")?,
        counts: row.try_get("counts")?,
    })
}

fn template_of(row: &Row) -> Result<TemplateRow> {
    let department = |text: &str| DepartmentCode::parse(text).ok();
    Ok(TemplateRow {
        id: row.try_get("id")?,
        department: parsed(row, "reply_template", "department", department)?,
        name: row.try_get("name")?,
        text: row.try_get("text")?,
        updated_by: parsed(row, "reply_template", "updated_by", AccountId::parse)?,
        updated: Timestamp(row.try_get("updated_at")?),
    })
}

/// Pushes `column IN (…)`; no value is in an empty list.
fn push_one_of<'a>(query: &mut Query, column: &str, values: impl Iterator<Item = &'a str>) {
    query.push(format!("{column} IN (''"));
    for value in values.filter(|value| is_storable(value)) {
        query.push(", ").push_bind(value.to_owned());
    }
    query.push(")");
}

fn handovers_of(asked: &HandoverQuery) -> Query {
    let mut query = Query::new("SELECT * FROM handover WHERE 1 = 1");
    if let Some(within) = &asked.within {
        query.push(" AND (1 = 0");
        for root in within {
            let (low, high) = root.interval();
            query.push(" OR (path >= ").push_bind(low.to_owned());
            if let Some(high) = high {
                query.push(" AND path < ").push_bind(high);
            }
            query.push(")");
        }
        query.push(")");
    }
    if let Some(area) = &asked.area {
        query.push(" AND area_code = ").push_bind(area.clone());
    }
    if let Some((at, id)) = &asked.after {
        query.push(" AND (at, id) < (").push_bind(at.0);
        query.push(", ").push_bind(id.clone()).push(")");
    }
    query.push(" ORDER BY at DESC, id DESC LIMIT ");
    query.push_bind(i64::try_from(asked.limit).unwrap_or(i64::MAX));
    query
}

impl Engine {
    async fn delete_row(&self, text: &'static str, id: &str) -> Result<bool> {
        if !is_storable(id) {
            return Ok(false);
        }
        let id = id.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let done = sqlx::query(text).bind(id).execute(&mut *conn).await?;
                Ok(done.rows_affected() > 0)
            })
        })
        .await
    }

    async fn find_row(&self, text: &'static str, id: &str) -> Result<Option<Row>> {
        if !is_storable(id) {
            return Ok(None);
        }
        Ok(sqlx::query(text).bind(id.to_owned()).fetch_optional(&self.readers).await?)
    }
}

#[async_trait]
impl Desks for Engine {
    async fn list_views(&self, account: AccountId, offices: &[String]) -> Result<Vec<ViewRow>> {
        let mut query = Query::new("SELECT * FROM saved_view WHERE account_id = ");
        query.push_bind(account.to_string()).push(" OR ");
        push_one_of(&mut query, "office", offices.iter().map(String::as_str));
        query.push(" ORDER BY ordinal, created_at, id");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(view_of).collect()
    }

    async fn find_view(&self, id: &str) -> Result<Option<ViewRow>> {
        let row = self.find_row("SELECT * FROM saved_view WHERE id = $1", id).await?;
        row.as_ref().map(view_of).transpose()
    }

    async fn put_view(&self, view: ViewRow) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO saved_view (id, account_id, name, filter, ordinal, office, \
                     created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
                     filter = excluded.filter, ordinal = excluded.ordinal, \
                     office = excluded.office, updated_at = excluded.updated_at",
                )
                .bind(&view.id)
                .bind(view.account.to_string())
                .bind(&view.name)
                .bind(&view.filter)
                .bind(view.ordinal)
                .bind(&view.office)
                .bind(view.created.0)
                .bind(view.updated.0)
                .execute(&mut *conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn delete_view(&self, id: &str) -> Result<bool> {
        self.delete_row("DELETE FROM saved_view WHERE id = $1", id).await
    }

    async fn insert_handover(&self, note: HandoverRow) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO handover (id, area_code, path, account_id, author, at, text, \
                     counts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .bind(&note.id)
                .bind(&note.area)
                .bind(note.path.as_str())
                .bind(note.account.to_string())
                .bind(&note.author)
                .bind(note.at.0)
                .bind(&note.text)
                .bind(&note.counts)
                .execute(&mut *conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn list_handovers(&self, asked: &HandoverQuery) -> Result<Vec<HandoverRow>> {
        if asked.area.as_ref().is_some_and(|area| !is_storable(area)) {
            return Ok(Vec::new());
        }
        let rows = handovers_of(asked).build().fetch_all(&self.readers).await?;
        rows.iter().map(handover_of).collect()
    }

    async fn list_templates(&self, departments: &[DepartmentCode]) -> Result<Vec<TemplateRow>> {
        let mut query = Query::new("SELECT * FROM reply_template WHERE ");
        push_one_of(&mut query, "department", departments.iter().map(DepartmentCode::as_str));
        query.push(" ORDER BY department, name, id");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(template_of).collect()
    }

    async fn find_template(&self, id: &str) -> Result<Option<TemplateRow>> {
        let row = self.find_row("SELECT * FROM reply_template WHERE id = $1", id).await?;
        row.as_ref().map(template_of).transpose()
    }

    async fn put_template(&self, template: TemplateRow) -> Result<()> {
        self.write(move |conn| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO reply_template (id, department, name, text, updated_by, \
                     updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name, text = excluded.text, \
                     updated_by = excluded.updated_by, updated_at = excluded.updated_at",
                )
                .bind(&template.id)
                .bind(template.department.as_str())
                .bind(&template.name)
                .bind(&template.text)
                .bind(template.updated_by.to_string())
                .bind(template.updated.0)
                .execute(&mut *conn)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn delete_template(&self, id: &str) -> Result<bool> {
        self.delete_row("DELETE FROM reply_template WHERE id = $1", id).await
    }
}
