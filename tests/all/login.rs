//! The library logs in to a real MariaDB: with tokens that its plugin judges, and with passwords.

use rds_bridge::aws::Credentials;
use rds_bridge::{Bridge, BridgeBuilder};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::maria_db::{MariaDb, PASSWORD};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

fn to(server: &MariaDb) -> BridgeBuilder {
    Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(server.address().to_string())
        .ca_file(server.ca_file())
        .database("iamtest")
}

fn credentials() -> Credentials {
    let expectation = Expectation::default();
    Credentials::new(&expectation.access_key_id, &expectation.secret_access_key)
}

async fn items(builder: BridgeBuilder) -> Result<Vec<(u32, String, String)>, rds_bridge::Error> {
    let bridge = builder.build().await?;
    let mut connection = bridge.connect().await?;
    let mut rows = connection.query("SELECT * FROM items ORDER BY id").await?;
    let mut items = Vec::new();
    while let Some(row) = rows.next().await? {
        items.push((row.get("id")?, row.get("name")?, row.get(2)?));
    }
    connection.close().await?;
    Ok(items)
}

#[test]
fn with_a_token() {
    let server = MariaDb::shared();
    let builder = to(server).user("lambda-user").credentials(credentials());
    let items = block_on(items(builder)).unwrap();
    assert_eq!(items[0], (1, "apple".to_owned(), "1.25".to_owned()));
    assert_eq!(items.len(), 3);
}

#[test]
fn with_a_password() {
    let server = MariaDb::shared();
    for user in ["native-user", "ed25519-user"] {
        let items = block_on(items(to(server).user(user).password(PASSWORD))).unwrap();
        assert_eq!(items.len(), 3, "{user}");
    }
}
