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
use crate::store::{Place, Store};
use crate::{Station, local_address, router};

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
    let result = runtime.block_on(async {
        let store = Arc::new(Store::open(place, DEVICES_WAIT).await?);
        let station = Station { store, app: config.app.map(Into::into), behind_proxy: config.behind_proxy };
        let address = config.listen;
        let listener = TcpListener::bind(address).await.map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => CommandError::PortInUse { address },
            _ => CommandError::Listen { address, source },
        })?;
        // Before the line is printed: who reads it may end the station at once.
        let end = end_asked_for()?;
        writeln!(io::stdout(), "Fieldflash station: {}", local_address(&listener)?)?;
        let store = Arc::clone(&station.store);
        if let Err(error) = store.tidy().await {
            tracing::warn!("what an earlier end left behind stays for now: {error}");
        }
        crate::serve(listener, router(station), end).await;
        if let Err(error) = store.settle().await {
            tracing::warn!("what devices said last is not kept: {error}");
        }
        Ok(String::new())
    });
    runtime.shutdown_timeout(END_WITHIN);
    result
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

/// Warnings only, unless more is asked for.
fn log_to_stderr(verbose: bool) {
    let level = if verbose { LevelFilter::INFO } else { LevelFilter::WARN };
    let targets = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let targets: Targets = targets.unwrap_or_else(|| Targets::new().with_default(level));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).with_target(false);
    tracing_subscriber::registry().with(lines).with(targets).init();
}
