//! The clients of a proxy reach the new writer before DNS leads there.

use std::net::SocketAddr;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as ClientError};
use rds_bridge::{Bridge, BridgeBuilder};
use rds_bridge_proxy::{Listener, Proxy};
use rds_bridge_test_support::server::Server;
use tokio::time::{Duration, sleep};

use crate::helpers::blue_green::Deployment;
use crate::helpers::cluster::{
    Dns, StandIn, as_admin, set_read_only, switch_over, to_cluster, writer_and_reader,
};
use crate::helpers::live::block_on;
use crate::helpers::proxy::client_of;

/// A proxy to the cluster that has learnt its members.
struct Proxied {
    bridge: Bridge,
    address: SocketAddr,
    _proxy: Proxy,
}

impl Proxied {
    async fn start(builder: BridgeBuilder) -> Self {
        let bridge = builder.allow_writes(true).build().await.unwrap();
        let listener = Listener::tcp(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.address().unwrap();
        let proxy = Proxy::builder(bridge.clone()).listen(listener);
        let proxy = proxy.start().unwrap();
        while bridge.known_members().is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
        Self {
            bridge,
            address,
            _proxy: proxy,
        }
    }

    async fn to(servers: [&Server; 2], dns: &Dns, topology: &StandIn) -> Self {
        let builder = as_admin(to_cluster(&servers, dns)).topology(topology.clone());
        Self::start(builder.failover_wait(Duration::from_secs(60))).await
    }

    async fn connect(&self) -> Result<Conn, ClientError> {
        Conn::new(client_of(self.address)).await
    }
}

async fn port_of(client: &mut Conn) -> Result<u16, ClientError> {
    Ok(client.query_first("SELECT @@port").await?.unwrap())
}

fn code_of(error: &ClientError) -> Option<u16> {
    match error {
        ClientError::Server(error) => Some(error.code),
        _ => None,
    }
}

#[test]
fn a_killed_writer_is_replaced() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let proxy = Proxied::to([&one, &other], &dns, &topology).await;
        let mut client = proxy.connect().await.unwrap();
        assert_eq!(port_of(&mut client).await.unwrap(), one.port());

        one.kill();
        port_of(&mut client).await.unwrap_err();
        let connecting = tokio::spawn(Conn::new(client_of(proxy.address)));
        sleep(Duration::from_millis(300)).await;
        assert!(!connecting.is_finished(), "it is held during the search");
        set_read_only(&other, false);
        topology.tell(&[&[("shop-a", false), ("shop-b", true)]]);
        let mut client = connecting.await.unwrap().unwrap();
        assert_eq!(port_of(&mut client).await.unwrap(), other.port());
    });
}

/// A former writer that lives on ends no connection, and its clients would be refused each write.
#[test]
fn idle_clients_of_a_demoted_writer_are_closed() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let proxy = Proxied::to([&one, &other], &dns, &topology).await;
        let mut idle = proxy.connect().await.unwrap();
        let mut busy = proxy.connect().await.unwrap();
        busy.query_drop("BEGIN").await.unwrap();

        switch_over(&one, &other, &topology);
        while port_of(&mut idle).await.is_ok() {
            sleep(Duration::from_millis(600)).await;
        }
        assert_eq!(port_of(&mut busy).await.unwrap(), one.port());
        busy.query_drop("COMMIT").await.unwrap();
        while port_of(&mut busy).await.is_ok() {
            sleep(Duration::from_millis(600)).await;
        }
        let mut client = proxy.connect().await.unwrap();
        assert_eq!(port_of(&mut client).await.unwrap(), other.port());
    });
}

/// A login that meets the former writer is refused, and leads to a search for the next one.
#[test]
fn at_most_one_login_meets_a_demoted_writer() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let proxy = Proxied::to([&one, &other], &dns, &topology).await;
        switch_over(&one, &other, &topology);
        let mut client = match proxy.connect().await {
            Err(refused) => {
                assert_eq!(code_of(&refused), Some(1290), "{refused}");
                proxy.connect().await.unwrap()
            }
            Ok(client) => client,
        };
        assert_eq!(port_of(&mut client).await.unwrap(), other.port());
    });
}

#[test]
fn a_server_that_no_search_finds_is_an_error_of_the_network() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let builder = as_admin(to_cluster(&[&one, &other], &dns)).topology(topology.clone());
        let proxy = Proxied::start(builder.failover_wait(Duration::from_secs(1))).await;
        topology.tell(&[&[("shop-a", false), ("shop-b", false)]]);
        one.kill();
        let refused = proxy.connect().await.unwrap_err();
        assert_eq!(code_of(&refused), Some(1158), "{refused}");
        let said = refused.to_string();
        assert!(said.contains("does not name the writer"), "{said}");
    });
}

#[test]
fn clients_are_held_during_a_blue_green_switchover() {
    let it = Deployment::new();
    block_on(async {
        let proxy = Proxied::start(it.bridge_builder(Duration::from_secs(60))).await;
        let mut client = proxy.connect().await.unwrap();
        assert_eq!(port_of(&mut client).await.unwrap(), it.blue.port());
        it.set_status("SWITCHOVER_IN_PROGRESS");
        let mut connection = proxy.bridge.connect().await.unwrap();
        proxy.bridge.read_topology(&mut connection).await.unwrap();

        let connecting = tokio::spawn(Conn::new(client_of(proxy.address)));
        sleep(Duration::from_millis(300)).await;
        set_read_only(&it.blue, true);
        set_read_only(&it.green, false);
        it.set_status("SWITCHOVER_IN_POST_PROCESSING");
        // The old server accepts writes again, and is not used all the same.
        set_read_only(&it.blue, false);
        sleep(Duration::from_millis(300)).await;
        assert!(!connecting.is_finished());
        // RDS drops connections, and the proxy those that are left, as soon as a server says where it belongs. Before
        // the name has moved, no search can have ended.
        proxy.bridge.read_topology(&mut connection).await.unwrap();
        while port_of(&mut client).await.is_ok() {
            sleep(Duration::from_millis(600)).await;
        }
        assert!(!connecting.is_finished());
        it.point_to_green();
        let mut new = connecting.await.unwrap().unwrap();
        assert_eq!(port_of(&mut new).await.unwrap(), it.green.port());
    });
}
