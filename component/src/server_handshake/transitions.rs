//! The transitions between the states of a server's handshake.

use super::authentication::Authentication;
use super::error::{Error, Misuse};
use super::expect_response::{ExpectResponse, First};
use super::handshake_response::HandshakeResponse;
use super::{RESPONSE_LIMIT, ServerHandshake, State, Step};
use crate::packet::{self, PAYLOAD_LIMIT};
use crate::secret_string::SecretBytes;

impl ServerHandshake {
    /// Processes bytes from the client in this state.
    pub(super) fn advance(&mut self, state: State, bytes: &[u8]) -> Result<(State, Step), Error> {
        match state {
            State::SendInitialHandshake(send) if bytes.is_empty() => {
                let (expect, payload) = send.send();
                let step = Step::Write(self.frame(&payload));
                Ok((State::ExpectFirstPacket(Box::new(expect)), step))
            }
            State::ReportResponse(report) if bytes.is_empty() => {
                let (authentication, response) = *report;
                Ok(authenticate(authentication, response))
            }
            State::ExpectDecision(_) if bytes.is_empty() => {
                Err(Error::Misuse(Misuse::DecisionAwaited))
            }
            State::SendInitialHandshake(_)
            | State::ReportResponse(_)
            | State::ExpectDecision(_) => Err(Error::BytesOutOfTurn),

            State::ExpectFirstPacket(expect) => match self.next_payload(bytes, PAYLOAD_LIMIT)? {
                Some(payload) => self.first_packet(*expect, &payload),
                None => Ok((State::ExpectFirstPacket(expect), Step::Read)),
            },
            State::ExpectTls(_) if bytes.is_empty() => {
                Err(Error::Misuse(Misuse::TlsNotEstablished))
            }
            State::ExpectTls(_) => Err(Error::BytesBeforeTls),
            State::ExpectHandshakeResponse(expect) => {
                match self.next_payload(bytes, RESPONSE_LIMIT)? {
                    Some(payload) => {
                        let (authentication, response) = expect.receive_inside_tls(&payload)?;
                        self.check_turn()?;
                        Ok(authenticate(authentication, response))
                    }
                    None => Ok((State::ExpectHandshakeResponse(expect), Step::Read)),
                }
            }
            State::ExpectAnswer(authentication) => {
                self.answer(authentication, bytes, State::ExpectAnswer)
            }
            State::ExpectAnswerOrDecision(authentication) => {
                self.answer(authentication, bytes, State::ExpectAnswerOrDecision)
            }
            State::Finished => Err(Error::Misuse(Misuse::AlreadyFinished)),
            State::Failed(error) => Err(error),
        }
    }

    fn first_packet(
        &mut self,
        expect: ExpectResponse,
        payload: &SecretBytes,
    ) -> Result<(State, Step), Error> {
        match expect.receive(payload)? {
            // Bytes left in the buffer came in plaintext, and must not be processed as if they came inside TLS.
            First::SslRequest(_) if !self.buffer.is_empty() => Err(Error::BytesBeforeTls),
            First::SslRequest(expect) => Ok((State::ExpectTls(Box::new(expect)), Step::StartTls)),
            First::Response(authentication, response) => {
                self.check_turn()?;
                Ok(authenticate(authentication, response))
            }
        }
    }

    fn answer(
        &mut self,
        mut authentication: Box<Authentication>,
        bytes: &[u8],
        state: fn(Box<Authentication>) -> State,
    ) -> Result<(State, Step), Error> {
        let limit = authentication.answer_limit();
        let Some(answer) = self.next_payload(bytes, limit)? else {
            return Ok((state(authentication), Step::Read));
        };
        self.check_turn()?;
        authentication.answered(answer.clone());
        let state = State::ExpectDecision(authentication);
        Ok((state, Step::PluginResponse(answer)))
    }

    /// Runs a decision of the caller, and returns the packet to write.
    pub(super) fn decide(
        &mut self,
        decision: impl FnOnce(
            &mut Authentication,
        ) -> Result<(Vec<u8>, fn(Box<Authentication>) -> State), Error>,
    ) -> Result<Vec<u8>, Error> {
        let decided = match std::mem::replace(&mut self.state, State::Finished) {
            State::ExpectDecision(mut authentication)
            | State::ExpectAnswerOrDecision(mut authentication) => decision(&mut authentication)
                .map(|(payload, state)| (payload, state(authentication))),
            state => Err(no_decision(&state)),
        };
        match decided {
            Ok((payload, state)) => {
                self.state = state;
                Ok(self.frame(&payload))
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    pub(super) fn verify(
        &mut self,
        verification: impl FnOnce(&Authentication) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let verified = match &self.state {
            State::ExpectDecision(authentication)
            | State::ExpectAnswerOrDecision(authentication) => verification(authentication),
            state => Err(no_decision(state)),
        };
        verified.map_err(|error| self.fail(error))
    }

    /// Checks that the client may be accepted now.
    pub(super) fn check_acceptance(&self) -> Result<(), Error> {
        match &self.state {
            State::ExpectDecision(_) | State::ExpectAnswerOrDecision(_) => self.check_turn(),
            state => Err(no_decision(state)),
        }
    }

    /// Checks that the client has sent nothing after the packet that is processed.
    fn check_turn(&self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            Ok(())
        } else {
            Err(Error::BytesOutOfTurn)
        }
    }

    pub(super) fn settle(&mut self, next: Result<(State, Step), Error>) -> Result<Step, Error> {
        match next {
            Ok((state, step)) => {
                self.state = state;
                Ok(step)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Keeps the first error, and returns it. The end of the handshake stays the end.
    pub(super) fn fail(&mut self, error: Error) -> Error {
        if let State::Failed(first) = &self.state {
            return first.clone();
        }
        if error != Error::Misuse(Misuse::AlreadyFinished) {
            self.state = State::Failed(error.clone());
        }
        self.buffer = packet::PacketBuffer::default();
        error
    }

    fn next_payload(&mut self, bytes: &[u8], limit: usize) -> Result<Option<SecretBytes>, Error> {
        self.buffer.extend(bytes);
        let Some(header) = self.buffer.header() else {
            return Ok(None);
        };
        let (expected, received) = (self.next_sequence_id, header.sequence_id);
        if received != expected {
            return Err(Error::SequenceIdMismatch { expected, received });
        }
        let packet = self.buffer.next_packet(limit);
        if !matches!(packet, Ok(None)) {
            self.next_sequence_id = received.wrapping_add(1);
        }
        Ok(packet?.map(|packet| SecretBytes::new(packet.payload)))
    }

    pub(super) fn frame(&mut self, payload: &[u8]) -> Vec<u8> {
        let packet = packet::frame(self.next_sequence_id, payload);
        self.next_sequence_id = self.next_sequence_id.wrapping_add(1);
        packet
    }
}

fn authenticate(authentication: Authentication, response: HandshakeResponse) -> (State, Step) {
    let state = State::ExpectDecision(Box::new(authentication));
    (state, Step::Authenticate(Box::new(response)))
}

/// Why the caller can decide nothing in this state.
fn no_decision(state: &State) -> Error {
    match state {
        State::Failed(error) => error.clone(),
        State::Finished => Error::Misuse(Misuse::AlreadyFinished),
        State::ExpectAnswer(_) => Error::Misuse(Misuse::AnswerAwaited),
        State::SendInitialHandshake(_)
        | State::ExpectFirstPacket(_)
        | State::ExpectTls(_)
        | State::ExpectHandshakeResponse(_)
        | State::ReportResponse(_)
        // Not reached: these two allow a decision.
        | State::ExpectDecision(_)
        | State::ExpectAnswerOrDecision(_) => Error::Misuse(Misuse::ResponseAwaited),
    }
}
