//! Memfault's device-facing OTA API: which release is a device to have, and its payload.
//!
//! * [`LatestQuery`]: who asks, in names that can only hold what the API takes.
//! * [`Release`] and [`Artifact`]: the answer, read tolerantly and written in full.
//! * [`OutcomeReport`]: how an update ended, for a feed that takes that.
//! * [`Statement`]: what the maker of a device signs of a release.
//! * [`Client`]: asks, and downloads a payload with resume and checks, over anything that can [`Fetch`].
//!
//! The page and the station share these types. Facts are of Memfault's API reference, "Retrieve Latest Release
//! for a Device", and of its MCU OTA Integration Guide.

mod answer;
mod client;
mod digest;
mod download;
mod fetch;
mod link;
mod name;
mod outcome;
mod query;
mod release;
mod signature;
mod version;

pub use answer::{Answer, FeedError, error_message};
pub use client::{Chosen, Client};
pub use digest::hex;
pub use download::DownloadError;
pub use fetch::{Fetch, FetchError, Request, Response};
pub use link::{LINK_SIGNATURE, LINK_UNTIL, is_day, link_statement, split_link};
pub use name::{DeviceSerial, HardwareVersion, NameError, SoftwareType};
pub use outcome::{OUTCOMES_PATH, OutcomeReport};
pub use query::{LatestQuery, QueryError};
pub use release::{Artifact, ArtifactError, ErrorBody, ErrorDetail, FIRMWARE, Release};
pub use signature::{
    Bytes, DOWNGRADE_ALLOWED, DOWNGRADE_KEY, HexError, PublicKey, SIGNATURE_KEY, Sha256Hash, Signature, Statement,
};
pub use version::Version;

/// The header with the project key.
pub const PROJECT_KEY_HEADER: &str = "Memfault-Project-Key";
/// The header that says why a release is offered or not.
pub const REASON_HEADER: &str = "memfault-reason";
/// The reason of a 204 for a device that has the latest release.
pub const REASON_LATEST: &str = "latest";
/// The station's reason of a 204 for a device whose cohort has no release deployed.
pub const REASON_NO_RELEASE: &str = "no-release";
/// The station's reason of a 204 for a device that is not yet among those a newer release is rolled out to.
pub const REASON_STAGED: &str = "staged-rollout";
/// The reason of a 204 for a device that asked too often, which says nothing of its version.
pub const REASON_RATE_LIMITED: &str = "rate-limited";
/// Where a feed answers with JSON.
pub const LATEST_PATH: &str = "/api/v0/releases/latest";
/// Where a station answers likewise with a release that was chosen: its own route, which Memfault's API lacks. Beside the
/// usual parameters it takes `release`, the version, and `cohort`; at least one of them.
pub const CHOSEN_PATH: &str = "/api/v0/fieldflash/releases/chosen";
/// Where a feed answers with the bare address of the payload.
pub const LATEST_URL_PATH: &str = "/api/v0/releases/latest/url";
