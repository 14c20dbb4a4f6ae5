//! Profiles without credentials, and profiles with an unusual source. The errors are written for people.

use std::time::{Duration, SystemTime};

use rds_bridge::Stage;
use rds_bridge::error::Category;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::helpers::aws_home::Home;
use crate::helpers::fake_aws::{FakeEndpoint, Request};
use crate::helpers::library::Failure;

const ROLE: &str = "role_arn = arn:aws:iam::123456789012:role/reader\n";
const BASE: &str = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = hunter2\nregion = eu-west-1\n";
const SESSION: &str = "arn:aws:iam::123456789012:user/Admin";
const SESSION_SHA256: &str = "10cabd19777b6651ac57333b55c7c10a1242b1c2337f40e674926d7324698347";

/// The error of signing a token. Asserts that it is one of credentials and contains no secret.
fn failure(home: &Home, variables: &[(&str, &str)]) -> Failure {
    let error = home.token(&[("profile", "x")], variables).failure();
    error.assert_is(Stage::Credentials, Category::Credentials);
    let text = error.text();
    // The output of Rust's `Debug`, and names of the SDK's features.
    for words in [
        " { ",
        "Some(",
        "ErrorMetadata",
        "Error {",
        "cargo feature",
        "unhandled error",
        "hunter2",
    ] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    error
}

fn refusing(code: &'static str, message: &'static str) -> FakeEndpoint {
    FakeEndpoint::start(move |_: &Request| {
        let error = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>1234</RequestId></ErrorResponse>"
        );
        (403, error)
    })
}

#[test]
fn a_role_with_mfa_is_named_with_what_to_do() {
    let sts = refusing(
        "AccessDenied",
        "User x is not authorized to perform sts:AssumeRole",
    );
    let url = sts.url();
    let sts = ("AWS_ENDPOINT_URL_STS", url.as_str());
    let serial = "mfa_serial = arn:aws:iam::123456789012:mfa/x\n";
    for config in [
        format!("[profile x]\n{ROLE}{serial}source_profile = base\n{BASE}"),
        // The setting is in the source profile.
        format!(
            "[profile x]\n{ROLE}source_profile = y\n[profile y]\n{ROLE}{serial}source_profile = base\n{BASE}"
        ),
    ] {
        failure(&Home::new(&config), &[sts]).assert_says(&[
            "MFA code (arn:aws:iam::123456789012:mfa/x)",
            "aws configure export-credentials",
            "AccessDenied: User x is not authorized",
        ]);
    }
}

#[test]
fn a_role_without_mfa_is_refused_in_aws_words_alone() {
    let config = format!("[profile x]\n{ROLE}source_profile = base\n{BASE}");
    let sts = refusing("AccessDenied", "User x is not authorized");
    let home = Home::new(&config);
    let error = failure(&home, &[("AWS_ENDPOINT_URL_STS", &sts.url())]);
    error.assert_says(&[
        "the profile \"x\"",
        "AccessDenied: User x is not authorized",
    ]);
    assert!(!error.text().contains("MFA"), "{}", error.text());
}

/// Every kind of profile that can fail, and what its error has to name.
#[test]
fn no_error_prints_a_structure() {
    let sts = refusing("ExpiredToken", "The security token is expired");
    let sts = sts.url();
    let portal = FakeEndpoint::start(|_| {
        (
            401,
            r#"{"message": "Session token not found or invalid"}"#.to_owned(),
        )
    });
    let portal = portal.url();
    let sso = "[profile x]\nsso_session = fake\nsso_account_id = 123456789012\nsso_role_name = reader\n\
        [sso-session fake]\nsso_region = eu-west-1\nsso_start_url = https://sso.example.com/start\n";
    let session = "AWS_ENDPOINT_URL_SSO";
    for (config, variable, words) in [
        (
            format!("[profile x]\n{ROLE}source_profile = nowhere\n"),
            None,
            "nowhere",
        ),
        (format!("[profile x]\n{ROLE}"), None, "source_profile"),
        (
            format!("[profile x]\n{ROLE}credential_source = Nothing\n"),
            None,
            "Nothing",
        ),
        (
            format!("[profile x]\n{ROLE}source_profile = base\n{BASE}"),
            Some(("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")),
            "Connection refused",
        ),
        (
            format!("[profile x]\n{ROLE}source_profile = base\n{BASE}"),
            Some(("AWS_ENDPOINT_URL_STS", sts.as_str())),
            "expired",
        ),
        (
            format!("[profile x]\n{ROLE}web_identity_token_file = /no/such/file\n"),
            None,
            "No such file",
        ),
        (sso.to_owned(), None, "aws sso login"),
        (
            sso.to_owned(),
            Some((session, portal.as_str())),
            "aws sso login",
        ),
        (
            "[profile x]\nsso_session = none\nsso_account_id = 1\nsso_role_name = r\n".to_owned(),
            None,
            "none",
        ),
        (
            "[profile x]\ncredential_process = /no/such/program\n".to_owned(),
            None,
            "/no/such/program",
        ),
        (
            "[profile x]\naws_access_key_id = AKIA\n".to_owned(),
            None,
            "secret",
        ),
        (
            format!("[profile x]\nlogin_session = {SESSION}\n"),
            None,
            "aws login",
        ),
    ] {
        let home = Home::new(&config);
        if variable.is_some_and(|(name, _)| name == session) {
            home.write(
                ".aws/sso/cache/c053ecf9ed41df0311b9df13cc6c3b6078d2d3c2.json",
                r#"{"accessToken": "hunter2", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1",
                    "startUrl": "https://sso.example.com/start"}"#,
            );
        }
        let variables: Vec<_> = variable.into_iter().collect();
        failure(&home, &variables).assert_says(&[words]);
    }
}

/// An empty variable counts as not set, for the library and for everything that it calls.
#[test]
fn an_empty_variable_of_the_sdk_is_not_set() {
    let empty = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SSO",
        "AWS_ENDPOINT_URL_SSO_OIDC",
        "AWS_ENDPOINT_URL_SIGNIN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_CA_BUNDLE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_RETRY_MODE",
        "AWS_MAX_ATTEMPTS",
    ]
    .map(|name| (name, ""));
    // Nothing listens at the proxy, so a request fails there, and not because its URL is empty.
    let proxy = [("HTTPS_PROXY", "http://127.0.0.1:1")];
    let variables = [&empty[..], &proxy].concat();
    for config in [
        format!("[profile x]\n{ROLE}source_profile = base\n{BASE}"),
        format!("[profile x]\n{ROLE}web_identity_token_file = config\nregion = eu-west-1\n"),
        "[profile x]\nregion = eu-west-1\n".to_owned(),
    ] {
        let config = config.replace("= config", "= /etc/hostname");
        failure(&Home::new(&config), &variables);
    }
}

/// The request that cannot be made contains the token.
#[test]
fn an_endpoint_that_is_no_url_shows_nothing_of_the_request() {
    let home = Home::new("");
    let token = home.write("token", "hunter2");
    home.write(
        "config",
        &format!("[profile x]\n{ROLE}web_identity_token_file = {token}\nregion = eu-west-1\n"),
    );
    let variables = [("AWS_ENDPOINT_URL_STS", "no url, but hunter2")];
    failure(&home, &variables).assert_says(&["AWS_ENDPOINT_URL", "is not a URL"]);
}

/// The session of `aws login`, as the AWS CLI stores it.
fn session(expires_at: &str) -> (String, String) {
    let text = format!(
        r#"{{"accessToken": {{"accessKeyId": "ASIALOGIN", "secretAccessKey": "hunter2", "sessionToken": "session",
            "accountId": "123456789012", "expiresAt": "{expires_at}"}}, "tokenType": "aws_sigv4",
            "refreshToken": "hunter2", "idToken": "identity", "clientId": "client", "dpopKey": "hunter2"}}"#
    );
    (format!(".aws/login/cache/{SESSION_SHA256}.json"), text)
}

#[test]
fn a_session_of_aws_login_gives_credentials() {
    let home = Home::new(&format!("[profile x]\nlogin_session = {SESSION}\n"));
    let (name, text) = session("2099-01-01T00:00:00Z");
    home.write(&name, &text);
    let token = home.token(&[("profile", "x")], &[]).success();
    assert_eq!(token["access_key_id"], "ASIALOGIN");
}

#[test]
fn a_session_of_aws_login_that_has_ended_says_how_to_begin_another() {
    let home = Home::new(&format!(
        "[profile x]\nlogin_session = {SESSION}\nregion = eu-west-1\n"
    ));
    let ended = SystemTime::now() - Duration::from_secs(60);
    let ended = OffsetDateTime::from(ended).format(&Rfc3339).unwrap();
    let (name, text) = session(&ended);
    home.write(&name, &text);
    failure(&home, &[]).assert_says(&["the profile \"x\"", "`aws login`"]);
}

/// botocore accepts these forms, and other programs write them.
#[test]
fn an_expiration_in_a_form_of_botocores_is_taken() {
    let keys = |expiration| {
        [
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_CREDENTIAL_EXPIRATION", expiration),
        ]
    };
    let home = Home::new("");
    for expiration in [
        "2099-12-31T12:00:00+0000",
        "2099-12-31 12:00:00.123456+00:00",
        "20991231T120000Z",
    ] {
        home.token(&[], &keys(expiration)).success();
    }
    for expiration in ["2099-12-31T12:00:00", "tomorrow"] {
        let error = home.token(&[], &keys(expiration)).failure();
        error.assert_is(Stage::Credentials, Category::Credentials);
        error.assert_says(&["AWS_CREDENTIAL_EXPIRATION", "unset it"]);
        assert!(!error.text().contains("or neither"), "{}", error.text());
    }
    // The expiration is also checked.
    let expired = home.token(&[], &keys("2020-12-31T12:00:00+0000")).failure();
    expired.assert_is(Stage::Token, Category::Credentials);
    expired.assert_says(&["expired at 2020-12-31T12:00:00Z"]);
}

/// Credentials and secrets are not sent without TLS over a network.
#[test]
fn an_endpoint_without_tls_is_not_asked() {
    let role = format!("[profile x]\n{ROLE}source_profile = base\n{BASE}");
    let remote = "http://sts.example.com:4566";
    for (config, variables) in [
        (role.clone(), vec![("AWS_ENDPOINT_URL_STS", remote)]),
        (role.clone(), vec![("AWS_ENDPOINT_URL", remote)]),
        (
            role.replace(
                "[profile x]\n",
                &format!("[profile x]\nendpoint_url = {remote}\n"),
            ),
            vec![],
        ),
    ] {
        failure(&Home::new(&config), &variables).assert_says(&[remote, "does not use TLS"]);
    }
}
