//! Follows committed events.
use crate::app::ctx::Ctx;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
pub fn spawn(_ctx: Arc<Ctx>, _stop: CancellationToken) {}
