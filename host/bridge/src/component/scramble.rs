//! The challenge of a server, for the server's side of the connection phase.

use std::io;

/// 20 random bytes of 7 bits, without NUL and `$`, as MySQL generates them.
///
/// Source: MySQL Source Code Documentation, "Caching_sha2_password information"; MySQL's `generate_user_salt`.
///
/// # Errors
///
/// The system has no random numbers.
pub fn scramble() -> io::Result<[u8; 20]> {
    let mut scramble = [0; 20];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut scramble)
        .map_err(|_| io::Error::other("the operating system cannot provide random numbers"))?;
    Ok(scramble.map(|byte| match byte & 0x7F {
        0 | b'$' => 1,
        byte => byte,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_no_byte_that_clients_could_misread() {
        for _ in 0..1000 {
            for byte in scramble().unwrap() {
                assert!(byte != 0 && byte != b'$' && byte < 128);
            }
        }
        assert_ne!(scramble().unwrap(), scramble().unwrap());
    }
}
