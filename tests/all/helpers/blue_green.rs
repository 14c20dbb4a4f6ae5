//! The two environments of a blue/green deployment. RDS's part is played by the tests, which write the rows of
//! `mysql.rds_topology` as RDS does and change DNS.

use std::time::Duration;

use rds_bridge::topology::RdsTopology;
use rds_bridge::{Bridge, BridgeBuilder};
use rds_bridge_test_support::server::Server;

use super::cluster::{A, Dns, as_admin, instance, set_read_only, to_cluster};

pub(crate) const GREEN: &str = "shop-a-green-x1y2z3.abc123.eu-central-1.rds.amazonaws.com";

/// The two environments of a deployment. The blue one is production, and the name leads there.
pub(crate) struct Deployment {
    pub(crate) blue: Server,
    pub(crate) green: Server,
    pub(crate) dns: Dns,
}

impl Deployment {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn bridge_builder(&self, wait: Duration) -> BridgeBuilder {
        let builder = as_admin(to_cluster(&[&self.blue, &self.green], &self.dns));
        let builder = builder.endpoint(A).topology(RdsTopology::new());
        builder.failover_wait(wait)
    }

    pub(crate) async fn bridge(&self, wait: Duration) -> Bridge {
        self.bridge_builder(wait).build().await.unwrap()
    }

    /// DNS leads to the new environment.
    pub(crate) fn point_to_green(&self) {
        self.dns.set(A, &[self.green.address()]);
    }

    pub(crate) fn set_status(&self, status: &str) {
        for server in [&self.blue, &self.green] {
            server.execute_as_admin(&format!(
                "UPDATE mysql.rds_topology SET status = '{status}'"
            ));
        }
    }
}
