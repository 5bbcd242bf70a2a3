#![no_main]

use fieldflash_fuzz::{image, mend};

libfuzzer_sys::fuzz_target!(|input: &[u8]| image::holds(&mend::elf(input)));
