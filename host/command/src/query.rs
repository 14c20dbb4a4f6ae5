//! `rds-bridge query`

pub(super) mod destination;
mod execution;
pub(super) mod interrupt;
mod numbers;
pub(super) mod output;
mod params;
mod pipe;
mod progress;
mod replacement;
mod report;
mod room;
mod several_statements;
mod sql;
pub(super) mod terminal;
mod time_limit;
mod time_zone;
mod transaction;
mod warnings;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::connection_arguments::ConnectionArguments;
use super::error::Error;
use super::exit::Exit;
use super::runtime;
use destination::Destination;
use execution::Execution;
use output::Output;
use params::Params;
use rds_bridge::mysql::{Param, Protocol};
use rds_bridge_formats::{Format, JsonBigint};
use report::Report;
use transaction::Transaction;

#[derive(Args, Debug)]
pub(super) struct Query {
    /// The statement. Without it, and without --file, it is read from standard input
    #[arg(value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,

    /// Read the statement from a file; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    params: Params,

    /// How to write the rows. Without it: as the name of --output tells; else table on a terminal, and
    /// ndjson elsewhere
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// How JSON has the values of BIGINT columns: as numbers, or as texts. JavaScript and jq round numbers beyond
    /// 2^53, 9007199254740992. DECIMAL is always a text
    #[arg(long, value_enum, default_value = "number", value_name = "FORM")]
    json_bigint: JsonBigint,

    /// The session's time zone, in which TIMESTAMP values are shown and NOW() answers: an offset as +00:00, or a name
    /// as Europe/Berlin. Without it: the server's. In a zone with summer time two instants of autumn look alike:
    /// +00:00 keeps them apart
    #[arg(long, value_name = "ZONE", value_parser = time_zone::parse, allow_hyphen_values = true)]
    time_zone: Option<String>,

    /// In which protocol the server sends the rows. auto uses the binary protocol for queries where that takes no
    /// more round trips, and text otherwise. A long result is about twice as fast in binary: ask for it where the
    /// server is MySQL under a name that RDS does not give, or where the query contains a question mark. Values
    /// are the same, except FLOAT, which the server rounds to six digits in text
    #[arg(long, value_enum, default_value = "auto", value_name = "PROTOCOL")]
    protocol: ProtocolArgument,

    /// Write the rows to FILE atomically: it appears, or replaces the old file, only when it is complete. A statement
    /// without a result gives an empty file. A pipe or a device is written directly; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write only errors to standard error: no progress, no summary, no warnings of the server
    #[arg(long, short)]
    quiet: bool,

    /// Let the statement write. It runs in a transaction, which is committed when it is done, and rolled back if it
    /// fails or is interrupted. Not rolled back: DDL, SET, XA and what else commits by itself, what a procedure
    /// commits, and tables without transactions. Without this option the session is read-only
    #[arg(long)]
    allow_writes: bool,

    /// With --allow-writes: no transaction around the statement, so that each statement of a procedure commits by
    /// itself
    #[arg(long, requires = "allow_writes")]
    no_transaction: bool,

    /// How long the statement may take, its rows included. After that it is ended on the server, its
    /// transaction is rolled back, and the exit code is 6; a COMMIT that was sent before is waited for. Without it there
    /// is no limit
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// The longest row to read, from 65536 to 1073741824. The default is that of a MySQL server's
    /// max_allowed_packet: raise it if the server's was raised
    #[arg(long, value_name = "BYTES", default_value = "67108864")]
    max_row_bytes: usize,

    #[command(flatten)]
    connection: ConnectionArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolArgument {
    Auto,
    Text,
    Binary,
}

impl From<ProtocolArgument> for Protocol {
    fn from(argument: ProtocolArgument) -> Self {
        match argument {
            ProtocolArgument::Auto => Self::Auto,
            ProtocolArgument::Text => Self::Text,
            ProtocolArgument::Binary => Self::Binary,
        }
    }
}

pub(super) fn run(arguments: &Query) -> Result<(), Error> {
    let sql = sql::read(arguments.sql.as_deref(), arguments.file.as_deref())?;
    let params = arguments.params.read()?;
    // Before anything is asked of anybody.
    let output = open(arguments)?;
    interrupt::catch()?;
    let executed = execute(arguments, &sql, &params, output);
    interrupt::release(
        executed
            .as_ref()
            .map_or_else(Error::exit, |_| Exit::Success),
    );
    let report = executed?;
    if !report.has_ended_early && !arguments.quiet {
        report.print();
    }
    Ok(())
}

fn execute(
    arguments: &Query,
    sql: &str,
    params: &[Param],
    mut output: Output,
) -> Result<Report, Error> {
    let builder = arguments
        .connection
        .builder()?
        .protocol(arguments.protocol.into())
        .allow_writes(arguments.allow_writes)
        .max_row_bytes(arguments.max_row_bytes);
    let execution = Execution {
        arguments,
        sql,
        params,
        transaction: match arguments.allow_writes && !arguments.no_transaction {
            true => Transaction::around(sql),
            false => Transaction::None,
        },
        is_committing: Cell::new(false),
    };
    // On the heap: of what it has room for, little is used.
    let work = Box::pin(async {
        let bridge = interrupt::or_interrupted(builder.build()).await??;
        let mut connection = interrupt::or_interrupted(bridge.connect()).await??;
        if let Some(zone) = &arguments.time_zone {
            let set = time_zone::set(&mut connection, zone);
            interrupt::or_interrupted(set).await??;
        }
        let cancel = connection.cancel_handle();
        let limit = arguments.timeout.map(Duration::from_secs);
        let executed = execution.run(&mut connection, &mut output);
        let executed = time_limit::within(limit, executed, &execution.is_committing, &cancel).await;
        match executed {
            Ok(report) => {
                output.keep()?;
                // The rows are all there: whether the server hears our good-bye is no matter.
                let _closed = connection.close().await;
                Ok(report)
            }
            Err(Error::Interrupted) => {
                output.cut_off_soon().await;
                drop(output);
                Err(execution.end(&cancel, &mut connection).await)
            }
            Err(error) if time_limit::is_over(&error) => {
                execution.say_what_stays();
                output.cut_off_soon().await;
                Err(error)
            }
            Err(error) => {
                let _interrupted = interrupt::or_interrupted(output.cut_off()).await;
                Err(execution.explained(error))
            }
        }
    });
    runtime::block_on(work)
}

/// Where the rows go, and as what.
fn open(arguments: &Query) -> Result<Output, Error> {
    let path = arguments.output.as_deref();
    let format = arguments.format.map(Ok).or_else(|| {
        let path = path.filter(|path| destination::is_file(path))?;
        Some(of_file(path))
    });
    let format = format.transpose()?;
    let encoder = |format: Format| format.encoder(arguments.json_bigint).map_err(Error::from);
    let of_format = format.map(encoder).transpose()?;
    let destination = Destination::open(path)?;
    let is_terminal = destination.is_terminal();
    if is_terminal && format.is_some_and(Format::is_binary) {
        return Err(Error::Usage(
            "this format is not for a terminal: give --output FILE, or pipe it into a program"
                .to_owned(),
        ));
    }
    let encoder = match of_format {
        Some(encoder) => encoder,
        None if is_terminal => encoder(Format::Table)?,
        None => encoder(Format::Ndjson)?,
    };
    Ok(Output::new(encoder, destination))
}

/// By a file's name.
fn of_file(path: &Path) -> Result<Format, Error> {
    Format::of_file(path).ok_or_else(|| {
        Error::Usage(format!(
            "the name of {} does not tell its format: give --format, or one of the endings {}",
            path.display(),
            Format::endings()
        ))
    })
}
