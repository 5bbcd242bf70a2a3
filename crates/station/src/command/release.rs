//! `station release …`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use release_feed::{HardwareVersion, SoftwareType, Version};

use super::{CommandError, cohort_in_words};
use crate::store::{Added, Cohort, Listed, NewPayload, Store};

/// Bytes of release notes: clients read an answer of a megabyte at most, and JSON may need 6 bytes for one.
pub(super) const LONGEST_NOTES: usize = 64 << 10;

#[derive(Debug, Subcommand)]
pub(super) enum ReleaseCommand {
    /// Add a payload to a release, make the release if it is missing, and deploy it
    Add(Box<Add>),
    /// List all payloads of all releases
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Deploy a release to a cohort
    Deploy(Target),
    /// Withdraw a release from a cohort: no device is offered it any more, those that have it keep it
    Withdraw(Target),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The payload: a raw binary or an Intel HEX file
    file: PathBuf,
    /// What is updated with it, e.g. stm32-fw
    #[arg(long, value_name = "NAME")]
    software_type: SoftwareType,
    /// The hardware that it is for, e.g. mp
    #[arg(long, value_name = "NAME")]
    hardware_version: HardwareVersion,
    /// The version that a device reports once it has it, e.g. 1.2.0
    #[arg(long, value_name = "VERSION")]
    software_version: Version,
    /// Release notes
    #[arg(long, value_name = "TEXT", conflicts_with = "notes_file")]
    notes: Option<String>,
    /// A file with release notes
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
    /// Older devices must have this release before any later one
    #[arg(long)]
    must_pass_through: bool,
    /// Tell devices this too; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    extra_info: Vec<(String, String)>,
    /// The cohort to deploy the release to; made if it is missing
    #[arg(long, default_value = Cohort::DEFAULT, conflicts_with = "no_deploy")]
    cohort: Cohort,
    /// Do not deploy the release
    #[arg(long)]
    no_deploy: bool,
}

#[derive(Debug, Args)]
pub(super) struct Target {
    /// The release's version
    version: Version,
    /// Its software type
    #[arg(long, value_name = "NAME")]
    software_type: SoftwareType,
    /// The cohort
    #[arg(long, default_value = Cohort::DEFAULT)]
    cohort: Cohort,
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must be KEY=VALUE"),
    }
}

pub(super) async fn run(store: &Store, command: ReleaseCommand) -> Result<String, CommandError> {
    match command {
        ReleaseCommand::Add(add) => self::add(store, *add).await,
        ReleaseCommand::List { json: false } => Ok(table(&store.list().await?)),
        ReleaseCommand::List { json: true } => Ok(serde_json::to_string_pretty(&store.list().await?)
            .map(|json| json + "\n")
            .map_err(std::io::Error::from)?),
        ReleaseCommand::Deploy(Target { version, software_type, cohort }) => {
            let deployed = store.deploy(&software_type, &version, &cohort).await?;
            let cohort = cohort_in_words(&cohort, deployed.is_new_cohort);
            let already = if deployed.already { "already" } else { "now" };
            Ok(format!("{software_type} {version} is {already} deployed to {cohort}.\n"))
        }
        ReleaseCommand::Withdraw(Target { version, software_type, cohort }) => {
            store.withdraw(&software_type, &version, &cohort).await?;
            Ok(format!(
                "{software_type} {version} is withdrawn from cohort {cohort}: no device of it is offered it any more.\n"
            ))
        }
    }
}

async fn add(store: &Store, add: Add) -> Result<String, CommandError> {
    let notes = match add.notes_file {
        None => add.notes,
        Some(path) => Some(fs::read_to_string(&path).map_err(|source| CommandError::Notes { path, source })?),
    };
    if let Some(length) = notes.as_ref().map(String::len).filter(|&length| length > LONGEST_NOTES) {
        return Err(CommandError::LongNotes(length));
    }
    let extra_info: BTreeMap<_, _> = add.extra_info.into_iter().collect();
    let new = NewPayload {
        path: &add.file,
        software_type: &add.software_type,
        hardware_version: &add.hardware_version,
        version: &add.software_version,
        notes: notes.as_deref(),
        must_pass_through: add.must_pass_through,
        extra_info: &extra_info,
        cohort: (!add.no_deploy).then_some(&add.cohort),
    };
    let Added { filename, size, is_new_release, deployed } = store.add(&new).await?;
    let release = if is_new_release { "new release" } else { "release" };
    let deployed = match deployed {
        None => "It is not deployed.".to_owned(),
        Some(deployed) => format!("It is deployed to {}.", cohort_in_words(&add.cohort, deployed.is_new_cohort)),
    };
    Ok(format!(
        "Added {filename} ({size} bytes) for hardware version {} to the {release} {} {}. {deployed}\n",
        add.hardware_version, add.software_type, add.software_version
    ))
}

/// The list for people: columns as wide as what is in them.
fn table(list: &[Listed]) -> String {
    if list.is_empty() {
        return "There are no releases yet; `station release add` adds one.\n".to_owned();
    }
    let head = ["SOFTWARE TYPE", "VERSION", "HARDWARE", "BYTES", "FILE", "ADDED", "DEPLOYED TO"].map(str::to_owned);
    let row = |listed: &Listed| {
        let version = if listed.must_pass_through { " (must pass through)" } else { "" };
        [
            listed.software_type.clone(),
            format!("{}{version}", listed.version),
            listed.hardware_version.clone(),
            listed.file_size.to_string(),
            listed.filename.clone(),
            // To the minute: `2026-01-31T23:59`.
            listed.created_date.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect(),
            if listed.cohorts.is_empty() { "-".to_owned() } else { listed.cohorts.join(" ") },
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(list.iter().map(row)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            line += &format!("{cell:width$}  ");
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}
