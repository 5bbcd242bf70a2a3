//! `station token …`: who may use the management API.

use std::time::Duration;

use clap::Subcommand;

use super::CommandError;
use super::table::{minute, table};
use crate::store::{AccessToken, Actor, Scope, Store, TokenKind};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it, once: the station keeps only a hash of it
    New {
        /// What it is for, e.g. `release build`; with --user, the e-mail address that is given beside it
        name: String,
        /// What it is good for: read, upload, deploy or admin, each with those before it
        #[arg(long)]
        scope: Scope,
        /// A user's API key, for --email and --password, instead of an organization token, for --org-token
        #[arg(long)]
        user: bool,
        /// Good for so many days; otherwise until it is revoked
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36500))]
        expires_in: Option<u32>,
    },
    /// List all tokens, without their secrets
    List,
    /// Revoke a token: from now on it is good for nothing
    Revoke {
        /// Its number, as `station token list` shows it
        id: i64,
    },
}

pub(super) async fn run(store: &Store, command: TokenCommand) -> Result<String, CommandError> {
    let who = Actor::of_command_line();
    match command {
        TokenCommand::New { name, scope, user, expires_in } => {
            let kind = if user { TokenKind::User } else { TokenKind::Organization };
            let expires_after = expires_in.map(|days| DAY * days);
            let (_, secret) = store.new_token(&who, kind, &name, scope, expires_after).await?;
            Ok(format!("{secret}\n"))
        }
        TokenCommand::List => {
            let rows = store.tokens().await?.into_iter().map(row).collect();
            Ok(table(["NUMBER", "KIND", "NAME", "SCOPE", "MADE", "STATE"], rows))
        }
        TokenCommand::Revoke { id } => {
            let token = store.revoke_token(&who, id).await?;
            Ok(format!("Token {id} ({}) is revoked.\n", token.name))
        }
    }
}

fn row(token: AccessToken) -> [String; 6] {
    let state = match (&token.revoked_date, &token.expires_date) {
        (Some(date), _) => format!("revoked {}", minute(date)),
        (None, Some(date)) if !token.is_good() => format!("expired {}", minute(date)),
        (None, Some(date)) => format!("good until {}", minute(date)),
        (None, None) => "good".to_owned(),
    };
    let kind = if token.kind == TokenKind::User { "user" } else { "organization" };
    [token.id.to_string(), kind.to_owned(), token.name, token.scope.to_string(), minute(&token.created_date), state]
}
