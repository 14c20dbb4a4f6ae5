//! Credentials that change during the life of the process, and credentials that expire.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::fake_aws::FakeEndpoint;
use crate::helpers::function::{connection_id, failure, items, rows, start};

/// A fake of the endpoint that returns the credentials of a container or a Lambda function.
struct Container {
    endpoint: FakeEndpoint,
    given: Arc<Mutex<Given>>,
}

#[derive(Default)]
struct Given {
    /// `None`: the endpoint fails.
    credentials: Option<Json>,
    times: usize,
}

impl Container {
    fn start() -> Self {
        let given = Arc::new(Mutex::new(Given::default()));
        let shared = Arc::clone(&given);
        let endpoint = FakeEndpoint::start(move |request| {
            let mut given = shared.lock().unwrap();
            given.times += 1;
            match &given.credentials {
                Some(credentials) if request.line == "GET /role" => (200, credentials.to_string()),
                _ => (503, String::new()),
            }
        });
        Self { endpoint, given }
    }

    /// From now on the endpoint returns these credentials, which expire in `seconds`.
    fn give(&self, expectation: &Expectation, seconds: u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let end = now.as_secs() + seconds;
        let end = time::OffsetDateTime::from_unix_timestamp(end.try_into().unwrap()).unwrap();
        let format = time::format_description::well_known::Rfc3339;
        self.given.lock().unwrap().credentials = Some(json!({
            "AccessKeyId": expectation.access_key_id,
            "SecretAccessKey": expectation.secret_access_key,
            "Token": expectation.session_token,
            "Expiration": end.format(&format).unwrap(),
        }));
    }

    fn fail(&self) {
        self.given.lock().unwrap().credentials = None;
    }

    fn times(&self) -> usize {
        self.given.lock().unwrap().times
    }

    fn function(&self, server: &Server) -> LambdaFunction {
        let url = self.endpoint.url() + "/role";
        let changes = [
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_SECRET_ACCESS_KEY", ""),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()),
        ];
        start(server, &changes)
    }
}

fn of_number(number: u32) -> Expectation {
    Expectation {
        access_key_id: format!("ASIAEXAMPLE{number}"),
        secret_access_key: format!("secret-of-number-{number}"),
        session_token: Some(format!("session/token+of=={number}")),
        ..Expectation::default()
    }
}

#[apply(on_each_server)]
fn rotated_between_invocations(product: Product) {
    let server = Server::start(product, &Options::default());
    let container = Container::start();
    // As on an instance, new credentials are available some minutes before the old ones expire.
    container.give(&of_number(1), 240);
    server.expect(&of_number(1));
    let function = container.function(&server);
    let mut last = connection_id(&function);
    for number in 2..5 {
        container.give(&of_number(number), 240);
        server.expect(&of_number(number));
        // The open connection is kept.
        assert_eq!(connection_id(&function), last);
        server.execute_as_admin(&format!("KILL {last}"));
        let now = connection_id(&function);
        assert_ne!(now, last);
        last = now;
    }
}

/// The credentials expire in hours, but the server no longer accepts them. The function asks the endpoint once for new
/// ones.
#[apply(on_each_server)]
fn revoked_before_their_time(product: Product) {
    let server = Server::start(product, &Options::default());
    let container = Container::start();
    container.give(&of_number(1), 6 * 3600);
    server.expect(&of_number(1));
    let function = container.function(&server);
    let first = connection_id(&function);
    let asked = container.times();
    container.give(&of_number(2), 6 * 3600);
    server.expect(&of_number(2));
    server.execute_as_admin(&format!("KILL {first}"));
    assert_ne!(connection_id(&function), first);
    assert_eq!(container.times(), asked + 1);

    // The server accepts none of the available credentials. The function reports that, and the process continues.
    server.expect(&of_number(3));
    server.kill_connections_of("lambda-user");
    let (kind, failure) = failure(&function, &json!({}));
    assert_eq!(
        (kind.as_str(), &failure["code"]),
        ("Login", &json!(1045)),
        "{failure}"
    );
    assert_eq!(failure["sqlState"], "28000");
    server.expect(&of_number(2));
    assert_eq!(rows(&function, &json!({})), items());
}

/// A token is valid no longer than the credentials that signed it. The open connection is not affected.
#[apply(on_each_server)]
fn ended(product: Product) {
    let server = Server::start(product, &Options::default());
    let container = Container::start();
    container.give(&of_number(1), 3);
    server.expect(&of_number(1));
    let function = container.function(&server);
    let first = connection_id(&function);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(connection_id(&function), first);

    container.fail();
    server.execute_as_admin(&format!("KILL {first}"));
    for _ in 0..2 {
        let (kind, failure) = failure(&function, &json!({}));
        assert_eq!(kind, "Credentials", "{failure}");
        assert_eq!(failure["stage"], "credentials", "{failure}");
    }
    container.give(&of_number(2), 600);
    server.expect(&of_number(2));
    assert_eq!(rows(&function, &json!({})), items());
}
