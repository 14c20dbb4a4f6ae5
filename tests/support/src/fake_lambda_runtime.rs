//! A fake of AWS Lambda's Runtime API: a function's process asks it for invocations, and gives it the answers.
//!
//! | request | what for |
//! |---|---|
//! | `GET /2018-06-01/runtime/invocation/next` | waits for an event; several may wait at once |
//! | `POST /2018-06-01/runtime/invocation/{id}/response` | the answer, whole or as a stream |
//! | `POST /2018-06-01/runtime/invocation/{id}/error` | the function's error |
//! | `POST /2018-06-01/runtime/init/error` | the process could not start |
//!
//! As in the AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Response
//! streaming in custom runtimes". Beyond it, Lambda ends a process that has not answered in time; here that is
//! the test's to do.

mod http_response;
mod outcome;
mod server;
mod state;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

pub use http_response::HttpResponse;
pub use outcome::{FunctionError, Outcome, Response};
use state::State;

/// The longest that a function may take.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);

/// What the process did first.
#[derive(Clone, Debug)]
pub enum Start {
    /// It asked for an invocation, at that time.
    Ready(Instant),
    /// It told that it cannot start.
    InitError(FunctionError),
    /// It ended without a word: how.
    Ended(String),
}

impl Start {
    /// # Panics
    ///
    /// If it is not that.
    #[must_use]
    #[track_caller]
    pub fn init_error(self) -> FunctionError {
        match self {
            Self::InitError(error) => error,
            other => panic!("no error of the initialisation: {other:?}"),
        }
    }

    /// When it asked for its first invocation.
    ///
    /// # Panics
    ///
    /// If it did something else.
    #[must_use]
    #[track_caller]
    pub fn ready_at(self) -> Instant {
        match self {
            Self::Ready(at) => at,
            other => panic!("it is not ready: {other:?}"),
        }
    }
}

/// The fake, at 127.0.0.1. Dropped, it closes all connections, upon which a function's process ends.
#[derive(Debug)]
pub struct FakeLambdaRuntime {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeLambdaRuntime {
    /// Starts one.
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

    /// Where it listens: the value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the first that the process does.
    #[must_use]
    pub fn wait_for_start(&self) -> Start {
        self.state.wait_for_start()
    }

    /// Puts an event in the queue, from which the process is given it. From then on it has as long to answer.
    #[must_use]
    pub fn invoke(&self, event: impl Into<Vec<u8>>, timeout: Duration) -> Invocation {
        let (request_id, answer) = self.state.enqueue(event.into(), timeout);
        Invocation { request_id, answer }
    }

    /// To be told by who sees the process end: whoever waits for it is told so too.
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

/// An event that the process has been given, or will be.
#[derive(Debug)]
pub struct Invocation {
    request_id: String,
    answer: Receiver<Answer>,
}

/// An outcome, and when it happened.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it is.
    pub outcome: Outcome,
    /// From when the process was given the event until its answer was there to the last byte; from when it
    /// was put in the queue if it never was given it.
    pub took: Duration,
    /// When that was.
    pub at: Instant,
}

impl Invocation {
    /// Its `Lambda-Runtime-Aws-Request-Id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Waits for what becomes of it.
    #[must_use]
    pub fn wait(self) -> Outcome {
        self.wait_for_answer().outcome
    }

    /// As [`Self::wait`], with its time.
    ///
    /// # Panics
    ///
    /// If the fake is gone.
    #[must_use]
    pub fn wait_for_answer(self) -> Answer {
        self.answer.recv().expect("the fake outlives who waits")
    }
}
