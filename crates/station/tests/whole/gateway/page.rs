//! What the page makes of the gateway.

use pollster::block_on;
use release_feed::{Client, FeedError};

use super::*;
use crate::download::{Native, offered, query};

/// An upstream whose links are good once they have been asked for a second time.
fn with_links_that_expire() -> Upstream {
    let asked_before = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    with_payload_at(
        move |asked| {
            let count = asked_before.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            here(asked, &format!("/ota/1?token={count}"))
        },
        |asked| {
            let is_good = asked.uri.query() != Some("token=0");
            Some(if is_good { answer(200, BYTES) } else { answer(403, "") })
        },
    )
}

#[test]
fn the_page_downloads_through_the_gateway_and_asks_again_where_the_upstreams_link_expired() {
    let upstream = with_links_that_expire();
    let server = gateway(&upstream);
    let native = Native::new();
    let client = Client::new(&native, &*server.address, None);
    let artifact = offered(&client).artifacts.remove(0);
    assert_eq!(block_on(client.download(&query(), &artifact, |_, _| {})).unwrap(), BYTES);
    assert_eq!(upstream.asked().iter().filter(|asked| asked.uri.path() == LATEST).count(), 2);
}

#[test]
fn the_page_says_what_is_wrong_with_the_upstream() {
    let upstream = Upstream::start(|_| Some(answer(403, r#"{"error":{"message":"Invalid key"}}"#)));
    let server = gateway(&upstream);
    let native = Native::new();
    let error = block_on(Client::new(&native, &*server.address, None).latest(&query())).unwrap_err();
    assert!(matches!(error, FeedError::OutOfOrder { .. }), "the person at the page can do nothing about it");
    assert_eq!(
        error.to_string(),
        "the release feed is out of order: the release service does not accept this station's project key; check \
         --project-key-file (Invalid key)"
    );
}
