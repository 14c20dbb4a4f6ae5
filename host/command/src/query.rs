//! `rds-bridge query`: executes a statement and writes its rows.

pub(super) mod destination;
mod execution;
mod format_arguments;
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
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::connection_arguments::ConnectionArguments;
use super::error::Error;
use super::exit::Exit;
use super::runtime;
use destination::Destination;
use execution::Execution;
use format_arguments::FormatArguments;
use output::Output;
use params::Params;
use rds_bridge::mysql::{Param, Protocol};
use rds_bridge_formats::Format;
use report::Report;
use transaction::Transaction;

#[derive(Args, Debug)]
pub(super) struct Query {
    /// SQL statement to execute [default: standard input]
    #[arg(value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,

    /// Read the statement from FILE; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    params: Params,

    #[command(flatten)]
    format: FormatArguments,

    /// Session time zone: an offset such as +00:00, or a name such as Europe/Berlin
    ///
    /// TIMESTAMP values and NOW() are in this time zone. By default the server's. In a zone with daylight saving time,
    /// one hour in autumn occurs twice and its TIMESTAMP values are ambiguous; with +00:00 they are not.
    #[arg(long, value_name = "ZONE", value_parser = time_zone::parse, allow_hyphen_values = true)]
    time_zone: Option<String>,

    /// MySQL protocol in which the server sends the rows
    ///
    /// The default, auto, uses the binary protocol for queries for which it needs no extra round trip, and the text
    /// protocol otherwise. A long result is about twice as fast in the binary protocol. Set it for a query that
    /// contains a question mark, and for a MySQL server whose name is not an RDS endpoint. The values are the same in
    /// both, except FLOAT, which the server rounds to six digits in the text protocol.
    #[arg(long, value_enum, default_value = "auto", value_name = "PROTOCOL")]
    protocol: ProtocolArgument,

    /// Write to FILE atomically: it appears, or replaces the old file, only when complete
    ///
    /// A statement without a result produces an empty file. A pipe or a device is written directly; - is standard
    /// output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print only errors to standard error: no progress, no summary, no warnings of the server
    #[arg(long, short)]
    quiet: bool,

    /// Allow the statement to write, in a transaction
    ///
    /// Without this option the session is read-only. The transaction is committed when the statement is complete, and
    /// rolled back if the statement fails or is interrupted. Not rolled back are statements that commit implicitly
    /// (DDL, SET, XA and others), what a procedure commits, and tables of a storage engine without transactions.
    #[arg(long)]
    allow_writes: bool,

    /// With --allow-writes: run the statement without a transaction
    ///
    /// Each statement of a procedure then commits by itself.
    #[arg(long, requires = "allow_writes")]
    no_transaction: bool,

    /// Time limit for the statement and its rows, in seconds [default: none]
    ///
    /// After that, the statement is ended on the server, its transaction is rolled back, and the exit code is 6. A
    /// COMMIT that was already sent is not abandoned: its answer is awaited for a few seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// Longest row to accept, in bytes, from 65536 to 1073741824
    ///
    /// The default is that of max_allowed_packet of a MySQL server. Raise it if the server's value was raised.
    #[arg(long, value_name = "BYTES", default_value = "67108864")]
    max_row_bytes: usize,

    #[command(flatten)]
    connection: ConnectionArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolArgument {
    /// Binary where it needs no extra round trip
    Auto,
    /// Values as text
    Text,
    /// Values in MySQL's binary encoding
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
    // Before connecting: an unusable destination should fail at once.
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
        transaction: if arguments.allow_writes && !arguments.no_transaction {
            Transaction::around(sql)
        } else {
            Transaction::None
        },
        is_committing: Cell::new(false),
    };
    // On the heap: the future is large, and little of it is used.
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
                // The rows are complete, so a failure to close the connection does not matter.
                let _closed = connection.close().await;
                Ok(report)
            }
            Err(Error::Interrupted) => {
                output.cut_off_soon().await;
                drop(output);
                Err(execution.end(&cancel, &mut connection).await)
            }
            Err(error) if time_limit::is_exceeded(&error) => {
                execution.warn_if_not_rolled_back();
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

/// Opens the destination of the rows, and selects their format.
fn open(arguments: &Query) -> Result<Output, Error> {
    let path = arguments.output.as_deref();
    let file = path.filter(|path| destination::is_file(path));
    let format = arguments.format.given_or_of_file(file)?;
    // Refuses options that do not fit the format before a file is created.
    let encoder = format.map(|it| arguments.format.encoder(it)).transpose()?;
    let destination = Destination::open(path)?;
    let is_terminal = destination.is_terminal();
    if is_terminal && format.is_some_and(Format::is_binary) {
        return Err(Error::Usage(
            "this format is binary and not for a terminal: add --output FILE, or pipe it into a program"
                .to_owned(),
        ));
    }
    let encoder = match encoder {
        Some(encoder) => encoder,
        None if is_terminal => arguments.format.encoder(Format::Table)?,
        None => arguments.format.encoder(Format::Ndjson)?,
    };
    Ok(Output::new(encoder, destination))
}
