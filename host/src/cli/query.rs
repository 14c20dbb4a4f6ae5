//! `rds-bridge query`

pub(super) mod destination;
pub(super) mod interrupt;
mod numbers;
pub(super) mod output;
mod params;
mod progress;
mod replacement;
mod sql;
mod time_limit;

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::connection_arguments::ConnectionArguments;
use super::error::Error;
use super::format::Format;
use super::runtime;
use crate::mysql::{Connection, Param, Protocol, Rows, Summary};
use destination::Destination;
use output::Output;
use params::Params;
use progress::Progress;

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

    /// In which protocol the server sends the rows. auto uses the binary protocol for queries where that takes no
    /// more round trips, and text otherwise. A long result is about twice as fast in binary: ask for it where the
    /// server is MySQL under a name that RDS does not give, or where the query contains a question mark. Values
    /// are the same, except FLOAT, which the server rounds to six digits in text
    #[arg(long, value_enum, default_value = "auto", value_name = "PROTOCOL")]
    protocol: ProtocolArgument,

    /// Write the rows to a file. It gets its name, or takes the place of the one that is there, when it is
    /// whole; of a failure nothing is left. A pipe or a device is written as it is; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Say nothing on standard error but what goes wrong: no progress, no summary
    #[arg(long, short)]
    quiet: bool,

    /// Let the statement write. It is committed when it is done, and rolled back if it fails. Without it
    /// the session is read-only
    #[arg(long)]
    allow_writes: bool,

    /// How long the statement may take, its rows included. After that it is ended on the server, nothing is
    /// committed, and the exit code is 6. Without it there is no limit
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
    let builder = arguments
        .connection
        .builder()?
        .protocol(arguments.protocol.into())
        .allow_writes(arguments.allow_writes)
        .max_row_bytes(arguments.max_row_bytes);
    // Before anything is asked of anybody.
    let mut output = open(arguments)?;
    // On the heap: of what it has room for, little is used.
    let work = Box::pin(async {
        let bridge = interrupt::or_interrupted(builder.build()).await??;
        let mut connection = interrupt::or_interrupted(bridge.connect()).await??;
        let cancel = connection.cancel_handle();
        let execution = execute(&mut connection, arguments, &sql, &params, &mut output);
        let limit = arguments.timeout.map(Duration::from_secs);
        let execution = time_limit::within(limit, execution, &cancel);
        let done = interrupt::or_kill(execution, &cancel).await;
        if done.is_err() {
            output.cut_off();
        }
        let report = done?;
        output.keep()?;
        // The rows are all there: whether the server hears our good-bye is no matter.
        let _closed = connection.close().await;
        if !report.has_ended_early && !arguments.quiet {
            report.print();
        }
        Ok(())
    });
    runtime::block_on(work)
}

/// Where the rows go, and as what.
fn open(arguments: &Query) -> Result<Output, Error> {
    let path = arguments.output.as_deref();
    let format = arguments.format.map(Ok).or_else(|| {
        let path = path.filter(|path| destination::is_file(path))?;
        Some(Format::of_file(path))
    });
    let format = format.transpose()?;
    let encoder = format.map(Format::encoder).transpose()?;
    let destination = Destination::open(path)?;
    let is_terminal = destination.is_terminal();
    if is_terminal && format.is_some_and(Format::is_binary) {
        return Err(Error::Usage(
            "this format is not for a terminal: give --output FILE, or pipe it into a program"
                .to_owned(),
        ));
    }
    let encoder = match encoder {
        Some(encoder) => encoder,
        None if is_terminal => Format::Table.encoder()?,
        None => Format::Ndjson.encoder()?,
    };
    Ok(Output::new(encoder, destination))
}

/// What there is to say at the end.
struct Report {
    /// Rows, bytes, time, rate; none for a statement without a result.
    rows: Option<String>,
    has_ended_early: bool,
    last: Summary,
}

async fn execute(
    connection: &mut Connection,
    arguments: &Query,
    sql: &str,
    params: &[Param],
    output: &mut Output,
) -> Result<Report, Error> {
    if !arguments.allow_writes {
        return statement(connection, arguments, sql, params, output).await;
    }
    connection.execute_to_end("START TRANSACTION").await?;
    match statement(connection, arguments, sql, params, output).await {
        Ok(report) => {
            connection.execute_to_end("COMMIT").await?;
            Ok(report)
        }
        Err(error) => {
            // It says why the statement failed; a connection that is lost has rolled back by itself.
            let _rolled_back = connection.execute_to_end("ROLLBACK").await;
            Err(error)
        }
    }
}

/// If nobody reads the rows any more, it goes on to the end of one that writes, and hangs up on another.
async fn statement(
    connection: &mut Connection,
    arguments: &Query,
    sql: &str,
    params: &[Param],
    output: &mut Output,
) -> Result<Report, Error> {
    let mut progress = Progress::new(output, arguments.quiet);
    let mut rows = if params.is_empty() {
        connection.query(sql).await?
    } else {
        connection.query_with(sql, params).await?
    };
    let mut has_columns = false;
    let mut is_read = true;
    loop {
        if !rows.columns().is_empty() {
            has_columns = true;
            is_read = result(&mut rows, output, &mut progress).await?;
        }
        if !is_read || !rows.next_result().await? {
            break;
        }
    }
    // Before a statement that writes is committed: rows that are not safe are not given up on the server.
    let is_read = is_read && output.finish()?;
    progress.clear();
    let last = match is_read || !arguments.allow_writes {
        true => rows.summary().cloned().unwrap_or_default(),
        false => rows.finish().await?,
    };
    Ok(Report {
        rows: has_columns.then(|| progress.summary(output)),
        has_ended_early: !is_read,
        last,
    })
}

/// Writes the rows of one result. False if nobody reads them any more.
async fn result(
    rows: &mut Rows<'_>,
    output: &mut Output,
    progress: &mut Progress,
) -> Result<bool, Error> {
    output.begin(rows.columns())?;
    while let Some(row) = rows.next().await? {
        output.row(&row)?;
        progress.count(output);
        if output.is_full() {
            if !output.flush()? {
                return Ok(false);
            }
            progress.show(output);
        }
    }
    output.end()
}

impl Report {
    /// On standard error, where somebody may be looking.
    fn print(&self) {
        let Summary {
            affected_rows,
            last_insert_id,
            info,
            warnings,
            ..
        } = &self.last;
        let warnings = match warnings {
            0 => String::new(),
            number => format!(", warnings: {number} (SHOW WARNINGS lists them)"),
        };
        if let Some(rows) = &self.rows {
            if stderr().is_terminal() || !warnings.is_empty() {
                eprintln!("{rows}{warnings}");
            }
            return;
        }
        let mut line = format!("affected rows: {affected_rows}");
        if *last_insert_id != 0 {
            line.push_str(&format!(", last insert id: {last_insert_id}"));
        }
        if !info.is_empty() {
            line.push_str(&format!(" ({info})"));
        }
        eprintln!("{line}{warnings}");
    }
}
