//! The answers of a server, in a form that can be compared.

use rds_bridge::mysql::{Connection, Protocol};
use rds_bridge::{BridgeBuilder, Error};
use rds_bridge_emulator::Emulator;
use rds_bridge_test_support::server::{PASSWORD, Server};

use crate::helpers::live::to;

/// The answer to a statement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The column names, and each value with its type.
    Rows(Vec<String>, Vec<Vec<String>>),
    /// The number of affected rows, and the last insert id.
    Done(u64, u64),
    /// The error code, and the message if the error is the emulator's own.
    Error(u16, String),
}

impl Answer {
    pub(crate) fn is_refused_by_the_emulator(&self) -> bool {
        matches!(self, Self::Error(_, message) if message.contains("rds-bridge's emulator"))
    }
}

/// A connection and its runtime.
pub(crate) struct Asked {
    connection: Connection,
    runtime: tokio::runtime::Runtime,
}

pub(crate) fn connect(bridge: BridgeBuilder) -> Asked {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let bridge = bridge.allow_writes(true).protocol(Protocol::Text);
    let connection = runtime.block_on(async { bridge.build().await?.connect().await });
    Asked {
        connection: connection.unwrap(),
        runtime,
    }
}

impl Asked {
    pub(crate) fn ask(&mut self, sql: &str) -> Answer {
        match self.runtime.block_on(rows(&mut self.connection, sql)) {
            Ok(answer) => answer,
            Err(error) => {
                let told = error.server_error();
                let told = told.unwrap_or_else(|| panic!("{sql}: {error:?}"));
                let is_own = told.message.contains("rds-bridge's emulator");
                let message = if is_own {
                    told.message.clone()
                } else {
                    String::new()
                };
                Answer::Error(told.code, message)
            }
        }
    }
}

async fn rows(connection: &mut Connection, sql: &str) -> Result<Answer, Error> {
    let mut rows = connection.query(sql).await?;
    let names: Vec<String> = rows
        .columns()
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    let mut all = Vec::new();
    while let Some(row) = rows.next().await? {
        all.push(
            row.values()
                .map(|value| format!("{:?}", value.unwrap()))
                .collect(),
        );
    }
    if names.is_empty() {
        let summary = rows.summary().unwrap();
        return Ok(Answer::Done(summary.affected_rows, summary.last_insert_id));
    }
    Ok(Answer::Rows(names, all))
}

/// An emulator and a MySQL server with the same tables.
pub(crate) struct Both {
    emulated: Asked,
    real: Asked,
    _emulator: Emulator,
}

impl Both {
    pub(crate) fn with(server: &Server, tables: &str) -> Self {
        server.execute_as_admin(&format!("USE iamtest; DROP TABLE items; {tables}"));
        let emulator = Emulator::builder().seed(tables).start().unwrap();
        let mut real = connect(to(server).user("admin").password(PASSWORD));
        real.ask("SET NAMES utf8mb4");
        Self {
            emulated: connect(emulator.bridge()),
            real,
            _emulator: emulator,
        }
    }

    pub(crate) fn ask(&mut self, sql: &str) -> (Answer, Answer) {
        (self.emulated.ask(sql), self.real.ask(sql))
    }
}
