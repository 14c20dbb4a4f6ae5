//! A login with a secret of Secrets Manager in place of a token: the library with moto and a real server.

use rds_bridge::Stage;
use rds_bridge::error::Category;
use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{PASSWORD, Product};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use crate::helpers::secrets_manager::{WithSecrets, whole};

#[apply(on_each_server)]
fn it_has_the_user_the_host_and_the_database(product: Product) {
    let aws = WithSecrets::new(product);
    let expected = json!({ "user": "password-user@%", "database": "iamtest" });
    let arn = aws.create("eu-west-3", "prod/whole", &whole("password-user"));
    let secret = ("secret", arn.as_str());
    assert_eq!(aws.log_in(&[secret], &[]).success(), expected);
    // The request goes to the region in the ARN.
    let elsewhere = [("AWS_REGION", "us-east-1")];
    assert_eq!(aws.log_in(&[secret], &elsewhere).success(), expected);
    let settings = [secret, ("region", "us-east-1")];
    assert_eq!(aws.log_in(&settings, &[]).success(), expected);
    // One endpoint for all services of AWS.
    let general = [
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ""),
        ("AWS_ENDPOINT_URL", aws.moto.url()),
    ];
    assert_eq!(aws.log_in(&[secret], &general).success(), expected);
}

/// The secret contains only the user and the password.
#[apply(on_each_server)]
fn one_that_rds_manages_goes_with_a_host(product: Product) {
    let aws = WithSecrets::new(product);
    let text = json!({ "username": "password-user", "password": PASSWORD }).to_string();
    let name = &aws.create(REGION, "rds!db-0a1b2c3d-managed", &text);
    let secret = ("secret", name.as_str());
    let settings = [secret, ("endpoint", ENDPOINT), ("database", "iamtest")];
    let expected = json!({ "user": "password-user@%", "database": "iamtest" });
    assert_eq!(aws.log_in(&settings, &[]).success(), expected);

    let error = aws.log_in(&[secret], &[]).failure();
    error.assert_is(Stage::Settings, Category::Settings);
    error.assert_says(&[&format!("the secret {name} contains no host")]);
}

/// Uses two users with the same password. One of them exists on MariaDB only.
#[test]
fn what_is_given_comes_first() {
    let product = Product::MariaDb;
    let aws = WithSecrets::new(product);
    // The host in the secret does not exist, and neither does the user.
    let text = whole("another-user").replace(ENDPOINT, "db.example.com");
    let name = &aws.create(REGION, "prod/given", &text);
    let given = [("secret", name.as_str()), ("endpoint", ENDPOINT)];
    let settings = [
        given[0],
        given[1],
        ("user", "ed25519-user"),
        ("database", "information_schema"),
    ];
    let expected = json!({ "user": "ed25519-user@%", "database": "information_schema" });
    assert_eq!(aws.log_in(&settings, &[]).success(), expected);

    // If the user is wrong, the first cause says so.
    let settings = [given[0], given[1], ("user", "password-user")];
    aws.log_in(&settings, &[]).success();
    let wrong = text.replace(PASSWORD, "another");
    let input = json!({ "SecretId": name, "SecretString": wrong });
    aws.moto.secrets_manager(REGION, "PutSecretValue", &input);
    let error = aws.log_in(&settings, &[]).failure();
    error.assert_is(Stage::Login, Category::Login);
    assert_eq!(error.server_error(), (Some(1045), Some("28000")));
    error.assert_says(&[
        "1. the user \"password-user\" was given, but the secret is for \"another-user\"",
        "2. mydb.abc123.eu-central-1.rds.amazonaws.com was given, but the secret is for db.example.com",
        "3. the password of \"password-user\" is not the one in the secret arn:aws:",
        ", which was fetched again",
    ]);
}

#[apply(on_each_server)]
fn one_that_is_for_an_iam_user_is_not_sent(product: Product) {
    let aws = WithSecrets::new(product);
    let arn = aws.create(REGION, "prod/iam", &whole("lambda-user"));
    let error = aws.log_in(&[("secret", &arn)], &[]).failure();
    error.assert_is(Stage::Login, Category::Login);
    error.assert_says(&["1. the database user has IAM authentication or does not exist"]);
}
