//! rds-bridge.

use rds_bridge::mysql::{Connection, Param, Protocol};

use super::tasks::{AsyncSelect, Opening, Tasks};
use super::{BOUND, Key, check, in_text};
use crate::contenders::ours::Ours;
use crate::settings::Settings;

/// Opens connections that execute a statement without parameters in the text protocol.
pub fn open(settings: &Settings, opening: Opening) -> Tasks<Connection> {
    open_with("ours", settings, opening, Protocol::Text)
}

/// Opens connections with the default protocol choice, which also prepares a statement with the key in its text.
pub fn open_auto(settings: &Settings, opening: Opening) -> Tasks<Connection> {
    open_with("ours, auto", settings, opening, Protocol::Auto)
}

fn open_with(
    name: &'static str,
    settings: &Settings,
    opening: Opening,
    protocol: Protocol,
) -> Tasks<Connection> {
    let bridge = Ours::read_write(settings).bridge;
    Tasks::open(name, opening, async || {
        let mut connection = bridge.connect().await.expect("a connection");
        connection.set_protocol(protocol);
        connection
    })
}

impl AsyncSelect for Connection {
    async fn select(&mut self, id: i64, key: Key) {
        let rows = match key {
            Key::Bound => self.query_with(BOUND, &[Param::Int(id)]).await,
            Key::InText => self.query(&in_text(id)).await,
        };
        let mut rows = rows.expect("a result");
        let row = rows.next().await.expect("a row").expect("one");
        let (name, price) = (row.get(0), row.get(1));
        check(id, name.expect("a text"), price.expect("a DECIMAL"));
        rows.finish().await.expect("no other");
    }
}
