//! `station copy`.

use std::path::PathBuf;

use clap::Args;

use super::{COMMAND_WAITS, CommandError};
use crate::store::{BucketUrl, Place, PostgresUrl, Store};

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Copy {
    /// Another data folder: for all that is not to go to a database or a bucket
    #[arg(long, value_name = "DIR")]
    to_data: Option<PathBuf>,
    /// A PostgreSQL database, without releases and devices as yet
    #[arg(long, value_name = "postgres://…", env = "STATION_TO_DATABASE", hide_env_values = true)]
    to_database: Option<PostgresUrl>,
    /// A bucket for the payloads
    #[arg(long, value_name = "s3://…")]
    to_payloads: Option<BucketUrl>,
}

pub(super) async fn copy(store: &Store, place: &Place, copy: Copy) -> Result<String, CommandError> {
    let metadata = copy.to_data.is_some() || copy.to_database.is_some();
    let is_new_folder = copy.to_data.is_some();
    let place = place.clone();
    // What is not named stays where it is, so that stations there go on using it.
    let other = Place {
        folder: copy.to_data.unwrap_or(place.folder),
        database: copy.to_database.or(place.database.filter(|_| !is_new_folder)),
        payloads: copy.to_payloads.or(place.payloads.filter(|_| !is_new_folder)),
    };
    let other = Store::open(&other, COMMAND_WAITS).await?;
    let copied = store.copy_to(&other, metadata).await?;
    let rows = if metadata { format!(" and {} rows of the database", copied.rows) } else { String::new() };
    Ok(format!(
        "Copied {} payloads{rows}. Nothing was changed here; what is changed here from now on is not there.\n",
        copied.payloads
    ))
}
