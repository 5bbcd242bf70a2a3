//! Which releases the page believes: the feed is played by the test, which also signs.
#![cfg(target_arch = "wasm32")]

mod page_in_test;

use js_sys::Promise;
use page_in_test::{
    CONFIG, click, find, image, open_page, outcome, play_feed, release, shown_log, text_of, wait_for, wait_until,
};
use release_feed::{Bytes, Statement};
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
const hex = buffer => Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, "0")).join("");
const keys = crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
export const public_key = async () => hex(await crypto.subtle.exportKey("raw", (await keys).publicKey));
export const sign = async text =>
    hex(await crypto.subtle.sign("Ed25519", (await keys).privateKey, new TextEncoder().encode(text)));
"#)]
extern "C" {
    fn public_key() -> Promise;
    fn sign(text: &str) -> Promise;
}

async fn answer(promise: Promise) -> String {
    JsFuture::from(promise).await.unwrap().as_string().unwrap()
}

/// What the test's device is to have.
fn statement() -> Statement {
    Statement {
        software_type: "stm32-fw".parse().unwrap(),
        hardware_version: "mp".parse().unwrap(),
        version: "1.2.0".parse().unwrap(),
        sha256: Bytes(Sha256::digest(image()).into()),
        downgrade_allowed: false,
    }
}

/// Plays a feed that offers 1.2.0 with this in `extra_info`, to a page that believes the test's key.
async fn offer(extra_info: &str, product: &str) {
    let payload = image();
    let keys = format!(r#"{{"public_keys":["{}"],"#, answer(public_key()).await);
    let config = CONFIG.replacen('{', &keys, 1).replace(r#""mp""#, &format!(r#""mp"{product}"#));
    let with_extra_info = format!(r#""extra_info":{extra_info},"url""#);
    let release = release(&payload).replace(r#""url""#, &with_extra_info);
    play_feed(&config, 200, &release, &payload);
}

async fn signed(statement: &Statement) -> String {
    let signature = answer(sign(&statement.to_string())).await;
    let downgrade = if statement.downgrade_allowed { "allowed" } else { "" };
    format!(r#"{{"fieldflash_signature":"{signature}","fieldflash_downgrade":"{downgrade}"}}"#)
}

/// Connects, and expects that the release is refused, with this code.
async fn is_refused_as(code: &str, query: &str) {
    let _page = open_page(query);
    click("connect-simulated").await;
    assert_eq!(outcome().await, "failed");
    let log = shown_log();
    assert!(log.contains(&format!("({code})")) && !log.contains("erased"), "{log}");
    assert!(find("update").is_none());
    assert!(text_of("device-state").await.contains("not changed"));
}

#[wasm_bindgen_test]
async fn a_release_that_its_maker_signed_is_installed() {
    offer(&signed(&statement()).await, "").await;
    let _page = open_page("");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
}

#[wasm_bindgen_test]
async fn one_that_nobody_signed_is_refused() {
    offer("{}", "").await;
    is_refused_as("unsigned", "").await;
}

#[wasm_bindgen_test]
async fn a_signature_holds_for_one_file_version_software_and_hardware_only() {
    let others = [
        Statement { version: "1.1.0".parse().unwrap(), ..statement() },
        Statement { hardware_version: "evt".parse().unwrap(), ..statement() },
        Statement { software_type: "stm32-boot".parse().unwrap(), ..statement() },
        Statement { sha256: Bytes([7; 32]), ..statement() },
    ];
    for other in others {
        offer(&signed(&other).await, "").await;
        is_refused_as("unsigned", "").await;
    }
}

#[wasm_bindgen_test]
async fn one_older_than_what_is_installed_is_refused() {
    offer(&signed(&statement()).await, "").await;
    is_refused_as("older", "current_version=1.3.0").await;
}

#[wasm_bindgen_test]
async fn so_is_one_that_is_offered_where_the_latest_is_to_be_installed_again() {
    play_feed(CONFIG, 204, "", &[]);
    let _page = open_page("current_version=1.3.0");
    click("connect-simulated").await;
    assert_eq!(outcome().await, "up-to-date");
    play_feed(CONFIG, 200, &release(&image()), &image());
    click("install-again").await;
    wait_until(|| shown_log().contains("(older)")).await;
    assert!(find("update").is_none());
}

#[wasm_bindgen_test]
async fn an_older_one_is_installed_where_its_signature_allows_that_and_not_where_only_the_feed_does() {
    let allowing = Statement { downgrade_allowed: true, ..statement() };
    offer(&signed(&allowing).await, "").await;
    let page = open_page("current_version=1.3.0");
    click("connect-simulated").await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
    drop(page);

    let said_by_the_feed = signed(&statement()).await.replace(r#"downgrade":"""#, r#"downgrade":"allowed""#);
    assert!(said_by_the_feed.contains("allowed"));
    offer(&said_by_the_feed, "").await;
    is_refused_as("unsigned", "current_version=1.3.0").await;
}

#[wasm_bindgen_test]
async fn an_older_one_is_installed_once_the_person_confirms_it_where_the_deployment_lets_them() {
    offer(&signed(&statement()).await, r#","downgrade":"confirmed""#).await;
    let _page = open_page("current_version=1.3.0");
    click("connect-simulated").await;
    let update = wait_for("update").await;
    assert!(update.has_attribute("disabled"));
    click("older-confirmed").await;
    wait_until(|| !update.has_attribute("disabled")).await;
    click("update").await;
    assert_eq!(outcome().await, "updated");
}
