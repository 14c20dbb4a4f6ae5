//! Clients that authenticate with a certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rds_bridge_test_support::certificates::{Authority, Issued};
use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::{on_each_server, python};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::{stderr, stdout, with};
use crate::helpers::proxy::{Proxy, RELOADED, UNCHANGED};
use crate::helpers::proxy_files::ProxyFiles;

/// Writes a client's certificate and key.
fn write(files: &ProxyFiles, name: &str, issued: &Issued) -> Client {
    let [certificate, key] = ["", "-key"].map(|part| files.path(&format!("{name}{part}.pem")));
    fs::write(&certificate, &issued.certificate).unwrap();
    fs::write(&key, &issued.key).unwrap();
    Client {
        ca: files.path("ca.pem"),
        certificate: Some((certificate, key)),
    }
}

/// A client whose certificate the proxy accepts.
fn client(files: &ProxyFiles, common_name: &str, names: &[&str]) -> Client {
    let issued = files.authority.issue_for_client(common_name, names, false);
    write(files, common_name, &issued)
}

/// A client of the proxy, with a certificate and its key or without.
struct Client {
    ca: PathBuf,
    certificate: Option<(PathBuf, PathBuf)>,
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

impl Client {
    /// Runs Oracle's `mysql`.
    fn mysql(&self, proxy: &Proxy, user: &str) -> Output {
        let mut command = Product::MySql.client();
        command
            .args(["--protocol=tcp", "--host=127.0.0.1", "--batch"])
            .arg("--skip-column-names")
            .arg(format!("--port={}", proxy.address().port()))
            .arg(format!("--user={user}"))
            .arg(option("--ssl-ca", &self.ca))
            .arg("--ssl-mode=VERIFY_CA");
        if let Some((certificate, key)) = &self.certificate {
            command.arg(option("--ssl-cert", certificate));
            command.arg(option("--ssl-key", key));
        }
        let sql = "SELECT CURRENT_USER()";
        command.args(["--execute", sql]).output().unwrap()
    }

    /// Runs PyMySQL.
    fn pymysql(&self, proxy: &Proxy, user: &str) -> Output {
        let program = "import pymysql, sys\n\
                       port, user, ca, certificate, key = sys.argv[1:]\n\
                       client = pymysql.connect(host='127.0.0.1', port=int(port), user=user, ssl_ca=ca,\n\
                           ssl_cert=certificate or None, ssl_key=key or None, ssl_verify_cert=True)\n\
                       cursor = client.cursor()\n\
                       cursor.execute('SELECT CURRENT_USER()')\n\
                       print(cursor.fetchone()[0])";
        let (certificate, key) = self.certificate.clone().unwrap_or_default();
        Command::new(python::interpreter())
            .args(["-c", program, &proxy.address().port().to_string(), user])
            .args([&self.ca, &certificate, &key])
            .output()
            .unwrap()
    }
}

/// How each client runs.
type Run = fn(&Client, &Proxy, &str) -> Output;
const CLIENTS: [Run; 2] = [Client::mysql, Client::pymysql];

#[apply(on_each_server)]
fn a_certificate_lets_in_and_nothing_else(product: Product) {
    let files = ProxyFiles::new();
    let proxy = files.start_for_certificates(Server::shared(product), &[]);
    let good = client(&files, "app", &["app@example.com"]);
    let stranger = Authority::new().issue_for_client("app", &[], false);
    let stranger = write(&files, "stranger", &stranger);
    let expired = files.authority.issue_for_client("app", &[], true);
    let expired = write(&files, "expired", &expired);
    let without = Client {
        ca: files.path("ca.pem"),
        certificate: None,
    };
    for run in CLIENTS {
        let output = run(&good, &proxy, "anyone");
        assert_eq!(
            stdout(&output).trim(),
            "lambda-user@%",
            "{}",
            stderr(&output)
        );
        for refused in [&stranger, &expired, &without] {
            let output = run(refused, &proxy, "lambda-user");
            assert!(!output.status.success());
            // PyMySQL names the alert of TLS; mysql does not in TLS 1.3, whose alert arrives after its handshake.
            let shown = stderr(&output);
            let is_told = shown.contains("alert") || shown.contains("ERROR 2013");
            assert!(is_told, "{shown}");
        }
    }
    // Without TLS there is no certificate.
    let plain = Product::MySql.client();
    let output = { plain }
        .args([
            "--host=127.0.0.1",
            "--ssl-mode=DISABLED",
            "--execute=SELECT 1",
        ])
        .arg(format!("--port={}", proxy.address().port()))
        .output()
        .unwrap();
    assert!(
        stderr(&output).contains("ERROR 3159"),
        "{}",
        stderr(&output)
    );
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0));
    for reason in [
        "BadSignature",
        "certificate expired",
        "peer sent no certificates",
    ] {
        assert!(log.contains(reason), "{reason}: {log}");
    }
}

#[test]
fn the_user_is_a_name_of_the_certificate() {
    let files = ProxyFiles::new();
    let proxy = files.start_for_certificates(Server::shared(Product::MySql), &["--client-user"]);
    let own = client(&files, "lambda-user", &[]);
    let output = own.mysql(&proxy, "lambda-user");
    assert_eq!(
        stdout(&output).trim(),
        "lambda-user@%",
        "{}",
        stderr(&output)
    );
    let output = own.mysql(&proxy, "admin");
    assert!(
        stderr(&output).contains("ERROR 1045"),
        "{}",
        stderr(&output)
    );
    // The common name of a certificate that has other names does not count.
    let other = client(&files, "lambda-user", &["other.example.com"]);
    let output = other.pymysql(&proxy, "lambda-user");
    assert!(stderr(&output).contains("1045"), "{}", stderr(&output));
}

#[apply(on_each_server)]
fn a_caller_is_recognised_by_its_certificate(product: Product) {
    let files = ProxyFiles::new();
    let client_ca = format!(", client_ca_file = {:?}", files.text("ca.pem"));
    let listener = format!(
        "listen = \"0.0.0.0:0\"\nclient_user = true\nauthentication = \"certificates\"\n{}",
        files.tls(&client_ca)
    );
    files.configure(
        "[callers.lambda-user]\ncertificate = \"batch@example.com\"",
        &listener,
    );
    let proxy = files.start(Server::shared(product));
    let batch = client(&files, "batch", &["batch.example.com", "batch@example.com"]);
    let other = client(&files, "other", &["other@example.com"]);
    for run in CLIENTS {
        let output = run(&batch, &proxy, "lambda-user");
        assert_eq!(
            stdout(&output).trim(),
            "lambda-user@%",
            "{}",
            stderr(&output)
        );
        for output in [
            run(&batch, &proxy, "batch@example.com"),
            run(&batch, &proxy, "admin"),
            run(&other, &proxy, "lambda-user"),
        ] {
            assert!(stderr(&output).contains("1045"), "{}", stderr(&output));
        }
    }
}

#[test]
fn files_that_were_replaced_are_read_on_a_hang_up() {
    let files = ProxyFiles::new();
    let proxy = files.start_for_certificates(Server::shared(Product::MySql), &[]);
    let old = client(&files, "old", &[]);
    assert!(old.mysql(&proxy, "x").status.success());
    // Another authority, for the proxy and for its clients.
    let authority = Authority::new();
    files.replace(&authority);
    let new = write(
        &files,
        "new",
        &authority.issue_for_client("new", &[], false),
    );
    proxy.hang_up(RELOADED);
    assert!(new.mysql(&proxy, "x").status.success());
    assert!(!old.mysql(&proxy, "x").status.success());

    // Invalid files change nothing.
    let trusted = files.path("authority.pem");
    fs::write(&trusted, authority.pem()).unwrap();
    let new = Client { ca: trusted, ..new };
    for name in ["key.pem", "ca.pem"] {
        let valid = fs::read(files.path(name)).unwrap();
        fs::write(files.path(name), "not PEM").unwrap();
        proxy.hang_up(UNCHANGED);
        assert!(new.mysql(&proxy, "x").status.success());
        fs::write(files.path(name), valid).unwrap();
    }
    let (status, log) = proxy.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_certificate_authority_needs_a_certificate_of_the_proxy() {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["proxy", "--client-ca-file", "ca.pem"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--tls-certificate"),
        "{}",
        stderr(&output)
    );
}
