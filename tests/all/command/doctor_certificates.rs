//! `rds-bridge doctor` prints the certificates that it refuses.

use rds_bridge_test_support::certificates::ServerCertificate;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::Value as Json;

use crate::helpers::command::{stdout, with};

fn doctor(server: &Server, arguments: &[&str]) -> (Option<i32>, String) {
    let output = with(server, &[], &[&["doctor", "--offline"], arguments].concat());
    (output.status.code(), stdout(&output).to_owned())
}

fn check<'a>(report: &'a Json, name: &str) -> &'a Json {
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks.find(|check| check["check"] == name).unwrap()
}

#[apply(on_each_server)]
fn the_doctor_shows_what_was_presented(product: Product) {
    for (certificate, in_text, name, value) in [
        (
            ServerCertificate::Expired,
            "to 2021-01-01T00:00:00Z",
            "not_after",
            "2021-01-01T00:00:00Z",
        ),
        (
            ServerCertificate::WrongName,
            "for elsewhere.example.com (",
            "subject",
            "CN=rds-bridge tests: server",
        ),
        (
            ServerCertificate::UnknownAuthority,
            "issued by CN=rds-bridge tests: authority",
            "issuer",
            "CN=rds-bridge tests: authority",
        ),
    ] {
        let server = Server::start(
            product,
            &Options {
                certificate,
                ..Options::default()
            },
        );
        let (code, text) = doctor(&server, &[]);
        assert_eq!(code, Some(7), "{text}");
        let mut lines = text.lines();
        let line = lines.find(|line| line.trim().starts_with("presented: a certificate "));
        assert!(line.unwrap().contains(in_text), "{text}");

        let (code, json) = doctor(&server, &["--json"]);
        assert_eq!(code, Some(7));
        let report: Json = serde_json::from_str(&json).unwrap();
        let failed = check(&report, "TLS");
        assert_eq!(failed["outcome"], "failed");
        assert_eq!(failed["presented"][0][name], value, "{failed}");
        assert_eq!(failed["presented"][0]["not_before"], "2020-01-01T00:00:00Z");
        // Although the certificate is printed, the connection is refused before the login.
        assert_eq!(check(&report, "login")["outcome"], "not reached");
        assert!(!server.error_log().contains("[AWSAuthenticationPlugin]"));
    }
}

#[apply(on_each_server)]
fn a_good_one_is_not_among_them(product: Product) {
    let (code, json) = doctor(Server::shared(product), &["--json"]);
    assert_eq!(code, Some(0), "{json}");
    let report: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(check(&report, "TLS").get("presented"), None);
}
