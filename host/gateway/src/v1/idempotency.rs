//! The header `Idempotency-Key`: a request with the same key is executed once.
//!
//! Source: IETF draft-ietf-httpapi-idempotency-key-header-07, "The Idempotency-Key HTTP Header Field".

mod errors;
mod once;

use axum::http::HeaderMap;
use rds_bridge_access::TableName;
use ring::digest::{Context, SHA256};

use super::accept::Format;
use super::error::ApiError;
use crate::caller::Caller;
pub(super) use once::{Answer, Once};

const HEADER: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;

/// What identifies a request: the caller's key, and the request that it was first used for.
pub(super) struct Fingerprint {
    /// Of the caller and its key.
    id: [u8; 32],
    /// Of the request: another with the same key is an error.
    request: [u8; 32],
}

/// The parts of a request on which its answer depends.
pub(super) struct Identity<'a> {
    pub(super) caller: &'a Caller,
    pub(super) path: &'a str,
    pub(super) format: Format,
    pub(super) body: &'a [u8],
}

/// What a request with a key needs; `None` without the header.
///
/// # Errors
///
/// The header has no key, or the gateway no table for it.
pub(super) fn once<'t>(
    headers: &HeaderMap,
    table: Option<&'t TableName>,
    identity: &Identity<'_>,
) -> Result<Option<Once<'t>>, ApiError> {
    let mut values = headers.get_all(HEADER).iter();
    let key = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(key),
        _ => None,
    };
    let invalid = || {
        let problem = format!(
            "the Idempotency-Key header must consist of 1 to {LONGEST_KEY} printable ASCII characters"
        );
        ApiError::invalid_request(problem).with_hint("send a UUID in quotation marks")
    };
    let key = key.ok_or_else(invalid)?;
    let table = table.ok_or_else(|| {
        ApiError::invalid_request("the gateway has no table for idempotency keys").with_hint(
            "start the gateway with --idempotency-table, or send the request without the header",
        )
    })?;
    Ok(Some(Once::new(table, Fingerprint::new(key, identity))))
}

/// The key: a structured header's string, or as many clients send it, the characters alone.
fn key(value: &str) -> Option<&str> {
    let value = value.trim_matches([' ', '\t']);
    let quoted = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let key = quoted.unwrap_or(value);
    let is_plain = |it: u8| matches!(it, b' '..=b'~') && !matches!(it, b'"' | b'\\');
    let is_key = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(is_plain);
    is_key.then_some(key)
}

impl Fingerprint {
    fn new(key: &str, identity: &Identity<'_>) -> Self {
        let content_type = identity.format.content_type();
        Self {
            id: hash(&[identity.caller.name().as_bytes(), key.as_bytes()]),
            request: hash(&[
                identity.path.as_bytes(),
                content_type.as_bytes(),
                identity.body,
            ]),
        }
    }
}

/// The SHA-256 of texts, which their lengths keep apart.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    for (byte, hashed) in hash.iter_mut().zip(context.finish().as_ref()) {
        *byte = *hashed;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_with_or_without_quotes() {
        for (value, expected) in [
            (
                "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"",
                Some("8e03978e-40d5-43e8-bc93-6894a57f9324"),
            ),
            (" abc ", Some("abc")),
            ("\"a b\"", Some("a b")),
            ("", None),
            ("\"\"", None),
            ("\"", None),
            ("\"a", None),
            ("a\"b", None),
            ("\"a\\\"b\"", None),
            ("\"a\";b=1", None),
            ("é", None),
        ] {
            assert_eq!(key(value), expected, "{value}");
        }
        let longest = "x".repeat(LONGEST_KEY);
        assert_eq!(key(&longest), Some(&*longest));
        assert_eq!(key(&format!("{longest}x")), None);
    }

    #[test]
    fn a_request_is_known_by_all_of_its_parts() {
        let (app, other) = (Caller::named("app"), Caller::named("other"));
        let fingerprint = |key: &str, caller, path, format, body: &str| {
            let body = body.as_bytes();
            let identity = Identity {
                caller,
                path,
                format,
                body,
            };
            Fingerprint::new(key, &identity)
        };
        let one = fingerprint("k", &app, "/v1/query", Format::Json, "{}");
        let same = fingerprint("k", &app, "/v1/query", Format::Json, "{}");
        assert_eq!((one.id, one.request), (same.id, same.request));
        let others = [
            fingerprint("k", &app, "/v1/batch", Format::Json, "{}"),
            fingerprint("k", &app, "/v1/query", Format::Csv, "{}"),
            fingerprint("k", &app, "/v1/query", Format::Json, "{} "),
        ];
        for other in others {
            assert_eq!(other.id, one.id);
            assert_ne!(other.request, one.request);
        }
        assert_ne!(
            fingerprint("k", &other, "/v1/query", Format::Json, "{}").id,
            one.id
        );
        assert_ne!(
            fingerprint("l", &app, "/v1/query", Format::Json, "{}").id,
            one.id
        );
    }
}
