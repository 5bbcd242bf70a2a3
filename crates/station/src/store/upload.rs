//! Payloads that come in parts, over a while, before they are made artifacts.
//!
//! What is held of an upload survives the end of the station, and with a shared store any station takes any part.

use std::time::Duration;

use serde::Serialize;

use super::adding::{Added, NewPayload};
use super::audit::Actor;
use super::clock::{in_future, now};
use super::payloads::Bytestream;
use super::{Store, StoreError};
use crate::secret;

/// The most parts of an upload, as S3 has it.
pub const MOST_PARTS: u32 = 10_000;

/// An upload that has not expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// Bytes that were announced.
    pub size: u64,
    /// Parts that were announced: 1 to [`MOST_PARTS`].
    pub parts: u32,
    /// Whether all of them are there, and nothing more is taken.
    pub complete: bool,
    /// When it is forgotten, ISO 8601.
    pub expires_date: String,
}

impl Store {
    /// Begins an upload of `size` bytes in `parts` parts, of which nothing is left after `expires_after`. Gives back
    /// the token, a secret: whoever has it may send parts.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPart`] if there are to be none or too many; [`StoreError::Random`], [`StoreError::Busy`] or
    /// another of the database.
    pub async fn begin_upload(&self, size: u64, parts: u32, expires_after: Duration) -> Result<String, StoreError> {
        if !(1..=MOST_PARTS).contains(&parts) {
            return Err(StoreError::NoSuchPart { number: parts, parts: MOST_PARTS });
        }
        self.forget_uploads().await?;
        let token = secret::long()?;
        let mut change = self.database.change().await?;
        let insert = sqlx::query(
            "INSERT INTO upload (token_sha256, size, parts, complete, created_date, expires_date)
             VALUES ($1, $2, $3, 0, $4, $5)",
        );
        let insert = insert.bind(secret::hash(&token)).bind(i64::try_from(size).unwrap_or(i64::MAX));
        let insert = insert.bind(i64::from(parts)).bind(now()).bind(in_future(expires_after));
        insert.execute(change.connection()).await?;
        change.commit().await?;
        Ok(token)
    }

    /// The upload of a token.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`] if there is none, or it has expired; [`StoreError::Busy`] or another of the database.
    pub async fn upload(&self, token: &str) -> Result<Upload, StoreError> {
        let query = sqlx::query_as(
            "SELECT size, parts, complete, expires_date FROM upload WHERE token_sha256 = $1 AND expires_date > $2",
        );
        let query = query.bind(secret::hash(token)).bind(now());
        let row: Option<(i64, i64, i64, String)> = query.fetch_optional(&mut *self.database.read().await?).await?;
        let (size, parts, complete, expires_date) = row.ok_or(StoreError::NoUpload)?;
        let parts = u32::try_from(parts).map_err(|_| StoreError::NoUpload)?;
        Ok(Upload { size: size.unsigned_abs(), parts, complete: complete != 0, expires_date })
    }

    /// Stores part `number` of an upload, counted from 1, instead of one that was sent before. Gives back its MD5 in
    /// hexadecimal, which is its ETag. The only part of an upload completes it.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`]; [`StoreError::NoSuchPart`]; [`StoreError::UploadComplete`] if nothing more is taken;
    /// [`StoreError::TooLong`] if there is more than was announced; what `bytes` fails with; [`StoreError::Payloads`],
    /// [`StoreError::Busy`] or another of the database.
    pub async fn put_part(&self, token: &str, number: u32, bytes: Bytestream) -> Result<String, StoreError> {
        let Upload { size, parts, complete, .. } = self.upload(token).await?;
        if !(1..=parts).contains(&number) {
            return Err(StoreError::NoSuchPart { number, parts });
        }
        if complete && parts > 1 {
            return Err(StoreError::UploadComplete);
        }
        let hash = secret::hash(token);
        let others = sqlx::query_scalar(
            "SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM upload_part WHERE token_sha256 = $1 AND number <> $2",
        );
        let others = others.bind(&hash).bind(i64::from(number));
        let others: i64 = others.fetch_one(&mut *self.database.read().await?).await?;
        let at_most = size.saturating_sub(others.unsigned_abs());
        let digests = self.payloads.put_part(&hash, number, bytes, at_most).await?;
        let mut change = self.database.change().await?;
        let insert = sqlx::query(
            "INSERT INTO upload_part (token_sha256, number, size, md5) VALUES ($1, $2, $3, $4)
             ON CONFLICT (token_sha256, number) DO UPDATE SET size = $3, md5 = $4",
        );
        let insert = insert.bind(&hash).bind(i64::from(number)).bind(digests.size as i64).bind(&digests.md5);
        insert.execute(change.connection()).await?;
        if parts == 1 && digests.size == size {
            let update = sqlx::query("UPDATE upload SET complete = 1 WHERE token_sha256 = $1");
            update.bind(&hash).execute(change.connection()).await?;
        }
        change.commit().await?;
        Ok(digests.md5)
    }

    /// Completes an upload of these parts, each by its number and its ETag: all of them, in their order.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`]; [`StoreError::UploadIncomplete`] if other parts were announced or stored, or fewer
    /// bytes; [`StoreError::Busy`] or another of the database.
    pub async fn complete_upload(&self, token: &str, parts: &[(u32, &str)]) -> Result<(), StoreError> {
        let upload = self.upload(token).await?;
        let hash = secret::hash(token);
        let query = sqlx::query_as("SELECT number, size, md5 FROM upload_part WHERE token_sha256 = $1 ORDER BY number");
        let held: Vec<(i64, i64, String)> = query.bind(&hash).fetch_all(&mut *self.database.read().await?).await?;
        let size: i64 = held.iter().map(|(_, size, _)| size).sum();
        let is_named = held.iter().map(|(number, _, md5)| (*number, md5.as_str()));
        let is_named = is_named.eq(parts.iter().map(|&(number, etag)| (i64::from(number), etag)));
        if !is_named || held.len() != upload.parts as usize || size.unsigned_abs() != upload.size {
            return Err(StoreError::UploadIncomplete { size: upload.size, received: size.unsigned_abs() });
        }
        let mut change = self.database.change().await?;
        let update = sqlx::query("UPDATE upload SET complete = 1 WHERE token_sha256 = $1");
        update.bind(&hash).execute(change.connection()).await?;
        change.commit().await
    }

    /// Makes an upload that is complete an artifact, as [`Store::add`] does a file; with `md5`, only if that is the
    /// payload's, in hexadecimal. The upload is gone then.
    ///
    /// # Errors
    /// [`StoreError::Exists`]; [`StoreError::NoUpload`]; [`StoreError::UploadIncomplete`]; [`StoreError::WrongMd5`];
    /// [`StoreError::Payloads`], [`StoreError::Busy`] or another of the database.
    pub async fn add_upload(
        &self,
        who: &Actor,
        token: &str,
        md5: Option<&str>,
        filename: &str,
        new: &NewPayload<'_>,
    ) -> Result<Added, StoreError> {
        self.refuse_existing(new).await?;
        let upload = self.upload(token).await?;
        let hash = secret::hash(token);
        let incoming = if upload.complete {
            Some(self.payloads.receive(self.payloads.parts(&hash, upload.parts)).await?)
        } else {
            None
        };
        let received = incoming.as_ref().map_or(0, |incoming| incoming.digests.size);
        let incoming = incoming.filter(|_| received == upload.size && received > 0);
        let incoming = incoming.ok_or(StoreError::UploadIncomplete { size: upload.size, received })?;
        if let Some(md5) = md5.filter(|md5| !md5.eq_ignore_ascii_case(&incoming.digests.md5)) {
            return Err(StoreError::WrongMd5 { announced: md5.to_owned(), received: incoming.digests.md5.clone() });
        }
        let added = self.add_incoming(who, filename, incoming, new).await?;
        // What fails now is only in the way until the upload expires.
        if let Err(error) = self.forget_upload(&hash, upload.parts).await {
            tracing::warn!("an upload that was used cannot be removed: {error}");
        }
        Ok(added)
    }

    /// Forgets uploads that have expired.
    pub(super) async fn forget_uploads(&self) -> Result<(), StoreError> {
        let query = sqlx::query_as("SELECT token_sha256, parts FROM upload WHERE expires_date <= $1").bind(now());
        let expired: Vec<(String, i64)> = query.fetch_all(&mut *self.database.read().await?).await?;
        for (hash, parts) in expired {
            self.forget_upload(&hash, u32::try_from(parts).unwrap_or(MOST_PARTS)).await?;
        }
        Ok(())
    }

    /// The parts first: as long as a row is there, its parts can be found.
    async fn forget_upload(&self, hash: &str, parts: u32) -> Result<(), StoreError> {
        self.payloads.remove_parts(hash, parts).await?;
        let mut change = self.database.change().await?;
        let delete = sqlx::query("DELETE FROM upload WHERE token_sha256 = $1");
        delete.bind(hash).execute(change.connection()).await?;
        change.commit().await
    }
}
