//! One of the two MySQL servers, on a host of its own, and what its operator does with it.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rds_bridge_test_support::certificates::Issued;
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};

use crate::network::Host;
use crate::shell::send_signal;

/// The user of the clients.
pub(crate) const USER: &str = "lambda-user";
/// How often the operator looks whether something has happened.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A server and its host.
#[derive(Debug)]
pub(crate) struct Database {
    host: Host,
    server: Server,
    /// With its certificate, its key and its process id.
    folder: PathBuf,
}

impl Database {
    /// Starts the server with the number `number` on a new host. It is read-only. `authorities` are those whose
    /// certificates it can present.
    pub(crate) fn start(
        number: u8,
        folder: &Path,
        certificate: &Issued,
        authorities: &str,
        expectation: &Expectation,
    ) -> Self {
        let host = Host::new(number);
        let folder = folder.join(format!("database{number}"));
        fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name).display().to_string();
        write(&folder, certificate);
        fs::write(folder.join("authorities.pem"), authorities).unwrap();
        let arguments = vec![
            "--bind-address=*".to_owned(),
            "--port=3306".to_owned(),
            format!("--pid-file={}", path("process")),
            // The server reloads only a certificate that it can verify.
            format!("--ssl-ca={}", path("authorities.pem")),
            format!("--ssl-cert={}", path("certificate.pem")),
            format!("--ssl-key={}", path("key.pem")),
            format!("--server-id={number}"),
            "--gtid-mode=ON".to_owned(),
            "--enforce-gtid-consistency=ON".to_owned(),
            "--log-bin=binary".to_owned(),
            "--relay-log=relay".to_owned(),
            "--relay-log-recovery=ON".to_owned(),
            "--skip-replica-start".to_owned(),
            "--replica-net-timeout=4".to_owned(),
            "--super-read-only=ON".to_owned(),
            // The log of a transaction is written at its commit, so that it survives a kill.
            "--innodb-flush-log-at-trx-commit=2".to_owned(),
            "--sync-binlog=0".to_owned(),
            // A commit waits for the replica, however long it takes: what was confirmed is on both servers.
            "--rpl-semi-sync-source-timeout=4294967295".to_owned(),
            "--rpl-semi-sync-source-wait-point=AFTER_SYNC".to_owned(),
            "--rpl-semi-sync-replica-enabled=ON".to_owned(),
        ];
        let options = Options {
            expectation: expectation.clone(),
            arguments,
            plugins: vec![
                "semisync_source.so",
                "semisync_replica.so",
                "mysql_clone.so",
            ],
            launcher: host.launcher(),
            ..Options::default()
        };
        let server = Server::start(Product::MySql, &options);
        Self {
            host,
            server,
            folder,
        }
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.host.address()
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Executes statements as the operator, over the server's Unix socket. Returns the rows.
    #[track_caller]
    pub(crate) fn execute(&self, sql: &str) -> String {
        self.server.execute_as_admin(sql)
    }

    /// Changes which tokens the server accepts.
    pub(crate) fn expect(&self, expectation: &Expectation) {
        self.server.expect(expectation);
    }

    /// Has the server present another certificate to new connections.
    pub(crate) fn present(&self, issued: &Issued) {
        write(&self.folder, issued);
        self.execute("ALTER INSTANCE RELOAD TLS");
    }

    /// Sends a signal to the server's process.
    pub(crate) fn signal(&self, signal: &str) {
        send_signal(signal, self.process());
    }

    fn process(&self) -> u32 {
        let text = fs::read_to_string(self.folder.join("process")).unwrap();
        text.trim().parse().unwrap()
    }

    /// Ends the server's process at once (SIGKILL). What it has written to files stays.
    pub(crate) fn kill(&self) {
        self.server.kill();
    }

    /// Ends the server in an orderly way.
    pub(crate) fn stop(&self) {
        let process = self.process();
        send_signal("-TERM", process);
        wait_until(|| has_ended(process));
        // The watchdog learns of it.
        self.server.kill();
    }

    /// Starts the server again, read-only.
    pub(crate) fn start_again(&self) {
        self.server.start_again();
    }

    /// Ends all connections of the clients.
    pub(crate) fn kill_connections(&self) {
        let connections = self.execute(&format!(
            "SELECT id FROM performance_schema.processlist WHERE user = '{USER}'"
        ));
        for id in connections.lines() {
            let _has_ended_meanwhile = self.server.try_execute_as_admin(&format!("KILL {id}"));
        }
    }

    /// The number of connections of the clients.
    pub(crate) fn connections(&self) -> usize {
        let sql =
            format!("SELECT COUNT(*) FROM performance_schema.processlist WHERE user = '{USER}'");
        self.execute(&sql).trim().parse().unwrap()
    }

    /// Replaces the server's data by those of another one, and has it replicate from there.
    pub(crate) fn clone_from(&self, other: &Self) {
        let donor = other.address();
        self.execute("SET GLOBAL super_read_only = OFF");
        let clone = format!(
            "SET GLOBAL clone_valid_donor_list = '{donor}:3306';
             CLONE INSTANCE FROM 'admin'@'{donor}':3306 IDENTIFIED BY '{PASSWORD}'"
        );
        let process = self.process();
        // The server restarts itself only if systemd manages it. Here it ends, which the client reports.
        let complaint = self.server.try_execute_as_admin(&clone).unwrap_err();
        assert!(complaint.contains("ERROR 3707"), "{complaint}");
        wait_until(|| has_ended(process));
        self.server.kill();
        self.server.start_again();
        self.replicate_from(other);
    }

    /// Begins to replicate from another server.
    pub(crate) fn replicate_from(&self, other: &Self) {
        self.execute(&format!(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{}', SOURCE_PORT = 3306, SOURCE_USER = 'admin',
             SOURCE_PASSWORD = '{PASSWORD}', SOURCE_SSL = 1, SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1,
             SOURCE_RETRY_COUNT = 1000000, SOURCE_HEARTBEAT_PERIOD = 1;
             START REPLICA",
            other.address()
        ));
    }

    /// The transactions that it has executed.
    pub(crate) fn executed(&self) -> String {
        let set = self.execute("SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')");
        set.trim().to_owned()
    }

    /// Waits until it has executed these transactions.
    pub(crate) fn wait_for(&self, transactions: &str) {
        self.execute(&format!(
            "SELECT WAIT_FOR_EXECUTED_GTID_SET('{transactions}')"
        ));
    }

    /// Makes a replica the writer: it executes everything that it has received, and then accepts writes.
    pub(crate) fn promote(&self) {
        self.execute("STOP REPLICA IO_THREAD");
        let received = self.execute(
            "SELECT REPLACE(received_transaction_set, '\\n', '')
             FROM performance_schema.replication_connection_status",
        );
        self.wait_for(received.trim());
        self.execute(
            "STOP REPLICA; RESET REPLICA ALL; SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF",
        );
    }

    /// Whether a commit waits until the replica has the transaction.
    pub(crate) fn set_waits_for_replica(&self, waits: bool) {
        self.execute(&format!(
            "SET GLOBAL rpl_semi_sync_source_enabled = {waits}"
        ));
    }
}

fn write(folder: &Path, issued: &Issued) {
    fs::write(folder.join("certificate.pem"), &issued.certificate).unwrap();
    fs::write(folder.join("key.pem"), &issued.key).unwrap();
}

/// Whether a process has ended, although its parent does not know yet.
fn has_ended(process: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
        return true;
    };
    // The state follows the name in parentheses: proc_pid_stat(5).
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| rest.starts_with('Z'))
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        sleep(BETWEEN_LOOKS);
    }
}
