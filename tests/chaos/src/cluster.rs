//! Two servers, of which one is the writer and the other one its replica, and the endpoint's name.

use std::path::{Path, PathBuf};

use rds_bridge_test_support::certificates::{Authority, Issued, ServerCertificate};
use rds_bridge_test_support::expectation::Expectation;

use crate::database::{Database, USER};
use crate::name_server::NameServer;
use crate::network::make_bridge;

/// The tables of the ledger. No unique key prevents that a line is there twice.
const TABLES: &str = "
CREATE TABLE iamtest.ledger (n BIGINT PRIMARY KEY AUTO_INCREMENT, line BIGINT UNSIGNED NOT NULL,
  amount BIGINT UNSIGNED NOT NULL, words VARCHAR(40) NOT NULL, KEY (line));
CREATE TABLE iamtest.counterpart (n BIGINT PRIMARY KEY AUTO_INCREMENT, line BIGINT UNSIGNED NOT NULL, KEY (line));
CREATE TABLE iamtest.idempotency_keys (id BINARY(32) NOT NULL PRIMARY KEY, request BINARY(32) NOT NULL,
  status SMALLINT UNSIGNED NOT NULL, body MEDIUMBLOB NOT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY (created_at));";

/// The two servers and what clients need to reach the writer.
#[derive(Debug)]
pub(crate) struct Cluster {
    databases: [Database; 2],
    writer: usize,
    name_server: NameServer,
    authority: Authority,
    /// Clients do not trust it.
    stranger: Authority,
    ca_file: PathBuf,
}

impl Cluster {
    /// Starts both servers, with replication.
    pub(crate) fn start(folder: &Path, expectation: &Expectation) -> Self {
        make_bridge();
        let [authority, stranger] = [Authority::new(), Authority::new()];
        let authorities = authority.pem() + &stranger.pem();
        let ca_file = folder.join("ca.pem");
        std::fs::write(&ca_file, authority.pem()).unwrap();
        let certificate = authority.issue(&ServerCertificate::Good);
        let databases = [1, 2]
            .map(|number| Database::start(number, folder, &certificate, &authorities, expectation));
        for database in &databases {
            database.execute(&format!(
                "SET GLOBAL super_read_only = OFF;
                 GRANT ALL ON iamtest.* TO '{USER}'@'%';
                 RESET BINARY LOGS AND GTIDS;
                 SET GLOBAL super_read_only = ON"
            ));
        }
        let cluster = Self {
            name_server: NameServer::start(databases[0].address()),
            databases,
            writer: 0,
            authority,
            stranger,
            ca_file,
        };
        let writer = cluster.writer();
        cluster.replica().replicate_from(writer);
        writer.execute("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF");
        writer.execute(TABLES);
        cluster.wait_for_replica();
        cluster
    }

    pub(crate) fn writer(&self) -> &Database {
        let [first, second] = &self.databases;
        if self.writer == 0 { first } else { second }
    }

    pub(crate) fn replica(&self) -> &Database {
        let [first, second] = &self.databases;
        if self.writer == 0 { second } else { first }
    }

    pub(crate) fn databases(&self) -> &[Database; 2] {
        &self.databases
    }

    pub(crate) fn name_server(&self) -> &NameServer {
        &self.name_server
    }

    /// A new certificate of the authority that clients trust.
    pub(crate) fn issue(&self) -> Issued {
        self.authority.issue(&ServerCertificate::Good)
    }

    /// A certificate of another authority, for the same names.
    pub(crate) fn issue_by_stranger(&self) -> Issued {
        self.stranger.issue(&ServerCertificate::Good)
    }

    /// The file with the authority that clients trust.
    pub(crate) fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// Makes the replica the writer. The name still has the former writer's address. Commits wait for no replica,
    /// because the cluster has only one server until [`Self::wait_for_replica`].
    pub(crate) fn promote_replica(&mut self) {
        self.replica().promote();
        self.writer = 1_usize.saturating_sub(self.writer);
    }

    /// Changes the name's address to the writer's.
    pub(crate) fn move_name(&self) {
        self.name_server.point_to(self.writer().address());
    }

    /// Waits until the replica has everything, and from then on lets each commit wait for it.
    pub(crate) fn wait_for_replica(&self) {
        let writer = self.writer();
        self.replica().wait_for(&writer.executed());
        writer.set_waits_for_replica(true);
        self.replica().wait_for(&writer.executed());
    }
}
