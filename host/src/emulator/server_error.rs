//! What the server refuses with, in MySQL's numbers and words.
//!
//! Source: MySQL 8.0 Error Message Reference, "Server Error Message Reference".

use std::fmt::Display;

use rusqlite::ErrorCode;

/// An `ERR_Packet`'s code, SQLSTATE and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerError {
    pub(super) code: u16,
    pub(super) sql_state: &'static str,
    pub(super) message: String,
}

impl ServerError {
    pub(super) fn new(code: u16, sql_state: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            sql_state,
            message: message.into(),
        }
    }

    /// `ER_ACCESS_DENIED_ERROR`
    pub(super) fn access_denied(user: &str, client: impl Display) -> Self {
        let message = format!("Access denied for user '{user}'@'{client}' (using password: YES)");
        Self::new(1045, "28000", message)
    }

    /// `ER_SECURE_TRANSPORT_REQUIRED`
    pub(super) fn secure_transport_required() -> Self {
        let message = "Connections using insecure transport are prohibited while \
                       --require_secure_transport=ON.";
        Self::new(3159, "HY000", message)
    }

    /// `ER_HANDSHAKE_ERROR`
    pub(super) fn bad_handshake() -> Self {
        Self::new(1043, "08S01", "Bad handshake")
    }

    /// `ER_NOT_SUPPORTED_AUTH_MODE`
    pub(super) fn auth_plugin_not_supported() -> Self {
        let message = "Client does not support authentication protocol requested by server; \
                       consider upgrading MySQL client";
        Self::new(1251, "08004", message)
    }

    /// `ER_CON_COUNT_ERROR`
    pub(super) fn too_many_connections() -> Self {
        Self::new(1040, "08004", "Too many connections")
    }

    /// `ER_NET_PACKET_TOO_LARGE`
    pub(super) fn packet_too_large() -> Self {
        let message = "Got a packet bigger than 'max_allowed_packet' bytes";
        Self::new(1153, "08S01", message)
    }

    /// `ER_BAD_DB_ERROR`
    pub(super) fn unknown_database(name: &str) -> Self {
        Self::new(1049, "42000", format!("Unknown database '{name}'"))
    }

    /// `ER_UNKNOWN_COM_ERROR`
    pub(super) fn unknown_command() -> Self {
        Self::new(1047, "08S01", "Unknown command")
    }

    /// `ER_MALFORMED_PACKET`
    pub(super) fn malformed_packet() -> Self {
        Self::new(1835, "HY000", "Malformed communication packet.")
    }

    /// `ER_UNKNOWN_STMT_HANDLER`
    pub(super) fn unknown_statement(id: u32) -> Self {
        let message = format!("Unknown prepared statement handler ({id}) given to EXECUTE");
        Self::new(1243, "HY000", message)
    }

    /// `ER_PARSE_ERROR`
    pub(super) fn syntax(what: impl Display) -> Self {
        Self::new(1064, "42000", format!("{what} ({NOT_MYSQL})"))
    }

    /// `ER_EMPTY_QUERY`
    pub(super) fn empty_query() -> Self {
        Self::new(1065, "42000", "Query was empty")
    }

    /// `ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION`
    pub(super) fn read_only() -> Self {
        let message = "Cannot execute statement in a READ ONLY transaction.";
        Self::new(1792, "25006", message)
    }

    /// `ER_NO_SUCH_THREAD`
    pub(super) fn no_such_thread(id: u32) -> Self {
        Self::new(1094, "HY000", format!("Unknown thread id: {id}"))
    }

    /// `ER_TRUNCATED_WRONG_VALUE_FOR_FIELD`: SQLite lets a column hold values of every type.
    pub(super) fn wrong_value(column: &str) -> Self {
        let message =
            format!("Incorrect value for column '{column}': it is not of the column's type");
        Self::new(1366, "HY000", message)
    }

    /// SQLite's refusal, in MySQL's terms where there are some.
    pub(super) fn of_sqlite(error: &rusqlite::Error, database: &str) -> Self {
        let message = match error {
            rusqlite::Error::SqliteFailure(_, Some(message))
            | rusqlite::Error::SqlInputError { msg: message, .. } => message.clone(),
            other => other.to_string(),
        };
        if let Some(table) = message.strip_prefix("no such table: ") {
            let table = table.strip_prefix("main.").unwrap_or(table);
            let message = format!("Table '{database}.{table}' doesn't exist");
            return Self::new(1146, "42S02", message);
        }
        if let Some(column) = message.strip_prefix("no such column: ") {
            let message = format!("Unknown column '{column}' in 'field list'");
            return Self::new(1054, "42S22", message);
        }
        if let Some(name) = message.strip_prefix("no such function: ") {
            let message = format!("FUNCTION {database}.{name} does not exist ({NOT_MYSQL})");
            return Self::new(1305, "42000", message);
        }
        if message.starts_with("table ") && message.ends_with(" already exists") {
            return Self::new(1050, "42S01", message);
        }
        if message.starts_with("UNIQUE constraint failed") {
            return Self::new(1062, "23000", format!("Duplicate entry: {message}"));
        }
        if message.starts_with("NOT NULL constraint failed") {
            return Self::new(1048, "23000", format!("Column cannot be null: {message}"));
        }
        if message.contains("syntax error") || message.contains("unrecognized token") {
            return Self::syntax(message);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                Self::new(1317, "70100", "Query execution was interrupted")
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let message = "Lock wait timeout exceeded; try restarting transaction";
                Self::new(1205, "HY000", message)
            }
            Some(ErrorCode::ConstraintViolation) => Self::new(3819, "HY000", message),
            _ => Self::new(1105, "HY000", format!("{message} ({NOT_MYSQL})")),
        }
    }
}

/// So that nobody looks for the mistake in the wrong manual.
const NOT_MYSQL: &str = "this is rds-bridge's emulator: it executes SQLite's dialect";
