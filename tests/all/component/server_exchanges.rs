//! Every recorded or composed exchange with the server's side, natively and in the sandbox: the client's bytes as a
//! whole, and byte by byte. Results are compared in the form of the vectors, errors with their values.

mod form;
mod native;
mod sandboxed;

use rds_bridge::component::Engine;
use serde_json::Value;

use crate::helpers::vectors::{self, bytes};
use native::Native;
use sandboxed::Sandboxed;

/// What a call returns, or its error, in the form of the vectors.
type Outcome = Result<Value, Value>;

trait Handshake {
    fn receive(&mut self, bytes: &[u8]) -> Outcome;
    fn tls_established(&mut self) -> Outcome;
    fn reply(&mut self, reply: &Value) -> Outcome;
    fn verify(&mut self, stored: &Value) -> Outcome;
}

#[test]
fn natively() {
    for exchange in vectors::server_exchanges() {
        for part in [usize::MAX, 1] {
            replay(&exchange, part, Native::begin(&exchange["begin"]));
        }
    }
}

#[test]
fn in_the_sandbox() {
    let engine = Engine::new().unwrap();
    for exchange in vectors::server_exchanges() {
        for part in [usize::MAX, 1] {
            replay(
                &exchange,
                part,
                Sandboxed::begin(&engine, &exchange["begin"]),
            );
        }
    }
}

#[test]
fn every_corruption_gives_a_value_or_an_error() {
    for exchange in vectors::read("server_handshake/composed.json", "exchanges") {
        let calls = exchange["calls"].as_array().unwrap();
        for (at, call) in calls.iter().enumerate() {
            let received = call.get("receive").map(bytes).unwrap_or_default();
            for byte in 0..received.len() {
                for change in [0x01, 0xFF] {
                    let mut corrupt = received.clone();
                    corrupt[byte] ^= change;
                    let mut handshake = Native::begin(&exchange["begin"]).unwrap();
                    for call in &calls[..at] {
                        let _ = repeat(&mut handshake, call);
                    }
                    let _ = handshake.receive(&corrupt);
                    for call in &calls[at + 1..] {
                        let _ = repeat(&mut handshake, call);
                    }
                }
            }
        }
    }
}

fn replay<H: Handshake>(exchange: &Value, part: usize, begun: Result<H, Value>) {
    let name = &exchange["name"];
    let calls = exchange["calls"].as_array().unwrap();
    let mut outcome = Err(Value::Null);
    let mut first_error = begun.as_ref().err().cloned();
    if let Ok(mut handshake) = begun {
        for call in calls {
            outcome = perform(&mut handshake, call, part);
            assert_eq!(outcome, expected(call), "{name}: {call}");
            if let Err(error) = &outcome {
                let again = handshake.receive(&[]);
                assert_eq!(again, outcome, "{name}: the error stays");
                first_error.get_or_insert_with(|| error.clone());
            }
        }
    } else {
        assert!(calls.is_empty(), "{name}: calls of no handshake");
    }

    let ending = match (first_error, outcome) {
        (Some(error), _) => serde_json::json!({ "error": error }),
        (None, Ok(packet)) if bytes(&packet)[4] == 0 => "accepted".into(),
        (None, Ok(packet)) if bytes(&packet)[4] == 0xFF => "refused".into(),
        (None, last) => panic!("{name}: {last:?} at the end"),
    };
    assert_eq!(ending, exchange["outcome"], "{name}");
}

fn perform(handshake: &mut dyn Handshake, call: &Value, part: usize) -> Outcome {
    if let Some(received) = call.get("receive") {
        receive(
            handshake,
            &bytes(received),
            part,
            call.get("error").is_some(),
        )
    } else if let Some(reply) = call.get("reply") {
        handshake.reply(reply)
    } else if let Some(stored) = call.get("verify") {
        handshake.verify(stored)
    } else if call.get("tls-established").is_some() {
        handshake.tls_established()
    } else {
        panic!("{call}")
    }
}

/// Makes the call, whatever it returns.
fn repeat(handshake: &mut dyn Handshake, call: &Value) -> Outcome {
    match call.get("receive") {
        Some(received) => handshake.receive(&bytes(received)),
        None => perform(handshake, call, usize::MAX),
    }
}

/// Passes the bytes in parts. After every strict prefix of a packet the handshake asks for more. An error may come
/// before the last part, or after a part that is a packet.
fn receive(
    handshake: &mut dyn Handshake,
    bytes: &[u8],
    part: usize,
    ends_with_error: bool,
) -> Outcome {
    if bytes.is_empty() {
        return handshake.receive(bytes);
    }
    let mut last = Ok("read".into());
    for part in bytes.chunks(part) {
        if !ends_with_error {
            assert_eq!(last, Ok("read".into()));
        }
        last = handshake.receive(part);
        if last.is_err() {
            break;
        }
    }
    last
}

fn expected(call: &Value) -> Outcome {
    match call.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(call.get("returns").unwrap().clone()),
    }
}
