//! Access tokens: who may use the management API, and for what.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use super::audit::{Act, Actor, note};
use super::clock::{in_future, now};
use super::{Store, StoreError};
use crate::secret;

/// What an organisation's tokens begin with, as Memfault's do: its command line tells them by that from passwords.
pub const ORGANIZATION_TOKEN: &str = "oat_";
/// What users' API keys begin with.
const USER_KEY: &str = "key_";

/// Who has a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A machine, as a build server; presented as `Bearer`.
    Organization,
    /// A person; presented as the password beside an e-mail address, which is the token's name.
    User,
}

/// What a token is good for. Each scope includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading all but the secrets.
    Read,
    /// Uploading payloads, which nobody is offered by that alone.
    Upload,
    /// Deploying, aborting, assigning devices: what devices are offered.
    Deploy,
    /// Removing releases, making and revoking tokens.
    Admin,
}

/// A text that is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, upload, deploy or admin")]
pub struct ScopeError;

impl Scope {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Deploy => "deploy",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let all = [Self::Read, Self::Upload, Self::Deploy, Self::Admin];
        all.into_iter().find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TokenKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::User => "user",
        }
    }
}

/// A token without its secret, of which only a hash is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessToken {
    /// Its number.
    pub id: i64,
    /// Who has it.
    pub kind: TokenKind,
    /// What it is for; a user's e-mail address.
    pub name: String,
    /// What it is good for.
    pub scope: Scope,
    /// When it was made, ISO 8601.
    pub created_date: String,
    /// From when on it is not good any more; never, if `None`.
    pub expires_date: Option<String>,
    /// Since when it is revoked.
    pub revoked_date: Option<String>,
}

type Row = (i64, String, String, String, String, String, String, String);

const COLUMNS: &str = "id, kind, name, scope, created_date, expires_date, revoked_date, secret_sha256";

impl AccessToken {
    /// `None` for what no station writes.
    fn of((id, kind, name, scope, created_date, expires_date, revoked_date, _): Row) -> Option<Self> {
        let kind = [TokenKind::Organization, TokenKind::User].into_iter().find(|known| known.as_str() == kind)?;
        let some = |date: String| Some(date).filter(|date| !date.is_empty());
        let (expires_date, revoked_date) = (some(expires_date), some(revoked_date));
        Some(Self { id, kind, name, scope: scope.parse().ok()?, created_date, expires_date, revoked_date })
    }

    /// Whether it is neither revoked nor expired.
    pub fn is_good(&self) -> bool {
        self.revoked_date.is_none() && self.expires_date.as_ref().is_none_or(|date| *date > now())
    }
}

impl Store {
    /// Makes a token. Gives back its secret, which cannot be had again.
    ///
    /// # Errors
    /// [`StoreError::Random`], [`StoreError::Busy`] or another of the database.
    pub async fn new_token(
        &self,
        who: &Actor,
        kind: TokenKind,
        name: &str,
        scope: Scope,
        expires_after: Option<Duration>,
    ) -> Result<(AccessToken, String), StoreError> {
        let prefix = if kind == TokenKind::User { USER_KEY } else { ORGANIZATION_TOKEN };
        let secret = format!("{prefix}{}", secret::long()?);
        let mut change = self.database.change().await?;
        let sql = format!(
            "INSERT INTO access_token (kind, name, scope, secret_sha256, created_date, expires_date, revoked_date)
             VALUES ($1, $2, $3, $4, $5, $6, '') RETURNING {COLUMNS}"
        );
        let insert = sqlx::query_as(&sql).bind(kind.as_str()).bind(name).bind(scope.as_str());
        let insert = insert.bind(secret::hash(&secret)).bind(now());
        let insert = insert.bind(expires_after.map(in_future).unwrap_or_default());
        let row = insert.fetch_one(change.connection()).await?;
        let token = AccessToken::of(row).ok_or(sqlx::Error::RowNotFound)?;
        let subject = format!("token {} ({name})", token.id);
        note(change.connection(), who, Act::TokenCreated, &subject, &format!("{}, {scope}", kind.as_str())).await?;
        change.commit().await?;
        Ok((token, secret))
    }

    /// The token that a secret is of, if it is good: neither expired nor revoked. Whoever presents a user's key must
    /// give the token's name beside it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn token(&self, secret: &str) -> Result<Option<AccessToken>, StoreError> {
        // What is looked for is a hash: how long it takes tells nothing of any secret that has another one.
        let hash = secret::hash(secret);
        let sql = format!("SELECT {COLUMNS} FROM access_token WHERE secret_sha256 = $1");
        let query = sqlx::query_as(&sql).bind(&hash);
        let row: Option<Row> = query.fetch_optional(&mut *self.database.read().await?).await?;
        let row = row.filter(|row| secret::is_same(&row.7, &hash));
        Ok(row.and_then(AccessToken::of).filter(AccessToken::is_good))
    }

    /// All tokens, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError::Busy`] or another of the database.
    pub async fn tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_token ORDER BY id");
        let rows = sqlx::query_as(&sql).fetch_all(&mut *self.database.read().await?).await?;
        Ok(rows.into_iter().filter_map(AccessToken::of).collect())
    }

    /// Revokes a token: from now on it is good for nothing.
    ///
    /// # Errors
    /// [`StoreError::NoToken`], [`StoreError::Busy`] or another of the database.
    pub async fn revoke_token(&self, who: &Actor, id: i64) -> Result<AccessToken, StoreError> {
        let mut change = self.database.change().await?;
        let sql = format!(
            "UPDATE access_token SET revoked_date = $2 WHERE id = $1 AND revoked_date = '' RETURNING {COLUMNS}"
        );
        let row = sqlx::query_as(&sql).bind(id).bind(now()).fetch_optional(change.connection()).await?;
        let token = row.and_then(AccessToken::of).ok_or(StoreError::NoToken(id))?;
        note(change.connection(), who, Act::TokenRevoked, &format!("token {id} ({})", token.name), "").await?;
        change.commit().await?;
        Ok(token)
    }
}
