//! Named parameters: each `:name` of a statement becomes a question mark.

use rds_bridge::mysql::{Escapes, Param, placeholders};

use super::error::ApiError;
use super::parameter::SqlParameter;

/// A statement with question marks, and the names that they had.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'s> {
    pub(super) sql: String,
    names: Vec<&'s str>,
}

impl<'s> Statement<'s> {
    /// Replaces the names. Strings, quoted identifiers, comments, `::` and `:=` stay as they are.
    ///
    /// # Errors
    ///
    /// The statement has question marks of its own.
    pub(super) fn parse(text: &'s str) -> Result<Self, ApiError> {
        let mut sql = String::with_capacity(text.len());
        let mut names = Vec::new();
        let mut end = 0;
        for placeholder in placeholders(text, Escapes::Strings) {
            let name = placeholder.name.ok_or_else(ApiError::question_mark)?;
            sql.push_str(text.get(end..placeholder.range.start).unwrap_or_default());
            sql.push('?');
            names.push(name);
            end = placeholder.range.end;
        }
        sql.push_str(text.get(end..).unwrap_or_default());
        Ok(Self { sql, names })
    }

    /// The values by position. A name may occur several times in the statement; parameters that it does not name are
    /// ignored, as AWS ignores them.
    ///
    /// # Errors
    ///
    /// A name has no parameter, or two; or a parameter has no valid value.
    pub(super) fn bind(&self, parameters: &[SqlParameter]) -> Result<Vec<Param>, ApiError> {
        let bind = |name: &&str| {
            let mut named = parameters
                .iter()
                .filter(|parameter| parameter.name.as_deref() == Some(*name));
            let parameter = named.next().ok_or_else(|| ApiError::no_parameter(name))?;
            if named.next().is_some() {
                return Err(ApiError::invalid_parameter(name, "it is given twice"));
            }
            parameter.param()
        };
        self.names.iter().map(bind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(json: &str) -> Vec<SqlParameter> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn names_become_question_marks() {
        for (text, sql, names) in [
            ("SELECT 1", "SELECT 1", &[][..]),
            ("SELECT :a, :b, :a", "SELECT ?, ?, ?", &["a", "b", "a"]),
            (
                "SELECT ':a', `:a`, \":a\" -- :a",
                "SELECT ':a', `:a`, \":a\" -- :a",
                &[],
            ),
            ("SET @x := :a /* :b */", "SET @x := ? /* :b */", &["a"]),
            (
                "SELECT a::int, 12:30, '\\':a'",
                "SELECT a::int, 12:30, '\\':a'",
                &[],
            ),
        ] {
            let statement = Statement::parse(text).unwrap();
            assert_eq!((&*statement.sql, &*statement.names), (sql, names), "{text}");
        }
        assert!(Statement::parse("SELECT ?, '?'").is_err());
    }

    #[test]
    fn unused_parameters_are_ignored_and_missing_ones_are_not() {
        let parameters = parameters(
            r#"[{"name": "a", "value": {"longValue": 1}}, {"name": "b", "value": {"stringValue": "x"}},
                {"name": "unused", "value": {}}]"#,
        );
        let statement = Statement::parse("SELECT :b, :a, :b").unwrap();
        let bound = statement.bind(&parameters).unwrap();
        assert_eq!(bound, [Param::from("x"), Param::Int(1), Param::from("x")]);
        let missing = Statement::parse("SELECT :c").unwrap().bind(&parameters);
        let missing = missing.unwrap_err().to_string();
        assert!(missing.starts_with("Cannot find parameter: c"), "{missing}");
    }

    #[test]
    fn a_name_with_two_values_is_refused() {
        let twice = parameters(
            r#"[{"name": "a", "value": {"longValue": 1}}, {"name": "a", "value": {"longValue": 2}}]"#,
        );
        let error = Statement::parse("SELECT :a").unwrap().bind(&twice);
        assert!(error.unwrap_err().to_string().contains("given twice"));
        assert_eq!(
            Statement::parse("SELECT 1").unwrap().bind(&twice),
            Ok(Vec::new())
        );
    }
}
