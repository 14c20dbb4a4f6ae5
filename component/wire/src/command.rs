//! The first byte of a client's packet in the command phase.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

/// `COM_QUIT`: closes the connection.
pub const COM_QUIT: u8 = 0x01;
/// `COM_INIT_DB`: changes the default database.
pub const COM_INIT_DB: u8 = 0x02;
/// `COM_QUERY`: executes SQL text; values of its result are text.
pub const COM_QUERY: u8 = 0x03;
/// `COM_PING`: checks that the server responds.
pub const COM_PING: u8 = 0x0E;
/// `COM_CHANGE_USER`: authenticates another user on the same connection, and resets the session.
pub const COM_CHANGE_USER: u8 = 0x11;
/// `COM_STMT_PREPARE`: prepares a statement.
pub const COM_STMT_PREPARE: u8 = 0x16;
/// `COM_STMT_EXECUTE`: executes a prepared statement; values of its result are binary.
pub const COM_STMT_EXECUTE: u8 = 0x17;
/// `COM_STMT_SEND_LONG_DATA`: sends a part of a parameter. The server does not reply.
pub const COM_STMT_SEND_LONG_DATA: u8 = 0x18;
/// `COM_STMT_CLOSE`: deallocates a prepared statement. The server does not reply.
pub const COM_STMT_CLOSE: u8 = 0x19;
/// `COM_STMT_RESET`: discards the parameters that were sent and closes the cursor.
pub const COM_STMT_RESET: u8 = 0x1A;
/// `COM_SET_OPTION`: enables or disables multi-statements.
pub const COM_SET_OPTION: u8 = 0x1B;
/// `COM_RESET_CONNECTION`: resets the session without authenticating again.
pub const COM_RESET_CONNECTION: u8 = 0x1F;
