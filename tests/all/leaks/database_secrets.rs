//! Neither the password nor the JSON of a secret of Secrets Manager leaks: not in the command's log at its most verbose
//! level, which includes the AWS SDK's, not in an error, and not in `{:?}`.

use std::process::Output;

use rds_bridge::Bridge;
use rds_bridge::aws::Credentials;
use rds_bridge::pool::Pool;
use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::fake_aws::{FakeEndpoint, Moto, secrets_manager};
use crate::helpers::live::block_on;
use crate::helpers::run_alone;
use crate::helpers::secret_forms::{forms, search, shown};
use crate::helpers::secrets_manager::{WithSecrets, arn, run_at, whole};

/// It contains characters that JSON escapes, so its form in JSON differs.
const ANOTHER: &str = "Tr0ub4dor\"&3\\staple";

/// As [`search`], and also searches for the other password and for the JSON of the secret.
fn search_all(what: &str, text: &str) {
    search(what, text);
    let escaped = ANOTHER.escape_default().to_string();
    for secret in [ANOTHER, &escaped] {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{what} holds {form}:\n{text}");
        }
    }
    // The example in the hint has no quotation mark after the colon.
    for key in ["password\":\"", "password\\\":\\\""] {
        assert!(!text.contains(key), "{what} holds the JSON:\n{text}");
    }
}

fn search_output(what: &str, output: &Output) {
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.contains("TRACE") && log.contains("aws_smithy_runtime"),
        "{what}: {log}"
    );
    search_all(what, &log);
    search_all(what, &String::from_utf8_lossy(&output.stdout));
}

#[apply(on_each_server)]
fn the_command_at_its_most_verbose(product: Product) {
    let aws = WithSecrets::new(product);
    let refused = json!({ "username": "password-user", "password": ANOTHER, "host": ENDPOINT });
    let cut = whole("password-user").replace('}', "");
    for (name, text, code) in [
        ("leak/good", whole("password-user"), 0),
        ("leak/refused", refused.to_string(), 8),
        ("leak/text", ANOTHER.to_owned(), 3),
        ("leak/cut", cut, 3),
        ("leak/list", format!("[{}]", whole("password-user")), 3),
    ] {
        let name = aws.create(REGION, name, &text);
        let name = name.as_str();
        let variables = [("AWS_REGION", REGION), ("RDS_BRIDGE_LOG", "trace")];
        for arguments in [
            &["query", "SELECT 1", "--secret", name][..],
            &["doctor", "--offline", "--secret", name],
            &["doctor", "--json", "--offline", "--secret", name],
        ] {
            let output = aws.run(arguments, &variables);
            assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
            search_output(name, &output);
        }
    }
}

/// An answer that the SDK cannot parse, and might therefore print.
#[apply(on_each_server)]
fn the_command_where_the_answer_is_broken(product: Product) {
    let answer = json!({ "Name": "db", "VersionId": "1", "SecretString": whole("password-user") });
    let answer = answer.to_string();
    for (status, body) in [
        (200, answer.replace("\"VersionId\"", "VersionId")),
        (200, answer.trim_end_matches('}').to_owned()),
        (400, answer.clone()),
        (500, answer),
    ] {
        let fake = FakeEndpoint::start(move |_| (status, body.clone()));
        let variables = [
            ("AWS_REGION", REGION),
            ("AWS_MAX_ATTEMPTS", "1"),
            ("RDS_BRIDGE_LOG", "trace"),
        ];
        let output = run_at(
            product,
            &fake.url(),
            &["query", "SELECT 1", "--secret", &arn("db")],
            &variables,
        );
        assert_eq!(output.status.code(), Some(3));
        search_output("a broken answer", &output);
    }
}

fn builder(product: Product, name: &str) -> rds_bridge::BridgeBuilder {
    let server = Server::shared(product);
    Bridge::builder()
        .secret(name)
        .credentials(Credentials::new("AKIAEXAMPLE", "made up"))
        .connect_to(server.address().to_string())
        .ca_file(server.ca_file())
}

/// In a process of its own, as in the tests of rotation.
#[apply(on_each_server)]
fn what_the_library_shows(product: Product) {
    let Some(url) = run_alone::secrets_manager() else {
        let test = "leaks::database_secrets::what_the_library_shows";
        run_alone::run_with_secrets_manager(test, product, Moto::shared().url());
        return;
    };
    let create = |name: &str, text: &str| {
        // The tests of both products share moto.
        let name = format!("{name}/{}", product.name());
        let input = json!({ "Name": name, "SecretString": text });
        let made = secrets_manager(&url, REGION, "CreateSecret", &input);
        made["ARN"].as_str().unwrap().to_owned()
    };
    let good = create("shown/good", &whole("password-user"));
    let of_another = create(
        "shown/refused",
        &whole("password-user").replace(PASSWORD, "Tr0ub4dor"),
    );
    let text = create("shown/text", PASSWORD);
    let cut = create("shown/cut", whole("password-user").trim_end_matches('}'));
    let postgres = create(
        "shown/postgres",
        &whole("password-user").replace("mysql", PASSWORD),
    );
    block_on(async {
        let builder_of_good = builder(product, &good);
        let bridge = builder_of_good.clone().build().await.unwrap();
        let connection = bridge.connect().await.unwrap();
        let pool = Pool::builder(bridge.clone()).build().unwrap();
        let pooled = pool.get().await.unwrap();
        let all: [&dyn std::fmt::Debug; 5] =
            [&builder_of_good, &bridge, &connection, &pool, &pooled];
        let all = all.map(|one| format!("{one:?}\n{one:#?}\n")).concat();
        // The output shows that there is a secret, but redacts it.
        assert!(
            all.contains("CachedSecret") && all.contains("REDACTED"),
            "{all}"
        );
        search_all("Debug", &all);

        let refused = builder(product, &of_another).build().await.unwrap();
        let error = refused.connect().await.unwrap_err();
        assert_eq!(error.code(), Some(1045));
        let shown_by_it = shown(&error);
        assert!(!shown_by_it.contains("Tr0ub4dor"), "{shown_by_it}");
        assert!(!format!("{refused:?}").contains("Tr0ub4dor"));
        for name in [text, cut] {
            let error = builder(product, &name).build().await.unwrap_err();
            search_all(&name, &shown(&error));
        }
        // An unknown engine is neither printed nor refused.
        builder(product, &postgres).build().await.unwrap();
        for value in [
            PASSWORD.to_owned(),
            whole("password-user"),
            format!("arn:aws:secretsmanager:{REGION}:123456789012:secret:{PASSWORD}"),
        ] {
            let error = builder(product, &value).build().await.unwrap_err();
            search_all("a value for a name", &shown(&error));
        }
    });
}
