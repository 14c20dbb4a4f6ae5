//! `ColumnMetadata`: a column, as JDBC's `ResultSetMetaData` describes it.

use mysql_common::constants::{ColumnFlags, ColumnType};
use rds_bridge::mysql::{Column, ColumnKind};
use serde::Serialize;

use super::field::is_boolean;

/// The most bytes of a character in the connection's character set, `utf8mb4`.
const BYTES_OF_A_CHARACTER: u32 = 4;
/// `column_decimals` of a column without a fixed number of digits after the point.
const NOT_FIXED: u8 = 31;

/// `ColumnMetadata`
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ColumnMetadata<'c> {
    array_base_column_type: i32,
    is_auto_increment: bool,
    is_case_sensitive: bool,
    is_currency: bool,
    is_signed: bool,
    label: &'c str,
    name: &'c str,
    nullable: i32,
    precision: u32,
    scale: u8,
    /// MySQL's schemas are what JDBC calls catalogs.
    schema_name: &'static str,
    table_name: &'c str,
    r#type: i32,
    type_name: &'static str,
}

impl<'c> ColumnMetadata<'c> {
    pub(super) fn new(column: &'c Column) -> Self {
        let flags = column.flags();
        let is_unsigned = flags.contains(ColumnFlags::UNSIGNED_FLAG);
        let is_text = column.kind() == ColumnKind::Text;
        let (type_code, type_name) = jdbc_type(column);
        let label = column.name();
        Self {
            array_base_column_type: 0,
            is_auto_increment: flags.contains(ColumnFlags::AUTO_INCREMENT_FLAG),
            is_case_sensitive: is_text && flags.contains(ColumnFlags::BINARY_FLAG),
            is_currency: false,
            is_signed: is_number(column) && !is_unsigned,
            label,
            name: match column.original_name() {
                "" => label,
                original => original,
            },
            nullable: i32::from(column.is_nullable()),
            precision: precision(column),
            scale: match column.decimals() {
                NOT_FIXED => 0,
                decimals => decimals,
            },
            schema_name: "",
            table_name: column.original_table(),
            r#type: type_code,
            type_name,
        }
    }
}

fn is_number(column: &Column) -> bool {
    matches!(
        column.kind(),
        ColumnKind::Int
            | ColumnKind::UnsignedInt
            | ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Decimal
    )
}

/// The digits of a number, the characters of a text, and else the bytes.
fn precision(column: &Column) -> u32 {
    match (column.kind(), column.precision()) {
        (_, Some(digits)) => digits.into(),
        (ColumnKind::Text, None) => column.length() / BYTES_OF_A_CHARACTER,
        (_, None) => column.length(),
    }
}

/// The number in `java.sql.Types`, and the name of the type.
fn jdbc_type(column: &Column) -> (i32, &'static str) {
    use ColumnType::*;
    let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let integer = |code, signed, unsigned| {
        let name = if is_unsigned { unsigned } else { signed };
        (code, name)
    };
    match column.wire_type() {
        _ if is_boolean(column) => (-7, "BIT"),
        MYSQL_TYPE_TINY => integer(-6, "TINYINT", "TINYINT UNSIGNED"),
        MYSQL_TYPE_SHORT => integer(5, "SMALLINT", "SMALLINT UNSIGNED"),
        MYSQL_TYPE_INT24 => integer(4, "MEDIUMINT", "MEDIUMINT UNSIGNED"),
        MYSQL_TYPE_LONG => integer(4, "INT", "INT UNSIGNED"),
        MYSQL_TYPE_LONGLONG => integer(-5, "BIGINT", "BIGINT UNSIGNED"),
        MYSQL_TYPE_FLOAT => (7, "FLOAT"),
        MYSQL_TYPE_DOUBLE => (8, "DOUBLE"),
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => (3, "DECIMAL"),
        MYSQL_TYPE_BIT => (-3, "BIT"),
        MYSQL_TYPE_YEAR => (5, "YEAR"),
        MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE => (91, "DATE"),
        MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => (92, "TIME"),
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2 => (93, "DATETIME"),
        MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2 => (93, "TIMESTAMP"),
        MYSQL_TYPE_NULL => (0, "NULL"),
        MYSQL_TYPE_JSON => (-1, "JSON"),
        MYSQL_TYPE_GEOMETRY => (-3, "GEOMETRY"),
        MYSQL_TYPE_VECTOR => (-3, "VECTOR"),
        _ => of_string(column),
    }
}

/// `CHAR`, `VARCHAR`, `TEXT` and their kin. A definition tells the sizes of `TEXT` apart by the length alone.
fn of_string(column: &Column) -> (i32, &'static str) {
    use ColumnType::*;
    let flags = column.flags();
    let is_text = column.kind() == ColumnKind::Text;
    let either = |text, bytes| if is_text { text } else { bytes };
    match column.wire_type() {
        MYSQL_TYPE_ENUM => (1, "ENUM"),
        MYSQL_TYPE_SET => (1, "SET"),
        MYSQL_TYPE_STRING if flags.contains(ColumnFlags::ENUM_FLAG) => (1, "ENUM"),
        MYSQL_TYPE_STRING if flags.contains(ColumnFlags::SET_FLAG) => (1, "SET"),
        MYSQL_TYPE_STRING => either((1, "CHAR"), (-2, "BINARY")),
        MYSQL_TYPE_VARCHAR | MYSQL_TYPE_VAR_STRING => either((12, "VARCHAR"), (-3, "VARBINARY")),
        _ => match precision(column) {
            0..=0xFF => either((12, "TINYTEXT"), (-3, "TINYBLOB")),
            0x100..=0xFFFF => either((-1, "TEXT"), (-4, "BLOB")),
            0x1_0000..=0xFF_FFFF => either((-1, "MEDIUMTEXT"), (-4, "MEDIUMBLOB")),
            _ => either((-1, "LONGTEXT"), (-4, "LONGBLOB")),
        },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a column definition says.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Definition {
        pub(in super::super) wire_type: u8,
        pub(in super::super) length: u32,
        pub(in super::super) flags: u16,
        pub(in super::super) decimals: u8,
        pub(in super::super) character_set: u16,
    }

    impl Definition {
        pub(in super::super) const fn of_type(wire_type: u8) -> Self {
            Self {
                wire_type,
                length: 20,
                flags: 0,
                decimals: 0,
                character_set: 63,
            }
        }
    }

    pub(in super::super) fn column(definition: Definition) -> Column {
        let mut bytes = b"\x03def\x04test\x01a\x04cats\x05label\x04name\x0C".to_vec();
        bytes.extend(definition.character_set.to_le_bytes());
        bytes.extend(definition.length.to_le_bytes());
        bytes.push(definition.wire_type);
        bytes.extend(definition.flags.to_le_bytes());
        bytes.extend([definition.decimals, 0, 0]);
        Column::read(&bytes).unwrap()
    }

    fn described(definition: Definition) -> serde_json::Value {
        serde_json::to_value(ColumnMetadata::new(&column(definition))).unwrap()
    }

    /// As a recorded response of AWS describes `id INT UNSIGNED NOT NULL AUTO_INCREMENT`.
    #[test]
    fn a_column_is_described_as_aws_does() {
        let definition = Definition {
            length: 10,
            flags: 1 | 32 | 512,
            ..Definition::of_type(3)
        };
        let expected = serde_json::json!({
            "arrayBaseColumnType": 0, "isAutoIncrement": true, "isCaseSensitive": false,
            "isCurrency": false, "isSigned": false, "label": "label", "name": "name", "nullable": 0,
            "precision": 10, "scale": 0, "schemaName": "", "tableName": "cats", "type": 4,
            "typeName": "INT UNSIGNED",
        });
        assert_eq!(described(definition), expected);
    }

    #[test]
    fn the_length_of_a_text_is_in_characters() {
        let text = Definition {
            length: 400,
            character_set: 45,
            ..Definition::of_type(253)
        };
        let varchar = described(text);
        assert_eq!(
            (&varchar["precision"], &varchar["typeName"]),
            (&100.into(), &"VARCHAR".into())
        );
        assert_eq!(
            (&varchar["type"], &varchar["isSigned"]),
            (&12.into(), &false.into())
        );
    }

    #[test]
    fn every_type_has_its_name() {
        let text = |definition| Definition {
            character_set: 45,
            ..definition
        };
        let blob = |length| Definition {
            length,
            ..Definition::of_type(252)
        };
        for (definition, name) in [
            (
                Definition {
                    length: 1,
                    ..Definition::of_type(1)
                },
                "BIT",
            ),
            (Definition::of_type(1), "TINYINT"),
            (
                Definition {
                    flags: 32,
                    ..Definition::of_type(8)
                },
                "BIGINT UNSIGNED",
            ),
            (Definition::of_type(246), "DECIMAL"),
            (Definition::of_type(12), "DATETIME"),
            (Definition::of_type(7), "TIMESTAMP"),
            (Definition::of_type(13), "YEAR"),
            (text(Definition::of_type(245)), "JSON"),
            (Definition::of_type(254), "BINARY"),
            (text(Definition::of_type(254)), "CHAR"),
            (
                text(Definition {
                    flags: 256,
                    ..Definition::of_type(254)
                }),
                "ENUM",
            ),
            (
                text(Definition {
                    flags: 2048,
                    ..Definition::of_type(254)
                }),
                "SET",
            ),
            (blob(255), "TINYBLOB"),
            (blob(65_535), "BLOB"),
            (blob(16_777_215), "MEDIUMBLOB"),
            (blob(u32::MAX), "LONGBLOB"),
            (text(blob(262_140)), "TEXT"),
        ] {
            assert_eq!(described(definition)["typeName"], name);
        }
    }
}
