//! A blue/green switchover: the name of an instance moves to another server.

use std::time::Duration;

use rds_bridge::ErrorKind;
use rds_bridge::error::TopologyProblem;
use rds_bridge::pool::Pool;
use tokio::time::sleep;

use crate::helpers::blue_green::{Deployment, GREEN};
use crate::helpers::cluster::{A, port_of, problem, set_read_only};
use crate::helpers::live::block_on;

#[test]
fn a_new_connection_is_held_until_the_switchover_is_over() {
    let it = Deployment::new();
    block_on(async {
        let bridge = it.bridge(Duration::from_secs(60)).await;
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.blue.port());
        it.set_status("SWITCHOVER_IN_PROGRESS");
        bridge.read_topology(&mut connection).await.unwrap();
        set_read_only(&it.blue, true);

        let connecting = bridge.connect();
        tokio::pin!(connecting);
        tokio::select! {
            connected = &mut connecting => panic!("{connected:?}"),
            () = sleep(Duration::from_millis(300)) => {}
        }
        set_read_only(&it.green, false);
        it.set_status("SWITCHOVER_IN_POST_PROCESSING");
        // DNS follows later: the old server is not used meanwhile, whatever it accepts.
        set_read_only(&it.blue, false);
        tokio::select! {
            connected = &mut connecting => panic!("{connected:?}"),
            () = sleep(Duration::from_millis(300)) => {}
        }
        it.point_to_green();
        let mut connection = connecting.await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.green.port());

        it.set_status("SWITCHOVER_COMPLETED");
        bridge.read_topology(&mut connection).await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.green.port());
        // The deployment is deleted: first the row of the former environment, then all.
        for which in ["role = 'BLUE_GREEN_DEPLOYMENT_SOURCE'", "TRUE"] {
            let deletion = format!("DELETE FROM mysql.rds_topology WHERE {which}");
            it.green.execute_as_admin(&deletion);
            bridge.read_topology(&mut connection).await.unwrap();
            let mut connection = bridge.connect().await.unwrap();
            assert_eq!(port_of(&mut connection).await.unwrap(), it.green.port());
        }
    });
}

/// RDS drops connections in a switchover, and those that it has not dropped yet are not used any more.
#[test]
fn a_pool_keeps_no_connection_to_the_former_environment() {
    let it = Deployment::new();
    block_on(async {
        let bridge = it.bridge(Duration::from_secs(60)).await;
        let mut other = bridge.connect().await.unwrap();
        bridge.read_topology(&mut other).await.unwrap();
        let pool = Pool::builder(bridge.clone()).max_size(1).build().unwrap();
        let mut connection = pool.get().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.blue.port());
        drop(connection);

        set_read_only(&it.green, false);
        it.set_status("SWITCHOVER_IN_POST_PROCESSING");
        it.point_to_green();
        bridge.read_topology(&mut other).await.unwrap();
        let mut connection = pool.get().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.green.port());
    });
}

#[test]
fn what_is_held_too_long_is_refused() {
    let it = Deployment::new();
    block_on(async {
        let bridge = it.bridge(Duration::from_secs(1)).await;
        let mut connection = bridge.connect().await.unwrap();
        it.set_status("SWITCHOVER_IN_PROGRESS");
        bridge.read_topology(&mut connection).await.unwrap();
        let error = bridge.connect().await.unwrap_err();
        assert_eq!(*problem(&error), TopologyProblem::SwitchoverInProgress);
        assert!(error.causes()[0].remedy.to_string().contains("retry"));

        it.set_status("SWITCHOVER_IN_POST_PROCESSING");
        let error = bridge.connect().await.unwrap_err();
        assert_eq!(*problem(&error), TopologyProblem::FormerEnvironment);

        // It is rolled back: blue stays production.
        it.set_status("AVAILABLE");
        let mut connection = bridge.connect().await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.blue.port());
    });
}

/// The green server has the name of the blue one in its certificate already, and is a reader.
#[test]
fn green_is_not_used_before_the_switchover() {
    let it = Deployment::new();
    block_on(async {
        let bridge = it.bridge(Duration::from_secs(1)).await;
        let mut connection = bridge.connect().await.unwrap();
        bridge.read_topology(&mut connection).await.unwrap();
        assert_eq!(bridge.known_members(), [A]);
        it.blue.kill();
        let error = bridge.connect().await.unwrap_err();
        assert_eq!(*problem(&error), TopologyProblem::Unanswered);
        // A resolver that is wrong leads to it.
        it.point_to_green();
        let mut connection = bridge.connect().await.unwrap();
        let refused = port_of(&mut connection).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::WrongRole { .. }));
        assert!(!it.dns.all_asked().contains(&GREEN.to_owned()));
    });
}
