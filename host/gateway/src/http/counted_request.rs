//! Counts each request once, however it ends, and logs it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use axum::http::Extensions;
use axum::response::Response;
use tracing::info;

use super::access_log::{DatabaseTime, micros};
use crate::caller::Caller;
use crate::metrics::Counters;
use crate::shared::Shared;
use crate::statistics::{Cause, Ended, Ending, StatementLabel};

/// An extension of a request: who sends it, once that is known. The client may disconnect before there is a response.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownCaller(Arc<OnceLock<Caller>>);

impl KnownCaller {
    /// Notes who sends the request with these extensions.
    pub(crate) fn note(extensions: &Extensions, caller: &Caller) {
        if let Some(Self(known)) = extensions.get() {
            // It was known before only if it is the same.
            let _set = known.set(caller.clone());
        }
    }
}

/// A request until its end. If it is dropped before its answer was complete, it was cancelled.
pub(super) struct CountedRequest {
    shared: Shared,
    route: Option<MatchedPath>,
    began: Instant,
    known: KnownCaller,
    /// How it has ended, and why.
    ended: Option<(Ending, Option<Cause>)>,
    answer: Option<Answer>,
}

/// What a response says of its request.
struct Answer {
    status: u16,
    caller: Option<Caller>,
    statement: Option<StatementLabel>,
    /// For a stream, to its beginning.
    elapsed: Duration,
    database: Option<Duration>,
}

impl CountedRequest {
    pub(super) fn begin(shared: Shared, route: Option<MatchedPath>, known: KnownCaller) -> Self {
        Self {
            shared,
            route,
            began: Instant::now(),
            known,
            ended: None,
            answer: None,
        }
    }

    /// Notes what the response says, and logs it.
    pub(super) fn answered(&mut self, response: &Response) {
        let extensions = response.extensions();
        let status = response.status().as_u16();
        let is_error = status >= 400;
        let cause = extensions.get::<Cause>().copied();
        let cause = cause.or(is_error.then_some(Cause::Status(status)));
        let ending = extensions.get::<Ending>().copied();
        let ending = ending.unwrap_or(if is_error {
            Ending::Refused
        } else {
            Ending::Answered
        });
        let caller = extensions.get::<Caller>().or(self.known.0.get());
        self.answer = Some(Answer {
            status,
            caller: caller.cloned(),
            statement: extensions.get::<StatementLabel>().cloned(),
            elapsed: self.began.elapsed(),
            database: extensions.get::<DatabaseTime>().map(|it| it.0),
        });
        self.ended = Some((ending, cause));
        self.log();
    }

    pub(super) fn elapsed(&self) -> Duration {
        let answer = self.answer.as_ref();
        answer.map_or_else(|| self.began.elapsed(), |it| it.elapsed)
    }

    pub(super) fn database(&self) -> Option<Duration> {
        self.answer.as_ref()?.database
    }

    fn caller(&self) -> Option<&Caller> {
        let answered = self.answer.as_ref().and_then(|it| it.caller.as_ref());
        answered.or(self.known.0.get())
    }

    fn statement(&self) -> Option<&StatementLabel> {
        self.answer.as_ref()?.statement.as_ref()
    }

    fn log(&self) {
        let cause = self.ended.and_then(|(_, cause)| cause);
        info!(
            target: "rds_bridge_gateway::access",
            route = self.route.as_ref().map(MatchedPath::as_str),
            status = self.answer.as_ref().map(|it| it.status),
            caller = self.caller().map(Caller::name),
            statement = self.statement().map(StatementLabel::digest),
            cause = cause.map(tracing::field::display),
            elapsed_us = micros(self.elapsed()),
            database_us = self.database().map(micros),
            "request"
        );
    }
}

impl Drop for CountedRequest {
    fn drop(&mut self) {
        let is_without_answer = self.answer.is_none();
        let cancelled = (Ending::Cancelled, Some(Cause::Named("Cancelled")));
        let (ending, cause) = *self.ended.get_or_insert(cancelled);
        if is_without_answer {
            self.log();
        }
        let counters = &self.shared.counters;
        match ending {
            Ending::Unauthenticated => Counters::add(&counters.unauthenticated),
            Ending::Limited => Counters::add(&counters.limited),
            Ending::Failed | Ending::Unknown => Counters::add(&counters.failed),
            Ending::Answered | Ending::Refused | Ending::Denied | Ending::Cancelled => {}
        }
        self.shared.statistics.record(&Ended {
            ending,
            caller: self.caller().map(Caller::name),
            statement: self.statement(),
            cause,
            elapsed: self.elapsed(),
        });
    }
}

/// An extension of a streamed response, whose body tells how the request ends.
#[derive(Clone, Default)]
pub(crate) struct StreamEnd(Arc<Mutex<Option<CountedRequest>>>);

impl StreamEnd {
    /// Holds a request whose response has begun.
    pub(super) fn hold(&self, mut counted: CountedRequest) {
        counted.ended = None;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }

    /// Counts the request. The first call decides.
    pub(crate) fn end(&self, ending: Ending, cause: Option<Cause>) {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut counted) = counted {
            counted.ended = Some((ending, cause));
        }
    }
}
