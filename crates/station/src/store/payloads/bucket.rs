//! Payloads in a bucket of a store that speaks S3's protocol.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use reqwest::Url;

use super::{ObjectPath, StoreError};

/// How long it may take until a connection is there.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may be silent.
const SILENT_FOR: Duration = Duration::from_secs(20);
/// How often, and how long, what failed for a reason that may pass is tried again.
const RETRIES: usize = 3;
const RETRY_WITHIN: Duration = Duration::from_secs(10);
const FIRST_RETRY_AFTER: Duration = Duration::from_millis(100);
const LATER_RETRY_AFTER: Duration = Duration::from_secs(2);
/// Stores other than Amazon's take any region, but signatures need one.
const REGION: &str = "us-east-1";

/// The address of a bucket: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`, of which only the bucket must be there.
///
/// What it leaves open, and the keys, are taken from the environment as Amazon's own tools do: `AWS_ENDPOINT_URL`,
/// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and so on.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketUrl {
    text: String,
    bucket: String,
    prefix: ObjectPath,
    endpoint: Option<String>,
    region: Option<String>,
    /// Id and secret.
    keys: Option<[String; 2]>,
}

/// A text that is no address of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it must be s3://BUCKET/PREFIX?endpoint=URL&region=NAME: {0}")]
pub struct BucketUrlError(String);

impl FromStr for BucketUrl {
    type Err = BucketUrlError;

    fn from_str(text: &str) -> Result<Self, BucketUrlError> {
        let wrong = |why: &str| BucketUrlError(why.to_owned());
        let url = Url::parse(text).map_err(|error| BucketUrlError(error.to_string()))?;
        if url.scheme() != "s3" {
            return Err(wrong("only S3's protocol is spoken"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("keys are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
        }
        let bucket =
            url.host_str().filter(|bucket| !bucket.is_empty()).ok_or_else(|| wrong("the bucket is missing"))?;
        let prefix = ObjectPath::from_url_path(url.path()).map_err(|error| BucketUrlError(error.to_string()))?;
        let (mut endpoint, mut region) = (None, None);
        for (key, value) in url.query_pairs() {
            match &*key {
                "endpoint" => {
                    let url = Url::parse(&value).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                    endpoint = Some(url.ok_or_else(|| wrong("the endpoint is no http or https address"))?.to_string());
                }
                "region" => region = Some(value.into_owned()),
                other => return Err(BucketUrlError(format!("there is no {other:?}"))),
            }
        }
        Ok(Self { text: text.to_owned(), bucket: bucket.to_owned(), prefix, endpoint, region, keys: None })
    }
}

/// Without what is secret.
impl fmt::Debug for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BucketUrl").field(&self.text).finish()
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl BucketUrl {
    /// The same with an id and a secret of its own instead of those of the environment.
    #[must_use]
    pub fn with_keys(self, keys: [&str; 2]) -> Self {
        Self { keys: Some(keys.map(str::to_owned)), ..self }
    }

    /// The bucket, and what the names of all objects in it begin with.
    pub(super) fn open(&self) -> Result<(Arc<dyn ObjectStore>, ObjectPath), StoreError> {
        let bucket = self.build().map_err(|error| self.cannot_be_used(&error))?;
        Ok((Arc::new(bucket), self.prefix.clone()))
    }

    fn build(&self) -> object_store::Result<AmazonS3> {
        // Ready for all who make connections; whoever did so before has chosen as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&self.bucket);
        if let Some([id, secret]) = &self.keys {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        } else if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none() {
            builder = builder.with_region(REGION);
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
        // Whoever writes `http` means it.
        let is_plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http:"));
        // A payload takes as long as it takes, but not without a byte.
        let client = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT_WITHIN);
        let client = client.with_read_timeout(SILENT_FOR).with_allow_http(is_plain);
        let backoff = BackoffConfig { init_backoff: FIRST_RETRY_AFTER, max_backoff: LATER_RETRY_AFTER, base: 2. };
        builder
            .with_client_options(client)
            .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_WITHIN })
            // One by one, which stores other than Amazon's do, too.
            .with_disable_bulk_delete(true)
            .build()
    }

    /// Says of an error what a person can do.
    pub(super) fn cannot_be_used(&self, error: &object_store::Error) -> StoreError {
        StoreError::Bucket { url: self.text.clone(), why: in_words(error) }
    }
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NoPayload,
            error => Self::Payloads(in_words(&error)),
        }
    }
}

/// What is the matter, without the story of who called whom.
fn in_words(error: &object_store::Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    let last = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    // S3 says what is the matter in a code amid XML.
    let code = last.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or(last.clone(), |(code, _)| format!("it answers {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_name_and_may_have_a_prefix_an_endpoint_and_a_region() {
        let url: BucketUrl = "s3://releases/stm32/eu?endpoint=http://127.0.0.1:9000&region=garage".parse().unwrap();
        assert_eq!((&*url.bucket, url.prefix.as_ref()), ("releases", "stm32/eu"));
        assert_eq!((url.endpoint.as_deref(), url.region.as_deref()), (Some("http://127.0.0.1:9000/"), Some("garage")));
        let url: BucketUrl = "s3://releases".parse().unwrap();
        assert_eq!((&*url.bucket, url.prefix.as_ref(), url.endpoint), ("releases", "", None));
    }

    #[test]
    fn what_is_no_bucket_is_refused_with_the_reason() {
        for (text, why) in [
            ("releases", "relative URL"),
            ("https://releases", "only S3's protocol"),
            ("s3:///stm32", "the bucket is missing"),
            ("s3://key:secret@releases", "AWS_ACCESS_KEY_ID"),
            ("s3://releases?endpoint=ftp://host", "no http or https address"),
            ("s3://releases?acl=public", "there is no \"acl\""),
        ] {
            let error = text.parse::<BucketUrl>().unwrap_err().to_string();
            assert!(error.contains(why) && error.starts_with("it must be s3://BUCKET"), "{text}: {error}");
        }
    }
}
