//! The query of a token: its parameters in the two orders in which they are needed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use zeroize::Zeroizing;

use super::amz_date::AmzDate;
use super::credential_scope::CredentialScope;
use super::credentials::Credentials;
use super::grant::Grant;
use super::lifetime::Lifetime;

/// The one algorithm.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// `UriEncode` of the SigV4 documentation keeps the unreserved characters of RFC 3986, section 2.3,
/// and turns every other byte into upper-case `%XX`, a space too.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `UriEncode` of the SigV4 documentation.
pub(super) fn uri_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// All parameters but the signature.
pub(super) struct Query {
    /// Those that both orders begin with.
    common: String,
    /// `&X-Amz-Security-Token=…`, or nothing.
    security_token: Zeroizing<String>,
}

const SIGNED_HEADERS: &str = "&X-Amz-SignedHeaders=host";

impl Query {
    pub(super) fn new(credentials: &Credentials, grant: &Grant, lifetime: Lifetime) -> Self {
        let date = AmzDate::at(lifetime.signed_at());
        let scope = CredentialScope::new(date, grant.region()).into_string();
        let common = format!(
            "Action=connect&DBUser={db_user}&X-Amz-Algorithm={ALGORITHM}\
             &X-Amz-Credential={access_key_id}%2F{scope}&X-Amz-Date={date}&X-Amz-Expires={expires}",
            db_user = uri_encode(grant.db_user()),
            access_key_id = uri_encode(credentials.access_key_id()),
            scope = uri_encode(&scope),
            expires = lifetime.expires_in_seconds(),
        );
        let mut security_token = Zeroizing::new(String::new());
        if let Some(token) = credentials.session_token() {
            const NAME: &str = "&X-Amz-Security-Token=";
            // Enough for every byte to be encoded, so that no unwiped copy is left by growing.
            let capacity = token.expose().len().saturating_mul(3);
            security_token.reserve_exact(capacity.saturating_add(NAME.len()));
            security_token.push_str(NAME);
            security_token.extend(uri_encode(token.expose()));
        }
        Self {
            common,
            security_token,
        }
    }

    /// Sorted by name, as the canonical request has them.
    pub(super) fn canonical(&self) -> Zeroizing<String> {
        self.concat([&self.security_token, SIGNED_HEADERS])
    }

    /// As botocore and the AWS CLI emit them: what an SDK adds for temporary credentials comes last.
    pub(super) fn in_order_of_emission(&self) -> Zeroizing<String> {
        self.concat([SIGNED_HEADERS, &self.security_token])
    }

    fn concat(&self, [first, second]: [&str; 2]) -> Zeroizing<String> {
        Zeroizing::new([&self.common, first, second].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_all_but_the_unreserved() {
        let visible: String = (' '..='~').collect();
        assert_eq!(
            uri_encode(&visible).to_string(),
            "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40\
             ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
        );
        assert_eq!(uri_encode("é").to_string(), "%C3%A9");
    }
}
