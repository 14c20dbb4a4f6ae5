//! Reads a request from an event of a direct invocation, or from an HTTP request.

use serde_json::value::RawValue;

use super::event_form::{Form, HOW, Origin};
use super::failure::{Failure, Type};
use super::keys::{Keys, NotKeys};
use super::statements::{Statement, Statements};
use super::{http, parameters, unknown_keys};
use rds_bridge::mysql::Param;

/// A statement with the values of its parameters.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) statement: Statement,
    pub(super) params: Vec<Param>,
}

/// Reads the request, and the form that the response must have. The form is known even if the request is invalid.
pub(super) fn read(keys: &Keys, statements: &Statements) -> (Form, Result<Request, Failure>) {
    if http::is_http(keys) {
        let (form, asked) = http::read(keys);
        let request = asked.and_then(|asked| request(&asked, Origin::Http, statements));
        return (form, request);
    }
    (Form::Direct, request(keys, Origin::Direct, statements))
}

/// Reads the keys of an event.
pub(super) fn keys(event: &RawValue) -> Result<Keys, Failure> {
    let keys = match event.get() {
        "null" => Ok(Keys::default()),
        event => Keys::read(event),
    };
    let keys = keys.map_err(|problem| {
        let problem = match problem {
            NotKeys::NotAnObject => "the event is not a JSON object".to_owned(),
            NotKeys::NotJson(error) => format!("the event is not JSON: {error}"),
        };
        Failure::new(Type::InvalidEvent, problem).with_hint(HOW)
    })?;
    if http::is_of_another_version(&keys) {
        return Err(Failure::new(
            Type::InvalidEvent,
            "the event is an HTTP request whose payload format is not 2.0",
        )
        .with_hint("use a Function URL, or an HTTP API with payload format version 2.0"));
    }
    Ok(keys)
}

/// Builds a request from the keys `query` or `sql`, and `parameters`.
fn request(keys: &Keys, origin: Origin, statements: &Statements) -> Result<Request, Failure> {
    unknown_keys::check(keys, origin)?;
    let text = |name: &str| keys.text(name).map_err(|failure| failure.with_hint(HOW));
    let statement = match (text("query")?, text("sql")?) {
        (None, None) => statements.default(),
        (Some(name), None) => statements.named(&name)?,
        (None, Some(sql)) => statements.ad_hoc(sql)?,
        (Some(_), Some(_)) => {
            return Err(Failure::new(
                Type::InvalidEvent,
                "the event has both \"query\" and \"sql\": send only one of them",
            ));
        }
    };
    let values: Vec<&RawValue> = match keys.raw("parameters") {
        None => Vec::new(),
        Some(values) => serde_json::from_str(values.get()).map_err(|_| {
            Failure::new(Type::InvalidParameters, "\"parameters\" is not an array").with_hint(HOW)
        })?,
    };
    let params = parameters::bind(&values, &statement)?;
    Ok(Request { statement, params })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn read(event: &Json, statements: &Statements) -> (Form, Result<Request, Failure>) {
        let event = RawValue::from_string(event.to_string()).unwrap();
        match keys(&event) {
            Ok(keys) => super::read(&keys, statements),
            Err(failure) => (Form::Direct, Err(failure)),
        }
    }

    fn statements() -> Statements {
        let mut statements = Statements::new(None, false);
        statements
            .add(
                "test",
                r#"{"by_id": {"sql": "SELECT * FROM items WHERE id = ?", "parameters": ["integer"]}}"#,
            )
            .unwrap();
        statements
    }

    #[test]
    fn direct_events() {
        for event in [json!({}), json!(null), json!({"key1": "value1"})] {
            let (form, request) = read(&event, &statements());
            assert_eq!(form, Form::Direct);
            assert_eq!(request.unwrap().statement.name, "default");
        }
        let event = json!({"query": "by_id", "parameters": [7]});
        let request = read(&event, &statements()).1.unwrap();
        assert_eq!(request.statement.name, "by_id");
        assert_eq!(request.params, [Param::from(7)]);
    }

    #[test]
    fn bad_ones() {
        for (event, kind) in [
            (json!("x"), Type::InvalidEvent),
            (json!([1]), Type::InvalidEvent),
            (json!({"query": 1}), Type::InvalidEvent),
            (json!({"query": "a", "sql": "b"}), Type::InvalidEvent),
            (json!({"query": "nothing"}), Type::UnknownQuery),
            (json!({"sql": "SELECT 1"}), Type::AdHocSqlNotAllowed),
            (json!({"query": "by_id"}), Type::InvalidParameters),
            (
                json!({"query": "by_id", "parameters": 7}),
                Type::InvalidParameters,
            ),
            (
                json!({"query": "by_id", "parameters": [{}]}),
                Type::InvalidParameters,
            ),
            (json!({"parameters": [1]}), Type::InvalidParameters),
            (
                json!({"httpMethod": "GET", "requestContext": {}}),
                Type::InvalidEvent,
            ),
        ] {
            let failure = read(&event, &statements()).1.unwrap_err();
            assert_eq!(failure.kind(), kind, "{event}");
        }
    }
}
