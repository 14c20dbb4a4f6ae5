//! Guests that were written for Spin, in both forms of its interface.

pub(crate) mod asynchronous;
pub(crate) mod limits;
pub(crate) mod values;

use std::sync::LazyLock;

use rds_bridge_guests::{Access, RdsCtx, Tenant};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use crate::helpers::guest::{ENGINE, State, compiled, rds, tenant_with};
use crate::helpers::live::block_on;

pub(super) mod bindings {
    wasmtime::component::bindgen!({
        path: "guests/wit/spin",
        world: "test:spin/guest",
        imports: { default: async | trappable },
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

mod with_store {
    wasmtime::component::bindgen!({
        path: "guests/wit/spin",
        world: "test:spin/guest-with-store",
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

use bindings::Guest;
use bindings::fermyon::spin::rdbms_types::{DbDataType, DbValue, Error, ParameterValue, RowSet};
use with_store::GuestWithStore as WithStore;

/// The address that leads to the database with the name `orders`.
pub(super) const ORDERS: &str = "mysql://orders";

static SPIN: LazyLock<Component> = LazyLock::new(|| compiled("spin"));

/// A guest with the types in an interface of their own.
pub(super) async fn spin_of(tenant: &Tenant) -> Spin {
    Spin::new(&SPIN, RdsCtx::new(tenant)).await
}

pub(super) struct Spin {
    pub(super) store: Store<State>,
    pub(super) guest: Guest,
}

impl Spin {
    pub(super) async fn new(component: &Component, rds_ctx: RdsCtx) -> Self {
        let mut linker = Linker::new(&ENGINE);
        rds_bridge_guests::spin::add_to_linker(&mut linker, rds).unwrap();
        let mut store = Store::new(&ENGINE, State { rds: rds_ctx });
        store.set_epoch_deadline(u64::MAX / 2);
        let guest = Guest::instantiate_async(&mut store, component, &linker)
            .await
            .unwrap();
        Self { store, guest }
    }

    pub(super) async fn query(
        &mut self,
        address: &str,
        sql: &str,
        params: &[ParameterValue],
    ) -> Result<RowSet, Error> {
        self.guest
            .call_query(&mut self.store, address, sql, params)
            .await
            .unwrap()
    }
}

/// A table with a row of the types that Spin has, of those that it fails to convert, and of NULL.
fn create_table(server: &Server, name: &str) {
    server.execute_as_admin(&format!(
        "DROP TABLE IF EXISTS iamtest.{name}; CREATE TABLE iamtest.{name} (
         a TINYINT UNSIGNED, b BIGINT, c DOUBLE, d VARCHAR(9), e VARBINARY(9),
         f DECIMAL(6,2), g DATETIME(3), h BIT(4), i YEAR, j TIME, k INT);
         INSERT INTO iamtest.{name} VALUES
         (255, -7, 0.5, 'é', x'00ff', 12.50, '2026-01-31 10:11:12.5', b'101', 2026, '-01:02:03', NULL)"
    ));
}

/// Addresses that are refused, and a word of the error.
const REFUSED: [(&str, &str); 4] = [
    ("mysql://app:hunter2@orders", "password"),
    ("mysql://stock", "no database"),
    ("mysql://127.0.0.1:3307/spin_dev", "no database"),
    ("not an address", "no database"),
];

#[apply(on_each_server)]
fn a_guest_of_spin_runs_in_both_forms(product: Product) {
    let server = Server::shared(product);
    create_table(server, "spin");
    block_on(async {
        let tenant = tenant_with(server, Access::ReadWrite, |_| {}).await;
        for form in ["spin", "spin_inline"] {
            let component = compiled(form);
            let ctx = RdsCtx::new(&tenant).spin_address("127.0.0.1:3306/spin_dev", "orders");
            let mut spin = Spin::new(&component, ctx).await;
            let address = "mysql://root:@127.0.0.1/spin_dev";
            let set = spin.query(
                address,
                "SELECT * FROM spin WHERE b = ?",
                &[ParameterValue::Int8(-7)],
            );
            let set = set.await.unwrap();
            assert_eq!(
                set.rows,
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
            let types: Vec<_> = set.columns.iter().map(|it| it.data_type).collect();
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

            let by_name = spin
                .query("mysql://orders", "SELECT 1 AS one", &[])
                .await
                .unwrap();
            assert_eq!(by_name.columns[0].name, "one");
            let executed = spin.guest.call_execute(
                &mut spin.store,
                address,
                "DELETE FROM spin WHERE a = 0",
                &[],
            );
            executed.await.unwrap().unwrap();

            let failed = spin.query(address, "SELECT * FROM none", &[]).await;
            assert!(
                matches!(&failed, Err(Error::QueryFailed(it)) if it.starts_with("ERROR 1146 (42S02): ")),
                "{failed:?}"
            );
            let failed = spin.query(address, "SELECT ?", &[]).await;
            assert!(matches!(failed, Err(Error::BadParameter(_))), "{failed:?}");
            for (address, word) in REFUSED {
                let refused = spin.query(address, "SELECT 1", &[]).await;
                let Err(Error::ConnectionFailed(message)) = refused else {
                    panic!("{refused:?}");
                };
                assert!(
                    message.contains(word) && !message.contains("hunter2"),
                    "{message}"
                );
            }
            let ctx = RdsCtx::new(&tenant).ignore_guest_password();
            let mut spin = Spin::new(&component, ctx).await;
            spin.query("mysql://app:hunter2@orders", "SELECT 1", &[])
                .await
                .unwrap();
        }
    });
}

/// Spin's key-value store is an interface that the host does not have.
#[apply(on_each_server)]
fn a_guest_that_calls_what_the_host_lacks_traps_alone(product: Product) {
    let server = Server::shared(product);
    let component = compiled("spin_store");
    let mut linker = Linker::new(&ENGINE);
    rds_bridge_guests::spin::add_to_linker(&mut linker, rds).unwrap();
    rds_bridge_guests::spin::add_traps_to_linker(&mut linker, &component).unwrap();
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |_| {}).await;
        let guest = async || {
            let rds = RdsCtx::new(&tenant);
            let mut store = Store::new(&ENGINE, State { rds });
            store.set_epoch_deadline(u64::MAX / 2);
            let guest = WithStore::instantiate_async(&mut store, &component, &linker);
            (guest.await.unwrap(), store)
        };
        let (trapping, mut its_store) = guest().await;
        let (other, mut store) = guest().await;
        let selected = trapping.call_select(&mut its_store, "mysql://orders");
        assert!(selected.await.unwrap());
        let called = trapping.call_open_store(&mut its_store, "default");
        let trap = format!("{:#}", called.await.unwrap_err());
        let missing = "the host does not have fermyon:spin/key-value@2.0.0#[static]store.open";
        assert!(trap.contains(missing), "{trap}");
        // Wasmtime does not enter the guest again.
        let called = trapping.call_select(&mut its_store, "mysql://orders");
        called.await.unwrap_err();
        let selected = other.call_select(&mut store, "mysql://orders");
        assert!(selected.await.unwrap());
    });
}
