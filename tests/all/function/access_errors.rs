//! An `access.toml` that is wrong or missing.

use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::function::{AD_HOC, API_KEYS, start};
use crate::helpers::function_access::{
    ACCESS, GRANT_OF_APP, package, planetscale, start_with_access,
};

#[test]
fn a_file_that_is_wrong_ends_the_start() {
    let hash = API_KEYS.1.rsplit(':').next().unwrap();
    let grant = GRANT_OF_APP;
    for (access, expected) in [
        (
            format!("{grant}statement = [\"by_id\"]\n"),
            "access.toml: line 3, column 1: unknown field `statement`",
        ),
        (
            format!("{grant}statements = [\"by_di\"]\n"),
            "access.toml: line 3, column 15: callers.app.grants[0].statements[0]: the function has no statement \
             \\\"by_di\\\": add it to queries.json",
        ),
        (
            format!("{grant}statements = \"any\"\n"),
            "callers.app.grants[0].statements: set ALLOW_AD_HOC_SQL=true",
        ),
        (
            "[callers.app]\nsigv4_secret_file = \"/hunter2\"\n".to_owned(),
            "line 2, column 1: callers.app.sigv4_secret_file: a package contains no secrets",
        ),
        (
            "[callers.app]\napi_key_sha256 = \"hunter2\"\n".to_owned(),
            "line 2, column 18: a hash must have 64 hexadecimal digits",
        ),
        (
            format!("[callers.app]\napi_key_sha256 = \"{hash}\"\n"),
            "access.toml: callers.app.api_key_sha256: API_KEYS has a key of app too",
        ),
        (
            "[gateway]\n".to_owned(),
            "line 1, column 2: gateway: AWS receives the requests",
        ),
    ] {
        let function = start_with_access(Server::shared(Product::MySql), &access, &[API_KEYS]);
        let error = function.wait_for_start().init_error();
        assert_eq!(error.json()["type"], "Settings");
        assert!(error.message.contains(expected), "{error:?}");
        let log = function.stdout() + &error.message;
        assert!(!log.contains("hunter2") && !log.contains(hash), "{log}");
    }
}

/// A function that is to have the file must not fall back to one rule for all callers.
#[test]
fn a_file_that_is_named_must_exist() {
    let server = Server::shared(Product::MySql);
    let package = package(ACCESS);
    let root = ("LAMBDA_TASK_ROOT", package.path().to_str().unwrap());
    let missing = start(
        server,
        &[API_KEYS, AD_HOC, root, ("ACCESS_FILE", "other.toml")],
    );
    let error = missing.wait_for_start().init_error();
    assert!(error.message.contains("ACCESS_FILE: "), "{error:?}");
    let named = start(
        server,
        &[API_KEYS, AD_HOC, root, ("ACCESS_FILE", "access.toml")],
    );
    let denied = planetscale(&named, "app", "SELECT 1");
    assert_eq!(denied["error"]["code"], "PERMISSION_DENIED");
}
