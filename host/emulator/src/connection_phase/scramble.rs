//! The server's challenge.

use super::refused::Refused;
use crate::fault::AuthSwitchTail;

/// The server's challenge: 20 random 7-bit characters without NUL.
pub(super) fn scramble() -> Result<[u8; 20], Refused> {
    let mut scramble = [0; 20];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut scramble)
        .map_err(|_| Refused::BrokenOff("cannot generate random numbers".to_owned()))?;
    Ok(scramble.map(|byte| (byte & 0x7F).max(1)))
}

/// The data of an `AuthSwitchRequest` after the plugin's name.
pub(super) fn tail(tail: AuthSwitchTail, scramble: &[u8; 20]) -> Vec<u8> {
    match tail {
        AuthSwitchTail::Nothing => Vec::new(),
        AuthSwitchTail::Nul => vec![0],
        AuthSwitchTail::Challenge => [&scramble[..], &[0]].concat(),
    }
}
