//! Epoch deadlines stop a guest that computes, and not one that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rds_bridge_guests::{Databases, Grant, Statements, epoch};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use wasmtime::Trap;

use crate::helpers::guest::{ENGINE, Guest, pool, rds, tenant};
use crate::helpers::live::block_on;

const TICK: Duration = Duration::from_millis(10);

#[apply(on_each_server)]
fn waiting_for_the_server_is_not_counted(product: Product) {
    let server = Server::shared(product);
    let ends = Arc::new(AtomicBool::new(false));
    let ending = Arc::clone(&ends);
    let ticking = thread::spawn(move || {
        while !ending.load(Ordering::Relaxed) {
            thread::sleep(TICK);
            ENGINE.increment_epoch();
        }
    });
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
    ends.store(true, Ordering::Relaxed);
    ticking.join().unwrap();
}
