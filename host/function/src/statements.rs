//! The statements that may be executed: the default one, named ones, and, if allowed, ad hoc SQL.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::failure::{Failure, Type};
use super::parameter_kind::{KINDS, Kind};
use super::placeholders::Placeholders;
use super::quoted::quoted;

/// The statement of the original function in Python.
const DEFAULT: &str = "SELECT * FROM items";

/// A statement and its parameters' types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The name in the log. It reveals nothing about the SQL.
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) placeholders: Placeholders,
    /// The types of the parameters; `None` if they are not configured.
    pub(super) kinds: Option<Vec<Kind>>,
    /// Whether the event contained the SQL.
    pub(super) is_ad_hoc: bool,
}

pub(super) struct Statements {
    default: Statement,
    named: HashMap<String, Statement>,
    allow_ad_hoc: bool,
}

impl Statement {
    pub(super) fn new(name: &str, sql: String) -> Self {
        Self {
            name: name.to_owned(),
            placeholders: Placeholders::in_statement(&sql),
            sql,
            kinds: None,
            is_ad_hoc: false,
        }
    }
}

impl Statements {
    pub(super) fn new(default: Option<String>, allow_ad_hoc: bool) -> Self {
        let default = default.unwrap_or_else(|| DEFAULT.to_owned());
        Self {
            default: Statement::new("default", default),
            named: HashMap::new(),
            allow_ad_hoc,
        }
    }

    /// Adds the named statements of a JSON object: `{"all": "SELECT …"}`, or with the types of the parameters
    /// `{"by_id": {"sql": "…", "parameters": ["integer"]}}`. Error messages begin with `source`.
    pub(super) fn add(&mut self, source: &str, json: &str) -> Result<(), Failure> {
        let wrong = |problem: String| {
            Failure::new(Type::Settings, format!("{source}: {problem}")).with_hint(
                r#"write a JSON object such as {"by_id": {"sql": "SELECT … WHERE id = ?", "parameters": ["integer"]}}"#,
            )
        };
        // Windows editors begin a file with a byte order mark.
        let read = serde_json::from_str(json.strip_prefix('\u{feff}').unwrap_or(json));
        let Json::Object(all) = read.map_err(|error| wrong(format!("it is not JSON: {error}")))?
        else {
            return Err(wrong("it is not a JSON object".to_owned()));
        };
        for (name, value) in all {
            let statement = read_one(&name, value);
            let statement =
                statement.map_err(|problem| wrong(format!("{} {problem}", quoted(&name))))?;
            self.named.insert(name, statement);
        }
        Ok(())
    }

    /// The names and the SQL of all named statements.
    pub(super) fn all_named(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.named.iter();
        named.map(|(name, statement)| (name.as_str(), statement.sql.as_str()))
    }

    pub(super) fn default(&self) -> Statement {
        self.default.clone()
    }

    pub(super) fn named(&self, name: &str) -> Result<Statement, Failure> {
        self.named.get(name).cloned().ok_or_else(|| {
            let problem = format!("there is no query {}", quoted(name));
            Failure::new(Type::UnknownQuery, problem)
                .with_hint("use a name from DB_QUERIES, or from queries.json in the package")
        })
    }

    pub(super) fn ad_hoc(&self, sql: String) -> Result<Statement, Failure> {
        if !self.allow_ad_hoc {
            return Err(Failure::new(
                Type::AdHocSqlNotAllowed,
                "the function does not execute SQL from events",
            )
            .with_hint(
                "name a query, or set ALLOW_AD_HOC_SQL=true in the function's environment",
            ));
        }
        if sql.trim().is_empty() {
            return Err(Failure::new(Type::InvalidEvent, "\"sql\" is empty"));
        }
        Ok(Statement {
            is_ad_hoc: true,
            ..Statement::new("ad hoc", sql)
        })
    }
}

fn read_one(name: &str, value: Json) -> Result<Statement, String> {
    let statement = match value {
        Json::String(sql) => Statement::new(name, sql),
        Json::Object(mut object) => {
            let Some(Json::String(sql)) = object.remove("sql") else {
                return Err("has no string \"sql\"".to_owned());
            };
            let mut statement = Statement::new(name, sql);
            if let Some(kinds) = object.remove("parameters") {
                let kinds = read_kinds(&kinds)?;
                if !statement.placeholders.may_be(kinds.len()) {
                    return Err(format!(
                        "has different numbers of question marks ({}) and of parameter types ({})",
                        statement.placeholders,
                        kinds.len()
                    ));
                }
                statement.kinds = Some(kinds);
            }
            if let Some(unknown) = object.keys().next() {
                return Err(format!(
                    "has the unknown key {}: the keys are \"sql\" and \"parameters\"",
                    quoted(unknown)
                ));
            }
            statement
        }
        _ => return Err("is neither a string nor an object".to_owned()),
    };
    if statement.sql.trim().is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(statement)
}

fn read_kinds(kinds: &Json) -> Result<Vec<Kind>, String> {
    let known = || {
        let names = KINDS.map(|(name, _)| name).join(", ");
        format!("has \"parameters\" that are not a list of the types {names}")
    };
    let kinds = kinds.as_array().ok_or_else(known)?.iter();
    let kinds = kinds.map(|kind| kind.as_str().and_then(Kind::from_name).ok_or_else(known));
    kinds.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_with_and_without_types() {
        let mut statements = Statements::new(None, false);
        let json = r#"{"a": "SELECT ?, ?", "b": {"sql": "SELECT ?", "parameters": ["integer"]}}"#;
        statements.add("DB_QUERIES", json).unwrap();
        assert_eq!(statements.default().sql, "SELECT * FROM items");
        let untyped = statements.named("a").unwrap();
        assert!(untyped.kinds.is_none() && untyped.placeholders.may_be(2));
        let typed = statements.named("b").unwrap();
        assert_eq!(typed.kinds, Some(vec![Kind::Integer]));
        let unknown = statements.named("c").unwrap_err();
        assert_eq!(unknown.kind(), Type::UnknownQuery);
        let long = statements.named(&"x".repeat(900_000)).unwrap_err();
        assert!(long.message().len() < 100);
    }

    /// With `NO_BACKSLASH_ESCAPES`, which a parameter group may set, the string ends at the quote after the backslash.
    #[test]
    fn types_may_be_for_either_sql_mode() {
        let add = |json: &str| Statements::new(None, false).add("DB_QUERIES", json);
        for kinds in ["[]", r#"["integer"]"#] {
            add(&format!(
                r#"{{"q": {{"sql": "SELECT 'x\\' a, ? b", "parameters": {kinds}}}}}"#
            ))
            .unwrap();
        }
        let sql = r#"{"q": {"sql": "SELECT 'x\\' a, ? b", "parameters": ["any", "any"]}}"#;
        let error = add(sql).unwrap_err();
        assert!(
            error.message().contains("question marks (0 or 1)"),
            "{error:?}"
        );
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        let mut statements = Statements::new(None, false);
        statements
            .add("queries.json", "\u{feff}{\"a\": \"SELECT 1\"}")
            .unwrap();
        assert_eq!(statements.named("a").unwrap().sql, "SELECT 1");
    }

    #[test]
    fn what_an_event_brings_is_refused_unless_it_is_allowed() {
        let refused = Statements::new(None, false).ad_hoc("SELECT 1".into());
        assert_eq!(refused.unwrap_err().kind(), Type::AdHocSqlNotAllowed);
        let allowed = Statements::new(None, true);
        let statement = allowed.ad_hoc("SELECT ?".into()).unwrap();
        assert!(statement.is_ad_hoc);
        assert!(statement.placeholders.may_be(1));
        assert_eq!(
            allowed.ad_hoc(" ".into()).unwrap_err().kind(),
            Type::InvalidEvent
        );
    }

    #[test]
    fn settings_that_are_wrong() {
        for (json, words) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"a": 1}"#, "neither"),
            (r#"{"a": ""}"#, "empty"),
            (r#"{"a": {"query": "x"}}"#, "no string \"sql\""),
            (r#"{"a": {"sql": "x", "params": []}}"#, "\"params\""),
            (
                r#"{"a": {"sql": "x", "parameters": ["int"]}}"#,
                "integer, number",
            ),
            (
                r#"{"a": {"sql": "?", "parameters": []}}"#,
                "question marks (1)",
            ),
        ] {
            let error = Statements::new(None, false)
                .add("DB_QUERIES", json)
                .unwrap_err();
            assert!(error.message().starts_with("DB_QUERIES: "), "{error:?}");
            assert!(error.message().contains(words), "{error:?}");
        }
    }
}
