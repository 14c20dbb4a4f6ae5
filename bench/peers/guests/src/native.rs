//! The library without a guest.

use rds_bridge::mysql::{DateTime, Param, Protocol};
use rds_bridge::pool::{Pool, PooledConnection};
use rds_bridge_bench_peers::contenders::ours::Ours;
use rds_bridge_bench_peers::rows::{Fields, Totals};
use rds_bridge_bench_peers::settings::Settings;

/// A pool of read-only connections.
pub(crate) fn pool(settings: &Settings) -> Pool {
    let bridge = Ours::read_only(settings).bridge;
    Pool::builder(bridge).build().expect("a pool")
}

/// A connection that receives rows in the binary protocol, as those of guests.
pub(crate) async fn connection(pool: &Pool) -> PooledConnection {
    let mut connection = pool.get().await.expect("a connection");
    connection.set_protocol(Protocol::Binary);
    connection
}

type Mixed<'a> = (i32, i64, &'a str, &'a str, DateTime, f64);

/// Reads all rows of a statement, and adds their values up.
pub(crate) async fn sum(connection: &mut PooledConnection, sql: &str) -> u64 {
    let mut rows = connection.query(sql).await.expect("rows");
    let mut totals = Totals::default();
    while let Some((n, big, name, price, made, ratio)) =
        rows.next_as::<Mixed<'_>>().await.expect("a row")
    {
        let date = made.date;
        let time = [made.hour, made.minute, made.second].map(u16::from);
        let fields = Fields {
            n,
            big,
            name,
            price,
            made: [
                date.year,
                date.month.into(),
                date.day.into(),
                time[0],
                time[1],
                time[2],
            ],
            ratio,
        };
        totals.add(fields.sum());
    }
    totals.sum.expect("rows")
}

/// Selects a row by its primary key on a connection of the pool, whose session is reset afterwards if `resets`.
pub(crate) async fn point(pool: &Pool, sql: &str, id: i64, resets: bool) -> String {
    let mut connection = pool.get().await.expect("a connection");
    if resets {
        connection.reset_when_dropped();
    }
    let rows = connection.query_with(sql, &[Param::Int(id)]).await;
    let mut rows = rows.expect("rows");
    let row = rows.next_as::<(String, String)>().await.expect("a row");
    let (name, _price) = row.expect("one");
    rows.finish().await.expect("no other");
    name
}
