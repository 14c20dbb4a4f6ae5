//! Invocations of functions. Each worker has a process, which it kills as Lambda does if an invocation takes too long.

use std::env;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rds_bridge_test_support::fake_function_url::request_event;
use rds_bridge_test_support::fake_lambda_runtime::Outcome;
use rds_bridge_test_support::lambda_function::LambdaFunction;
use serde_json::{Value as Json, json};
use tokio::task::spawn_blocking;

use super::http::{of_read, of_write, to_read, to_write};
use super::{Client, INSERT, PATIENCE};
use crate::ledger::{Line, Read, Told};

/// The API key of the caller `app`, and its hash.
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const API_KEYS: &str =
    "app:sha256:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";
/// The most connections of a process.
pub(crate) const POOL: usize = 2;
/// With this hint a direct invocation reports an unknown outcome.
const UNKNOWN: &str = "the server did not confirm it";

/// A worker's function.
#[derive(Clone, Debug)]
pub(crate) struct Invocations {
    variables: Arc<Vec<(&'static str, String)>>,
    function: Arc<Mutex<LambdaFunction>>,
}

impl Invocations {
    pub(crate) fn new(variables: &[(&'static str, String)]) -> Self {
        let function = start(variables);
        Self {
            variables: Arc::new(variables.to_vec()),
            function: Arc::new(Mutex::new(function)),
        }
    }

    /// The process id of the function at present.
    pub(crate) fn id(&self) -> u32 {
        self.function.lock().unwrap().id()
    }

    async fn invoke(&self, event: Json) -> Outcome {
        let own = self.clone();
        spawn_blocking(move || own.invoke_blocking(&event))
            .await
            .unwrap()
    }

    fn invoke_blocking(&self, event: &Json) -> Outcome {
        let mut function = self.function.lock().unwrap();
        let outcome = function
            .start_invocation(event.to_string(), PATIENCE)
            .wait();
        if matches!(outcome, Outcome::TimedOut | Outcome::Ended(_)) {
            *function = start(&self.variables);
        }
        outcome
    }
}

impl Client for Invocations {
    async fn write(&mut self, line: Line) -> Told {
        // A direct invocation executes one statement.
        if !line.has_counterpart() && line.0 & 2 == 2 {
            let row = json!([line.0, line.amount(), line.words()]);
            let event = json!({"sql": INSERT, "parameters": row});
            return of_direct(&self.invoke(event).await);
        }
        let (path, body) = to_write(line);
        match self.invoke(request(path, &body)).await {
            Outcome::Response(response) => {
                let http = response.http();
                of_write(line, http.status, http.text())
            }
            other => Told::error(true, of_failure(&other)),
        }
    }

    async fn read(&mut self, line: Line) -> Read {
        let (path, body) = to_read(line);
        match self.invoke(request(path, &body)).await {
            Outcome::Response(response) => {
                let http = response.http();
                of_read(line, http.status, http.text())
            }
            other => Read::Error(of_failure(&other)),
        }
    }
}

fn of_direct(outcome: &Outcome) -> Told {
    match outcome {
        Outcome::Response(response) if response.json().get("affectedRows") == Some(&json!(1)) => {
            Told::confirmed()
        }
        Outcome::Error(error) => {
            let is_unknown = error.message.contains(UNKNOWN);
            Told::error(is_unknown, of_failure(outcome))
        }
        other => Told::error(true, of_failure(other)),
    }
}

/// The kind of a failure.
fn of_failure(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Response(response) => format!("a wrong response: {response:?}"),
        Outcome::Error(error) => {
            let details: Json = serde_json::from_str(&error.message).unwrap_or_default();
            let stage = details
                .get("stage")
                .and_then(Json::as_str)
                .unwrap_or_default();
            let code = details.get("code").map(Json::to_string).unwrap_or_default();
            let kind = error.error_type.trim_start_matches("RdsBridge.");
            format!("{kind} {stage} {code}").trim_end().to_owned()
        }
        Outcome::TimedOut => "killed at its timeout".to_owned(),
        Outcome::Ended(how) => format!("the process has ended: {how}"),
    }
}

fn start(variables: &[(&'static str, String)]) -> LambdaFunction {
    let program = env::current_exe().unwrap().with_file_name("bootstrap");
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(variables.iter().cloned())
        .env("API_KEYS", API_KEYS)
        .env("DB_POOL_SIZE", POOL.to_string())
        .env("ALLOW_AD_HOC_SQL", "true")
        .env("ALLOW_WRITES", "true");
    let function = LambdaFunction::start(command);
    // Otherwise glibc's copies of the trace ids hide what rds-bridge keeps.
    function.repeat_trace_id();
    let _ready_or_not = function.wait_for_start();
    function
}

/// The event of a Function URL.
fn request(path: &str, body: &Json) -> Json {
    let authorization = format!("Basic {}", STANDARD.encode(format!("app:{API_KEY}")));
    let headers = json!({
        "content-type": "application/json",
        "authorization": authorization,
        "host": "abcdefgh.lambda-url.eu-central-1.on.aws",
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
    });
    let body = body.to_string();
    request_event("POST", path, "", &headers, Some(&body), false)
}
