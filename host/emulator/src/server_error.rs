//! Errors of the server, with MySQL's codes and messages.
//!
//! Source: MySQL 8.0 Error Message Reference, "Server Error Message Reference".

use std::fmt::Display;

use rds_bridge::component;
use rds_bridge_wire::InvalidField;
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

    /// `ER_PARSE_ERROR` for a feature of MySQL that the emulator does not have.
    pub(super) fn not_emulated(what: impl Display) -> Self {
        Self::new(
            1064,
            "42000",
            format!("not supported: {what} ({NOT_MYSQL})"),
        )
    }

    /// For a comparison of texts whose result the emulator does not know.
    pub(super) fn unknown_comparison() -> Self {
        Self::not_emulated(
            "comparing text that has characters whose order the emulator does not know",
        )
    }

    /// A message that says that it comes from the emulator.
    pub(super) fn named(message: impl Display) -> String {
        format!("{message} ({NOT_MYSQL})")
    }

    /// `ER_BAD_FIELD_ERROR`
    pub(super) fn unknown_column(name: &str) -> Self {
        let message = format!("Unknown column '{name}' in 'field list'");
        Self::new(1054, "42S22", message)
    }

    pub(super) fn is_unknown_column(&self) -> bool {
        self.code == 1054
    }

    /// `ER_NON_UNIQ_ERROR`
    pub(super) fn ambiguous_column(name: &str) -> Self {
        let message = format!("Column '{name}' in field list is ambiguous");
        Self::new(1052, "23000", message)
    }

    /// `ER_NO_SUCH_TABLE`
    pub(super) fn no_such_table(database: &str, name: &str) -> Self {
        let message = format!("Table '{database}.{name}' doesn't exist");
        Self::new(1146, "42S02", message)
    }

    /// `ER_TABLE_EXISTS_ERROR`
    pub(super) fn table_exists(name: &str) -> Self {
        Self::new(1050, "42S01", format!("Table '{name}' already exists"))
    }

    /// `ER_BAD_TABLE_ERROR`
    pub(super) fn unknown_table(database: &str, name: &str) -> Self {
        Self::new(1051, "42S02", format!("Unknown table '{database}.{name}'"))
    }

    /// `ER_SP_DOES_NOT_EXIST`
    pub(super) fn no_such_function(database: &str, name: &str) -> Self {
        let message = format!("FUNCTION {database}.{name} does not exist ({NOT_MYSQL})");
        Self::new(1305, "42000", message)
    }

    /// `ER_DATA_OUT_OF_RANGE`
    pub(super) fn out_of_range(what: &str, expression: &str) -> Self {
        let message = format!("{what} value is out of range in '({expression})'");
        Self::new(1690, "22003", message)
    }

    /// `ER_BAD_NULL_ERROR`
    pub(super) fn null(column: &str) -> Self {
        Self::new(1048, "23000", format!("Column '{column}' cannot be null"))
    }

    /// `ER_NO_DEFAULT_FOR_FIELD`
    pub(super) fn no_default(column: &str) -> Self {
        let message = format!("Field '{column}' doesn't have a default value");
        Self::new(1364, "HY000", message)
    }

    /// `ER_TRUNCATED_WRONG_VALUE_FOR_FIELD`, for every value that MySQL would refuse, or change when it stores it.
    pub(super) fn wrong_value_for(column: &str, value: &str) -> Self {
        let message = format!("Incorrect value: {value} for column '{column}' ({NOT_MYSQL})");
        Self::new(1366, "HY000", message)
    }

    /// Encodes the error as the message of a SQLite error; [`Self::of_sqlite`] decodes it.
    pub(super) fn encoded(&self) -> String {
        let Self {
            code,
            sql_state,
            message,
        } = self;
        format!("{MARK}{code}{MARK}{sql_state}{MARK}{message}")
    }

    fn decoded(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(MARK)?.splitn(3, MARK);
        let code = parts.next()?.parse().ok()?;
        let sql_state = STATES
            .into_iter()
            .find(|state| Some(*state) == parts.clone().next())?;
        parts.next();
        Some(Self::new(code, sql_state, parts.next()?))
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

    /// `ER_TRUNCATED_WRONG_VALUE_FOR_FIELD`, for a stored value of another type than its column: SQLite allows that.
    pub(super) fn wrong_value(column: &str) -> Self {
        let message =
            format!("Incorrect value for column '{column}': it is not of the column's type");
        Self::new(1366, "HY000", message)
    }

    /// Translates SQLite's error into MySQL's equivalent, if there is one.
    pub(super) fn of_sqlite(error: &rusqlite::Error, database: &str) -> Self {
        let message = match error {
            rusqlite::Error::SqliteFailure(_, Some(message))
            | rusqlite::Error::SqlInputError { msg: message, .. } => message.clone(),
            other => other.to_string(),
        };
        if let Some(error) = Self::decoded(&message) {
            return error;
        }
        if message == "FOREIGN KEY constraint failed" {
            let message = format!("a foreign key constraint fails ({NOT_MYSQL})");
            return Self::new(1452, "23000", message);
        }
        if let Some(table) = message.strip_prefix("no such table: ") {
            let table = table.strip_prefix("main.").unwrap_or(table);
            return Self::no_such_table(database, table);
        }
        if let Some(column) = message.strip_prefix("no such column: ") {
            return Self::unknown_column(column);
        }
        if let Some(name) = message.strip_prefix("no such function: ") {
            return Self::no_such_function(database, name);
        }
        if message.starts_with("table ") && message.ends_with(" already exists") {
            return Self::new(1050, "42S01", message);
        }
        if let Some(columns) = message.strip_prefix("UNIQUE constraint failed: ") {
            return Self::new(1062, "23000", format!("Duplicate entry for {columns}"));
        }
        if let Some(column) = message.strip_prefix("NOT NULL constraint failed: ") {
            return Self::null(column.rsplit('.').next().unwrap_or(column));
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

impl From<ServerError> for component::ServerError {
    fn from(error: ServerError) -> Self {
        Self {
            code: error.code,
            sql_state: Some(error.sql_state.to_owned()),
            message: error.message,
        }
    }
}

impl From<InvalidField<&str>> for ServerError {
    fn from(_: InvalidField<&str>) -> Self {
        Self::malformed_packet()
    }
}

/// Marks messages that MySQL itself would not send.
const NOT_MYSQL: &str = "this is rds-bridge's emulator, which supports only part of MySQL's SQL";

/// Precedes each part of an error that passes through SQLite as text.
const MARK: char = '\u{1}';

/// The SQLSTATEs of errors that pass through SQLite.
const STATES: [&str; 5] = ["42000", "22003", "23000", "HY000", "42S22"];
