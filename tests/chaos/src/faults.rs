//! The faults, and how each is injected and ended.

use std::thread::sleep;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::credentials::Credentials;
use crate::random::Random;

/// Until the operator notices that the writer is gone.
const NOTICE: Duration = Duration::from_millis(500);
/// The shortest fault.
const SHORTEST: Duration = Duration::from_secs(1);

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    KilledWriter,
    StoppedWriter,
    RestartedWriter,
    FrozenWriter,
    HungWriter,
    Partition,
    LastingPartition,
    OneWayPartition,
    SlowNetwork,
    Switchover,
    ReadOnly,
    SilentNameServer,
    WrongCertificate,
    NewCertificate,
    RotatedCredentials,
    KilledConnections,
    KilledReplica,
    FrozenReplica,
}

/// What has become of the former writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    /// It is still the writer.
    Same,
    /// It runs, and has exactly what the new writer had at first.
    Demoted,
    /// It may have transactions that were never confirmed, and may still run.
    Lost,
}

impl Fault {
    pub(crate) const ALL: [Self; 18] = [
        Self::KilledWriter,
        Self::StoppedWriter,
        Self::RestartedWriter,
        Self::FrozenWriter,
        Self::HungWriter,
        Self::Partition,
        Self::LastingPartition,
        Self::OneWayPartition,
        Self::SlowNetwork,
        Self::Switchover,
        Self::ReadOnly,
        Self::SilentNameServer,
        Self::WrongCertificate,
        Self::NewCertificate,
        Self::RotatedCredentials,
        Self::KilledConnections,
        Self::KilledReplica,
        Self::FrozenReplica,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KilledWriter => "writer killed, failover",
            Self::StoppedWriter => "writer stopped, failover",
            Self::RestartedWriter => "writer killed, restarted",
            Self::FrozenWriter => "writer frozen for a while",
            Self::HungWriter => "writer frozen, failover",
            Self::Partition => "writer unreachable for a while",
            Self::LastingPartition => "writer unreachable, failover",
            Self::OneWayPartition => "writer's packets lost",
            Self::SlowNetwork => "slow network",
            Self::Switchover => "switchover, former writer stays",
            Self::ReadOnly => "writer read-only for a while",
            Self::SilentNameServer => "name server silent",
            Self::WrongCertificate => "certificate of another authority",
            Self::NewCertificate => "new certificate",
            Self::RotatedCredentials => "credentials rotated",
            Self::KilledConnections => "connections killed",
            Self::KilledReplica => "replica killed, commits wait",
            Self::FrozenReplica => "replica frozen, commits wait",
        }
    }
}

/// What injects the faults.
#[derive(Debug)]
pub(crate) struct Injector {
    pub(crate) cluster: Cluster,
    pub(crate) credentials: Credentials,
    pub(crate) random: Random,
    /// The longest fault.
    pub(crate) longest: Duration,
}

impl Injector {
    /// Injects a fault. Returns when the endpoint's name leads to a writer again.
    ///
    /// # Errors
    ///
    /// What a client must not do.
    pub(crate) fn inject(&mut self, fault: Fault) -> Result<Aftermath, String> {
        let time = self.random.between(SHORTEST, self.longest);
        let writer = self.cluster.writer();
        match fault {
            Fault::KilledWriter => {
                writer.kill();
                return Ok(self.fail_over());
            }
            Fault::StoppedWriter => {
                // When MySQL is stopped, it switches semi-synchronous replication off before it ends its last sessions.
                // What they commit in that second would be confirmed, and on this server alone.
                writer.execute("SET GLOBAL super_read_only = ON");
                writer.stop();
                return Ok(self.fail_over());
            }
            Fault::HungWriter => {
                writer.signal("-STOP");
                return Ok(self.fail_over());
            }
            Fault::LastingPartition => {
                writer.host().cut_off();
                return Ok(self.fail_over());
            }
            Fault::Switchover => return Ok(self.switch_over()),
            Fault::WrongCertificate => return self.present_wrong_certificate(time),
            Fault::RestartedWriter => self.restart_writer(),
            Fault::FrozenWriter => {
                writer.signal("-STOP");
                sleep(time);
                writer.signal("-CONT");
            }
            Fault::Partition => {
                writer.host().cut_off();
                sleep(time);
                writer.host().reconnect();
            }
            Fault::OneWayPartition => {
                writer.host().mute();
                sleep(time);
                writer.host().unmute();
            }
            Fault::SlowNetwork => {
                writer.host().slow_down();
                sleep(time);
                writer.host().speed_up();
            }
            Fault::ReadOnly => {
                writer.execute("SET GLOBAL read_only = ON");
                sleep(time);
                writer.execute("SET GLOBAL read_only = OFF");
            }
            Fault::SilentNameServer => {
                self.cluster.name_server().set_silent(true);
                writer.kill_connections();
                sleep(time);
                self.cluster.name_server().set_silent(false);
            }
            Fault::NewCertificate => {
                writer.present(&self.cluster.issue());
                writer.kill_connections();
            }
            Fault::RotatedCredentials => {
                self.credentials.rotate();
                for database in self.cluster.databases() {
                    database.expect(&self.credentials.expectation());
                }
                writer.kill_connections();
            }
            Fault::KilledConnections => writer.kill_connections(),
            Fault::KilledReplica => {
                self.cluster.replica().kill();
                sleep(time);
                self.cluster.replica().start_again();
                self.cluster.replica().execute("START REPLICA");
            }
            Fault::FrozenReplica => {
                self.cluster.replica().signal("-STOP");
                sleep(time);
                self.cluster.replica().signal("-CONT");
            }
        }
        Ok(Aftermath::Same)
    }

    /// Makes the former writer the replica.
    pub(crate) fn rejoin(&self, fault: Fault, aftermath: Aftermath) {
        let (writer, replica) = (self.cluster.writer(), self.cluster.replica());
        match aftermath {
            Aftermath::Same => {}
            Aftermath::Demoted => replica.replicate_from(writer),
            Aftermath::Lost => {
                // First it is back as what it was: a writer, whose commits wait for a replica that never comes.
                match fault {
                    Fault::HungWriter => replica.signal("-CONT"),
                    Fault::LastingPartition => replica.host().reconnect(),
                    _ => {}
                }
                sleep(NOTICE);
                replica.kill();
                replica.start_again();
                replica.clone_from(writer);
            }
        }
        self.cluster.wait_for_replica();
    }

    /// Promotes the replica. The name moves late, or at once.
    fn fail_over(&mut self) -> Aftermath {
        sleep(NOTICE);
        self.cluster.promote_replica();
        self.move_name();
        Aftermath::Lost
    }

    fn switch_over(&mut self) -> Aftermath {
        let writer = self.cluster.writer();
        writer.execute("SET GLOBAL super_read_only = ON");
        self.cluster.replica().wait_for(&writer.executed());
        // A replica's own commits would wait too.
        writer.set_waits_for_replica(false);
        self.cluster.promote_replica();
        self.move_name();
        Aftermath::Demoted
    }

    fn move_name(&mut self) {
        if self.random.below(2) == 0 {
            sleep(self.random.between(SHORTEST, self.longest));
        }
        self.cluster.move_name();
    }

    fn restart_writer(&self) {
        let writer = self.cluster.writer();
        writer.kill();
        writer.start_again();
        // Read-only until the replica has everything: a transaction that was never confirmed is there now.
        self.cluster.wait_for_replica();
        writer.execute("SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF");
    }

    /// While the server presents a certificate that clients must refuse, no client may log in.
    fn present_wrong_certificate(&self, time: Duration) -> Result<Aftermath, String> {
        let writer = self.cluster.writer();
        writer.present(&self.cluster.issue_by_stranger());
        writer.kill_connections();
        sleep(NOTICE);
        // A login that had begun before.
        writer.kill_connections();
        sleep(time);
        let connections = writer.connections();
        writer.present(&self.cluster.issue());
        match connections {
            0 => Ok(Aftermath::Same),
            some => Err(format!(
                "{some} clients accepted a certificate of another authority"
            )),
        }
    }
}
