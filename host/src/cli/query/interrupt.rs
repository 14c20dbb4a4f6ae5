//! Ctrl-C, or the system's request to end: the statement is killed on the server, where it would otherwise go
//! on, and no file is left half-written.

use std::time::Duration;

use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix;
use tokio::time::timeout;

use crate::bridge::CancelHandle;
use crate::cli::error::Error;

/// How long the server has to end a statement that was killed.
const GRACE: Duration = Duration::from_secs(5);

/// Before there is a statement: there is nothing to kill.
///
/// On the heap: a command's future would have the room of this one three times, and clear and move it.
pub(in crate::cli) fn or_interrupted<'f, T: 'f>(
    future: impl Future<Output = T> + 'f,
) -> impl Future<Output = Result<T, Error>> + 'f {
    let future = Box::pin(future);
    async {
        tokio::select! {
            biased;
            done = future => Ok(done),
            () = request_to_end() => Err(Error::Interrupted),
        }
    }
}

/// A second Ctrl-C does not wait for the server.
pub(super) async fn or_kill<T>(
    statement: impl Future<Output = Result<T, Error>>,
    cancel: &CancelHandle,
) -> Result<T, Error> {
    tokio::pin!(statement);
    tokio::select! {
        biased;
        done = &mut statement => return done,
        () = request_to_end() => {}
    }
    eprintln!("rds-bridge: interrupted: ending the statement on the server (again: do not wait)");
    // On the heap: it is seldom needed, and the statement would carry its room along.
    let end = Box::pin(async {
        let killed = cancel.cancel().await;
        match killed {
            // It had come to its end before, and has done all that it was to do; or its error says that it was
            // interrupted, which is known.
            Ok(()) => statement.await.map_err(|_| Error::Interrupted),
            Err(error) => Err(Error::NotKilled(error)),
        }
    });
    tokio::select! {
        ended = timeout(GRACE, end) => match ended {
            Ok(ended) => ended,
            Err(_) => Err(Error::Interrupted),
        },
        () = request_to_end() => Err(Error::Interrupted),
    }
}

/// SIGINT, and SIGTERM where there is one. Not SIGHUP: `nohup` has it ignored, and it is to stay so.
async fn request_to_end() {
    #[cfg(unix)]
    if let Ok(mut terminate) = unix::signal(unix::SignalKind::terminate()) {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    let _interrupted = ctrl_c().await;
}
