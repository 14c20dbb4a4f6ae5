//! `rds-bridge query`: executes statements and writes their rows.

mod binding;
mod compression;
pub(super) mod destination;
mod execution;
mod format_arguments;
pub(super) mod interrupt;
mod limit;
mod missing_parameters;
mod numbers;
pub(super) mod output;
mod pager;
mod params;
mod pipe;
mod progress;
mod replacement;
mod report;
mod room;
mod several_statements;
mod sql;
mod tally;
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
use pager::Pager;
use params::Params;
use progress::waiting;
use rds_bridge::Bridge;
use rds_bridge::mysql::{Connection, Param, Protocol};
use rds_bridge_formats::Format;
use report::Report;
use several_statements::Statement;
use transaction::Transaction;

#[derive(Args, Debug)]
pub(super) struct Query {
    /// SQL statement to execute, or several separated by semicolons [default: standard input]
    ///
    /// The server executes several statements one after another and stops at the first that fails. The error gives the
    /// position of that statement. Commands of the mysql client, such as \G and DELIMITER, are refused.
    #[arg(value_name = "SQL", conflicts_with = "file")]
    sql: Option<String>,

    /// Read the statements from FILE; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    params: Params,

    #[command(flatten)]
    format: FormatArguments,

    /// Session time zone: an offset such as +00:00, or a name such as Europe/Berlin
    ///
    /// TIMESTAMP values and NOW() are in this time zone. The default is the server's time zone. In a zone with daylight
    /// saving time, one hour in autumn occurs twice and its TIMESTAMP values are ambiguous; with +00:00 they are not.
    #[arg(long, value_name = "ZONE", value_parser = time_zone::parse, allow_hyphen_values = true)]
    time_zone: Option<String>,

    /// MySQL protocol in which the server sends the rows
    ///
    /// The default, auto, uses the binary protocol for queries for which it needs no extra round trip, and the text
    /// protocol otherwise. A long result is about twice as fast in the binary protocol. In two cases auto may use text
    /// for a long result, so set binary: the query contains a question mark, or the server is MySQL and its host name
    /// is not an RDS endpoint. The values are the same in both protocols, except FLOAT, which the server rounds to six
    /// digits in the text protocol.
    #[arg(long, value_enum, default_value = "auto", value_name = "PROTOCOL")]
    protocol: ProtocolArgument,

    /// Write to FILE atomically: it appears, or replaces the old file, only when complete
    ///
    /// Statements without a result produce an empty file; for parquet and arrow they are an error. A csv, tsv, json,
    /// parquet or arrow file holds one result, and a second one is an error. A name such as rows.csv.gz or rows.csv.zst
    /// compresses the file. A pipe or a device is written directly; - is standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Show the rows in a pager: the program that PAGER names, or less
    ///
    /// Without a terminal on standard output this option has no effect. less is run with LESS=FRX, unless LESS is set,
    /// so that it exits at once if the rows fit on the screen. For wide tables, use --columns 0 with PAGER='less -S'.
    #[arg(long, conflicts_with = "output")]
    pager: bool,

    /// Print only errors to standard error: no progress, no summary, no warnings of the server
    #[arg(long, short)]
    quiet: bool,

    /// Allow the statements to write, in a transaction
    ///
    /// Without this option the session is read-only. The transaction is committed when all statements are complete, and
    /// rolled back if one fails or is interrupted. The rollback does not undo statements that take effect at once (DDL,
    /// SET GLOBAL, XA and others), changes that a procedure commits, or changes to tables whose storage engine has no
    /// transactions.
    #[arg(long)]
    allow_writes: bool,

    /// With --allow-writes: run the statements without a transaction
    ///
    /// Each statement, including those inside a procedure, then commits on its own.
    #[arg(long, requires = "allow_writes")]
    no_transaction: bool,

    /// Time limit for all statements and their rows, in seconds [default: none]
    ///
    /// After that, the command ends the statement on the server, rolls back its transaction if there is one, and exits
    /// with code 6. If COMMIT was already sent, the command waits a few more seconds for its answer.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,

    /// Write at most this many rows of each result [default: all]
    ///
    /// The command sets sql_select_limit, so that the server sends at most one row more than the limit. The server
    /// ignores this setting in a SELECT with its own LIMIT, and inside procedures. If there are more rows, a message
    /// on standard error says so. The file of --output then has only the rows up to the limit, and counts as complete.
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,

    /// Longest row to accept, in bytes, from 65536 to 1073741824
    ///
    /// The default is MySQL's default for max_allowed_packet. Raise the limit if max_allowed_packet was raised on the
    /// server.
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
    let (sql, params) = arguments.params.bind(&sql)?;
    let statements = sql::split(&sql)?;
    check_several(arguments, &statements)?;
    // Before connecting: an unusable destination should fail at once.
    let output = open(arguments)?;
    interrupt::catch()?;
    let executed = execute(arguments, &sql, &statements, &params, output);
    interrupt::release(
        executed
            .as_ref()
            .map_or_else(Error::exit, |_| Exit::Success),
    );
    let report =
        executed.map_err(|error| missing_parameters::explained(error, &sql, !params.is_empty()))?;
    if !report.has_ended_early && !arguments.quiet {
        report.print();
    }
    Ok(())
}

fn execute(
    arguments: &Query,
    sql: &str,
    statements: &[Statement<'_>],
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
        statements,
        params,
        transaction: if arguments.allow_writes && !arguments.no_transaction {
            Transaction::around(statements.iter().map(|it| it.text))
        } else {
            Transaction::None
        },
        is_committing: Cell::new(false),
    };
    // On the heap: the future is large, and little of it is used.
    let work = Box::pin(async {
        let bridge = interrupt::or_interrupted(builder.build()).await??;
        let mut connection = connect(arguments, &bridge).await?;
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
                // A file is removed now. A pager is awaited after the statement has ended.
                let _pager = output.unless_vanishing();
                Err(execution.end(&cancel, &mut connection).await)
            }
            Err(error) if time_limit::is_exceeded(&error) => {
                execution.warn_if_not_rolled_back();
                output.cut_off_soon().await;
                Err(error)
            }
            Err(error) => {
                let _interrupted = interrupt::or_interrupted(output.cut_off()).await;
                Err(error)
            }
        }
    });
    runtime::block_on(work)
}

/// Connects, and applies the settings of the session.
async fn connect(arguments: &Query, bridge: &Bridge) -> Result<Connection, Error> {
    let connecting = interrupt::or_interrupted(bridge.connect());
    let connected = waiting("connecting", arguments.quiet, connecting).await?;
    let mut connection = connected.map_err(|error| arguments.connection.explained(error))?;
    if let Some(zone) = &arguments.time_zone {
        let set = time_zone::set(&mut connection, zone);
        interrupt::or_interrupted(set).await??;
    }
    if let Some(limit) = arguments.limit {
        let set = limit::set(&mut connection, limit);
        interrupt::or_interrupted(set).await??;
    }
    Ok(connection)
}

/// Refuses options that several statements cannot have.
fn check_several(arguments: &Query, statements: &[Statement<'_>]) -> Result<(), Error> {
    let count = statements.len();
    let for_one = |what: &str| {
        Err(Error::Usage(format!(
            "{what} only with a single statement, but {count} are given"
        )))
    };
    if count <= 1 {
        return Ok(());
    }
    if !arguments.params.is_empty() {
        return for_one("parameters work");
    }
    if matches!(arguments.protocol, ProtocolArgument::Binary) {
        return for_one("--protocol binary works");
    }
    let unlocks = |it: &&Statement<'_>| it.may_allow_writes;
    match statements.iter().find(unlocks) {
        Some(statement) if !arguments.allow_writes => Err(Error::Usage(format!(
            "the statement \"{}\" would let the others write: remove it, or add --allow-writes",
            statement.text.trim()
        ))),
        _ => Ok(()),
    }
}

/// Opens the destination of the rows, and selects their format.
fn open(arguments: &Query) -> Result<Output, Error> {
    let path = arguments.output.as_deref();
    let file = path.filter(|path| destination::is_file(path));
    let format = arguments.format.given_or_of_file(file)?;
    if let Some(format) = format {
        // Refuses options that do not fit the format before a file is created.
        arguments.format.encoder(format, None)?;
    }
    let mut destination = Destination::open(path)?;
    let is_terminal = destination.is_terminal();
    if is_terminal && format.is_some_and(Format::is_binary) {
        return Err(Error::Usage(
            "this format is binary and not for a terminal: add --output FILE, or pipe it into a program"
                .to_owned(),
        ));
    }
    let format = match format {
        Some(format) => format,
        None if is_terminal => Format::Table,
        None => Format::Ndjson,
    };
    let encoder = arguments.format.encoder(format, destination.width())?;
    if arguments.pager && is_terminal {
        destination = Destination::Pager(Pager::on(&destination));
    }
    let output = Output::new(encoder, destination);
    Ok(match format {
        Format::Csv | Format::Tsv | Format::Json if file.is_some() => output.holding_one(format),
        _ => output,
    })
}
