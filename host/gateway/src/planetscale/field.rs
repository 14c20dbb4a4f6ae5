//! A column, as the client reads it: `query.Field` of `vitess` in JSON.

use rds_bridge::mysql::{Column, ColumnKind};
use serde::Serialize;

/// The id of the collation `binary`, by which the client tells bytes from text.
const BINARY: u16 = 63;
/// `BINARY_FLAG` and its neighbours: <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__column__definition__flags.html>
const UNSIGNED_FLAG: u16 = 1 << 5;
const ENUM_FLAG: u16 = 1 << 8;
const SET_FLAG: u16 = 1 << 11;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field<'a> {
    name: &'a str,
    /// Missing for NULL, whose number is 0.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    table: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    org_table: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    database: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    org_name: &'a str,
    column_length: u32,
    charset: u16,
    #[serde(skip_serializing_if = "is_zero")]
    decimals: u8,
    flags: u16,
    /// Missing for an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    column_type: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl<'a> Field<'a> {
    pub(super) fn new(column: &'a Column) -> Self {
        let kind = kind(column);
        Self {
            name: column.name(),
            kind,
            table: column.table(),
            org_table: column.original_table(),
            database: column.schema(),
            org_name: column.original_name(),
            column_length: column.length(),
            charset: column.character_set(),
            decimals: column.decimals(),
            flags: column.flags().bits(),
            column_type: kind
                .filter(|_| !column.original_table().is_empty())
                .map(|kind| column_type(kind, column)),
        }
    }
}

/// The name of a column's type in `query.Type` of `vitess`.
///
/// Source: `vitessio/vitess`, `go/sqltypes/const.go`, `MySQLToType`. It tells bytes from text by `BINARY_FLAG`, which collations
/// such as `utf8mb4_bin` have too; this tells them by the character set.
fn kind(column: &Column) -> Option<&'static str> {
    let flags = column.flags().bits();
    let is_binary = column.character_set() == BINARY;
    let choose = |condition: bool, one, other| if condition { one } else { other };
    let integer = |signed, unsigned| choose(flags & UNSIGNED_FLAG != 0, unsigned, signed);
    Some(match column.wire_type() as u8 {
        0x00 | 0xF6 => "DECIMAL",
        0x01 => integer("INT8", "UINT8"),
        0x02 => integer("INT16", "UINT16"),
        0x03 => integer("INT32", "UINT32"),
        0x04 => "FLOAT32",
        0x05 => "FLOAT64",
        0x06 => return None,
        0x07 => "TIMESTAMP",
        0x08 => integer("INT64", "UINT64"),
        0x09 => integer("INT24", "UINT24"),
        0x0A => "DATE",
        0x0B => "TIME",
        0x0C => "DATETIME",
        0x0D => "YEAR",
        0x10 => "BIT",
        0xF2 => "VECTOR",
        0xF5 => "JSON",
        0xF7 => "ENUM",
        0xF8 => "SET",
        0xF9..=0xFC => choose(is_binary, "BLOB", "TEXT"),
        0xFE if flags & ENUM_FLAG != 0 => "ENUM",
        0xFE if flags & SET_FLAG != 0 => "SET",
        0xFE => choose(is_binary, "BINARY", "CHAR"),
        0xFF => "GEOMETRY",
        _ => choose(is_binary, "VARBINARY", "VARCHAR"),
    })
}

/// The type as in a table's definition, as far as the column definition tells.
fn column_type(kind: &str, column: &Column) -> String {
    let name = match kind {
        "INT8" | "UINT8" => "tinyint",
        "INT16" | "UINT16" => "smallint",
        "INT24" | "UINT24" => "mediumint",
        "INT32" | "UINT32" => "int",
        "INT64" | "UINT64" => "bigint",
        "FLOAT32" => "float",
        "FLOAT64" => "double",
        other => return other_type(other, column),
    };
    match kind.starts_with('U') {
        true => format!("{name} unsigned"),
        false => name.to_owned(),
    }
}

fn other_type(kind: &str, column: &Column) -> String {
    // The lengths of texts are bytes of utf8mb4, the character set of the connection.
    let length = match column.kind() {
        ColumnKind::Text => column.length() / 4,
        _ => column.length(),
    };
    let name = kind.to_ascii_lowercase();
    match (kind, column.precision()) {
        ("DECIMAL", Some(precision)) => format!("decimal({precision},{})", column.decimals()),
        ("CHAR" | "VARCHAR" | "BINARY" | "VARBINARY" | "BIT", _) => format!("{name}({length})"),
        ("DATETIME" | "TIMESTAMP" | "TIME", _) if column.decimals() > 0 => {
            format!("{name}({})", column.decimals())
        }
        _ => name,
    }
}
