//! `station serve`.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::CommandError;
use crate::app::INDEX;
use crate::config::ServeConfig;
use crate::gateway::{Gateway, Patience};
use crate::manage::UploadLimits;
use crate::store::{Place, Store};
use crate::{Certificate, Limits, Station, local_address, router};

/// How long a device waits while another process writes, before it is told to come again.
const DEVICES_WAIT: Duration = Duration::from_secs(1);
/// Threads for files and the database: more would only wait for the same disk.
const BLOCKING_THREADS: usize = 64;
/// How long such threads may still work when the station ends.
const END_WITHIN: Duration = Duration::from_millis(500);

pub(super) fn serve(place: &Place, config: ServeConfig) -> Result<String, CommandError> {
    log_to_stderr(config.verbose);
    if let Some(path) = config.app.as_ref().filter(|path| !path.join(INDEX).is_file()) {
        return Err(CommandError::NoApp { path: path.clone() });
    }
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()?;
    let result = runtime.block_on(until_end(place, config));
    runtime.shutdown_timeout(END_WITHIN);
    result.map(|()| String::new())
}

async fn until_end(place: &Place, config: ServeConfig) -> Result<(), CommandError> {
    let certificate = match (&config.tls_cert, &config.tls_key) {
        (Some(chain), Some(key)) => Some(Arc::new(Certificate::open(chain.clone(), key.clone())?)),
        _ => None,
    };
    let gateway = match (&config.upstream, &config.project_key_file) {
        (Some(upstream), Some(key)) => {
            let (upstream, events) = (upstream.clone(), config.upstream_events.clone());
            let authorities = config.upstream_ca.as_deref();
            Some(Arc::new(Gateway::open(upstream, events, key, authorities, Patience::default())?))
        }
        _ => None,
    };
    let store = Arc::new(Store::open(place, DEVICES_WAIT).await?);
    let station = Station {
        gateway,
        app: config.app.map(Into::into),
        https: certificate.is_some(),
        behind_proxy: config.behind_proxy,
        uploads: UploadLimits { largest: config.max_upload_size.get(), part: config.upload_part_size.map(Into::into) },
        ..Station::new(Arc::clone(&store))
    };
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => CommandError::PortInUse { address },
        _ => CommandError::Listen { address, source },
    })?;
    // Before the line is printed: who reads it may end the station at once, or have it read the certificate anew.
    let end = end_asked_for()?;
    if let Some(certificate) = &certificate {
        keep_fresh(Arc::clone(certificate))?;
    }
    writeln!(io::stdout(), "Fieldflash station: {}", local_address(&listener, station.https)?)?;
    let limits = Limits { connections: config.max_connections.get(), ..Limits::default() };
    if let Err(error) = store.tidy().await {
        tracing::warn!("what an earlier end left behind stays for now: {error}");
    }
    crate::serve(listener, router(station), certificate, limits, end).await;
    if let Err(error) = store.settle().await {
        tracing::warn!("what devices said last is not kept: {error}");
    }
    Ok(())
}

/// Ready when Ctrl-C is pressed or the system asks the process to end.
#[cfg(unix)]
fn end_asked_for() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when Ctrl-C is pressed.
#[cfg(windows)]
fn end_asked_for() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// Reads the certificate anew whenever its files change, and where there are signals, at SIGHUP.
fn keep_fresh(certificate: Arc<Certificate>) -> io::Result<()> {
    #[cfg(unix)]
    {
        let certificate = Arc::clone(&certificate);
        let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                certificate.reload();
            }
        });
    }
    tokio::spawn(async move { certificate.follow().await });
    Ok(())
}

/// Warnings only, unless more is asked for.
fn log_to_stderr(verbose: bool) {
    let level = if verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    let targets = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let targets: Targets = targets.unwrap_or_else(|| Targets::new().with_default(level));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
    tracing_subscriber::registry().with(lines).with(targets).init();
}
