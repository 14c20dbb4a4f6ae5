//! The resource `rows`.

use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};

use super::bindings::rds::mysql::results::{Host, HostRows, HostRowsWithStore, Rows as Handle};
use super::stream::{self, End, LOST, Settings};
use crate::bindings::rds::mysql::types::{Column, Error as GuestError, Row, Summary};
use crate::ctx::{HasRds, RdsCtx};
use crate::failure::Answer;
use crate::handles::{borrowed, owned};
use crate::rows::Rows;
use crate::shape::Contract;

/// The rows, and how the result has ended.
type Read = (StreamReader<Row>, FutureReader<Result<Summary, GuestError>>);

impl Host for RdsCtx {}

impl HostRows for RdsCtx {
    fn columns(&mut self, rows: Resource<Handle>) -> wasmtime::Result<Vec<Column>> {
        let rows: &Rows<Contract> = self.table.get(&borrowed(&rows))?;
        Ok(rows.columns.clone())
    }

    fn drop(&mut self, rows: Resource<Handle>) -> wasmtime::Result<()> {
        let _dropped: Rows<Contract> = self.table.delete(owned(&rows))?;
        Ok(())
    }
}

impl<T: Send + 'static> HostRowsWithStore<T> for HasRds {
    fn read(mut store: Access<'_, T, Self>, rows: Resource<Handle>) -> wasmtime::Result<Read> {
        let ctx = store.get();
        let rows: Rows<Contract> = ctx.table.delete(owned(&rows))?;
        let settings = Settings::of(ctx)?;
        let (rows, ended) = stream::rows(rows, settings.clone(), End::Left);
        let end = async move {
            let settings = settings;
            Ok::<_, wasmtime::Error>(match ended.await {
                Ok(End::Reached(how)) => how,
                Ok(End::Left(rows)) => {
                    let _waiting = settings.waited.begin();
                    rows.finish().await
                }
                Ok(End::Released) | Err(_) => Err(LOST),
            })
        };
        let rows = StreamReader::new(&mut store, rows)?;
        Ok((rows, FutureReader::new(&mut store, end)?))
    }

    async fn finish(accessor: &Accessor<T, Self>, rows: Resource<Handle>) -> Answer<Summary> {
        let (rows, waited) = accessor.with(|mut store| -> wasmtime::Result<_> {
            let ctx = store.get();
            let rows: Rows<Contract> = ctx.table.delete(owned(&rows))?;
            Ok((rows, ctx.waited.clone()))
        })?;
        let _waiting = waited.begin();
        Ok(rows.finish().await)
    }
}
