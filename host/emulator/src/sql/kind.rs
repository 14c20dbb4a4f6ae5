//! What is known of a value before the statement runs.

use super::super::collation::Collation;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    /// A number of SQLite's with 63 bits and a sign.
    Integer,
    /// The same, of an `UNSIGNED` column.
    Unsigned,
    /// With so many digits after the point, at most 15 in all: SQLite holds it as a double.
    Decimal(u8),
    Double,
    Text(Collation),
    Bytes,
    Date,
    /// With so many digits of a second's fraction.
    DateTime(u8),
    Time(u8),
    /// `?` before its value is known.
    Parameter,
    /// Of a type that is stored and read here, and not computed with.
    Opaque(String),
}

impl Kind {
    /// Text of the default collation.
    pub(super) const TEXT: Self = Self::Text(Collation::AccentInsensitive);

    /// From a column's type as MySQL declares it.
    pub(super) fn of_declaration(declared: &str, collation: Option<&str>) -> Self {
        let declared = declared.to_ascii_uppercase();
        let word: String = declared
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        let (first, second) = arguments(&declared);
        match word.as_str() {
            "TINYINT" | "BOOL" | "BOOLEAN" | "SMALLINT" | "MEDIUMINT" | "INT" | "INTEGER"
            | "BIGINT" => match declared.contains("UNSIGNED") {
                true => Self::Unsigned,
                false => Self::Integer,
            },
            "DECIMAL" | "NUMERIC" | "DEC" if first.unwrap_or(10) <= DECIMAL_DIGITS => {
                Self::Decimal(second)
            }
            "DOUBLE" | "REAL" => Self::Double,
            "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" => {
                let name = collation.unwrap_or("utf8mb4_0900_ai_ci");
                match Collation::from_name(name) {
                    Some(collation) => Self::Text(collation),
                    None => Self::Opaque(format!("of the collation {name}")),
                }
            }
            "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => Self::Bytes,
            "DATE" => Self::Date,
            "DATETIME" | "TIMESTAMP" => Self::DateTime(fraction_digits(first)),
            "TIME" => Self::Time(fraction_digits(first)),
            _ => Self::Opaque(format!("of the type {declared}")),
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Unsigned | Self::Decimal(_) | Self::Double
        )
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self, Self::Integer | Self::Unsigned)
    }

    /// NULL, or a parameter that may be anything.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Null | Self::Parameter)
    }

    /// Digits after the point.
    pub(super) fn scale(&self) -> u8 {
        match self {
            Self::Decimal(scale) => *scale,
            _ => 0,
        }
    }

    /// As an error names it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer | Self::Unsigned => "an integer".to_owned(),
            Self::Decimal(_) => "a DECIMAL".to_owned(),
            Self::Double => "a DOUBLE".to_owned(),
            Self::Text(collation) => format!("text of {}", collation.name()),
            Self::Bytes => "bytes".to_owned(),
            Self::Date => "a DATE".to_owned(),
            Self::DateTime(_) => "a DATETIME".to_owned(),
            Self::Time(_) => "a TIME".to_owned(),
            Self::Parameter => "a parameter".to_owned(),
            Self::Opaque(what) => format!("a value {what}"),
        }
    }

    /// The type that a client is told of an expression. None where its value decides.
    pub(super) fn declaration(&self) -> Option<String> {
        Some(match self {
            Self::Integer => "BIGINT".to_owned(),
            Self::Unsigned => "BIGINT UNSIGNED".to_owned(),
            Self::Decimal(scale) => format!("DECIMAL({DECIMAL_DIGITS},{scale})"),
            Self::Double => "DOUBLE".to_owned(),
            Self::Text(_) => "VARCHAR(255)".to_owned(),
            Self::Bytes => "VARBINARY(255)".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::DateTime(digits) => format!("DATETIME({digits})"),
            Self::Time(digits) => format!("TIME({digits})"),
            Self::Null | Self::Parameter | Self::Opaque(_) => return None,
        })
    }
}

/// How many decimal digits a double holds, whatever they are.
pub(crate) const DECIMAL_DIGITS: u32 = 15;

/// The digits of a second's fraction that a declaration's first argument asks for.
pub(crate) fn fraction_digits(first: Option<u32>) -> u8 {
    first
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or(0)
}

/// `(10,2)`
pub(crate) fn arguments(declared: &str) -> (Option<u32>, u8) {
    let inner = declared
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(inner, _)| inner);
    let mut numbers = inner.split(',').map(str::trim);
    let first = numbers.next().and_then(|number| number.parse().ok());
    let second = numbers.next().and_then(|number| number.parse().ok());
    (first, second.unwrap_or(0))
}
