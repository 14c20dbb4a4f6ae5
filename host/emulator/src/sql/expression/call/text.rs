//! Functions of text.

use super::wrong_argument;
use crate::collation::Collation;
use crate::sql::expression::Expression;
use crate::sql::kind::Kind;
use crate::sql::parser::Result;

/// The type of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    Integer,
    /// Text, or a value that has exactly one form as text.
    Printable,
}

use Takes::{Integer, Printable, Text};

/// MySQL's name, the types of the arguments, and whether the function returns text.
const FUNCTIONS: &[(&str, &[Takes], bool)] = &[
    ("LENGTH", &[Printable], false),
    ("OCTET_LENGTH", &[Printable], false),
    ("CHAR_LENGTH", &[Printable], false),
    ("CHARACTER_LENGTH", &[Printable], false),
    ("ASCII", &[Text], false),
    ("UPPER", &[Text], true),
    ("UCASE", &[Text], true),
    ("LOWER", &[Text], true),
    ("LCASE", &[Text], true),
    ("REVERSE", &[Text], true),
    ("TRIM", &[Text], true),
    ("LTRIM", &[Text], true),
    ("RTRIM", &[Text], true),
    ("LEFT", &[Printable, Integer], true),
    ("RIGHT", &[Printable, Integer], true),
    ("SUBSTRING", &[Printable, Integer], true),
    ("SUBSTR", &[Printable, Integer], true),
    ("MID", &[Printable, Integer, Integer], true),
    ("SUBSTRING", &[Printable, Integer, Integer], true),
    ("SUBSTR", &[Printable, Integer, Integer], true),
    ("LPAD", &[Printable, Integer, Text], true),
    ("RPAD", &[Printable, Integer, Text], true),
    ("REPEAT", &[Text, Integer], true),
    ("SPACE", &[Integer], true),
    ("REPLACE", &[Text, Text, Text], true),
    ("INSTR", &[Text, Text], false),
    ("LOCATE", &[Text, Text], false),
    ("SUBSTRING_INDEX", &[Text, Text, Integer], true),
    ("STRCMP", &[Text, Text], false),
];

pub(super) fn call(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    match own_rule(name, arguments)? {
        Some(found) => Ok(Some(found)),
        None => listed(name, arguments),
    }
}

/// Translates a function that accepts any number of arguments, or that SQLite has, too.
fn own_rule(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let printable = || match printable(arguments) {
        Some(parts) => Ok(parts),
        None => wrong_argument(name, arguments),
    };
    let (sql, kind) = match (name, arguments) {
        ("CONCAT", [_, ..]) => (format!("({})", printable()?.join(" || ")), Kind::TEXT),
        ("CONCAT_WS", [_, _, ..]) => {
            let parts = printable()?.join(", ");
            (format!("\"rds_concat_ws\"({parts})"), Kind::TEXT)
        }
        ("HEX", [value]) => {
            let sql = match &value.kind {
                Kind::Text(_) | Kind::Bytes => format!("hex({})", value.sql),
                Kind::Integer => format!("printf('%X', {})", value.sql),
                Kind::Null => "NULL".to_owned(),
                _ => return wrong_argument(name, arguments),
            };
            let sql = format!("(CASE WHEN {} IS NULL THEN NULL ELSE {sql} END)", value.sql);
            (sql, Kind::TEXT)
        }
        ("LENGTH" | "OCTET_LENGTH", [value]) if value.kind == Kind::Bytes => {
            (format!("length({})", value.sql), Kind::Integer)
        }
        _ => return Ok(None),
    };
    Ok(Some(Expression::new(sql, kind)))
}

/// Translates a function of [`FUNCTIONS`].
fn listed(name: &str, arguments: &[&Expression]) -> Result<Option<Expression>> {
    let mut forms = FUNCTIONS.iter().filter(|(known, ..)| *known == name);
    if forms.clone().next().is_none() {
        return Ok(None);
    }
    let Some((_, takes, gives_text)) = forms.find(|(_, takes, _)| takes.len() == arguments.len())
    else {
        return wrong_argument(name, arguments);
    };
    let given = takes.iter().zip(arguments);
    let given = given.map(|(takes, argument)| match (takes, &argument.kind) {
        (_, kind) if kind.is_open() => Some(argument.sql.clone()),
        (Text, Kind::Text(Collation::AccentInsensitive)) => Some(argument.sql.clone()),
        (Integer, kind) if kind.is_integer() => Some(argument.sql.clone()),
        (Printable, _) => print(argument),
        _ => None,
    });
    let Some(given) = given.collect::<Option<Vec<String>>>() else {
        return wrong_argument(name, arguments);
    };
    let sql = format!("\"rds_text_{}\"({})", canonical(name), given.join(", "));
    let kind = match gives_text {
        true => Kind::TEXT,
        false => Kind::Integer,
    };
    Ok(Some(Expression::new(sql, kind)))
}

/// The canonical name of a function that has synonyms.
fn canonical(name: &str) -> String {
    let name = match name {
        "OCTET_LENGTH" => "LENGTH",
        "CHARACTER_LENGTH" => "CHAR_LENGTH",
        "UCASE" => "UPPER",
        "LCASE" => "LOWER",
        "SUBSTR" | "MID" => "SUBSTRING",
        other => other,
    };
    name.to_ascii_lowercase()
}

fn printable(arguments: &[&Expression]) -> Option<Vec<String>> {
    arguments.iter().map(|argument| print(argument)).collect()
}

/// Writes the conversion to text. `None` if the value does not have exactly one form as text.
fn print(argument: &Expression) -> Option<String> {
    let sql = &argument.sql;
    Some(match &argument.kind {
        Kind::Text(_) | Kind::Null | Kind::Parameter | Kind::Date | Kind::DateTime(_) => {
            sql.clone()
        }
        kind if kind.is_integer() => format!("CAST({sql} AS TEXT)"),
        Kind::Decimal(scale) => format!("\"rds_decimal_text\"({sql}, {scale})"),
        _ => return None,
    })
}
