//! Listening, and ending cleanly.

mod moving;
mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_http::add_extension::AddExtension;

use crate::peer::Peer;
use moving::Moving;

pub use tls::{Certificate, CertificateError};

/// How long answers that have begun may go on after the end was asked for.
const END_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait when no connection can be accepted: too many files are open, until some are closed.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Bytes of a request's head, and bytes of an answer that wait for a slow client.
const BUFFER: usize = 64 << 10;
/// Requests at a time on one connection; a page and its download need a handful.
const STREAMS: u32 = 32;

/// What clients may take of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. Others wait until one of them ends.
    pub connections: usize,
    /// How long a client may take to agree on encryption, to send a request's head, and to keep a connection without
    /// a request.
    pub head: Duration,
    /// How long nothing may move on a connection: longer than an answer may take to begin.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, head: Duration::from_secs(30), silence: Duration::from_secs(60) }
    }
}

/// Serves `router`, with `certificate` by TLS, until `end` is ready; then lets answers that have begun go on for at
/// most 2 s.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    certificate: Option<Arc<Certificate>>,
    limits: Limits,
    end: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(limits.connections));
    let accept = async || {
        if free.available_permits() == 0 {
            tracing::warn!("there are {} connections; others wait", limits.connections);
        }
        let place = Arc::clone(&free).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = listener.accept().await?;
        io::Result::Ok((stream, place))
    };
    let mut end = pin!(end);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut end => break,
            accepted = accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("a connection was not accepted: {error}");
                    sleep(ACCEPT_AGAIN_AFTER).await;
                    continue;
                }
            },
        };
        let connection = Connection { router: router.clone(), limits, watcher: connections.watcher() };
        let certificate = certificate.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.serve(stream, certificate).await {
                tracing::debug!("a connection ended early: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(END_WITHIN, connections.shutdown()).await.is_err() {
        tracing::info!("connections that were still open are closed");
    }
}

/// One connection.
struct Connection {
    router: Router,
    limits: Limits,
    watcher: Watcher,
}

impl Connection {
    async fn serve(
        self,
        stream: TcpStream,
        certificate: Option<Arc<Certificate>>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        // Without it a small answer may wait for the client's acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let peer = Peer(stream.peer_addr()?.ip());
        let stream = Moving::new(stream, self.limits.silence);
        let Some(certificate) = certificate else { return self.http1(stream, peer).await };
        let agreed = TlsAcceptor::from(certificate.current()).accept(stream);
        let stream = timeout(self.limits.head, agreed).await??;
        match stream.get_ref().1.alpn_protocol() {
            Some(tls::HTTP_2) => Ok(self.http2(stream, peer).await?),
            _ => self.http1(stream, peer).await,
        }
    }

    async fn http1(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Peer,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
        http.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(BUFFER);
        let service = TowerToHyperService::new(AddExtension::new(self.router, peer));
        // What becomes a WebSocket goes on by itself.
        self.watcher.watch(http.serve_connection_with_upgrades(TokioIo::new(stream), service)).await
    }

    async fn http2(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Peer,
    ) -> hyper::Result<()> {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_send_buf_size(BUFFER);
        http.max_header_list_size(BUFFER as u32).initial_stream_window_size(BUFFER as u32);
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(AddExtension::new(self.router, peer)));
        self.watcher.watch(connection).await
    }
}

/// The address to open in a browser on this machine: `localhost`, which browsers trust as they do HTTPS; Web Serial
/// needs that.
pub fn local_address(listener: &TcpListener, https: bool) -> io::Result<String> {
    let address = listener.local_addr()?;
    let is_local = address.ip().is_unspecified() || address.ip() == IpAddr::from([127, 0, 0, 1]);
    let port = address.port();
    let scheme = if https { "https" } else { "http" };
    Ok(if is_local {
        format!("{scheme}://localhost:{port}")
    } else {
        format!("{scheme}://{}", SocketAddr::new(address.ip(), port))
    })
}
