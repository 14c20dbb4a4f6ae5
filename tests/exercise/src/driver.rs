//! Drives a handshake as a host does, with a peer that is a list of bytes.

use rds_bridge_component::handshake::{
    Auth, ClientHandshake, Config, Error, Misuse, Session, Step,
};

use super::handshake::{IAM_TOKEN, PASSWORD};

/// An action that the handshake requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Bytes to write, before or after TLS.
    Wrote(Vec<u8>),
    /// Bytes to write before the TLS handshake begins.
    StartedTls(Vec<u8>),
}

/// The events and the outcome of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// In the order in which they were requested.
    pub events: Vec<Event>,
    /// `None` if the peer's bytes ended before the handshake did.
    pub outcome: Option<Result<Session, Error>>,
}

/// Asserts that neither the handshake nor its step prints a secret, in any state. A secret that the peer itself has
/// sent may be printed.
fn check_debug(handshake: &ClientHandshake, step: &Result<Step, Error>, said: [&[u8]; 2]) {
    let printed = format!("{handshake:?} {step:?}");
    for secret in [IAM_TOKEN, PASSWORD] {
        let mut windows = said.iter().flat_map(|said| said.windows(secret.len()));
        let said_by_peer = windows.any(|window| window == secret.as_bytes());
        assert!(said_by_peer || !printed.contains(secret), "{printed}");
    }
}

/// Runs a handshake against a peer that sends `before_tls`, and `inside_tls` once TLS is established. Both arrive in
/// parts of at most `part` bytes.
///
/// # Panics
///
/// If bytes are written before TLS, if a call after an error does not return the same error, or if the handshake can
/// continue after its end.
#[must_use]
pub fn drive(
    config: Config,
    auth: &Auth,
    before_tls: &[u8],
    inside_tls: &[u8],
    part: usize,
) -> Transcript {
    let mut handshake = ClientHandshake::new(config).expect("a character set of one byte");
    let mut parts = before_tls.chunks(part.max(1));
    let mut events = Vec::new();
    let mut tls = false;

    let mut step = handshake.receive(&[]);
    let outcome = loop {
        check_debug(&handshake, &step, [before_tls, inside_tls]);
        step = match step {
            Ok(Step::Read) => match parts.next() {
                Some(part) => handshake.receive(part),
                None => break None,
            },
            Ok(Step::Write(bytes)) => {
                assert!(tls, "nothing is written before TLS but its start");
                events.push(Event::Wrote(bytes.expose().to_vec()));
                handshake.receive(&[])
            }
            Ok(Step::StartTls(bytes)) => {
                assert!(!tls, "TLS is started once");
                events.push(Event::StartedTls(bytes));
                tls = true;
                // Bytes that arrive now were sent before TLS.
                match parts.next() {
                    Some(part) => handshake.receive(part),
                    None => {
                        parts = inside_tls.chunks(part.max(1));
                        handshake.tls_established(auth.clone())
                    }
                }
            }
            Ok(Step::Ready(session)) => match parts.next() {
                Some(part) => handshake.receive(part),
                None => {
                    let again = handshake.receive(&[]).expect_err("the handshake is over");
                    assert_eq!(again, Error::Misuse(Misuse::AlreadyReady));
                    break Some(Ok(session));
                }
            },
            Err(error) => {
                let again = handshake.receive(b"more").expect_err("an error stays");
                assert_eq!(again, error);
                let again = handshake.tls_established(auth.clone());
                let again = again.expect_err("an error stays");
                assert_eq!(again, error);
                break Some(Err(error));
            }
        };
    };
    Transcript { events, outcome }
}
