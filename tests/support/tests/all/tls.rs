//! The server's greeting, its certificates and its TLS versions.

use std::io::Read;
use std::net::TcpStream;
use std::process::Command;

use rds_bridge_test_support::certificates::ServerCertificate;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server, Tls};
use rstest::rstest;
use rstest_reuse::apply;

use crate::client::{assert_reads_items, read_items, read_items_at, stderr};

/// The payload of the server's first packet.
fn greeting(server: &Server) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let mut payload = vec![0; usize::from(header[0])];
    stream.read_exact(&mut payload).unwrap();
    payload
}

fn version(greeting: &[u8]) -> String {
    let text = greeting[1..].split(|byte| *byte == 0).next().unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

/// Whether the greeting has `CLIENT_SSL`. The flag is in the lower half of the capabilities, after the version, the
/// connection id (4 bytes), the first part of the scramble (8) and a filler (1).
fn offers_tls(greeting: &[u8]) -> bool {
    let at = 1 + version(greeting).len() + 1 + 4 + 8 + 1;
    greeting[at + 1] & 0x08 != 0
}

#[apply(on_each_server)]
fn greets_as_itself_with_tls(product: Product) {
    let greeting = greeting(Server::shared(product));
    let version = version(&greeting);
    let major = version.split('.').next().unwrap();
    match product {
        Product::MySql => assert!(["8", "9"].contains(&major), "{version}"),
        // The prefix lets an old replica read it, which cannot parse a version of two digits.
        Product::MariaDb => assert!(
            version.starts_with("5.5.5-10.") && version.contains("MariaDB"),
            "{version}"
        ),
    }
    assert!(offers_tls(&greeting));
}

#[test]
fn a_mariadb_greets_as_mysql_8_if_asked_to() {
    let server = Server::start(
        Product::MariaDb,
        &Options {
            version: Some("8.0.39".into()),
            ..Options::default()
        },
    );
    let greeting = greeting(&server);
    assert_eq!(version(&greeting), "8.0.39");
    assert!(offers_tls(&greeting));
    assert_reads_items(&read_items(&server, "password-user", PASSWORD));
}

#[apply(on_each_server)]
fn without_tls_it_offers_none(product: Product) {
    let server = Server::start(
        product,
        &Options {
            tls: Tls::Off,
            ..Options::default()
        },
    );
    assert!(!offers_tls(&greeting(&server)));
    let plain = ["--skip-ssl"];
    assert_reads_items(&read_items_at(
        &server,
        server.port(),
        "password-user",
        PASSWORD,
        &plain,
    ));
}

#[apply(on_each_server)]
fn a_client_takes_the_good_certificates_and_no_other(product: Product) {
    let with = |certificate| {
        let server = Server::start(
            product,
            &Options {
                certificate,
                ..Options::default()
            },
        );
        read_items(&server, "password-user", PASSWORD)
    };
    assert_reads_items(&with(ServerCertificate::Good));
    assert_reads_items(&with(ServerCertificate::For(vec!["localhost".into()])));
    for (bad, said) in [
        (ServerCertificate::Expired, "certificate has expired"),
        (
            ServerCertificate::WrongName,
            "Validation of SSL server certificate failed",
        ),
        (
            ServerCertificate::For(vec!["127.0.0.1".into()]),
            "Validation of SSL server certificate failed",
        ),
        (
            ServerCertificate::UnknownAuthority,
            "unable to get local issuer certificate",
        ),
    ] {
        let output = with(bad.clone());
        assert!(
            stderr(&output).contains(said),
            "{bad:?}: {}",
            stderr(&output)
        );
    }
}

/// Whether OpenSSL can connect to the server with this TLS version only.
fn agrees_on(server: &Server, version: &str) -> bool {
    let output = Command::new("openssl")
        .args(["s_client", "-starttls", "mysql", "-connect"])
        .arg(server.address().to_string())
        .args([version, "-cipher", "ALL:@SECLEVEL=0"])
        .env("OPENSSL_CONF", "/dev/null")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("CONNECTED"), "{said}");
    !said.contains("Cipher is (NONE)")
}

#[apply(on_each_server)]
fn versions_of_tls_can_be_chosen(product: Product) {
    let all = ["-tls1_1", "-tls1_2", "-tls1_3"];
    // MySQL no longer supports 1.1.
    let old = (product == Product::MariaDb).then_some(("TLSv1.1", [true, false, false]));
    let new = [
        ("TLSv1.2", [false, true, false]),
        ("TLSv1.3", [false, false, true]),
    ];
    for (versions, expected) in old.into_iter().chain(new) {
        let server = Server::start(
            product,
            &Options {
                tls: Tls::Versions(versions.into()),
                ..Options::default()
            },
        );
        assert_eq!(
            all.map(|version| agrees_on(&server, version)),
            expected,
            "{versions}"
        );
    }
    let agreed = all.map(|version| agrees_on(Server::shared(product), version));
    assert_eq!(agreed, [false, true, true]);
}
