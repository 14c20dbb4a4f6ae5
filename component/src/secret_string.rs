//! Secrets: wiped when dropped, and without a way to print them by accident.

use std::fmt;

use zeroize::Zeroize;

/// A text that must not leak: a key, a session token, a password or an IAM token.
#[derive(Clone)]
pub struct SecretString(String);

impl SecretString {
    /// Takes the text over, and wipes it when dropped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one who has to send or to sign with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Gives the text away, unwiped. In the component what it is given to frees it unwiped as well: it
    /// goes with the instance's memory.
    #[must_use]
    pub fn into_exposed(mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

impl Drop for SecretString {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.0).into_bytes());
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_text) = self;
        f.write_str("<redacted>")
    }
}

/// Bytes that may hold a secret: what the handshake wants to be written.
#[derive(Clone)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes over, and wipes them when dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves, for the one who has to send them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away, unwiped. In the component what they are given to frees them unwiped as well:
    /// they go with the instance's memory.
    #[must_use]
    pub fn into_exposed(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe(std::mem::take(&mut self.0));
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        write!(f, "<{} bytes, redacted>", bytes.len())
    }
}

/// Wipes all that was allocated, in use or not. As a slice: `Zeroize` for `Vec` and `String` goes byte
/// by byte, which takes longer than the hash of what it wipes.
fn wipe(mut bytes: Vec<u8>) {
    bytes.resize(bytes.capacity(), 0);
    bytes.as_mut_slice().zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_secret() {
        assert_eq!(
            format!("{:?}", SecretString::new("hunter2".into())),
            "<redacted>"
        );
        assert_eq!(
            format!("{:?}", SecretBytes::new(b"hunter2".to_vec())),
            "<7 bytes, redacted>"
        );
    }
}
