//! The gateway: passes on what devices ask to a release service elsewhere, such as Memfault's cloud.
//!
//! It adds the project key, which so stays off the page, and it fetches payloads, so that the page needs no other
//! origin than its own. It is no open proxy: it asks its one upstream only, on the two routes of the device-facing API,
//! and fetches only what an answer of that upstream led to; the link to it is signed ([`crate::link`]). How updates
//! ended it tells the upstream as events, of devices whose serial number the page reports.

mod error;
mod event;
mod feed;
mod payload;
mod reach;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, fs, io};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use release_feed::{LatestQuery, PROJECT_KEY_HEADER, REASON_HEADER, error_message};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::Station;
use crate::router::only_read;
use reach::Reach;

pub use error::UpstreamError;
pub use reach::{UpstreamAddress, UpstreamAddressError};

/// Bytes of an answer on the API: clients read no more either.
const LONGEST_ANSWER: usize = 1 << 20;
/// What HTTP/2 keeps of a payload for a client that is slower than the upstream.
const WINDOW: u32 = 256 << 10;
/// Connections to one host that are kept for the next request.
const IDLE_CONNECTIONS: usize = 16;
/// For how long.
const IDLE_FOR: Duration = Duration::from_secs(60);

/// What devices ask, and is asked of the upstream.
pub(crate) fn routes() -> OpenApiRouter<Station> {
    OpenApiRouter::new()
        .routes(routes!(feed::latest).map(only_read))
        .routes(routes!(feed::latest_url).map(only_read))
        .routes(routes!(payload::payload).map(only_read))
}

/// How long the upstream may take. An answer of this station begins within 30 s, so all of it must fit into that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection, TLS included.
    pub connect: Duration,
    /// Until the head of an answer is here, and the whole of one on the API.
    pub answer: Duration,
    /// Between two pieces of a payload.
    pub silence: Duration,
    /// Until an event that it could not take is sent again.
    pub again: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(20),
            silence: Duration::from_secs(20),
            again: Duration::from_secs(10),
        }
    }
}

/// Why there is no gateway, for who starts the station.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The file with the project key cannot be read.
    #[error("the project key file {} cannot be read: {source}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no key in it.
    #[error("the project key file {} must hold the project key in its one line, and nothing else", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The file with certificates cannot be read.
    #[error("{} holds no certificates in PEM that can be used: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The HTTP client could not be made.
    #[error("the gateway cannot be set up: {0}")]
    Client(String),
}

/// A release service elsewhere, and all that is needed to ask it.
pub struct Gateway {
    base: UpstreamAddress,
    /// Where events go.
    events: UpstreamAddress,
    /// Events on their way.
    turns: Arc<Semaphore>,
    /// Marked as sensitive, so that nothing prints it.
    project_key: HeaderValue,
    client: Client,
    reach: Reach,
    patience: Patience,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gateway").field(&self.base).finish()
    }
}

/// What the upstream said on the API, other than no.
struct Said {
    /// Why, as it came.
    reason: Option<HeaderValue>,
    /// Nothing newer is offered where there is none.
    body: Option<Vec<u8>>,
}

impl Gateway {
    /// A gateway to `base` with the project key in `key_file`. Events go to `events`, or where those go that belong to
    /// `base`. The upstream's certificate must be of an authority that
    /// Mozilla trusts, or of one in `authorities`, a file in PEM.
    ///
    /// The list of Mozilla's is in the program, so that it runs where no such list is installed.
    ///
    /// # Errors
    /// [`GatewayError`] when a file cannot be used.
    pub fn open(
        base: UpstreamAddress,
        events: Option<UpstreamAddress>,
        key_file: &Path,
        authorities: Option<&Path>,
        patience: Patience,
    ) -> Result<Self, GatewayError> {
        let path = key_file.to_owned();
        let text = fs::read_to_string(key_file).map_err(|source| GatewayError::KeyFile { path, source })?;
        let key = Some(text.trim()).filter(|key| !key.is_empty()).and_then(|key| HeaderValue::from_str(key).ok());
        let mut project_key = key.ok_or_else(|| GatewayError::NoKey { path: key_file.to_owned() })?;
        project_key.set_sensitive(true);
        let reach = Reach::new(&base);
        let client = Client::builder()
            .tls_backend_preconfigured(tls(authorities)?)
            .https_only(base.is_https())
            .dns_resolver(Arc::new(reach.clone()))
            // Each hop of a payload is looked at; the API has none.
            .redirect(Policy::none())
            // What a proxy looks up and connects to cannot be checked.
            .no_proxy()
            .referer(false)
            .user_agent(concat!("Fieldflash/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(patience.connect)
            .read_timeout(patience.silence)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_FOR)
            .http2_initial_stream_window_size(WINDOW)
            .build()
            .map_err(|error| GatewayError::Client(error::innermost(&error)))?;
        let events = events.unwrap_or_else(|| base.of_events());
        let turns = Arc::new(Semaphore::new(event::AT_A_TIME));
        Ok(Self { base, events, turns, project_key, client, reach, patience })
    }

    /// Asks the upstream on one of the two routes.
    async fn ask(&self, route: &str, query: &LatestQuery) -> Result<Said, UpstreamError> {
        let (status, headers, body) = self.say(self.client.get(format!("{}{route}?{query}", self.base))).await?;
        let body = match status {
            StatusCode::OK => Some(body),
            StatusCode::NO_CONTENT => None,
            _ => return Err(UpstreamError::Nonsense(error_message(status.as_u16(), &body))),
        };
        Ok(Said { reason: headers.get(REASON_HEADER).cloned(), body })
    }

    /// Sends a request of the API, with the key. Gives back an answer that is not no.
    async fn say(&self, request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Vec<u8>), UpstreamError> {
        let request = request.header(PROJECT_KEY_HEADER, self.project_key.clone());
        let answer = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, UpstreamError>((status, headers, body(response).await?))
        };
        let (status, headers, body) =
            timeout(self.patience.answer, answer).await.map_err(|_| UpstreamError::Silent)??;
        let message = || error_message(status.as_u16(), &body);
        let retry_after = || headers.get(header::RETRY_AFTER).cloned();
        match status {
            status if status.is_success() => Ok((status, headers, body)),
            StatusCode::BAD_REQUEST => Err(UpstreamError::Refused(message())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UpstreamError::Key(message())),
            StatusCode::TOO_MANY_REQUESTS => Err(UpstreamError::TooOften { retry_after: retry_after() }),
            StatusCode::SERVICE_UNAVAILABLE => {
                Err(UpstreamError::Unavailable { message: message(), retry_after: retry_after() })
            }
            status if status.is_redirection() => Err(UpstreamError::Redirects),
            status if status.is_server_error() => Err(UpstreamError::OutOfOrder(message())),
            _ => Err(UpstreamError::Nonsense(message())),
        }
    }

    /// Whether a payload may be fetched from here.
    async fn allows(&self, url: &Url) -> Result<(), UpstreamError> {
        let not_allowed = |why| UpstreamError::NotAllowed { host: url.host_str().unwrap_or_default().to_owned(), why };
        let is_scheme_right = url.scheme() == "https" || (url.scheme() == "http" && !self.base.is_https());
        if !is_scheme_right {
            return Err(not_allowed("is not addressed by https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(not_allowed("is addressed with a password"));
        }
        match url.host_str().and_then(reach::literal) {
            Some(address) if !self.reach.allows(address).await => Err(not_allowed(reach::INSIDE)),
            _ => Ok(()),
        }
    }
}

fn tls(authorities: Option<&Path>) -> Result<ClientConfig, GatewayError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = authorities {
        let wrong = |reason: String| GatewayError::Certificates { path: path.to_owned(), reason };
        let before = roots.len();
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(wrong("there are none in it".to_owned()));
        }
    }
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| GatewayError::Client(error.to_string()))?;
    let mut config = versions.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The whole body of an answer on the API.
async fn body(mut response: Response) -> Result<Vec<u8>, UpstreamError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(UpstreamError::Nonsense(format!("it has more than {LONGEST_ANSWER} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
