//! The function that the server calls at each login. It converts C's pointers, and returns the result of the check.
#![expect(unsafe_code, reason = "the server speaks C")]

use std::ffi::c_int;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{env, ptr, slice};

use crate::abi::{Account, CR_ERROR, CR_OK, PluginVio};
use crate::judge::judge;
use crate::settings::Settings;

const SETTINGS_VARIABLE: &str = "AWS_AUTHENTICATION_PLUGIN_SETTINGS";

/// Reads the client's packet and checks the token in it. Returns `CR_OK` or `CR_ERROR`.
///
/// # Safety
///
/// Both arguments must be valid, and nothing else may use them during the call. The server guarantees it.
pub(crate) unsafe fn authenticate(vio: *mut PluginVio, account: *const Account) -> c_int {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: this function's caller guarantees it.
        let (user, token) = unsafe { read_claim(vio, account) }?;
        let judgement = judge_by_settings(&token, &user);
        Ok((user, token.len(), judgement))
    }));
    match outcome {
        Ok(Ok((user, length, Ok(())))) => {
            log(&format!("accepted {user:?} with {length} bytes"));
            CR_OK
        }
        Ok(Ok((user, length, Err(reason)))) => {
            // The reason may quote what the client sent. Escaped, it cannot start new lines.
            let reason = reason.escape_debug();
            log(&format!("refused {user:?} with {length} bytes: {reason}"));
            CR_ERROR
        }
        Ok(Err(reason)) => {
            log(reason);
            CR_ERROR
        }
        Err(_panic) => {
            log("a bug: the plugin panicked");
            CR_ERROR
        }
    }
}

/// The user and the packet with the token.
///
/// # Safety
///
/// As [`authenticate`].
unsafe fn read_claim(
    vio: *mut PluginVio,
    account: *const Account,
) -> Result<(String, Vec<u8>), &'static str> {
    // SAFETY: the caller guarantees that both are valid. No reference to them outlives this line, because the server
    // writes to them in `read_packet`.
    let read_packet = unsafe { (*vio).read_packet };
    let mut packet = ptr::null_mut();
    let length = match read_packet {
        // SAFETY: this is the server's own function, with the arguments that it expects.
        Some(read_packet) => unsafe { read_packet(vio, &raw mut packet) },
        None => -1,
    };
    // The client's first packet has been read, so the user is set.
    // SAFETY: as above; the server sets both fields together.
    let (name, name_length) = unsafe { ((*account).user_name, (*account).user_name_length) };
    let length = usize::try_from(length).map_err(|_negative| "the client sent no password")?;
    if packet.is_null() || name.is_null() {
        return Err("the server gave no packet, or no user");
    }
    // SAFETY: `read_packet` points `packet` at `length` bytes, which stay valid until its next call.
    let token = unsafe { slice::from_raw_parts(packet, length) }.to_vec();
    let name_length = usize::try_from(name_length).unwrap_or(0);
    // SAFETY: the server sets the length with the pointer.
    let name = unsafe { slice::from_raw_parts(name.cast::<u8>(), name_length) };
    Ok((String::from_utf8_lossy(name).into_owned(), token))
}

fn judge_by_settings(packet: &[u8], user: &str) -> Result<(), String> {
    let path =
        env::var_os(SETTINGS_VARIABLE).ok_or_else(|| format!("{SETTINGS_VARIABLE} is not set"))?;
    // The settings are read at each login, so that a test can change them.
    let settings = Settings::read(path.as_ref())?;
    judge(packet, user, &settings)
}

/// Writes to standard error, which is the server's error log. A failure cannot be reported anywhere.
fn log(text: &str) {
    let line = format!("[AWSAuthenticationPlugin] {text}\n");
    let _unwritten = std::io::stderr().write_all(line.as_bytes());
}
