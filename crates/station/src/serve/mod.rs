//! Listening, and ending cleanly.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// How long a client may take to send a request's head, and keep a connection without one.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long answers that have begun may go on after the end was asked for.
const END_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait when no connection can be accepted: too many files are open, until some are closed.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Serves `router` until `end` is ready; then lets answers that have begun go on for at most 2 s.
pub async fn serve(listener: TcpListener, router: Router, end: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let stream = tokio::select! {
            () = &mut end => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    sleep(ACCEPT_AGAIN_AFTER).await;
                    continue;
                }
            },
        };
        // Without it a small answer may wait for the client's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
        });
    }
    drop(listener);
    if timeout(END_WITHIN, connections.shutdown()).await.is_err() {
        tracing::info!("connections that were still open are closed");
    }
}

/// The address to open in a browser on this machine: `localhost`, which browsers trust as they do HTTPS; Web Serial
/// needs that.
pub fn local_address(listener: &TcpListener) -> io::Result<String> {
    let address = listener.local_addr()?;
    let is_local = address.ip().is_unspecified() || address.ip() == IpAddr::from([127, 0, 0, 1]);
    let port = address.port();
    Ok(if is_local {
        format!("http://localhost:{port}")
    } else {
        format!("http://{}", SocketAddr::new(address.ip(), port))
    })
}
