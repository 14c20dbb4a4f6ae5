//! The command phase: commands in, replies out, until the client disconnects.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

use std::collections::HashMap;
use std::io;

use mysql_common::constants::CapabilityFlags;

use super::Shared;
use super::column::Column;
use super::connection_phase::{Login, TlsStream};
use super::database::Database;
use super::packets::{self, Done};
use super::params;
use super::result::{Encoding, Failure, write_definitions};
use super::server_error::ServerError;
use super::session::{Prepared, Session};
use super::sql::{Plan, Statement, split};
use super::wire::PacketStream;
use rds_bridge_wire::{Payload, command};

/// The client asks for a line of text about the server.
const COM_STATISTICS: u8 = 0x09;

/// How many prepared statements a session may hold: MySQL's default of `max_prepared_stmt_count`.
const PREPARED_LIMIT: usize = 16_382;

/// Serves a session until the client quits or disconnects.
pub(super) fn run(
    shared: &Shared,
    database: &Database,
    login: Login,
    connection_id: u32,
) -> io::Result<()> {
    let Login {
        stream,
        delay,
        capabilities,
        user,
        backend: _,
    } = login;
    let mut stream = PacketStream::new(stream, delay);
    stream.get_mut().sock.login_is_over()?;
    let mut multi_statements = capabilities.contains(CapabilityFlags::CLIENT_MULTI_STATEMENTS);
    let mut session = Session::new(shared, database, connection_id, &user, capabilities)
        .map_err(io::Error::other)?;
    loop {
        stream.begin_command();
        let payload = stream.read()?;
        if payload.first() == Some(&command::COM_QUIT) {
            return Ok(());
        }
        match serve(&mut stream, &mut session, &payload, &mut multi_statements) {
            Ok(()) => {}
            Err(Failure::Refused(error)) => stream.write(&packets::err(&error))?,
            Err(Failure::Lost(error)) => return Err(error),
        }
    }
}

/// Executes a command and writes its reply.
fn serve(
    stream: &mut PacketStream<TlsStream>,
    session: &mut Session<'_>,
    payload: &[u8],
    multi_statements: &mut bool,
) -> Result<(), Failure> {
    let Some((code, arguments)) = payload.split_first() else {
        return Err(ServerError::malformed_packet().into());
    };
    match *code {
        command::COM_QUERY => query(stream, session, arguments, *multi_statements),
        command::COM_STMT_PREPARE => prepare(stream, session, arguments),
        command::COM_STMT_EXECUTE => execute(stream, session, arguments),
        command::COM_STMT_CLOSE => {
            // The command has no reply.
            session.prepared.remove(&statement_id(arguments));
            Ok(())
        }
        command::COM_STMT_SEND_LONG_DATA => {
            send_long_data(session, arguments);
            Ok(())
        }
        command::COM_STMT_RESET => {
            if let Some(prepared) = session.prepared.get_mut(&statement_id(arguments)) {
                prepared.long.clear();
                prepared.is_too_long = false;
            }
            ok(stream, session)
        }
        command::COM_PING => ok(stream, session),
        command::COM_SET_OPTION => set_option(stream, session, arguments, multi_statements),
        COM_STATISTICS => {
            // `mysqladmin status` and the `status` command of `mysql` show this line.
            stream.write(b"Uptime: 0  Threads: 1  Questions: 0  Slow queries: 0")?;
            Ok(())
        }
        command::COM_INIT_DB => {
            let name = String::from_utf8_lossy(arguments);
            if name != session.database() {
                return Err(ServerError::unknown_database(&name).into());
            }
            ok(stream, session)
        }
        command::COM_RESET_CONNECTION => {
            session.reset()?;
            ok(stream, session)
        }
        _ => Err(ServerError::unknown_command().into()),
    }
}

fn ok(stream: &mut PacketStream<TlsStream>, session: &Session<'_>) -> Result<(), Failure> {
    let done = Done {
        status: session.status(),
        ..Done::default()
    };
    stream.write(&packets::ok(done))?;
    Ok(())
}

/// Turns multi-statements on or off. The reply is the packet that also ends rows.
fn set_option(
    stream: &mut PacketStream<TlsStream>,
    session: &Session<'_>,
    option: &[u8],
    multi_statements: &mut bool,
) -> Result<(), Failure> {
    *multi_statements = match option {
        [0, 0] => true,  // MYSQL_OPTION_MULTI_STATEMENTS_ON
        [1, 0] => false, // MYSQL_OPTION_MULTI_STATEMENTS_OFF
        _ => return Err(ServerError::unknown_command().into()),
    };
    let format = session.format(Encoding::Text);
    let end = packets::end_of_rows(format.deprecate_eof, session.status());
    stream.write(&end)?;
    Ok(())
}

fn statements(sql: &[u8]) -> Result<Vec<Statement>, ServerError> {
    let statements = split(sql).map_err(|unclosed| ServerError::syntax(unclosed.what))?;
    match statements.is_empty() {
        true => Err(ServerError::empty_query()),
        false => Ok(statements),
    }
}

fn query(
    stream: &mut PacketStream<TlsStream>,
    session: &mut Session<'_>,
    sql: &[u8],
    multi_statements: bool,
) -> Result<(), Failure> {
    let statements = statements(sql)?;
    if statements.len() > 1 && !multi_statements {
        let what = "several statements in one command, which the client did not enable (CLIENT_MULTI_STATEMENTS)";
        return Err(ServerError::syntax(what).into());
    }
    let mut left = statements.len();
    for statement in &statements {
        left = left.saturating_sub(1);
        session.execute(stream, statement, &[], Encoding::Text, left > 0)?;
    }
    Ok(())
}

fn prepare(
    stream: &mut PacketStream<TlsStream>,
    session: &mut Session<'_>,
    sql: &[u8],
) -> Result<(), Failure> {
    // MySQL uses up an id for a statement that it refuses to prepare, too.
    let id = session.last_prepared.wrapping_add(1);
    session.last_prepared = id;
    let mut statements = statements(sql)?;
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(ServerError::syntax("a prepared statement must be a single statement").into());
    };
    if session.prepared.len() >= PREPARED_LIMIT {
        let message = "Can't create more than max_prepared_stmt_count statements";
        return Err(ServerError::new(1461, "42000", message).into());
    }
    let plan: Plan = session.plan(&statement, None)?;
    let (parameters, declared) = session.describe(&plan)?;
    let narrow = |number: usize| {
        u16::try_from(number).map_err(|_| {
            let message = "Prepared statement contains too many placeholders";
            ServerError::new(1390, "HY000", message)
        })
    };
    let mut header = vec![0]; // int<1> status
    header.extend(id.to_le_bytes()); // int<4> statement_id
    header.extend(narrow(declared.len())?.to_le_bytes()); // int<2> num_columns
    header.extend(narrow(parameters)?.to_le_bytes()); // int<2> num_params
    header.extend([0, 0, 0]); // int<1> filler, int<2> warning_count
    stream.write(&header)?;

    let (format, status) = (session.format(Encoding::Binary), session.status());
    let places = vec![Column::new("?", None, None); parameters];
    let columns: Vec<Column> = declared.iter().map(|column| column.column(None)).collect();
    for columns in [places, columns] {
        if !columns.is_empty() {
            write_definitions(stream, &columns, &format, status)?;
        }
    }
    session.prepared.insert(
        id,
        Prepared {
            statement,
            parameters,
            types: Vec::new(),
            long: HashMap::new(),
            is_too_long: false,
        },
    );
    Ok(())
}

fn execute(
    stream: &mut PacketStream<TlsStream>,
    session: &mut Session<'_>,
    arguments: &[u8],
) -> Result<(), Failure> {
    let mut payload = Payload::new("COM_STMT_EXECUTE", arguments);
    let id = payload.u32("statement_id").map_err(ServerError::from)?; // int<4>
    payload.u8("flags").map_err(ServerError::from)?; // int<1>: the request for a cursor is ignored
    payload.u32("iteration_count").map_err(ServerError::from)?; // int<4>
    let Some(prepared) = session.prepared.get_mut(&id) else {
        return Err(ServerError::unknown_statement(id).into());
    };
    let Prepared {
        statement,
        parameters,
        types,
        long,
        is_too_long,
    } = prepared;
    if std::mem::take(is_too_long) {
        long.clear();
        return Err(ServerError::packet_too_large().into());
    }
    let params = params::read(&mut payload, *parameters, types, long)?;
    long.clear();
    let statement = statement.clone();
    session.execute(stream, &statement, &params, Encoding::Binary, false)
}

/// Stores a piece of a parameter's value. The command has no reply, so the following execution reports errors.
fn send_long_data(session: &mut Session<'_>, arguments: &[u8]) {
    let mut payload = Payload::new("COM_STMT_SEND_LONG_DATA", arguments);
    let (Ok(id), Ok(param)) = (payload.u32("statement_id"), payload.u16("param_id")) else {
        return;
    };
    if let Some(prepared) = session.prepared.get_mut(&id) {
        let bytes = prepared.long.entry(param).or_default();
        let data = payload.rest();
        if usize::from(param) >= prepared.parameters
            || bytes.len().saturating_add(data.len()) > super::wire::PAYLOAD_LIMIT
        {
            prepared.is_too_long = true;
            return;
        }
        bytes.extend_from_slice(data);
    }
}

/// The id that a packet begins with. If the packet is too short: 0, which is the id of no statement.
fn statement_id(arguments: &[u8]) -> u32 {
    Payload::new("COM_STMT_CLOSE", arguments)
        .u32("statement_id")
        .unwrap_or(0)
}
