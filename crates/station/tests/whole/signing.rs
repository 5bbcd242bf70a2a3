//! Releases are signed, and what is served then proves who made them.

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use release_feed::{Bytes, Release, Statement};
use sha2::{Digest, Sha256};

use crate::program::Place;

const ADD: &str = "release add fw.bin --software-type stm32-fw --hardware-version mp --software-version 1.2.0";

/// Whether `release`, as served, is signed by `public_key` to be `version` for hardware version mp.
fn proves(release: &Release, public_key: &str, version: &str) -> bool {
    let artifact = &release.artifacts[0];
    let statement = Statement {
        software_type: "stm32-fw".parse().unwrap(),
        hardware_version: "mp".parse().unwrap(),
        version: version.parse().unwrap(),
        sha256: artifact.sha256.as_deref().unwrap().parse().unwrap(),
        downgrade_allowed: release.downgrade_allowed(artifact),
    };
    let Bytes(key) = public_key.trim().parse().unwrap();
    let key = VerifyingKey::from_bytes(&key).unwrap();
    let good = |Bytes(signature)| key.verify(statement.to_string().as_bytes(), &Signature::from_bytes(&signature));
    release.signatures(artifact).into_iter().any(|signature| good(signature).is_ok())
}

fn served(place: &Place) -> Release {
    let serving = place.serve("");
    let url = format!(
        "{}/api/v0/releases/latest?device_serial=A-1&hardware_version=mp&software_type=stm32-fw",
        serving.address
    );
    let key = place.says("key");
    let mut answer = ureq::get(&url).header("Memfault-Project-Key", key.trim()).call().unwrap();
    answer.body_mut().read_json().unwrap()
}

#[test]
fn a_signed_release_is_served_with_a_signature_that_holds_for_it_alone() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(&format!("{ADD} --extra-info color=blue"));
    let public_key = place.says("keys new maker.pem");
    assert_eq!(place.says("keys public maker.pem"), public_key);
    assert!(!proves(&served(&place), &public_key, "1.2.0"));

    let said = place.says("release sign 1.2.0 --software-type stm32-fw --key maker.pem");
    assert_eq!(said, "Signed fw.bin for hardware version mp.\n");
    let release = served(&place);
    assert!(proves(&release, &public_key, "1.2.0") && !proves(&release, &public_key, "1.3.0"));
    assert!(!release.downgrade_allowed(&release.artifacts[0]));
    assert_eq!(release.artifacts[0].extra_info.as_ref().unwrap()["color"], "blue");
    let other = place.says("keys new other.pem");
    assert!(!proves(&release, &other, "1.2.0"));
}

#[test]
fn a_downgrade_is_allowed_by_the_signature_and_no_longer_by_the_next() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    place.says(ADD);
    let public_key = place.says("keys new maker.pem");
    let sign = "release sign 1.2.0 --software-type stm32-fw --key maker.pem";
    for (option, allowed) in [(" --allow-downgrade", true), ("", false)] {
        place.says(&format!("{sign}{option}"));
        let release = served(&place);
        assert_eq!(release.downgrade_allowed(&release.artifacts[0]), allowed);
        assert!(proves(&release, &public_key, "1.2.0"));
    }
}

#[test]
fn a_payload_that_others_serve_is_signed_without_a_station() {
    let place = Place::new();
    place.write("fw.bin", b"abc");
    let public_key = place.says("keys new maker.pem");
    let sign = ADD.replace("release add", "sign") + " --key maker.pem";
    let line = place.says(&sign);
    let (key, value) = line.trim_end().split_once('=').unwrap();
    let sha256 = release_feed::hex(&Sha256::digest(b"abc"));
    let release: Release = serde_json::from_value(serde_json::json!({
        "version": "1.2.0", "artifacts": [{ "url": "x", "sha256": sha256, "extra_info": { key: value } }]
    }))
    .unwrap();
    assert!(proves(&release, &public_key, "1.2.0"));
    assert!(!place.path().join("station-data").exists());
}

#[test]
fn what_cannot_be_signed_is_told_in_a_sentence() {
    let place = Place::new();
    let sign = "release sign 1.2.0 --software-type stm32-fw --key maker.pem";
    assert!(place.fails(sign, 1).starts_with("error: there is no release stm32-fw 1.2.0"));
    place.write("fw.bin", b"abc");
    place.says(ADD);
    assert!(place.fails(sign, 1).starts_with("error: the key maker.pem cannot be read: No such file"));
    place.write("maker.pem", b"no key");
    assert!(place.fails(sign, 1).starts_with("error: maker.pem holds no Ed25519 private key"));
    assert!(place.fails("keys new maker.pem", 1).contains("File exists"));
}

#[test]
fn a_link_is_signed_as_the_page_checks_it_and_signed_anew_when_it_was() {
    let place = Place::new();
    let public_key = place.says("keys new support.pem");
    let link = "https://update.example.com/?hardware_version=mp&release=1.2.0";
    let signed = place.says(&format!("link sign --key support.pem {link}"));
    let (address, parameters) = signed.trim().split_once('?').unwrap();
    assert_eq!(address, "https://update.example.com/");
    let (parameters, signature) = release_feed::split_link(parameters);
    assert_eq!(parameters, "hardware_version=mp&release=1.2.0");
    let (Bytes(key), Bytes(signature)) = (public_key.trim().parse().unwrap(), signature.unwrap());
    let key = VerifyingKey::from_bytes(&key).unwrap();
    let statement = release_feed::link_statement(parameters);
    key.verify(statement.as_bytes(), &Signature::from_bytes(&signature)).unwrap();
    assert_eq!(place.says(&format!("link sign --key support.pem {}", signed.trim())), signed);
}

#[test]
fn a_link_is_signed_with_its_last_day_which_is_one_to_come() {
    let place = Place::new();
    place.says("keys new support.pem");
    let sign = |rest: &str| format!("link sign --key support.pem {rest}");
    let day = |days| (chrono::Utc::now() + chrono::Duration::days(days)).format("%Y-%m-%d").to_string();
    let (today, later) = (day(0), day(30));
    let link = "https://update.example.com/?release=1.2.0";
    let signed = place.says(&sign(&format!("--until {today} {link}")));
    assert!(signed.starts_with(&format!("{link}&until={today}&sig=")), "{signed}");
    // Another end takes the place of the one before.
    let anew = place.says(&sign(&format!("--until {later} {}", signed.trim())));
    assert!(anew.starts_with(&format!("{link}&until={later}&sig=")), "{anew}");
    assert_eq!(place.says(&sign(anew.trim())), anew);
    for over in [day(-1), "31.12.2099".to_owned(), "2099-02-30".to_owned()] {
        for link in [format!("--until {over} {link}"), format!("{link}&until={over}")] {
            assert!(place.fails(&sign(&link), 1).contains("must be to come"), "{link}");
        }
    }
}
