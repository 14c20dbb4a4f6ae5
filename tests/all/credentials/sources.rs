//! Credentials from every source of the default chain, as the library finds them. Each test uses a process of its own,
//! with its own files, environment and endpoints.

use rds_bridge::Stage;
use rds_bridge::error::Category;
use serde_json::Value as Json;

use crate::helpers::aws_home::{Home, IN_JSON, metadata};
use crate::helpers::fake_aws::{FakeEndpoint, Moto};

#[test]
fn profiles_are_found_and_each_name_has_its_place() {
    let home = Home::new(
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n\
         [profile other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\nregion = eu-west-9\n",
    );
    let id = |settings: &[_], variables: &[_]| {
        let token = home.token(settings, variables).success();
        token["access_key_id"].as_str().unwrap().to_owned()
    };
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let named = ("AWS_PROFILE", "other");
    assert_eq!(id(&[], &[]), "AKIADEFAULT");
    assert_eq!(id(&[], &[("AWS_PROFILE", "")]), "AKIADEFAULT");
    assert_eq!(id(&[], &[named]), "AKIAOTHER");
    assert_eq!(id(&[("profile", "default")], &[named]), "AKIADEFAULT");
    assert_eq!(id(&[], &[keys[0], keys[1], named]), "AKIAENVIRONMENT");
    assert_eq!(id(&[("profile", "other")], &keys), "AKIAOTHER");

    let region = |settings: &[_], variables: &[_]| {
        let settings = [settings, &[("endpoint", "db.example.com")]].concat();
        let token = home.token(&settings, variables).success();
        token["region"].as_str().unwrap().to_owned()
    };
    assert_eq!(region(&[], &[named]), "eu-west-9");
    assert_eq!(region(&[("profile", "other")], &keys), "eu-west-9");
    assert_eq!(
        region(&[], &[named, ("AWS_REGION", "eu-west-8")]),
        "eu-west-8"
    );

    // In the credentials file, section names do not contain the word `profile`.
    let file = home.write(
        "second",
        "[third]\naws_access_key_id = AKIATHIRD\naws_secret_access_key = s\n",
    );
    let third = [
        ("AWS_SHARED_CREDENTIALS_FILE", file.as_str()),
        ("AWS_PROFILE", "third"),
    ];
    assert_eq!(id(&[], &third), "AKIATHIRD");
}

#[test]
fn a_profile_that_is_not_there_is_an_error_and_not_passed_over() {
    let home = Home::new("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
    let of_environment = [("AWS_PROFILE", "typo")];
    for (stage, settings, variables) in [
        (Stage::Credentials, &[("profile", "typo")][..], &[][..]),
        (Stage::Credentials, &[], &of_environment),
        // The region is needed first.
        (
            Stage::Settings,
            &[("endpoint", "db.example.com")],
            &of_environment,
        ),
    ] {
        let error = home.token(settings, variables).failure();
        error.assert_is(stage, Category::Settings);
        error.assert_says(&["no profile \"typo\""]);
    }
}

#[test]
fn a_config_file_that_cannot_be_parsed_is_an_error() {
    let error = Home::new("[default\n").token(&[], &[]).failure();
    error.assert_is(Stage::Credentials, Category::Settings);
    error.assert_says(&["on line 1"]);
}

#[test]
fn a_process_of_the_profile_gives_them() {
    let home = Home::new("[default]\ncredential_process = cat \"$HOME/given.json\"\n");
    let given = IN_JSON.replace("\"Token\"", "\"SessionToken\"");
    home.write(
        "given.json",
        &given.replace("\"Code\": \"Success\"", "\"Version\": 1"),
    );
    home.assert_gives_the_fakes(&[]);
}

#[test]
fn a_process_that_fails_says_so_without_what_it_printed_before() {
    let home = Home::new(
        "[default]\ncredential_process = echo hunter2; echo 'the vault' >&2; echo 'is sealed' >&2; exit 3\n",
    );
    let error = home.token(&[], &[]).failure();
    error.assert_is(Stage::Credentials, Category::Credentials);
    error.assert_says(&["the profile \"default\"", "the vault is sealed"]);
    assert!(!error.text().contains("hunter2"), "{}", error.text());

    let home =
        Home::new("[default]\ncredential_process = echo '{\"SecretAccessKey\": \"hunter2\" 7'\n");
    let error = home.token(&[], &[]).failure();
    error.assert_says(&["could not parse response"]);
    assert!(!error.text().contains("hunter2"), "{}", error.text());
}

#[test]
fn single_sign_on_gives_them_for_the_token_of_aws_sso_login() {
    let portal = FakeEndpoint::start(|request| {
        let is_it = request.line
            == "GET /federation/credentials?role_name=reader&account_id=123456789012"
            && request.header("x-amz-sso_bearer_token") == Some("access");
        let given = r#"{"roleCredentials": {"accessKeyId": "ASIAFAKE", "secretAccessKey": "fake/secret",
            "sessionToken": "fake+session", "expiration": 4070909100000}}"#;
        if is_it {
            (200, given.to_owned())
        } else {
            (401, request.line.clone())
        }
    });
    let home = Home::new(
        "[default]\nsso_session = fake\nsso_account_id = 123456789012\nsso_role_name = reader\n\
         [sso-session fake]\nsso_region = eu-west-1\nsso_start_url = https://sso.example.com/start\n",
    );
    // The file's name is the SHA-1 of the session's name.
    home.write(
        ".aws/sso/cache/c053ecf9ed41df0311b9df13cc6c3b6078d2d3c2.json",
        r#"{"accessToken": "access", "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1",
            "startUrl": "https://sso.example.com/start"}"#,
    );
    let url = portal.url();
    home.assert_gives_the_fakes(&[("AWS_ENDPOINT_URL_SSO", &url)]);
}

#[test]
fn the_containers_endpoint_gives_them() {
    let container = FakeEndpoint::start(|request| {
        match (request.line.as_str(), request.header("authorization")) {
            ("GET /role", Some("Bearer pod")) => (200, IN_JSON.to_owned()),
            _ => (403, String::new()),
        }
    });
    let url = container.url() + "/role";
    let home = Home::new("");
    let token_file = home.write("token", "Bearer pod");
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
    for authorization in [
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer pod"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token_file),
    ] {
        home.assert_gives_the_fakes(&[uri, authorization]);
    }

    let wrong = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong");
    let error = home.token(&[], &[uri, wrong]).failure();
    error.assert_is(Stage::Credentials, Category::Credentials);
    error.assert_says(&["from the container's endpoint"]);
}

#[test]
fn the_instance_metadata_gives_them() {
    let service = FakeEndpoint::start(metadata);
    let url = service.url();
    let variables = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
    ];
    Home::new("").assert_gives_the_fakes(&variables);

    // The credentials of a role that the instance's role may assume.
    let home = Home::new(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/reader\n\
         credential_source = Ec2InstanceMetadata\n",
    );
    let moto = Moto::shared();
    let sts = ("AWS_ENDPOINT_URL_STS", moto.url());
    let variables = [variables[0], variables[1], sts];
    let token = home.token(&[("profile", "role")], &variables).success();
    assert_is_of_motos(&token);
}

#[test]
fn where_nothing_has_them_the_error_says_what_was_looked_at() {
    let error = Home::new("").token(&[], &[]).failure();
    error.assert_is(Stage::Credentials, Category::Credentials);
    error.assert_says(&[
        "the environment has none (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set)",
        "the profile \"default\" has none",
        "the web identity token has none",
        "the container's endpoint has none",
        "the instance metadata has none",
        "name a profile in AWS_PROFILE",
    ]);

    // The instance has no role, or this program may not use the metadata service.
    for status in [403, 404] {
        let service = FakeEndpoint::start(move |request| match request.line.as_str() {
            "PUT /latest/api/token" if status == 404 => metadata(request),
            _ => (status, String::new()),
        });
        let url = service.url();
        let variables = [
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str()),
            ("AWS_EC2_METADATA_DISABLED", "false"),
        ];
        let error = Home::new("").token(&[], &variables).failure();
        error.assert_is(Stage::Credentials, Category::Credentials);
        error.assert_says(&[
            "the environment has none",
            "the instance metadata has none (",
        ]);
    }
}

/// moto invents the keys for each request.
fn assert_is_of_motos(token: &Json) {
    let id = token["access_key_id"].as_str().unwrap();
    assert!(id.starts_with("ASIA") && id.len() == 20, "{id}");
    assert_eq!(token["has_session_token"], true);
}

#[test]
fn a_role_is_assumed_with_the_keys_of_another_profile() {
    let moto = Moto::shared();
    let home = Home::new(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\n\
         [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\nregion = eu-west-1\n",
    );
    let sts = [("AWS_ENDPOINT_URL_STS", moto.url())];
    let token = home.token(&[("profile", "role")], &sts).success();
    assert_is_of_motos(&token);
}

/// As on EKS. The only region is that of the database, so the request goes to the STS of that region.
#[test]
fn a_role_is_assumed_with_a_web_identity_token() {
    let moto = Moto::shared();
    let home = Home::new("");
    let file = home.write("web-identity", "made up, which moto does not mind");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reader"),
        ("AWS_ENDPOINT_URL", moto.url()),
    ];
    assert_is_of_motos(&home.token(&[], &variables).success());
}
