//! A connection tries all addresses of a name, and each stage has a limit of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rds_bridge::error::{Category, ErrorKind};
use rds_bridge::net::{Resolve, Resolving};
use rds_bridge::{BridgeBuilder, Error, Stage, Timeouts};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::tls_peer::TlsPeer;
use rstest::rstest;
use rstest_reuse::apply;
use socket2::{Domain, Socket, Type};

use crate::helpers::addresses::free_address;
use crate::helpers::live::{block_on, credentials, to};
use crate::helpers::never::Never;

const SHORT: Duration = Duration::from_millis(150);

#[derive(Debug)]
struct To(Vec<SocketAddr>);

impl Resolve for To {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// A listener that neither accepts nor refuses a connection, because its queue is full.
struct BlackHole {
    address: SocketAddr,
    _queue: (Socket, Vec<TcpStream>),
}

impl BlackHole {
    fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, SHORT) {
            waiting.push(stream);
        }
        let _queue = (listener, waiting);
        Self { address, _queue }
    }
}

fn connect(builder: BridgeBuilder) -> Result<(), Error> {
    block_on(async { builder.build().await?.connect().await }).map(drop)
}

fn through(product: Product, addresses: Vec<SocketAddr>) -> BridgeBuilder {
    to(Server::shared(product))
        .user("password-user")
        .password(PASSWORD)
        .resolver(To(addresses))
        .timeouts(Timeouts {
            connect: SHORT,
            ..Timeouts::default()
        })
}

#[apply(on_each_server)]
fn the_next_address_is_tried(product: Product) {
    let server = Server::shared(product).address();
    let hole = BlackHole::new();
    connect(through(product, vec![free_address(), server])).unwrap();
    let begun = Instant::now();
    connect(through(product, vec![hole.address, free_address(), server])).unwrap();
    assert!(begun.elapsed() >= SHORT);
}

#[apply(on_each_server)]
fn where_none_answers_each_is_named(product: Product) {
    let (hole, refusing) = (BlackHole::new(), free_address());
    let error = connect(through(product, vec![hole.address, refusing])).unwrap_err();
    let ErrorKind::Connect(attempts) = error.kind() else {
        panic!("{error}");
    };
    let kinds: Vec<_> = attempts
        .iter()
        .map(|(address, error)| (*address, error.kind()))
        .collect();
    let expected = [
        (hole.address, io::ErrorKind::TimedOut),
        (refusing, io::ErrorKind::ConnectionRefused),
    ];
    assert_eq!(kinds, expected);
    for address in [hole.address, refusing] {
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
    // An address that does not answer indicates a security group. If all refuse, nothing listens.
    assert!(
        error.causes()[0].why.contains("security group"),
        "{error:?}"
    );
    let error = connect(through(product, vec![refusing])).unwrap_err();
    assert!(
        error.causes()[0].why.contains("nothing listens"),
        "{error:?}"
    );
    let error = connect(through(product, vec![])).unwrap_err();
    assert_eq!(error.stage(), Stage::Resolve, "{error}");
}

/// The limit of TCP is tested above, and that of TLS in `not_mysql`.
#[apply(on_each_server)]
fn each_stage_has_its_limit(product: Product) {
    let peer = TlsPeer::silent_in_tls();
    let long = Timeouts::default();
    let server = || {
        to(Server::shared(product))
            .user("lambda-user")
            .credentials(credentials())
    };
    let silent = server()
        .connect_to(peer.address().to_string())
        .ca_file(peer.ca_file());
    let (credentials, resolve, login) = (SHORT, SHORT, SHORT);
    for (stage, category, builder) in [
        (
            Stage::Credentials,
            Category::Credentials,
            server().credentials_provider(Never).timeouts(Timeouts {
                credentials,
                ..long
            }),
        ),
        (
            Stage::Resolve,
            Category::Network,
            server()
                .resolver(Never)
                .timeouts(Timeouts { resolve, ..long }),
        ),
        (
            Stage::Login,
            Category::Network,
            silent.timeouts(Timeouts { login, ..long }),
        ),
    ] {
        let error = connect(builder).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Timeout(limit) if *limit == SHORT),
            "{error}"
        );
        assert_eq!((error.stage(), error.category()), (stage, category));
        assert!(!error.causes().is_empty(), "{error}");
    }
}
