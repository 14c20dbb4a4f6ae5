//! The common part of MySQL's and MariaDB's plugin ABIs, as far as an authentication plugin needs it, written from the
//! headers.
//!
//! Sources: MySQL 9.7 and MariaDB 10.11, `include/mysql/plugin.h`, `plugin_auth.h`, `plugin_auth_common.h`
//! (`st_plugin_vio`, the return values). The fields have the headers' names.

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

/// `MYSQL_AUTHENTICATION_PLUGIN`.
pub(crate) const AUTHENTICATION_PLUGIN: c_int = 7;

/// `CR_OK`: the client is authenticated.
pub(crate) const CR_OK: c_int = -1;
/// `CR_ERROR`: the client is not authenticated, or sent nothing.
pub(crate) const CR_ERROR: c_int = 0;
/// `PASSWORD_USED_YES`: error 1045 says "using password: YES".
pub(crate) const PASSWORD_USED_YES: c_int = 1;

/// `MYSQL_PLUGIN_VIO`: the connection's functions for a plugin.
#[repr(C)]
pub(crate) struct PluginVio {
    /// Points `buf` at the next packet's payload, which the server owns. Returns its length, or -1.
    pub(crate) read_packet:
        Option<unsafe extern "C" fn(vio: *mut PluginVio, buf: *mut *mut u8) -> c_int>,
    pub(crate) write_packet:
        Option<unsafe extern "C" fn(vio: *mut PluginVio, packet: *const u8, len: c_int) -> c_int>,
    pub(crate) info: Option<unsafe extern "C" fn(vio: *mut PluginVio, info: *mut c_void)>,
}

/// The first fields of `MYSQL_SERVER_AUTH_INFO`, which are the same in both servers.
#[repr(C)]
pub(crate) struct Account {
    /// Null until the client's first packet has been read.
    pub(crate) user_name: *const c_char,
    pub(crate) user_name_length: c_uint,
    pub(crate) auth_string: *const c_char,
    pub(crate) auth_string_length: c_ulong,
}
