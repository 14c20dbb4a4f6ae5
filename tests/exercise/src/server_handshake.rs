//! Arbitrary bytes from a client.

use rds_bridge_component::packet::{CapabilityFlags, ServerError};
use rds_bridge_component::server_handshake::{
    Error, HandshakeResponse, Identity, Misuse, ServerHandshake, Step, TlsPolicy,
};

/// The challenge of the first packet.
pub const SCRAMBLE: &[u8; 20] = b"abcdefghijklmnopqrst";
const OTHER_SCRAMBLE: &[u8; 20] = b"tsrqponmlkjihgfedcba";
const OK: &[u8] = b"\0\0\0\x02\0\0\0";

/// Runs a handshake. The first byte selects the beginning, the policy and the decisions; the next two are the length of
/// what the client sends before TLS; and the rest is what the client sends. In the beginnings that need another packet,
/// it is what would be sent before TLS.
///
/// # Panics
///
/// If a guarantee of the handshake does not hold.
pub fn server_handshake(data: &[u8]) {
    let Some((&[choice, low, high], stream)) = data.split_first_chunk() else {
        return;
    };
    let split = usize::from(u16::from_le_bytes([low, high])).min(stream.len());
    let (before_tls, inside_tls) = stream.split_at(split);
    let run = |part| run(choice, before_tls, inside_tls, part);

    let whole = run(usize::MAX);
    for part in [1, 2, 7] {
        let parted = run(part);
        match whole.outcome {
            // The bytes that must not be there arrive after the step, if they arrive in a part of their own.
            Some(Err(Error::BytesBeforeTls)) => {
                assert_eq!(parted.outcome, whole.outcome, "in parts of {part}");
                assert!(
                    parted.events.starts_with(&whole.events),
                    "in parts of {part}"
                );
            }
            // They may arrive when it is the client's turn, and are its answer then; or after the end.
            Some(Err(Error::BytesOutOfTurn)) => {
                assert!(
                    parted.events.starts_with(&whole.events),
                    "in parts of {part}"
                );
            }
            _ => {
                assert_eq!(parted.outcome, whole.outcome, "in parts of {part}");
                assert_eq!(parted.events, whole.events, "in parts of {part}");
            }
        }
    }
}

/// What happened in a handshake.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Wrote(Vec<u8>),
    StartedTls,
    /// The printed response, and the bytes of its authentication response.
    Response(String, Vec<u8>),
    Answer(Vec<u8>),
}

#[derive(Debug)]
struct Transcript {
    events: Vec<Event>,
    /// `None` if the client's bytes ended before the handshake did.
    outcome: Option<Result<(), Error>>,
}

fn run(choice: u8, before_tls: &[u8], inside_tls: &[u8], part: usize) -> Transcript {
    let tls = match choice & 3 {
        0 => TlsPolicy::None,
        1 => TlsPolicy::Required,
        _ => TlsPolicy::Offered,
    };
    let capabilities = CapabilityFlags::from_bits_retain(0x0938_A20D);
    let started = match choice >> 2 & 3 {
        0 | 1 => ServerHandshake::start(identity(), SCRAMBLE, tls),
        2 => ServerHandshake::start_as(before_tls, CapabilityFlags::empty(), SCRAMBLE, tls),
        _ => ServerHandshake::change_user(before_tls, capabilities, 0, SCRAMBLE, true),
    };
    let mut handshake = match started {
        Ok(handshake) => handshake,
        Err(error) => {
            return Transcript {
                events: Vec::new(),
                outcome: Some(Err(error)),
            };
        }
    };
    let before_tls = match choice >> 2 & 3 {
        0 | 1 => before_tls,
        _ => &[],
    };
    drive(&mut handshake, choice >> 4, before_tls, inside_tls, part)
}

/// A server with capabilities of every kind.
#[must_use]
pub fn identity() -> Identity {
    Identity {
        server_version: "8.0.39".to_owned(),
        connection_id: 7,
        capabilities: CapabilityFlags::from_bits_retain(0x8900_2085),
        mariadb_capabilities: 0x1D,
        character_set: 255,
        status_flags: 2,
    }
}

fn drive(
    handshake: &mut ServerHandshake,
    decisions: u8,
    before_tls: &[u8],
    inside_tls: &[u8],
    part: usize,
) -> Transcript {
    let mut parts = before_tls.chunks(part.max(1));
    let mut events = Vec::new();
    // Whether what the client sends inside TLS has begun.
    let mut is_tls = false;
    let mut rounds = 0_u8;

    let mut step = handshake.receive(&[]);
    let outcome = loop {
        let decided = match step {
            Ok(Step::Read) => {
                if parts.len() == 0 && !is_tls {
                    // Without TLS, the client sends the rest, too.
                    is_tls = true;
                    parts = inside_tls.chunks(part.max(1));
                }
                let Some(bytes) = parts.next() else {
                    break None;
                };
                step = handshake.receive(bytes);
                continue;
            }
            Ok(Step::Write(bytes)) => {
                events.push(Event::Wrote(bytes));
                step = handshake.receive(&[]);
                continue;
            }
            Ok(Step::StartTls) => {
                assert!(!events.contains(&Event::StartedTls), "TLS is started once");
                events.push(Event::StartedTls);
                step = match parts.next() {
                    Some(part) => handshake.receive(part),
                    None => start_tls(handshake),
                };
                if !is_tls {
                    is_tls = true;
                    parts = inside_tls.chunks(part.max(1));
                }
                continue;
            }
            Ok(Step::Authenticate(response)) => {
                check_response(&response);
                let auth_response = response.auth_response.expose().to_vec();
                events.push(Event::Response(format!("{response:?}"), auth_response));
                decide(handshake, decisions, rounds)
            }
            Ok(Step::PluginResponse(answer)) => {
                events.push(Event::Answer(answer.expose().to_vec()));
                decide(handshake, decisions, rounds)
            }
            Err(error) => break Some(Err(error)),
        };
        rounds = rounds.saturating_add(1);
        match decided {
            Ok(Decided::Continue(bytes)) => {
                events.push(Event::Wrote(bytes));
                step = handshake.receive(&[]);
            }
            Ok(Decided::Finish(bytes)) => {
                events.push(Event::Wrote(bytes));
                break Some(Ok(()));
            }
            Err(error) => step = Err(error),
        }
    };
    check_end(handshake, outcome.as_ref());
    Transcript { events, outcome }
}

fn start_tls(handshake: &mut ServerHandshake) -> Result<Step, Error> {
    handshake.tls_established()?;
    handshake.receive(&[])
}

enum Decided {
    /// Write these bytes, and read the client's answer.
    Continue(Vec<u8>),
    /// Write these bytes. The handshake is over.
    Finish(Vec<u8>),
}

/// Decides as the two lowest bits of `decisions` say, and accepts the client after a few rounds.
fn decide(handshake: &mut ServerHandshake, decisions: u8, rounds: u8) -> Result<Decided, Error> {
    let is_verified = handshake.verify_caching_sha2(&[7; 32])?;
    assert!(!is_verified, "no client knows the password of this hash");
    assert!(!handshake.verify_native_password(&[7; 20])?);
    if rounds >= 3 {
        return handshake.finish(OK).map(Decided::Finish);
    }
    match decisions & 3 {
        0 => handshake.finish(OK).map(Decided::Finish),
        1 => {
            let switched = handshake.switch_plugin("caching_sha2_password", OTHER_SCRAMBLE);
            switched.map(Decided::Continue)
        }
        2 => {
            let switched = handshake.switch_plugin("mysql_clear_password", b"");
            switched.map(Decided::Continue)
        }
        _ => handshake.more_data(&[4]).map(Decided::Continue),
    }
}

fn check_response(response: &HandshakeResponse) {
    let HandshakeResponse {
        capabilities,
        client_capabilities,
        connection_attributes,
        database,
        ..
    } = response;
    assert!(client_capabilities.contains(*capabilities));
    assert!(capabilities.contains(CapabilityFlags::CLIENT_PROTOCOL_41));
    assert!(database.as_ref().is_none_or(|name| !name.is_empty()));
    for (name, value) in connection_attributes {
        assert!(!name.is_empty() && !name.contains('\0') && !value.contains('\0'));
    }
}

/// Asserts that an error stays, that the client can be told of it once, and that the end is the end.
fn check_end(handshake: &mut ServerHandshake, outcome: Option<&Result<(), Error>>) {
    if let Some(Err(error)) = outcome {
        let again = handshake.receive(b"more").expect_err("an error stays");
        assert_eq!(again, *error);
        assert_eq!(handshake.finish(OK), Err(error.clone()));
    }
    let refusal = ServerError {
        code: 1043,
        sql_state: Some("08S01".to_owned()),
        message: "Bad handshake".to_owned(),
    };
    let refused = handshake.refuse(&refusal);
    let is_over = Err(Error::Misuse(Misuse::AlreadyFinished));
    if outcome == Some(&Ok(())) {
        assert_eq!(refused, is_over);
    } else {
        assert!(refused.expect("a refusal").ends_with(b"Bad handshake"));
    }
    assert_eq!(handshake.refuse(&refusal), is_over);
}
