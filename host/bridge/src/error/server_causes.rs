//! The likely causes of a server's error, by its code.
//!
//! MySQL Error Message Reference, "Server Error Message Reference"; MariaDB, "MariaDB Error Code Reference". Codes up
//! to 1999 have the same meaning in both. From 4000 on, a code means different errors in MySQL and MariaDB.

use super::Stage;
use super::causes::{Cause, cause};
use crate::component::ServerError;

/// The product whose code it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    MySql,
    MariaDb,
    /// Not known, as in the connection phase.
    Unknown,
}

impl Product {
    pub(super) fn of_version(version: &str) -> Self {
        if version.contains("MariaDB") {
            Self::MariaDb
        } else {
            Self::MySql
        }
    }
}

/// Whether the server ends the connection with this error: 1053 during a shutdown, 1927 and 3169 after the connection
/// was killed, MySQL's 4031 after it was idle for too long.
#[must_use]
pub fn ends_connection(error: &ServerError) -> bool {
    match error.code {
        1053 | 1927 | 3169 => true,
        4031 => error.message.contains("inactivity"),
        _ => false,
    }
}

pub(super) fn likely(stage: Stage, error: &ServerError, product: Product) -> Vec<Cause> {
    let is_login = stage <= Stage::Login;
    let causes = match error.code {
        1290 if !is_of_read_only_server(error) => None,
        4031 if product == Product::MariaDb => None,
        4151 if product == Product::MySql || !is_login => None,
        code => of_login(code)
            .or_else(|| of_connection(code))
            .or_else(|| of_statement(code)),
    };
    causes.map_or_else(Vec::new, |(why, remedy)| vec![cause(why, remedy)])
}

/// Whether the error means that the whole server is read-only: `ER_READ_ONLY_MODE` (1836), and
/// `ER_OPTION_PREVENTS_STATEMENT` (1290), which other options cause too, such as `--secure-file-priv`.
/// `ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION` (1792) concerns only the session.
pub(crate) fn is_of_read_only_server(error: &ServerError) -> bool {
    match error.code {
        1836 => true,
        1290 => {
            let message = error.message.to_ascii_lowercase().replace('_', "-");
            message.contains("read-only")
        }
        _ => false,
    }
}

/// Errors of the account.
fn of_login(code: u16) -> Option<(&'static str, &'static str)> {
    Some(match code {
        1044 => (
            "the user has no privilege for this database",
            "grant privileges, as in GRANT SELECT ON database.* TO 'user'@'%' (rds-bridge setup prints the statement)",
        ),
        1049 => (
            "the database does not exist",
            "list the databases with SHOW DATABASES; names may be case-sensitive",
        ),
        1129 => (
            "the server blocks this machine after too many failed connections",
            "run TRUNCATE TABLE performance_schema.host_cache (FLUSH HOSTS before MySQL 8.4, and on MariaDB), or raise \
             max_connect_errors",
        ),
        1184 => (
            "the server closed the connection right after the login, most likely because init_connect failed",
            "read the server's error log, which contains the statement of init_connect and the reason why it fails \
             for this user",
        ),
        1226 => (
            "the account has a resource limit, such as MAX_USER_CONNECTIONS or MAX_QUERIES_PER_HOUR",
            "remove the limit: ALTER USER … WITH MAX_USER_CONNECTIONS 0; or keep fewer connections open",
        ),
        // ER_MUST_CHANGE_PASSWORD, ER_MUST_CHANGE_PASSWORD_LOGIN
        1820 | 1862 => (
            "the account's password has expired",
            "set a new one as an administrator with ALTER USER … IDENTIFIED BY …; adding PASSWORD EXPIRE NEVER keeps \
             it from expiring",
        ),
        3118 | 4151 => (
            "the account is locked",
            "unlock it as an administrator: ALTER USER … ACCOUNT UNLOCK",
        ),
        3955 => (
            "the account is temporarily locked after too many wrong passwords (FAILED_LOGIN_ATTEMPTS)",
            "wait for its PASSWORD_LOCK_TIME, or run ALTER USER … ACCOUNT UNLOCK; then correct the password wherever \
             it is used",
        ),
        3159 => (
            "the server accepts only TLS connections",
            "report this as a bug: rds-bridge always uses TLS",
        ),
        _ => return None,
    })
}

/// Errors of the server and its connections.
fn of_connection(code: u16) -> Option<(&'static str, &'static str)> {
    Some(match code {
        1040 | 1203 => (
            "all of the server's connections are in use",
            "try again later, keep fewer connections open, or connect through RDS Proxy",
        ),
        1053 => (
            "the server is shutting down: a restart, a failover or a change of the instance class",
            "reconnect in a moment",
        ),
        1153 => (
            "the statement or a value in it is longer than the server's max_allowed_packet",
            "raise the limit in the parameter group, or send less at a time",
        ),
        1290 | 1836 => (
            "the server is read-only: it is a replica, or the endpoint is a reader endpoint",
            "use the writer's endpoint",
        ),
        1461 => (
            "the prepared statements of all connections together have reached max_prepared_stmt_count",
            "close idle connections of applications that prepare many statements, or raise that limit in the parameter \
             group",
        ),
        1927 | 3169 => (
            "the connection was ended on the server by KILL or mysql.rds_kill",
            "reconnect",
        ),
        4031 => (
            "the connection was idle for longer than the server's wait_timeout",
            "open a new connection (in Rust, Connection::ping checks an old one)",
        ),
        9501 => (
            "RDS Proxy had no free connection to the database within its ConnectionBorrowTimeout",
            "try again later, or raise the proxy's MaxConnectionsPercent; pinned sessions keep connections for \
             themselves",
        ),
        _ => return None,
    })
}

fn of_statement(code: u16) -> Option<(&'static str, &'static str)> {
    Some(match code {
        1054 | 1146 => (
            "the table or column does not exist in the database that the statement names, or else in the default \
             database",
            "check SHOW TABLES and SHOW COLUMNS; table names may be case-sensitive",
        ),
        1094 => (
            "the connection and its statement have already ended",
            "list the running statements with SHOW PROCESSLIST",
        ),
        1095 => (
            "the statement to be killed runs as another user, because it is in a procedure, function or view with SQL \
             SECURITY DEFINER",
            "end it as an administrator: KILL QUERY, or CALL mysql.rds_kill_query on RDS",
        ),
        1142 | 1143 | 1227 | 1370 => (
            "the user lacks the privilege that the message names",
            "grant it as an administrator",
        ),
        1205 => (
            "another transaction held a lock for longer than innodb_lock_wait_timeout",
            "end that transaction, which SHOW ENGINE INNODB STATUS shows, and try again",
        ),
        1213 => (
            "two transactions waited for each other, and this one was rolled back",
            "try again",
        ),
        1298 => (
            "the time zone does not exist, or the server's time zone tables are empty",
            "give an offset such as +02:00, or fill the tables with mysql_tzinfo_to_sql",
        ),
        1399 | 1400 | 1568 | 1694 => (
            "the statement is not allowed in a transaction",
            "run it with rds-bridge query --allow-writes --no-transaction",
        ),
        1792 => (
            "sessions are read-only by default",
            "to allow writes, set {allow_writes}",
        ),
        1969 | 3024 => (
            "the statement exceeded the server's time limit (max_statement_time, max_execution_time)",
            "make the statement faster, or raise the limit for the session, the user or the server",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(stage: Stage, code: u16, message: &str, product: Product) -> Option<String> {
        let error = ServerError {
            code,
            sql_state: None,
            message: message.to_owned(),
        };
        let causes = likely(stage, &error, product);
        causes.first().map(|cause| cause.why.clone())
    }

    #[test]
    fn a_code_means_what_its_server_means() {
        let (login, statement) = (Stage::Login, Stage::Statement);
        let locked = |stage, product| why(stage, 4151, "", product).is_some();
        assert!(locked(login, Product::Unknown) && locked(login, Product::MariaDb));
        assert!(!locked(statement, Product::MySql) && !locked(login, Product::MySql));
        assert!(why(statement, 4031, "", Product::MySql).is_some());
        assert!(why(statement, 4031, "", Product::MariaDb).is_none());
        let of_option = |option: &str| {
            let message = format!(
                "The MySQL server is running with the {option} option so it cannot execute"
            );
            why(statement, 1290, &message, Product::MySql).is_some()
        };
        assert!(of_option("--read-only") && of_option("--super_read_only"));
        assert!(!of_option("--secure-file-priv"));
    }

    #[test]
    fn what_ends_the_connection() {
        let ends = |code, message: &str| {
            ends_connection(&ServerError {
                code,
                sql_state: None,
                message: message.to_owned(),
            })
        };
        assert!(ends(1053, "Server shutdown in progress"));
        assert!(ends(
            4031,
            "The client was disconnected by the server because of inactivity."
        ));
        assert!(!ends(4031, "Referenced trigger 'a' does not exist"));
        assert!(!ends(1317, "Query execution was interrupted"));
    }
}
