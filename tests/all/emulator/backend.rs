//! `rds-bridge emulate --backend`: tokens are verified, and a real server executes the statements.

use std::io::Write;
use std::process::Command;

use rds_bridge::aws::Credentials;
use rds_bridge::{BridgeBuilder, Error};
use rds_bridge_emulator::{Backend, Emulator};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::python::interpreter;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server, Tls};
use rds_bridge_test_support::tls_peer::frame;
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::addresses::free_address;
use crate::helpers::command::run;
use crate::helpers::emulator::clients::{assert_success, run as run_client};
use crate::helpers::emulator::program::Program;
use crate::helpers::emulator::raw_client::{ask, assert_is_served, code, hear, logged_in};
use crate::helpers::emulator::server::test_file;
use crate::helpers::live::{block_on, connect, first_value};
use crate::helpers::waiting::{until, until_executing};

/// An emulator whose backend is this address. The user `admin` has this password.
fn emulate(address: &str, user: &str, password: &str) -> Program {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{password}").unwrap();
    let file = file.into_temp_path();
    Program::start(&[
        "--database",
        "iamtest",
        "--backend",
        address,
        "--backend-user",
        user,
        "--backend-password-file",
        file.to_str().unwrap(),
    ])
}

fn before(server: &Server) -> Program {
    emulate(&server.address().to_string(), "admin", PASSWORD)
}

fn refused(bridge: BridgeBuilder) -> Error {
    block_on(async { bridge.build().await?.connect().await }).unwrap_err()
}

#[apply(on_each_server)]
fn a_session_is_the_backend_s_own(product: Product) {
    let program = before(Server::shared(product));
    block_on(async {
        let mut connection = connect(program.bridge()).await;
        let user: String = first_value(&mut connection, "SELECT CURRENT_USER()").await;
        assert_eq!(user, "admin@%");
        let database: String = first_value(&mut connection, "SELECT DATABASE()").await;
        assert_eq!(database, "iamtest");
        let version: String = first_value(&mut connection, "SELECT VERSION()").await;
        assert!(
            version.starts_with(&*connection.session().server_version),
            "{version}"
        );
        let id: u32 = first_value(&mut connection, "SELECT CONNECTION_ID()").await;
        assert_eq!(id, connection.session().connection_id);
    });
    let said = program.end();
    assert!(said.contains("accepted, with a token of"), "{said}");
}

#[apply(on_each_server)]
fn statements_that_sqlite_does_not_know(product: Product) {
    let server = Server::start(product, &Options::default());
    let program = before(&server);
    block_on(async {
        let mut connection = connect(program.bridge().allow_writes(true)).await;
        let window = "SELECT CAST(SUM(n) OVER (ORDER BY n DESC) AS SIGNED) FROM \
                      JSON_TABLE('[1, 2, 4]', '$[*]' COLUMNS (n INT PATH '$')) AS numbers";
        let mut rows = connection.query(window).await.unwrap();
        let mut sums = Vec::new();
        while let Some((sum,)) = rows.next_as::<(i64,)>().await.unwrap() {
            sums.push(sum);
        }
        drop(rows);
        assert_eq!(sums, [4, 6, 7]);
        let procedure = "CREATE PROCEDURE dearest(OUT name TEXT) \
                         SELECT items.name INTO name FROM items ORDER BY price DESC LIMIT 1";
        connection.execute(procedure, ()).await.unwrap();
        connection.execute("CALL dearest(@name)", ()).await.unwrap();
        let name: String = first_value(&mut connection, "SELECT @name").await;
        assert_eq!(name, "cheese");
        let error = connection.execute("SELEC 1", ()).await.unwrap_err();
        assert_eq!(error.server_error().unwrap().code, 1064);
    });
}

#[apply(on_each_server)]
fn big_results_and_prepared_statements(product: Product) {
    let program = before(Server::shared(product));
    block_on(async {
        let mut connection = connect(program.bridge().max_row_bytes(8 << 20)).await;
        let long: String = first_value(&mut connection, "SELECT REPEAT('x', 5000000)").await;
        assert_eq!(long.len(), 5_000_000);
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                    SELECT a.i FROM n a, n b LIMIT 100000";
        let mut rows = connection.query(many).await.unwrap();
        let mut count = 0;
        while rows.next().await.unwrap().is_some() {
            count += 1;
        }
        drop(rows);
        assert_eq!(count, 100_000);
        let sql = "SELECT name FROM items WHERE price > ? ORDER BY price";
        let mut rows = connection.query_with(sql, (3,)).await.unwrap();
        let mut names = Vec::new();
        while let Some((name,)) = rows.next_as::<(String,)>().await.unwrap() {
            names.push(name);
        }
        assert_eq!(names, ["bread", "cheese"]);
    });
}

#[apply(on_each_server)]
fn a_statement_longer_than_a_packet(product: Product) {
    let options = Options {
        arguments: vec!["--max-allowed-packet=64M".to_owned()],
        ..Options::default()
    };
    let server = Server::start(product, &options);
    let program = before(&server);
    block_on(async {
        let mut connection = connect(program.bridge()).await;
        let sql = format!("SELECT LENGTH('{}')", "x".repeat(20 << 20));
        let length: u64 = first_value(&mut connection, &sql).await;
        assert_eq!(length, 20 << 20);
        connection.ping().await.unwrap();
    });
}

#[apply(on_each_server)]
fn kill_by_the_id_that_the_client_knows(product: Product) {
    let program = before(Server::shared(product));
    block_on(async {
        let mut victim = connect(program.bridge()).await;
        let mut other = connect(program.bridge()).await;
        let kill = format!("KILL {}", victim.session().connection_id);
        other.execute(&kill, ()).await.unwrap();
        victim.execute("SELECT 1", ()).await.unwrap_err();
        other.ping().await.unwrap();
    });
}

#[apply(on_each_server)]
fn a_wrong_token_is_refused(product: Product) {
    let program = before(Server::shared(product));
    let error = refused(
        program
            .bridge()
            .credentials(Credentials::new("AKIDEXAMPLE", "wrong")),
    );
    let told = error.server_error().unwrap();
    assert_eq!(told.code, 1045);
    assert!(told.message.contains("'lambda-user'@"), "{error}");
    let said = program.end();
    assert!(said.contains("the signature does not match"), "{said}");
}

/// A client could authenticate with a password of the backend's otherwise.
#[apply(on_each_server)]
fn another_user_is_refused_as_without_a_backend(product: Product) {
    let program = before(Server::shared(product));
    let mut tls = logged_in(program.environment());
    let change = b"\x11password-user\0\0iamtest\0\x2D\0mysql_native_password\0";
    assert_eq!(code(&ask(&mut tls, change)), 1047);
    assert_is_served(&mut tls);
    // Between two other commands, and in the order of the commands.
    let ping = frame(0, b"\x0E");
    tls.write_all(&[&ping[..], &frame(0, change), &ping].concat())
        .unwrap();
    let replies = [(); 3].map(|()| hear(&mut tls).unwrap().1);
    assert_eq!([replies[0][0], replies[1][0], replies[2][0]], [0, 0xFF, 0]);
}

#[apply(on_each_server)]
fn pymysql_reads_the_items(product: Product) {
    let program = before(Server::shared(product));
    let mut client = Command::new(interpreter());
    client.arg(test_file("python/clients/lambda_function.py"));
    let output = run_client(&mut client, program.environment());
    assert_success(&output);
    let items: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(items[2]["name"], "cheese");
}

#[apply(on_each_server)]
fn the_backend_s_own_refusal(product: Product) {
    let server = Server::shared(product);
    let program = emulate(&server.address().to_string(), "admin", "wrong");
    let error = refused(program.bridge());
    let told = error.server_error().unwrap();
    assert_eq!(told.code, 1045);
    let stage = "[rds-bridge emulate, backend, stage login]";
    assert!(
        told.message.starts_with("Access denied for user 'admin'@"),
        "{error}"
    );
    assert!(told.message.ends_with(stage), "{error}");
    let said = program.end();
    assert!(
        said.contains("the token is valid, but the login to the backend failed"),
        "{said}"
    );

    let error = refused(before(server).bridge().database("nowhere"));
    assert_eq!(error.server_error().unwrap().code, 1049);
}

/// Without TLS the emulator sends a hash only. MySQL's server accepts that once it has verified the password itself.
#[apply(on_each_server)]
fn a_backend_without_tls(product: Product) {
    let options = Options {
        tls: Tls::Off,
        ..Options::default()
    };
    let server = Server::start(product, &options);
    let address = server.address().to_string();
    let program = emulate(&address, "password-user", PASSWORD);
    if product == Product::MySql {
        let error = refused(program.bridge());
        let told = error.server_error().unwrap();
        assert_eq!(told.code, 1158);
        assert!(
            told.message.contains("enable TLS on the backend"),
            "{error}"
        );
        server.log_in("password-user", PASSWORD);
    }
    block_on(async {
        let mut connection = connect(program.bridge()).await;
        let name: String =
            first_value(&mut connection, "SELECT name FROM items WHERE id = 3").await;
        assert_eq!(name, "cheese");
        let long: String = first_value(&mut connection, "SELECT REPEAT('x', 200000)").await;
        assert_eq!(long.len(), 200_000);
        let user: String = first_value(&mut connection, "SELECT CURRENT_USER()").await;
        assert_eq!(user, "password-user@%");
    });
    let error = refused(emulate(&address, "password-user", "wrong").bridge());
    assert!(error.server_error().is_some(), "{error}");
}

#[test]
fn a_backend_that_is_away() {
    let address = free_address().to_string();
    let program = emulate(&address, "admin", PASSWORD);
    let error = refused(program.bridge());
    let told = error.server_error().unwrap();
    assert_eq!(told.code, 1158);
    for words in [
        "rds-bridge emulate: cannot connect to the backend",
        &address,
        "refused",
    ] {
        assert!(told.message.contains(words), "{words}: {error}");
    }
    let said = program.end();
    assert!(said.contains("refused with error 1158"), "{said}");
}

#[apply(on_each_server)]
fn a_backend_that_ends(product: Product) {
    let server = Server::start(product, &Options::default());
    let program = before(&server);
    block_on(async {
        let mut connection = connect(program.bridge()).await;
        drop(server);
        connection.execute("SELECT 1", ()).await.unwrap_err();
    });
    let error = refused(program.bridge());
    assert_eq!(error.server_error().unwrap().code, 1158);
}

/// `SLEEP` would take longer than the emulator waits for its sessions. The backend looks every few seconds whether the
/// connection of a `SLEEP` is still open. It has no TLS, because it takes an unread `close_notify` for a sign of life.
#[apply(on_each_server)]
fn the_emulator_closes_both_connections(product: Product) {
    let options = Options {
        tls: Tls::Off,
        ..Options::default()
    };
    let server = &Server::start(product, &options);
    // MySQL's server accepts a hash only of a password that it has verified once.
    server.log_in("admin", PASSWORD);
    let backend = Backend::new(server.address().to_string(), "admin");
    let emulator = Emulator::builder()
        .backend(backend.password(PASSWORD))
        .start()
        .unwrap();
    let names: Vec<_> = emulator.environment("ca.pem".as_ref());
    assert!(names.iter().all(|(name, _)| *name != "DB_NAME"));
    let id = block_on(async {
        let mut connection = connect(emulator.bridge()).await;
        let database: Option<String> = first_value(&mut connection, "SELECT DATABASE()").await;
        assert_eq!(database, None);
        let id = connection.session().connection_id;
        let slept = connection.execute("DO SLEEP(600)", ());
        let closed = async {
            until_executing(server, id, "SLEEP(600)").await;
            emulator.disconnect_all();
        };
        let (slept, ()) = tokio::join!(slept, closed);
        slept.unwrap_err();
        id
    });
    let sessions = format!("SELECT info FROM information_schema.processlist WHERE id = {id}");
    until(|| match server.execute_as_admin(&sessions) {
        none if none.is_empty() => Ok(()),
        session => Err(format!("the backend's session {id} executes {session}")),
    });
}

#[test]
fn options_that_make_no_sense() {
    let backend = ["--backend", "127.0.0.1:1", "--backend-user", "admin"];
    let seed = test_file("schema.sql");
    let password = ["--backend-password-file", "/dev/null"];
    let public = ["--backend", "192.0.2.1:3306", "--backend-user", "admin"];
    let cases: [(Vec<&str>, &str); 7] = [
        (
            [&backend[..], &["--seed", seed.to_str().unwrap()]].concat(),
            "--seed",
        ),
        (
            [&backend[..], &["--database-file", "f"]].concat(),
            "--database-file",
        ),
        (
            [&backend[..], &["--server-version", "8.4"]].concat(),
            "--server-version",
        ),
        (backend[..2].to_vec(), "--backend-user"),
        ([&backend[..], &password].concat(), "contains no password"),
        (public.to_vec(), "ssh -L"),
        (
            vec!["--backend", "nowhere", "--backend-user", "admin"],
            "\"nowhere\" is not HOST:PORT, such as 127.0.0.1:3306",
        ),
    ];
    for (arguments, words) in cases {
        let arguments = [&["emulate", "--port", "0"], &arguments[..]].concat();
        let output = run(&arguments, &[], "");
        let error = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(words), "{words}: {error}");
    }
}
