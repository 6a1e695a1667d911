//! Live views: server-sent events of what changes within one's scope.
//!
//! Invariants: a connection is told of every event of its scope once and in order, also across a
//! reconnection; nothing of an issue outside the scope, and no text, leaves here; a connection
//! ends when its account may no longer read, and when the server stops.

use super::App;
use super::extract::SignedIn;
use super::problem::ApiError;
use crate::app::account::actor_of;
use crate::app::ctx::{Ctx, Live, Snapshot};
use crate::app::error::AppError;
use crate::app::shown::shown_position;
use crate::domain::access::{Actor, Scope};
use crate::domain::id::AccountId;
use crate::store::StoreError;
use crate::store::port::{FeedEntry, FeedPosition};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use futures::{Stream, StreamExt};
use serde::Serialize;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

/// The most connections at once, of all and of one account.
const CONNECTIONS_MAX: usize = 2_000;
const CONNECTIONS_PER_ACCOUNT_MAX: usize = 20;
/// How often a silent connection says that it lives, and looks whether it still may.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a connection may last; its reader comes back and shows who he is.
const CONNECTION_MAX: Duration = Duration::from_secs(3_600);
/// Events that a slow reader may be behind before the connection waits for him.
const WAITING_EVENTS_MAX: usize = 64;
/// The most entries that are read at once.
const BATCH_ENTRIES: usize = 200;

/// The connections that are open.
#[derive(Default)]
pub struct Seats(Mutex<HashMap<AccountId, usize>>);

/// A place among the open connections, given back when dropped.
struct Seat {
    seats: Arc<Seats>,
    account: AccountId,
}

impl Seats {
    fn take(self: &Arc<Self>, account: AccountId) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&account).copied().unwrap_or(0);
        if own >= CONNECTIONS_PER_ACCOUNT_MAX || taken.values().sum::<usize>() >= CONNECTIONS_MAX {
            return None;
        }
        taken.insert(account, own + 1);
        Some(Seat { seats: self.clone(), account })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.account) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.account);
            }
        }
    }
}

/// The data of an `issue` event.
#[derive(Serialize, ToSchema)]
pub struct IssueEvent {
    pub id: String,
    /// The version that the event made.
    pub version: i64,
    /// The state after the event.
    pub state: String,
    pub action: String,
    pub kind: String,
    pub category_code: String,
    /// WGS-84; coarse for disputes that the reader may not read.
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    /// The codes of the areas around it, each followed by `/`.
    pub path: String,
}

/// The data of a `territory` event: something else is in force.
#[derive(Serialize, ToSchema)]
pub struct TerritoryEvent {
    pub version: i64,
    pub matrix_version: i64,
}

fn write_position(position: FeedPosition) -> String {
    format!("{}-{}", position.tx, position.feed)
}

fn parse_position(text: &str) -> Option<FeedPosition> {
    let (tx, feed) = text.split_once('-')?;
    let (tx, feed) = (tx.parse().ok()?, feed.parse().ok()?);
    (tx >= 0 && feed >= 0).then_some(FeedPosition { tx, feed })
}

/// Events within one's scope, as server-sent events: `issue`, `territory` and `heartbeat`. An
/// event's id is its place in the feed; `Last-Event-ID` goes on behind it.
#[utoipa::path(get, path = "/live", tag = "issues",
    params(("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = IssueEvent),
        (status = 401), (status = 429)))]
pub async fn follow_live(
    State(app): State<App>,
    caller: SignedIn,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let seat = app.seats.take(caller.account.id);
    let seat = seat.ok_or(AppError::Throttled { retry_after_s: 30 })?;
    // Listening begins before the end is looked up, so that nothing falls between the two.
    let news = app.ctx.live.subscribe();
    let end = app.ctx.store.find_feed_end().await.map_err(AppError::from)?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    // A position beyond the end is from another life of the database.
    let from = last.and_then(parse_position).map_or(end, |last| last.min(end));
    let (events, stream) = mpsc::channel(WAITING_EVENTS_MAX);
    let ctx = app.ctx.clone();
    let mut reader = Reader { ctx, scope: Scope::of(&caller.actor), caller, last: from, events };
    let stop = app.stop.clone();
    tokio::spawn(async move {
        let _seat = seat;
        // Left when the reader goes, when it may read no more, or when the server stops; the
        // answer ends with it.
        let told = tokio::time::timeout(CONNECTION_MAX, reader.run(news, from < end));
        if let Some(Ok(Err(error))) = stop.run_until_cancelled(told).await {
            tracing::warn!(%error, "a live view ended because the store is away");
        }
    });
    Ok(Sse::new(ReceiverStream::new(stream).map(Ok)))
}

/// One connection.
struct Reader {
    ctx: Arc<Ctx>,
    caller: SignedIn,
    scope: Scope,
    /// Everything up to here was told.
    last: FeedPosition,
    events: mpsc::Sender<Event>,
}

/// The reader has gone, or may read no more.
struct Gone;

impl Reader {
    async fn run(&mut self, mut news: Receiver<Live>, behind: bool) -> Result<(), StoreError> {
        if self.beat().await.is_err() || (behind && self.catch_up().await?.is_err()) {
            return Ok(());
        }
        let mut beats = tokio::time::interval(HEARTBEAT);
        beats.tick().await;
        loop {
            let told = tokio::select! {
                item = news.recv() => match item {
                    Ok(Live::Event(entry)) => self.tell(&entry).await,
                    Ok(Live::Snapshot(snapshot)) => self.tell_snapshot(&snapshot).await,
                    // What was missed is in the table.
                    Ok(Live::Begun) | Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => Err(Gone),
                },
                () = self.events.closed() => Err(Gone),
                _ = beats.tick() => match self.may_read_on().await? {
                    true => self.beat().await,
                    false => Err(Gone),
                },
            };
            if told.is_err() {
                return Ok(());
            }
        }
    }

    fn actor(&self) -> &Actor {
        &self.caller.actor
    }

    async fn send(&self, event: Event) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }

    async fn beat(&self) -> Result<(), Gone> {
        let at = serde_json::json!({ "at": self.ctx.now().to_rfc3339() });
        let event = Event::default().event("heartbeat").id(write_position(self.last));
        self.send(event.data(at.to_string())).await
    }

    /// Reads on from the table up to its end.
    async fn catch_up(&mut self) -> Result<Result<(), Gone>, StoreError> {
        loop {
            let entries = self.ctx.store.list_feed(self.last, BATCH_ENTRIES).await?;
            for entry in &entries {
                if self.tell(entry).await.is_err() {
                    return Ok(Err(Gone));
                }
            }
            if entries.len() < BATCH_ENTRIES {
                return Ok(Ok(()));
            }
        }
    }

    async fn tell(&mut self, entry: &FeedEntry) -> Result<(), Gone> {
        if entry.position <= self.last {
            return Ok(());
        }
        self.last = entry.position;
        let (issue, event) = (&entry.issue, &entry.event);
        if !self.scope.allows(&issue.subject()) {
            return Ok(());
        }
        let data = IssueEvent {
            id: issue.id.to_string(),
            version: event.seq,
            state: event.to.to_string(),
            action: event.action.to_string(),
            kind: issue.kind.to_string(),
            category_code: issue.category.to_string(),
            position: shown_position(self.actor(), issue),
            path: issue.place.path.as_str().to_owned(),
        };
        let text = serde_json::to_string(&data).unwrap_or_default();
        self.send(Event::default().event("issue").id(write_position(self.last)).data(text)).await
    }

    async fn tell_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), Gone> {
        self.take_grants(snapshot);
        let data = TerritoryEvent {
            version: snapshot.territory.version().number,
            matrix_version: snapshot.matrix_version,
        };
        let text = serde_json::to_string(&data).unwrap_or_default();
        self.send(Event::default().event("territory").data(text)).await
    }

    /// Grants name areas by code; where these lie may have changed.
    fn take_grants(&mut self, snapshot: &Snapshot) {
        self.caller.actor = actor_of(snapshot, &self.caller.account);
        self.scope = Scope::of(&self.caller.actor);
    }

    /// Whether the account and its session are still good; takes over changed grants.
    async fn may_read_on(&mut self) -> Result<bool, StoreError> {
        if let Some(session) = &self.caller.session
            && self.ctx.store.find_session(&session.token_hash, self.ctx.now()).await?.is_none()
        {
            return Ok(false);
        }
        let account = self.ctx.store.find_account(self.caller.account.id).await?;
        let Some(account) = account.filter(|account| account.active) else { return Ok(false) };
        self.caller.account = account;
        let snapshot = self.ctx.snapshot();
        self.take_grants(&snapshot);
        Ok(true)
    }
}
