#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rds_bridge_formats::fuzzing::result_set(data));
