//! A blue/green switchover: the name of an instance moves to another server. RDS's part is played by the tests, which
//! write the rows of `mysql.rds_topology` as RDS does and change DNS.

use std::time::Duration;

use rds_bridge::error::TopologyProblem;
use rds_bridge::topology::RdsTopology;
use rds_bridge::{Bridge, ErrorKind};
use rds_bridge_test_support::server::Server;
use tokio::time::sleep;

use crate::helpers::cluster::{
    A, Dns, as_admin, instance, port_of, problem, set_read_only, to_cluster,
};
use crate::helpers::live::block_on;

const GREEN: &str = "shop-a-green-x1y2z3.abc123.eu-central-1.rds.amazonaws.com";

/// The two environments of a deployment. The blue one is production, and the name leads there.
struct Deployment {
    blue: Server,
    green: Server,
    dns: Dns,
}

impl Deployment {
    fn new() -> Self {
        let blue = instance(A, A, &["--server-id=1"]);
        let green = instance(A, A, &["--server-id=2"]);
        for server in [&blue, &green] {
            server.execute_as_admin(&format!(
                "CREATE TABLE mysql.rds_topology (id VARCHAR(64), endpoint VARCHAR(255), port INT, role VARCHAR(64),
                     status VARCHAR(64), version VARCHAR(16));
                 INSERT INTO mysql.rds_topology VALUES
                     ('1', '{A}', 3306, 'BLUE_GREEN_DEPLOYMENT_SOURCE', 'AVAILABLE', '1.0'),
                     ('2', '{GREEN}', 3306, 'BLUE_GREEN_DEPLOYMENT_TARGET', 'AVAILABLE', '1.0')"
            ));
        }
        set_read_only(&green, true);
        let dns = Dns::new(&[(A, blue.address())]);
        Self { blue, green, dns }
    }

    async fn bridge(&self, wait: Duration) -> Bridge {
        let builder = as_admin(to_cluster(&[&self.blue, &self.green], &self.dns));
        let builder = builder.endpoint(A).topology(RdsTopology::new());
        builder.failover_wait(wait).build().await.unwrap()
    }

    fn set_status(&self, status: &str) {
        for server in [&self.blue, &self.green] {
            server.execute_as_admin(&format!(
                "UPDATE mysql.rds_topology SET status = '{status}'"
            ));
        }
    }
}

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
        it.dns.set(A, &[it.green.address()]);
        let mut connection = connecting.await.unwrap();
        assert_eq!(port_of(&mut connection).await.unwrap(), it.green.port());

        it.set_status("SWITCHOVER_COMPLETED");
        bridge.read_topology(&mut connection).await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
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
        it.dns.set(A, &[it.green.address()]);
        let mut connection = bridge.connect().await.unwrap();
        let refused = port_of(&mut connection).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::WrongRole { .. }));
        assert!(!it.dns.all_asked().contains(&GREEN.to_owned()));
    });
}
