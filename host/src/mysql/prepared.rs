//! Prepared statements: `COM_STMT_PREPARE`, `COM_STMT_EXECUTE`, `COM_STMT_CLOSE`.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html>

use super::command::{COM_STMT_CLOSE, COM_STMT_EXECUTE, COM_STMT_PREPARE};
use super::connection::{Connection, State};
use super::malformed::Malformed;
use super::param::Param;
use super::payload::Payload;
use super::{err_packet, ok_packet};
use crate::error::{Error, ErrorKind};

/// `CURSOR_TYPE_NO_CURSOR`
const NO_CURSOR: u8 = 0;
/// A statement is executed once for each command.
const ITERATION_COUNT: u32 = 1;
/// The parameters' types are sent along.
const NEW_PARAMS_BIND_FLAG: u8 = 1;

/// What the server knows a statement by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    id: u32,
    columns: usize,
    pub(super) parameters: usize,
}

impl Connection {
    pub(super) async fn prepare(&mut self, sql: &str) -> Result<Statement, Error> {
        self.command(&[&[COM_STMT_PREPARE], sql.as_bytes()]).await?;
        // Until all of the answer has been read: it is not one that can be picked up again.
        self.state = State::Unusable;
        let range = self.read().await?;
        let payload = self.stream.payload(range);
        if payload.first() == Some(&err_packet::HEADER) {
            let error = match err_packet::read(payload) {
                Ok(error) => error,
                Err(malformed) => return Err(self.malformed(malformed)),
            };
            self.state = State::Idle;
            return Err(self.error(ErrorKind::Server(error)));
        }
        let statement = match read_prepare_ok(payload) {
            Ok(statement) => statement,
            Err(malformed) => return Err(self.malformed(malformed)),
        };
        // The definitions of parameters and of columns say nothing that the reply will not say.
        let ends = usize::from(!self.deprecate_eof());
        for definitions in [statement.parameters, statement.columns] {
            let packets = match definitions {
                0 => 0,
                some => some.saturating_add(ends),
            };
            for _ in 0..packets {
                let range = self.read().await?;
                if self.stream.payload(range).first() == Some(&err_packet::HEADER) {
                    let packet = "COM_STMT_PREPARE_OK";
                    let field = "definitions";
                    return Err(self.malformed(Malformed::Field { packet, field }));
                }
            }
        }
        self.state = State::Idle;
        Ok(statement)
    }
}

/// `COM_STMT_PREPARE_OK`
fn read_prepare_ok(payload: &[u8]) -> Result<Statement, Malformed> {
    let mut payload = Payload::new("COM_STMT_PREPARE_OK", payload);
    if payload.u8("status")? != ok_packet::HEADER {
        return Err(payload.malformed("status")); // int<1>
    }
    Ok(Statement {
        id: payload.u32("statement_id")?,                    // int<4>
        columns: usize::from(payload.u16("num_columns")?),   // int<2>
        parameters: usize::from(payload.u16("num_params")?), // int<2>
    })
}

pub(super) fn close_payload(statement: Statement) -> Vec<u8> {
    let mut payload = vec![COM_STMT_CLOSE];
    payload.extend(statement.id.to_le_bytes());
    payload
}

pub(super) fn execute_payload(statement: Statement, params: &[Param]) -> Vec<u8> {
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
