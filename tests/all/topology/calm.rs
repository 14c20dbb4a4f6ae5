//! What a topology costs without a failover.

use std::num::NonZeroU32;
use std::time::Duration;

use rds_bridge::Bridge;
use rds_bridge::pool::Pool;
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::turn_counter::TurnCounter;
use tokio::time::{Instant, sleep};

use crate::helpers::cluster::{
    A, B, CLUSTER, Dns, StandIn, as_admin, instance, port_of, to_cluster,
};
use crate::helpers::live::block_on;

/// The round trips of a connection and its first statement.
async fn turns(server: &Server, topology: Option<StandIn>) -> usize {
    let counter = TurnCounter::start(server.address());
    let dns = Dns::new(&[(CLUSTER, counter.address()), (A, counter.address())]);
    let mut builder = as_admin(to_cluster(&[server], &dns));
    if let Some(topology) = topology {
        builder = builder.topology(topology);
    }
    let bridge: Bridge = builder.build().await.unwrap();
    let mut connection = bridge.connect().await.unwrap();
    assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
    counter.turns()
}

#[test]
fn a_connection_takes_no_further_round_trip() {
    let server = instance(A, A, &[]);
    assert_eq!(server.product(), Product::MySql);
    block_on(async {
        // MySQL verifies the first password of a user with a further round trip.
        let _first = turns(&server, None).await;
        let topology = StandIn::new(&[("shop-a", true)]);
        let with_topology = turns(&server, Some(topology.clone())).await;
        assert_eq!(with_topology, turns(&server, None).await);
        assert_eq!(topology.times(), 0);
    });
}

/// The pool asks over a connection that is returned, and over one that is idle; not each time.
#[test]
fn the_pool_asks_in_the_background() {
    let server = instance(A, A, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address())]);
    block_on(async {
        let topology = StandIn::new(&[("shop-a", true), ("shop-b", false)]);
        let builder = as_admin(to_cluster(&[&server], &dns)).topology(topology.clone());
        let bridge = builder.build().await.unwrap();
        assert_eq!(bridge.known_members(), [""; 0]);
        // Without a user, when it opens a connection in advance.
        let pool = Pool::builder(bridge.clone()).min_size(1).build().unwrap();
        while bridge.known_members() != [A, B] {
            sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..20 {
            let mut connection = pool.get().await.unwrap();
            connection.execute("SELECT 1", ()).await.unwrap();
        }
        assert_eq!(topology.times(), 1);
        assert_eq!(pool.metrics().connected_total, 1);
        // A clone of the bridge shares what is known.
        let pool = Pool::builder(bridge).build().unwrap();
        drop(pool.get().await.unwrap());
        assert_eq!(topology.times(), 1);
    });
}

/// The connection that asks takes the first turn of this second, so that the pool's has to wait.
#[test]
fn following_counts_in_the_pool_s_limit_on_new_connections() {
    let server = instance(A, A, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address())]);
    block_on(async {
        let topology = StandIn::new(&[("shop-a", true), ("shop-b", false)]);
        let builder = as_admin(to_cluster(&[&server], &dns)).topology(topology);
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge.clone()).connections_per_second(NonZeroU32::MIN);
        let pool = pool.build().unwrap();
        let begun = Instant::now();
        let getting = async {
            while bridge.known_members() != [A, B] {
                sleep(Duration::from_millis(10)).await;
            }
            pool.get().await.unwrap()
        };
        tokio::select! {
            () = bridge.follow_topology() => panic!("without a topology"),
            _connection = getting => {}
        }
        assert!(begun.elapsed() >= Duration::from_secs(1));
    });
}
