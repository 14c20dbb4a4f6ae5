//! The library's pool, in a process of its own, so that its memory can be measured.
//!
//! The process writes a line for each result: `w LINE OUTCOME ERROR` or `r RESULT`. It ends when its standard input
//! does.

use std::env;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rds_bridge::error::{ErrorKind, Stage, ends_connection};
use rds_bridge::pool::{Pool, PooledConnection};
use rds_bridge::{Bridge, Error, Role};
use tokio::time::timeout;

use super::{Client, INSERT, INSERT_COUNTERPART, PATIENCE, Record, SELECT, Stop, WORKERS, work};
use crate::ledger::{Ledger, Line, Outcome, Path, Read, Told};

/// The argument that makes this program the load.
pub(crate) const COMMAND: &str = "library-load";

/// The most connections of the pool.
pub(crate) const POOL: usize = 8;

/// The process, and the thread that reads what it writes.
#[derive(Debug)]
pub(crate) struct LibraryLoad {
    process: Child,
    reader: JoinHandle<()>,
}

impl LibraryLoad {
    /// Starts the process with these environment variables.
    pub(crate) fn start(variables: &[(&'static str, String)], ledger: &Arc<Ledger>) -> Self {
        let mut process = Command::new(env::current_exe().unwrap());
        process
            .arg(COMMAND)
            .envs(variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ledger = Arc::clone(ledger);
        let reader = thread::spawn(move || lines.for_each(|it| receive(&it.unwrap(), &ledger)));
        Self { process, reader }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the load. Returns when everything is recorded.
    pub(crate) fn stop(mut self) {
        drop(self.process.stdin.take());
        self.reader.join().unwrap();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "the library's load: {status}");
    }
}

fn receive(text: &str, ledger: &Ledger) {
    let mut words = text.splitn(4, ' ');
    let mut next = || words.next().unwrap_or_default();
    if next() == "w" {
        let line = Line(next().parse().unwrap());
        let outcome = match next() {
            "Confirmed" => Outcome::Confirmed,
            "Failed" => Outcome::Failed,
            _ => Outcome::Unknown,
        };
        let error = next().to_owned();
        ledger.record(Path::Library, line, &Told { outcome, error });
    } else {
        let read = match next() {
            "Right" => Read::Right,
            "Stale" => Read::Stale,
            "Error" => Read::Error(next().to_owned()),
            _ => Read::Wrong(text.to_owned()),
        };
        ledger.record_read(Path::Library, read);
    }
}

/// Writes results to standard output.
struct Printed;

impl Record for Printed {
    fn record(&self, _: Path, line: Line, told: &Told) {
        let Told { outcome, error } = told;
        print_line(&format!("w {} {outcome:?} {}", line.0, one_line(error)));
    }

    fn record_read(&self, _: Path, read: Read) {
        print_line(&match read {
            Read::Right => "r Right".to_owned(),
            Read::Stale => "r Stale".to_owned(),
            Read::Error(error) => format!("r Error {}", one_line(&error)),
            Read::Wrong(what) => format!("r Wrong {}", one_line(&what)),
        });
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// Runs the load until the standard input ends. The environment has the settings.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stop = Stop::default();
        let ending = stop.clone();
        thread::spawn(move || {
            let _ended = std::io::stdin().read_to_end(&mut Vec::new());
            ending.set();
        });
        let pool = pool().await;
        let workers: Vec<_> = (0..)
            .take(WORKERS)
            .map(|worker| {
                let (client, stop) = (Library(pool.clone()), stop.clone());
                tokio::spawn(async move {
                    work(Path::Library, worker, client, &Printed, &stop).await;
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
    });
}

async fn pool() -> Pool {
    let variable = |name| env::var(name).unwrap();
    let bridge = Bridge::builder()
        .endpoint(variable("DB_HOST"))
        .user(variable("DB_USER"))
        .database(variable("DB_NAME"))
        .ca_file(variable("DB_CA_FILE"))
        .allow_writes(true)
        .role(Role::Writer)
        .read_idle_timeout(Duration::from_secs(8))
        .build()
        .await
        .unwrap();
    Pool::builder(bridge).max_size(POOL).build().unwrap()
}

struct Library(Pool);

impl Client for Library {
    async fn write(&mut self, line: Line) -> Told {
        let mut may_be_committed = false;
        let writing = write(&self.0, line, &mut may_be_committed);
        match timeout(PATIENCE, writing).await {
            Ok(Ok(())) => Told::confirmed(),
            Ok(Err(error)) => Told::error(may_be_committed && is_unknown(&error), kind(&error)),
            Err(_) => Told::error(may_be_committed, "no answer in time"),
        }
    }

    async fn read(&mut self, line: Line) -> Read {
        let reading = async {
            let mut connection = get(&self.0).await?;
            connection.query_all(SELECT, (line.0,)).await
        };
        match timeout(PATIENCE, reading).await {
            Ok(Ok(rows)) => Read::of_rows(line, &rows),
            Ok(Err(error)) => Read::Error(kind(&error)),
            Err(_) => Read::Error("no answer in time".to_owned()),
        }
    }
}

async fn get(pool: &Pool) -> Result<PooledConnection, Error> {
    pool.get().await.map_err(Error::from)
}

async fn write(pool: &Pool, line: Line, may_be_committed: &mut bool) -> Result<(), Error> {
    let mut connection = get(pool).await?;
    let row = (line.0, line.amount(), line.words());
    if !line.has_counterpart() {
        *may_be_committed = true;
        return connection.execute(INSERT, row).await.map(drop);
    }
    let mut transaction = connection.transaction().await?;
    transaction.execute(INSERT, row).await?;
    transaction.execute(INSERT_COUNTERPART, (line.0,)).await?;
    *may_be_committed = true;
    transaction.commit().await
}

/// Whether the server may have executed the statement that failed.
fn is_unknown(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Server(error) => ends_connection(error),
        ErrorKind::WrongRole { .. } | ErrorKind::TransactionEnded | ErrorKind::Unusable => false,
        _ => error.stage() >= Stage::Session,
    }
}

/// The stage, and the server's code or the first words.
fn kind(error: &Error) -> String {
    match error.code() {
        Some(code) => format!("{}: {code}", error.stage()),
        None => {
            let text = error.to_string();
            text.split([',', '('])
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        }
    }
}
