//! The writer, or a reader: a connection to a server of another role is refused, and the pool opens new ones.

use std::time::Duration;

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::Connection;
use rds_bridge::pool::Pool;
use rds_bridge::{Bridge, BridgeBuilder, Error, Role};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rds_bridge_test_support::turn_counter::TurnCounter;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect, first_value, to};

/// To a server's admin, to whose statements `read_only` does not apply.
fn with_role(server: &Server, role: Role) -> BridgeBuilder {
    to(server)
        .user("admin")
        .password(PASSWORD)
        .allow_writes(role == Role::Writer)
        .role(role)
}

fn set_read_only(server: &Server, on: bool) {
    server.execute_as_admin(&format!("SET GLOBAL read_only = {}", u8::from(on)));
}

fn items(server: &Server) -> String {
    server.execute_as_admin("SELECT COUNT(*) FROM iamtest.items")
}

fn assert_wrong(connection: &Connection, error: &Error, role: Role) {
    let ErrorKind::WrongRole { expected } = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(*expected, role);
    assert!(!connection.is_usable() && connection.is_demoted());
}

#[apply(on_each_server)]
fn a_server_of_another_role_is_refused(product: Product) {
    let server = Server::start(product, &Options::default());
    let insert = "INSERT INTO items (name) VALUES ('plums')";
    let before = items(&server);
    block_on(async {
        for (role, is_read_only) in [(Role::Writer, true), (Role::Reader, false)] {
            set_read_only(&server, is_read_only);
            let mut connection = connect(with_role(&server, role)).await;
            let refused = connection.execute("SELECT 1", ()).await.unwrap_err();
            assert_wrong(&connection, &refused, role);
            // It is not executed before the role is known.
            let mut connection = connect(with_role(&server, role)).await;
            let refused = connection.execute(insert, ()).await.unwrap_err();
            assert_wrong(&connection, &refused, role);

            set_read_only(&server, !is_read_only);
            let mut connection = connect(with_role(&server, role)).await;
            assert_eq!(first_value::<i64>(&mut connection, "SELECT 1").await, 1);
        }
        set_read_only(&server, true);
        let mut connection = connect(with_role(&server, Role::Any)).await;
        connection.execute("SELECT 1", ()).await.unwrap();
    });
    assert_eq!(items(&server), before);
}

/// Each time that a session is reset, the server is asked again.
#[apply(on_each_server)]
fn a_pool_opens_new_connections(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let bridge: Bridge = with_role(&server, Role::Writer).build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(2).build().unwrap();
        let id = "SELECT CONNECTION_ID()";
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        let before: [u64; 2] = [
            first_value(&mut one, id).await,
            first_value(&mut other, id).await,
        ];
        drop(other);
        // It leaves something in the session, so that it is reset.
        one.execute("SET @left = 1", ()).await.unwrap();
        set_read_only(&server, true);
        drop(one);
        // The other one is handed out until the reset has found the new role.
        loop {
            let mut next = pool.get().await.unwrap();
            if let Err(refused) = next.execute("SELECT 1", ()).await {
                break assert_wrong(&next, &refused, Role::Writer);
            }
        }
        set_read_only(&server, false);
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        for connection in [&mut one, &mut other] {
            assert!(!before.contains(&first_value(connection, id).await));
        }
    });
}

/// Of a connection that leaves nothing in its session, only the check can find it out.
#[apply(on_each_server)]
fn a_pool_checks_the_role_too(product: Product) {
    let server = Server::start(product, &Options::default());
    block_on(async {
        let bridge: Bridge = with_role(&server, Role::Writer).build().await.unwrap();
        let pool = Pool::builder(bridge)
            .max_size(2)
            .check_after(Duration::ZERO);
        let pool = pool.build().unwrap();
        let id = "SELECT CONNECTION_ID()";
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        let before: [u64; 2] = [
            first_value(&mut one, id).await,
            first_value(&mut other, id).await,
        ];
        drop((one, other));
        let mut again = pool.get().await.unwrap();
        assert!(before.contains(&first_value(&mut again, id).await));
        drop(again);

        set_read_only(&server, true);
        let mut next = pool.get().await.unwrap();
        let refused = next.execute("SELECT 1", ()).await.unwrap_err();
        assert_wrong(&next, &refused, Role::Writer);
        drop(next);
        set_read_only(&server, false);
        let (mut one, mut other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
        for connection in [&mut one, &mut other] {
            assert!(!before.contains(&first_value(connection, id).await));
        }
    });
}

/// A check with a role takes no more round trips than one without.
#[apply(on_each_server)]
fn a_check_of_the_role_takes_one_round_trip(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let turns = async |role| {
            let counter = TurnCounter::start(server.address());
            let builder = with_role(server, role).connect_to(counter.address().to_string());
            let pool = Pool::builder(builder.build().await.unwrap())
                .max_size(1)
                .check_after(Duration::ZERO);
            let pool = pool.build().unwrap();
            first_value::<i64>(&mut pool.get().await.unwrap(), "SELECT 1").await;
            let before = counter.turns();
            first_value::<i64>(&mut pool.get().await.unwrap(), "SELECT 1").await;
            counter.turns() - before
        };
        assert_eq!(turns(Role::Any).await, 2);
        assert_eq!(turns(Role::Writer).await, 2);
    });
}

/// The question takes no round trip of its own.
#[apply(on_each_server)]
fn the_role_is_asked_with_the_first_statement(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let turns = async |role| {
            let counter = TurnCounter::start(server.address());
            let builder = with_role(server, role).connect_to(counter.address().to_string());
            let mut connection = connect(builder).await;
            assert_eq!(first_value::<i64>(&mut connection, "SELECT 1").await, 1);
            counter.turns()
        };
        // MySQL verifies the first password of a user with a further round trip.
        let _first = turns(Role::Any).await;
        assert_eq!(turns(Role::Writer).await, turns(Role::Any).await);
    });
}

/// The setting that is refused when a bridge is built.
async fn refused_setting(builder: BridgeBuilder) -> &'static str {
    let refused = builder.build().await.unwrap_err();
    let ErrorKind::Setting { setting, .. } = refused.kind() else {
        panic!("{refused:?}");
    };
    setting
}

#[apply(on_each_server)]
fn settings_that_cannot_be_are_refused(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let reader = with_role(server, Role::Reader).allow_writes(true);
        assert_eq!(refused_setting(reader).await, "role");
        for seconds in [0.0, 0.9, 86_401.0] {
            let limit = Duration::from_secs_f32(seconds);
            let builder = with_role(server, Role::Any).tcp_user_timeout(limit);
            assert_eq!(refused_setting(builder).await, "tcp_user_timeout");
        }
        for seconds in [1, 86_400] {
            let limit = Duration::from_secs(seconds);
            let builder = with_role(server, Role::Any).tcp_user_timeout(limit);
            connect(builder).await.ping().await.unwrap();
        }
    });
}
