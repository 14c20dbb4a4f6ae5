//! Epoch deadlines stop a guest that computes, and not one that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use rds_bridge_guests::{Access, Databases, Grant, Statements, epoch};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::Trap;

use crate::helpers::async_guest::AsyncGuest;
use crate::helpers::guest::{ENGINE, Guest, Value, pool, rds, tenant, tenant_with};
use crate::helpers::live::block_on;

const TICK: Duration = Duration::from_millis(10);

#[apply(on_each_server)]
fn waiting_for_the_server_is_not_counted(product: Product) {
    let server = Server::shared(product);
    let _ticking = Ticking::begin();
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let slow = "SELECT SLEEP(1.2)";

        // Without the helper: the wait is behind the deadline.
        let mut stopped = Guest::new(&tenant).await;
        let connection = stopped.open("orders").await.unwrap();
        stopped.store.set_epoch_deadline(50);
        let called = stopped
            .calls
            .call_execute(&mut stopped.store, connection, slow, &[]);
        let trap = called.await.unwrap_err();
        assert_eq!(trap.downcast_ref::<Trap>(), Some(&Trap::Interrupt));

        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        epoch::count_only_own_time(&mut guest.store, 50, TICK, rds);
        for _ in 0..2 {
            guest.execute(connection, slow).await.unwrap();
        }
        // A call that waits for nothing gives no time: the rows are open.
        guest
            .query(connection, "SELECT 1 UNION ALL SELECT 2", &[])
            .await
            .unwrap();
        let called = guest.calls.call_spin(&mut guest.store, Some(connection));
        assert_eq!(
            called.await.unwrap_err().downcast_ref::<Trap>(),
            Some(&Trap::Interrupt)
        );
    });
}

#[apply(on_each_server)]
fn an_asynchronous_guest_that_computes_is_stopped_and_the_others_go_on(product: Product) {
    let server = Server::shared(product);
    let _ticking = Ticking::begin();
    block_on(async {
        let tenant = tenant_with(server, Access::ReadOnly, |it| it.max_sessions = Some(2)).await;
        let mut computing = AsyncGuest::new(&tenant).await;
        let connection = computing.open().await.unwrap();
        let mut other = AsyncGuest::new(&tenant).await;
        let others = other.open().await.unwrap();

        epoch::count_only_own_time(&mut computing.store, 50, TICK, rds);
        // It waits for longer than its deadline before it computes.
        let slow = "SELECT SLEEP(1.2)";
        computing.execute(connection, slow).await.unwrap();
        let AsyncGuest { store, calls } = &mut computing;
        // One thread: while the first computes, the answer to the other's statement waits.
        let stopped = store.run_concurrent(async |store| calls.call_spin(store).await);
        let (stopped, done) = tokio::join!(stopped, other.execute(others, slow));
        let stopped = stopped.and_then(|it| it);
        assert_eq!(
            stopped.unwrap_err().downcast_ref::<Trap>(),
            Some(&Trap::Interrupt)
        );
        done.unwrap();
        assert_eq!(other.one(others, "SELECT 2").await, Value::Int(2));

        // Its store had one of the two connections that the tenant may have.
        other.open().await.unwrap_err();
        drop(computing);
        let another = other.open().await.unwrap();
        assert_eq!(other.one(another, "SELECT 3").await, Value::Int(3));
    });
}

/// A thread that increments the epoch, until it is dropped.
struct Ticking {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticking {
    fn begin() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            while !ending.load(Ordering::Relaxed) {
                thread::sleep(TICK);
                ENGINE.increment_epoch();
            }
        });
        Self {
            ends,
            thread: Some(thread),
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}
