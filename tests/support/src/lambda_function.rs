//! A Lambda function's process, started as Lambda starts it, with a fake of the Runtime API.

use std::fmt;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::fake_lambda_runtime::{FakeLambdaRuntime, Invocation, LONGEST_TIMEOUT, Outcome, Start};

/// How often the watcher polls a process that has closed its output and still runs.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A running function. Dropping it kills the process.
pub struct LambdaFunction {
    started_at: Instant,
    runtime: Arc<FakeLambdaRuntime>,
    child: Arc<Mutex<Child>>,
    said: Arc<Said>,
    /// The watcher thread ends when the process has ended.
    watcher: Option<JoinHandle<()>>,
}

/// The output of the process so far.
#[derive(Default)]
struct Said {
    written: Mutex<Written>,
    has_more: Condvar,
}

#[derive(Default)]
struct Written {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    is_all: bool,
}

impl LambdaFunction {
    /// Starts a process without waiting for it. The environment variables that Lambda sets are added to those of
    /// `command`.
    ///
    /// # Panics
    ///
    /// If the program does not exist.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let runtime = Arc::new(FakeLambdaRuntime::start());
        command
            .env("AWS_LAMBDA_RUNTIME_API", runtime.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "items")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/items")
            .env(
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/01/01/[$LATEST]0123456789abcdef",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started_at = Instant::now();
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Said::default());
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        let readers = [
            Said::keep(&said, stdout, |written| &mut written.stdout),
            Said::keep(&said, stderr, |written| &mut written.stderr),
        ];
        let child = Arc::new(Mutex::new(child));
        let (ending, all, told) = (Arc::clone(&child), Arc::clone(&said), Arc::clone(&runtime));
        let watcher = thread::spawn(move || {
            for reader in readers {
                let _panicked = reader.join();
            }
            all.written().is_all = true;
            all.has_more.notify_all();
            let status = loop {
                if let Some(status) = lock(&ending).try_wait().unwrap() {
                    break status;
                }
                thread::sleep(BETWEEN_LOOKS);
            };
            let stderr = String::from_utf8_lossy(&all.written().stderr).into_owned();
            told.process_has_ended(&format!("{status}\n{stderr}"));
        });
        Self {
            started_at,
            runtime,
            child,
            said,
            watcher: Some(watcher),
        }
    }

    /// Waits for the first thing that the process does.
    #[must_use]
    pub fn wait_for_start(&self) -> Start {
        self.runtime.wait_for_start()
    }

    /// Sends the function an event and waits for the outcome, for at most [`LONGEST_TIMEOUT`].
    #[must_use]
    pub fn invoke(&self, event: impl Into<Vec<u8>>) -> Outcome {
        self.start_invocation(event, LONGEST_TIMEOUT).wait()
    }

    /// Sends the function an event that it must answer within `timeout`. Does not wait.
    #[must_use]
    pub fn start_invocation(&self, event: impl Into<Vec<u8>>, timeout: Duration) -> Invocation {
        self.runtime.invoke(event, timeout)
    }

    /// As [`FakeLambdaRuntime::repeat_trace_id`].
    pub fn repeat_trace_id(&self) {
        self.runtime.repeat_trace_id();
    }

    /// When the process was started.
    #[must_use]
    pub fn started_at(&self) -> Instant {
        self.started_at
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Stops the process until [`Self::thaw`], as Lambda freezes it between invocations.
    pub fn freeze(&self) {
        self.send("-STOP");
    }

    /// Continues a frozen process.
    pub fn thaw(&self) {
        self.send("-CONT");
    }

    /// Sends the process a signal. `signal` is an argument of `kill`, for example `-TERM`.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn send(&self, signal: &str) {
        let child = lock(&self.child);
        let status = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(status.unwrap().success(), "kill {signal}");
    }

    /// The standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.said.written().stdout).into_owned()
    }

    /// The standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.said.written().stderr).into_owned()
    }

    /// Waits until `wanted` returns a value for the standard output so far, and returns that value.
    ///
    /// # Panics
    ///
    /// If the process has ended without it.
    #[track_caller]
    pub fn wait_for_stdout<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> T {
        let mut written = self.said.written();
        loop {
            let stdout = String::from_utf8_lossy(&written.stdout);
            if let Some(found) = wanted(&stdout) {
                return found;
            }
            assert!(!written.is_all, "it ended, and wrote:\n{stdout}");
            drop(stdout);
            let more = self.said.has_more.wait(written);
            written = more.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Kills the process. Returns its standard output followed by its standard error.
    #[must_use]
    pub fn stop(mut self) -> String {
        let _has_ended = lock(&self.child).kill();
        if let Some(watcher) = self.watcher.take() {
            let _panicked = watcher.join();
        }
        self.stdout() + &self.stderr()
    }

    /// Waits until the process exits. Returns its exit code, and its standard output followed by its standard error.
    ///
    /// # Panics
    ///
    /// If a signal ended the process.
    #[must_use]
    #[track_caller]
    pub fn wait_for_exit(mut self) -> (i32, String) {
        let watcher = self.watcher.take().expect("taken once");
        let _panicked = watcher.join();
        let status = lock(&self.child).try_wait().unwrap();
        let code = status.and_then(|status| status.code());
        (code.expect("an exit code"), self.stdout() + &self.stderr())
    }
}

impl Drop for LambdaFunction {
    fn drop(&mut self) {
        let _has_ended = lock(&self.child).kill();
        if let Some(watcher) = self.watcher.take() {
            let _panicked = watcher.join();
        }
    }
}

impl fmt::Debug for LambdaFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaFunction")
            .field("runtime", &self.runtime)
            .finish_non_exhaustive()
    }
}

impl Said {
    /// Reads `from` to its end in a thread, and appends it to a buffer.
    fn keep(
        said: &Arc<Self>,
        mut from: impl Read + Send + 'static,
        to: fn(&mut Written) -> &mut Vec<u8>,
    ) -> JoinHandle<()> {
        let said = Arc::clone(said);
        thread::spawn(move || {
            let mut buffer = [0; 16_384];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                let read = buffer.get(..length).unwrap_or_default();
                to(&mut said.written()).extend(read);
                said.has_more.notify_all();
            }
        })
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        lock(&self.written)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
