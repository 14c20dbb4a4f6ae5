//! Aurora's table, by a stand-in: MySQL has no `information_schema.replica_host_status`, so that the tests have the same
//! columns in a table of their own.

use rds_bridge::ErrorKind;
use rds_bridge::topology::{Aurora, Topology};

use crate::helpers::cluster::{
    A, B, CLUSTER, Dns, as_admin, instance, nowhere, port_of, to_cluster,
};
use crate::helpers::live::block_on;

/// The rows as Aurora has them after a failover from A to B. The row of C is that of an instance that was deleted.
const STAND_IN: &str = "
    CREATE DATABASE stand_in;
    CREATE TABLE stand_in.replica_host_status
        (server_id VARCHAR(100), session_id VARCHAR(100), last_update_timestamp DATETIME(6));
    INSERT INTO stand_in.replica_host_status VALUES
        ('shop-a', 'MASTER_SESSION_ID', NOW(6) - INTERVAL 1 MINUTE),
        ('shop-b', '5f9c2f0a-0000-4000-8000-000000000000', NOW(6) - INTERVAL 2 MINUTE),
        ('shop-b', 'MASTER_SESSION_ID', NOW(6)),
        ('shop-c', '0e6c3d34-0000-4000-8000-000000000000', NOW(6) - INTERVAL 6 MINUTE)";

#[test]
fn the_members_and_the_writer() {
    let server = instance(B, B, &[]);
    server.execute_as_admin(STAND_IN);
    let dns = Dns::new(&[(CLUSTER, server.address()), (B, server.address())]);
    block_on(async {
        let aurora = Aurora::from_table("stand_in.replica_host_status").unwrap();
        let builder = as_admin(to_cluster(&[&server], &dns)).topology(aurora.clone());
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        assert_eq!(bridge.known_members(), [A, B]);
        let members = aurora.members(&mut connection).await.unwrap();
        let writers = members.iter().filter(|member| member.is_writer);
        let writers: Vec<&str> = writers.map(|member| member.name.as_str()).collect();
        assert_eq!(writers, ["shop-b"]);

        dns.set(CLUSTER, &[nowhere()]);
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
    });
}

/// On a server that is not Aurora, the connection stays usable.
#[test]
fn a_server_without_the_table_refuses() {
    let server = instance(A, A, &[]);
    let dns = Dns::new(&[(CLUSTER, server.address())]);
    block_on(async {
        let builder = as_admin(to_cluster(&[&server], &dns)).topology(Aurora::new());
        let bridge = builder.build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let refused = bridge.read_topology(&mut connection).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Server(_)), "{refused}");
        assert_eq!(port_of(&mut connection).await.unwrap(), server.port());
        assert_eq!(bridge.known_members(), [""; 0]);
    });
}
