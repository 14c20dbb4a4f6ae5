//! The functions with which MySQL handles an account's authentication string: the `RDS` of `IDENTIFIED WITH
//! AWSAuthenticationPlugin AS 'RDS'`. The string is stored unchanged and has no effect on a login.
#![expect(unsafe_code, reason = "the server speaks C")]

use std::ffi::{c_char, c_int, c_uint, c_ulong};
use std::ptr;

const DONE: c_int = 0;
const FAILED: c_int = 1;

/// Copies the string unchanged.
///
/// # Safety
///
/// `out` must have room for `*out_length` bytes, and `text` must have `text_length` bytes. The server guarantees it.
pub(super) unsafe extern "C" fn generate(
    out: *mut c_char,
    out_length: *mut c_uint,
    text: *const c_char,
    text_length: c_uint,
) -> c_int {
    // SAFETY: the server passes a valid pointer.
    if text_length > unsafe { *out_length } {
        return FAILED;
    }
    let Ok(length) = usize::try_from(text_length) else {
        return FAILED;
    };
    // SAFETY: the caller guarantees that both have `length` bytes, and they do not overlap.
    unsafe {
        ptr::copy_nonoverlapping(text, out, length);
        *out_length = text_length;
    }
    DONE
}

/// Accepts every string.
///
/// # Safety
///
/// The function does not use its arguments.
pub(super) unsafe extern "C" fn validate(_text: *mut c_char, _length: c_uint) -> c_int {
    DONE
}

/// Stores no salt.
///
/// # Safety
///
/// `salt_length` must be valid. The server guarantees it.
pub(super) unsafe extern "C" fn set_salt(
    _text: *const c_char,
    _length: c_uint,
    _salt: *mut u8,
    salt_length: *mut u8,
) -> c_int {
    // SAFETY: as above.
    unsafe { *salt_length = 0 };
    DONE
}

/// Compares a password with the stored one, for the server's password policies. No password is stored, so they never
/// match.
///
/// # Safety
///
/// `is_error` must be valid. The server guarantees it.
pub(super) unsafe extern "C" fn compare(
    _hash: *const c_char,
    _hash_length: c_ulong,
    _password: *const c_char,
    _password_length: c_ulong,
    is_error: *mut c_int,
) -> c_int {
    // SAFETY: as above.
    unsafe { *is_error = 0 };
    -1
}
