//! DNS with no, many or changing addresses, and instances whose names vanish.

use rds_bridge::error::TopologyProblem;
use rds_bridge::{Bridge, ErrorKind, Stage};
use rds_bridge_test_support::server::Server;
use tokio::time::{Duration, sleep};

use crate::helpers::cluster::{
    A, B, CLUSTER, Dns, StandIn, as_admin, instance, nowhere, port_of, problem, set_read_only,
    to_cluster,
};
use crate::helpers::live::block_on;

/// A bridge whose endpoint leads to a server that is the instance B.
async fn bridge(server: &Server, dns: &Dns, topology: &StandIn) -> Bridge {
    let builder = as_admin(to_cluster(&[server], dns)).topology(topology.clone());
    let builder = builder.failover_wait(Duration::from_millis(600));
    builder.build().await.unwrap()
}

/// The same, which knows the members: the writer B, and A.
async fn informed(server: &Server, dns: &Dns) -> Bridge {
    let topology = StandIn::new(&[("shop-a", false), ("shop-b", true)]);
    let bridge = bridge(server, dns, &topology).await;
    let mut connection = bridge.connect().await.unwrap();
    bridge.read_topology(&mut connection).await.unwrap();
    bridge
}

#[test]
fn an_endpoint_without_addresses_is_one_that_fails() {
    let server = instance(B, B, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address()), (B, server.address())]);
    block_on(async {
        let bridge = informed(&server, &dns).await;
        dns.set(CLUSTER, &[]);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
        // While one of its addresses may lead to another server, the member is used.
        sleep(Duration::from_millis(1_100)).await;
        dns.set(CLUSTER, &[server.address(), nowhere()]);
        let before = dns.asked(B);
        bridge.connect().await.unwrap();
        assert_eq!(dns.asked(B), before + 2);
        sleep(Duration::from_millis(1_100)).await;
        dns.set(CLUSTER, &[server.address()]);
        bridge.connect().await.unwrap();
        let before = dns.asked(B);
        bridge.connect().await.unwrap();
        assert_eq!(dns.asked(B), before);
    });
}

/// The name is compared with the member in its place once a second. Each time that it leads to the former writer then,
/// one connection meets that.
#[test]
fn a_name_that_flaps_is_looked_up_a_limited_number_of_times() {
    let (former, writer) = (instance(A, A, &[]), instance(B, B, &[]));
    set_read_only(&former, true);
    let (to_former, to_writer) = ([former.address()], [writer.address()]);
    let dns = Dns::new(&[
        (CLUSTER, writer.address()),
        (A, former.address()),
        (B, writer.address()),
    ]);
    block_on(async {
        let topology = StandIn::new(&[("shop-a", false), ("shop-b", true)]);
        let builder = as_admin(to_cluster(&[&former, &writer], &dns)).topology(topology);
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        let mut all_refused = 0;
        for flap in 0..6 {
            sleep(Duration::from_millis(1_100)).await;
            dns.set(
                CLUSTER,
                if flap % 2 == 0 {
                    &to_former
                } else {
                    &to_writer
                },
            );
            let before = dns.asked(CLUSTER);
            let mut refused = 0;
            for _ in 0..5 {
                let mut connection = bridge.connect().await.unwrap();
                match port_of(&mut connection).await {
                    Ok(port) => assert_eq!(port, writer.port()),
                    Err(error) => {
                        assert!(
                            matches!(error.kind(), ErrorKind::WrongRole { .. }),
                            "{error:?}"
                        );
                        refused += 1;
                    }
                }
            }
            assert!(refused <= 1, "{refused}");
            all_refused += refused;
            assert!(dns.asked(CLUSTER) - before <= 10);
        }
        assert!(all_refused > 0);
    });
}

#[test]
fn of_many_addresses_the_first_that_answers_counts() {
    let server = instance(B, B, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address())]);
    dns.set(B, &[nowhere(), nowhere(), server.address()]);
    block_on(async {
        let bridge = informed(&server, &dns).await;
        dns.set(CLUSTER, &[nowhere()]);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
    });
}

#[test]
fn if_all_names_vanish_the_error_says_so() {
    let server = instance(B, B, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address()), (B, server.address())]);
    block_on(async {
        let bridge = informed(&server, &dns).await;
        for name in [CLUSTER, B] {
            dns.set(name, &[]);
        }
        let error = bridge.connect().await.unwrap_err();
        assert_eq!(error.stage(), Stage::Resolve);
        assert_eq!(*problem(&error), TopologyProblem::Unanswered);
        // It is bounded: each member is tried every 250 ms.
        assert!(dns.asked(B) <= 4 && dns.asked(A) <= 4);
        // The name is there again, and nothing else.
        dns.set(CLUSTER, &[server.address()]);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
    });
}

/// Before the members are known, the endpoint's own error is all that there is to say.
#[test]
fn without_known_members_nothing_is_searched() {
    let server = instance(B, B, &[]);
    let dns = Dns::new(&[(CLUSTER, nowhere()), (B, server.address())]);
    let topology = StandIn::new(&[("shop-b", true)]);
    block_on(async {
        let bridge = bridge(&server, &dns, &topology).await;
        let error = bridge.connect().await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connect(_)), "{error:?}");
        assert_eq!(bridge.known_members(), [""; 0]);
    });
}
