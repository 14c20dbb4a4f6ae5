//! rds-bridge. The component signs and performs the connection phase, in a new sandbox for each connection.

use rds_bridge::aws::Credentials;
use rds_bridge::{Bridge, Error};

use super::{Contender, block_on};
use crate::settings::Settings;

pub struct Ours {
    name: &'static str,
    pub bridge: Bridge,
}

impl Ours {
    /// The default configuration. `SET NAMES` and the statement that makes the session read-only are pipelined with the
    /// query.
    pub fn read_only(settings: &Settings) -> Self {
        Self::new("ours, read-only", settings, false)
    }

    /// A session that may write. `SET NAMES` is pipelined with the query.
    pub fn read_write(settings: &Settings) -> Self {
        Self::new("ours", settings, true)
    }

    fn new(name: &'static str, settings: &Settings, allow_writes: bool) -> Self {
        let (id, secret) = (&settings.access_key_id, &settings.secret_access_key);
        let builder = Bridge::builder()
            .endpoint(&settings.endpoint)
            .port(settings.port)
            .user(&settings.user)
            .database(&settings.database)
            .credentials(Credentials::new(id, secret.as_str()))
            .connect_to(settings.address.to_string())
            .ca_file(&settings.ca_file)
            .allow_writes(allow_writes);
        let bridge = block_on(builder.build()).expect("a bridge");
        Self { name, bridge }
    }

    async fn connect_once(&self) -> Result<(), Error> {
        let mut connection = self.bridge.connect().await?;
        let mut rows = connection.query("SELECT 1").await?;
        let row = rows.next().await?.expect("a row");
        assert_eq!(row.get(0), Ok(1_u64));
        rows.finish().await?;
        connection.close().await
    }
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn connect(&self, times: u32) {
        block_on(async {
            for _ in 0..times {
                self.connect_once().await.expect("a connection");
            }
        });
    }
}
