//! The token of a session: opaque, authenticated and bound to its caller.
//!
//! | bytes | |
//! |---|---|
//! | 1 | [`Kind`] |
//! | 16 | the session's id, chosen at random; zeros for [`Kind::Blank`] |
//! | 32 | HMAC-SHA-256 of the bytes before, and of the caller's name |

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::caller::{Caller, NoRandomness};

const ID_LENGTH: usize = 16;

/// A session's id.
pub(crate) type Id = [u8; ID_LENGTH];

/// What a client may expect of the session that a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: no connection is kept for it.
    Blank = 0,
    /// Settings, such as variables. When they are lost, the client can continue with a new session.
    State = 1,
    /// An open transaction. When it is lost, every statement must fail until the client ends it.
    Transaction = 2,
}

/// An authentic token of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) id: Id,
}

/// Makes and verifies tokens, with a key of this process.
pub(crate) struct Tokens {
    key: hmac::Key,
    random: SystemRandom,
}

impl Tokens {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| NoRandomness)?;
        Ok(Self { key, random })
    }

    /// A new id.
    pub(crate) fn id(&self) -> Result<Id, NoRandomness> {
        let mut id = [0; ID_LENGTH];
        self.random.fill(&mut id).map_err(|_| NoRandomness)?;
        Ok(id)
    }

    pub(crate) fn write(&self, token: Token, caller: &Caller) -> String {
        let mut bytes = vec![token.kind as u8];
        bytes.extend(token.id);
        let tag = hmac::sign(&self.key, &signed(&bytes, caller));
        bytes.extend(tag.as_ref());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The token, if this process has made it for this caller.
    pub(crate) fn read(&self, text: &str, caller: &Caller) -> Option<Token> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, tag) = bytes.split_at_checked(ID_LENGTH.checked_add(1)?)?;
        hmac::verify(&self.key, &signed(content, caller), tag).ok()?;
        let (kind, id) = content.split_first()?;
        let kind = match kind {
            0 => Kind::Blank,
            1 => Kind::State,
            2 => Kind::Transaction,
            _ => return None,
        };
        let id = id.try_into().ok()?;
        Some(Token { kind, id })
    }
}

/// The content has a fixed length, so that it cannot run into the name.
fn signed(content: &[u8], caller: &Caller) -> Vec<u8> {
    [content, caller.name().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_its_process_for_its_caller_alone() {
        let tokens = Tokens::new().unwrap();
        let (app, other) = (Caller::named("app"), Caller::named("other"));
        for kind in [Kind::Blank, Kind::State, Kind::Transaction] {
            let id = tokens.id().unwrap();
            let text = tokens.write(Token { kind, id }, &app);
            assert_eq!(tokens.read(&text, &app), Some(Token { kind, id }));
            assert_eq!(tokens.read(&text, &other), None);
            assert_eq!(Tokens::new().unwrap().read(&text, &app), None);
        }
    }

    #[test]
    fn a_token_with_any_other_byte_is_refused() {
        let tokens = Tokens::new().unwrap();
        let app = Caller::named("app");
        let id = tokens.id().unwrap();
        let kind = Kind::State;
        let text = tokens.write(Token { kind, id }, &app);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(tokens.read(&changed, &app), None, "{at}");
            let cut = BASE64_URL_SAFE_NO_PAD.encode(&bytes[..at]);
            assert_eq!(tokens.read(&cut, &app), None, "{at}");
        }
        for odd in ["", "%", "null", &format!("{text}A")] {
            assert_eq!(tokens.read(odd, &app), None, "{odd}");
        }
    }
}
