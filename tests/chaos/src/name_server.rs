//! A name server that knows one name: the endpoint. Its address can be changed, and its answers can be late.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use rds_bridge_test_support::expectation::ENDPOINT;

/// RFC 1035, section 4.1.1: the length of a message's header.
const HEADER: usize = 12;
/// The types of records: RFC 1035, section 3.2.2.
const A: u16 = 1;
const NAME_ERROR: u8 = 3;

/// The name server, at port 53 of 127.0.0.1.
#[derive(Clone, Debug)]
pub(crate) struct NameServer {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    address: Ipv4Addr,
    is_silent: bool,
}

impl NameServer {
    /// Starts it. The endpoint has this address at first.
    pub(crate) fn start(address: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).unwrap();
        let is_silent = false;
        let state = Arc::new(Mutex::new(State { address, is_silent }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut buffer) {
                let question = buffer.get(..length).unwrap_or_default();
                let state = shared.lock().unwrap();
                if state.is_silent {
                    continue;
                }
                if let Some(answer) = answer(question, state.address) {
                    let _gone = socket.send_to(&answer, client);
                }
            }
        });
        Self { state }
    }

    /// Changes the address of the endpoint.
    pub(crate) fn point_to(&self, address: Ipv4Addr) {
        self.state.lock().unwrap().address = address;
    }

    /// Stops answering, or answers again.
    pub(crate) fn set_silent(&self, is_silent: bool) {
        self.state.lock().unwrap().is_silent = is_silent;
    }
}

/// The answer to a message with one question.
fn answer(message: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let mut rest = message.get(HEADER..)?;
    let mut labels = Vec::new();
    loop {
        let (length, after) = rest.split_first()?;
        if *length == 0 {
            rest = after;
            break;
        }
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        rest = after;
    }
    let (kind, rest) = rest.split_first_chunk::<2>()?;
    let (_class, rest) = rest.split_first_chunk::<2>()?;
    let question = message.get(HEADER..message.len().checked_sub(rest.len())?)?;
    let is_known = labels.join(".") == ENDPOINT;
    let has_address = is_known && u16::from_be_bytes(*kind) == A;

    let mut answer = message.get(..2)?.to_vec();
    // A response, with recursion desired and available.
    answer.extend([0x81, if is_known { 0x80 } else { 0x80 | NAME_ERROR }]);
    // One question, the answers, no authority, nothing additional.
    answer.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    answer.extend(question);
    if has_address {
        // The name of the question; type A, class IN; a time to live of one second; four bytes.
        answer.extend([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}
