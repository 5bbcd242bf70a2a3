#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fieldflash_fuzz::rom_answers::holds(input));
