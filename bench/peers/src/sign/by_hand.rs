//! Signs with only HMAC and SHA-256: the minimum that a token needs.
//!
//! It escapes only the slashes of the credential scope, and does not support session tokens. That is enough for the
//! benchmark's settings, but not in general.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::settings::Settings;

/// A token that is signed now.
pub fn token(settings: &Settings) -> String {
    let Settings {
        endpoint,
        port,
        region,
        user,
        access_key_id,
        secret_access_key,
        ..
    } = settings;
    let now = OffsetDateTime::now_utc();
    let (year, month, day) = (now.year(), u8::from(now.month()), now.day());
    let (hour, minute, second) = (now.hour(), now.minute(), now.second());
    let date = format!("{year}{month:02}{day:02}");
    let time = format!("{date}T{hour:02}{minute:02}{second:02}Z");
    let query = format!(
        "Action=connect&DBUser={user}&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={access_key_id}%2F{date}%2F{region}%2Frds-db%2Faws4_request\
         &X-Amz-Date={time}&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
    );
    let hash_of_nothing = hex::encode(Sha256::digest(b""));
    let canonical_request =
        format!("GET\n/\n{query}\nhost:{endpoint}:{port}\n\nhost\n{hash_of_nothing}");
    let hash = hex::encode(Sha256::digest(canonical_request));
    let string_to_sign =
        format!("AWS4-HMAC-SHA256\n{time}\n{date}/{region}/rds-db/aws4_request\n{hash}");
    let first_key = format!("AWS4{secret_access_key}").into_bytes();
    let key = [&date, region, "rds-db", "aws4_request"]
        .iter()
        .fold(first_key, |key, part| hmac(&key, part));
    let signature = hex::encode(hmac(&key, &string_to_sign));
    format!("{endpoint}:{port}/?{query}&X-Amz-Signature={signature}")
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
