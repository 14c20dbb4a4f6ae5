//! No error contains a secret. Each error is of a real failure that involves every secret, and everything that it
//! prints is searched.

use std::time::Duration;

use rds_bridge::error::Category;
use rds_bridge::mysql::Protocol;
use rds_bridge::{Bridge, BridgeBuilder, Error, Stage, Timeouts};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::scripted_peer::{Line, ScriptedPeer};
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rds_bridge_test_support::server_packets::{LONGLONG, column, error, text_row};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::block_on;
use crate::helpers::secret_forms::{Standing, search, shown, temporary};

/// A builder for an address, with credentials whose signature is known.
fn at(address: impl ToString) -> BridgeBuilder {
    Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(address.to_string())
        .user("lambda-user")
        .credentials(temporary())
        .clock(Standing)
}

/// Goes as far as it can: connects, executes a statement and reads its rows. Returns the error.
fn failure(builder: BridgeBuilder) -> Error {
    block_on(async {
        let mut connection = builder.build().await?.connect().await?;
        let mut rows = connection.query("SELECT * FROM nowhere").await?;
        while let Some(row) = rows.next().await? {
            row.get::<u64>(0)?;
        }
        Ok::<_, Error>(())
    })
    .unwrap_err()
}

fn check(what: &str, stage: Stage, builder: BridgeBuilder) {
    let error = failure(builder);
    assert_eq!(error.stage(), stage, "{what}: {error}");
    assert_ne!(error.category(), Category::Bug, "{what}: {error}");
    search(what, &shown(&error));
}

#[test]
fn of_settings() {
    let dsn = format!("mysql://u:{PASSWORD}@db.example.com/x").replace(' ', "%20");
    let nowhere = "127.0.0.1:1";
    for (what, builder) in [
        ("no user", at(nowhere).user("")),
        ("port", at(nowhere).port(0)),
        ("a URL for the address", at(&dsn)),
        ("a URL for the endpoint", at(nowhere).endpoint(&dsn)),
        (
            "a URL for an alias",
            at(nowhere).endpoint(&dsn).resolve_cname(true),
        ),
        ("a URL for the TLS name", at(nowhere).tls_server_name(&dsn)),
        ("CA file", at(nowhere).ca_file("/no/such/file.pem")),
    ] {
        check(what, Stage::Settings, builder);
    }
}

#[test]
fn of_credentials_and_tokens() {
    let expired = temporary().with_expires_at(1_000);
    let nowhere = "127.0.0.1:1";
    let long = "u".repeat(200_000);
    for (what, builder) in [
        ("expired", at(nowhere).credentials(expired)),
        ("user", at(nowhere).user(long)),
        ("region", at(nowhere).region("no region")),
    ] {
        check(what, Stage::Token, builder);
    }
}

#[apply(on_each_server)]
fn of_the_way_to_the_server(product: Product) {
    check("TCP", Stage::Connect, at("127.0.0.1:1"));
    check("name", Stage::Resolve, at("no.such.host.invalid:1"));
    let http = ScriptedPeer::start(vec![Line::Send(b"HTTP/1.1 400 Bad\r\n\r\n".to_vec())]);
    check("HTTP", Stage::Tls, at(http.address()));
    let silent = ScriptedPeer::start(vec![Line::Hold]);
    let timeouts = Timeouts {
        tls: Duration::from_millis(50),
        ..Timeouts::default()
    };
    check(
        "silence",
        Stage::InitialHandshake,
        at(silent.address()).timeouts(timeouts),
    );
    // The bundled roots do not contain the tests' authority.
    check("CA", Stage::Tls, at(Server::shared(product).address()));
}

#[apply(on_each_server)]
fn of_the_login(product: Product) {
    let server = Server::shared(product);
    let to_it = || at(server.address()).ca_file(server.ca_file());
    check("refused", Stage::Login, to_it());
    let wrong = format!("{PASSWORD}!");
    check(
        "password",
        Stage::Login,
        to_it().user("password-user").password(wrong),
    );
    // The client refuses to send the password to the plugin that asks for clear text.
    check(
        "a password for a token",
        Stage::Login,
        to_it().password(PASSWORD),
    );
    let peer = TlsPeer::silent_in_tls();
    let timeouts = Timeouts {
        login: Duration::from_millis(100),
        ..Timeouts::default()
    };
    let silent = at(peer.address())
        .ca_file(peer.ca_file())
        .timeouts(timeouts);
    check("silence", Stage::Login, silent);
}

#[test]
fn of_statements_and_rows() {
    let head = || vec![vec![1], column("a", LONGLONG)];
    for (what, stage, answer) in [
        (
            "refused",
            Stage::Statement,
            say([error(1146, "42S02", "Table doesn't exist")]),
        ),
        ("malformed", Stage::Statement, say([vec![0xFE]])),
        ("ended", Stage::Statement, vec![Say::HangUp]),
        ("file", Stage::Statement, say([b"\xFB/etc/passwd".to_vec()])),
        (
            "row",
            Stage::Rows,
            say([head(), vec![b"\x09".to_vec()]].concat()),
        ),
        (
            "value",
            Stage::Rows,
            say([head(), vec![text_row(&["x"])]].concat()),
        ),
    ] {
        let peer = TlsPeer::start(vec![answer, say([vec![0, 0, 0, 2, 0, 0, 0]])]);
        let builder = at(peer.address())
            .ca_file(peer.ca_file())
            .protocol(Protocol::Text);
        check(what, stage, builder);
    }
}
