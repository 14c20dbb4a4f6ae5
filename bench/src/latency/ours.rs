//! rds-bridge

use rds_bridge::mysql::{Connection, Param};

use super::tasks::{AsyncSelect, Tasks};
use super::{BOUND, Key, check, in_text};
use crate::contenders::ours::Ours;
use crate::settings::Settings;

pub fn open(settings: &Settings, number: usize) -> Tasks<Connection> {
    let bridge = Ours::read_write(settings).bridge;
    Tasks::open(number, async || {
        bridge.connect().await.expect("a connection")
    })
}

impl AsyncSelect for Connection {
    const NAME: &'static str = "ours";

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
