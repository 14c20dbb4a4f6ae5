//! A third-party client through the proxy: a connection for each worker, opened again after an error.

use std::net::SocketAddr;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, OptsBuilder, TxOpts};
use tokio::time::timeout;

use super::{Client, INSERT, INSERT_COUNTERPART, PATIENCE, SELECT};
use crate::ledger::{Line, Read, Told};

/// The codes with which a server ends a connection: during a shutdown, or because it was killed or idle for too long.
const CONNECTION_ENDED: [u16; 4] = [1053, 1927, 3169, 4031];

/// A worker's connection.
pub(crate) struct Proxied {
    options: OptsBuilder,
    connection: Option<Conn>,
}

impl Proxied {
    pub(crate) fn new(proxy: SocketAddr) -> Self {
        let options = OptsBuilder::default()
            .ip_or_hostname(proxy.ip().to_string())
            .tcp_port(proxy.port())
            .user(Some("anyone"))
            .db_name(Some("iamtest"))
            .prefer_socket(false);
        Self {
            options,
            connection: None,
        }
    }

    async fn connection(&mut self) -> Result<&mut Conn, Error> {
        if self.connection.is_none() {
            self.connection = Some(Conn::new(self.options.clone()).await?);
        }
        Ok(self.connection.as_mut().expect("opened"))
    }

    async fn send(&mut self, line: Line, may_be_committed: &mut bool) -> Result<(), Error> {
        let connection = self.connection().await?;
        let row = (line.0, line.amount(), line.words());
        if !line.has_counterpart() {
            *may_be_committed = true;
            return connection.exec_drop(INSERT, row).await;
        }
        let mut transaction = connection.start_transaction(TxOpts::default()).await?;
        transaction.exec_drop(INSERT, row).await?;
        transaction.exec_drop(INSERT_COUNTERPART, (line.0,)).await?;
        *may_be_committed = true;
        transaction.commit().await
    }
}

impl Client for Proxied {
    async fn write(&mut self, line: Line) -> Told {
        let mut may_be_committed = false;
        let sent = timeout(PATIENCE, self.send(line, &mut may_be_committed)).await;
        let told = match sent {
            Ok(Ok(())) => return Told::confirmed(),
            Ok(Err(error)) => Told::error(may_be_committed && is_unknown(&error), kind(&error)),
            Err(_) => Told::error(may_be_committed, "no answer in time"),
        };
        self.connection = None;
        told
    }

    async fn read(&mut self, line: Line) -> Read {
        let reading = async { self.connection().await?.exec(SELECT, (line.0,)).await };
        let error = match timeout(PATIENCE, reading).await {
            Ok(Ok(rows)) => return Read::of_rows(line, &rows),
            Ok(Err(error)) => kind(&error),
            Err(_) => "no answer in time".to_owned(),
        };
        self.connection = None;
        Read::Error(error)
    }
}

fn is_unknown(error: &Error) -> bool {
    match error {
        Error::Server(error) => CONNECTION_ENDED.contains(&error.code),
        _ => true,
    }
}

fn kind(error: &Error) -> String {
    match error {
        Error::Server(error) => error.code.to_string(),
        Error::Io(_) => "the connection failed".to_owned(),
        Error::Driver(error) => error.to_string(),
        error => format!("{error:?}"),
    }
}
