//! The text of a token without its signature. The canonical request consists of the same parts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::amz_date::AmzDate;
use super::connect_request::ConnectRequest;
use super::credential_scope::CredentialScope;
use super::credentials::Credentials;
use super::lifetime::Lifetime;
use crate::secret_string::SecretString;

/// The signature algorithm.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The characters that `UriEncode` encodes: all but the unreserved ones of RFC 3986, section 2.3. A space becomes
/// `%20`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `UriEncode` in the SigV4 documentation: encodes every byte but the unreserved characters as `%XX`, in upper case.
pub(super) fn uri_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

const SIGNED_HEADERS: &str = "&X-Amz-SignedHeaders=host";
const SECURITY_TOKEN: &str = "&X-Amz-Security-Token=";
const SIGNATURE: &str = "&X-Amz-Signature=";

/// An upper limit for the rest of a token, in bytes: a host of 253, a region of 63, and the parts that are always the
/// same.
const FIXED_LENGTH: usize = 768;

/// `host:port/?` and all parameters but the signature. The parameters have the order of botocore and the AWS CLI: the
/// session token comes last.
pub(super) struct UnsignedToken {
    /// One buffer that never grows, so that no unwiped copy of the session token stays in memory.
    text: SecretString,
    /// The offset of the end of `host:port`.
    host_header_end: usize,
    /// The offset of the first parameter, after `/?`.
    query_at: usize,
    signed_headers_at: usize,
    security_token_at: usize,
}

impl UnsignedToken {
    pub(super) fn new(
        credentials: &Credentials,
        request: &ConnectRequest,
        lifetime: Lifetime,
        date: &AmzDate,
        scope: &CredentialScope,
    ) -> Self {
        let session_token = credentials.session_token().map_or("", SecretString::expose);
        // Sufficient if every byte of these has to be encoded. Counting the bytes that have to be encoded would take as
        // long as encoding them.
        let capacity = [
            request.db_user(),
            credentials.access_key_id(),
            session_token,
        ]
        .iter()
        .map(|text| text.len().saturating_mul(3))
        .fold(FIXED_LENGTH, usize::saturating_add);
        let mut text = String::with_capacity(capacity);

        text.push_str(request.host());
        text.push(':');
        text.push_str(&request.port().to_string());
        let host_header_end = text.len();
        text.push_str("/?");
        let query_at = text.len();
        text.push_str("Action=connect&DBUser=");
        text.extend(uri_encode(request.db_user()));
        text.push_str("&X-Amz-Algorithm=");
        text.push_str(ALGORITHM);
        text.push_str("&X-Amz-Credential=");
        text.extend(uri_encode(credentials.access_key_id()));
        text.push_str("%2F");
        text.extend(uri_encode(scope.as_str()));
        text.push_str("&X-Amz-Date=");
        text.push_str(date.text());
        text.push_str("&X-Amz-Expires=");
        text.push_str(&lifetime.expires_in_seconds().to_string());
        let signed_headers_at = text.len();
        text.push_str(SIGNED_HEADERS);
        let security_token_at = text.len();
        if !session_token.is_empty() {
            text.push_str(SECURITY_TOKEN);
            text.extend(uri_encode(session_token));
        }
        Self {
            text: SecretString::new(text),
            host_header_end,
            query_at,
            signed_headers_at,
            security_token_at,
        }
    }

    /// The value of the `host` header: `host:port`.
    pub(super) fn host_header(&self) -> &str {
        self.text
            .expose()
            .get(..self.host_header_end)
            .unwrap_or_default()
    }

    /// The parameters sorted by name, in consecutive parts. The session token sorts before the signed headers.
    pub(super) fn canonical_query(&self) -> [&str; 3] {
        let text = self.text.expose();
        let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
        [
            part(self.query_at..self.signed_headers_at),
            part(self.security_token_at..text.len()),
            part(self.signed_headers_at..self.security_token_at),
        ]
    }

    /// Appends the signature, and returns the token.
    pub(super) fn sign(self, signature: &SecretString) -> SecretString {
        let mut text = self.text.into_exposed();
        text.push_str(SIGNATURE);
        text.push_str(signature.expose());
        SecretString::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_all_but_the_unreserved() {
        let visible: String = (' '..='~').collect();
        let encoded = uri_encode(&visible).to_string();
        assert_eq!(
            encoded,
            "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40\
             ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
        );
        assert_eq!(uri_encode("é").to_string(), "%C3%A9");
    }

    /// A buffer that grows would leave an unwiped copy of the session token in memory.
    #[test]
    fn its_buffer_never_grows() {
        for length in [0, 1, 1_000, 65_536] {
            let session_token = (length > 0).then(|| "/".repeat(length));
            let id = "~".repeat(128);
            let credentials = Credentials::new(id, "key".into(), session_token, None).unwrap();
            let host = [&*"a".repeat(63); 4].join(".");
            let region = "r".repeat(63);
            let request =
                ConnectRequest::new(&host[..253], 65_535, region.clone(), "漢".repeat(128))
                    .unwrap();
            let lifetime = Lifetime::new(0, 900).unwrap();
            let date = AmzDate::at(0);
            let scope = CredentialScope::new(&date, &region);
            let unsigned = UnsignedToken::new(&credentials, &request, lifetime, &date, &scope);
            let before = unsigned.text.expose().as_ptr();
            let token = unsigned
                .sign(&SecretString::new("0".repeat(64)))
                .into_exposed();
            assert_eq!(token.as_ptr(), before);
        }
    }
}
