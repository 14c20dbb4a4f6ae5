//! The configuration file: the options that show it, and the page that lists its settings.

use std::collections::{BTreeMap, BTreeSet};

use rds_bridge_access::{Config, Database, EXAMPLE, FunctionSettings};
use rds_bridge_test_support::server::{Product, Server};
use serde_json::Value as Json;

use crate::helpers::command::{run, stderr, stdout, with};
use crate::helpers::gateway_config::GatewayConfig;

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// The beginning of a file up to where a setting of the section can follow, for each section by its heading.
const SECTIONS: [(&str, &str); 10] = [
    ("[databases.NAME]", "[databases.a]\n"),
    ("[statements.NAME]", "[statements.a]\n"),
    ("[callers.NAME]", "[callers.a]\n"),
    ("[callers.NAME.jwt]", "[callers.a.jwt]\n"),
    ("[[callers.NAME.grants]]", "[[callers.a.grants]]\n"),
    ("[proxy]", "[proxy]\n"),
    ("[[proxy.listeners]]", "[[proxy.listeners]]\n"),
    ("[gateway]", "[gateway]\n"),
    ("[gateway.jwt.NAME]", "[gateway.jwt.a]\n"),
    ("[gateway.tls]", "[gateway.tls]\n"),
];

/// The settings that the code knows, which it names in the error for an unknown one.
fn of_code(section: &str) -> BTreeSet<String> {
    let error = Config::parse(&format!("{section}unknown_setting = 1\n")).unwrap_err();
    expected(&error.to_string())
}

fn expected(error: &str) -> BTreeSet<String> {
    let (_, expected) = error.split_once("expected").unwrap();
    let names = expected.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// The settings in the tables of the page, by section.
fn of_page() -> BTreeMap<String, BTreeSet<String>> {
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut section = String::new();
    for line in PAGE.lines() {
        if line.starts_with('#') {
            section = line.split('`').nth(1).unwrap_or_default().to_owned();
        } else if let Some(row) = line.strip_prefix("| `") {
            let setting = row.split('`').next().unwrap_or_default();
            sections
                .entry(section.clone())
                .or_default()
                .insert(setting.to_owned());
        }
    }
    sections
}

#[test]
fn the_page_has_the_settings_of_the_code() {
    let page = of_page();
    for (heading, section) in SECTIONS {
        assert_eq!(page.get(heading), Some(&of_code(section)), "{heading}");
    }
}

#[test]
fn the_page_has_the_settings_of_a_function_s_callers() {
    let function = FunctionSettings::new("a", Database::new("e"));
    let error = Config::parse_callers("[callers.a]\nunknown_setting = 1\n", function).unwrap_err();
    assert_eq!(
        of_page().get("access.toml"),
        Some(&expected(&error.to_string()))
    );
}

#[test]
fn the_example_has_the_settings_of_the_code() {
    Config::parse(EXAMPLE).unwrap();
    for (heading, section) in SECTIONS {
        for setting in of_code(section) {
            let is_key = EXAMPLE.lines().any(|line| {
                let is_section = line
                    .trim_matches(['[', ']'])
                    .split('.')
                    .any(|it| it == setting);
                line.starts_with(&format!("{setting} = "))
                    || line.contains(&format!("{{ {setting} = "))
                    || line.contains(&format!(", {setting} = "))
                    || line.starts_with('[') && is_section
            });
            assert!(is_key, "{heading}: the example has no {setting}");
        }
    }
}

#[test]
fn the_variables_of_the_page_are_those_of_the_options() {
    let help = [["serve", "--help"], ["proxy", "--help"]].map(|arguments| {
        let output = run(&arguments, &[], "");
        stdout(&output).to_owned()
    });
    // Read by the AWS SDK.
    let of_sdk = "AWS_PROFILE";
    let mut found = 0;
    for row in PAGE.lines().filter(|line| line.starts_with("| `")) {
        for name in row
            .split('`')
            .filter(|it| it.contains('_') && *it == it.to_uppercase())
        {
            let is_option = help
                .iter()
                .any(|help| help.contains(&format!("[env: {name}")));
            assert!(is_option || name == of_sdk, "{name}");
            found += 1;
        }
    }
    assert!(found > 8, "{found}");
}

fn serve(config: &GatewayConfig, option: &str) -> (Option<i32>, String, String) {
    let server = Server::shared(Product::MySql);
    let output = with(server, &[], &["serve", "--config", &config.path(), option]);
    let text = stdout(&output).to_owned();
    (output.status.code(), text, stderr(&output).to_owned())
}

#[test]
fn a_file_is_checked_and_dumped() {
    let hash = "ab".repeat(32);
    let config = GatewayConfig::new(&format!(
        "[callers.app]\napi_key_sha256 = \"{hash}\"\n[[callers.app.grants]]\ndatabase = \"main\"\nstatements = \"any\"\n"
    ));
    let (code, text, error) = serve(&config, "--check");
    assert_eq!(code, Some(0), "{error}");
    assert!(
        text.trim_end().ends_with("rds-bridge.toml is valid"),
        "{text}"
    );
    let (code, text, error) = serve(&config, "--dump-config");
    assert_eq!(code, Some(0), "{error}");
    assert!(!text.contains(&hash), "{text}");
    for line in [
        "api_key_sha256 = \"<redacted>\"",
        "port = 3306",
        "max_connections = 10",
        "listen = \"127.0.0.1:8080\"",
        "session_idle_timeout = 180",
        "drain_notice = 0",
        "show_statements = false",
        "max_client_connections_per_source = 250",
        "access = \"read-only\"",
        "statements = \"any\"",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    // It is a file, but for the hashes.
    let read = Config::parse(&text.replace("<redacted>", &hash)).unwrap();
    assert!(read.databases.contains_key("other"));
}

#[test]
fn what_is_wrong_is_named_before_the_start() {
    for (more, problem) in [
        ("", "the gateway accepts no callers yet"),
        (
            "[gateway]\nlisten = \"0.0.0.0:8080\"\ntrust_loopback = true\n",
            "line 10, column 1: gateway.listen: trust_loopback requires a loopback address",
        ),
        (
            "[gateway]\ntrust_loopback = true\nbehind_tls_proxy = true\n",
            "gateway.trust_loopback: the proxy that behind_tls_proxy describes runs on this machine",
        ),
        (
            "[gateway]\ntrust_loopback = true\ntls = { certificate = \"c\", key = \"k\", client_ca_file = \"f\" }\n",
            "gateway.trust_loopback: trust_loopback accepts callers without verifying their certificates",
        ),
        (
            "[gateway]\nlisten = \"0.0.0.0:8080\"\n",
            "set tls, or behind_tls_proxy = true",
        ),
        (
            "[callers.app]\ncertificate = \"app\"\n\
             [[callers.app.grants]]\ndatabase = \"main\"\nstatements = \"any\"\n",
            "line 10, column 1: callers.app.certificate: the gateway verifies no certificate",
        ),
        (
            "[callers.app]\nsigv4_secret_file = \"/missing/secret\"\n",
            "/missing/secret",
        ),
    ] {
        let config = GatewayConfig::new(more);
        let (code, _, error) = serve(&config, "--check");
        assert_ne!(code, Some(0));
        assert!(error.contains(problem), "{more}: {error}");
    }
}

/// What the start of the gateway, or the first connection, would refuse.
#[test]
fn a_check_reads_what_connections_need() {
    let server = Server::shared(Product::MySql);
    let trusting = "[gateway]\ntrust_loopback = true\n";
    let other = GatewayConfig::new("");
    let no_certificates = other.path();
    for (more, variables, problem) in [
        (
            "[gateway]\ntrust_loopback = true\nidempotency_table = \"a.b.c\"\n",
            &[][..],
            "gateway.idempotency_table",
        ),
        (
            trusting,
            &[("RDS_BRIDGE_SERVE_IDEMPOTENCY_TABLE", "a.b.c")],
            "a.b.c",
        ),
        (
            trusting,
            &[("DB_CA_FILE", "/missing/ca.pem")],
            "/missing/ca.pem",
        ),
        (
            trusting,
            &[("DB_CA_FILE", &*no_certificates)],
            "databases.main: ",
        ),
        (
            "[gateway]\ntrust_loopback = true\n[databases.third]\nendpoint = \"e.abc.eu-central-1.rds.amazonaws.com\"\nuser = \"u\"\n\
             ca_file = \"/missing/third.pem\"\n",
            &[],
            "databases.third.ca_file: cannot use the CA file /missing/third.pem",
        ),
        (
            "[gateway]\ntrust_loopback = true\n[databases.third]\nendpoint = \"e.abc.eu-central-1.rds.amazonaws.com\"\nuser = \"u\"\n\
             topology = \"rds\"\n",
            &[],
            "databases.third.topology: set the role of the server that it looks for",
        ),
        (
            "[gateway]\ntrust_loopback = true\n[databases.third]\nendpoint = \"e.abc.eu-central-1.rds.amazonaws.com\"\nuser = \"u\"\n\
             topology = \"aurora\"\nrole = \"writer\"\nconnect_to = \"127.0.0.1\"\n",
            &[],
            "databases.third.topology: it cannot be combined with connect_to",
        ),
    ] {
        let config = GatewayConfig::new(more);
        let path = config.path();
        let output = with(server, variables, &["serve", "--config", &path, "--check"]);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(problem), "{error}");
        assert!(!stdout(&output).contains("is valid"));
    }
}

#[test]
fn a_dump_has_what_the_environment_gives() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new("[gateway]\ntrust_loopback = true\n");
    let variables = [
        ("DB_REGION", "eu-central-1"),
        ("RDS_BRIDGE_SERVE_IDEMPOTENCY_TABLE", "app.keys"),
        ("RDS_BRIDGE_SERVE_STATEMENT_TIMEOUT", "7"),
        ("RDS_BRIDGE_SERVE_DRAIN_NOTICE", "8"),
        ("RDS_BRIDGE_SERVE_SHOW_STATEMENTS", "true"),
    ];
    let path = config.path();
    let output = with(
        server,
        &variables,
        &["serve", "--config", &path, "--dump-config"],
    );
    let dumped = Config::parse(stdout(&output)).unwrap();
    let database = &dumped.databases["main"];
    assert_eq!(database.region.as_deref(), Some("eu-central-1"));
    let address = server.address().to_string();
    assert_eq!(database.connect_to.as_deref(), Some(&*address));
    let ca_file = server.ca_file();
    assert_eq!(database.ca_file.as_deref(), Some(ca_file.as_path()));
    let table = dumped.gateway.idempotency_table;
    assert_eq!(table.as_deref(), Some("app.keys"));
    let timeout = dumped.gateway.statement_timeout;
    assert_eq!(timeout.map(u32::from), Some(7));
    assert_eq!(dumped.gateway.drain_notice, Some(8));
    assert_eq!(dumped.gateway.show_statements, Some(true));
}

#[test]
fn the_file_limits_the_time_of_statements() {
    let server = Server::shared(Product::MySql);
    let config = GatewayConfig::new("[gateway]\ntrust_loopback = true\nstatement_timeout = 1\n");
    let gateway = config.start(server);
    let answer = gateway.execute("SELECT SLEEP(60)", &Json::Null);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("longer than 1 s"), "{message}");
}

#[test]
fn the_example_is_printed() {
    for variables in [&[][..], &[("RDS_BRIDGE_SERVE_LISTEN", "127.0.0.1:1")]] {
        let output = run(&["serve", "--example"], variables, "");
        assert_eq!(stdout(&output), EXAMPLE);
    }
}

/// A variable that leaves an option off does not conflict with the file.
#[test]
fn a_variable_may_leave_an_option_off() {
    let config = GatewayConfig::new("[gateway]\ntrust_loopback = true\n");
    let path = config.path();
    let server = Server::shared(Product::MySql);
    for (value, code) in [("false", 0), ("Off", 0), ("0", 0), ("true", 2)] {
        let variables = [("RDS_BRIDGE_SERVE_ALLOW_WRITES", value)];
        let output = with(server, &variables, &["serve", "--config", &path, "--check"]);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{value}: {}",
            stderr(&output)
        );
    }
}
