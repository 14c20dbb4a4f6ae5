//! Types for secrets. They are wiped when dropped, and cannot be printed by accident.

use std::fmt;

use zeroize::Zeroize;

/// A secret text: a key, a session token, a password or an IAM token. It is wiped when dropped, and `Debug` redacts it.
#[derive(Clone)]
pub struct SecretString(String);

impl SecretString {
    /// Wraps the text. Copies that the caller keeps are not wiped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, to send it or to sign with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the text, which is then no longer wiped. In the component, the generated bindings free it unwiped too:
    /// the host wipes or frees it with the instance's memory.
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

/// Bytes that may contain a secret, such as a packet to send. They are wiped when dropped, and `Debug` redacts them.
#[derive(Clone)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Wraps the bytes. Copies that the caller keeps are not wiped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves, to send them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes, which are then no longer wiped. In the component, the generated bindings free them unwiped
    /// too: the host wipes or frees them with the instance's memory.
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

/// Wipes the whole allocation, including the unused capacity. It wipes a slice, because `Zeroize` for `Vec` and
/// `String` writes byte by byte, which takes longer than hashing the same bytes.
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
