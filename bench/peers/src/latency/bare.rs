//! The floor: blocking calls, with a statement that is prepared once.

use super::threads::{BlockingSelect, Threads};
use super::{BOUND, Key, check, in_text};
use crate::contenders::bare::Bare;
use crate::contenders::bare::reader::{HEADER_LENGTH, Reader, execute_with, query};
use crate::contenders::bare::values::{Values, begin_of_binary};
use crate::settings::Settings;

pub struct Connection {
    reader: Reader,
    statement: [u8; 4],
}

pub fn open(settings: &Settings, number: usize) -> Threads<Connection> {
    let bare = Bare::resuming(settings);
    Threads::open("bare", number, || {
        let mut reader = Reader::new(bare.open().expect("a connection"));
        let statement = reader.prepare(BOUND, |_| {}).expect("prepared");
        Connection { reader, statement }
    })
}

impl BlockingSelect for Connection {
    fn select(&mut self, id: i64, key: Key) {
        let (command, begin) = match key {
            Key::Bound => (execute_with(self.statement, id), begin_of_binary(2)),
            Key::InText => (query(&in_text(id)), 0),
        };
        let mut rows = 0;
        let read = self.reader.result(&command, |packet, is_row| {
            if is_row {
                let mut values = Values::new(&packet[HEADER_LENGTH..], begin);
                check(id, values.text(), values.text());
                rows += 1;
            }
        });
        read.expect("a result");
        assert_eq!(rows, 1);
    }
}
