#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| fieldflash_fuzz::usb_answers::holds(script));
