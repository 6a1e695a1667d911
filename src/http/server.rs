//! The listening server, from its first request to its last.

use super::ops::keep_up;
use super::{App, router};
use axum::serve::ListenerExt as _;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take to end once the server is to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until `stop` is cancelled; then no request is taken any more, and those under way are
/// ended in order.
///
/// # Errors
/// The listener broke.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: CancellationToken,
) -> std::io::Result<()> {
    tokio::spawn(keep_up(app.clone()));
    // The end of an answer of several parts would wait until its beginning was acknowledged, which
    // systems put off by 40 ms.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection waits for acknowledgements");
        }
    });
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server =
        axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    end_within_grace(server, stop).await
}

async fn end_within_grace(
    server: impl IntoFuture<Output = std::io::Result<()>, IntoFuture: Future + Send>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = overdue => {
            tracing::warn!(grace_s = GRACE.as_secs(), "some requests did not end in time");
            Ok(())
        }
    }
}
