//! Guests that were written for Spin, with its interface of asynchronous functions.

use rds_bridge_guests::{Access, Grant, RdsCtx, p3};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use super::{REFUSED, create_table};
use crate::helpers::guest::{ENGINE, State, compiled, rds, tenant_with};
use crate::helpers::live::block_on;

mod bindings {
    wasmtime::component::bindgen!({
        path: "guests/wit/spin_async",
        world: "test:spin-async/guest",
        imports: { default: async | store | trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

use bindings::spin::mysql::mysql::{DbDataType, DbValue, Error, ParameterValue};
use bindings::{Answer, Guest};

struct Spin {
    store: Store<State>,
    guest: Guest,
}

impl Spin {
    async fn new(component: &Component, rds_ctx: RdsCtx) -> Self {
        let mut linker = Linker::new(&ENGINE);
        rds_bridge_guests::spin::add_to_linker(&mut linker, rds).unwrap();
        p3::spin::add_to_linker(&mut linker, rds).unwrap();
        let mut store = Store::new(&ENGINE, State { rds: rds_ctx });
        store.set_epoch_deadline(u64::MAX / 2);
        let guest = Guest::instantiate_async(&mut store, component, &linker)
            .await
            .unwrap();
        Self { store, guest }
    }

    async fn query(
        &mut self,
        address: &str,
        sql: &str,
        params: &[ParameterValue],
        limit: Option<u32>,
    ) -> Result<Answer, Error> {
        let (address, sql, params) = (address.to_owned(), sql.to_owned(), params.to_vec());
        let guest = &self.guest;
        let called = self.store.run_concurrent(async |store| {
            guest.call_query(store, address, sql, params, limit).await
        });
        called.await.unwrap().unwrap()
    }

    async fn execute(&mut self, address: &str, sql: &str) -> Result<(), Error> {
        let (address, sql) = (address.to_owned(), sql.to_owned());
        let guest = &self.guest;
        let called = self
            .store
            .run_concurrent(async |store| guest.call_execute(store, address, sql, vec![]).await);
        called.await.unwrap().unwrap()
    }

    async fn twice(&mut self, first: &str, second: &str) -> (Result<(), Error>, Result<(), Error>) {
        let (first, second) = (first.to_owned(), second.to_owned());
        let guest = &self.guest;
        let called = self.store.run_concurrent(async |store| {
            let address = "mysql://orders".to_owned();
            guest.call_twice(store, address, first, second).await
        });
        called.await.unwrap().unwrap().unwrap()
    }
}

async fn spin(server: &Server, change: impl FnOnce(&mut Grant)) -> Spin {
    let tenant = tenant_with(server, Access::ReadWrite, change).await;
    let ctx = RdsCtx::new(&tenant).spin_address("127.0.0.1:3306/spin_dev", "orders");
    Spin::new(&compiled("spin_async"), ctx).await
}

const ADDRESS: &str = "mysql://root:@127.0.0.1/spin_dev";

#[apply(on_each_server)]
fn rows_and_parameters_have_the_types_of_spin(product: Product) {
    let server = Server::shared(product);
    create_table(server, "spin_async");
    block_on(async {
        let mut spin = spin(server, |_| {}).await;
        let sql = "SELECT * FROM spin_async WHERE b = ? AND d = ?";
        let params = [
            ParameterValue::Int8(-7),
            ParameterValue::Str("é".to_owned()),
        ];
        let answer = spin.query(ADDRESS, sql, &params, None).await.unwrap();
        assert_eq!(answer.ended, Ok(()));
        assert_eq!(
            answer.rows,
            [[
                DbValue::Uint8(255),
                DbValue::Int64(-7),
                DbValue::Floating64(0.5),
                DbValue::Str("é".into()),
                DbValue::Binary(vec![0, 255]),
                DbValue::Str("12.50".into()),
                DbValue::Str("2026-01-31 10:11:12.500".into()),
                DbValue::Uint64(5),
                DbValue::Str("2026".into()),
                DbValue::Str("-01:02:03".into()),
                DbValue::DbNull,
            ]]
        );
        let types: Vec<_> = answer.columns.iter().map(|it| it.data_type).collect();
        assert_eq!(
            types[..5],
            [
                DbDataType::Uint8,
                DbDataType::Int64,
                DbDataType::Floating64,
                DbDataType::Str,
                DbDataType::Binary,
            ]
        );
        assert!(types[5..10].iter().all(|it| *it == DbDataType::Other));
        assert_eq!(types[10], DbDataType::Int32);
        assert_eq!(answer.columns[0].name, "a");
        let deleting = "DELETE FROM spin_async WHERE a = 255";
        spin.execute(ADDRESS, deleting).await.unwrap();
        let answer = spin.query(ADDRESS, sql, &params, None).await.unwrap();
        assert_eq!((answer.rows.len(), answer.ended), (0, Ok(())));
    });
}

#[apply(on_each_server)]
fn a_refused_statement_is_an_error_of_the_guest(product: Product) {
    let server = Server::shared(product);
    let query_failed = |error: &Error, start: &str| {
        assert!(
            matches!(error, Error::QueryFailed(it) if it.starts_with(start)),
            "{error:?}"
        );
    };
    // The second row fails, after the first was sent.
    let failing = "SELECT n, REPEAT('x', 20000), IF(n = 1, 0, (SELECT n UNION ALL SELECT n + 1)) \
                   FROM (SELECT 1 AS n UNION ALL SELECT 2) two";
    block_on(async {
        let mut spin = spin(server, |_| {}).await;
        let refused = spin.query(ADDRESS, "SELECT * FROM none", &[], None).await;
        query_failed(&refused.unwrap_err(), "ERROR 1146 (42S02): ");
        let refused = spin.execute(ADDRESS, "DELETE FROM none").await;
        query_failed(&refused.unwrap_err(), "ERROR 1146 (42S02): ");
        let refused = spin.query(ADDRESS, "SELECT ?", &[], None).await;
        assert!(
            matches!(refused, Err(Error::BadParameter(_))),
            "{refused:?}"
        );
        let answer = spin.query(ADDRESS, failing, &[], None).await.unwrap();
        assert_eq!(answer.rows.len(), 1);
        query_failed(&answer.ended.unwrap_err(), "ERROR 1242 (21000): ");

        for (address, word) in REFUSED {
            let refused = spin.query(address, "SELECT 1", &[], None).await;
            let Err(Error::ConnectionFailed(message)) = refused else {
                panic!("{refused:?}");
            };
            assert!(
                message.contains(word) && !message.contains("hunter2"),
                "{message}"
            );
        }
    });
}

#[apply(on_each_server)]
fn the_limits_of_the_grant_hold_and_a_dropped_stream_frees_the_connection(product: Product) {
    let server = Server::shared(product);
    let three = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
    block_on(async {
        let mut limited = spin(server, |it| it.max_rows = std::num::NonZeroU64::new(2)).await;
        let answer = limited.query(ADDRESS, three, &[], None).await.unwrap();
        assert_eq!(answer.rows.len(), 2);
        let Err(Error::QueryFailed(message)) = answer.ended else {
            panic!("{:?}", answer.ended);
        };
        assert!(message.contains("more rows"), "{message}");

        let mut spin = spin(server, |_| {}).await;
        let answer = spin.query(ADDRESS, three, &[], Some(1)).await.unwrap();
        assert_eq!((answer.rows.len(), answer.ended), (1, Ok(())));
        let (during, after) = spin.twice(three, "DO 1").await;
        assert!(
            matches!(&during, Err(Error::Other(it)) if it.contains("in use")),
            "{during:?}"
        );
        after.unwrap();
    });
}
