//! The proxy as a library, on real servers: places of clients that log in, and how connections to the database end.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{ChangeUserOpts, Conn};
use rds_bridge::component::{CONCURRENT_INSTANCES, Engine};
use rds_bridge_proxy::{ConcurrentLogins, Listener, Proxy, ProxyBuilder};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, credentials, to};
use crate::helpers::proxy::client_of;

/// The settings of a proxy to the server, and the address on which it will listen.
async fn builder(server: &Server) -> (ProxyBuilder, SocketAddr) {
    let bridge = to(server).user("lambda-user").credentials(credentials());
    let bridge = bridge.allow_writes(true).build().await.unwrap();
    let listener = Listener::tcp(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.address().unwrap();
    (Proxy::builder(bridge).listen(listener), address)
}

async fn client(address: SocketAddr) -> Conn {
    Conn::new(client_of(address)).await.unwrap()
}

/// Connects and sends nothing. Returns when the proxy has greeted.
async fn silent_client(address: SocketAddr) -> TcpStream {
    let connecting = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        stream
    });
    connecting.await.unwrap()
}

/// Long enough for a login.
const SOME_TIME: Duration = Duration::from_secs(1);

fn status(server: &Server, name: &str) -> String {
    let shown = server.execute_as_admin(&format!("SHOW GLOBAL STATUS LIKE '{name}'"));
    shown.trim().trim_start_matches(name).trim().to_owned()
}

#[apply(on_each_server)]
fn proxies_share_the_places_of_clients_that_log_in(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let logins = ConcurrentLogins::new(1);
        let (first, first_address) = builder(server).await;
        let (second, second_address) = builder(server).await;
        let _first = first.concurrent_logins(logins.clone()).start().unwrap();
        let _second = second.concurrent_logins(logins).start().unwrap();
        let mut open = client(first_address).await;

        let silent = silent_client(first_address).await;
        let other = tokio::spawn(client(second_address));
        // A change of the user is a login too.
        let changing = tokio::spawn(async move {
            let options = ChangeUserOpts::default().with_user(Some("another".to_owned()));
            open.change_user(options).await.unwrap();
            open
        });
        tokio::time::sleep(SOME_TIME).await;
        assert!(!other.is_finished() && !changing.is_finished());
        drop(silent);
        other.await.unwrap().ping().await.unwrap();
        changing.await.unwrap().ping().await.unwrap();
    });
}

#[test]
fn a_change_of_the_user_without_a_place_is_refused_by_name() {
    let server = Server::shared(Product::MySql);
    block_on(async {
        let (proxy, address) = builder(server).await;
        let limit = Duration::from_secs(30);
        let proxy = proxy
            .concurrent_logins(ConcurrentLogins::new(1))
            .client_timeout(limit);
        let proxy = proxy.start().unwrap();
        let mut open = client(address).await;
        let _silent = silent_client(address).await;
        let options = ChangeUserOpts::default().with_user(Some("another".to_owned()));
        match open.change_user(options).await {
            Err(mysql_async::Error::Server(error)) => {
                assert_eq!((error.code, &*error.state), (1040, "08004"));
                assert!(error.message.contains("too many clients are logging in"));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(proxy.metrics().failed_total, 1);
    });
}

#[apply(on_each_server)]
fn a_client_that_cannot_be_greeted_leaves_no_aborted_login(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let (proxy, address) = builder(&server).await;
        let engine = Engine::new().unwrap();
        let taken = (0..CONCURRENT_INSTANCES).map(|_| engine.instantiate().unwrap());
        let taken: Vec<_> = taken.collect();
        let proxy = proxy.engine(engine).start().unwrap();
        let greeted = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.read(&mut [0])
        });
        assert!(!matches!(greeted.await.unwrap(), Ok(1..)));
        assert_eq!(proxy.metrics().failed_total, 1);
        // The login that the client does not use goes on.
        while proxy.metrics().open > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(taken);
    });
    assert_eq!(status(&server, "Aborted_connects"), "0");
    assert_eq!(status(&server, "Aborted_clients"), "0");
}

#[apply(on_each_server)]
fn a_drain_aborts_no_connection_of_an_idle_client(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let (proxy, address) = builder(&server).await;
        let proxy = proxy.start().unwrap();
        let mut idle = client(address).await;
        idle.ping().await.unwrap();
        assert_eq!(proxy.drain(Duration::from_secs(60)).await, 0);
        idle.ping().await.unwrap_err();
    });
    let open = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'lambda-user'";
    while server.execute_as_admin(open).trim() != "0" {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status(&server, "Aborted_clients"), "0");
}

#[test]
fn what_a_client_requests_in_vain_is_counted() {
    let server = Server::shared(Product::MySql);
    block_on(async {
        let (proxy, address) = builder(server).await;
        let proxy = proxy.start().unwrap();
        let long = "d".repeat(65);
        let options = client_of(address).db_name(Some(&long));
        let refused = Conn::new(options).await.unwrap_err();
        assert!(refused.to_string().contains("too long"), "{refused}");
        assert_eq!(proxy.metrics().refused_total, 1);

        let mut open = client(address).await;
        let options = ChangeUserOpts::default().with_db_name(Some("missing".to_owned()));
        open.change_user(options).await.unwrap_err();
        assert_eq!(proxy.metrics().failed_total, 1);

        let mut open = client(address).await;
        let options = ChangeUserOpts::default().with_db_name(Some(long));
        open.change_user(options).await.unwrap_err();
        assert_eq!(proxy.metrics().refused_total, 2);
    });
}
