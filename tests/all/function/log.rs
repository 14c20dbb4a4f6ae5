//! The function's log: JSON lines with the request id, CloudWatch metrics, and no secret.

use std::collections::HashSet;

use rds_bridge_test_support::expectation::Expectation;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};

use crate::helpers::function::{AD_HOC, invocation_lines, start, start_with};
use crate::helpers::live::environment;
use crate::helpers::secret_forms::{SESSION_TOKEN, search};

/// All lines so far. Each must be a JSON object.
fn lines(function: &LambdaFunction) -> Vec<Json> {
    let text = function.stdout();
    let lines = text.lines().map(|line| {
        let parsed: Json =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(parsed.is_object(), "{line}");
        parsed
    });
    lines.collect()
}

#[apply(on_each_server)]
fn lines_have_their_request(product: Product) {
    let function = start(Server::shared(product), &[("LOG_LEVEL", "trace"), AD_HOC]);
    let mut ids = Vec::new();
    let mut traces = HashSet::new();
    for event in [
        "{}",
        "[]",
        r#"{"query": "nowhere"}"#,
        r#"{"sql": "SELECT 1"}"#,
    ] {
        let timeout = std::time::Duration::from_secs(60);
        let invocation = function.start_invocation(event, timeout);
        ids.push(invocation.request_id().to_owned());
        let _either = invocation.wait();
    }
    let invocations = invocation_lines(&function, 4);
    for (line, id) in invocations.iter().zip(&ids) {
        assert_eq!(line["requestId"], *id);
        let trace = line["xrayTraceId"].as_str().unwrap();
        assert!(trace.starts_with("Root=1-"), "{line}");
        traces.insert(trace.to_owned());
        for name in ["acquireMs", "queryMs", "totalMs", "rows", "bytes"] {
            assert!(line[name].is_number(), "{name}: {line}");
        }
    }
    assert_eq!(traces.len(), 4);
    let queries: Vec<_> = invocations.iter().map(|line| &line["query"]).collect();
    assert_eq!(
        [queries[0], queries[2], queries[3]],
        ["default", "nowhere", "ad hoc"]
    );
    for line in lines(&function) {
        for name in ["timestamp", "level", "message"] {
            assert!(line[name].is_string(), "{line}");
        }
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(
            timestamp.len() >= 20 && timestamp.ends_with('Z'),
            "{timestamp}"
        );
    }
    // Lines that are logged during an invocation have its request id too.
    let of_requests = lines(&function);
    let of_requests = of_requests.iter().filter(|line| {
        line["message"] != "invocation" && ids.iter().any(|id| line["requestId"] == **id)
    });
    assert!(of_requests.count() > 0, "{}", function.stdout());
    assert_eq!(function.stderr(), "");
}

/// A connection is one line with the durations of its stages, which have no lines of their own.
#[apply(on_each_server)]
fn a_connection_has_the_times_of_its_stages(product: Product) {
    let function = start(Server::shared(product), &[]);
    let _answer = function.invoke("{}");
    // The last line of an invocation may be written after its answer.
    let lines = loop {
        let lines = lines(&function);
        if lines.iter().any(|line| line["message"] == "invocation") {
            break lines;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let connects = lines.iter().filter(|line| line["message"] == "connect");
    let connects: Vec<_> = connects.collect();
    assert_eq!(connects.len(), 1, "{}", function.stdout());
    for name in [
        "credentialsMs",
        "resolveMs",
        "tcpMs",
        "tlsMs",
        "loginMs",
        "sessionMs",
    ] {
        assert!(connects[0][name].is_number(), "{name}: {}", connects[0]);
    }
    for stage in [
        "credentials",
        "resolve",
        "tcp",
        "tls",
        "token",
        "login",
        "session",
    ] {
        assert!(
            !lines.iter().any(|line| line["message"] == stage),
            "{stage}"
        );
    }
}

#[apply(on_each_server)]
fn levels(product: Product) {
    let server = Server::shared(product);
    for (changes, has_info, has_debug) in [
        (&[][..], true, false),
        (&[("LOG_LEVEL", "debug")], true, true),
        (
            &[("LOG_LEVEL", "error"), ("METRICS_NAMESPACE", "none")],
            false,
            false,
        ),
        // Lambda's own variable takes precedence.
        (
            &[("LOG_LEVEL", "error"), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")],
            true,
            true,
        ),
        (&[("LOG_LEVEL", "nonsense")], true, false),
    ] {
        let function = start(server, changes);
        let _rows = crate::helpers::function::rows(&function, &json!({}));
        let _failure = crate::helpers::function::failure(&function, &json!({"query": "nowhere"}));
        invocation_lines(&function, 1);
        function.wait_for_stdout(|text| text.contains("\"Statement\"").then_some(()));
        let levels: HashSet<String> = lines(&function)
            .iter()
            .filter(|line| line["message"] != "invocation")
            .map(|line| line["level"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            levels.contains("INFO"),
            has_info,
            "{changes:?} {}",
            function.stdout()
        );
        assert_eq!(levels.contains("DEBUG"), has_debug, "{changes:?}");
    }
}

/// Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
#[track_caller]
fn assert_is_emf(line: &Json, namespace: &str) -> Vec<String> {
    assert!(line.to_string().len() <= 256 << 10);
    let metadata = line["_aws"].as_object().unwrap();
    assert_eq!(
        metadata.keys().collect::<Vec<_>>(),
        ["CloudWatchMetrics", "Timestamp"]
    );
    // The timestamp is in milliseconds, so this range is of the 21st century.
    let timestamp = metadata["Timestamp"].as_u64().unwrap();
    assert!(
        (1_600_000_000_000..4_102_444_800_000).contains(&timestamp),
        "{timestamp}"
    );
    let directives = metadata["CloudWatchMetrics"].as_array().unwrap();
    let mut names = Vec::new();
    for directive in directives {
        let directive = directive.as_object().unwrap();
        assert_eq!(
            directive.keys().collect::<Vec<_>>(),
            ["Dimensions", "Metrics", "Namespace"]
        );
        assert_eq!(directive["Namespace"], namespace);
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty());
        for set in sets {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            for dimension in set {
                let value = line[dimension.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()));
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let metric = metric.as_object().unwrap();
            let known = ["Name", "StorageResolution", "Unit"];
            assert!(metric.keys().all(|name| known.contains(&name.as_str())));
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1024).contains(&name.len()));
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["Count", "Milliseconds", "Bytes"].contains(&unit), "{unit}");
            assert!(line[name].is_number(), "{name}: {line}");
            names.push(name.to_owned());
        }
    }
    names.sort();
    let distinct: HashSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    names
}

#[apply(on_each_server)]
fn metrics(product: Product) {
    let server = Server::start(product, &Options::default());
    let function = start(&server, &[("METRICS_NAMESPACE", "Items/Test")]);
    let _rows = crate::helpers::function::rows(&function, &json!({}));
    let _rows = crate::helpers::function::rows(&function, &json!({}));
    let _failure = crate::helpers::function::failure(&function, &json!({"query": "nowhere"}));
    let _failure = crate::helpers::function::failure(&function, &json!({"query": 1}));
    server.kill_connections_of("lambda-user");
    let _rows = crate::helpers::function::rows(&function, &json!({}));
    let lines = invocation_lines(&function, 5);
    let names: Vec<_> = lines
        .iter()
        .map(|line| assert_is_emf(line, "Items/Test"))
        .collect();
    for name in [
        "Bytes",
        "ColdStart",
        "ConnectTime",
        "Errors",
        "QueryTime",
        "Refused",
        "Reused",
        "Rows",
    ] {
        assert!(
            names[0].iter().any(|own| own == name),
            "{name}: {}",
            lines[0]
        );
    }
    let values =
        |name: &str| -> Vec<Json> { lines.iter().map(|line| line[name].clone()).collect() };
    assert_eq!(values("ColdStart"), [1, 0, 0, 0, 0]);
    assert_eq!(values("Errors"), [0, 0, 1, 1, 0]);
    assert_eq!(values("Rows"), [3, 3, 0, 0, 3]);
    assert_eq!(values("FunctionName"), ["items"; 5]);
    let reused = values("Reused");
    assert_eq!([&reused[0], &reused[1], &reused[4]], [1, 1, 0]);
    assert!(lines[1].get("ConnectTime").is_none(), "{}", lines[1]);
    assert!(lines[4]["ConnectTime"].as_f64().unwrap() > 0.0);

    let by_default = start(&server, &[]);
    let _rows = crate::helpers::function::rows(&by_default, &json!({}));
    assert_is_emf(&invocation_lines(&by_default, 1)[0], "rds-bridge");
    // An empty variable differs from one that is not set.
    let mut variables = environment(&server);
    variables.push(("METRICS_NAMESPACE", String::new()));
    let without = start_with(variables, &[]);
    let _rows = crate::helpers::function::rows(&without, &json!({}));
    let line = &invocation_lines(&without, 1)[0];
    assert!(line.get("_aws").is_none() && line["rows"] == 3, "{line}");
}

/// The log contains no secret at the most verbose level, in success and failure.
#[apply(on_each_server)]
fn no_secret(product: Product) {
    let server = Server::start(product, &Options::default());
    let temporary = Expectation {
        session_token: Some(SESSION_TOKEN.to_owned()),
        ..Expectation::default()
    };
    for (session_token, is_let_in) in [(SESSION_TOKEN, true), ("another", false)] {
        server.expect(&Expectation {
            session_token: Some(session_token.to_owned()),
            ..temporary.clone()
        });
        let function = start(
            &server,
            &[
                AD_HOC,
                ("LOG_LEVEL", "trace"),
                ("RUST_BACKTRACE", "full"),
                ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ],
        );
        for event in [
            json!({}),
            json!({"query": "nowhere"}),
            json!({"query": "typed", "parameters": ["x"]}),
            json!([1]),
            crate::helpers::function::url_request("GET", "", &[], None),
            crate::helpers::function::url_request("GET", "query=nowhere", &[], None),
        ] {
            let outcome = function.invoke(event.to_string());
            search("the outcome", &format!("{outcome:?}"));
            server.kill_connections_of("lambda-user");
        }
        invocation_lines(&function, 6);
        let said = function.stdout() + &function.stderr();
        assert!(said.contains("TRACE") && said.contains("DEBUG"), "{said}");
        assert_eq!(said.contains("1045"), !is_let_in, "{said}");
        search("the log", &said);
    }
    // Also if the function does not start.
    let function = start(
        &server,
        &[("DB_USER", ""), ("AWS_SESSION_TOKEN", SESSION_TOKEN)],
    );
    search("the error", &function.wait_for_start().init_error().message);
    search("the log", &function.wait_for_exit().1);
}
