//! The commands of clients, by their bytes.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

/// `COM_QUIT`
pub const COM_QUIT: u8 = 0x01;
/// `COM_INIT_DB`
pub const COM_INIT_DB: u8 = 0x02;
/// `COM_QUERY`
pub const COM_QUERY: u8 = 0x03;
/// `COM_PING`
pub const COM_PING: u8 = 0x0E;
/// `COM_STMT_PREPARE`
pub const COM_STMT_PREPARE: u8 = 0x16;
/// `COM_STMT_EXECUTE`
pub const COM_STMT_EXECUTE: u8 = 0x17;
/// `COM_STMT_SEND_LONG_DATA`
pub const COM_STMT_SEND_LONG_DATA: u8 = 0x18;
/// `COM_STMT_CLOSE`
pub const COM_STMT_CLOSE: u8 = 0x19;
/// `COM_STMT_RESET`
pub const COM_STMT_RESET: u8 = 0x1A;
/// `COM_SET_OPTION`
pub const COM_SET_OPTION: u8 = 0x1B;
/// `COM_RESET_CONNECTION`
pub const COM_RESET_CONNECTION: u8 = 0x1F;
