//! `station release …`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use release_feed::{DOWNGRADE_KEY, HardwareVersion, NameError, SoftwareType, Version};

use super::keys::SignWith;
use super::table::{minute, or_dash, table};
use super::{CommandError, cohort_in_words};
use crate::store::{Actor, Added, Cohort, LONGEST_NOTES, Listed, NewPayload, Percent, Rollout, Store, StoreError};

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
    Deploy {
        #[command(flatten)]
        target: Target,
        /// Only to this share of the cohort's devices, 1 to 100 percent; given again, the share is raised or lowered
        #[arg(long, value_name = "N")]
        rollout_percent: Option<Percent>,
    },
    /// Withdraw a release from a cohort: no device is offered it any more, those that have it keep it
    Withdraw(Target),
    /// Sign all payloads of a release, so that pages that know the key believe them; replaces an earlier signature
    Sign {
        #[command(flatten)]
        release: Name,
        #[command(flatten)]
        with: SignWith,
    },
    /// Remove a release that is deployed to no cohort, and its payloads
    Remove {
        #[command(flatten)]
        release: Name,
    },
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
    #[arg(long, value_name = "VERSION", value_parser = version_without_space)]
    software_version: Version,
    /// The revision of the sources that it was built from
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,
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
pub(super) struct Name {
    /// The release's version
    version: Version,
    /// Its software type
    #[arg(long, value_name = "NAME")]
    software_type: SoftwareType,
}

#[derive(Debug, Args)]
pub(super) struct Target {
    #[command(flatten)]
    release: Name,
    /// The cohort
    #[arg(long, default_value = Cohort::DEFAULT)]
    cohort: Cohort,
}

/// A space in what a device reports is read as a `+` ([`release_feed::LatestQuery::from_parameters`]).
fn version_without_space(text: &str) -> Result<Version, String> {
    if text.contains(' ') {
        return Err("a version has no spaces".to_owned());
    }
    text.parse().map_err(|error: NameError| error.to_string())
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must be KEY=VALUE"),
    }
}

pub(super) async fn run(store: &Store, command: ReleaseCommand) -> Result<String, CommandError> {
    let who = Actor::of_command_line();
    match command {
        ReleaseCommand::Add(add) => self::add(store, &who, *add).await,
        ReleaseCommand::List { json: false } => Ok(listed(store.list().await?)),
        ReleaseCommand::List { json: true } => Ok(serde_json::to_string_pretty(&store.list().await?)
            .map(|json| json + "\n")
            .map_err(std::io::Error::from)?),
        ReleaseCommand::Deploy {
            target: Target { release: Name { version, software_type }, cohort },
            rollout_percent,
        } => {
            let rollout = rollout_percent.map_or(Rollout::Normal, Rollout::Staged);
            let deployed = store.deploy(&who, &software_type, &version, &cohort, rollout).await?;
            let to = match rollout {
                Rollout::Normal => String::new(),
                Rollout::Staged(percent) => format!("{} % of ", percent.get()),
            };
            let cohort = cohort_in_words(&cohort, deployed.is_new_cohort);
            let already = if deployed.already { "already" } else { "now" };
            Ok(format!("{software_type} {version} is {already} deployed to {to}{cohort}.\n"))
        }
        ReleaseCommand::Withdraw(Target { release: Name { version, software_type }, cohort }) => {
            store.withdraw(&who, &software_type, &version, &cohort).await?;
            Ok(format!(
                "{software_type} {version} is withdrawn from cohort {cohort}: no device of it is offered it any more.\n"
            ))
        }
        ReleaseCommand::Sign { release, with } => sign(store, &who, &release, &with).await,
        ReleaseCommand::Remove { release: Name { version, software_type } } => {
            store.remove_release(&who, &software_type, &version).await?;
            Ok(format!("{software_type} {version} is removed.\n"))
        }
    }
}

async fn add(store: &Store, who: &Actor, add: Add) -> Result<String, CommandError> {
    let notes = match add.notes_file {
        None => add.notes,
        Some(path) => Some(fs::read_to_string(&path).map_err(|source| CommandError::Notes { path, source })?),
    };
    if let Some(length) = notes.as_ref().map(String::len).filter(|&length| length > LONGEST_NOTES) {
        return Err(CommandError::LongNotes(length));
    }
    let extra_info: BTreeMap<_, _> = add.extra_info.into_iter().collect();
    let new = NewPayload {
        software_type: &add.software_type,
        hardware_version: &add.hardware_version,
        version: &add.software_version,
        revision: add.revision.as_deref(),
        notes: notes.as_deref(),
        must_pass_through: add.must_pass_through,
        extra_info: &extra_info,
        cohort: (!add.no_deploy).then_some(&add.cohort),
    };
    let Added { filename, size, is_new_release, deployed } = store.add(who, &add.file, &new).await?;
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

async fn sign(store: &Store, who: &Actor, release: &Name, with: &SignWith) -> Result<String, CommandError> {
    let Name { version, software_type } = release;
    let releases = store.releases(Some(software_type), Some(version)).await?;
    let [found] = &releases[..] else {
        return Err(StoreError::NoRelease { software_type: software_type.clone(), version: version.clone() }.into());
    };
    let not_signable = |error: &dyn Display| CommandError::NotSignable(error.to_string());
    let mut said = String::new();
    for artifact in &found.artifacts {
        let hardware_version: HardwareVersion =
            artifact.hardware_version.parse().map_err(|error| not_signable(&error))?;
        let sha256 = artifact.sha256.parse().map_err(|error| not_signable(&error))?;
        let told =
            artifact.extra_info.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        let mut extra_info: BTreeMap<String, String> = told.collect();
        // What an earlier signature allowed is not allowed by this one.
        extra_info.remove(DOWNGRADE_KEY);
        extra_info.extend(with.extra_info(software_type, &hardware_version, version, sha256)?);
        store.set_extra_info(who, software_type, version, &hardware_version, &extra_info).await?;
        said += &format!("Signed {} for hardware version {hardware_version}.\n", artifact.filename);
    }
    Ok(said)
}

/// The list for people.
fn listed(list: Vec<Listed>) -> String {
    if list.is_empty() {
        return "There are no releases yet; `station release add` adds one.\n".to_owned();
    }
    let head = ["SOFTWARE TYPE", "VERSION", "HARDWARE", "BYTES", "FILE", "ADDED", "DEPLOYED TO"];
    let row = |listed: Listed| {
        let version = if listed.must_pass_through { " (must pass through)" } else { "" };
        [
            listed.software_type,
            format!("{}{version}", listed.version),
            listed.hardware_version,
            listed.file_size.to_string(),
            listed.filename,
            minute(&listed.created_date),
            or_dash(&listed.cohorts.join(" ")),
        ]
    };
    table(head, list.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_a_device_could_not_report_is_refused() {
        assert_eq!(version_without_space("1.2.0 rc"), Err("a version has no spaces".to_owned()));
        assert!(version_without_space("1.2.0+rc").is_ok());
    }
}
