//! Columns: every type that a server sends, with and without a sign, of every character set.

use mysql_common::constants::{ColumnFlags, ColumnType};
use mysql_common::io::BufMutExt;
use proptest::prelude::*;

use crate::protocol::column::ColumnKind;

const BINARY: u16 = 63;
/// `latin1_swedish_ci`, `utf8mb3_general_ci`, `utf8mb4_general_ci`, `utf16_general_ci`,
/// `utf8mb4_0900_ai_ci`, MariaDB's `uca1400`: what is sent is in the connection's character set.
const CHARACTER_SETS: [u16; 6] = [8, 33, 45, 54, 255, 2304];

#[derive(Clone, Debug)]
pub(super) struct GeneratedColumn {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) wire_type: ColumnType,
    pub(super) kind: ColumnKind,
    flags: ColumnFlags,
    character_set: u16,
    pub(super) decimals: u8,
}

impl GeneratedColumn {
    pub(super) fn is_nullable(&self) -> bool {
        !self.flags.contains(ColumnFlags::NOT_NULL_FLAG)
    }

    /// `Protocol::ColumnDefinition41`. Not by `mysql_common`, which writes the character set and the length
    /// in the wrong order.
    pub(super) fn definition(&self) -> Vec<u8> {
        let mut definition = Vec::new();
        for text in ["def", "test", &self.table, "t", &self.name, "c"] {
            definition.put_lenenc_str(text.as_bytes());
        }
        definition.push(0x0C);
        definition.extend(self.character_set.to_le_bytes());
        definition.extend(255_u32.to_le_bytes());
        definition.push(self.wire_type as u8);
        definition.extend(self.flags.bits().to_le_bytes());
        definition.extend([self.decimals, 0, 0]);
        definition
    }
}

/// Type, kind, flags that the server sets with it, character set.
type Class = (ColumnType, ColumnKind, ColumnFlags, u16);

fn integers() -> impl Strategy<Value = Class> {
    use ColumnType::*;
    let types = prop::sample::select(vec![
        MYSQL_TYPE_TINY,
        MYSQL_TYPE_SHORT,
        MYSQL_TYPE_INT24,
        MYSQL_TYPE_LONG,
        MYSQL_TYPE_LONGLONG,
    ]);
    let signs = prop::sample::select(vec![
        (ColumnKind::Int, ColumnFlags::empty()),
        (ColumnKind::UnsignedInt, ColumnFlags::UNSIGNED_FLAG),
        (
            ColumnKind::UnsignedInt,
            ColumnFlags::UNSIGNED_FLAG.union(ColumnFlags::ZEROFILL_FLAG),
        ),
    ]);
    (types, signs).prop_map(|(wire_type, (kind, flags))| (wire_type, kind, flags, BINARY))
}

fn strings() -> impl Strategy<Value = Class> {
    use ColumnType::*;
    let types = prop::sample::select(vec![
        MYSQL_TYPE_VARCHAR,
        MYSQL_TYPE_VAR_STRING,
        MYSQL_TYPE_STRING,
        MYSQL_TYPE_ENUM,
        MYSQL_TYPE_SET,
        MYSQL_TYPE_TINY_BLOB,
        MYSQL_TYPE_MEDIUM_BLOB,
        MYSQL_TYPE_LONG_BLOB,
        MYSQL_TYPE_BLOB,
    ]);
    let character_sets = prop_oneof![Just(BINARY), prop::sample::select(CHARACTER_SETS.to_vec())];
    (types, character_sets).prop_map(|(wire_type, character_set)| {
        let kind = match character_set {
            BINARY => ColumnKind::Bytes,
            _ => ColumnKind::Text,
        };
        (wire_type, kind, ColumnFlags::empty(), character_set)
    })
}

fn others() -> impl Strategy<Value = Class> {
    use ColumnType::*;
    let unsigned = ColumnFlags::UNSIGNED_FLAG;
    let none = ColumnFlags::empty();
    prop::sample::select(vec![
        (MYSQL_TYPE_NULL, ColumnKind::Null, none, BINARY),
        (MYSQL_TYPE_YEAR, ColumnKind::UnsignedInt, unsigned, BINARY),
        (MYSQL_TYPE_FLOAT, ColumnKind::Float, none, BINARY),
        (MYSQL_TYPE_DOUBLE, ColumnKind::Double, none, BINARY),
        (MYSQL_TYPE_DOUBLE, ColumnKind::Double, unsigned, BINARY),
        (MYSQL_TYPE_DECIMAL, ColumnKind::Decimal, none, BINARY),
        (MYSQL_TYPE_NEWDECIMAL, ColumnKind::Decimal, none, BINARY),
        (MYSQL_TYPE_BIT, ColumnKind::Bit, unsigned, BINARY),
        (MYSQL_TYPE_DATE, ColumnKind::Date, none, BINARY),
        (MYSQL_TYPE_TIME, ColumnKind::Time, none, BINARY),
        (MYSQL_TYPE_DATETIME, ColumnKind::DateTime, none, BINARY),
        (MYSQL_TYPE_TIMESTAMP, ColumnKind::DateTime, none, BINARY),
        (MYSQL_TYPE_JSON, ColumnKind::Json, none, 45),
        (MYSQL_TYPE_GEOMETRY, ColumnKind::Geometry, none, BINARY),
        (MYSQL_TYPE_VECTOR, ColumnKind::Vector, none, BINARY),
    ])
}

pub(super) fn column() -> impl Strategy<Value = GeneratedColumn> {
    let class = prop_oneof![2 => integers(), 2 => strings(), 4 => others()];
    // A name may be of 64 characters, an alias of 256; of four bytes each, its length takes three.
    let name = prop_oneof![8 => "[a-z_]{0,10}", 1 => "\\PC{0,64}", 1 => "😀{60,70}"];
    (class, name, "[a-z]{0,5}", any::<bool>(), 0..=6_u8).prop_map(
        |((wire_type, kind, flags, character_set), name, table, is_nullable, decimals)| {
            let not_null = match is_nullable {
                true => ColumnFlags::empty(),
                false => ColumnFlags::NOT_NULL_FLAG,
            };
            GeneratedColumn {
                name,
                table,
                wire_type,
                kind,
                flags: flags | not_null,
                character_set,
                decimals,
            }
        },
    )
}
