//! mysql, which caches prepared statements.

use mysql::Conn;
use mysql::prelude::Queryable;

use super::threads::{BlockingSelect, Threads};
use super::{BOUND, Key, check, in_text};
use crate::contenders::mysql::open as connect;
use crate::settings::Settings;

pub fn open(settings: &Settings, number: usize) -> Threads<Conn> {
    Threads::open("mysql", number, || connect(settings))
}

impl BlockingSelect for Conn {
    fn select(&mut self, id: i64, key: Key) {
        let row = match key {
            Key::Bound => self.exec_first(BOUND, (id,)),
            Key::InText => self.query_first(in_text(id)),
        };
        let (name, price): (String, String) = row.expect("a result").expect("a row");
        check(id, &name, &price);
    }
}
