//! Topologies that lie: the bridge connects to no host that its settings do not cover, and to no server of another role.

use std::time::Duration;

use rds_bridge::error::{Category, TopologyProblem};
use rds_bridge::topology::Member;
use rds_bridge::{Bridge, Error, Role};
use rds_bridge_test_support::server::Server;

use crate::helpers::cluster::{
    A, B, C, CLUSTER, Dns, StandIn, as_admin, instance, nowhere, port_of, problem, set_read_only,
    to_cluster,
};
use crate::helpers::live::block_on;

/// A cluster whose writer has just vanished: its endpoint leads nowhere, and the other instance is a reader.
struct Orphans {
    dns: Dns,
    topology: StandIn,
    bridge: Bridge,
}

impl Orphans {
    async fn new(reader: &Server) -> Self {
        let dns = Dns::new(&[(CLUSTER, reader.address()), (B, reader.address())]);
        let topology = StandIn::new(&[("shop-a", true), ("shop-b", false)]);
        let bridge = as_admin(to_cluster(&[reader], &dns))
            .topology(topology.clone())
            .failover_wait(Duration::from_secs(1))
            .build()
            .await
            .unwrap();
        set_read_only(reader, false);
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        dns.set(CLUSTER, &[nowhere()]);
        set_read_only(reader, true);
        Self {
            dns,
            topology,
            bridge,
        }
    }

    async fn connect_error(&self) -> Error {
        let error = self.bridge.connect().await.unwrap_err();
        assert_eq!(error.category(), Category::Network);
        error
    }
}

#[test]
fn hosts_that_are_not_covered_are_not_even_looked_up() {
    let reader = instance(B, B, &[]);
    block_on(async {
        let it = Orphans::new(&reader).await;
        for host in [
            "evil.example.com",
            "shop-a.other1.eu-central-1.rds.amazonaws.com",
            "shop-a.abc123.eu-west-1.rds.amazonaws.com",
            "shop-a.abc123.eu-central-1.rds.amazonaws.com.example.com",
            "shop-a-old1.abc123.eu-central-1.rds.amazonaws.com",
            "127.0.0.1",
            "mysql://u:p@evil.example.com",
            "evil\u{1b}[2J.example.com",
        ] {
            it.topology.tell(&[&[(host, true), ("shop-b", false)]]);
            let error = it.connect_error().await;
            let expected = TopologyProblem::NotCovered {
                host: host.to_owned(),
            };
            assert_eq!(*problem(&error), expected);
            assert!(!error.to_string().contains('\u{1b}'));
            assert!(!error.causes().is_empty());
        }
        // Another port is another server.
        let other_port = Member::new("shop-b", true).with_port(22);
        it.topology.tell_members(vec![other_port]);
        let error = it.connect_error().await;
        let expected = TopologyProblem::NotCovered {
            host: "shop-b".to_owned(),
        };
        assert_eq!(*problem(&error), expected);
        let names = [B, CLUSTER, A].map(str::to_owned);
        assert!(it.dns.all_asked().iter().all(|asked| names.contains(asked)));
    });
}

#[test]
fn two_writers_are_none() {
    let reader = instance(B, B, &[]);
    block_on(async {
        let it = Orphans::new(&reader).await;
        set_read_only(&reader, false);
        it.topology.tell(&[&[("shop-b", true), ("shop-c", true)]]);
        let error = it.connect_error().await;
        let hosts = vec![B.to_owned(), C.to_owned()];
        assert_eq!(*problem(&error), TopologyProblem::SeveralWriters { hosts });
        assert!(error.to_string().contains("several writers"));

        it.topology.tell(&[&[]]);
        let error = it.connect_error().await;
        let role = Role::Writer;
        assert_eq!(*problem(&error), TopologyProblem::NotNamed { role });

        // Once it makes sense again, it is believed.
        it.topology.tell(&[&[("shop-b", true)]]);
        let mut connection = it.bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), reader.port());
    });
}

#[test]
fn a_reader_that_is_called_the_writer_is_not_used() {
    let reader = instance(B, B, &[]);
    block_on(async {
        let it = Orphans::new(&reader).await;
        it.topology.tell(&[&[("shop-b", true)]]);
        let error = it.connect_error().await;
        let TopologyProblem::NotConfirmed { host, role, why } = problem(&error) else {
            panic!("{error:?}");
        };
        assert_eq!((host.as_str(), *role), (B, Role::Writer));
        assert!(why.contains("the server is not the writer"), "{why}");
    });
}

/// A covered name that leads to another server: its certificate is for another name.
#[test]
fn a_name_that_leads_elsewhere_gets_no_token() {
    let reader = instance(B, B, &[]);
    block_on(async {
        let it = Orphans::new(&reader).await;
        set_read_only(&reader, false);
        it.dns.set(C, &[reader.address()]);
        it.topology.tell(&[&[("shop-c", true), ("shop-b", false)]]);
        let error = it.connect_error().await;
        let TopologyProblem::NotConfirmed { host, why, .. } = problem(&error) else {
            panic!("{error:?}");
        };
        assert_eq!(host, C);
        assert!(why.contains("certificate is for another name"), "{why}");
    });
}

/// Each view names another writer: the attempts are bounded.
#[test]
fn a_topology_that_flaps_is_asked_a_limited_number_of_times() {
    let reader = instance(B, B, &[]);
    block_on(async {
        let it = Orphans::new(&reader).await;
        it.dns.set(C, &[nowhere()]);
        it.topology
            .tell(&[&[("shop-b", true)], &[("shop-c", true), ("shop-b", false)]]);
        let (asked, looked_up) = (it.topology.times(), it.dns.all_asked().len());
        let error = it.connect_error().await;
        let TopologyProblem::NotConfirmed { .. } = problem(&error) else {
            panic!("{error:?}");
        };
        // Every 100 ms over one connection, and each candidate every 250 ms.
        assert!(it.topology.times() - asked <= 11);
        assert!(it.dns.asked(C) <= 2 * 5 && looked_up <= 4);
    });
}
