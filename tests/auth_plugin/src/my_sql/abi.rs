//! MySQL's part of the plugin ABI.
//!
//! Sources: MySQL 9.7, `include/mysql/plugin.h` (`st_mysql_plugin`), `plugin_auth.h` (`st_mysql_auth`),
//! `plugin_auth_common.h` (`MYSQL_SERVER_AUTH_INFO`).

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

use crate::abi::{Account, PluginVio};

/// `MYSQL_PLUGIN_INTERFACE_VERSION`.
pub(super) const PLUGIN_INTERFACE_VERSION: c_int = 0x010b;
/// `MYSQL_AUTHENTICATION_INTERFACE_VERSION`.
pub(super) const AUTHENTICATION_INTERFACE_VERSION: c_int = 0x0201;
/// `PLUGIN_LICENSE_BSD`: the closest of the defined licences.
pub(super) const LICENSE_BSD: c_int = 2;

/// `USERNAME_LENGTH + 1`.
const AUTHENTICATED_AS_SIZE: usize = 97;
const EXTERNAL_USER_SIZE: usize = 512;

/// `struct st_mysql_plugin`.
#[repr(C)]
pub(super) struct Plugin {
    pub(super) kind: c_int,
    pub(super) info: *const Authentication,
    pub(super) name: *const c_char,
    pub(super) author: *const c_char,
    pub(super) description: *const c_char,
    pub(super) license: c_int,
    pub(super) init: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    pub(super) check_uninstall: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    pub(super) deinit: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    /// Two bytes: the major and the minor version.
    pub(super) version: c_uint,
    pub(super) status_variables: *const c_void,
    pub(super) system_variables: *const c_void,
    pub(super) reserved: *const c_void,
    pub(super) flags: c_ulong,
}

/// Reads a password or a stored string, and writes the string to store. The arguments are the output buffer, its size
/// on entry and the output's length on return, the input, and its length.
pub(super) type GenerateAuthenticationString =
    unsafe extern "C" fn(*mut c_char, *mut c_uint, *const c_char, c_uint) -> c_int;

/// `struct st_mysql_auth`.
#[repr(C)]
pub(super) struct Authentication {
    pub(super) interface_version: c_int,
    /// The client's plugin.
    pub(super) client_auth_plugin: *const c_char,
    pub(super) authenticate_user:
        Option<unsafe extern "C" fn(*mut PluginVio, *mut ServerAuthInfo) -> c_int>,
    pub(super) generate_authentication_string: Option<GenerateAuthenticationString>,
    pub(super) validate_authentication_string:
        Option<unsafe extern "C" fn(*mut c_char, c_uint) -> c_int>,
    pub(super) set_salt:
        Option<unsafe extern "C" fn(*const c_char, c_uint, *mut u8, *mut u8) -> c_int>,
    pub(super) authentication_flags: c_ulong,
    pub(super) compare_password_with_hash: Option<
        unsafe extern "C" fn(*const c_char, c_ulong, *const c_char, c_ulong, *mut c_int) -> c_int,
    >,
}

/// `MYSQL_SERVER_AUTH_INFO`.
///
/// The server's structure continues with fields that this plugin does not use.
#[repr(C)]
pub(super) struct ServerAuthInfo {
    pub(super) account: Account,
    pub(super) authenticated_as: [c_char; AUTHENTICATED_AS_SIZE],
    pub(super) external_user: [c_char; EXTERNAL_USER_SIZE],
    pub(super) password_used: c_int,
}
