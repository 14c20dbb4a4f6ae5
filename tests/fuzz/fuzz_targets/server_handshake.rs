#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rds_bridge_exercise::server_handshake(data));
