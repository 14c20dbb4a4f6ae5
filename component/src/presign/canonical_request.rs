//! Steps 1 and 2: `CanonicalRequest`, and its hash.

use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// SHA-256 of nothing: a token's request has no payload.
const EMPTY_PAYLOAD_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// `GET`, `/`, the sorted query, the one header `host`, its name, and the hash of the payload. Holds
/// the session token.
pub(super) struct CanonicalRequest(Secret);

impl CanonicalRequest {
    /// From the sorted and encoded query without the signature, and the value of the `host` header.
    pub(super) fn new(canonical_query: &str, host_header: &str) -> Self {
        let text = [
            "GET\n/\n",
            canonical_query,
            "\nhost:",
            host_header,
            "\n\nhost\n",
            EMPTY_PAYLOAD_HASH,
        ]
        .concat();
        Self(Secret::new(text))
    }

    /// Step 2: SHA-256, in lower-case hexadecimal.
    pub(super) fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.expose()))
    }

    pub(super) fn into_secret(self) -> Secret {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_empty() {
        assert_eq!(hex::encode(Sha256::digest(b"")), EMPTY_PAYLOAD_HASH);
    }
}
