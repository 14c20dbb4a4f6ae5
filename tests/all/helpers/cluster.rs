//! A cluster of the tests: servers with certificates for the names of a cluster's instances, and the DNS that leads to
//! them.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rds_bridge::mysql::Connection;
use rds_bridge::net::{Resolve, Resolving};
use rds_bridge::topology::{Member, Reading, Topology};
use rds_bridge::{Bridge, BridgeBuilder, Error, ErrorKind, Role, error::TopologyProblem};
use rds_bridge_test_support::certificates::ServerCertificate;
use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};

/// The endpoint of the cluster, and the names of its instances.
pub(crate) const CLUSTER: &str = "shop.cluster-abc123.eu-central-1.rds.amazonaws.com";
pub(crate) const A: &str = "shop-a.abc123.eu-central-1.rds.amazonaws.com";
pub(crate) const B: &str = "shop-b.abc123.eu-central-1.rds.amazonaws.com";
pub(crate) const C: &str = "shop-c.abc123.eu-central-1.rds.amazonaws.com";

/// Starts a MySQL server as an instance of the cluster: with a certificate for its own name and the cluster's, and
/// accepting only tokens that are signed for `token_host`.
pub(crate) fn instance(name: &str, token_host: &str, arguments: &[&str]) -> Server {
    let options = Options {
        certificate: ServerCertificate::For(vec![name.to_owned(), CLUSTER.to_owned()]),
        expectation: tokens_for(token_host),
        arguments: arguments.iter().copied().map(str::to_owned).collect(),
        ..Options::default()
    };
    Server::start(Product::MySql, &options)
}

/// Which tokens a server accepts.
pub(crate) fn tokens_for(host: &str) -> Expectation {
    Expectation {
        host: host.to_owned(),
        ..Expectation::default()
    }
}

/// A bridge to the cluster's endpoint, which must lead to the writer.
pub(crate) fn to_cluster(servers: &[&Server], dns: &Dns) -> BridgeBuilder {
    let mut builder = Bridge::builder().endpoint(CLUSTER);
    for server in servers {
        builder = builder.extra_ca_file(server.ca_file());
    }
    builder.resolver(dns.clone()).role(Role::Writer)
}

/// As the user to whose statements `read_only` does not apply.
pub(crate) fn as_admin(builder: BridgeBuilder) -> BridgeBuilder {
    builder.user("admin").password(PASSWORD)
}

pub(crate) fn set_read_only(server: &Server, on: bool) {
    server.execute_as_admin(&format!("SET GLOBAL read_only = {}", u8::from(on)));
}

/// The port of the server that a connection leads to.
pub(crate) async fn port_of(connection: &mut Connection) -> Result<u16, Error> {
    let (port,) = connection.query_one("SELECT @@port", ()).await?;
    Ok(port)
}

/// An address at which nothing listens.
pub(crate) fn nowhere() -> SocketAddr {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap()
}

/// Why no other server was found.
#[track_caller]
pub(crate) fn problem(error: &Error) -> &TopologyProblem {
    match error.kind() {
        ErrorKind::NoOtherServer { problem, .. } => problem,
        _ => panic!("{error:?}"),
    }
}

/// The DNS of the test, which changes when the test says so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dns(Arc<Mutex<Zone>>);

#[derive(Debug, Default)]
struct Zone {
    records: HashMap<String, Vec<SocketAddr>>,
    /// Every name that was looked up.
    asked: Vec<String>,
}

impl Dns {
    pub(crate) fn new(records: &[(&str, SocketAddr)]) -> Self {
        let dns = Self::default();
        for (name, address) in records {
            dns.set(name, &[*address]);
        }
        dns
    }

    pub(crate) fn set(&self, name: &str, addresses: &[SocketAddr]) {
        let records = &mut self.0.lock().unwrap().records;
        records.insert(name.to_owned(), addresses.to_vec());
    }

    /// Which names were looked up, and how many times.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let zone = self.0.lock().unwrap();
        zone.asked.iter().filter(|asked| *asked == name).count()
    }

    /// Which names were looked up.
    pub(crate) fn all_asked(&self) -> Vec<String> {
        let mut asked = self.0.lock().unwrap().asked.clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

impl Resolve for Dns {
    fn resolve<'a>(&'a self, host: &'a str, _port: u16) -> Resolving<'a> {
        Box::pin(async move {
            let mut zone = self.0.lock().unwrap();
            zone.asked.push(host.to_owned());
            let unknown = || io::Error::other("no such name");
            zone.records.get(host).cloned().ok_or_else(unknown)
        })
    }
}

/// Starts A and B, to the first of which the cluster's endpoint leads. The topology calls A the writer.
pub(crate) fn a_and_b() -> (Server, Server, Dns, StandIn) {
    let (a, b) = (instance(A, A, &[]), instance(B, B, &[]));
    let dns = Dns::new(&[(CLUSTER, a.address()), (A, a.address()), (B, b.address())]);
    let topology = StandIn::new(&[("shop-a", true), ("shop-b", false)]);
    (a, b, dns, topology)
}

/// As [`a_and_b`], of which B is a reader, as the topology says.
pub(crate) fn writer_and_reader() -> (Server, Server, Dns, StandIn) {
    let (a, b, dns, topology) = a_and_b();
    set_read_only(&b, true);
    (a, b, dns, topology)
}

/// B becomes the writer, and A lives on as a reader. DNS does not change.
pub(crate) fn switch_over(a: &Server, b: &Server, topology: &StandIn) {
    set_read_only(a, true);
    set_read_only(b, false);
    topology.tell(&[&[("shop-a", false), ("shop-b", true)]]);
}

/// A stand-in for the topology of a real cluster: it tells what the test says, and asks no server.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandIn(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    /// They are told in turn.
    views: Vec<Vec<Member>>,
    times: usize,
}

impl StandIn {
    pub(crate) fn new(members: &[(&str, bool)]) -> Self {
        let stand_in = Self::default();
        stand_in.tell(&[members]);
        stand_in
    }

    /// Tells these from now on, one after the other, again and again.
    pub(crate) fn tell(&self, views: &[&[(&str, bool)]]) {
        let member = |(name, is_writer): &(&str, bool)| Member::new(*name, *is_writer);
        let views = views.iter();
        let views = views.map(|view| view.iter().map(member).collect());
        self.0.lock().unwrap().views = views.collect();
    }

    pub(crate) fn tell_members(&self, members: Vec<Member>) {
        self.0.lock().unwrap().views = vec![members];
    }

    /// How many times it was asked.
    pub(crate) fn times(&self) -> usize {
        self.0.lock().unwrap().times
    }
}

impl Topology for StandIn {
    fn members<'a>(&'a self, _connection: &'a mut Connection) -> Reading<'a> {
        let mut told = self.0.lock().unwrap();
        let members = told.views[told.times % told.views.len()].clone();
        told.times += 1;
        Box::pin(async move { Ok(members) })
    }
}
