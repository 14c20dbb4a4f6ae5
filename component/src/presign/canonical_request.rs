//! Steps 1 and 2: `CanonicalRequest`, and its hash.

use sha2::{Digest, Sha256};

use crate::secret_string::SecretString;

/// SHA-256 of nothing: a token's request has no payload.
const EMPTY_PAYLOAD_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// `GET`, `/`, the sorted query, the one header `host`, its name, and the hash of the payload.
///
/// It holds the session token, and so is put together only where somebody wants to see it: the hash
/// takes it in parts.
pub(super) struct CanonicalRequest<'a> {
    /// The sorted and encoded parameters without the signature, in parts.
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

    /// Step 2: SHA-256, in lower-case hexadecimal.
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

/// In lower case. Into a buffer: `hex::encode` goes through an iterator of characters, which takes as
/// long as hashing does.
pub(super) fn hex(hash: &[u8; 32]) -> String {
    let mut digits = vec![0; 64];
    // It fails if the buffer is not of twice the length.
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
