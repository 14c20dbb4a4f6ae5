//! `Protocol::ColumnDefinition41`: the name and type of a column.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html>

use std::slice::SliceIndex;

use mysql_common::constants::{ColumnFlags, ColumnType};

use super::binary_row::Layout;
use super::row::Shape;
use crate::protocol::malformed::Malformed;
use rds_bridge_wire::Payload;

/// The id of the collation `binary`: the column holds bytes, not characters.
const BINARY: u16 = 63;
/// The most digits that MySQL allows in a `DECIMAL`.
const MAX_PRECISION: u8 = 65;

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    names: Names,
    kind: ColumnKind,
    decimals: u8,
    wire_type: ColumnType,
    /// How the binary protocol encodes its values.
    layout: Layout,
    length: u32,
    character_set: u16,
    flags: ColumnFlags,
}

/// The schema, the table, the original table, the name and the original name, one after another: one allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    text: String,
    /// Where each but the last ends.
    ends: [usize; 4],
}

impl Names {
    fn read(payload: &mut Payload<'_>) -> Result<Self, Malformed> {
        let mut text = String::new();
        let mut ends = [0; 4];
        for (number, field) in ["schema", "table", "org_table", "name", "org_name"]
            .into_iter()
            .enumerate()
        {
            let bytes = payload.lenenc_bytes(field)?; // string<lenenc>
            text.push_str(&String::from_utf8_lossy(bytes));
            if let Some(end) = ends.get_mut(number) {
                *end = text.len();
            }
        }
        Ok(Self { text, ends })
    }

    fn part(&self, range: impl SliceIndex<str, Output = str>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}

/// The kind of the values in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Only NULL, as in `SELECT NULL`.
    Null,
    /// `TINYINT` to `BIGINT`
    Int,
    /// `TINYINT UNSIGNED` to `BIGINT UNSIGNED`, and `YEAR`
    UnsignedInt,
    /// `FLOAT`
    Float,
    /// `DOUBLE`
    Double,
    /// `DECIMAL`, exact
    Decimal,
    /// `BIT`, as big-endian bytes
    Bit,
    /// `DATE`
    Date,
    /// `TIME`
    Time,
    /// `DATETIME` and `TIMESTAMP`
    DateTime,
    /// `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`
    Text,
    /// `JSON`. In MariaDB `JSON` is a text column with a check, which is [`Self::Text`].
    Json,
    /// `BINARY`, `VARBINARY`, `BLOB`, and MariaDB's `VECTOR`
    Bytes,
    /// Geometry: four bytes of SRID, then well-known binary
    Geometry,
    /// `VECTOR` of MySQL 9: single-precision numbers
    Vector,
}

impl Column {
    /// The column's name or alias.
    #[must_use]
    pub fn name(&self) -> &str {
        let [_, _, start, end] = self.names.ends;
        self.names.part(start..end)
    }

    /// The table's name or alias; empty for an expression.
    #[must_use]
    pub fn table(&self) -> &str {
        let [start, end, ..] = self.names.ends;
        self.names.part(start..end)
    }

    /// The name of the table's schema (database); empty for an expression.
    #[must_use]
    pub fn schema(&self) -> &str {
        let [end, ..] = self.names.ends;
        self.names.part(..end)
    }

    /// The table's name, whatever its alias is; empty for an expression. A view has its own name.
    #[must_use]
    pub fn original_table(&self) -> &str {
        let [_, start, end, _] = self.names.ends;
        self.names.part(start..end)
    }

    /// The column's name, whatever its alias is; empty for an expression.
    #[must_use]
    pub fn original_name(&self) -> &str {
        let [.., start] = self.names.ends;
        self.names.part(start..)
    }

    /// The `column_length` field of the column definition: the most characters of a number, the number of bits of a
    /// `BIT`, and the most bytes of a text in the connection's character set.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The `character_set` field of the column definition: the id of a collation, and 63 for bytes and numbers.
    #[must_use]
    pub fn character_set(&self) -> u16 {
        self.character_set
    }

    /// The `flags` field of the column definition.
    #[must_use]
    pub fn flags(&self) -> ColumnFlags {
        self.flags
    }

    /// The kind of the column's values.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// Whether the column may be NULL.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        !self.flags.contains(ColumnFlags::NOT_NULL_FLAG)
    }

    /// The number of digits after the decimal point of a `DECIMAL`, or of the seconds of a time; 31 if it is not fixed,
    /// as in a `DOUBLE`.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// Whether the column may hold integers that a double cannot represent: `BIGINT`, and `BIT` of more than 53 bits.
    #[must_use]
    pub fn exceeds_double(&self) -> bool {
        match self.wire_type {
            ColumnType::MYSQL_TYPE_LONGLONG => true,
            ColumnType::MYSQL_TYPE_BIT => self.length > f64::MANTISSA_DIGITS,
            _ => false,
        }
    }

    #[inline]
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape {
            kind: self.kind,
            layout: self.layout,
        }
    }

    /// The number of digits of a `DECIMAL`, before and after the point; `None` for another kind.
    ///
    /// A column definition has no such field: the number is computed from the length, less the point and the sign. If
    /// that is impossible, it is 65, the most that MySQL allows.
    #[must_use]
    pub fn precision(&self) -> Option<u8> {
        if self.kind != ColumnKind::Decimal {
            return None;
        }
        let point = u32::from(self.decimals > 0);
        let is_unsigned = self.flags.contains(ColumnFlags::UNSIGNED_FLAG);
        let sign = u32::from(!is_unsigned);
        let digits = self.length.checked_sub(point.saturating_add(sign));
        let digits = digits.and_then(|digits| u8::try_from(digits).ok());
        let possible = self.decimals.max(1)..=MAX_PRECISION.max(self.decimals);
        Some(match digits {
            Some(digits) if possible.contains(&digits) => digits,
            _ => *possible.end(),
        })
    }

    /// The `type` field of the column definition.
    #[must_use]
    pub fn wire_type(&self) -> ColumnType {
        self.wire_type
    }

    /// Reads a column definition, `Protocol::ColumnDefinition41`.
    ///
    /// # Errors
    ///
    /// [`Malformed`], if the payload is not a column definition or has a type that the protocol documentation does not
    /// name.
    pub fn read(payload: &[u8]) -> Result<Self, Malformed> {
        let mut payload = Payload::new("ColumnDefinition41", payload);
        payload.skip_lenenc_string("catalog")?; // string<lenenc>
        let names = Names::read(&mut payload)?;
        payload.lenenc_int("length of fixed length fields")?; // int<lenenc>
        let character_set = payload.u16("character_set")?; // int<2>
        let length = payload.u32("column_length")?; // int<4>
        let wire_type = payload.u8("type")?; // int<1>
        let flags = ColumnFlags::from_bits_truncate(payload.u16("flags")?); // int<2>
        let decimals = payload.u8("decimals")?; // int<1>
        let Some((wire_type, kind)) = kind(wire_type, flags, character_set) else {
            let [_, _, start, end] = names.ends;
            return Err(Malformed::UnknownColumnType {
                column: names.part(start..end).to_owned(),
                kind: wire_type,
            });
        };
        Ok(Self {
            names,
            kind,
            decimals,
            wire_type,
            layout: Layout::from_type(wire_type),
            length,
            character_set,
            flags,
        })
    }
}

fn kind(wire_type: u8, flags: ColumnFlags, character_set: u16) -> Option<(ColumnType, ColumnKind)> {
    use ColumnType::*;
    let wire_type = ColumnType::try_from(wire_type).ok()?;
    let kind = match wire_type {
        MYSQL_TYPE_NULL => ColumnKind::Null,
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG
        | MYSQL_TYPE_LONGLONG => match flags.contains(ColumnFlags::UNSIGNED_FLAG) {
            true => ColumnKind::UnsignedInt,
            false => ColumnKind::Int,
        },
        MYSQL_TYPE_YEAR => ColumnKind::UnsignedInt,
        MYSQL_TYPE_FLOAT => ColumnKind::Float,
        MYSQL_TYPE_DOUBLE => ColumnKind::Double,
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => ColumnKind::Decimal,
        MYSQL_TYPE_BIT => ColumnKind::Bit,
        MYSQL_TYPE_DATE => ColumnKind::Date,
        MYSQL_TYPE_TIME => ColumnKind::Time,
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP => ColumnKind::DateTime,
        MYSQL_TYPE_JSON => ColumnKind::Json,
        MYSQL_TYPE_GEOMETRY => ColumnKind::Geometry,
        MYSQL_TYPE_VECTOR => ColumnKind::Vector,
        MYSQL_TYPE_VARCHAR
        | MYSQL_TYPE_VAR_STRING
        | MYSQL_TYPE_STRING
        | MYSQL_TYPE_ENUM
        | MYSQL_TYPE_SET
        | MYSQL_TYPE_TINY_BLOB
        | MYSQL_TYPE_MEDIUM_BLOB
        | MYSQL_TYPE_LONG_BLOB
        | MYSQL_TYPE_BLOB => match character_set {
            BINARY => ColumnKind::Bytes,
            _ => ColumnKind::Text,
        },
        // Types of storage and replication, which no server sends in a result.
        MYSQL_TYPE_NEWDATE
        | MYSQL_TYPE_TIMESTAMP2
        | MYSQL_TYPE_DATETIME2
        | MYSQL_TYPE_TIME2
        | MYSQL_TYPE_TYPED_ARRAY
        | MYSQL_TYPE_UNKNOWN => return None,
    };
    Some((wire_type, kind))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A definition as a server writes it.
    pub(crate) fn definition(name: &str, wire_type: u8, flags: u16, character_set: u16) -> Vec<u8> {
        let mut bytes = b"\x03def\x04test\x01t\x01t".to_vec();
        for _ in 0..2 {
            bytes.push(u8::try_from(name.len()).unwrap());
            bytes.extend(name.as_bytes());
        }
        bytes.push(0x0C);
        bytes.extend(character_set.to_le_bytes());
        bytes.extend(11_u32.to_le_bytes());
        bytes.push(wire_type);
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0, 0, 0]);
        bytes
    }

    #[test]
    fn reads_one_and_says_where_it_ends() {
        let whole = definition("id", 3, 0x21, 63);
        let column = Column::read(&whole).unwrap();
        assert_eq!(column.name(), "id");
        assert_eq!((column.schema(), column.table()), ("test", "t"));
        assert_eq!(column.original_table(), "t");
        assert_eq!(column.original_name(), "id");
        assert_eq!((column.length(), column.character_set()), (11, 63));
        assert_eq!(column.flags().bits(), 0x21);
        assert_eq!(column.kind(), ColumnKind::UnsignedInt);
        assert!(!column.is_nullable());
        for cut in 0..whole.len() - 2 {
            assert!(Column::read(&whole[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn the_character_set_tells_bytes_from_text() {
        let kind = |character_set| {
            let definition = definition("b", 252, 0, character_set);
            Column::read(&definition).unwrap().kind()
        };
        assert_eq!(kind(63), ColumnKind::Bytes);
        assert_eq!(kind(45), ColumnKind::Text);
    }

    #[test]
    fn the_length_of_a_decimal_tells_its_precision() {
        let precision = |length: u32, flags: u16, decimals: u8| {
            let mut definition = definition("d", 246, flags, 63);
            let end = definition.len();
            definition[end - 10..end - 6].copy_from_slice(&length.to_le_bytes());
            definition[end - 3] = decimals;
            Column::read(&definition).unwrap().precision()
        };
        assert_eq!(precision(12, 0, 2), Some(10));
        assert_eq!(precision(11, 0x20, 2), Some(10));
        assert_eq!(precision(11, 0, 0), Some(10));
        assert_eq!(precision(67, 0, 30), Some(65));
        for impossible in [0, 1, 68, u32::MAX] {
            assert_eq!(precision(impossible, 0, 2), Some(65));
        }
        assert_eq!(precision(5, 0, 200), Some(200));
        let int = Column::read(&definition("i", 3, 0, 63)).unwrap();
        assert_eq!(int.precision(), None);
    }

    #[test]
    fn an_unknown_type_is_named() {
        assert_eq!(
            Column::read(&definition("odd", 99, 0, 63)),
            Err(Malformed::UnknownColumnType {
                column: "odd".into(),
                kind: 99
            })
        );
    }
}
