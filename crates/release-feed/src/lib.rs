//! release-feed
