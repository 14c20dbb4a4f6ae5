//! The writer fails or becomes a reader, and DNS still leads to it.

use std::num::NonZeroU32;

use rds_bridge::error::Category;
use rds_bridge::pool::Pool;
use rds_bridge::topology::RdsTopology;
use rds_bridge::{ErrorKind, Role, Timeouts};
use rds_bridge_test_support::server::{PASSWORD, Server};
use tokio::time::{Duration, Instant, sleep};

use crate::helpers::cluster::{
    A, B, CLUSTER, Dns, a_and_b, as_admin, instance, port_of, set_read_only, switch_over,
    to_cluster, tokens_for, writer_and_reader,
};
use crate::helpers::live::{block_on, credentials, first_value};

/// As RDS fills it in a Multi-AZ DB cluster, here with the server ids of the tests.
fn create_rds_topology(server: &Server) {
    server.execute_as_admin(&format!(
        "SET sql_log_bin = 0;
         CREATE TABLE mysql.rds_topology (id VARCHAR(64), endpoint VARCHAR(255), port INT);
         INSERT INTO mysql.rds_topology VALUES ('1', '{A}', 3306), ('2', '{B}', 3306);
         GRANT SELECT ON mysql.rds_topology TO 'lambda-user'@'%';
         GRANT REPLICATION CLIENT ON *.* TO 'lambda-user'@'%'"
    ));
}

/// Makes `replica` replicate from `source`, as in a Multi-AZ DB cluster.
fn replicate(source: &Server, replica: &Server) {
    replica.execute_as_admin(&format!(
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, SOURCE_USER = 'admin',
         SOURCE_PASSWORD = '{PASSWORD}', SOURCE_SSL = 1;
         START REPLICA;
         SET GLOBAL read_only = 1",
        source.port()
    ));
    // It does not know the source's id before.
    while !replica
        .execute_as_admin("SHOW REPLICA STATUS")
        .contains("Waiting for source to send event")
    {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn promote(replica: &Server) {
    replica.execute_as_admin("STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = 0");
}

/// With a real replica, RDS's own table and tokens: what a Multi-AZ DB cluster does in a failover.
#[test]
fn a_killed_writer_is_replaced_before_dns_has_changed() {
    let numbered =
        |id| ["--log-bin=binlog", "--server-id="].map(|it| it.replace("id=", &format!("id={id}")));
    let start = |name, token_host, id| {
        let arguments = numbered(id);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        instance(name, token_host, &arguments)
    };
    let (writer, replica) = (start(A, CLUSTER, 1), start(B, B, 2));
    create_rds_topology(&writer);
    create_rds_topology(&replica);
    replicate(&writer, &replica);
    let dns = Dns::new(&[
        (CLUSTER, writer.address()),
        (A, writer.address()),
        (B, replica.address()),
    ]);
    block_on(async {
        let builder = to_cluster(&[&writer, &replica], &dns)
            .user("lambda-user")
            .credentials(credentials())
            .topology(RdsTopology::new())
            .failover_wait(Duration::from_secs(60));
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge.clone()).max_size(2).build().unwrap();
        let mut connection = pool.get().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), writer.port());
        drop(connection);
        // The pool asks for the members in the background.
        while bridge.known_members() != [A, B] {
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(pool.metrics().connected_total, 1);
        let mut connection = pool.get().await.unwrap();
        assert!(connection.is_reused());
        connection.ping().await.unwrap();
        drop(connection);

        writer.kill();
        // While the pool searches, the replica is promoted.
        let promoting = async {
            while !replica.error_log().contains("accepted \"lambda-user\"") {
                sleep(Duration::from_millis(10)).await;
            }
            promote(&replica);
        };
        let getting = async {
            loop {
                // The pool may not have noticed yet that its idle connection is lost.
                let mut connection = pool.get().await.unwrap();
                match port_of(&mut connection).await {
                    Ok(port) => break port,
                    Err(lost) => assert_eq!(lost.category(), Category::Network),
                }
            }
        };
        let (port, ()) = tokio::join!(getting, promoting);
        assert_eq!(port, replica.port());
        // The replica accepts no other tokens.
        assert!(!replica.error_log().contains("refused"));

        // Further connections begin at the member.
        let before = dns.asked(CLUSTER);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), replica.port());
        assert!(dns.asked(CLUSTER) <= before + 1);

        // Once DNS leads to the new writer, the endpoint's own name is used again.
        dns.set(CLUSTER, &[replica.address()]);
        replica.expect(&tokens_for(CLUSTER));
        while bridge.connect().await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    });
}

/// The former writer is alive, and a reader now. The connections that lead to it are closed.
#[test]
fn a_demoted_writer_is_replaced() {
    let (one, other, dns, topology) = writer_and_reader();
    block_on(async {
        let builder = as_admin(to_cluster(&[&one, &other], &dns));
        let builder = builder.topology(topology.clone()).allow_writes(true);
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge.clone()).max_size(2).build().unwrap();
        let mut held = pool.get().await.unwrap();
        assert_eq!(port_of(&mut held).await.unwrap(), one.port());
        bridge.read_topology(&mut held).await.unwrap();

        switch_over(&one, &other, &topology);
        // Of a connection that was opened before, the reset is what learns of it.
        held.execute("SET @left = 1", ()).await.unwrap();
        let refused = held.reset().await.unwrap_err();
        assert!(matches!(
            refused.kind(),
            ErrorKind::WrongRole {
                expected: Role::Writer
            }
        ));
        drop(held);
        for _ in 0..3 {
            let mut connection = pool.get().await.unwrap();
            assert_eq!(port_of(&mut connection).await.unwrap(), other.port());
        }
        // And back, as in the next failover: the endpoint's name was right all the time.
        set_read_only(&other, true);
        set_read_only(&one, false);
        topology.tell(&[&[("shop-a", true), ("shop-b", false)]]);
        let mut connection = bridge.connect().await.unwrap();
        let refused = port_of(&mut connection).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::WrongRole { .. }));
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), one.port());
    });
}

/// Of the connections that lead to the new writer, at least three are opened after the first attempt: one to ask it who
/// is the writer, one to confirm that, and the one that the caller gets.
#[test]
fn a_search_counts_in_the_pool_s_limit_on_new_connections() {
    let (one, other, dns, topology) = a_and_b();
    block_on(async {
        let builder = as_admin(to_cluster(&[&one, &other], &dns)).topology(topology.clone());
        // The members that are dead take turns too.
        let long = Duration::from_secs(120);
        let builder = builder.failover_wait(long).timeouts(Timeouts {
            whole: long,
            ..Timeouts::default()
        });
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        drop(connection);
        let pool = Pool::builder(bridge).connections_per_second(NonZeroU32::MIN);
        let pool = pool.acquire_timeout(long).build().unwrap();

        set_read_only(&one, true);
        one.kill();
        topology.tell(&[&[("shop-a", false), ("shop-b", true)]]);
        let begun = Instant::now();
        let mut connection = pool.get().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), other.port());
        assert!(begun.elapsed() >= Duration::from_secs(3));
    });
}

/// The endpoint's name still leads to the former writer, which has a connection with the same id or none.
#[test]
fn a_statement_at_the_member_that_was_found_is_cancelled_there() {
    let (one, other, dns, topology) = a_and_b();
    let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'";
    block_on(async {
        let builder = as_admin(to_cluster(&[&one, &other], &dns)).topology(topology.clone());
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        drop(connection);
        switch_over(&one, &other, &topology);
        let mut connection = bridge.connect().await.unwrap();
        port_of(&mut connection).await.unwrap_err();
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), other.port());
        let handle = connection.cancel_handle();
        let cancelling = async {
            while other.execute_as_admin(running) == "0\n" {
                sleep(Duration::from_millis(10)).await;
            }
            handle.cancel().await
        };
        let sleeping = connection.execute("DO SLEEP(300)", ());
        let (_is_cut_off, cancelled) = tokio::join!(sleeping, cancelling);
        cancelled.unwrap();
        while other.execute_as_admin(running) != "0\n" {
            sleep(Duration::from_millis(10)).await;
        }
    });
}

/// The former writer restarts as a reader before the next connection: the role is learnt while connecting, so that no
/// statement fails a second time.
#[test]
fn after_a_lost_connection_no_statement_meets_the_wrong_role() {
    let (one, other, dns, topology) = a_and_b();
    block_on(async {
        let bridge = as_admin(to_cluster(&[&one, &other], &dns)).topology(topology.clone());
        let bridge = bridge.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();

        let id: u64 = first_value(&mut connection, "SELECT CONNECTION_ID()").await;
        one.execute_as_admin(&format!("KILL {id}"));
        set_read_only(&one, true);
        topology.tell(&[&[("shop-a", false), ("shop-b", true)]]);
        let lost = port_of(&mut connection).await.unwrap_err();
        assert!(!matches!(lost.kind(), ErrorKind::WrongRole { .. }));
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), other.port());
    });
}

/// A bridge to a reader endpoint finds another reader, and never the writer.
#[test]
fn a_reader_is_replaced_by_another_reader() {
    let (writer, reader, dns, topology) = a_and_b();
    set_read_only(&reader, true);
    dns.set(CLUSTER, &[reader.address()]);
    block_on(async {
        let bridge = as_admin(to_cluster(&[&writer, &reader], &dns)).role(Role::Reader);
        let bridge = bridge.topology(topology).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        // The endpoint leads to the writer, as when no reader is left.
        dns.set(CLUSTER, &[writer.address()]);
        let mut connection = bridge.connect().await.unwrap();
        let refused = port_of(&mut connection).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::WrongRole { .. }));
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), reader.port());
        // Each connection tries the endpoint first, which leads to any reader.
        dns.set(CLUSTER, &[reader.address()]);
        let before = dns.asked(B);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), reader.port());
        assert_eq!(dns.asked(B), before);
    });
}
