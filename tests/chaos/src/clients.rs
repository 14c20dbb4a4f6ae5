//! All clients: the programs under test, and the workers that load them.

use std::path::Path as File;
use std::sync::Arc;

use rds_bridge_test_support::expectation::ENDPOINT;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::database::USER;
use crate::ledger::{Ledger, Path};
use crate::load::function::{self, Invocations};
use crate::load::gateway::{self, Requests, STATEMENT_TIMEOUT};
use crate::load::library::{self, LibraryLoad};
use crate::load::proxy::Proxied;
use crate::load::{Client, Stop, WORKERS, work};
use crate::processes::open_files;
use crate::program::Program;

/// The workers of the function. Each has a process of its own.
const FUNCTIONS: usize = 2;
/// The most connections that all programs have together, and some whose end a server has not noticed yet.
pub(crate) const MOST_CONNECTIONS: usize =
    library::POOL + WORKERS + gateway::POOL + FUNCTIONS * function::POOL + 8;
/// The most connections that programs without load have: those of the gateway's and the functions' pools.
pub(crate) const MOST_IDLE_CONNECTIONS: usize = gateway::POOL + FUNCTIONS * function::POOL;
/// The most files that a program may have open after the load, beyond those that it had before: a pool's connections,
/// and files that a library keeps.
const MORE_FILES: usize = 16;

/// The running clients.
#[derive(Debug)]
pub(crate) struct Clients {
    proxy: Program,
    gateway: Program,
    library: LibraryLoad,
    functions: Vec<Invocations>,
    runtime: Runtime,
    workers: Vec<JoinHandle<()>>,
    stop: Stop,
    /// What the proxy and the gateway had open at first.
    files: [usize; 2],
}

/// The programs when the load has ended.
#[derive(Debug)]
pub(crate) struct Idle {
    proxy: Program,
    gateway: Program,
    functions: Vec<Invocations>,
    files: [usize; 2],
}

impl Clients {
    /// Starts the programs and the load.
    pub(crate) fn start(
        folder: &File,
        ca_file: &File,
        credentials: &str,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let variables = variables(ca_file, credentials);
        let arguments = ["proxy", "--listen", "127.0.0.1:0"];
        let log = folder.join("proxy.log");
        let proxy = Program::start(&arguments, &variables, "listening on ", &log);
        let [timeout, pool] = [STATEMENT_TIMEOUT.to_string(), gateway::POOL.to_string()];
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--trust-loopback",
            "--allow-writes",
            "--max-connections",
            &pool,
            "--statement-timeout",
            &timeout,
            "--idempotency-table",
            "iamtest.idempotency_keys",
        ];
        let log = folder.join("gateway.log");
        let gateway = Program::start(&arguments, &variables, "rds-bridge: http://", &log);
        let functions = (0..FUNCTIONS).map(|_| Invocations::new(&variables));
        let mut clients = Self {
            files: [open_files(proxy.id()), open_files(gateway.id())],
            library: LibraryLoad::start(&variables, ledger),
            functions: functions.collect(),
            runtime: runtime(),
            workers: Vec::new(),
            stop: Stop::default(),
            proxy,
            gateway,
        };
        let (proxy, gateway) = (clients.proxy.address(), clients.gateway.address());
        for worker in (0..).take(WORKERS) {
            clients.spawn(Path::Proxy, worker, Proxied::new(proxy), ledger);
            clients.spawn(Path::Gateway, worker, Requests::new(gateway), ledger);
        }
        for (worker, function) in (0..).zip(clients.functions.clone()) {
            clients.spawn(Path::Function, worker, function, ledger);
        }
        clients
    }

    fn spawn(
        &mut self,
        path: Path,
        worker: u64,
        client: impl Client + Send + 'static,
        ledger: &Arc<Ledger>,
    ) {
        let (ledger, stop) = (Arc::clone(ledger), self.stop.clone());
        let work = async move { work(path, worker, client, &*ledger, &stop).await };
        self.workers.push(self.runtime.spawn(work));
    }

    /// The processes whose memory is measured, with their names.
    pub(crate) fn processes(&self) -> Vec<(String, u32)> {
        let functions = self.functions.iter().zip(1..);
        let functions = functions.map(|(it, number)| (format!("function {number}"), it.id()));
        let own = [
            ("library".to_owned(), self.library.id()),
            ("proxy".to_owned(), self.proxy.id()),
            ("gateway".to_owned(), self.gateway.id()),
        ];
        own.into_iter().chain(functions).collect()
    }

    /// What has ended by itself.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let programs = [("proxy", &mut self.proxy), ("gateway", &mut self.gateway)];
        let ended = programs.into_iter().filter_map(|(name, program)| {
            program.has_ended().then(|| format!("the {name} has ended"))
        });
        ended.collect()
    }

    /// Ends the load. Returns when everything is recorded.
    pub(crate) fn stop(self) -> Idle {
        self.stop.set();
        self.library.stop();
        for worker in self.workers {
            self.runtime.block_on(worker).unwrap();
        }
        Idle {
            proxy: self.proxy,
            gateway: self.gateway,
            functions: self.functions,
            files: self.files,
        }
    }
}

impl Idle {
    /// The programs that have more files open than a pool explains.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let programs = [("proxy", &self.proxy), ("gateway", &self.gateway)];
        let counts = programs
            .into_iter()
            .zip(self.files)
            .map(|((name, program), before)| {
                let now = open_files(program.id());
                let is_leak = now > before.saturating_add(MORE_FILES);
                is_leak.then(|| {
                    format!("the {name} has {now} files open, and had {before} before the load")
                })
            });
        counts.flatten().collect()
    }

    /// Ends the programs in an orderly way.
    pub(crate) fn terminate(self) {
        self.proxy.terminate();
        self.gateway.terminate();
        drop(self.functions);
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The settings that all clients have in common.
fn variables(ca_file: &File, credentials: &str) -> Vec<(&'static str, String)> {
    vec![
        ("DB_HOST", ENDPOINT.to_owned()),
        ("DB_USER", USER.to_owned()),
        ("DB_NAME", "iamtest".to_owned()),
        ("DB_ROLE", "writer".to_owned()),
        ("DB_CA_FILE", ca_file.display().to_string()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}
