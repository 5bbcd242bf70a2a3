#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fieldflash_fuzz::usb_descriptors::holds(bytes));
