//! Guests reach the new writer after a failover.

use rds_bridge::pool::Pool;
use rds_bridge_guests::{Access, Databases, Grant, Statements};
use tokio::time::Duration;

use crate::helpers::cluster::{as_admin, set_read_only, to_cluster, writer_and_reader};
use crate::helpers::guest::{Error, Guest, Lost, Value, tenant};
use crate::helpers::live::block_on;

#[test]
fn a_guest_that_opens_again_is_at_the_new_writer() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let builder = as_admin(to_cluster(&[&one, &other], &dns)).topology(topology.clone());
        let builder = builder.failover_wait(Duration::from_secs(60));
        let bridge = builder.allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        drop(connection);
        let pool = Pool::builder(bridge).build().unwrap();
        let mut grant = Grant::new("orders", Statements::Any);
        grant.access = Access::ReadWrite;
        let (tenant, _) = tenant(&Databases::new().with("orders", pool), grant);
        let mut guest = Guest::new(&tenant).await;
        let port = |server: u16| Value::Text(server.to_string());
        let question = "SELECT CONCAT(@@port)";
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, question).await, port(one.port()));

        one.kill();
        let lost = guest.execute(connection, "SELECT 1").await;
        let may_have_run = true;
        assert_eq!(
            lost.unwrap_err(),
            Error::ConnectionLost(Lost { may_have_run })
        );
        set_read_only(&other, false);
        topology.tell(&[&[("shop-a", false), ("shop-b", true)]]);
        // The endpoint's name still leads to the former writer.
        let connection = guest.open("orders").await.unwrap();
        assert_eq!(guest.one(connection, question).await, port(other.port()));
    });
}
