//! MariaDB's plugin ABI, as far as an authentication plugin needs it: our own description of it.
//!
//! Sources: MariaDB 10.11, `include/mysql/plugin.h` (`st_maria_plugin`), `plugin_auth.h`
//! (`st_mysql_auth`, `st_mysql_server_auth_info`), `plugin_auth_common.h` (`st_plugin_vio`, the
//! return values). The names of fields are theirs.

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

/// `MARIA_PLUGIN_INTERFACE_VERSION`
pub(crate) const PLUGIN_INTERFACE_VERSION: c_int = 0x010f;
/// `MYSQL_AUTHENTICATION_PLUGIN`
pub(crate) const AUTHENTICATION_PLUGIN: c_int = 7;
/// `MYSQL_AUTHENTICATION_INTERFACE_VERSION`: the one that has `hash_password`. A later server takes
/// it too, as long as the major part is the same.
pub(crate) const AUTHENTICATION_INTERFACE_VERSION: c_int = 0x0202;
/// `PLUGIN_LICENSE_BSD`: the nearest that there is.
pub(crate) const LICENSE_BSD: c_int = 2;
/// `MariaDB_PLUGIN_MATURITY_STABLE`: a stable server takes no less by default.
pub(crate) const MATURITY_STABLE: c_uint = 5;

/// `CR_OK`: the client is who it says.
pub(crate) const CR_OK: c_int = -1;
/// `CR_ERROR`: it is not, or nothing came.
pub(crate) const CR_ERROR: c_int = 0;
/// `PASSWORD_USED_YES`: the 1045 says "using password: YES".
pub(crate) const PASSWORD_USED_YES: c_int = 1;

/// `MYSQL_USERNAME_LENGTH + 1`
const USER_NAME_SIZE: usize = 513;

/// `struct st_maria_plugin`
#[repr(C)]
pub(crate) struct Plugin {
    pub(crate) kind: c_int,
    pub(crate) info: *const Authentication,
    pub(crate) name: *const c_char,
    pub(crate) author: *const c_char,
    pub(crate) description: *const c_char,
    pub(crate) license: c_int,
    pub(crate) init: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    pub(crate) deinit: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    /// Two bytes: major and minor.
    pub(crate) version: c_uint,
    pub(crate) status_variables: *const c_void,
    pub(crate) system_variables: *const c_void,
    pub(crate) version_text: *const c_char,
    pub(crate) maturity: c_uint,
}

/// `struct st_mysql_auth`
#[repr(C)]
pub(crate) struct Authentication {
    pub(crate) interface_version: c_int,
    /// The client's plugin that goes with this one.
    pub(crate) client_auth_plugin: *const c_char,
    pub(crate) authenticate_user:
        Option<unsafe extern "C" fn(*mut PluginVio, *mut ServerAuthInfo) -> c_int>,
    pub(crate) hash_password:
        Option<unsafe extern "C" fn(*const c_char, usize, *mut c_char, *mut usize) -> c_int>,
    pub(crate) preprocess_hash:
        Option<unsafe extern "C" fn(*const c_char, usize, *mut u8, *mut usize) -> c_int>,
}

/// `MYSQL_PLUGIN_VIO`: the connection, as a plugin may use it.
#[repr(C)]
pub(crate) struct PluginVio {
    /// Points `buf` at the next packet's payload and gives its length, or -1. The server owns it.
    pub(crate) read_packet:
        Option<unsafe extern "C" fn(vio: *mut PluginVio, buf: *mut *mut u8) -> c_int>,
    pub(crate) write_packet:
        Option<unsafe extern "C" fn(vio: *mut PluginVio, packet: *const u8, len: c_int) -> c_int>,
    pub(crate) info: Option<unsafe extern "C" fn(vio: *mut PluginVio, info: *mut c_void)>,
}

/// `MYSQL_SERVER_AUTH_INFO`
///
/// The server has more fields after these, which we do not look at.
#[repr(C)]
pub(crate) struct ServerAuthInfo {
    /// Null until the client's first packet has been read.
    pub(crate) user_name: *const c_char,
    pub(crate) user_name_length: c_uint,
    pub(crate) auth_string: *const c_char,
    pub(crate) auth_string_length: c_ulong,
    pub(crate) authenticated_as: [c_char; USER_NAME_SIZE],
    pub(crate) external_user: [c_char; USER_NAME_SIZE],
    pub(crate) password_used: c_int,
}
