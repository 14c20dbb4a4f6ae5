//! `rds-bridge query`

pub(super) mod interrupt;
pub(super) mod output;
mod params;
mod progress;
mod sql;

use std::io::IsTerminal;

use clap::{Args, ValueEnum};

use super::connection_arguments::ConnectionArguments;
use super::error::Error;
use super::format::Format;
use super::runtime;
use crate::mysql::{Connection, Param, Protocol, Rows, Summary};
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
    file: Option<std::path::PathBuf>,

    #[command(flatten)]
    params: Params,

    /// How to write the rows. Without it: table on a terminal, else ndjson
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// In which protocol the server sends the rows: auto takes the binary one for queries where that costs no
    /// round trip, and text elsewhere. For a long result of a MySQL server binary is faster
    #[arg(long, value_enum, default_value = "auto", value_name = "PROTOCOL")]
    protocol: ProtocolArgument,

    /// Let the statement write. It is committed when it is done, and rolled back if it fails. Without it
    /// the session is read-only
    #[arg(long)]
    allow_writes: bool,

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
        .allow_writes(arguments.allow_writes);
    runtime::block_on(async {
        let bridge = interrupt::or_interrupted(builder.build()).await??;
        let mut connection = interrupt::or_interrupted(bridge.connect()).await??;
        let id = connection.session().connection_id;
        let format = arguments.format.unwrap_or_else(default_format);
        let mut output = Output::new(format.writer());
        let execution = execute(
            &mut connection,
            arguments.allow_writes,
            &sql,
            &params,
            &mut output,
        );
        let done = interrupt::or_kill(execution, &bridge, id).await;
        if done.is_err() {
            output.cut_off();
        }
        let summary = done?;
        // The rows are all there: whether the server hears our good-bye is no matter.
        let _closed = connection.close().await;
        if summary.has_ended_early {
            return Ok(());
        }
        report(&summary);
        Ok(())
    })
}

/// What there is to say at the end.
struct Report {
    rows: u64,
    has_columns: bool,
    has_ended_early: bool,
    last: Summary,
}

async fn execute(
    connection: &mut Connection,
    allow_writes: bool,
    sql: &str,
    params: &[Param],
    output: &mut Output,
) -> Result<Report, Error> {
    if !allow_writes {
        return statement(connection, sql, params, output, false).await;
    }
    connection.execute_to_end("START TRANSACTION").await?;
    match statement(connection, sql, params, output, true).await {
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
    sql: &str,
    params: &[Param],
    output: &mut Output,
    to_the_end: bool,
) -> Result<Report, Error> {
    let mut rows = if params.is_empty() {
        connection.query(sql).await?
    } else {
        connection.query_with(sql, params).await?
    };
    let mut progress = Progress::new();
    let mut has_columns = false;
    loop {
        if !rows.columns().is_empty() {
            has_columns = true;
            if !result(&mut rows, output, &mut progress).await? {
                let last = match to_the_end {
                    true => rows.finish().await?,
                    false => Summary::default(),
                };
                let rows = progress.rows();
                return Ok(Report {
                    rows,
                    has_columns,
                    has_ended_early: true,
                    last,
                });
            }
        }
        if !rows.next_result().await? {
            break;
        }
    }
    progress.clear();
    Ok(Report {
        rows: progress.rows(),
        has_columns,
        has_ended_early: false,
        last: rows.summary().cloned().unwrap_or_default(),
    })
}

/// Writes the rows of one result. False if nobody reads them any more.
async fn result(
    rows: &mut Rows<'_>,
    output: &mut Output,
    progress: &mut Progress,
) -> Result<bool, Error> {
    output.begin(rows.columns());
    while let Some(row) = rows.next().await? {
        output.row(&row)?;
        progress.count();
        if !output.flush_if_full()? {
            return Ok(false);
        }
    }
    output.end()
}

fn default_format() -> Format {
    if std::io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Ndjson
    }
}

/// On standard error, where somebody may be looking.
fn report(report: &Report) {
    let warnings = match report.last.warnings {
        0 => String::new(),
        number => format!(", warnings: {number} (SHOW WARNINGS lists them)"),
    };
    if report.has_columns {
        if std::io::stderr().is_terminal() || !warnings.is_empty() {
            eprintln!("rows: {}{warnings}", report.rows);
        }
        return;
    }
    let Summary {
        affected_rows,
        last_insert_id,
        info,
        ..
    } = &report.last;
    let mut line = format!("affected rows: {affected_rows}");
    if *last_insert_id != 0 {
        line.push_str(&format!(", last insert id: {last_insert_id}"));
    }
    if !info.is_empty() {
        line.push_str(&format!(" ({info})"));
    }
    eprintln!("{line}{warnings}");
}
