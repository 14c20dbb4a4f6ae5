//! The likely cause of an error of a statement that has placeholders without parameters.

use rds_bridge::error::{Cause, ErrorKind};
use rds_bridge::mysql::{Escapes, placeholders};

use crate::error::Error;

/// `ER_PARSE_ERROR` and `ER_WRONG_ARGUMENTS`: what servers answer to a question mark without a value.
const CODES: [u16; 2] = [1064, 1210];

/// Adds the cause to an error, if it is one of missing parameters.
pub(super) fn explained(error: Error, sql: &str, has_parameters: bool) -> Error {
    match error {
        Error::Bridge(error) => Error::Bridge(of_bridge(error, sql, has_parameters)),
        other => other,
    }
}

fn of_bridge(error: rds_bridge::Error, sql: &str, has_parameters: bool) -> rds_bridge::Error {
    let is_miscounted = matches!(error.kind(), ErrorKind::ParameterCount { .. });
    let is_refused = error.code().is_some_and(|code| CODES.contains(&code));
    if !is_miscounted && (has_parameters || !is_refused) {
        return error;
    }
    let places = placeholders(sql, Escapes::Strings);
    let Some(first) = places.first() else {
        return error;
    };
    let cause = match first.name {
        Some(name) => Cause::new(
            format!("the statement contains :{name}, but no parameter is given"),
            format!("add --param {name}=TEXT, or --param-json {name}=JSON for a value with a type"),
        ),
        None if is_miscounted => Cause::new(
            "each question mark needs one parameter",
            "for each ?, in order, add --param TEXT, or --param-json JSON for a value with a type",
        ),
        None => Cause::new(
            "the statement has a question mark, but no parameter is given",
            "for each ?, in order, add --param TEXT, or --param-json JSON for a value with a type",
        ),
    };
    let causes = std::iter::once(cause).chain(error.causes().iter().cloned());
    let causes = causes.collect();
    error.with_causes(causes)
}

#[cfg(test)]
mod tests {
    use rds_bridge::Stage;
    use rds_bridge::component::ServerError;

    use super::*;

    fn explained_as(code: u16, sql: &str, has_parameters: bool) -> String {
        let server = ServerError {
            code,
            sql_state: None,
            message: "You have an error in your SQL syntax".to_owned(),
        };
        let error = rds_bridge::Error::new(Stage::Statement, ErrorKind::Server(server));
        explained(Error::Bridge(error), sql, has_parameters).to_string()
    }

    #[test]
    fn names_the_option() {
        let positional = "add --param TEXT, or --param-json JSON";
        assert!(explained_as(1064, "SELECT ?", false).contains(positional));
        assert!(explained_as(1210, "SELECT ?", false).contains(positional));
        assert!(explained_as(1064, "SELECT :id", false).contains("add --param id=TEXT"));
        let count = ErrorKind::ParameterCount {
            expected: 2,
            given: 1,
        };
        let error = rds_bridge::Error::new(Stage::Statement, count);
        let error = explained(Error::Bridge(error), "SELECT ?, ?", true).to_string();
        assert!(error.contains(positional), "{error}");
    }

    #[test]
    fn other_errors_are_left_alone() {
        for (code, sql, has_parameters) in [
            (1064, "SELEC 1", false),
            (1064, "SELEC '?'", false),
            (1064, "SELEC ?", true),
            (1146, "SELECT ? FROM nothing", false),
        ] {
            let error = explained_as(code, sql, has_parameters);
            assert!(!error.contains("--param"), "{error}");
        }
    }
}
