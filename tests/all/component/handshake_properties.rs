//! Arbitrary bytes from a server, split arbitrarily. `rds_bridge_exercise` has the checks.

use proptest::collection::vec;
use proptest::prelude::*;
use rds_bridge_exercise::handshake;

const GREETING: &[u8] =
    b"\x4a\0\0\0\n8.0.18\0\x19\0\0\0\x114aB0c\x06g\0\xff\xff\xff\x02\0\xff\xc7\x15\
    \0\0\0\0\0\0\0\0\0\0tL\x03s\x0f[4\rl4. \0caching_sha2_password\0";

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "mysql_clear_password",
        "caching_sha2_password",
        "mysql_native_password",
        "client_ed25519",
        "sha256_password",
        "",
    ]);
    let switch = (name, any::<bool>(), vec(any::<u8>(), 0..40));
    prop_oneof![
        Just(b"\0\0\0\x02\0\0\0".to_vec()),
        Just(b"\x01\x03".to_vec()),
        Just(b"\x01\x04".to_vec()),
        Just(b"\xFF\x15\x04#28000Access denied".to_vec()),
        switch.prop_map(|(name, nul, data)| {
            let nul: &[u8] = if nul { b"\0" } else { b"" };
            [b"\xFE", name.as_bytes(), nul, &data].concat()
        }),
        vec(any::<u8>(), 0..80),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(data in vec(any::<u8>(), 0..400)) {
        handshake(&data);
    }

    #[test]
    fn any_bytes_after_a_good_greeting(choice in any::<u8>(), rest in vec(any::<u8>(), 0..400)) {
        let before_tls = u16::try_from(GREETING.len()).unwrap().to_le_bytes();
        handshake(&[&[choice], &before_tls[..], GREETING, &rest].concat());
    }

    #[test]
    fn any_packets_after_a_good_greeting(
        choice in any::<u8>(),
        payloads in vec(payload(), 0..12),
        first_sequence_id in prop_oneof![9 => Just(3_u8), 1 => any::<u8>()],
    ) {
        let before_tls = u16::try_from(GREETING.len()).unwrap().to_le_bytes();
        let mut input = [&[choice], &before_tls[..], GREETING].concat();
        let mut sequence_id = first_sequence_id;
        for payload in payloads {
            let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
            input.extend(&length[..3]);
            input.push(sequence_id);
            // An `AuthSwitchRequest` is answered by a packet of the client, which uses a sequence id.
            let ours = if payload.first() == Some(&0xFE) || payload == [1, 4] { 2 } else { 1 };
            sequence_id = sequence_id.wrapping_add(ours);
            input.extend(payload);
        }
        handshake(&input);
    }
}
