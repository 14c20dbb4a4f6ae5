//! Arbitrary bytes from a client, split arbitrarily. `rds_bridge_exercise` has the checks.

use proptest::collection::vec;
use proptest::prelude::*;
use rds_bridge_exercise::server_handshake;

/// The flags of a client that sends every field of its response, with and without `CLIENT_SSL`.
const CAPABILITIES: u32 = 0x0938_A20D;
const SSL: u32 = 0x0800;

/// The first fields of a response, which an `SSLRequest` sends alone.
fn first_fields(capabilities: u32) -> Vec<u8> {
    let mut payload = capabilities.to_le_bytes().to_vec();
    payload.extend([0, 0, 0, 1, 45]);
    payload.resize(32, 0);
    payload
}

fn packet(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..3], &[sequence_id], payload].concat()
}

/// A response with its fields, each of which may be malformed or missing.
fn response() -> impl Strategy<Value = Vec<u8>> {
    let flags = prop_oneof![3 => Just(CAPABILITIES), 1 => any::<u32>()];
    let field = prop_oneof![
        Just(b"reader\0".to_vec()),
        Just(b"\x03abc".to_vec()),
        Just(b"caching_sha2_password\0".to_vec()),
        Just(b"\x08\x03key\x03val".to_vec()),
        vec(any::<u8>(), 0..20),
    ];
    (flags, vec(field, 0..6)).prop_map(|(flags, fields)| {
        let mut payload = first_fields(flags);
        payload.extend(fields.concat());
        payload
    })
}

/// A server's first packet, whose fields may be malformed or missing.
fn initial_handshake() -> impl Strategy<Value = Vec<u8>> {
    let version = prop_oneof![
        3 => Just(b"8.0.39\0".to_vec()),
        1 => Just(b"5.5.5-10.11.6-MariaDB\0".to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ];
    let capabilities = prop_oneof![3 => Just(CAPABILITIES | SSL), 1 => any::<u32>()];
    let scramble_length = prop_oneof![3 => Just(21), 1 => any::<u8>()];
    let last = prop_oneof![
        3 => Just(b"ijklmnopqrst\0caching_sha2_password\0".to_vec()),
        1 => vec(any::<u8>(), 0..60),
    ];
    let protocol = prop_oneof![9 => Just(10), 1 => any::<u8>()];
    let fields = (
        protocol,
        version,
        capabilities,
        scramble_length,
        any::<[u8; 10]>(),
        last,
    );
    fields.prop_map(
        |(protocol, version, capabilities, length, reserved, last)| {
            let [low_0, low_1, high_0, high_1] = capabilities.to_le_bytes();
            let mut payload = vec![protocol];
            payload.extend(version);
            payload.extend(b"\x07\0\0\0abcdefgh\0");
            payload.extend([low_0, low_1, 255, 2, 0, high_0, high_1, length]);
            payload.extend(reserved);
            payload.extend(last);
            payload
        },
    )
}

fn input(choice: u8, before_tls: &[u8], inside_tls: &[u8]) -> Vec<u8> {
    let length = u16::try_from(before_tls.len()).unwrap().to_le_bytes();
    [&[choice], &length[..], before_tls, inside_tls].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(data in vec(any::<u8>(), 0..400)) {
        server_handshake(&data);
    }

    #[test]
    fn any_response(
        choice in any::<u8>(),
        response in response(),
        answers in vec(vec(any::<u8>(), 0..40), 0..4),
        sequence_id in prop_oneof![9 => Just(1_u8), 1 => any::<u8>()],
    ) {
        let mut said = packet(sequence_id, &response);
        let mut sequence_id = sequence_id.wrapping_add(2);
        for answer in answers {
            said.extend(packet(sequence_id, &answer));
            sequence_id = sequence_id.wrapping_add(2);
        }
        server_handshake(&input(choice, &said, &[]));
    }

    #[test]
    fn any_response_inside_tls(choice in any::<u8>(), response in response(), answer in vec(any::<u8>(), 0..40)) {
        let request = packet(1, &first_fields(CAPABILITIES | SSL));
        let said = [packet(2, &response), packet(4, &answer)].concat();
        server_handshake(&input(choice | 1, &request, &said));
    }

    #[test]
    fn any_initial_handshake(
        choice in any::<u8>(),
        initial_handshake in initial_handshake(),
        sequence_id in any::<u8>(),
        response in response(),
        answer in vec(any::<u8>(), 0..40),
    ) {
        let said = [packet(1, &response), packet(3, &answer)].concat();
        let choice = choice & !0x0C | 0x08;
        server_handshake(&input(choice, &packet(sequence_id, &initial_handshake), &said));
    }

    #[test]
    fn any_change_of_user(choice in any::<u8>(), fields in vec(any::<u8>(), 0..200), answer in vec(any::<u8>(), 0..40)) {
        let command = [b"\x11", &fields[..]].concat();
        server_handshake(&input(choice | 0x0C, &command, &packet(2, &answer)));
    }
}
