//! The likely causes in an error. Every common mistake in a login with an IAM token is among the causes of the error
//! that it leads to.

use rds_bridge::aws::Credentials;
use rds_bridge::{Bridge, Error, Stage};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{connect_error, credentials, to};

/// Asserts that the causes contain each of the words, in this order.
fn assert_named(error: &Error, words: &[&str]) {
    let causes: Vec<String> = error
        .causes()
        .iter()
        .map(|cause| format!("{} → {}", cause.why, cause.remedy))
        .collect();
    let mut rest = causes.iter();
    for word in words {
        assert!(
            rest.any(|cause| cause.contains(word)),
            "{word}: {causes:#?}"
        );
    }
}

/// The server's answer is the same for all of these, so the error lists every cause that it cannot rule out.
#[apply(on_each_server)]
fn of_access_denied(product: Product) {
    let server = Server::shared(product);
    let always = [
        "resource ID",
        "user names are case-sensitive",
        "IAM authentication is not enabled",
        "expired",
        "clock",
        "connections were opened in a second",
    ];
    let user = to(server).user("Lambda-User").credentials(credentials());
    let error = connect_error(user);
    // For an unknown user MySQL refuses the login or asks for an arbitrary plugin, so that clients cannot probe for
    // names.
    assert_named(&error, &["case-sensitive"]);
    assert_eq!(error.stage(), Stage::Login, "{error}");

    let another = to(server)
        .user("lambda-user")
        .credentials(Credentials::new("AKIDEXAMPLE", "another"));
    let error = connect_error(another);
    assert_eq!(error.code(), Some(1045), "{error}");
    assert_named(&error, &always);
    assert_named(&error, &["\"lambda-user\""]);
    assert_named(&error, &["signed for port 3306"]);
    // A cause that the endpoint's name rules out is not listed.
    assert!(
        !error
            .causes()
            .iter()
            .any(|cause| cause.why.contains("alias")),
        "{error:?}"
    );

    let alias = to(server)
        .endpoint("db.example.com")
        .tls_server_name(ENDPOINT)
        .region("us-east-1")
        .user("lambda-user")
        .credentials(credentials());
    let error = connect_error(alias);
    assert_eq!(error.code(), Some(1045), "{error}");
    let more = ["db.example.com is an alias", "signed for us-east-1"];
    assert_named(&error, &[&more[..], &always].concat());

    let password = to(server).user("password-user").password("another");
    assert_named(&connect_error(password), &["password of \"password-user\""]);
}

#[apply(on_each_server)]
fn of_an_unknown_authority(product: Product) {
    let to_endpoint = |endpoint: &str| {
        Bridge::builder()
            .endpoint(endpoint)
            .connect_to(Server::shared(product).address().to_string())
            .user("password-user")
            .password(PASSWORD)
    };
    assert_named(
        &connect_error(to_endpoint(ENDPOINT)),
        &[
            "rds-bridge contains the roots of RDS in eu-central-1",
            "is intercepted",
        ],
    );
    assert_named(
        &connect_error(to_endpoint("mydb.abc123.il-central-1.rds.amazonaws.com")),
        &[
            "the roots of RDS in il-central-1 are not bundled",
            "private authority",
            "is intercepted",
        ],
    );
    assert_named(
        &connect_error(to_endpoint("db.example.com")),
        &["GovCloud", "private authority", "is intercepted"],
    );
    let of_rds_alone = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../host/bridge/src/tls/roots.pem"
    );
    assert_named(
        &connect_error(to_endpoint(ENDPOINT).ca_file(of_rds_alone)),
        &[
            "RDS Proxy and Aurora Serverless",
            "private authority",
            "is intercepted",
        ],
    );
}

#[apply(on_each_server)]
fn of_a_name_that_is_not_the_certificates(product: Product) {
    let builder = to(Server::shared(product))
        .tls_server_name("db.example.com")
        .user("password-user")
        .password(PASSWORD);
    assert_named(
        &connect_error(builder),
        &["db.example.com is an alias or a tunnel"],
    );
}
