//! All that fuzzing has found worth keeping, tried with every run of the tests.

#[path = "../../../fuzz/src/image.rs"]
mod image;
#[path = "../../../fuzz/src/mend.rs"]
mod mend;
#[path = "../../../fuzz/src/rom_answers.rs"]
mod rom_answers;
#[path = "../../../fuzz/src/usb_answers.rs"]
mod usb_answers;
#[path = "../../../fuzz/src/usb_descriptors.rs"]
mod usb_descriptors;

use std::fs;

/// The kept inputs of a fuzz target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(folder).expect("the corpus is kept with the sources");
    let inputs: Vec<_> = entries.map(|entry| fs::read(entry.unwrap().path()).expect("a file")).collect();
    assert!(!inputs.is_empty(), "the corpus of {target} is empty");
    inputs
}

#[test]
fn every_kept_payload_is_an_image_or_an_error() {
    for target in ["image", "hex", "s_record", "elf", "dfu"] {
        corpus(target).iter().for_each(|payload| image::holds(payload));
    }
}

#[test]
fn the_same_holds_once_checksums_and_signatures_are_right() {
    corpus("hex").iter().for_each(|payload| image::holds(&mend::hex(payload)));
    corpus("s_record").iter().for_each(|payload| image::holds(&mend::s_record(payload)));
    corpus("elf").iter().for_each(|payload| image::holds(&mend::elf(payload)));
    corpus("dfu").iter().for_each(|payload| image::holds(&mend::dfu(payload)));
}

#[test]
fn a_file_in_order_needs_no_mending() {
    let (hex, s_record) = (include_bytes!("files/srecord.hex"), include_bytes!("files/srecord.s19"));
    assert_eq!(mend::hex(hex), hex);
    assert_eq!(mend::s_record(s_record), s_record);
    assert_eq!(mend::elf(include_bytes!("files/program.elf")), include_bytes!("files/program.elf"));
    assert_eq!(mend::dfu(include_bytes!("files/fwupd.dfu")), include_bytes!("files/fwupd.dfu"));
}

#[test]
fn every_kept_conversation_ends() {
    corpus("rom_answers").iter().for_each(|script| rom_answers::holds(script));
}

#[test]
fn every_kept_descriptor_is_read_or_an_error() {
    corpus("usb_descriptors").iter().for_each(|bytes| usb_descriptors::holds(bytes));
}

#[test]
fn every_kept_conversation_over_usb_ends() {
    corpus("usb_answers").iter().for_each(|script| usb_answers::holds(script));
}
