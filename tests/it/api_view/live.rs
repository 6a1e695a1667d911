//! Live events: each once, in order, within the scope, across reconnections, until the stop.

use super::{Server, grant, next_change, readers};
use crate::support::check;
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use futures::StreamExt;
use hexward::domain::access::Role;
use hexward::store::port::{FeedEntry, FeedPosition, GrantRow};
use serde_json::Value;
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// How long a test waits for events that are to come.
const PATIENCE: Duration = Duration::from_secs(90);

/// An event as a browser reads it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    name: String,
    id: String,
    data: Value,
}

/// An open connection.
struct Connection {
    body: BodyDataStream,
    text: String,
}

impl Connection {
    async fn open(server: &Server, token: &str, last: Option<&str>) -> Result<Self, StatusCode> {
        let mut request =
            Request::get("/api/v1/live").header("authorization", format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        if response.status() != StatusCode::OK {
            return Err(response.status());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self { body: response.into_body().into_data_stream(), text: String::new() })
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or("").trim_start_matches(": ").trim_start_matches(':').to_owned()
                };
                let data = serde_json::from_str(field("data").trim()).unwrap_or(Value::Null);
                let told = Told { name: field("event"), id: field("id"), data };
                self.text = rest.to_owned();
                return Some(told);
            }
            let wait = Duration::from_secs(20);
            let chunk = tokio::time::timeout(wait, self.body.next()).await.expect("it goes on")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// The next `n` issue events.
    async fn issues(&mut self, n: usize) -> Vec<Told> {
        let (mut told, begun) = (Vec::new(), Instant::now());
        while told.len() < n {
            // Heartbeats would go on for ever.
            assert!(begun.elapsed() < PATIENCE, "{} of {n} were told: {told:?}", told.len());
            let next = self.next().await.expect("more is to come");
            told.extend(Some(next).filter(|told| told.name == "issue"));
        }
        told
    }
}

/// The end of the feed once all that was written is before it: on PostgreSQL any transaction in
/// the cluster, also of another test, holds back what came after it.
async fn settled_end(server: &mut Server) -> FeedPosition {
    let change = next_change(&mut server.world);
    let issue = change.saves[0].issue.id;
    let seq = change.saves[0].events.last().unwrap().seq;
    server.ctx.store.apply(change).await.unwrap();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < PATIENCE, "{issue} never comes into the feed");
        let all = server.ctx.store.list_feed(FeedPosition::default(), 10_000).await.unwrap();
        let last = |entry: &&FeedEntry| entry.issue.id == issue && entry.event.seq == seq;
        if let Some(entry) = all.iter().find(last) {
            return entry.position;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the feed says should be told to a reader from `after` on: (issue, version).
async fn truth(server: &Server, grants: Vec<GrantRow>, after: FeedPosition) -> Vec<(String, i64)> {
    use hexward::domain::access::Scope;
    let account = hexward::store::port::AccountRow {
        id: hexward::domain::id::AccountId(999),
        login: String::new(),
        name: String::new(),
        password_hash: String::new(),
        active: true,
        must_change_password: false,
        grants,
        version: 1,
    };
    let actor = hexward::app::account::actor_of(&server.ctx.snapshot(), &account);
    let scope = Scope::of(&actor);
    let entries = server.ctx.store.list_feed(after, 10_000).await.unwrap();
    let allowed = entries.iter().filter(|entry| scope.allows(&entry.issue.subject()));
    allowed.map(|entry| (entry.issue.id.to_string(), entry.event.seq)).collect()
}

fn pairs(told: &[Told]) -> Vec<(String, i64)> {
    let pair = |told: &Told| {
        (told.data["id"].as_str().unwrap().to_owned(), told.data["version"].as_i64().unwrap())
    };
    told.iter().map(pair).collect()
}

#[test]
fn every_event_of_a_scope_is_told_once_across_reconnections() {
    check(|fixture| async move {
        let mut server = Server::start(&fixture, 91, 200).await;
        let feed = hexward::feed::spawn(server.ctx.clone(), server.stop.clone());
        let begin = settled_end(&mut server).await;
        let (name, grants) = readers().remove(0);
        let token = server.token(name, grants.clone()).await;
        let mut first = Connection::open(&server, &token, None).await.unwrap();
        assert_eq!(first.next().await.unwrap().name, "heartbeat");
        for _ in 0..60 {
            let change = next_change(&mut server.world);
            server.ctx.store.apply(change).await.unwrap();
        }
        let mut told = first.issues(25).await;
        drop(first);
        for _ in 0..40 {
            let change = next_change(&mut server.world);
            server.ctx.store.apply(change).await.unwrap();
        }
        let mut second =
            Connection::open(&server, &token, Some(&told.last().unwrap().id)).await.unwrap();
        // Some of these come from the table and some from the broadcast.
        let middle = truth(&server, grants.clone(), begin).await.len();
        told.extend(second.issues(middle - 25).await);
        for _ in 0..20 {
            let change = next_change(&mut server.world);
            server.ctx.store.apply(change).await.unwrap();
        }
        settled_end(&mut server).await;
        let all = truth(&server, grants, begin).await;
        told.extend(second.issues(all.len() - middle).await);
        assert_eq!(pairs(&told), all);
        assert!(all.len() >= 100, "{}", all.len());
        for event in &told {
            assert!(event.data["text"].is_null() && event.data["action"].is_string());
        }
        server.stop.cancel();
        while second.next().await.is_some() {}
        feed.await.unwrap();
    });
}

#[test]
fn a_view_that_opens_before_the_feed_is_followed_misses_nothing() {
    check(|fixture| async move {
        let mut server = Server::start(&fixture, 95, 50).await;
        let begin = settled_end(&mut server).await;
        let (name, grants) = readers().remove(0);
        let token = server.token(name, grants.clone()).await;
        let mut view = Connection::open(&server, &token, None).await.unwrap();
        assert_eq!(view.next().await.unwrap().name, "heartbeat");
        for _ in 0..40 {
            let change = next_change(&mut server.world);
            server.ctx.store.apply(change).await.unwrap();
        }
        settled_end(&mut server).await;
        // As when the store was away while the program started.
        let feed = hexward::feed::spawn(server.ctx.clone(), server.stop.clone());
        let all = truth(&server, grants, begin).await;
        assert!(all.len() >= 20, "{}", all.len());
        assert_eq!(pairs(&view.issues(all.len()).await), all);
        server.stop.cancel();
        feed.await.unwrap();
    });
}

#[test]
fn nothing_outside_the_scope_is_told() {
    check(|fixture| async move {
        let mut server = Server::start(&fixture, 92, 150).await;
        hexward::feed::spawn(server.ctx.clone(), server.stop.clone());
        let begin = settled_end(&mut server).await;
        for _ in 0..150 {
            let change = next_change(&mut server.world);
            server.ctx.store.apply(change).await.unwrap();
        }
        let from = format!("{}-{}", begin.tx, begin.feed);
        for (name, grants) in readers() {
            let token = server.token(name, grants.clone()).await;
            let all = truth(&server, grants, begin).await;
            let mut connection = Connection::open(&server, &token, Some(&from)).await.unwrap();
            assert_eq!(pairs(&connection.issues(all.len()).await), all, "{name}");
        }
        let resident = server.token("resident", Vec::new()).await;
        let mut connection = Connection::open(&server, &resident, Some(&from)).await.unwrap();
        assert_eq!(connection.next().await.unwrap().name, "heartbeat");
        server.ctx.refresh().await.unwrap();
        // No event of an issue came before this one.
        assert_eq!(connection.next().await.unwrap().name, "territory");
        server.stop.cancel();
        assert_eq!(connection.next().await, None);
    });
}

#[test]
fn connections_are_limited_by_account_and_given_back() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 93, 10).await;
        let token = server.token("all", vec![grant(Role::Leader)]).await;
        let other = server.token("other", vec![grant(Role::Leader)]).await;
        assert!(Connection::open(&server, "none", None).await.is_err());
        let mut open = Vec::new();
        for _ in 0..20 {
            let mut connection = Connection::open(&server, &token, None).await.unwrap();
            assert_eq!(connection.next().await.unwrap().name, "heartbeat");
            open.push(connection);
        }
        let refused = Connection::open(&server, &token, None).await.err();
        assert_eq!(refused, Some(StatusCode::TOO_MANY_REQUESTS));
        assert!(Connection::open(&server, &other, None).await.is_ok());
        drop(open);
        let mut again = Connection::open(&server, &token, None).await;
        for _ in 0..100 {
            if again.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            again = Connection::open(&server, &token, None).await;
        }
        assert!(again.is_ok());
        server.stop.cancel();
    });
}

#[test]
fn what_another_node_publishes_is_in_force_here_soon() {
    check(|fixture| async move {
        let server = Server::start(&fixture, 94, 60).await;
        let jobs = hexward::jobs::spawn(server.ctx.clone(), server.stop.clone());
        let before = server.ctx.snapshot().territory.version().number;
        // As another node does it: past this one's use cases.
        let rows: Vec<_> =
            super::areas().iter().map(|area| hexward::app::territory::row_of(area, true)).collect();
        let at = server.ctx.now();
        let store = server.ctx.store.clone();
        let staged = store.stage_territory(rows, Vec::new(), "next".into(), at, None).await;
        let version = staged.unwrap();
        store
            .publish_territory(version, Some(before), hexward::store::change::Change::default())
            .await
            .unwrap();
        for _ in 0..100 {
            if server.ctx.snapshot().territory.version().number == version {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(server.ctx.snapshot().territory.version().number, version);
        server.stop.cancel();
        jobs.await.unwrap();
    });
}
