//! mysql_async, which caches prepared statements.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::tasks::{AsyncSelect, Opening, Tasks};
use super::{BOUND, Key, check, in_text};
use crate::contenders::mysql_async::{open as connect, options, told};
use crate::settings::Settings;

pub fn open(settings: &Settings, opening: Opening) -> Tasks<Conn> {
    let opts = told(options(settings));
    Tasks::open("mysql_async", opening, async || {
        connect(&opts, settings).await.expect("a connection")
    })
}

impl AsyncSelect for Conn {
    async fn select(&mut self, id: i64, key: Key) {
        let row = match key {
            Key::Bound => self.exec_first(BOUND, (id,)).await,
            Key::InText => self.query_first(in_text(id)).await,
        };
        let (name, price): (String, String) = row.expect("a result").expect("a row");
        check(id, &name, &price);
    }
}
