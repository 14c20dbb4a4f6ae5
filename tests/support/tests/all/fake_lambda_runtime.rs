//! The fake of Lambda's Runtime API, with AWS's own client for Python and with the HTTP requests of the guide.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rds_bridge_test_support::fake_lambda_runtime::{
    FakeLambdaRuntime, LONGEST_TIMEOUT, Outcome, Start,
};
use rds_bridge_test_support::lambda_function::LambdaFunction;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::original_function::{OriginalFunction, environment};
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value, json};

#[apply(on_each_server)]
fn the_original_function_answers(product: Product) {
    let server = Server::start(product, &Options::default());
    let original = OriginalFunction::unpack();
    let function = LambdaFunction::start(original.command(&environment(&server)));
    let ready = function.wait_for_start().ready_at();
    let items = json!([
        {"id": 1, "name": "apple", "price": 1.25},
        {"id": 2, "name": "bread", "price": 3.5},
        {"id": 3, "name": "cheese", "price": 12.0},
    ]);
    for _ in 0..3 {
        let answer = function
            .start_invocation("{}", LONGEST_TIMEOUT)
            .wait_for_answer();
        assert!(answer.at.duration_since(ready) >= answer.took);
        let response = answer.outcome.response();
        assert_eq!(response.json(), items);
        assert!(!response.is_streamed && response.is_whole);
        let content_type = response
            .headers
            .iter()
            .find(|(name, _)| name == "content-type");
        assert_eq!(content_type.unwrap().1, "application/json");
    }
    // The function uses one connection for all invocations.
    let log = server.error_log();
    assert_eq!(log.matches("accepted \"lambda-user\"").count(), 1, "{log}");
}

const HANDLERS: &str = r#"
import os, time

def context(event, context):
    return {
        "event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(), "trace": os.environ["_X_AMZN_TRACE_ID"],
    }

def fails(event, context):
    raise KeyError("on purpose")

def sleeps(event, context):
    time.sleep(event)

def is_long(event, context):
    return "x" * event

def ends(event, context):
    print("the last words", flush=True)
    os._exit(3)
"#;

fn handler(name: &str) -> (OriginalFunction, Command) {
    let original = OriginalFunction::unpack();
    fs::write(original.folder().join("handlers.py"), HANDLERS).unwrap();
    let command = original.command_of(&format!("handlers.{name}"), &[]);
    (original, command)
}

#[test]
fn what_a_function_is_told() {
    let (_original, command) = handler("context");
    let function = LambdaFunction::start(command);
    let timeout = Duration::from_secs(30);
    let first = function.start_invocation(r#"{"a": [1, "é"]}"#, timeout);
    let request_id = first.request_id().to_owned();
    let first = first.wait().response().json();
    assert_eq!(first["event"], json!({"a": [1, "é"]}));
    assert_eq!(first["id"], request_id);
    assert_eq!(
        first["arn"],
        "arn:aws:lambda:eu-central-1:123456789012:function:items"
    );
    let left = first["left"].as_u64().unwrap();
    assert!((20_000..=30_000).contains(&left), "{left}");
    let second = function.start_invocation("{}", timeout).wait().response();
    for name in ["id", "trace"] {
        assert_ne!(first[name], second.json()[name]);
    }
}

#[test]
fn what_can_become_of_an_invocation() {
    let (_original, command) = handler("fails");
    let function = LambdaFunction::start(command);
    for _ in 0..2 {
        let error = function.invoke("{}").error();
        assert_eq!(error.error_type, "KeyError");
        assert_eq!(error.message, "'on purpose'");
    }
    let error = function.invoke("no JSON").error();
    assert_eq!(error.error_type, "Runtime.UnmarshalError");

    let (_original, command) = handler("is_long");
    let function = LambdaFunction::start(command);
    // The response is a JSON string, with a quotation mark at either end.
    let longest = 6 * 1024 * 1024 + 98;
    let response = function.invoke(longest.to_string()).response();
    assert_eq!(response.body.len(), longest + 2);
    let error = function.invoke((longest + 1).to_string()).error();
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");

    let (_original, command) = handler("sleeps");
    let function = LambdaFunction::start(command);
    let invocation = function.start_invocation("600", Duration::from_millis(100));
    assert!(matches!(invocation.wait(), Outcome::TimedOut));
}

#[test]
fn a_process_that_ends_keeps_nobody_waiting() {
    let (_original, command) = handler("ends");
    let function = LambdaFunction::start(command);
    let queued = function.start_invocation("{}", LONGEST_TIMEOUT);
    for outcome in [function.invoke("{}"), queued.wait(), function.invoke("{}")] {
        assert!(
            matches!(&outcome, Outcome::Ended(how) if how.starts_with("exit status: 3")),
            "{outcome:?}"
        );
    }
    assert!(matches!(function.wait_for_start(), Start::Ready(_)));
    let (code, said) = function.wait_for_exit();
    assert_eq!(code, 3);
    assert!(said.contains("the last words"), "{said}");

    let function = LambdaFunction::start(Command::new("false"));
    assert!(matches!(function.wait_for_start(), Start::Ended(_)));

    let (_original, command) = handler("is_not_there");
    let function = LambdaFunction::start(command);
    let error = function.wait_for_start().init_error();
    assert_eq!(error.error_type, "Runtime.HandlerNotFound");
    assert_eq!(
        error.type_header.as_deref(),
        Some("Runtime.HandlerNotFound")
    );
    assert_eq!(function.wait_for_exit().0, 1);

    // The process sleeps until `drop` kills it.
    let (_original, command) = handler("sleeps");
    let function = LambdaFunction::start(command);
    let _never = function.start_invocation("600", LONGEST_TIMEOUT);
    let process = format!("/proc/{}", function.id());
    drop(function);
    assert!(!fs::exists(process).unwrap());
}

/// A persistent connection, as a client of the Runtime API has it.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(runtime: &FakeLambdaRuntime) -> Self {
        Self(BufReader::new(
            TcpStream::connect(runtime.address()).unwrap(),
        ))
    }

    fn send(&mut self, request: &str) {
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    fn receive(&mut self) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.unwrap().1.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (status, headers, body)
    }

    fn post(&mut self, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let length = match headers.contains("chunked") {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        let path = format!("/2018-06-01/runtime/{path}");
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\n{length}{headers}\r\n{body}"
        ));
        let (status, _, body) = self.receive();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

const NEXT: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";
const STREAMING: &str = "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
    Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";

#[test]
fn several_wait_for_the_next_one_and_each_gets_another() {
    let runtime = FakeLambdaRuntime::start();
    let mut clients: Vec<Client> = (0..8).map(|_| Client::connect(&runtime)).collect();
    for client in &mut clients {
        client.send(NEXT);
    }
    let invocations: Vec<_> = (0..8)
        .map(|number| runtime.invoke(number.to_string(), LONGEST_TIMEOUT))
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for client in &mut clients {
        let (status, headers, event) = client.receive();
        let header = |name| &headers.iter().find(|(own, _)| own == name).unwrap().1;
        assert_eq!(status, 200);
        let deadline: u64 = header("lambda-runtime-deadline-ms").parse().unwrap();
        let limit = now + LONGEST_TIMEOUT + Duration::from_secs(60);
        assert!(u128::from(deadline) <= limit.as_millis());
        let id = header("lambda-runtime-aws-request-id");
        let path = format!("invocation/{id}/response");
        let event = str::from_utf8(&event).unwrap();
        assert_eq!(
            client.post(&path, "", event),
            (202, json!({"status": "OK"}))
        );
        // This request id has been answered.
        let (status, body) = client.post(&path, "", event);
        assert_eq!(
            (status, &body["errorType"]),
            (400, &json!("InvalidRequestID"))
        );
    }
    for (number, invocation) in invocations.into_iter().enumerate() {
        assert_eq!(invocation.wait().response().json(), number);
    }
}

#[test]
fn streams() {
    let runtime = FakeLambdaRuntime::start();
    let mut client = Client::connect(&runtime);
    let mut stream = |headers: &str, body: &str| {
        let invocation = runtime.invoke("{}", LONGEST_TIMEOUT);
        client.send(NEXT);
        client.receive();
        let path = format!("invocation/{}/response", invocation.request_id());
        let (status, _) = client.post(&path, headers, body);
        (status, invocation.wait())
    };

    let head = r#"{"statusCode":201,"headers":{"Content-Type":"text/plain"},"cookies":["a=b"]}"#;
    let chunks = format!(
        "{:x}\r\n{head}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n",
        head.len()
    );
    let (status, outcome) = stream(STREAMING, &chunks);
    let response = outcome.response();
    assert_eq!(status, 202);
    assert!(response.is_streamed && response.is_whole && response.error.is_none());
    let http = response.http();
    assert_eq!((http.status, http.text()), (201, "one two"));
    assert_eq!(http.header("content-type"), Some("text/plain"));
    assert_eq!(http.cookies, ["a=b"]);

    // {"errorType":"T","errorMessage":"m"}
    let failed = "3\r\none\r\n0\r\nLambda-Runtime-Function-Error-Type: T\r\n\
                  Lambda-Runtime-Function-Error-Body: eyJlcnJvclR5cGUiOiJUIiwiZXJyb3JNZXNzYWdlIjoibSJ9\r\n\r\n";
    let response = stream(STREAMING, failed).1.response();
    let error = response.error.unwrap();
    assert_eq!(
        (error.error_type.as_str(), error.message.as_str()),
        ("T", "m")
    );

    let buffered = r#"{"statusCode":404,"isBase64Encoded":true,"body":"aGVyZQ=="}"#;
    let http = stream("", buffered).1.response().http();
    assert_eq!((http.status, http.text()), (404, "here"));
    let (status, outcome) = stream("Lambda-Runtime-Function-Response-Mode: other\r\n", "");
    assert_eq!(status, 400);
    assert_eq!(
        outcome.error().error_type,
        "Runtime.InvalidResponseModeHeader"
    );

    let invocation = runtime.invoke("{}", LONGEST_TIMEOUT);
    client.send(NEXT);
    client.receive();
    let path = format!(
        "/2018-06-01/runtime/invocation/{}/response",
        invocation.request_id()
    );
    client.send(&format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\n{STREAMING}\r\n5\r\nhalf"
    ));
    drop(client);
    let response = invocation.wait().response();
    assert!(!response.is_whole);
    assert_eq!(response.body, b"half");
}
