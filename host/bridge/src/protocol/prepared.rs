//! Prepared statements: `COM_STMT_PREPARE`, `COM_STMT_EXECUTE`, `COM_STMT_CLOSE`.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html>

use super::ok_packet;
use super::param::Param;
use crate::protocol::malformed::Malformed;
use rds_bridge_wire::Payload;
use rds_bridge_wire::command::{COM_STMT_CLOSE, COM_STMT_EXECUTE};

/// `CURSOR_TYPE_NO_CURSOR`
const NO_CURSOR: u8 = 0;
/// The `iteration_count` field, which is always 1.
const ITERATION_COUNT: u32 = 1;
/// The `new_params_bind_flag` field: the types of the parameters follow.
const NEW_PARAMS_BIND_FLAG: u8 = 1;

/// In MariaDB since 10.2, the id of the statement that was prepared last on the connection. With it, a statement can be
/// executed in the flight that prepares it. Servers never assign this id.
/// <https://mariadb.com/docs/server/reference/clientserver-protocol/3-binary-protocol-prepared-statements/com_stmt_execute>
pub(crate) const LAST_STATEMENT_ID: u32 = u32::MAX;

/// A prepared statement: its id on the server, and the numbers of its columns and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) id: u32,
    pub(crate) columns: usize,
    pub(crate) parameters: usize,
}

impl Statement {
    /// How many packets follow `COM_STMT_PREPARE_OK`. They can be skipped: the reply to an execution repeats the column
    /// definitions.
    pub(crate) fn definitions(self, deprecate_eof: bool) -> usize {
        let end = usize::from(!deprecate_eof);
        let packets = |definitions: usize| match definitions {
            0 => 0,
            some => some.saturating_add(end),
        };
        packets(self.parameters).saturating_add(packets(self.columns))
    }
}

/// Decodes `COM_STMT_PREPARE_OK`.
pub(crate) fn read_prepare_ok(payload: &[u8]) -> Result<Statement, Malformed> {
    let mut payload = Payload::new("COM_STMT_PREPARE_OK", payload);
    if payload.u8("status")? != ok_packet::HEADER {
        return Err(payload.invalid("status").into()); // int<1>
    }
    Ok(Statement {
        id: payload.u32("statement_id")?,                    // int<4>
        columns: usize::from(payload.u16("num_columns")?),   // int<2>
        parameters: usize::from(payload.u16("num_params")?), // int<2>
    })
}

pub(crate) fn close_payload(statement: Statement) -> [u8; 5] {
    let [a, b, c, d] = statement.id.to_le_bytes();
    [COM_STMT_CLOSE, a, b, c, d]
}

/// `COM_STMT_EXECUTE` of a statement without parameters, before the reply to `COM_STMT_PREPARE` is known.
pub(crate) fn execute_pipelined_payload(id: u32) -> Vec<u8> {
    let unseen = Statement {
        id,
        columns: 0,
        parameters: 0,
    };
    execute_payload(unseen, &[])
}

pub(crate) fn execute_payload(statement: Statement, params: &[Param]) -> Vec<u8> {
    let mut payload = vec![COM_STMT_EXECUTE];
    payload.extend(statement.id.to_le_bytes());
    payload.push(NO_CURSOR);
    payload.extend(ITERATION_COUNT.to_le_bytes());
    if params.is_empty() {
        return payload;
    }
    let nulls = params.chunks(8).map(|chunk| {
        let bits = chunk.iter().enumerate();
        bits.fold(0_u8, |byte, (bit, param)| {
            byte | (u8::from(param.is_null()) << bit)
        })
    });
    payload.extend(nulls);
    payload.push(NEW_PARAMS_BIND_FLAG);
    for param in params {
        payload.extend(param.wire_type());
    }
    for param in params {
        param.write(&mut payload);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_manual_says() {
        let statement = Statement {
            id: 7,
            columns: 0,
            parameters: 3,
        };
        let params = [Param::from("ab"), Param::Null, Param::from(-1)];
        assert_eq!(
            execute_payload(statement, &params),
            b"\x17\x07\x00\x00\x00\x00\x01\x00\x00\x00\x02\x01\xFD\x00\x06\x00\x08\x00\x02ab\
              \xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
        );
    }

    #[test]
    fn reads_what_the_server_answers() {
        let statement =
            read_prepare_ok(b"\x00\x01\x00\x00\x00\x02\x00\x03\x00\x00\x00\x00").unwrap();
        assert_eq!(
            (statement.id, statement.columns, statement.parameters),
            (1, 2, 3)
        );
        assert!(read_prepare_ok(b"\x00\x01\x00\x00\x00\x02\x00\x03").is_err());
        assert!(read_prepare_ok(b"\x01").is_err());
    }
}
