#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rds_bridge::cli::fuzzing::result_set(data));
