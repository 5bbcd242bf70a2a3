//! `station link …`: links to the page that support signs. Does not touch the data folder.

use std::path::PathBuf;

use chrono::{NaiveDate, Utc};
use clap::Subcommand;
use release_feed::{LINK_SIGNATURE, LINK_UNTIL, is_day, split_link};

use super::CommandError;
use crate::signing::SigningKey;

#[derive(Debug, Subcommand)]
pub(super) enum LinkCommand {
    /// Sign a link, so that pages with links.public_key in their fieldflash.json do what it asks for; prints the link
    Sign {
        /// The key's file, as `station keys new` makes it: one of support's own, not the one that releases are signed with
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The last day on which the link is good, e.g. 2026-12-31 (that day included, in UTC)
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// The link, e.g. `https://update.example.com/?hardware_version=mp&release=1.2.0`
        link: String,
    },
}

pub(super) fn link(command: LinkCommand) -> Result<String, CommandError> {
    let LinkCommand::Sign { key, until, link } = command;
    let (link, place) = link.split_once('#').map_or((link.as_str(), ""), |(link, place)| (link, place));
    let Some((page, parameters)) = link.split_once('?').filter(|(_, parameters)| !parameters.is_empty()) else {
        return Err(CommandError::NotALink("the link has no parameters, so there is nothing to sign"));
    };
    // What is signed is what a browser has in its address bar.
    if !link.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>'".contains(&byte)) {
        return Err(CommandError::NotALink(
            "the link has characters that must be written as %XX: copy it from a browser",
        ));
    }
    // One that was signed before is signed anew.
    let (parameters, _) = split_link(parameters);
    let parameters = match &until {
        Some(day) => with_end(parameters, day),
        None => parameters.to_owned(),
    };
    if let Some(day) = end(&parameters)
        && !(is_day(day) && day.parse::<NaiveDate>().is_ok_and(|day| day >= Utc::now().date_naive()))
    {
        return Err(CommandError::NotALink(
            "the day until which it is good must be to come, and written as 2026-12-31",
        ));
    }
    let signature = SigningKey::read(&key)?.sign_link(&parameters);
    let place = if place.is_empty() { String::new() } else { format!("#{place}") };
    Ok(format!("{page}?{parameters}&{LINK_SIGNATURE}={signature}{place}\n"))
}

/// The day until which a link with these parameters is good, where it has an end.
fn end(parameters: &str) -> Option<&str> {
    parameters.split('&').find_map(|parameter| parameter.strip_prefix(LINK_UNTIL)?.strip_prefix('='))
}

/// The parameters with this end, in place of any that they have.
fn with_end(parameters: &str, day: &str) -> String {
    let is_end = |parameter: &&str| end(parameter).is_none();
    let others = parameters.split('&').filter(is_end).map(str::to_owned);
    others.chain([format!("{LINK_UNTIL}={day}")]).collect::<Vec<_>>().join("&")
}
