//! The commands of clients, by their bytes.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

pub(crate) const COM_QUIT: u8 = 0x01;
pub(crate) const COM_INIT_DB: u8 = 0x02;
pub(crate) const COM_QUERY: u8 = 0x03;
pub(crate) const COM_PING: u8 = 0x0E;
pub(crate) const COM_STMT_PREPARE: u8 = 0x16;
pub(crate) const COM_STMT_EXECUTE: u8 = 0x17;
#[cfg(feature = "emulator")]
pub(crate) const COM_STMT_SEND_LONG_DATA: u8 = 0x18;
pub(crate) const COM_STMT_CLOSE: u8 = 0x19;
#[cfg(feature = "emulator")]
pub(crate) const COM_STMT_RESET: u8 = 0x1A;
#[cfg(feature = "emulator")]
pub(crate) const COM_SET_OPTION: u8 = 0x1B;
pub(crate) const COM_RESET_CONNECTION: u8 = 0x1F;
