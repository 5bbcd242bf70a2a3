//! Downloading a payload: resumed where it broke off, checked to the last byte.

use core::time::Duration;

use crate::digest::Hashes;
use crate::{Artifact, Client, FeedError, Fetch, FetchError, LatestQuery, Request, Response, answer, error_message};

/// How often a download is taken up again without a byte of progress in between.
const TRIES: u32 = 5;
/// The pause before the first new try; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);
/// The most bytes that are taken: far more than any STM32's flash, far less than a browser tab's memory.
const LARGEST: u64 = 64 << 20;

/// Why there is no payload. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// The artifact states no hash, so that nothing could prove the file whole.
    #[error("the release states no hash of its file, so that it cannot be checked")]
    NoHash,
    /// The file is too large for any device here.
    #[error("the file has {size} bytes, at most {LARGEST} are taken")]
    TooLarge {
        /// Its size.
        size: u64,
    },
    /// The connection broke and could not be had again.
    #[error("the download broke off after {received} bytes: {error}")]
    Broken {
        /// Bytes that had come.
        received: u64,
        /// The last try's error.
        error: FetchError,
    },
    /// The server answers with an error.
    #[error("the server answers HTTP {status} for the file")]
    Refused {
        /// The status.
        status: u16,
    },
    /// The link expired, and the feed no longer offers the file.
    #[error("the link to the file expired, and the release is no longer offered")]
    Withdrawn,
    /// The link expired, and asking for a fresh one failed.
    #[error("the link to the file expired: {0}")]
    NoFreshLink(FeedError),
    /// The file is not as long as stated.
    #[error("the file has {found} bytes, {expected} were stated")]
    WrongSize {
        /// Bytes stated.
        expected: u64,
        /// Bytes that came; the download stops soon after there are too many.
        found: u64,
    },
    /// The file is not the one that was released.
    #[error("the {name} of the file is {found}, {expected} was stated")]
    WrongHash {
        /// Which hash.
        name: &'static str,
        /// As stated.
        expected: String,
        /// As it came out.
        found: String,
    },
}

/// How one request for the rest of the file ended.
enum Turn {
    /// The body came to its end.
    Whole,
    /// It broke off.
    Broken(FetchError),
    /// The link is no longer good.
    Expired {
        /// What the server answered.
        status: u16,
    },
    /// The server has another file by now, or cannot give a part of it.
    StartOver,
}

/// What came so far.
struct Received {
    bytes: Vec<u8>,
    hashes: Hashes,
    /// The server's tag for the file, so that parts of two files are never joined.
    tag: Option<String>,
}

impl Received {
    fn nothing(artifact: &Artifact) -> Self {
        Self { bytes: Vec::new(), hashes: Hashes::of(artifact), tag: None }
    }

    fn count(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl<F: Fetch> Client<F> {
    /// Downloads `artifact`, which the feed offered in answer to `query`. `progress` is told bytes so far and in all.
    ///
    /// A download that breaks off is taken up where it stopped; a link that expired is asked for again.
    ///
    /// # Errors
    /// [`DownloadError`]; what did not prove whole and right is dropped.
    pub async fn download(
        &self,
        query: &LatestQuery,
        artifact: &Artifact,
        mut progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Vec<u8>, DownloadError> {
        if let Some(size) = artifact.file_size.filter(|&size| size > LARGEST) {
            return Err(DownloadError::TooLarge { size });
        }
        let mut received = Received::nothing(artifact);
        if !received.hashes.any() {
            return Err(DownloadError::NoHash);
        }
        let mut url = self.payload_url(&artifact.url);
        let (mut failures, mut renewed) = (0, false);
        loop {
            let before = received.count();
            let turn = self.turn(&url, artifact, &mut received, &mut progress).await?;
            if received.count() > before {
                failures = 0;
            }
            let error = match turn {
                Turn::Whole => return finish(received, artifact),
                Turn::Expired { status } if renewed => return Err(DownloadError::Refused { status }),
                Turn::Expired { .. } => {
                    renewed = true;
                    let fresh = self.fresh_url(query, artifact).await.map_err(DownloadError::NoFreshLink)?;
                    url = self.payload_url(&fresh.ok_or(DownloadError::Withdrawn)?);
                    continue;
                }
                Turn::StartOver => {
                    received = Received::nothing(artifact);
                    FetchError("the server did not continue the file".into())
                }
                Turn::Broken(error) => error,
            };
            failures += 1;
            if failures == TRIES {
                return Err(DownloadError::Broken { received: received.count(), error });
            }
            self.fetch.wait(PAUSE * (1 << (failures - 1))).await;
        }
    }

    /// Asks for what is missing and takes what comes.
    async fn turn(
        &self,
        url: &str,
        artifact: &Artifact,
        received: &mut Received,
        progress: &mut impl FnMut(u64, Option<u64>),
    ) -> Result<Turn, DownloadError> {
        let mut headers = Vec::new();
        if received.count() > 0 {
            headers.push(("Range", format!("bytes={}-", received.count())));
            if let Some(tag) = &received.tag {
                headers.push(("If-Range", tag.clone()));
            }
        }
        let mut response = match self.fetch.send(&Request { url: url.to_owned(), headers, form: None }).await {
            Ok(response) => response,
            Err(error) => return Ok(Turn::Broken(error)),
        };
        match response.status() {
            // Asked for a part, the server gives the whole: it starts over.
            200 => *received = Received { tag: tag(&response), ..Received::nothing(artifact) },
            206 if continues(&response, received.count()) => {}
            206 | 416 => return Ok(Turn::StartOver),
            status @ (403 | 410) => return Ok(Turn::Expired { status }),
            status @ (429 | 500..) => {
                let body = answer::body(&mut response).await.unwrap_or_default();
                return Ok(Turn::Broken(FetchError(error_message(status, &body))));
            }
            status => return Err(DownloadError::Refused { status }),
        }
        let most = artifact.file_size.unwrap_or(LARGEST);
        loop {
            match response.piece().await {
                Ok(Some(piece)) => {
                    received.hashes.update(&piece);
                    received.bytes.extend_from_slice(&piece);
                    if received.count() > most {
                        return Err(DownloadError::WrongSize { expected: most, found: received.count() });
                    }
                    progress(received.count(), artifact.file_size);
                }
                Ok(None) => return Ok(Turn::Whole),
                Err(error) => return Ok(Turn::Broken(error)),
            }
        }
    }
}

/// The tag by which the file can be gone on with. That of a compressed file is of what travelled, not of what came out
/// of it, and a weak one is never enough (RFC 9110, section 13.1.5): with either, a server would start over. Without one
/// the hash decides.
fn tag(response: &impl Response) -> Option<String> {
    let is_plain = response.header("Content-Encoding").is_none_or(|coding| coding == "identity");
    response.header("ETag").filter(|tag| is_plain && !tag.starts_with("W/"))
}

/// Whether a 206 goes on where `offset` is. A browser may hide the header from a page of another origin; the hash decides then.
fn continues(response: &impl Response, offset: u64) -> bool {
    let Some(range) = response.header("Content-Range") else { return true };
    let start = range.trim().strip_prefix("bytes ").and_then(|range| range.split('-').next());
    start.and_then(|start| start.trim().parse().ok()) == Some(offset)
}

fn finish(received: Received, artifact: &Artifact) -> Result<Vec<u8>, DownloadError> {
    let found = received.count();
    match artifact.file_size {
        Some(expected) if expected != found => return Err(DownloadError::WrongSize { expected, found }),
        _ => {}
    }
    received.hashes.check().map_err(|wrong| DownloadError::WrongHash {
        name: wrong.name,
        expected: wrong.expected,
        found: wrong.found,
    })?;
    Ok(received.bytes)
}
