//! Follows the cluster without a pool.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use crate::bridge::Bridge;
use crate::bridge::deadline::Deadline;
use crate::error::{Chain, Error, ErrorKind, Stage};
use crate::mysql::Connection;

/// How often the server is asked: a writer that has become a reader is noticed this long afterwards, at most.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Between two connections: a server that cannot be connected to must not be flooded. It doubles with each failure.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

impl Bridge {
    /// Asks the server for its role and for the members of the cluster, every 5 s over a connection of its own, for as
    /// long as the future is polled. It is for a program that has no pool, such as a proxy.
    ///
    /// If the server has another role by then, does not answer within 5 s, or ends the connection, the bridge looks for
    /// the new writer at once, and not only when a connection is needed.
    ///
    /// Without [`BridgeBuilder::topology`](crate::BridgeBuilder::topology), it returns at once.
    pub async fn follow_topology(&self) {
        let mut pause = PAUSE;
        while self.inner.cluster.is_some() {
            let (moves, began) = (self.moves(), Instant::now());
            let deadline = Deadline::from_timeouts(&self.inner.timeouts);
            let connecting = async {
                self.inner.own_turn(deadline).await?;
                self.connect().await
            };
            let followed = match connecting.await {
                Ok(connection) => {
                    let followed = self.follow(connection, moves).await;
                    if began.elapsed() > PAUSE {
                        pause = Duration::ZERO;
                    }
                    followed
                }
                Err(error) => Err(error),
            };
            if let Err(error) = followed {
                debug!(error = %Chain(&error), "cannot follow the cluster's topology");
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).clamp(PAUSE, LONGEST_PAUSE);
        }
    }

    /// Asks over one connection, until it is lost or leads to a former writer.
    async fn follow(&self, mut connection: Connection, moves: u64) -> Result<(), Error> {
        connection.set_up_now().await?;
        let mut listens = true;
        while self.moves() == moves {
            let began = Instant::now();
            let asked = timeout(ANSWER, self.ask(&mut connection)).await;
            asked.map_err(|_elapsed| Error::new(Stage::Session, ErrorKind::Timeout(ANSWER)))??;
            let interval = self.asks_every().unwrap_or(INTERVAL).min(INTERVAL);
            tokio::select! {
                () = sleep(interval) => listens = true,
                // The server has ended the connection, or has sent something by itself: the next question tells which.
                () = connection.heard(), if listens => listens = began.elapsed() >= PAUSE,
            }
        }
        Ok(())
    }

    async fn ask(&self, connection: &mut Connection) -> Result<(), Error> {
        // Which asks for the role, too.
        connection.reset().await?;
        match self.read_topology(connection).await {
            Err(error) if connection.is_usable() => {
                warn!(error = %Chain(&error), "cannot read the cluster's topology");
                Ok(())
            }
            asked => asked,
        }
    }
}
