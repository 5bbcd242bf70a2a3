//! What holds for all that comes from outside, whatever is in it. The fuzz targets try it with inputs that libFuzzer
//! makes up, tests of `updater` and `release-feed` with the inputs that are kept in `corpus`.

pub mod feed_release;
pub mod image;
pub mod mend;
pub mod rom_answers;
pub mod usb_answers;
pub mod usb_descriptors;
