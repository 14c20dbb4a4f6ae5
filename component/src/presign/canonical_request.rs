//! Steps 1 and 2 of SigV4: the canonical request, and its hash.

use sha2::{Digest, Sha256};

use crate::secret_string::SecretString;

/// The SHA-256 of the empty string: a token's request has no payload.
const EMPTY_PAYLOAD_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The canonical request: `GET`, `/`, the sorted query, the only header `host`, the list of signed headers, and the
/// hash of the payload.
///
/// It contains the session token, so it is kept in parts. [`Self::hash`] hashes the parts one by one; only
/// [`Self::text`] concatenates them.
pub(super) struct CanonicalRequest<'a> {
    /// The sorted and encoded parameters without the signature, in consecutive parts.
    canonical_query: [&'a str; 3],
    /// The value of the `host` header.
    host_header: &'a str,
}

impl<'a> CanonicalRequest<'a> {
    pub(super) fn new(canonical_query: [&'a str; 3], host_header: &'a str) -> Self {
        Self {
            canonical_query,
            host_header,
        }
    }

    fn parts(&self) -> [&str; 8] {
        let [first, second, third] = self.canonical_query;
        [
            "GET\n/\n",
            first,
            second,
            third,
            "\nhost:",
            self.host_header,
            "\n\nhost\n",
            EMPTY_PAYLOAD_HASH,
        ]
    }

    /// Step 2: the SHA-256 of the canonical request, in lower-case hexadecimal.
    pub(super) fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for part in self.parts() {
            hasher.update(part);
        }
        hex(&hasher.finalize().into())
    }

    pub(super) fn text(&self) -> SecretString {
        SecretString::new(self.parts().concat())
    }
}

/// Encodes a hash in lower-case hexadecimal. It avoids `hex::encode`, whose iterator of characters takes as long as
/// hashing.
pub(super) fn hex(hash: &[u8; 32]) -> String {
    let mut digits = vec![0; 64];
    // It fails only if the buffer does not have twice the length of the hash.
    match hex::encode_to_slice(hash, &mut digits) {
        Ok(()) => String::from_utf8(digits).unwrap_or_default(),
        Err(_) => String::new(),
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
