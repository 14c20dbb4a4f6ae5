//! The bodies of requests.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::ApiError;
use super::parameters::{Values, read_values};
use crate::access::Grant;
use crate::http::read_object;

/// The longest message of the JSON parser that is passed on, in characters. It may quote a key of a megabyte.
const LONGEST_PROBLEM: usize = 200;

/// The body of `/v1/query`.
#[derive(Debug)]
pub(super) struct QueryRequest {
    pub(super) statement: Requested,
    pub(super) database: Option<String>,
}

/// The body of `/v1/batch`.
#[derive(Debug)]
pub(super) struct BatchRequest {
    statements: Vec<Requested>,
    pub(super) database: Option<String>,
}

/// A statement that a request names or brings along, with the values of its parameters.
#[derive(Debug)]
pub(super) struct Requested {
    text: Text,
    values: Values,
}

#[derive(Debug)]
enum Text {
    Sql(String),
    Name(String),
}

/// A statement that is granted, with the values of its parameters.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Values,
}

impl QueryRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let keys: QueryKeys = read(body, QUERY_HOW)?;
        let statement = StatementKeys {
            sql: keys.sql,
            query: keys.query,
            parameters: keys.parameters,
        };
        Ok(Self {
            statement: statement.read()?,
            database: keys.database,
        })
    }
}

impl BatchRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let keys: BatchKeys = read(body, BATCH_HOW)?;
        let statements: Result<Vec<Requested>, ApiError> = keys
            .statements
            .into_iter()
            .enumerate()
            .map(|(index, it)| it.read().map_err(|error| error.of_number(index)))
            .collect();
        let statements = statements?;
        if statements.is_empty() {
            return Err(ApiError::invalid_request("\"statements\" is empty").with_hint(BATCH_HOW));
        }
        Ok(Self {
            statements,
            database: keys.database,
        })
    }

    /// The statements, if the grant contains all of them.
    pub(super) fn granted(self, grant: &Grant) -> Result<Vec<Statement>, ApiError> {
        let statements = self.statements.into_iter().enumerate();
        let granted =
            statements.map(|(index, it)| it.granted(grant).map_err(|error| error.of_number(index)));
        granted.collect()
    }
}

impl Requested {
    /// The statement, if the grant contains it.
    pub(super) fn granted(self, grant: &Grant) -> Result<Statement, ApiError> {
        let sql = match self.text {
            Text::Sql(sql) => grant.allows_ad_hoc().map(|()| sql),
            Text::Name(name) => grant.named(&name).map(|it| it.sql.clone()),
        };
        Ok(Statement {
            sql: sql.map_err(|denied| ApiError::denied(&denied))?,
            values: self.values,
        })
    }
}

const QUERY_HOW: &str =
    r#"send {"sql": "SELECT … WHERE id = ?", "parameters": [7]}, or "query" with a name"#;
const BATCH_HOW: &str = r#"send {"statements": [{"sql": "…", "parameters": [7]}, …]}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryKeys {
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    parameters: Option<Box<RawValue>>,
    #[serde(default)]
    database: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchKeys {
    statements: Vec<StatementKeys>,
    #[serde(default)]
    database: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementKeys {
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    parameters: Option<Box<RawValue>>,
}

impl StatementKeys {
    fn read(self) -> Result<Requested, ApiError> {
        let invalid = |problem: &str| Err(ApiError::invalid_request(problem).with_hint(QUERY_HOW));
        let text = match (self.sql, self.query) {
            (Some(_), Some(_)) => return invalid("send \"sql\" or \"query\", not both"),
            (None, None) => return invalid("\"sql\" and \"query\" are missing: send one of them"),
            (Some(sql), None) if sql.trim().is_empty() => return invalid("\"sql\" is empty"),
            (Some(sql), None) => Text::Sql(sql),
            (None, Some(name)) => Text::Name(name),
        };
        Ok(Requested {
            text,
            values: read_values(self.parameters.as_deref())?,
        })
    }
}

fn read<T: DeserializeOwned>(body: &[u8], how: &str) -> Result<T, ApiError> {
    let invalid = |problem: String| ApiError::invalid_request(problem).with_hint(how);
    let body = str::from_utf8(body).map_err(|_| invalid("the body is not UTF-8".to_owned()))?;
    // RFC 8259, "Character Encoding": a reader may ignore a byte order mark.
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if body.trim().is_empty() {
        return Err(invalid("the body is empty".to_owned()));
    }
    read_object(body.as_bytes()).map_err(|error| {
        let problem: String = error.to_string().chars().take(LONGEST_PROBLEM).collect();
        match error.is_data() {
            true => invalid(format!("the body is not a request: {problem}")),
            false => invalid(format!("the body is not JSON: {problem}")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(body: &[u8]) -> String {
        let error = QueryRequest::read(body).unwrap_err();
        error.message().to_owned()
    }

    #[test]
    fn a_body_is_read() {
        let body = "\u{feff}{\"parameters\": [1], \"sql\": \"SELECT ?\", \"database\": null}";
        let request = QueryRequest::read(body.as_bytes()).unwrap();
        assert!(matches!(request.statement.text, Text::Sql(sql) if sql == "SELECT ?"));
        let request = QueryRequest::read(br#"{"query": "by_id", "parameters": [1]}"#).unwrap();
        assert!(matches!(request.statement.text, Text::Name(name) if name == "by_id"));
        assert!(request.database.is_none());
        let body = br#"{"statements": [{"sql": "DO 1"}, {"sql": "DO ?", "parameters": [1]}]}"#;
        let request = BatchRequest::read(body).unwrap();
        assert_eq!(request.statements.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, words) in [
            (&b""[..], "the body is empty"),
            (b" \n", "the body is empty"),
            (b"\xff", "not UTF-8"),
            (b"{", "not JSON: EOF"),
            (b"{\"sql\": }", "not JSON: expected value"),
            (b"{\"sql\": \"DO 1\"} x", "not JSON: trailing characters"),
            (b"[1]", "not a request: "),
            (b"7", "not a request: invalid type"),
            (b"{}", "\"sql\" and \"query\" are missing"),
            (b"{\"sql\": \"a\", \"query\": \"b\"}", "not both"),
            (b"{\"sql\": 1}", "not a request: invalid type: integer"),
            (b"{\"sql\": \" \"}", "\"sql\" is empty"),
            (b"{\"sql\": \"a\", \"sql\": \"b\"}", "duplicate field `sql`"),
            (
                b"{\"sql\": \"a\", \"params\": []}",
                "unknown field `params`",
            ),
            (
                b"{\"sql\": \"a\", \"parameters\": 7}",
                "\"parameters\" is neither an array nor an object",
            ),
        ] {
            let problem = problem(body);
            assert!(problem.contains(words), "{problem}");
        }
        let long = format!("{{\"{}\": 1}}", "x".repeat(1 << 20));
        assert!(problem(long.as_bytes()).len() < 1000);
    }

    #[test]
    fn a_statement_of_a_batch_has_its_number() {
        let body = br#"{"statements": [{"sql": "DO 1"}, {"sql": ""}]}"#;
        let error = BatchRequest::read(body).unwrap_err();
        assert_eq!(error.statement(), Some(2));
        assert!(BatchRequest::read(br#"{"statements": []}"#).is_err());
    }
}
