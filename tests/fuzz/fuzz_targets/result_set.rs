#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rds_bridge::formats::fuzzing::result_set(data));
