//! The token of a session: opaque, authenticated and bound to its caller.
//!
//! `INSTANCE.CONTENT`, of which the first part is 16 hexadecimal digits, the same in all tokens of a process: a load
//! balancer that reads it finds the instance that has the session. The second part is base64url:
//!
//! | bytes | |
//! |---|---|
//! | 1 | [`Kind`] |
//! | 16 | the session's id: chosen at random, or of [`Kind::Settings`] a hash of the caller and its settings |
//! | 32 | HMAC-SHA-256 of the bytes before, and of the caller's name |
//!
//! A session for which nothing is kept has the token `blank`, which every instance takes.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::settings::Settings;
use crate::caller::{Caller, NoRandomness};

/// The token of a session for which nothing is kept.
pub(crate) const BLANK: &str = "blank";

const ID_LENGTH: usize = 16;
const TAG_LENGTH: usize = 32;
/// In bytes, of which each has two digits.
const INSTANCE_LENGTH: usize = 8;

/// A session's id.
pub(crate) type Id = [u8; ID_LENGTH];

/// What a client may expect of the session that a token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A connection with state, such as a temporary table. When it is lost, the client can continue with a new session.
    State = 1,
    /// An open transaction. When it is lost, every statement must fail until the client ends it.
    Transaction = 2,
    /// Settings that any connection can have.
    Settings = 3,
}

/// An authentic token of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) id: Id,
}

/// What a text is that a client sends as its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Blank,
    /// This process has made it for this caller.
    Own(Token),
    /// Another instance has made it, or says so.
    OfAnother(Kind),
    Invalid,
}

/// Makes and verifies tokens, with a key of this process.
pub(crate) struct Tokens {
    key: hmac::Key,
    random: SystemRandom,
    instance: String,
}

impl Tokens {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let random = SystemRandom::new();
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &random).map_err(|_| NoRandomness)?;
        let mut instance = [0; INSTANCE_LENGTH];
        random.fill(&mut instance).map_err(|_| NoRandomness)?;
        Ok(Self {
            key,
            random,
            instance: hex::encode(instance),
        })
    }

    /// The first part of all tokens of this process.
    pub(crate) fn instance(&self) -> &str {
        &self.instance
    }

    /// A new id.
    pub(crate) fn id(&self) -> Result<Id, NoRandomness> {
        let mut id = [0; ID_LENGTH];
        self.random.fill(&mut id).map_err(|_| NoRandomness)?;
        Ok(id)
    }

    /// The id of a caller's settings. The same settings have the same id.
    pub(crate) fn id_of(&self, settings: &Settings, caller: &Caller) -> Id {
        let mut context = hmac::Context::with_key(&self.key);
        for text in std::iter::once(caller.name()).chain(settings.statements()) {
            context.update(&text.len().to_be_bytes());
            context.update(text.as_bytes());
        }
        let mut id = Id::default();
        for (byte, hashed) in id.iter_mut().zip(context.sign().as_ref()) {
            *byte = *hashed;
        }
        id
    }

    pub(crate) fn write(&self, token: Token, caller: &Caller) -> String {
        let mut bytes = vec![token.kind as u8];
        bytes.extend(token.id);
        let tag = hmac::sign(&self.key, &signed(&bytes, caller));
        bytes.extend(tag.as_ref());
        let content = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{content}", self.instance)
    }

    pub(crate) fn read(&self, text: &str, caller: &Caller) -> Reading {
        if text == BLANK {
            return Reading::Blank;
        }
        let read = || -> Option<Reading> {
            let (instance, content) = text.split_once('.')?;
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(content).ok()?;
            let (content, tag) = bytes.split_at_checked(ID_LENGTH.checked_add(1)?)?;
            let (kind, id) = content.split_first()?;
            let kind = kind_of(*kind)?;
            if instance != self.instance {
                let is_token = tag.len() == TAG_LENGTH && is_instance(instance);
                return is_token.then_some(Reading::OfAnother(kind));
            }
            hmac::verify(&self.key, &signed(content, caller), tag).ok()?;
            let id = id.try_into().ok()?;
            Some(Reading::Own(Token { kind, id }))
        };
        read().unwrap_or(Reading::Invalid)
    }
}

fn kind_of(byte: u8) -> Option<Kind> {
    [Kind::State, Kind::Transaction, Kind::Settings]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
}

fn is_instance(text: &str) -> bool {
    let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * INSTANCE_LENGTH && text.bytes().all(is_digit)
}

/// The content has a fixed length, so that it cannot run into the name.
fn signed(content: &[u8], caller: &Caller) -> Vec<u8> {
    [content, caller.name().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::settings::Setting;
    use super::*;

    #[test]
    fn a_token_is_read_by_its_process_for_its_caller_alone() {
        let tokens = Tokens::new().unwrap();
        let (app, other) = (Caller::named("app"), Caller::named("other"));
        for kind in [Kind::Settings, Kind::State, Kind::Transaction] {
            let id = tokens.id().unwrap();
            let text = tokens.write(Token { kind, id }, &app);
            assert!(text.starts_with(&format!("{}.", tokens.instance())));
            assert_eq!(tokens.read(&text, &app), Reading::Own(Token { kind, id }));
            assert_eq!(tokens.read(&text, &other), Reading::Invalid);
            let another = Tokens::new().unwrap();
            assert_eq!(another.read(&text, &app), Reading::OfAnother(kind));
            assert_eq!(another.read(BLANK, &other), Reading::Blank);
        }
    }

    #[test]
    fn a_token_with_any_other_byte_is_refused() {
        let tokens = Tokens::new().unwrap();
        let app = Caller::named("app");
        let id = tokens.id().unwrap();
        let kind = Kind::State;
        let text = tokens.write(Token { kind, id }, &app);
        let (instance, content) = text.split_once('.').unwrap();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(content).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
            let read = tokens.read(&format!("{instance}.{changed}"), &app);
            assert_eq!(read, Reading::Invalid, "{at}");
            let cut = BASE64_URL_SAFE_NO_PAD.encode(&bytes[..at]);
            let read = tokens.read(&format!("{instance}.{cut}"), &app);
            assert_eq!(read, Reading::Invalid, "{at}");
        }
        let other_instance = format!("x{content}.{content}");
        for odd in [
            "",
            "%",
            "null",
            ".",
            &format!("{text}A"),
            content,
            &other_instance,
        ] {
            assert_eq!(tokens.read(odd, &app), Reading::Invalid, "{odd}");
        }
    }

    #[test]
    fn the_same_settings_have_the_same_id() {
        let tokens = Tokens::new().unwrap();
        let (app, other) = (Caller::named("app"), Caller::named("other"));
        let settings = |sql: &[&str]| {
            let mut settings = Settings::default();
            for sql in sql {
                assert!(settings.add(Setting::read(sql).unwrap()));
            }
            settings
        };
        let one = settings(&["SET @a = 1", "SET @b = 1"]);
        assert_eq!(tokens.id_of(&one, &app), tokens.id_of(&one.clone(), &app));
        assert_ne!(tokens.id_of(&one, &app), tokens.id_of(&one, &other));
        let fewer = settings(&["SET @a = 1"]);
        assert_ne!(tokens.id_of(&one, &app), tokens.id_of(&fewer, &app));
    }
}
