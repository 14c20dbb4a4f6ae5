//! The function that the server calls at each login: from C's pointers to a judgement and back.
#![expect(unsafe_code, reason = "the server speaks C")]

use std::ffi::c_int;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{env, ptr, slice};

use crate::abi::{Account, CR_ERROR, CR_OK, PluginVio};
use crate::judge::judge;
use crate::settings::Settings;

const SETTINGS_VARIABLE: &str = "AWS_AUTHENTICATION_PLUGIN_SETTINGS";

/// # Safety
///
/// As the server promises of both arguments: valid, and used by no one else for the time of the call.
pub(crate) unsafe fn authenticate(vio: *mut PluginVio, account: *const Account) -> c_int {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: this function's caller promises it.
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
            // Escaped: it may quote what the client sent, which must not make lines of its own.
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

/// Who asks, and the packet with which they want to prove it.
///
/// # Safety
///
/// As [`authenticate`].
unsafe fn read_claim(
    vio: *mut PluginVio,
    account: *const Account,
) -> Result<(String, Vec<u8>), &'static str> {
    // SAFETY: both are valid, says the caller. References to them must not outlive this line, as the
    // server writes to them in `read_packet`.
    let read_packet = unsafe { (*vio).read_packet };
    let mut packet = ptr::null_mut();
    let length = match read_packet {
        // SAFETY: the server's own function, given what it asks for.
        Some(read_packet) => unsafe { read_packet(vio, &raw mut packet) },
        None => -1,
    };
    // The client's first packet has been read now, so that there is a user.
    // SAFETY: as above; the server fills both in together.
    let (name, name_length) = unsafe { ((*account).user_name, (*account).user_name_length) };
    let length = usize::try_from(length).map_err(|_negative| "the client sent no password")?;
    if packet.is_null() || name.is_null() {
        return Err("the server gave no packet, or no user");
    }
    // SAFETY: `read_packet` points it at as many bytes, which stay until the next call of it.
    let token = unsafe { slice::from_raw_parts(packet, length) }.to_vec();
    let name_length = usize::try_from(name_length).unwrap_or(0);
    // SAFETY: the server gives the length with the pointer.
    let name = unsafe { slice::from_raw_parts(name.cast::<u8>(), name_length) };
    Ok((String::from_utf8_lossy(name).into_owned(), token))
}

fn judge_by_settings(packet: &[u8], user: &str) -> Result<(), String> {
    let path =
        env::var_os(SETTINGS_VARIABLE).ok_or_else(|| format!("{SETTINGS_VARIABLE} is not set"))?;
    // Read anew each time, so that a test can change its mind.
    let settings = Settings::read(path.as_ref())?;
    judge(packet, user, &settings)
}

/// Standard error is the server's error log. Nobody is left to tell if that fails.
fn log(text: &str) {
    let line = format!("[AWSAuthenticationPlugin] {text}\n");
    let _unwritten = std::io::stderr().write_all(line.as_bytes());
}
