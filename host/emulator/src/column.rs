//! The columns of a result, with the MySQL types of SQLite's values.

use mysql_common::constants::{ColumnFlags, ColumnType};
use mysql_common::io::BufMutExt;
use rusqlite::types::ValueRef;

use super::sql::{arguments, fraction_digits};

/// `utf8mb4_0900_ai_ci`
const UTF8MB4: u16 = 255;
/// The collation id `binary`, which numbers have, too.
const BINARY: u16 = 63;
/// `decimals` of a type whose number of decimals is not fixed.
const NOT_FIXED: u8 = 31;
/// The precision of a `DECIMAL` that is declared without one.
const DECIMAL_PRECISION: u32 = 10;

/// A column's name, and the type that it was declared with. An expression has no declared type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) declared: Option<String>,
}

impl Declared {
    pub(super) fn column(&self, first: Option<ValueRef<'_>>) -> Column {
        Column::new(&self.name, self.declared.as_deref(), first)
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) wire_type: ColumnType,
    pub(super) is_unsigned: bool,
    pub(super) is_binary: bool,
    /// The number of digits after the decimal point of a `DECIMAL`, or in the fractional seconds of a `DATETIME`,
    /// `TIMESTAMP` or `TIME`.
    pub(super) scale: u8,
    length: u32,
}

impl Column {
    /// Derives the type from the declaration or, without one, from the first row's value.
    pub(super) fn new(name: &str, declared: Option<&str>, first: Option<ValueRef<'_>>) -> Self {
        let of_value = || match first {
            Some(ValueRef::Integer(_)) => (ColumnType::MYSQL_TYPE_LONGLONG, true),
            Some(ValueRef::Real(_)) => (ColumnType::MYSQL_TYPE_DOUBLE, true),
            Some(ValueRef::Blob(_)) => (ColumnType::MYSQL_TYPE_BLOB, true),
            Some(ValueRef::Text(_) | ValueRef::Null) | None => {
                (ColumnType::MYSQL_TYPE_VAR_STRING, false)
            }
        };
        let declared = declared.unwrap_or_default().to_ascii_uppercase();
        let (wire_type, is_binary) = of_declaration(&declared).unwrap_or_else(of_value);
        let (precision, scale) = arguments(&declared);
        let is_decimal = wire_type == ColumnType::MYSQL_TYPE_NEWDECIMAL;
        let scale = match wire_type {
            ColumnType::MYSQL_TYPE_NEWDECIMAL => scale,
            ColumnType::MYSQL_TYPE_DATETIME
            | ColumnType::MYSQL_TYPE_TIMESTAMP
            | ColumnType::MYSQL_TYPE_TIME => fraction_digits(precision),
            _ => 0,
        };
        let is_unsigned = declared.contains("UNSIGNED");
        Self {
            name: name.to_owned(),
            wire_type,
            is_unsigned,
            is_binary,
            scale,
            length: match is_decimal {
                // Plus the decimal point and the sign.
                true => precision
                    .unwrap_or(DECIMAL_PRECISION)
                    .saturating_add(u32::from(scale > 0))
                    .saturating_add(u32::from(!is_unsigned)),
                false => precision.unwrap_or(255),
            },
        }
    }

    /// `Protocol::ColumnDefinition41`
    pub(super) fn definition(&self, database: &str) -> Vec<u8> {
        let mut flags = ColumnFlags::empty();
        flags.set(ColumnFlags::UNSIGNED_FLAG, self.is_unsigned);
        flags.set(ColumnFlags::BINARY_FLAG, self.is_binary);
        let decimals = match self.wire_type {
            ColumnType::MYSQL_TYPE_DOUBLE | ColumnType::MYSQL_TYPE_FLOAT => NOT_FIXED,
            _ => self.scale,
        };
        let mut payload = Vec::new();
        payload.put_lenenc_str(b"def"); // catalog
        payload.put_lenenc_str(database.as_bytes()); // schema
        payload.put_lenenc_str(b""); // table
        payload.put_lenenc_str(b""); // org_table
        payload.put_lenenc_str(self.name.as_bytes()); // name
        payload.put_lenenc_str(self.name.as_bytes()); // org_name
        payload.push(0x0C); // int<lenenc> length of fixed length fields
        let character_set = if self.is_binary { BINARY } else { UTF8MB4 };
        payload.extend(character_set.to_le_bytes()); // int<2>
        payload.extend(self.length.to_le_bytes()); // int<4> column_length
        payload.push(self.wire_type as u8); // int<1> type
        payload.extend(flags.bits().to_le_bytes()); // int<2>
        payload.push(decimals); // int<1>
        payload.extend([0, 0]); // string[2] filler
        payload
    }
}

/// The wire type of a declaration, and whether its values have the collation `binary`.
fn of_declaration(declared: &str) -> Option<(ColumnType, bool)> {
    use ColumnType::*;
    let word = declared
        .split(|character: char| !character.is_ascii_alphabetic())
        .next()?;
    Some(match word {
        "TINYINT" | "BOOL" | "BOOLEAN" => (MYSQL_TYPE_TINY, true),
        "SMALLINT" => (MYSQL_TYPE_SHORT, true),
        "MEDIUMINT" => (MYSQL_TYPE_INT24, true),
        "INT" => (MYSQL_TYPE_LONG, true),
        // SQLite's `INTEGER` has 64 bits.
        "BIGINT" | "INTEGER" => (MYSQL_TYPE_LONGLONG, true),
        "YEAR" => (MYSQL_TYPE_YEAR, true),
        "FLOAT" => (MYSQL_TYPE_FLOAT, true),
        "DOUBLE" | "REAL" => (MYSQL_TYPE_DOUBLE, true),
        "DECIMAL" | "NUMERIC" | "DEC" => (MYSQL_TYPE_NEWDECIMAL, true),
        "DATE" => (MYSQL_TYPE_DATE, true),
        "DATETIME" => (MYSQL_TYPE_DATETIME, true),
        "TIMESTAMP" => (MYSQL_TYPE_TIMESTAMP, true),
        "TIME" => (MYSQL_TYPE_TIME, true),
        "JSON" => (MYSQL_TYPE_JSON, true),
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
            (MYSQL_TYPE_BLOB, true)
        }
        "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "ENUM" | "SET" => {
            (MYSQL_TYPE_VAR_STRING, false)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types() {
        let price = Column::new("price", Some("decimal(10, 2)"), None);
        assert_eq!(price.wire_type, ColumnType::MYSQL_TYPE_NEWDECIMAL);
        assert_eq!(price.scale, 2);
        let id = Column::new("id", Some("INT UNSIGNED"), None);
        assert_eq!(id.wire_type, ColumnType::MYSQL_TYPE_LONG);
        assert!(id.is_unsigned);
        let at = Column::new("at", Some("TIMESTAMP(6)"), None);
        assert_eq!(
            (at.wire_type, at.scale),
            (ColumnType::MYSQL_TYPE_TIMESTAMP, 6)
        );
    }

    #[test]
    fn expressions_have_the_type_of_their_first_value() {
        let kind = |value| Column::new("x", None, Some(value)).wire_type;
        assert_eq!(kind(ValueRef::Integer(1)), ColumnType::MYSQL_TYPE_LONGLONG);
        assert_eq!(kind(ValueRef::Real(1.0)), ColumnType::MYSQL_TYPE_DOUBLE);
        assert_eq!(kind(ValueRef::Text(b"")), ColumnType::MYSQL_TYPE_VAR_STRING);
        assert_eq!(kind(ValueRef::Null), ColumnType::MYSQL_TYPE_VAR_STRING);
    }

    /// The client's parser reads what the server's side writes.
    #[test]
    fn the_hosts_own_parser_reads_a_definition() {
        use rds_bridge::mysql::ColumnKind;
        for (declared, kind) in [
            ("DECIMAL(10,2)", ColumnKind::Decimal),
            ("VARCHAR(64)", ColumnKind::Text),
            ("BLOB", ColumnKind::Bytes),
            ("BIGINT UNSIGNED", ColumnKind::UnsignedInt),
            ("DATETIME", ColumnKind::DateTime),
            ("JSON", ColumnKind::Json),
        ] {
            let definition = Column::new("c", Some(declared), None).definition("iamtest");
            let read = rds_bridge::mysql::Column::read(&definition).unwrap();
            assert_eq!((read.name(), read.kind()), ("c", kind), "{declared}");
        }
        for (declared, precision) in [
            ("DECIMAL", 10),
            ("DECIMAL(5)", 5),
            ("DECIMAL(12,2)", 12),
            ("DECIMAL(65,30) UNSIGNED", 65),
        ] {
            let definition = Column::new("c", Some(declared), None).definition("iamtest");
            let read = rds_bridge::mysql::Column::read(&definition).unwrap();
            assert_eq!(read.precision(), Some(precision), "{declared}");
        }
    }
}
