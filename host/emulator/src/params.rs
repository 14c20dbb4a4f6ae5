//! The parameters of `COM_STMT_EXECUTE`, for SQLite.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html>

use std::collections::HashMap;

use mysql_common::constants::ColumnType;
use rusqlite::types::Value;

use super::server_error::ServerError;
use rds_bridge::mysql::{Date, DateTime, Time};
use rds_bridge_wire::Payload;

/// The flag in the second byte of a parameter's type: the number is unsigned.
const UNSIGNED: u8 = 0x80;

/// How many decimal digits of a number a double always preserves.
const DOUBLE_DIGITS: usize = 15;

/// A parameter's type, from the last execution that sent types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParamType {
    wire_type: u8,
    is_unsigned: bool,
}

/// Reads the values that follow `iteration_count`.
///
/// `types` holds the types of the last execution, and is replaced if this one sends new types. `long` holds the values
/// that `COM_STMT_SEND_LONG_DATA` has sent.
pub(super) fn read(
    payload: &mut Payload<'_>,
    count: usize,
    types: &mut Vec<ParamType>,
    long: &HashMap<u16, Vec<u8>>,
) -> Result<Vec<Value>, ServerError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let nulls = payload.bytes(count.div_ceil(8), "null_bitmap")?;
    if payload.u8("new_params_bind_flag")? == 1 {
        types.clear();
        for _ in 0..count {
            let wire_type = payload.u8("parameter_type")?;
            let flags = payload.u8("parameter_type")?;
            types.push(ParamType {
                wire_type,
                is_unsigned: flags & UNSIGNED != 0,
            });
        }
    }
    if types.len() != count {
        return Err(ServerError::malformed_packet());
    }
    let mut values = Vec::with_capacity(count);
    for ((index, param), number) in types.iter().enumerate().zip(0_u16..) {
        let byte = nulls.get(index.checked_div(8).unwrap_or(0)).copied();
        let bit = index.checked_rem(8).unwrap_or(0);
        let is_null = byte.unwrap_or(0) >> bit & 1 == 1;
        values.push(if is_null {
            Value::Null
        } else if let Some(bytes) = long.get(&number) {
            string(bytes, param.wire_type)
        } else {
            value(payload, *param)?
        });
    }
    Ok(values)
}

const FIELD: &str = "parameter_value";

fn value(payload: &mut Payload<'_>, param: ParamType) -> Result<Value, ServerError> {
    use ColumnType::*;
    let wire_type =
        ColumnType::try_from(param.wire_type).map_err(|_| ServerError::malformed_packet())?;
    match wire_type {
        MYSQL_TYPE_NULL => Ok(Value::Null),
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_YEAR | MYSQL_TYPE_LONG
        | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONGLONG => integer(payload, wire_type, param.is_unsigned),
        MYSQL_TYPE_FLOAT => {
            let number = f32::from_le_bytes(payload.array(FIELD)?);
            Ok(Value::Real(number.into()))
        }
        MYSQL_TYPE_DOUBLE => Ok(Value::Real(f64::from_le_bytes(payload.array(FIELD)?))),
        MYSQL_TYPE_DATE | MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIME => {
            temporal(payload, wire_type)
        }
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => decimal(length_encoded(payload)?),
        _ => Ok(string(length_encoded(payload)?, param.wire_type)),
    }
}

/// Reads an integer of its type's width, signed or unsigned.
fn integer(
    payload: &mut Payload<'_>,
    wire_type: ColumnType,
    is_unsigned: bool,
) -> Result<Value, ServerError> {
    use ColumnType::*;
    let (unsigned, signed): (u64, i64) = match wire_type {
        MYSQL_TYPE_TINY => {
            let number = payload.u8(FIELD)?;
            (number.into(), number.cast_signed().into())
        }
        MYSQL_TYPE_SHORT | MYSQL_TYPE_YEAR => {
            let number = payload.u16(FIELD)?;
            (number.into(), number.cast_signed().into())
        }
        MYSQL_TYPE_LONG | MYSQL_TYPE_INT24 => {
            let number = payload.u32(FIELD)?;
            (number.into(), number.cast_signed().into())
        }
        _ => {
            let number = u64::from_le_bytes(payload.array(FIELD)?);
            (number, number.cast_signed())
        }
    };
    if !is_unsigned {
        return Ok(Value::Integer(signed));
    }
    i64::try_from(unsigned).map(Value::Integer).map_err(|_| {
        let message =
            "Out of range value: the emulator's integers are signed and have 64 bits, as in SQLite";
        ServerError::new(1264, "22003", message)
    })
}

/// Reads a date or a time, and returns the text that is stored for it.
fn temporal(payload: &mut Payload<'_>, wire_type: ColumnType) -> Result<Value, ServerError> {
    let length = payload.u8(FIELD)?;
    let bytes = payload.bytes(length.into(), FIELD)?;
    let text = match wire_type {
        ColumnType::MYSQL_TYPE_TIME => Time::from_binary(bytes).map(|time| time.to_string()),
        ColumnType::MYSQL_TYPE_DATE => DateTime::from_binary(bytes).map(|at| {
            let Date { year, month, day } = at.date;
            format!("{year:04}-{month:02}-{day:02}")
        }),
        _ => DateTime::from_binary(bytes).map(|at| at.to_string()),
    };
    text.map(Value::Text)
        .ok_or_else(ServerError::malformed_packet)
}

/// `string<lenenc>`
fn length_encoded<'a>(payload: &mut Payload<'a>) -> Result<&'a [u8], ServerError> {
    let length = payload.lenenc_int(FIELD)?;
    let length = usize::try_from(length).map_err(|_| ServerError::malformed_packet())?;
    Ok(payload.bytes(length, FIELD)?)
}

/// Converts to a double, because SQLite has no `DECIMAL`. A number that a double may round is refused.
fn decimal(bytes: &[u8]) -> Result<Value, ServerError> {
    let text = str::from_utf8(bytes).map_err(|_| ServerError::malformed_packet())?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match text.parse() {
        Ok(number) if digits <= DOUBLE_DIGITS => Ok(Value::Real(number)),
        Ok(_) => Err(ServerError::new(
            1264,
            "22003",
            "Out of range value: the emulator keeps decimal numbers of at most 15 digits, as SQLite does",
        )),
        Err(_) => Err(ServerError::malformed_packet()),
    }
}

/// Returns text, unless the parameter has a binary type or the bytes are not UTF-8.
fn string(bytes: &[u8], wire_type: u8) -> Value {
    use ColumnType::*;
    let is_blob = matches!(
        ColumnType::try_from(wire_type),
        Ok(MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_BIT
            | MYSQL_TYPE_GEOMETRY)
    );
    match str::from_utf8(bytes) {
        Ok(text) if !is_blob => Value::Text(text.to_owned()),
        _ => Value::Blob(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], count: usize) -> Result<Vec<Value>, ServerError> {
        let mut payload = Payload::new("COM_STMT_EXECUTE", bytes);
        read(&mut payload, count, &mut Vec::new(), &HashMap::new())
    }

    #[test]
    fn bound_values_are_read() {
        // "ab", NULL, -1
        let bytes = b"\x02\x01\xFD\x00\x06\x00\x08\x00\x02ab\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
        assert_eq!(
            read_all(bytes, 3).unwrap(),
            [Value::Text("ab".into()), Value::Null, Value::Integer(-1)]
        );
        for cut in 0..bytes.len() {
            assert!(read_all(&bytes[..cut], 3).is_err(), "{cut}");
        }
    }

    #[test]
    fn decimals_are_numbers_and_are_not_rounded() {
        let bind = |text: &str| {
            let mut bytes = b"\x00\x01\xF6\x00".to_vec();
            bytes.push(u8::try_from(text.len()).unwrap());
            bytes.extend(text.bytes());
            read_all(&bytes, 1)
        };
        assert_eq!(bind("-1.25").unwrap(), [Value::Real(-1.25)]);
        for refused in ["18446744073709551617", "123456789012345678.25", "x"] {
            assert!(bind(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn bytes_stay_bytes() {
        let bytes = b"\x00\x01\xFC\x00\x02ab";
        assert_eq!(read_all(bytes, 1).unwrap(), [Value::Blob(b"ab".to_vec())]);
    }
}
