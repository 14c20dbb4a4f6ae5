//! HTTP statuses for MySQL's error numbers.

use axum::http::StatusCode;
use rds_bridge::Error;
use rds_bridge::error::TOO_MANY_CONNECTIONS;

/// Whether the server, or a proxy, has no free connection. Nothing was executed.
pub(super) fn is_full(code: u16) -> bool {
    TOO_MANY_CONNECTIONS.contains(&code)
}

/// The status for an error of the server.
///
/// Source of the numbers: MySQL Error Message Reference, "Server Error Message Reference".
pub(super) fn of_code(code: u16) -> StatusCode {
    match code {
        // A key, a foreign key, a lock.
        1062 | 1451 | 1452 | 1205 | 1213 => StatusCode::CONFLICT,
        // No privilege: for a database, a table, a column, an operation, a routine.
        1044 | 1142 | 1143 | 1227 | 1370 => StatusCode::FORBIDDEN,
        // No such database, table.
        1049 | 1051 | 1146 => StatusCode::NOT_FOUND,
        // Read-only: the server, the session, the server's mode.
        1290 | 1792 | 1836 => StatusCode::METHOD_NOT_ALLOWED,
        code if is_full(code) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The likely cause, and what to do. Settings have the names that the command gives them.
pub(super) fn hint(error: &Error) -> Option<String> {
    let cause = error.causes().first()?;
    let remedy = cause.remedy.with_names(|setting| {
        let name = match setting {
            "allow_writes" => {
                "start the gateway with --allow-writes, or set access = \"read-write\" in the caller's grant"
            }
            _ => return None,
        };
        Some(name.to_owned())
    });
    Some(format!("{}: {remedy}", cause.why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_status() {
        for (codes, status) in [
            (&[1062, 1451, 1452, 1205, 1213][..], 409),
            (&[1142, 1143, 1044], 403),
            (&[1146, 1051], 404),
            (&[1290, 1792, 1836], 405),
            (&[1040, 1203, 1226], 503),
            (&[1048, 1064, 1054, 1105, 3024], 400),
        ] {
            for code in codes {
                assert_eq!(of_code(*code).as_u16(), status, "{code}");
            }
        }
    }
}
