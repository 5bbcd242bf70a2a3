//! `station keys …` and `station sign`: what the maker of a device does on a computer of their own. Neither touches the
//! data folder.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use release_feed::{
    Bytes, DOWNGRADE_ALLOWED, DOWNGRADE_KEY, HardwareVersion, SIGNATURE_KEY, Sha256Hash, SoftwareType, Statement,
    Version,
};
use sha2::{Digest, Sha256};

use super::CommandError;
use crate::signing::SigningKey;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key for signing releases, and print its public key for fieldflash.json
    New {
        /// The file to put it in: keep it where the station is not
        file: PathBuf,
    },
    /// Print the public key of a key
    Public {
        /// The key's file
        file: PathBuf,
    },
}

/// With what key to sign, and whether what is signed may replace newer versions.
#[derive(Debug, Clone, Args)]
pub(super) struct SignWith {
    /// The key's file, as `station keys new` makes it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Devices that have a newer version may have this one
    #[arg(long)]
    allow_downgrade: bool,
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The payload
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
    #[command(flatten)]
    with: SignWith,
}

impl SignWith {
    /// What goes into `extra_info` with a payload of this hash, so that pages that know the key believe it.
    pub(super) fn extra_info(
        &self,
        software_type: &SoftwareType,
        hardware_version: &HardwareVersion,
        version: &Version,
        sha256: Sha256Hash,
    ) -> Result<Vec<(String, String)>, CommandError> {
        let statement = Statement {
            software_type: software_type.clone(),
            hardware_version: hardware_version.clone(),
            version: version.clone(),
            sha256,
            downgrade_allowed: self.allow_downgrade,
        };
        let signature = SigningKey::read(&self.key)?.sign(&statement);
        let downgrade = self.allow_downgrade.then(|| (DOWNGRADE_KEY.to_owned(), DOWNGRADE_ALLOWED.to_owned()));
        Ok([(SIGNATURE_KEY.to_owned(), signature.to_string())].into_iter().chain(downgrade).collect())
    }
}

pub(super) fn keys(command: KeysCommand) -> Result<String, CommandError> {
    let key = match command {
        KeysCommand::New { file } => SigningKey::create(&file)?,
        KeysCommand::Public { file } => SigningKey::read(&file)?,
    };
    Ok(format!("{}\n", key.public_key()))
}

/// Signs a payload for whoever serves it: a line for each entry of `extra_info`.
pub(super) fn sign(sign: &Sign) -> Result<String, CommandError> {
    let Sign { file, software_type, hardware_version, software_version, with } = sign;
    let entries = with.extra_info(software_type, hardware_version, software_version, sha256_of(file)?)?;
    Ok(entries.into_iter().map(|(key, value)| format!("{key}={value}\n")).collect())
}

fn sha256_of(path: &Path) -> Result<Sha256Hash, CommandError> {
    let payload = fs::read(path).map_err(|source| CommandError::Payload { path: path.to_owned(), source })?;
    Ok(Bytes(Sha256::digest(payload).into()))
}
