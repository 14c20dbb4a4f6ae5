//! Decodes tokens, for `inspect` and `verify`.

use std::borrow::Cow;

use super::amz_date::AmzDate;
use super::connect_request::{check_host, check_region};
use super::credential_scope::{SERVICE, TERMINATOR};
use super::error::{Malformed, Parameter};
use super::unsigned_token::{ALGORITHM, uri_encode};
use crate::secret_string::{SecretBytes, SecretString};
use percent_encoding::percent_decode_str;

/// In bytes. A token with the longest session token, percent-encoded, has about 200,000.
const TOKEN_LIMIT: usize = 262_144;
/// A token has eight or nine parameters; some SDKs add a few of their own.
pub(super) const MAX_PARAMETERS: usize = 32;

/// The fields of a token that are not secret. [`inspect`] does not verify them; [`verify`](super::verify()) does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The endpoint's name, in lower case.
    pub host: String,
    /// The endpoint's TCP port, 1 to 65,535.
    pub port: u16,
    /// The AWS region, from the credential scope.
    pub region: String,
    /// The database user.
    pub db_user: String,
    /// The access key id of the credentials that signed. It is not a secret.
    pub access_key_id: String,
    /// When the token was signed, in Unix seconds.
    pub signed_at: u64,
    /// The validity in seconds, as in the token. [`inspect`] does not limit it to 900.
    pub expires_in_seconds: u32,
    /// `signed_at + expires_in_seconds`, in Unix seconds. The credentials may expire earlier: a token does not contain
    /// their expiry.
    pub valid_until: u64,
    /// Whether the token contains an STS session token, that is, temporary credentials signed it.
    pub has_session_token: bool,
}

/// Decodes a token without verifying it. The result contains neither the signature nor the session token.
///
/// It accepts tokens as AWS SDKs emit them: the parameters may have any order, and unknown ones are ignored.
///
/// # Errors
///
/// [`Malformed`], if the text is not a token.
pub fn inspect(token: &str) -> Result<Claims, Malformed> {
    ReadToken::read(token).map(|token| token.claims)
}

/// The decoded parts of a token.
pub(super) struct ReadToken<'t> {
    pub(super) claims: Claims,
    pub(super) session_token: Option<SecretString>,
    /// As written in the token: 64 hexadecimal digits of either case.
    pub(super) signature: &'t str,
    /// All parameters but the signature, decoded, encoded again and sorted.
    pub(super) canonical_query: SecretString,
}

impl<'t> ReadToken<'t> {
    pub(super) fn read(token: &'t str) -> Result<Self, Malformed> {
        if token.len() > TOKEN_LIMIT {
            return Err(Malformed::TooLong(token.len()));
        }
        let (host, port, query) = split(token)?;
        // Offsets in errors count from the beginning of the token.
        let query_offset = token.len().saturating_sub(query.len());
        let parameters = Parameters::read(query, query_offset)?;

        let action = parameters.required(Parameter::Action)?;
        let db_user = parameters.required(Parameter::DbUser)?;
        let algorithm = parameters.required(Parameter::Algorithm)?;
        let credential = parameters.required(Parameter::Credential)?;
        let date = parameters.required(Parameter::Date)?;
        let expires = parameters.required(Parameter::Expires)?;
        let signed_headers = parameters.required(Parameter::SignedHeaders)?;
        let signature = parameters.raw(Parameter::Signature)?;
        let session_token = parameters.optional(Parameter::SecurityToken);

        require(action == "connect", Parameter::Action)?;
        require(!db_user.is_empty(), Parameter::DbUser)?;
        require(algorithm == ALGORITHM, Parameter::Algorithm)?;
        require(signed_headers == "host", Parameter::SignedHeaders)?;
        require(session_token != Some(""), Parameter::SecurityToken)?;
        require(is_signature(signature), Parameter::Signature)?;
        let expires_in_seconds =
            decimal(expires).ok_or(Malformed::InvalidParameter(Parameter::Expires))?;
        let signed_at = AmzDate::parse(date).ok_or(Malformed::InvalidParameter(Parameter::Date))?;
        let (access_key_id, region) = read_credential(credential, &signed_at)
            .ok_or(Malformed::InvalidParameter(Parameter::Credential))?;

        let signed_at = signed_at.unix_seconds();
        Ok(Self {
            claims: Claims {
                host: host.to_ascii_lowercase(),
                port,
                region: region.to_owned(),
                db_user: db_user.to_owned(),
                access_key_id: access_key_id.to_owned(),
                signed_at,
                expires_in_seconds,
                valid_until: signed_at.saturating_add(u64::from(expires_in_seconds)),
                has_session_token: session_token.is_some(),
            },
            session_token: session_token.map(|token| SecretString::new(token.to_owned())),
            signature,
            canonical_query: parameters.canonical(),
        })
    }
}

/// Splits a token into host, port and query.
fn split(token: &str) -> Result<(&str, u16, &str), Malformed> {
    // Split at characters: the standard library's search for a string would be larger than all of this code.
    let (front, query) = token
        .split_once('?')
        .ok_or_else(|| why_not_a_token(token))?;
    let (host, port) = front
        .strip_suffix('/')
        .and_then(|authority| authority.rsplit_once(':'))
        .ok_or_else(|| why_not_a_token(token))?;
    if host == "https" || host.contains('/') {
        return Err(Malformed::HasScheme);
    }
    let port = port_number(port).ok_or(Malformed::InvalidPort)?;
    check_host(host).map_err(|_| Malformed::InvalidHost)?;
    Ok((host, port, query))
}

/// Recognises the most frequent mistake, percent-encoding the whole token, by its traces.
fn why_not_a_token(text: &str) -> Malformed {
    let contains = |pattern: &str| {
        let windows = &mut text.as_bytes().windows(pattern.len());
        windows.any(|window| window.eq_ignore_ascii_case(pattern.as_bytes()))
    };
    if contains("%2F%3F") && (contains("X-Amz-") || contains("Action%3D")) {
        Malformed::EncodedTwice
    } else {
        Malformed::NotAToken
    }
}

fn require(holds: bool, parameter: Parameter) -> Result<(), Malformed> {
    if holds {
        Ok(())
    } else {
        Err(Malformed::InvalidParameter(parameter))
    }
}

fn is_signature(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Parses a number that consists only of decimal digits, without sign or space.
fn decimal(text: &str) -> Option<u32> {
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok())?
}

fn port_number(text: &str) -> Option<u16> {
    let port = u16::try_from(decimal(text)?).ok()?;
    (port != 0).then_some(port)
}

/// Returns the access key id and the region of `AKID/yyyymmdd/region/rds-db/aws4_request`. `None` if it has another
/// form or another day than `signed_at`.
fn read_credential<'c>(credential: &'c str, signed_at: &AmzDate) -> Option<(&'c str, &'c str)> {
    let mut parts = credential.split('/');
    let access_key_id = parts.next().filter(|id| !id.is_empty())?;
    parts.next().filter(|&day| day == signed_at.day())?;
    let region = parts.next().filter(|region| check_region(region).is_ok())?;
    parts.next().filter(|&service| service == SERVICE)?;
    parts.next().filter(|&end| end == TERMINATOR)?;
    parts.next().is_none().then_some((access_key_id, region))
}

/// The decoded parameters of a query, in the order of the text.
struct Parameters<'t>(Vec<OneParameter<'t>>);

struct OneParameter<'t> {
    name: Cow<'t, str>,
    /// The value as written in the text.
    raw: &'t str,
    /// The decoded value, which may be the session token.
    value: SecretString,
}

impl<'t> Parameters<'t> {
    fn read(query: &'t str, query_offset: usize) -> Result<Self, Malformed> {
        let mut parameters = Vec::new();
        let mut offset = query_offset;
        for pair in query.split('&') {
            if parameters.len() == MAX_PARAMETERS {
                return Err(Malformed::TooManyParameters);
            }
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let value_offset = offset.saturating_add(pair.len().saturating_sub(raw.len()));
            parameters.push(OneParameter {
                name: decode(name, offset)?,
                raw,
                value: decode_secret(raw, value_offset)?,
            });
            offset = offset.saturating_add(pair.len()).saturating_add(1);
        }
        let parameters = Self(parameters);
        for parameter in Parameter::ALL {
            if parameters.named(parameter).count() > 1 {
                return Err(Malformed::RepeatedParameter(parameter));
            }
        }
        Ok(parameters)
    }

    fn named(&self, parameter: Parameter) -> impl Iterator<Item = &OneParameter<'t>> {
        let name = parameter.name();
        self.0.iter().filter(move |one| one.name == name)
    }

    fn optional(&self, parameter: Parameter) -> Option<&str> {
        self.named(parameter).next().map(|one| one.value.expose())
    }

    fn required(&self, parameter: Parameter) -> Result<&str, Malformed> {
        self.optional(parameter)
            .ok_or(Malformed::MissingParameter(parameter))
    }

    fn raw(&self, parameter: Parameter) -> Result<&'t str, Malformed> {
        self.named(parameter)
            .next()
            .map(|one| one.raw)
            .ok_or(Malformed::MissingParameter(parameter))
    }

    /// The canonical query of step 1: the parameters without the signature, encoded, and sorted by name and value.
    fn canonical(&self) -> SecretString {
        let mut pairs: Vec<(String, SecretString)> = Vec::with_capacity(self.0.len());
        for one in &self.0 {
            if one.name == Parameter::Signature.name() {
                continue;
            }
            let name = uri_encode(&one.name).to_string();
            // With the largest possible size. A buffer that grows would leave unwiped copies in memory.
            let mut value = String::with_capacity(one.value.expose().len().saturating_mul(3));
            value.extend(uri_encode(one.value.expose()));
            let value = SecretString::new(value);
            // Inserted in order: the parameters are few, and the standard library's sort would be one of the
            // component's largest parts.
            let after = |(other, other_value): &(String, SecretString)| {
                (other.as_str(), other_value.expose()) <= (&name, value.expose())
            };
            pairs.insert(pairs.partition_point(after), (name, value));
        }
        let mut query = String::with_capacity(
            pairs
                .iter()
                .map(|(name, value)| {
                    name.len()
                        .saturating_add(value.expose().len())
                        .saturating_add(2)
                })
                .fold(0, usize::saturating_add),
        );
        for (name, value) in &pairs {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            query.push('=');
            query.push_str(value.expose());
        }
        SecretString::new(query)
    }
}

/// As [`decode`], into a buffer with its final capacity. A buffer that grows would leave unwiped copies in memory.
fn decode_secret(text: &str, offset: usize) -> Result<SecretString, Malformed> {
    check_encoding(text, offset)?;
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(percent_decode_str(text));
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SecretString::new(text)),
        Err(error) => {
            drop(SecretBytes::new(error.into_bytes()));
            Err(Malformed::InvalidEncoding(offset))
        }
    }
}

/// Decodes `%XX`. A `+` stays a plus sign: a signed query encodes a space as `%20`.
fn decode(text: &str, offset: usize) -> Result<Cow<'_, str>, Malformed> {
    check_encoding(text, offset)?;
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| Malformed::InvalidEncoding(offset))
}

/// Checks that two hexadecimal digits follow every `%`.
fn check_encoding(text: &str, offset: usize) -> Result<(), Malformed> {
    for (at, _) in text.match_indices('%') {
        let digits = text
            .as_bytes()
            .get(at.saturating_add(1)..at.saturating_add(3));
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(Malformed::InvalidEncoding(offset.saturating_add(at)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
