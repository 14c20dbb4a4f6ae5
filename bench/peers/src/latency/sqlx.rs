//! sqlx, which caches prepared statements.

use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row};

use super::tasks::{AsyncSelect, Opening, Tasks};
use super::{BOUND, Key, check, in_text};
use crate::contenders::sqlx::open as connect;
use crate::settings::Settings;

pub fn open(settings: &Settings, opening: Opening) -> Tasks<MySqlConnection> {
    Tasks::open("sqlx", opening, async || connect(settings).await)
}

impl AsyncSelect for MySqlConnection {
    async fn select(&mut self, id: i64, key: Key) {
        let row = match key {
            Key::Bound => self.fetch_one(sqlx::query(BOUND).bind(id)).await,
            Key::InText => {
                let sql = AssertSqlSafe(in_text(id));
                self.fetch_one(sqlx::raw_sql(sql)).await
            }
        };
        let row = row.expect("a row");
        // A DECIMAL arrives as text, but sqlx does not allow `String` for that type unless the check is off.
        let (name, price) = (row.try_get(0), row.try_get_unchecked(1));
        check(id, name.expect("a text"), price.expect("a DECIMAL"));
    }
}
