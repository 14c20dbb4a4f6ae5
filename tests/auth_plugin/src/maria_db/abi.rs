//! MariaDB's part of the plugin ABI.
//!
//! Sources: MariaDB 10.11, `include/mysql/plugin.h` (`st_maria_plugin`), `plugin_auth.h` (`st_mysql_auth`,
//! `st_mysql_server_auth_info`).

use std::ffi::{c_char, c_int, c_uint, c_void};

use crate::abi::{Account, PluginVio};

/// `MARIA_PLUGIN_INTERFACE_VERSION`.
pub(super) const PLUGIN_INTERFACE_VERSION: c_int = 0x010f;
/// `MYSQL_AUTHENTICATION_INTERFACE_VERSION`: the version that introduced `hash_password`. Later servers accept it as
/// long as the major version is the same.
pub(super) const AUTHENTICATION_INTERFACE_VERSION: c_int = 0x0202;
/// `PLUGIN_LICENSE_BSD`: the closest of the defined licences.
pub(super) const LICENSE_BSD: c_int = 2;
/// `MariaDB_PLUGIN_MATURITY_STABLE`: by default a stable server requires it.
pub(super) const MATURITY_STABLE: c_uint = 5;

/// `MYSQL_USERNAME_LENGTH + 1`.
const USER_NAME_SIZE: usize = 513;

/// `struct st_maria_plugin`.
#[repr(C)]
pub(super) struct Plugin {
    pub(super) kind: c_int,
    pub(super) info: *const Authentication,
    pub(super) name: *const c_char,
    pub(super) author: *const c_char,
    pub(super) description: *const c_char,
    pub(super) license: c_int,
    pub(super) init: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    pub(super) deinit: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    /// Two bytes: the major and the minor version.
    pub(super) version: c_uint,
    pub(super) status_variables: *const c_void,
    pub(super) system_variables: *const c_void,
    pub(super) version_text: *const c_char,
    pub(super) maturity: c_uint,
}

/// `struct st_mysql_auth`.
#[repr(C)]
pub(super) struct Authentication {
    pub(super) interface_version: c_int,
    /// The client's plugin.
    pub(super) client_auth_plugin: *const c_char,
    pub(super) authenticate_user:
        Option<unsafe extern "C" fn(*mut PluginVio, *mut ServerAuthInfo) -> c_int>,
    pub(super) hash_password:
        Option<unsafe extern "C" fn(*const c_char, usize, *mut c_char, *mut usize) -> c_int>,
    pub(super) preprocess_hash:
        Option<unsafe extern "C" fn(*const c_char, usize, *mut u8, *mut usize) -> c_int>,
}

/// `MYSQL_SERVER_AUTH_INFO`.
///
/// The server's structure continues with fields that this plugin does not use.
#[repr(C)]
pub(super) struct ServerAuthInfo {
    pub(super) account: Account,
    pub(super) authenticated_as: [c_char; USER_NAME_SIZE],
    pub(super) external_user: [c_char; USER_NAME_SIZE],
    pub(super) password_used: c_int,
}
