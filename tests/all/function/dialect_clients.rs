//! Unmodified clients of the gateway's dialects, through a fake of the Function URL.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;

use rds_bridge_test_support::expectation::REGION;
use rds_bridge_test_support::fake_function_url::FakeFunctionUrl;
use rds_bridge_test_support::python::interpreter;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::{node, on_each_server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::function::{AD_HOC, API_KEY, API_KEYS, GRANT, WRITES, start};
use crate::helpers::secrets_manager::WithSecrets;

/// The script's assertions are the test.
#[track_caller]
fn check(command: &mut Command) {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{printed}", stderr(&output));
}

/// The worker is imported from a folder with Node's packages, as it is in a project.
#[apply(on_each_server)]
fn an_edge_function_with_the_client_of_planetscale(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let function = start(&server, &[AD_HOC, WRITES, API_KEYS, ("INVOKE_MODE", mode)]);
        let url = FakeFunctionUrl::start(Arc::new(function));
        let mut command = node::command(&test_file("node/test_edge_planetscale.mjs"));
        let folder = tempfile::tempdir().unwrap();
        let packages = command.get_current_dir().unwrap().join("node_modules");
        symlink(packages, folder.path().join("node_modules")).unwrap();
        let worker = folder.path().join("worker.mjs");
        std::fs::copy(test_file("../host/deploy/edge_planetscale.mjs"), &worker).unwrap();
        let address = url.address();
        check(
            command
                .env("EDGE_FUNCTION", worker)
                .env("DATABASE_URL", format!("http://app:{API_KEY}@{address}"))
                .env("FORBIDDEN_URL", format!("http://app:another-key@{address}")),
        );
    }
}

/// With a key pair from a secret.
#[apply(on_each_server)]
fn boto3(product: Product) {
    let (id, secret) = ("signer", "wJalrXUtnFEMI/K7MDENG");
    let secrets = WithSecrets::new(product);
    let text = format!("# callers\n{id}:sigv4:{secret}\nplain:{API_KEY}\n");
    let arn = secrets.create(REGION, "function/callers", &text);
    let server = Server::start(product, &Options::default());
    server.execute_as_admin(GRANT);
    for mode in ["BUFFERED", "RESPONSE_STREAM"] {
        let function = start(
            &server,
            &[
                AD_HOC,
                WRITES,
                API_KEYS,
                ("API_KEYS_SECRET_ARN", &arn),
                ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.moto.url()),
                ("INVOKE_MODE", mode),
            ],
        );
        let function = Arc::new(function);
        let url = FakeFunctionUrl::start(Arc::clone(&function));
        let mut command = Command::new(interpreter());
        check(
            command
                .arg(test_file("python/gateway/data_api_on_lambda.py"))
                .env(
                    "AWS_ENDPOINT_URL_RDS_DATA",
                    format!("http://{}", url.address()),
                )
                .env("AWS_DEFAULT_REGION", "eu-central-1")
                .env("AWS_ACCESS_KEY_ID", id)
                .env("AWS_SECRET_ACCESS_KEY", secret)
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .env_remove("AWS_SESSION_TOKEN")
                .env_remove("AWS_PROFILE"),
        );
        let log = function.stdout() + &function.stderr();
        assert!(log.contains("\"caller\":\"signer\""), "{log}");
        assert!(!log.contains(secret) && !log.contains(API_KEY), "{log}");
    }
}
