//! What MySQL asks a plugin about the text that an account keeps: the `RDS` of
//! `IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'`. It is kept as it stands, and means nothing to a login.
#![expect(unsafe_code, reason = "the server speaks C")]

use std::ffi::{c_char, c_int, c_uint, c_ulong};
use std::ptr;

const DONE: c_int = 0;
const FAILED: c_int = 1;

/// # Safety
///
/// As the server promises: `out` has room for `*out_length` bytes, `text` is of `text_length`.
pub(super) unsafe extern "C" fn generate(
    out: *mut c_char,
    out_length: *mut c_uint,
    text: *const c_char,
    text_length: c_uint,
) -> c_int {
    // SAFETY: the server gives a valid pointer.
    if text_length > unsafe { *out_length } {
        return FAILED;
    }
    let Ok(length) = usize::try_from(text_length) else {
        return FAILED;
    };
    // SAFETY: both are of as many bytes, says the caller, and they are two.
    unsafe {
        ptr::copy_nonoverlapping(text, out, length);
        *out_length = text_length;
    }
    DONE
}

/// # Safety
///
/// It looks at nothing.
pub(super) unsafe extern "C" fn validate(_text: *mut c_char, _length: c_uint) -> c_int {
    DONE
}

/// # Safety
///
/// As the server promises: `salt_length` is valid.
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

/// Whether a password is the one that is kept, for the server's password policies: there is none.
///
/// # Safety
///
/// As the server promises: `is_error` is valid.
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
