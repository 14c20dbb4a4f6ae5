//! What the emulator sends after the name of the method in an `AuthSwitchRequest`.

use crate::fault::AuthSwitchTail;

/// The data of an `AuthSwitchRequest` after the plugin's name.
pub(super) fn tail(tail: AuthSwitchTail, scramble: &[u8; 20]) -> Vec<u8> {
    match tail {
        AuthSwitchTail::Nothing => Vec::new(),
        AuthSwitchTail::Nul => vec![0],
        AuthSwitchTail::Challenge => [&scramble[..], &[0]].concat(),
    }
}
