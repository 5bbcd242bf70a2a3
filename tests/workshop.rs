//! The workshop in the page, with the simulated device.
#![cfg(target_arch = "wasm32")]

mod page_in_test;

use page_in_test::{
    CONFIG, click, find, image, open_page, outcome, pick_file, play_feed, release, shown_log, text_of, wait_for,
    wait_until,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Event, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A deployment that opens all of the workshop, and offers no release.
const OPEN: &str = r#"{"feed":{},"product":{"software_type":"stm32-fw","hardware_version":"mp"},
    "workshop":{"local_file":true,"read_back":true,"erase":true}}"#;

async fn type_in(test_id: &str, text: &str) {
    let input: HtmlInputElement = wait_for(test_id).await.unchecked_into();
    input.set_value(text);
    input.dispatch_event(&Event::new("input").unwrap()).unwrap();
}

/// A file is looked at before anything can be done with it.
async fn click_when_it_may_be(test_id: &str) {
    wait_until(|| find(test_id).is_some_and(|button| !button.has_attribute("disabled"))).await;
    click(test_id).await;
}

#[wasm_bindgen_test]
async fn a_file_is_written_then_compared_then_erased() {
    for cable in ["serial", "usb"] {
        play_feed(OPEN, 204, "", &[]);
        let _page = open_page(&format!("simulated_cable={cable}"));
        click("connect-simulated").await;
        pick_file(&wait_for("workshop-file").await, "mine.bin", &image());
        assert_eq!(text_of("workshop-places").await, "0x08000000 – 0x08004FFF (20 KiB)");
        click_when_it_may_be("workshop-write").await;
        wait_until(|| shown_log().contains("all of the image was read back")).await;
        assert!(shown_log().contains("writing a file in place of a release"), "{}", shown_log());

        click("connect-simulated").await;
        pick_file(&wait_for("workshop-file").await, "mine.bin", &image());
        click_when_it_may_be("workshop-compare").await;
        assert_eq!(text_of("workshop-compared").await, "No difference: all 20 KiB are the same.");

        let understood: HtmlInputElement = wait_for("workshop-understood").await.unchecked_into();
        understood.click();
        click("workshop-erase").await;
        wait_until(|| shown_log().contains("workshop: done") && find("workshop-progress").is_none()).await;
        pick_file(&wait_for("workshop-file").await, "mine.bin", &image());
        click_when_it_may_be("workshop-compare").await;
        wait_until(|| find("workshop-differences").is_some_and(|it| it.inner_text().contains("FF FF FF FF"))).await;
    }
}

#[wasm_bindgen_test]
async fn a_part_of_the_flash_is_read_and_one_that_is_not_there_is_refused() {
    play_feed(OPEN, 204, "", &[]);
    let _page = open_page("");
    click("connect-simulated").await;
    for (last, problem) in [
        ("0x08100000", "no flash memory at some"),
        ("0x07FFFFFF", "lies before the first"),
        ("everything", "An address is needed"),
    ] {
        type_in("workshop-read-last", last).await;
        click("workshop-read").await;
        wait_until(|| find("workshop-read-problem").is_some_and(|it| it.text_content().unwrap().contains(problem)))
            .await;
    }
    type_in("workshop-read-last", "0x080003FF").await;
    click("workshop-read").await;
    wait_until(|| find("workshop-was-read").is_some()).await;
    let told = find("workshop-was-read").unwrap().text_content().unwrap();
    assert_eq!(told, "Read: 1 KiB, from 0x08000000 to 0x080003FF.");
    assert_eq!(outcome().await, "up-to-date", "the session is where it was");
}

#[wasm_bindgen_test]
async fn without_leave_of_the_deployment_there_is_no_workshop() {
    for config in [CONFIG, &OPEN.replace("true", "false")] {
        play_feed(config, 200, &release(&image()), &image());
        let _page = open_page("");
        click("connect-simulated").await;
        wait_for("update").await;
        assert!(find("workshop").is_none());
    }
}
