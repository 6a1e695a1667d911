//! Follows committed events in the order of the feed and tells the live views of this node.
//!
//! Invariant: an entry is told after it is committed, once, and never after one that follows it.
//! The table is the truth: who misses a broadcast reads on from the last position that he has.

use crate::app::ctx::{Ctx, Live};
use crate::store::StoreError;
use crate::store::port::FeedPosition;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a committed event may wait to be noticed.
const POLL: Duration = Duration::from_millis(300);
/// How long to wait after the store was away.
const RETRY: Duration = Duration::from_secs(2);
/// The most entries that are read at once.
const BATCH_ENTRIES: usize = 200;

/// Starts following from the end of the feed as it is now, until `stop`.
pub fn spawn(ctx: Arc<Ctx>, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        stop.run_until_cancelled(follow(&ctx)).await;
    })
}

async fn follow(ctx: &Ctx) {
    let mut position = None;
    let mut away = false;
    loop {
        let outcome = match position {
            None => begin(ctx).await.map(|end| (end, false)),
            Some(position) => tell_next(ctx, position).await,
        };
        let pause = match outcome {
            Ok((reached, more)) => {
                position = Some(reached);
                if away {
                    tracing::info!("the feed is followed again");
                }
                away = false;
                if more { Duration::ZERO } else { POLL }
            }
            Err(error) => {
                if !away {
                    tracing::warn!(%error, "the feed cannot be read; live views wait");
                }
                away = true;
                RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Finds where to follow from. Views that opened before this may count from an earlier place, so
/// they are told to look for themselves; the store may have been away in between.
async fn begin(ctx: &Ctx) -> Result<FeedPosition, StoreError> {
    let end = ctx.store.find_feed_end().await?;
    // Nobody listening is no fault.
    let _ = ctx.live.send(Live::Begun);
    Ok(end)
}

/// Tells what comes after `position`; gives the position reached, and whether more may follow.
async fn tell_next(ctx: &Ctx, position: FeedPosition) -> Result<(FeedPosition, bool), StoreError> {
    if ctx.live.receiver_count() == 0 {
        // With nobody there the entries need not be read. Who came meanwhile counts from the end
        // as it was when he came, so the step is only taken if there still is nobody.
        let end = ctx.store.find_feed_end().await?;
        if ctx.live.receiver_count() == 0 {
            return Ok((end, false));
        }
    }
    let entries = ctx.store.list_feed(position, BATCH_ENTRIES).await?;
    let more = entries.len() == BATCH_ENTRIES;
    let reached = entries.last().map_or(position, |last| last.position);
    for entry in entries {
        // Nobody listening is no fault.
        let _ = ctx.live.send(Live::Event(Arc::new(entry)));
    }
    Ok((reached, more))
}
