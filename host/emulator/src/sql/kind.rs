//! The types of expressions, which are known before the statement runs.

use super::super::collation::Collation;

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    /// A signed integer of 64 bits, SQLite's only integer type.
    Integer,
    /// The same, for an `UNSIGNED` column.
    Unsigned,
    /// With this number of digits after the point, and at most 15 digits in all: SQLite stores it as a double.
    Decimal(u8),
    Double,
    Text(Collation),
    Bytes,
    Date,
    /// With this number of fractional digits of the seconds.
    DateTime(u8),
    /// With this number of fractional digits of the seconds.
    Time(u8),
    /// A `?` parameter whose value is not known yet.
    Parameter,
    /// A type that the emulator stores and reads but does not compute with. The text describes it in errors.
    Opaque(String),
}

impl Kind {
    /// Text of the default collation.
    pub(super) const TEXT: Self = Self::Text(Collation::AccentInsensitive);

    /// Derives the type of a column from its declaration in MySQL.
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

    /// Whether it is NULL or a parameter, which may have any type.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Null | Self::Parameter)
    }

    /// The number of digits after the decimal point.
    pub(super) fn scale(&self) -> u8 {
        match self {
            Self::Decimal(scale) => *scale,
            _ => 0,
        }
    }

    /// The name of the type in an error.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "NULL".to_owned(),
            Self::Integer | Self::Unsigned => "an integer".to_owned(),
            Self::Decimal(_) => "a DECIMAL".to_owned(),
            Self::Double => "a DOUBLE".to_owned(),
            Self::Text(collation) => format!("text with the collation {}", collation.name()),
            Self::Bytes => "bytes".to_owned(),
            Self::Date => "a DATE".to_owned(),
            Self::DateTime(_) => "a DATETIME".to_owned(),
            Self::Time(_) => "a TIME".to_owned(),
            Self::Parameter => "a parameter".to_owned(),
            Self::Opaque(what) => format!("a value {what}"),
        }
    }

    /// The type that a client receives for the column of a result. `None` if the value decides.
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

/// How many decimal digits of a number a double always preserves.
pub(crate) const DECIMAL_DIGITS: u32 = 15;

/// The number of fractional digits of the seconds, from a declaration's first argument.
pub(crate) fn fraction_digits(first: Option<u32>) -> u8 {
    first
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or(0)
}

/// Parses the arguments of a declaration, such as `(10,2)`. The second one defaults to 0.
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
