//! Starts the function, and serves its invocations.

mod in_dialect;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::streaming::{Body, channel};
use lambda_runtime::{
    Context, Diagnostic, FunctionResponse, LambdaEvent, Runtime, StreamResponse, service_fn,
};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tokio::sync::{OnceCell, oneshot};
use tracing::level_filters::LevelFilter;
use tracing::{error, info, trace, warn};

use super::accept::Format;
use super::connections::Connections;
use super::deadline::Deadline;
use super::dialects::{Dialects, only_in_dialects};
use super::environment::Environment;
use super::event::{self, Request};
use super::event_form::Form;
use super::execute::{Executor, Took};
use super::failure::{Failure, Type};
use super::keys::Keys;
use super::report::{Invocation, Reporter};
use super::settings::Settings;
use super::sink::{RESPONSE_LIMIT, Sink, too_large};
use super::statements::Statements;
use super::{http, init_error, log};
use rds_bridge::pool::Pool;

/// The limit for opening the first connection. Lambda limits initialisation to ten seconds. If connecting fails, the
/// first invocation tries again. Reading a secret is part of this time, and has a limit of half of it (`settings.rs`):
/// without the secret, the function does not start.
const INITIAL_CONNECT_LIMIT: Duration = Duration::from_secs(8);
/// Variables that Lambda always sets. The crate `lambda_runtime` panics if one is missing.
const LAMBDA_VARIABLES: [&str; 3] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

// Exit codes, the same numbers as the command's.
const BUG: u8 = 1;
const SETTINGS: u8 = 2;
const CREDENTIALS: u8 = 3;
const NETWORK: u8 = 6;

type Answer = FunctionResponse<Box<RawValue>, Body>;

/// Serves invocations until Lambda ends the process, or an error occurs. Returns the exit code.
pub(crate) fn run() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let level = log::start(variable);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "cannot start the Tokio runtime");
            return ExitCode::from(BUG);
        }
    };
    runtime.block_on(async {
        let environment = Environment(variable);
        let function = match Function::start(&environment, level).await {
            Ok(function) => Arc::new(function),
            Err(failure) => return refuse_to_start(&failure).await,
        };
        // Spawned as a task: a current-thread runtime polls the system for I/O before each poll of the future that it
        // blocks on, but runs many tasks between two such system calls.
        match tokio::spawn(function.serve()).await {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(error)) => {
                error!(%error, "the Lambda runtime API cannot be reached");
                ExitCode::from(NETWORK)
            }
            Err(panic) => {
                error!(%panic, "a bug in rds-bridge: please report it");
                ExitCode::from(BUG)
            }
        }
    })
}

/// Reports the failure to Lambda, which shows it to callers and restarts the function for the next invocation.
async fn refuse_to_start(failure: &Failure) -> ExitCode {
    error!(error = %failure.json(""), "the function cannot start");
    if let Err(error) = init_error::post(&failure.diagnostic("")).await {
        error!(%error, "the failure could not be reported to Lambda");
    }
    ExitCode::from(match failure.kind() {
        Type::Settings => SETTINGS,
        Type::Credentials => CREDENTIALS,
        _ => BUG,
    })
}

struct Function {
    executor: Executor,
    dialects: Dialects,
    statements: Statements,
    streams: bool,
    reporter: Reporter,
}

/// A function error. The caller receives all of it.
#[derive(Debug)]
struct Refused(Diagnostic);

impl From<Refused> for Diagnostic {
    fn from(refused: Refused) -> Self {
        refused.0
    }
}

impl Function {
    async fn start<F: Fn(&str) -> Option<String>>(
        environment: &Environment<F>,
        level: LevelFilter,
    ) -> Result<Self, Failure> {
        for name in LAMBDA_VARIABLES {
            if (environment.0)(name).is_none() {
                let problem = format!(
                    "{name} is not set, although Lambda sets it for every function: is this program running \
                     outside Lambda?"
                );
                return Err(Failure::new(Type::Settings, problem));
            }
        }
        let begun = Instant::now();
        let settings = Settings::read(environment)?;
        let reporter = Reporter::new(&settings, level);
        let connections = Connections::new(&settings).await?;
        let executor = Executor {
            pool: connections.pool.clone(),
            allow_writes: settings.allow_writes,
            is_bigint_text: settings.is_bigint_text,
        };
        let dialects = Dialects {
            callers: settings.callers,
            access: settings.access,
            allow_ad_hoc_sql: settings.allow_ad_hoc_sql,
            streams: settings.streams,
            is_concurrent: settings.is_concurrent,
            connections,
            database_name: settings.database_name,
            service: OnceCell::new(),
        };
        let left = INITIAL_CONNECT_LIMIT.saturating_sub(begun.elapsed());
        connect(&executor.pool, &reporter, left).await;
        Ok(Self {
            executor,
            dialects,
            statements: settings.statements,
            streams: settings.streams,
            reporter,
        })
    }

    async fn serve(self: Arc<Self>) -> Result<(), lambda_runtime::Error> {
        let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
            let function = Arc::clone(&self);
            async move {
                let LambdaEvent { payload, context } = event;
                let (id, trace_id) = (context.request_id.clone(), context.xray_trace_id.clone());
                let invoked = function.invoke(payload, context);
                log::in_request(id, trace_id, invoked).await
            }
        });
        Runtime::new(handler).run_concurrent().await
    }

    async fn invoke(
        self: Arc<Self>,
        event: Box<RawValue>,
        context: Context,
    ) -> Result<Answer, Refused> {
        let begun = Instant::now();
        let deadline = Deadline::before(context.deadline());
        let keys = event::keys(&event);
        drop(event);
        if let Ok(keys) = &keys
            && let Some(request) = self.dialects.request(keys)
        {
            // Boxed, as below.
            return Box::pin(self.answer_in_dialect(request, deadline, begun, context)).await;
        }
        let (form, request) = match keys {
            Ok(keys) => self.read(&keys, &deadline).await,
            Err(failure) => (Form::Direct, Err(failure)),
        };
        trace!(?form, "event");
        let id = &context.request_id;
        let request = match request {
            Ok(request) => request,
            Err(failure) => {
                let sink = Sink::buffered(form);
                self.report("", &sink, Took::default(), begun, Some(&failure));
                return self.refused(form, &failure, id);
            }
        };
        if let Form::Http { format, may_stream } = form
            && may_stream
            && self.streams
        {
            // Boxed: this future is large, and would make the future of every invocation as large.
            return Box::pin(self.stream(request, format, deadline, begun, context)).await;
        }
        let format = match form {
            Form::Direct => Format::Json,
            Form::Http { format, .. } => format,
        };
        let mut sink = Sink::buffered(form);
        let mut took = Took::default();
        let done = self
            .executor
            .execute(&request, format, &mut sink, &deadline, &mut took)
            .await
            .and_then(|()| answer(form, &sink));
        let name = &request.statement.name;
        self.report(name, &sink, took, begun, done.as_ref().err());
        match done {
            Ok(answer) => Ok(FunctionResponse::BufferedResponse(answer)),
            Err(failure) => self.refused(form, &failure, id),
        }
    }

    /// Reads a request in the function's own form, whose caller must be known if the function has callers.
    async fn read(&self, keys: &Keys, deadline: &Deadline) -> (Form, Result<Request, Failure>) {
        let (form, request) = event::read(keys, &self.statements);
        if self.dialects.refuses_own_form(keys) {
            return (form, Err(only_in_dialects()));
        }
        if !self.dialects.needs_credentials(keys) {
            return (form, request);
        }
        match Box::pin(self.dialects.authenticate(keys, deadline)).await {
            Ok(()) => (form, request),
            Err(failure) => (form, Err(failure)),
        }
    }

    /// Streams the response. It begins when the first chunk is complete; a failure before that is an error response.
    async fn stream(
        self: Arc<Self>,
        request: Request,
        format: Format,
        deadline: Deadline,
        begun: Instant,
        context: Context,
    ) -> Result<Answer, Refused> {
        let (sender, body) = channel();
        let (has_begun, begins) = oneshot::channel();
        let (id, trace_id) = (context.request_id.clone(), context.xray_trace_id.clone());
        let function = Arc::clone(&self);
        let work = async move {
            let mut sink = Sink::streamed(sender, has_begun);
            let mut took = Took::default();
            let done = function
                .executor
                .execute(&request, format, &mut sink, &deadline, &mut took)
                .await;
            // Before the response ends: Lambda may freeze the process after that.
            let name = &request.statement.name;
            function.report(name, &sink, took, begun, done.as_ref().err());
            sink.send_rest().await;
            done.err()
        };
        let work = tokio::spawn(log::in_request(id, trace_id, work));
        if begins.await.is_ok() {
            let metadata_prelude = http::prelude(&http::response(200, format, ""));
            return Ok(FunctionResponse::StreamingResponse(StreamResponse {
                metadata_prelude,
                stream: body,
            }));
        }
        let failure = work.await.ok().flatten().unwrap_or_else(|| {
            Failure::new(
                Type::Bug,
                "the statement ended without a result and without an error",
            )
        });
        let form = Form::Http {
            format,
            may_stream: true,
        };
        self.refused(form, &failure, &context.request_id)
    }

    /// Responds with a failure: over HTTP as a response with its status, directly as a function error.
    fn refused(&self, form: Form, failure: &Failure, request_id: &str) -> Result<Answer, Refused> {
        let Form::Http { may_stream, .. } = form else {
            return Err(Refused(failure.diagnostic(request_id)));
        };
        let response = http::failed(failure, request_id);
        if may_stream && self.streams {
            return Ok(stream_whole(&response));
        }
        match RawValue::from_string(response.to_string()) {
            Ok(response) => Ok(FunctionResponse::BufferedResponse(response)),
            Err(_) => Err(Refused(failure.diagnostic(request_id))),
        }
    }

    fn report(
        &self,
        query: &str,
        sink: &Sink,
        took: Took,
        begun: Instant,
        failure: Option<&Failure>,
    ) {
        let invocation = Invocation {
            query,
            rows: sink.rows,
            bytes: sink.bytes(),
            warnings: Some(sink.warnings),
            took,
            total: begun.elapsed(),
            failure,
            dialect: None,
        };
        let refused = self.dialects.refused_logins();
        self.reporter.report(&invocation, refused);
    }
}

/// Opens a connection for the first invocation. A failure is only logged: the first invocation tries again and reports
/// it.
async fn connect(pool: &Pool, reporter: &Reporter, limit: Duration) {
    let begun = Instant::now();
    match pool.get_within(limit).await {
        Ok(connection) => {
            let took = begun.elapsed();
            reporter.connected(took);
            let server = &connection.session().server_version;
            let elapsed_ms = super::milliseconds::milliseconds(took);
            info!(server, elapsed_ms, "connected");
        }
        Err(error) => {
            let failure = Failure::from(error).json("");
            warn!(error = %failure, "cannot connect to the database; the first invocation will try again");
        }
    }
}

fn answer(form: Form, sink: &Sink) -> Result<Box<RawValue>, Failure> {
    let bug = |error: &dyn std::fmt::Display| {
        Failure::new(Type::Bug, format!("the rows are not valid JSON: {error}"))
    };
    let text = std::str::from_utf8(&sink.out).map_err(|error| bug(&error))?;
    let json = match form {
        Form::Direct => text.trim_end().to_owned(),
        Form::Http { format, .. } => http::response(200, format, text).to_string(),
    };
    if json.len() > RESPONSE_LIMIT {
        return Err(too_large());
    }
    RawValue::from_string(json).map_err(|error| bug(&error))
}

/// Streams a response that is already complete: a streaming Function URL reads the status only from a prelude.
fn stream_whole(response: &Json) -> Answer {
    let (mut sender, body) = channel();
    let text = response.get("body").and_then(Json::as_str);
    let text = text.unwrap_or_default().to_owned();
    tokio::spawn(async move {
        // An error means that the caller has stopped reading.
        let _sent = sender.send_data(text.into()).await;
    });
    FunctionResponse::StreamingResponse(StreamResponse {
        metadata_prelude: http::prelude(response),
        stream: body,
    })
}
