//! Steps 1 and 2: the canonical request, and its hash.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use ring::digest::{SHA256, digest};

use super::SignatureError;
use super::signed_headers::SignedHeaders;

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// As [`ENCODED`], but for the separator of a path.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// The method, the path, the query, the signed headers, their names, and the hash of the body, each on lines of its own.
/// A header may have bytes that are not UTF-8.
pub(super) struct CanonicalRequest(Vec<u8>);

impl CanonicalRequest {
    pub(super) fn new(
        request: &Parts,
        signed_headers: &SignedHeaders,
        payload_hash: &str,
    ) -> Result<Self, SignatureError> {
        let mut text = Vec::new();
        let mut line = |line: &[u8]| {
            text.extend_from_slice(line);
            text.push(b'\n');
        };
        line(request.method.as_str().as_bytes());
        line(canonical_path(request.uri.path()).as_bytes());
        line(canonical_query(request.uri.query().unwrap_or_default()).as_bytes());
        for name in signed_headers.names() {
            let mut header = format!("{name}:").into_bytes();
            header.extend(canonical_value(request, name)?);
            line(&header);
        }
        line(b"");
        line(signed_headers.as_str().as_bytes());
        text.extend_from_slice(payload_hash.as_bytes());
        Ok(Self(text))
    }

    /// Step 2: the SHA-256 of the canonical request, in lower-case hexadecimal.
    pub(super) fn hash(&self) -> String {
        hex::encode(digest(&SHA256, &self.0))
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &[u8] {
        &self.0
    }
}

/// The path without `.`, `..` and empty segments, percent-encoded once more: it is encoded in the request already, and
/// every service but S3 signs the path encoded twice.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut normalised = format!("/{}", segments.join("/"));
    let is_folder = matches!(path.rsplit('/').next(), Some("" | "." | ".."));
    if is_folder && !segments.is_empty() {
        normalised.push('/');
    }
    percent_encode(normalised.as_bytes(), ENCODED_IN_PATH).to_string()
}

/// The parameters, encoded in one way, in the order of their names and then of their values.
fn canonical_query(query: &str) -> String {
    let encode = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encode(&decoded, ENCODED).to_string()
    };
    let mut parameters: Vec<(String, String)> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (encode(name), encode(value))
        })
        .collect();
    parameters.sort();
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    parameters.join("&")
}

/// The values of a header, separated by commas, each without spaces at its ends and with one space in place of several.
fn canonical_value(request: &Parts, name: &str) -> Result<Vec<u8>, SignatureError> {
    let values = canonical_values(&request.headers, name);
    // HTTP/2 has the host in the address.
    let authority = request.uri.authority().filter(|_| name == "host");
    match (values, authority) {
        (Some(values), _) => Ok(values),
        (None, Some(authority)) => Ok(authority.as_str().as_bytes().to_vec()),
        (None, None) => Err(SignatureError::MissingHeader(name.to_owned())),
    }
}

fn canonical_values(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    if !headers.contains_key(name) {
        return None;
    }
    let values: Vec<Vec<u8>> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let words = value
                .as_bytes()
                .split(|byte| *byte == b' ' || *byte == b'\t');
            let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
            words.join(&b' ')
        })
        .collect();
    Some(values.join(&b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_normalised_and_encoded_twice() {
        for (path, expected) in [
            ("/", "/"),
            ("", "/"),
            ("/Execute", "/Execute"),
            ("/a/../b/./c/", "/b/c/"),
            ("/../..", "/"),
            ("//a//b", "/a/b"),
            ("/a%20b", "/a%2520b"),
            ("/-._~:", "/-._~%3A"),
        ] {
            assert_eq!(canonical_path(path), expected, "{path}");
        }
    }

    #[test]
    fn a_query_is_sorted_and_encoded_once() {
        for (query, expected) in [
            ("", ""),
            ("b=2&a=1&a=0", "a=0&a=1&b=2"),
            ("a", "a="),
            ("a=b=c", "a=b%3Dc"),
            ("a=%2f+", "a=%2F%2B"),
            ("&&a=%zz", "a=%25zz"),
        ] {
            assert_eq!(canonical_query(query), expected, "{query}");
        }
    }
}
