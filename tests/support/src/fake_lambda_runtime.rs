//! A fake of AWS Lambda's Runtime API. A function's process polls it for invocations and posts the responses.
//!
//! | request | purpose |
//! |---|---|
//! | `GET /2018-06-01/runtime/invocation/next` | wait for an event; several requests may wait at once |
//! | `POST /2018-06-01/runtime/invocation/{id}/response` | the response, buffered or streamed |
//! | `POST /2018-06-01/runtime/invocation/{id}/error` | the function's error |
//! | `POST /2018-06-01/runtime/init/error` | the error of a process that could not start |
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Response streaming in
//! custom runtimes". Lambda also kills a process that has not responded in time; here the test has to do it.

mod http_response;
mod outcome;
mod server;
mod state;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

pub use http_response::HttpResponse;
pub use outcome::{FunctionError, Outcome, Response};
use state::State;

/// The longest timeout of a Lambda function.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);

/// The first thing that the process did.
#[derive(Clone, Debug)]
pub enum Start {
    /// It polled for an invocation, at that time.
    Ready(Instant),
    /// It reported that it cannot start.
    InitError(FunctionError),
    /// It ended without polling or reporting. The text is its exit status and its standard error.
    Ended(String),
}

impl Start {
    /// The error that the process reported.
    ///
    /// # Panics
    ///
    /// If the process did something else first.
    #[must_use]
    #[track_caller]
    pub fn init_error(self) -> FunctionError {
        match self {
            Self::InitError(error) => error,
            other => panic!("no error of the initialisation: {other:?}"),
        }
    }

    /// When the process polled for its first invocation.
    ///
    /// # Panics
    ///
    /// If the process did something else first.
    #[must_use]
    #[track_caller]
    pub fn ready_at(self) -> Instant {
        match self {
            Self::Ready(at) => at,
            other => panic!("it is not ready: {other:?}"),
        }
    }
}

/// The fake, at 127.0.0.1. Dropping it closes all connections, which ends a function's process.
#[derive(Debug)]
pub struct FakeLambdaRuntime {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeLambdaRuntime {
    /// Starts the fake.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::new());
        let served = Arc::clone(&state);
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || server::serve(listener, served, stopped));
        Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// From now on, all invocations have the same trace id, unlike Lambda's. `lambda_runtime` puts the id into an
    /// environment variable, and the C library keeps each value for good: without this, a process's memory grows by that.
    pub fn repeat_trace_id(&self) {
        self.state.repeats_trace_id.store(true, Ordering::Relaxed);
    }

    /// The address that it listens at: the value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the first thing that the process does.
    #[must_use]
    pub fn wait_for_start(&self) -> Start {
        self.state.wait_for_start()
    }

    /// Puts an event into the queue. `timeout` begins when the process receives the event.
    #[must_use]
    pub fn invoke(&self, event: impl Into<Vec<u8>>, timeout: Duration) -> Invocation {
        let (request_id, answer) = self.state.enqueue(event.into(), timeout);
        Invocation { request_id, answer }
    }

    /// Reports that the process has ended. Every waiting call returns, and `how` is in its result.
    pub fn process_has_ended(&self, how: &str) {
        self.state.process_has_ended(how);
    }
}

impl Drop for FakeLambdaRuntime {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// An event that the process has received or will receive.
#[derive(Debug)]
pub struct Invocation {
    request_id: String,
    answer: Receiver<Answer>,
}

/// An outcome and its time.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The outcome.
    pub outcome: Outcome,
    /// The time between the process's receipt of the event and the last byte of its response. If the process never
    /// received the event, the time begins when it was queued.
    pub took: Duration,
    /// When the outcome was known.
    pub at: Instant,
}

impl Invocation {
    /// Its `Lambda-Runtime-Aws-Request-Id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Waits for the outcome.
    #[must_use]
    pub fn wait(self) -> Outcome {
        self.wait_for_answer().outcome
    }

    /// As [`Self::wait`], with the time of the outcome.
    ///
    /// # Panics
    ///
    /// If the fake has been dropped.
    #[must_use]
    pub fn wait_for_answer(self) -> Answer {
        self.answer.recv().expect("the fake outlives who waits")
    }
}
