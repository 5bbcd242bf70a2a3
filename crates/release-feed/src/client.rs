//! Asking a feed.

use core::fmt;

use percent_encoding::utf8_percent_encode;

use crate::query::ESCAPED;
use crate::{
    Answer, Artifact, CHOSEN_PATH, FeedError, Fetch, LATEST_PATH, LatestQuery, OUTCOMES_PATH, OutcomeReport,
    PROJECT_KEY_HEADER, Request, Version, answer,
};

/// What a device is to have instead of its cohort's latest release. Whether it may have it is decided as ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// This version.
    pub release: Option<Version>,
    /// What is deployed to this cohort.
    pub cohort: Option<String>,
}

/// As parameters of a query, which it begins with a `&`.
impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = [("release", self.release.as_ref().map(Version::as_str)), ("cohort", self.cohort.as_deref())];
        parameters.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, "&{name}={}", utf8_percent_encode(value, ESCAPED)),
            None => Ok(()),
        })
    }
}

/// A client of one feed.
#[derive(Debug, Clone)]
pub struct Client<F> {
    pub(crate) fetch: F,
    base: String,
    project_key: Option<String>,
    payloads: Option<String>,
    chosen: Option<Chosen>,
}

impl<F: Fetch> Client<F> {
    /// A client of the feed at `base`, e.g. `https://device.memfault.com`. The key is left out where a gateway adds it.
    pub fn new(fetch: F, base: impl Into<String>, project_key: Option<String>) -> Self {
        let base: String = base.into();
        Self { fetch, base: base.trim_end_matches('/').to_owned(), project_key, payloads: None, chosen: None }
    }

    /// Fetches payloads from below `place` instead of from the hosts that the feed names, e.g. `/ota-cdn` on a server
    /// that passes on what is asked there; path and query of a payload's address stay.
    #[must_use]
    pub fn with_payloads_at(mut self, place: Option<String>) -> Self {
        self.payloads = place;
        self
    }

    /// Asks for what was chosen instead of the latest release: of a station, for Memfault's API has no such question.
    #[must_use]
    pub fn with_chosen(mut self, chosen: Option<Chosen>) -> Self {
        self.chosen = chosen;
        self
    }

    /// Where it asks which release a device is to have.
    pub fn question(&self, query: &LatestQuery) -> String {
        match &self.chosen {
            None => format!("{}{LATEST_PATH}?{query}", self.base),
            Some(chosen) => format!("{}{CHOSEN_PATH}?{query}{chosen}", self.base),
        }
    }

    /// Where it tells how updates ended, and the project key that it shows there.
    pub fn outcomes(&self) -> (String, Option<&str>) {
        (self.base.clone() + OUTCOMES_PATH, self.project_key.as_deref())
    }

    /// Where the payload is fetched that the feed says is at `url`.
    pub fn payload_url(&self, url: &str) -> String {
        let path = url.split_once("://").and_then(|(_, place)| Some(&place[place.find('/')?..]));
        match (&self.payloads, path) {
            (Some(place), Some(path)) => format!("{}{path}", place.trim_end_matches('/')),
            _ => url.to_owned(),
        }
    }

    /// Asks which release a device is to have.
    ///
    /// # Errors
    /// [`FeedError`] when the feed cannot be reached, refuses or makes no sense; [`FeedError::NotAFeed`] also where a release
    /// was chosen and the feed is none that can be asked for one.
    pub async fn latest(&self, query: &LatestQuery) -> Result<Answer, FeedError> {
        self.ask(self.question(query), None).await
    }

    /// Tells how an update ended.
    ///
    /// # Errors
    /// [`FeedError`] as above; a feed that takes no such reports is [`FeedError::NotAFeed`].
    pub async fn report(&self, report: &OutcomeReport) -> Result<(), FeedError> {
        self.ask(self.outcomes().0, Some(report.to_form())).await.map(drop)
    }

    async fn ask(&self, url: String, form: Option<String>) -> Result<Answer, FeedError> {
        let key = self.project_key.iter().map(|key| (PROJECT_KEY_HEADER, key.clone()));
        let request = Request { url, headers: key.collect(), form };
        answer::read(self.fetch.send(&request).await?).await
    }

    /// The artifact's address as the feed gives it now: addresses expire after some hours.
    /// `None` when the feed no longer offers this artifact.
    pub(crate) async fn fresh_url(
        &self,
        query: &LatestQuery,
        artifact: &Artifact,
    ) -> Result<Option<String>, FeedError> {
        let Answer::Offered(release) = self.latest(query).await? else { return Ok(None) };
        let again = release.artifact_for(&query.hardware_version, &query.software_type).ok();
        Ok(again.filter(|again| same_file(again, artifact)).map(|again| again.url.clone()))
    }
}

/// Whether two descriptions are of one file: by hash, else by number. Addresses say nothing, they are signed anew.
fn same_file(a: &Artifact, b: &Artifact) -> bool {
    match (&a.sha256, &b.sha256, &a.md5, &b.md5) {
        (Some(a), Some(b), ..) | (_, _, Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a.id.is_some() && a.id == b.id,
    }
}
