//! Binds parameters to the placeholders of a statement: question marks, or names such as `:id`.
//!
//! The server knows question marks only, and one value for each. So a name becomes a question mark, and a list becomes
//! as many question marks as it has values. No value becomes part of the statement.

use std::collections::BTreeSet;

use super::params::Given;
use crate::error::Error;
use rds_bridge::mysql::{Escapes, Param, Placeholder, placeholders};

/// What is bound to a placeholder.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    One(Param),
    /// For `IN (?)`.
    List(Vec<Param>),
}

/// The statement with question marks alone, and the parameters for them.
pub(super) fn bind(sql: &str, given: &[Given]) -> Result<(String, Vec<Param>), Error> {
    if given.is_empty() {
        return Ok((sql.to_owned(), Vec::new()));
    }
    let places = placeholders(sql, Escapes::Strings);
    let has_names = places.iter().any(|place| place.name.is_some());
    let has_question_marks = places.iter().any(|place| place.name.is_none());
    match (has_names, has_question_marks) {
        (true, true) => Err(usage(
            "the statement has question marks and names such as :id: use one or the other",
        )),
        (true, false) => by_name(sql, &places, given),
        _ => by_position(sql, &places, given),
    }
}

fn by_name(
    sql: &str,
    places: &[Placeholder<'_>],
    given: &[Given],
) -> Result<(String, Vec<Param>), Error> {
    let mut named: Vec<(&str, Values)> = Vec::new();
    for given in given {
        let option = given.option();
        let (name, value) = given.named().ok_or_else(|| {
            usage(&format!(
                "the statement has names such as :id, so {option} needs NAME=VALUE"
            ))
        })?;
        if named.iter().any(|(other, _)| *other == name) {
            return Err(usage(&format!("{option} {name}=… is given twice")));
        }
        named.push((name, value.values()?));
    }
    let mut used = BTreeSet::new();
    let mut values = Vec::new();
    for name in places.iter().filter_map(|place| place.name) {
        let value = named.iter().find(|(given, _)| *given == name);
        let (_, value) = value.ok_or_else(|| {
            usage(&format!(
                "the statement contains :{name}, but no parameter has this name: add --param {name}=TEXT"
            ))
        })?;
        used.insert(name);
        values.push(value.clone());
    }
    match named.iter().find(|(name, _)| !used.contains(name)) {
        Some((name, _)) => Err(usage(&format!(
            "the parameter {name} is given, but the statement has no :{name}: remove it, or correct its name"
        ))),
        None => Ok(replaced(sql, places, values)),
    }
}

fn by_position(
    sql: &str,
    places: &[Placeholder<'_>],
    given: &[Given],
) -> Result<(String, Vec<Param>), Error> {
    let values = given.iter().map(Given::values);
    let values = values.collect::<Result<Vec<Values>, Error>>()?;
    let has_list = values.iter().any(|it| matches!(it, Values::List(_)));
    // Without a list the server counts the question marks, as its SQL mode determines.
    if has_list && places.len() != values.len() {
        return Err(usage(&format!(
            "question marks in the statement: {}; parameters given: {}",
            places.len(),
            values.len()
        )));
    }
    if has_list {
        return Ok(replaced(sql, places, values));
    }
    let params = values.into_iter().filter_map(|it| match it {
        Values::One(param) => Some(param),
        Values::List(_) => None,
    });
    Ok((sql.to_owned(), params.collect()))
}

/// Replaces each placeholder by a question mark for each of its values.
fn replaced(sql: &str, places: &[Placeholder<'_>], values: Vec<Values>) -> (String, Vec<Param>) {
    let mut text = String::with_capacity(sql.len());
    let mut params = Vec::new();
    let mut end = 0;
    for (place, values) in places.iter().zip(values) {
        text.push_str(sql.get(end..place.range.start).unwrap_or_default());
        end = place.range.end;
        text.push('?');
        match values {
            Values::One(param) => params.push(param),
            Values::List(list) => {
                text.push_str(&", ?".repeat(list.len().saturating_sub(1)));
                params.extend(list);
            }
        }
    }
    text.push_str(sql.get(end..).unwrap_or_default());
    (text, params)
}

fn usage(problem: &str) -> Error {
    Error::Usage(format!("{problem} (see rds-bridge query --help)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Given {
        Given::Text(value.to_owned())
    }

    fn json(value: &str) -> Given {
        Given::Json(value.to_owned())
    }

    #[test]
    fn values_by_name_and_by_position() {
        for (sql, given, expected, params) in [
            (
                "SELECT ':x', ? IN (?)",
                vec![text("a=b"), json("[1, \"x\"]")],
                "SELECT ':x', ? IN (?, ?)",
                vec![Param::from("a=b"), Param::from(1), Param::from("x")],
            ),
            (
                "SELECT :a, :ids, :a",
                vec![json("ids=[1,2.5]"), text("a=b=c")],
                "SELECT ?, ?, ?, ?",
                vec![
                    Param::from("b=c"),
                    Param::from(1),
                    Param::Decimal("2.5".parse().unwrap()),
                    Param::from("b=c"),
                ],
            ),
            ("SELECT ':a'", vec![], "SELECT ':a'", vec![]),
        ] {
            let bound = bind(sql, &given).unwrap();
            assert_eq!(bound, (expected.to_owned(), params));
        }
    }

    #[test]
    fn values_that_do_not_fit() {
        for (sql, given, words) in [
            ("SELECT :a, ?", vec![text("a=1")], "one or the other"),
            ("SELECT :a", vec![text("1")], "needs NAME=VALUE"),
            ("SELECT :a", vec![text("a=1"), text("a=2")], "given twice"),
            ("SELECT :a, :b", vec![text("a=1")], "add --param b=TEXT"),
            ("SELECT :a", vec![text("a=1"), json("b=2")], "has no :b"),
            (
                "SELECT ?, ?",
                vec![json("[1, 2]")],
                "question marks in the statement: 2; parameters given: 1",
            ),
        ] {
            let error = bind(sql, &given).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
