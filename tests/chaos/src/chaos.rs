//! One run: fault after fault under load, and then the checks.

use std::collections::BTreeMap;
use std::path::Path as File;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::clients::{Clients, MOST_CONNECTIONS, MOST_IDLE_CONNECTIONS};
use crate::cluster::Cluster;
use crate::credentials::Credentials;
use crate::database::Database;
use crate::faults::{Aftermath, Fault, Injector};
use crate::ledger::{Ledger, Path};
use crate::processes::{Samples, memory_of};
use crate::random::Random;
use crate::report::{Recovery, Report};

/// How long there is no fault, after one.
const PEACE: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(2));
/// In this time each path must work again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);
/// In this time the servers must have noticed that clients have gone.
const DISCONNECTION_LIMIT: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// A run in progress.
struct Run {
    begin: Instant,
    injector: Injector,
    ledger: Arc<Ledger>,
    clients: Clients,
    memory: BTreeMap<String, (u32, Samples)>,
    report: Report,
}

/// Runs faults for the time of the arguments, and checks everything.
pub(crate) fn run(arguments: Arguments, folder: &File) -> Report {
    let credentials = Credentials::start();
    let cluster = Cluster::start(folder, &credentials.expectation());
    let ledger = Arc::new(Ledger::default());
    let clients = Clients::start(folder, cluster.ca_file(), &credentials.url(), &ledger);
    let injector = Injector {
        cluster,
        credentials,
        random: Random::new(arguments.seed),
        longest: arguments.longest_fault(),
    };
    let mut run = Run {
        begin: Instant::now(),
        injector,
        ledger,
        clients,
        memory: BTreeMap::new(),
        report: Report::default(),
    };
    // Everything works before the first fault.
    run.wait_for_success("the start", Instant::now());
    let mut faults = Vec::new();
    while run.begin.elapsed() < arguments.time {
        if faults.is_empty() {
            faults = arguments.fault.map_or(Fault::ALL.to_vec(), |it| vec![it]);
            run.injector.random.shuffle(&mut faults);
        }
        run.inject(faults.pop().expect("filled"));
    }
    run.finish()
}

impl Run {
    fn inject(&mut self, fault: Fault) {
        let begin = Instant::now();
        let aftermath = match self.injector.inject(fault) {
            Ok(aftermath) => aftermath,
            Err(wrong) => {
                self.report.wrong.push(wrong);
                Aftermath::Same
            }
        };
        self.wait_for_success(fault.name(), begin);
        let rejoining = Instant::now();
        self.injector.rejoin(fault, aftermath);
        if aftermath != Aftermath::Same {
            let seconds = rejoining.elapsed().as_secs_f64();
            println!("         the former writer is the replica {seconds:.1} s later");
        }
        self.report.wrong.extend(self.clients.ended());
        self.sample_memory();
        self.count_connections(fault);
        let (least, most) = PEACE;
        sleep(self.injector.random.between(least, most));
    }

    /// Waits until each path has a success, and notes how long that took.
    fn wait_for_success(&mut self, fault: &'static str, begin: Instant) {
        self.ledger.mark();
        let available = Instant::now();
        let mut first = [None; 4];
        while first.contains(&None) && available.elapsed() < RECOVERY_LIMIT {
            sleep(BETWEEN_LOOKS);
            first = Path::ALL.map(|path| self.ledger.first_success(path));
        }
        let recovery = Recovery {
            fault,
            at: begin.duration_since(self.begin),
            outage: available.duration_since(begin),
            paths: first.map(|it| it.map(|it| it.duration_since(available))),
        };
        println!("{recovery}");
        self.report.recoveries.push(recovery);
    }

    /// Counts the connections of all clients, on both servers.
    fn count_connections(&mut self, fault: Fault) {
        let databases = self.injector.cluster.databases().iter();
        let connections: usize = databases.map(Database::connections).sum();
        self.report.most_connections = self.report.most_connections.max(connections);
        if connections > MOST_CONNECTIONS {
            let fault = fault.name();
            let wrong = format!("{connections} connections after: {fault}");
            self.report.wrong.push(wrong);
        }
    }

    /// A process that was killed at a timeout, as Lambda does, begins anew.
    fn sample_memory(&mut self) {
        for (name, process) in self.clients.processes() {
            let (known, samples) = self.memory.entry(name).or_default();
            if *known != process {
                (*known, *samples) = (process, Samples::since(self.begin.elapsed()));
            }
            if let Some(kilobytes) = memory_of(process) {
                samples.add(kilobytes);
            }
        }
    }

    fn finish(mut self) -> Report {
        self.report.time = self.begin.elapsed();
        let idle = self.clients.stop();
        let cluster = self.injector.cluster;
        let writer = cluster.writer();
        cluster.replica().wait_for(&writer.executed());
        for database in cluster.databases() {
            let ledger = database.execute("SELECT line, amount, words FROM iamtest.ledger");
            let counterparts = database.execute("SELECT line FROM iamtest.counterpart");
            let wrong = self.ledger.compare(&ledger, &counterparts);
            self.report.wrong.extend(wrong);
        }
        self.report.wrong.extend(idle.leaks());
        // While the programs run, only their pools have connections; afterwards, nothing has.
        let of_pools = left(&cluster, MOST_IDLE_CONNECTIONS);
        idle.terminate();
        let of_nothing = left(&cluster, 0);
        self.report
            .wrong
            .extend(of_pools.into_iter().chain(of_nothing));
        for path in Path::ALL {
            self.report.counts.push((path, self.ledger.counts(path)));
        }
        self.report.memory = self
            .memory
            .into_iter()
            .map(|(name, (_, it))| (name, it))
            .collect();
        self.report.check_memory();
        self.report
    }
}

/// What is wrong if clients keep more connections than this.
fn left(cluster: &Cluster, at_most: usize) -> Option<String> {
    let count = || -> usize {
        let databases = cluster.databases().iter();
        databases.map(Database::connections).sum()
    };
    let begin = Instant::now();
    while count() > at_most && begin.elapsed() < DISCONNECTION_LIMIT {
        sleep(BETWEEN_LOOKS);
    }
    let left = count();
    (left > at_most).then(|| format!("{left} connections are left, and {at_most} are the most"))
}
