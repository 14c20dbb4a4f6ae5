//! An endpoint given as an alias (CNAME). The bridge resolves it for each connection, and signs for, connects to and
//! verifies the name behind it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rds_bridge::aws::Credentials;
use rds_bridge::error::ErrorKind;
use rds_bridge::net::{CanonicalName, Resolve, Resolving};
use rds_bridge::{Bridge, BridgeBuilder};
use rds_bridge_emulator::Emulator;

use crate::helpers::live::block_on;

const GLOBAL: &str = "shop.global-xyz.global.rds.amazonaws.com";
const FIRST: &str = "shop.cluster-abc.us-east-1.rds.amazonaws.com";
const SECOND: &str = "shop.cluster-def.eu-west-1.rds.amazonaws.com";

/// The names of a global database, as its name servers return them before and after a switchover.
#[derive(Clone, Debug)]
struct Names {
    has_switched: Arc<AtomicBool>,
    first: SocketAddr,
    second: SocketAddr,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str, _port: u16) -> Resolving<'a> {
        let addresses = match host {
            FIRST => vec![self.first],
            SECOND => vec![self.second],
            _ => Vec::new(),
        };
        Box::pin(async { Ok(addresses) })
    }

    fn canonical_name<'a>(&'a self, host: &'a str) -> CanonicalName<'a> {
        let has_switched = self.has_switched.load(Ordering::SeqCst);
        let target = match (host, has_switched) {
            (GLOBAL, false) => Some(FIRST),
            (GLOBAL, true) => Some(SECOND),
            _ => None,
        };
        // In the form of a name server's answer: upper case, with a dot at the end.
        Box::pin(async move { Ok(target.map(|name| name.to_uppercase() + ".")) })
    }
}

/// Two clusters, each in a region of its own. Both listen on the same port, as Aurora clusters do.
struct GlobalDatabase {
    clusters: [Emulator; 2],
    names: Names,
    _folder: tempfile::TempDir,
    builder: BridgeBuilder,
}

impl GlobalDatabase {
    fn start() -> Self {
        let credentials = || Credentials::new("AKIDEXAMPLE", "secret");
        let cluster = |endpoint: &str, host: u8, port: u16| {
            Emulator::builder()
                .endpoint(endpoint)
                .listen_on(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)))
                .port(port)
                .credentials(credentials())
                .seed(format!(
                    "CREATE TABLE names (name TEXT); INSERT INTO names VALUES ('{endpoint}')"
                ))
                .start()
                .unwrap()
        };
        let first = cluster(FIRST, 1, 0);
        let second = cluster(SECOND, 2, first.port());
        let names = Names {
            has_switched: Arc::default(),
            first: first.address(),
            second: second.address(),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut builder = Bridge::builder()
            .endpoint(GLOBAL)
            .port(first.port())
            .user("lambda-user")
            .credentials(credentials())
            .resolver(names.clone());
        for (cluster, name) in [(&first, "first.pem"), (&second, "second.pem")] {
            let path = folder.path().join(name);
            std::fs::write(&path, cluster.ca_pem()).unwrap();
            builder = builder.extra_ca_file(path);
        }
        Self {
            clusters: [first, second],
            names,
            _folder: folder,
            builder,
        }
    }
}

async fn name_of_cluster(bridge: &Bridge) -> String {
    let mut connection = bridge.connect().await.unwrap();
    let mut rows = connection.query("SELECT name FROM names").await.unwrap();
    let row = rows.next().await.unwrap().unwrap();
    row.get::<&str>(0).unwrap().to_owned()
}

/// The emulator verifies the host, port and region in the token, and the bridge verifies the name in the certificate.
#[test]
fn each_connection_goes_to_the_cluster_that_is_the_primary_then() {
    let database = GlobalDatabase::start();
    block_on(async {
        let bridge = database.builder.clone().resolve_cname(true).build().await;
        let bridge = bridge.unwrap();
        assert_eq!((bridge.host(), bridge.region()), (FIRST, Some("us-east-1")));
        assert_eq!(name_of_cluster(&bridge).await, FIRST);
        database.names.has_switched.store(true, Ordering::SeqCst);
        assert_eq!(name_of_cluster(&bridge).await, SECOND);
        database.names.has_switched.store(false, Ordering::SeqCst);
        assert_eq!(name_of_cluster(&bridge).await, FIRST);
    });
    drop(database.clusters);
}

#[test]
fn an_alias_that_is_none_any_more_is_named() {
    let database = GlobalDatabase::start();
    let error = block_on(async {
        let builder = database.builder.clone().endpoint("db.example.com");
        builder.resolve_cname(true).build().await.map(drop)
    })
    .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Setting {
                setting: "resolve_cname",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("db.example.com"), "{error}");
}
