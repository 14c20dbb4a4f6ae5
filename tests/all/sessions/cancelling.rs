//! Cancelling a statement from another connection: it cancels that statement or none.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Param};
use rds_bridge::pool::Pool;
use rds_bridge::{BridgeBuilder, CancelHandle, NotCancelled};
use rds_bridge_test_support::certificates::ServerCertificate;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::helpers::live::{block_on, connect, to};
use crate::helpers::relay::Relay;

/// Longer than any test waits, so a statement that ends was cancelled.
const SLOW: &str = "SELECT SLEEP(300)";
const RUNNING: &str =
    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";

fn through(relay: &Relay, server: &Server) -> BridgeBuilder {
    to(server)
        .connect_to(relay.address().to_string())
        .user("password-user")
        .password(PASSWORD)
}

/// Starts the slow statement on another connection. Returns its task and that connection's id.
async fn start_stranger(server: &Server) -> (JoinHandle<()>, u32) {
    let mut stranger = connect(to(server).user("password-user").password(PASSWORD)).await;
    let number = stranger.session().connection_id;
    let sleeping = tokio::spawn(async move {
        let _slept = stranger.execute(SLOW, ()).await;
    });
    while server.execute_as_admin(RUNNING) == "0\n" {
        sleep(Duration::from_millis(10)).await;
    }
    (sleeping, number)
}

/// Executes the slow statement until it ends, and cancels it once the server is executing it.
async fn cancel(
    connection: &mut Connection,
    handle: &CancelHandle,
    server: &Server,
) -> Result<(), rds_bridge::Error> {
    let statement = connection.execute(SLOW, ());
    let cancelling = async {
        while server.execute_as_admin(RUNNING) == "0\n" {
            sleep(Duration::from_millis(10)).await;
        }
        handle.cancel().await
    };
    tokio::pin!(statement);
    let mut cancelling = Box::pin(cancelling);
    tokio::select! {
        biased;
        _ = &mut statement => cancelling.await,
        cancelled = &mut cancelling => {
            if cancelled.is_ok() {
                let begun = Instant::now();
                let _sleep_is_cut_off = statement.await;
                assert!(begun.elapsed() < Duration::from_secs(100));
            }
            cancelled
        }
    }
}

#[apply(on_each_server)]
fn the_first_statement_and_a_later_one(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let mut connection = connect(builder).await;
        let handle = connection.cancel_handle();
        for _ in 0..2 {
            cancel(&mut connection, &handle, &server).await.unwrap();
            assert_eq!(server.execute_as_admin(RUNNING), "0\n");
            connection.execute("SELECT 1", ()).await.unwrap();
        }
        connection.close().await.unwrap();
        let error = handle.cancel().await.unwrap_err();
        assert_eq!(error.code(), Some(1094));
        assert!(!error.causes().is_empty());
    });
}

/// As with a reader endpoint, a load balancer or a failover, the connection that cancels reaches another server, which
/// is executing a statement on a connection with the same id.
#[apply(on_each_server)]
fn another_server_s_statement_is_left_alone(product: Product) {
    let servers = [
        Server::start(product, &Options::default()),
        Server::start(product, &Options::default()),
    ];
    block_on(async {
        let addresses = servers.each_ref().map(Server::address);
        let relay = Relay::start(&addresses, None);
        let mut connection =
            connect(through(&relay, &servers[0]).ca_file(servers[0].ca_file())).await;
        let handle = connection.cancel_handle();
        // The other server has another authority, so the client does not even log in.
        let error = cancel(&mut connection, &handle, &servers[0])
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Tls(_)), "{error}");
    });

    block_on(async {
        let one = servers[0].address();
        let relay = Relay::start(&[one, servers[1].address(), one], None);
        let builder = through(&relay, &servers[0]).extra_ca_file(servers[1].ca_file());
        let mut connection = connect(builder).await;
        let handle = connection.cancel_handle();
        let (stranger, _) = start_stranger(&servers[1]).await;
        cancel(&mut connection, &handle, &servers[0]).await.unwrap();
        assert_eq!(servers[1].execute_as_admin(RUNNING), "1\n");
        assert!(!stranger.is_finished());
    });
}

/// Each further connection leads to the other server, which the client trusts as well.
#[apply(on_each_server)]
fn a_server_that_is_not_reached_again_is_said_so(product: Product) {
    let servers = [
        Server::start(product, &Options::default()),
        Server::start(product, &Options::default()),
    ];
    block_on(async {
        let mut addresses = vec![servers[1].address(); 50];
        addresses[0] = servers[0].address();
        let relay = Relay::start(&addresses, None);
        let builder = through(&relay, &servers[0]).extra_ca_file(servers[1].ca_file());
        let mut connection = connect(builder).await;
        let handle = connection.cancel_handle();
        let (stranger, _) = start_stranger(&servers[1]).await;
        let error = cancel(&mut connection, &handle, &servers[0]).await;
        let error = error.unwrap_err();
        let another = NotCancelled::AnotherServer;
        assert!(
            matches!(error.kind(), ErrorKind::NotCancelled(it) if *it == another),
            "{error:?}"
        );
        for server in &servers {
            assert_eq!(server.execute_as_admin(RUNNING), "1\n");
        }
        assert!(!stranger.is_finished());
    });
}

/// RDS Proxy gives out connection ids of its own.
#[apply(on_each_server)]
fn a_statement_behind_rds_proxy_is_not_cancelled(product: Product) {
    let name = "shop.proxy-abc123.eu-central-1.rds.amazonaws.com";
    let options = Options {
        certificate: ServerCertificate::For(vec![name.to_owned()]),
        ..Options::default()
    };
    let server = Server::start(product, &options);
    block_on(async {
        let builder = to(&server).endpoint(name).user("password-user");
        let mut connection = connect(builder.password(PASSWORD)).await;
        let handle = connection.cancel_handle();
        let error = cancel(&mut connection, &handle, &server).await;
        let error = error.unwrap_err();
        let proxy = NotCancelled::Proxy;
        assert!(
            matches!(error.kind(), ErrorKind::NotCancelled(it) if *it == proxy),
            "{error:?}"
        );
        assert_eq!(server.execute_as_admin(RUNNING), "1\n");
    });
}

/// The greeting arrives before TLS, so its connection id may be forged.
#[apply(on_each_server)]
fn a_greeting_with_another_number(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let (stranger, number) = start_stranger(&server).await;
        let relay = Relay::start(&[server.address()], Some(number));
        let mut connection = connect(through(&relay, &server)).await;
        let handle = connection.cancel_handle();
        connection.execute("SELECT 1", ()).await.unwrap();
        let error = handle.cancel().await.unwrap_err();
        let relayed = NotCancelled::Relayed;
        assert!(
            matches!(error.kind(), ErrorKind::NotCancelled(it) if *it == relayed),
            "{error}"
        );
        assert_eq!(server.execute_as_admin(RUNNING), "1\n");
        assert!(!stranger.is_finished());
    });
}

/// The connection has executed and prepared statements. It queries the server's identity once, together with the next
/// statement.
#[apply(on_each_server)]
fn a_handle_that_is_taken_late(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let mut connection = connect(builder).await;
        let long = [Param::from("x".repeat(100_000))];
        let prepared = "SELECT LENGTH(?), SLEEP(0)";
        let rows = connection.query_with(prepared, &long).await.unwrap();
        rows.finish().await.unwrap();
        // Some rows of this result are unread.
        let mut rows = connection.query("SELECT id FROM items").await.unwrap();
        rows.next().await.unwrap();
        let handle = connection.cancel_handle();
        let mut rows = connection.query_with(prepared, &long).await.unwrap();
        let length: u64 = rows.next().await.unwrap().unwrap().get(0).unwrap();
        assert_eq!(length, 100_000);
        rows.finish().await.unwrap();
        for _ in 0..2 {
            cancel(&mut connection, &handle, &server).await.unwrap();
        }
        connection.reset().await.unwrap();
        connection.execute("SELECT 1", ()).await.unwrap();
        cancel(&mut connection, &handle, &server).await.unwrap();
    });
}

#[apply(on_each_server)]
fn before_the_server_has_said_which_session_it_is(product: Product) {
    block_on(async {
        let builder = to(Server::shared(product))
            .user("password-user")
            .password(PASSWORD);
        let handle = connect(builder).await.cancel_handle();
        let error = handle.cancel().await.unwrap_err();
        let unknown = NotCancelled::UnknownSession;
        assert!(
            matches!(error.kind(), ErrorKind::NotCancelled(it) if *it == unknown),
            "{error}"
        );
    });
}

#[apply(on_each_server)]
fn a_pool_s_next_user_is_left_alone(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(1).build().unwrap();
        let mut first = pool.get().await.unwrap();
        let stale = first.cancel_handle();
        first.execute("SELECT 1", ()).await.unwrap();
        drop(first);

        let mut second = pool.get().await.unwrap();
        assert!(second.is_reused());
        let handle = second.cancel_handle();
        let refused = cancel_and_then(&mut second, &stale, &handle, &server).await;
        let error = refused.unwrap_err();
        let given_back = NotCancelled::GivenBack;
        assert!(
            matches!(error.kind(), ErrorKind::NotCancelled(it) if *it == given_back),
            "{error}"
        );
    });
}

/// The server counts that connection as any other, so the pool's next one has to wait.
#[apply(on_each_server)]
fn the_connection_of_a_cancellation_counts_in_the_pool_s_limit(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let builder = to(&server).user("password-user").password(PASSWORD);
        let bridge = builder.build().await.unwrap();
        let pool = Pool::builder(bridge).connections_per_second(NonZeroU32::MIN);
        let pool = pool.build().unwrap();
        let mut connection = pool.get().await.unwrap();
        let handle = connection.cancel_handle();
        // Until another connection is allowed.
        sleep(Duration::from_millis(1_500)).await;
        let begun = Instant::now();
        cancel(&mut connection, &handle, &server).await.unwrap();
        let _other = pool.get().await.unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(1));
    });
}

/// Executes the slow statement, cancels it with the first handle and then with the second. Returns the first one's
/// result.
async fn cancel_and_then(
    connection: &mut Connection,
    first: &CancelHandle,
    second: &CancelHandle,
    server: &Server,
) -> Result<(), rds_bridge::Error> {
    let cancelling = async {
        while server.execute_as_admin(RUNNING) == "0\n" {
            sleep(Duration::from_millis(10)).await;
        }
        let cancelled = first.cancel().await;
        assert_eq!(server.execute_as_admin(RUNNING), "1\n");
        second.cancel().await.unwrap();
        cancelled
    };
    let (_sleep_is_cut_off, cancelled) = tokio::join!(connection.execute(SLOW, ()), cancelling);
    cancelled
}
