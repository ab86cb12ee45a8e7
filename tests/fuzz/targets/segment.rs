#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| probant_fuzz::sealed::segment(data));
