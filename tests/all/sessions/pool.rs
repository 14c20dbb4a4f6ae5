//! The pool: which connections it keeps and closes, and a server that refuses logins above its rate.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rds_bridge::clock::Clock;
use rds_bridge::mysql::Connection;
use rds_bridge::pool::{ConnectionLimit, Pool, PoolBuilder, PoolError, PooledConnection};
use rds_bridge::{Bridge, Stage};
use rds_bridge_emulator::Emulator;
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::helpers::cluster::Dns;
use crate::helpers::live::{block_on, credentials, to};

async fn bridge(server: &Server) -> Bridge {
    let builder = to(server).user("lambda-user").credentials(credentials());
    builder.build().await.unwrap()
}

async fn pool(server: &Server, with: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
    with(Pool::builder(bridge(server).await)).build().unwrap()
}

async fn id(connection: &mut Connection) -> u64 {
    let mut rows = connection.query("SELECT CONNECTION_ID()").await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

#[apply(on_each_server)]
fn one_connection_serves_a_thousand(product: Product) {
    block_on(async {
        let pool = pool(Server::shared(product), |it| it.max_size(1)).await;
        let first = id(&mut pool.get().await.unwrap()).await;
        for _ in 0..1_000 {
            assert_eq!(id(&mut pool.get().await.unwrap()).await, first);
        }
        let metrics = pool.metrics();
        assert_eq!(
            (metrics.connected_total, metrics.acquired_total),
            (1, 1_001)
        );
        assert_eq!((metrics.size, metrics.idle), (1, 1));
    });
}

#[apply(on_each_server)]
fn there_are_no_more_than_so_many(product: Product) {
    block_on(async {
        let pool = pool(Server::shared(product), |it| {
            it.max_size(2).acquire_timeout(Duration::from_millis(200))
        })
        .await;
        let one = pool.get().await.unwrap();
        let two = pool.get().await.unwrap();
        let error = pool.get().await.unwrap_err();
        assert!(
            matches!(error, PoolError::Timeout { max_size: 2, .. }),
            "{error}"
        );
        drop(one);
        let three = pool.get().await.unwrap();
        assert!(two.detach().is_usable());
        let four = pool.get().await.unwrap();
        let metrics = pool.metrics();
        assert_eq!((metrics.connected_total, metrics.timeouts_total), (3, 1));
        drop((three, four));
        pool.close();
        assert!(matches!(pool.get().await.unwrap_err(), PoolError::Closed));
    });
}

/// Also when the limit is shared, whose other pools get what they need of it.
#[apply(on_each_server)]
fn a_connection_goes_to_a_waiting_caller_of_its_pool(product: Product) {
    block_on(async {
        let server = Server::shared(product);
        let limit = Arc::new(ConnectionLimit::new(2));
        let shared = |it: PoolBuilder| it.max_size(9).connection_limit(Arc::clone(&limit));
        let (one, other) = (pool(server, shared).await, pool(server, shared).await);
        assert_eq!(one.metrics().max_size, 2);
        let begin = |pool: &Pool| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.get().await })
        };
        let waits = async |task: &JoinHandle<Result<PooledConnection, PoolError>>| {
            sleep(Duration::from_millis(20)).await;
            assert!(!task.is_finished());
        };
        let held = other.get().await.unwrap();
        let mut connection = one.get().await.unwrap();
        for is_reset in [false, true].repeat(5) {
            let next = begin(&one);
            waits(&next).await;
            if is_reset {
                connection.reset_when_dropped();
            }
            drop(connection);
            connection = next.await.unwrap().unwrap();
        }
        assert_eq!(one.metrics().connected_total, 1);
        assert_eq!(other.metrics().connected_total, 1);

        let of_other = begin(&other);
        waits(&of_other).await;
        let of_one = begin(&one);
        waits(&of_one).await;
        drop(connection);
        let second = of_other.await.unwrap().unwrap();
        assert_eq!(other.metrics().connected_total, 2);
        drop((held, second));
        of_one.await.unwrap().unwrap();
        assert_eq!(one.metrics().connected_total, 2);
    });
}

#[apply(on_each_server)]
fn what_it_was_left_in_is_not_the_next_one_s_business(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("admin").password(PASSWORD);
        let bridge = builder.allow_writes(true).build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(1).build().unwrap();
        let mut connection = pool.get().await.unwrap();
        let first = id(&mut connection).await;
        connection.execute("BEGIN", ()).await.unwrap();
        let delete = "DELETE FROM items";
        connection.execute(delete, ()).await.unwrap();
        assert!(connection.is_in_transaction());
        let mut rows = connection
            .query(&format!("SELECT seq FROM {}", product.sequence(100_000)))
            .await;
        rows.as_mut().unwrap().next().await.unwrap();
        drop(connection);
        // The connection is cleaned up when it is returned, not when it is used again.
        sleep(Duration::from_millis(500)).await;
        let count = "SELECT COUNT(*) FROM iamtest.items FOR UPDATE";
        assert_eq!(server.execute_as_admin(count), "3\n");

        let mut connection = pool.get().await.unwrap();
        assert_eq!(id(&mut connection).await, first);
        assert!(!connection.is_in_transaction());
    });
}

#[apply(on_each_server)]
fn one_that_the_server_has_closed_is_replaced(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let pool = pool(&server, |it| it.check_after(Duration::ZERO)).await;
        let first = id(&mut pool.get().await.unwrap()).await;
        server.execute_as_admin(&format!("KILL {first}"));
        let second = id(&mut pool.get().await.unwrap()).await;
        assert_ne!(first, second);
        assert_eq!(pool.metrics().closed_lost_total, 1);
    });
}

#[apply(on_each_server)]
fn a_silent_network_is_found_out(product: Product) {
    let server = Server::shared(product);
    let proxy = FaultProxy::start(server.address(), Fault::Pass);
    let dns = Dns::new(&[(ENDPOINT, proxy.address())]);
    block_on(async {
        let builder = Bridge::builder()
            .endpoint(ENDPOINT)
            .ca_file(server.ca_file())
            .resolver(dns.clone())
            .user("lambda-user")
            .credentials(credentials());
        let pool = Pool::builder(builder.build().await.unwrap())
            .check_after(Duration::ZERO)
            .check_timeout(Duration::from_millis(200));
        let pool = pool.build().unwrap();
        let first = id(&mut pool.get().await.unwrap()).await;
        // The connection stays open, and the next one does not lead there.
        proxy.set(Fault::BlackHole);
        dns.set(ENDPOINT, &[server.address()]);
        let second = id(&mut pool.get().await.unwrap()).await;
        assert_ne!(first, second);
        assert_eq!(pool.metrics().closed_lost_total, 1);
    });
}

#[apply(on_each_server)]
fn old_and_idle_ones_are_closed_and_the_fewest_are_kept(product: Product) {
    block_on(async {
        let old = pool(Server::shared(product), |it| {
            it.max_lifetime(Duration::from_millis(300))
        })
        .await;
        let first = id(&mut old.get().await.unwrap()).await;
        sleep(Duration::from_millis(400)).await;
        assert_ne!(id(&mut old.get().await.unwrap()).await, first);
        assert_eq!(old.metrics().closed_over_age_total, 1);

        let idle = pool(Server::shared(product), |it| {
            it.min_size(2).idle_timeout(Duration::from_millis(300))
        })
        .await;
        let all: Vec<PooledConnection> = [
            idle.get().await.unwrap(),
            idle.get().await.unwrap(),
            idle.get().await.unwrap(),
        ]
        .into();
        drop(all);
        until(|| idle.metrics().closed_idle_total >= 1).await;
        until(|| idle.metrics().idle == 2).await;

        let few = pool(Server::shared(product), |it| it.min_size(3)).await;
        until(|| few.metrics().idle == 3).await;
    });
}

async fn until(happens: impl Fn() -> bool) {
    while !happens() {
        sleep(Duration::from_millis(10)).await;
    }
}

#[apply(on_each_server)]
fn a_wrong_secret_is_told_and_not_tried_for_ever(product: Product) {
    let server = Server::start(product, &Options::default());
    server.expect(&Expectation {
        secret_access_key: "another".to_owned(),
        ..Expectation::default()
    });
    block_on(async {
        let pool = pool(&server, |it| it).await;
        let error = pool.get().await.unwrap_err();
        let error = error.connect_error().unwrap();
        assert_eq!((error.stage(), error.code()), (Stage::Login, Some(1045)));
        assert!(!error.causes().is_empty());
        // The first refusal may be due to the server's rate. The second comes after a delay, so it cannot.
        assert_eq!(pool.metrics().refused_total, 2);
    });
}

#[apply(on_each_server)]
fn settings_that_cannot_be(product: Product) {
    block_on(async {
        let bridge = bridge(Server::shared(product)).await;
        let builder = Pool::builder(bridge);
        for (builder, named) in [
            (builder.clone().max_size(0), "max_size"),
            (builder.clone().max_size(1).min_size(2), "min_size"),
            (
                builder
                    .min_size(1)
                    .connection_limit(ConnectionLimit::new(2).into()),
                "min_size",
            ),
        ] {
            let error = builder.build().unwrap_err();
            assert!(error.to_string().starts_with(named), "{error}");
        }
    });
}

/// A clock whose every reading is a second earlier, so that no two tokens are equal. The emulator does not count a
/// token that it has seen before against its rate.
#[derive(Debug, Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> SystemTime {
        let seconds = self.0.fetch_add(1, Ordering::SeqCst);
        SystemTime::now() - Duration::from_secs(seconds)
    }
}

/// More callers than connections, and they arrive faster than the server accepts logins.
#[test]
fn above_the_server_s_rate_nobody_is_lost() {
    let emulator = Emulator::builder()
        .seed("CREATE TABLE items (id INT PRIMARY KEY); INSERT INTO items VALUES (7);")
        .connections_per_second(5)
        .start()
        .unwrap();
    block_on(async {
        let bridge = emulator.bridge().clock(Ticking::default());
        let bridge = bridge.build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(16).build().unwrap();
        let callers = (0..200).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut connection = pool.get().await?;
                let mut rows = connection.query("SELECT id FROM items").await.unwrap();
                let row = rows.next().await.unwrap().unwrap();
                assert_eq!(row.get(0), Ok(7));
                Ok::<(), PoolError>(())
            })
        });
        let callers: Vec<_> = callers.collect();
        for caller in callers {
            caller.await.unwrap().unwrap();
        }
        assert!(pool.metrics().refused_total > 0, "{pool:?}");
        assert!(pool.metrics().size <= 16);
    });
}

/// The pool's own limit is below the server's, so no login is refused.
#[test]
fn below_the_server_s_rate_nobody_is_refused() {
    let emulator = Emulator::builder()
        .connections_per_second(10)
        .start()
        .unwrap();
    block_on(async {
        let bridge = emulator.bridge().clock(Ticking::default());
        let pool = Pool::builder(bridge.build().await.unwrap())
            .max_size(16)
            .connections_per_second(NonZeroU32::new(8).unwrap());
        let pool = pool.build().unwrap();
        let callers = (0..16).map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.get().await })
        });
        let callers: Vec<_> = callers.collect();
        let mut held = Vec::new();
        for caller in callers {
            held.push(caller.await.unwrap().unwrap());
        }
        let metrics = pool.metrics();
        assert_eq!((metrics.connected_total, metrics.refused_total), (16, 0));
    });
}
