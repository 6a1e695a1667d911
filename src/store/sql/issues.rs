//! Reading issues and what hangs on them.

use super::filter::{Over, is_storable, part_of, push_issue_filter, push_scope};
use super::page::{is_led_by_area, page_of, push_found};
use super::place::{Way, push_scope_and_place};
use super::rows::{ISSUE_SELECT, attachment_of, event_of, issue_of, parsed};
use super::{Engine, Query, apply, dialect};
use crate::domain::access::Scope;
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::metrics::reach::Place;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::change::{Applied, Attachment, Change, Contact, ImportRun, StoredRoute};
use crate::store::nearby::News;
use crate::store::port::Issues;
use crate::store::query::{IssueFilter, IssuePage, Near, PageQuery};
use async_trait::async_trait;
use sqlx::Row as _;

type Result<T> = std::result::Result<T, StoreError>;

#[async_trait]
impl Issues for Engine {
    async fn apply(&self, change: Change) -> Result<Applied> {
        let news: Vec<News> = change.saves.iter().map(News::of).collect();
        let applied = if change.is_fresh() {
            self.write_fresh(change).await?
        } else {
            self.write(move |conn| {
                Box::pin(async move { apply::apply_change(conn, &change).await })
            })
            .await?
        };
        if applied == Applied::Done {
            self.nearby.take(news);
        }
        Ok(applied)
    }

    async fn find_issue(&self, id: IssueId, scope: &Scope) -> Result<Option<Issue>> {
        let mut query = Query::new(format!("SELECT {ISSUE_SELECT} FROM issue WHERE id = "));
        query.push_bind(id.to_string()).push(" AND ");
        push_scope(&mut query, scope, Over::Issues);
        let row = query.build().fetch_optional(&self.readers).await?;
        row.as_ref().map(issue_of).transpose()
    }

    async fn find_issue_by_number(&self, number: &str) -> Result<Option<Issue>> {
        if !is_storable(number) {
            return Ok(None);
        }
        let row = sqlx::query("SELECT * FROM issue WHERE number = $1")
            .bind(number)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(issue_of).transpose()
    }

    async fn list_issues(&self, page: &PageQuery, scope: &Scope) -> Result<IssuePage> {
        let mut query = page_of(ISSUE_SELECT, page, scope, self.walk_of(page));
        let asked = query.build().persistent(dialect::KEEPS_PLANS);
        let rows = asked.fetch_all(&self.readers).await?;
        let mut items = rows.iter().map(issue_of).collect::<Result<Vec<_>>>()?;
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        Ok(IssuePage { items, more })
    }

    async fn find_near(&self, near: &Near) -> Result<Option<Vec<IssueId>>> {
        self.follow_nearby().await?;
        Ok(self.nearby.find(near))
    }

    async fn count_issues(&self, page: &PageQuery, scope: &Scope) -> Result<i64> {
        let mut query = Query::new("SELECT COUNT(*) FROM (");
        push_found(&mut query, &page.filter, scope);
        query.push(") AS found");
        Ok(query.build_query_scalar().fetch_one(&self.readers).await?)
    }

    async fn count_up_to(&self, filter: &IssueFilter, most: i64, scope: &Scope) -> Result<i64> {
        let mut query = Query::new("SELECT COUNT(*) FROM (");
        push_found(&mut query, filter, scope);
        query.push(" LIMIT ").push_bind(most).push(") AS found");
        Ok(query.build_query_scalar().fetch_one(&self.readers).await?)
    }

    async fn count_states(&self, filter: &IssueFilter, scope: &Scope) -> Result<Vec<(State, i64)>> {
        let part = part_of(filter);
        let by = match is_led_by_area(filter) {
            true => format!("{} WHERE {part} AND ", dialect::BY_PATH),
            false => "WHERE ".to_owned(),
        };
        let mut query = Query::new(format!("SELECT state, COUNT(*) AS n FROM issue {by}"));
        push_scope_and_place(&mut query, scope, filter, Way::Place);
        push_issue_filter(&mut query, filter);
        query.push(" GROUP BY state");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| Ok((parsed(row, "issue", "state", State::parse)?, row.try_get("n")?)))
            .collect()
    }

    async fn count_places(
        &self,
        filter: &IssueFilter,
        most: usize,
        scope: &Scope,
    ) -> Result<Option<Vec<Place>>> {
        const LON: &str = "CASE WHEN kind = 'dispute' THEN coarse_lon ELSE lon END";
        const LAT: &str = "CASE WHEN kind = 'dispute' THEN coarse_lat ELSE lat END";
        let mut query = Query::new(format!(
            "SELECT {LON} AS place_lon, {LAT} AS place_lat, COUNT(*) AS n FROM issue WHERE "
        ));
        push_scope_and_place(&mut query, scope, filter, Way::Place);
        push_issue_filter(&mut query, filter);
        query.push(format!(" GROUP BY {LON}, {LAT} LIMIT "));
        query.push_bind(i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.readers).await?;
        if rows.len() > most {
            return Ok(None);
        }
        let places = rows.iter().map(|row| {
            Ok(((row.try_get("place_lon")?, row.try_get("place_lat")?), row.try_get("n")?))
        });
        places.collect::<Result<_>>().map(Some)
    }

    async fn list_merged(&self, into: IssueId, scope: &Scope) -> Result<Vec<(IssueId, String)>> {
        let mut query = Query::new("SELECT id, number FROM issue WHERE merged_into = ");
        query.push_bind(into.to_string()).push(" AND ");
        push_scope(&mut query, scope, Over::Issues);
        query.push(" ORDER BY id");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter()
            .map(|row| Ok((parsed(row, "issue", "id", IssueId::parse)?, row.try_get("number")?)))
            .collect()
    }

    async fn list_events(&self, issue: IssueId) -> Result<Vec<Event>> {
        let rows = sqlx::query("SELECT * FROM event WHERE issue_id = $1 ORDER BY seq")
            .bind(issue.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(event_of).collect()
    }

    async fn find_route(&self, issue: IssueId) -> Result<Option<StoredRoute>> {
        let row = sqlx::query(
            "SELECT seq, at, matrix_version, trace FROM route WHERE issue_id = $1 \
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(issue.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            Ok(StoredRoute {
                issue,
                seq: row.try_get("seq")?,
                at: Timestamp(row.try_get("at")?),
                matrix_version: row.try_get("matrix_version")?,
                trace: row.try_get("trace")?,
            })
        })
        .transpose()
    }

    async fn list_attachments(&self, issue: IssueId) -> Result<Vec<Attachment>> {
        let rows = sqlx::query("SELECT * FROM attachment WHERE issue_id = $1 ORDER BY at, id")
            .bind(issue.to_string())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(attachment_of).collect()
    }

    async fn list_covers(&self, issues: &[IssueId]) -> Result<Vec<Attachment>> {
        let mut query = Query::new(
            "SELECT * FROM attachment AS photo WHERE NOT EXISTS (SELECT 1 FROM attachment AS other \
             WHERE other.issue_id = photo.issue_id \
             AND other.purpose <> 'voice' AND (other.at, other.id) < (photo.at, photo.id)) \
             AND photo.purpose <> 'voice' AND photo.issue_id IN (''",
        );
        for issue in issues {
            query.push(", ").push_bind(issue.to_string());
        }
        query.push(")");
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(attachment_of).collect()
    }

    async fn find_attachment(&self, id: AttachmentId) -> Result<Option<Attachment>> {
        let row = sqlx::query("SELECT * FROM attachment WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(attachment_of).transpose()
    }

    async fn find_contact(&self, issue: IssueId) -> Result<Option<Contact>> {
        let row = sqlx::query("SELECT name, phone FROM issue_contact WHERE issue_id = $1")
            .bind(issue.to_string())
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(Contact { name: row.try_get("name")?, phone: row.try_get("phone")? }))
            .transpose()
    }

    async fn find_code(&self, issue: IssueId) -> Result<Option<String>> {
        let code = sqlx::query_scalar("SELECT code FROM report_code WHERE issue_id = $1")
            .bind(issue.to_string())
            .fetch_optional(&self.readers)
            .await?;
        Ok(code)
    }

    async fn find_idempotent(&self, scope: &str, key: &str) -> Result<Option<(IssueId, String)>> {
        if !is_storable(key) {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT issue_id, fingerprint FROM idempotency WHERE scope = $1 AND key = $2",
        )
        .bind(scope)
        .bind(key)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            let issue = parsed(&row, "idempotency", "issue_id", IssueId::parse)?;
            Ok((issue, row.try_get("fingerprint")?))
        })
        .transpose()
    }

    async fn find_import(&self, id: &str) -> Result<Option<ImportRun>> {
        let row = sqlx::query("SELECT * FROM import_run WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            Ok(ImportRun {
                id: row.try_get("id")?,
                line: row.try_get("line")?,
                imported: row.try_get("imported")?,
                skipped: row.try_get("skipped")?,
                refused: row.try_get("refused")?,
                finished: row.try_get("finished")?,
            })
        })
        .transpose()
    }

    async fn list_known_external(&self, source: &str, ids: &[String]) -> Result<Vec<String>> {
        let mut query = Query::new("SELECT external_id FROM issue WHERE source = ");
        query.push_bind(source).push(" AND external_id IN (''");
        for id in ids.iter().filter(|id| is_storable(id)) {
            query.push(", ").push_bind(id.as_str());
        }
        query.push(")");
        Ok(query.build_query_scalar().fetch_all(&self.readers).await?)
    }

    async fn list_ruled(&self, limit: usize, scope: &Scope) -> Result<Vec<Issue>> {
        // Only what was returned can come to arbitration, and few issues were.
        let mut query = Query::new(format!(
            "SELECT {ISSUE_SELECT} FROM issue WHERE returns > 0 AND EXISTS (SELECT 1 FROM event \
             WHERE event.issue_id = issue.id AND event.action = 'rule') AND "
        ));
        push_scope(&mut query, scope, Over::Issues);
        query.push(" ORDER BY reported_at DESC, id DESC LIMIT ");
        query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(issue_of).collect()
    }

    async fn scan_issues(&self, after: Option<IssueId>, limit: usize) -> Result<Vec<Issue>> {
        let rows = sqlx::query("SELECT * FROM issue WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(after.map_or(String::new(), |id| id.to_string()))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(issue_of).collect()
    }
}
