//! What reads the rows of a statement and adds their values up: the library, and guests.

use rds_bridge::pool::{Pool, PooledConnection};
use rds_bridge_bench_peers::settings::Settings;
use tokio::runtime::Runtime;

use crate::host::{Allocation, Host, Instance};
use crate::native;

/// A reader of rows.
#[derive(Clone, Copy)]
pub(crate) enum Reader {
    Library,
    /// A guest that asks for this number of rows in a call.
    Batches(u32),
    /// The same, column by column.
    Columns(u32),
    /// A guest that asks for one row in a call, of the benchmark's own interface.
    OneByOne,
}

/// All readers, each with an open connection.
pub(crate) struct Readers {
    connection: PooledConnection,
    guest: Instance,
    by_row: Instance,
    /// It owns the connections.
    _pool: Pool,
}

impl Readers {
    pub(crate) fn open(runtime: &Runtime, settings: &Settings) -> Self {
        let pool = native::pool(settings);
        let host = Host::new(&pool, Allocation::OnDemand);
        let connection = runtime.block_on(native::connection(&pool));
        let mut guest = runtime.block_on(host.instantiate());
        let by_row = runtime.block_on(host.instantiate_by_row(&pool));
        let opening = guest.guest.call_open(&mut guest.store);
        runtime.block_on(opening).expect("a connection");
        Self {
            connection,
            guest,
            by_row,
            _pool: pool,
        }
    }

    /// The sum of all values.
    pub(crate) async fn sum(&mut self, reader: Reader, sql: &str) -> u64 {
        let (guest, by_row) = (&mut self.guest, &mut self.by_row);
        let read = match reader {
            Reader::Library => return native::sum(&mut self.connection, sql).await,
            Reader::Batches(rows) => {
                let calls = &guest.guest;
                calls.call_in_batches(&mut guest.store, sql, rows).await
            }
            Reader::Columns(rows) => {
                let calls = &guest.guest;
                calls.call_in_columns(&mut guest.store, sql, rows).await
            }
            Reader::OneByOne => {
                let calls = &by_row.guest;
                calls.call_one_by_one(&mut by_row.store, sql).await
            }
        };
        read.expect("rows")
    }
}

/// Compares the sums of all readers.
pub(crate) fn assert_equal(sums: &[u64]) {
    assert!(sums.windows(2).all(|it| it[0] == it[1]), "{sums:?}");
}
