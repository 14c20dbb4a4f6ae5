//! The three symbols by which MySQL finds a plugin.
#![expect(unsafe_code, reason = "the server looks these symbols up by name")]

use std::ffi::c_int;
use std::ptr;

use super::abi::{
    AUTHENTICATION_INTERFACE_VERSION, Authentication, LICENSE_BSD, PLUGIN_INTERFACE_VERSION,
    Plugin, ServerAuthInfo,
};
use super::authentication_string;
use crate::abi::{AUTHENTICATION_PLUGIN, PASSWORD_USED_YES, PluginVio};
use crate::authenticate::authenticate;

// SAFETY: the pointers are to constants that live as long as the library.
unsafe impl Sync for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Authentication {}

static AUTHENTICATION: Authentication = Authentication {
    interface_version: AUTHENTICATION_INTERFACE_VERSION,
    client_auth_plugin: c"mysql_clear_password".as_ptr(),
    authenticate_user: Some(authenticate_user),
    generate_authentication_string: Some(authentication_string::generate),
    validate_authentication_string: Some(authentication_string::validate),
    set_salt: Some(authentication_string::set_salt),
    authentication_flags: 0,
    compare_password_with_hash: Some(authentication_string::compare),
};

/// Called by the server at each login.
///
/// # Safety
///
/// Both arguments must be valid, and nothing else may use them during the call. The server guarantees it.
unsafe extern "C" fn authenticate_user(vio: *mut PluginVio, info: *mut ServerAuthInfo) -> c_int {
    // SAFETY: this function's caller guarantees it.
    unsafe {
        (*info).password_used = PASSWORD_USED_YES;
        authenticate(vio, &raw const (*info).account)
    }
}

// SAFETY: the name is unique, and the server reads an `int`.
#[unsafe(export_name = "_mysql_plugin_interface_version_")]
static INTERFACE_VERSION: c_int = PLUGIN_INTERFACE_VERSION;

// SAFETY: the name is unique, and the server reads an `int`.
#[unsafe(export_name = "_mysql_sizeof_struct_st_plugin_")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "some hundred bytes"
)]
static SIZE_OF_PLUGIN: c_int = size_of::<Plugin>() as c_int;

// SAFETY: the name is unique, and the server reads declarations until one without `info`.
#[unsafe(export_name = "_mysql_plugin_declarations_")]
static DECLARATIONS: [Plugin; 2] = [
    Plugin {
        kind: AUTHENTICATION_PLUGIN,
        info: &raw const AUTHENTICATION,
        name: c"AWSAuthenticationPlugin".as_ptr(),
        author: c"rds-bridge".as_ptr(),
        description: c"IAM tokens, checked as RDS does: a test fixture".as_ptr(),
        license: LICENSE_BSD,
        version: 0x0100,
        ..END
    },
    END,
];

const END: Plugin = Plugin {
    kind: 0,
    info: ptr::null(),
    name: ptr::null(),
    author: ptr::null(),
    description: ptr::null(),
    license: 0,
    init: None,
    check_uninstall: None,
    deinit: None,
    version: 0,
    status_variables: ptr::null(),
    system_variables: ptr::null(),
    reserved: ptr::null(),
    flags: 0,
};
