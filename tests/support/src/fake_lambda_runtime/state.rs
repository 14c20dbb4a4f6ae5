//! The state of the fake: queued events and pending invocations.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Answer, Outcome, Start};

#[derive(Debug)]
pub(super) struct State {
    events: UnboundedSender<Event>,
    /// The request that holds the lock waits for the next event; further requests wait for the lock.
    queue: tokio::sync::Mutex<UnboundedReceiver<Event>>,
    known: Mutex<Known>,
    has_started: Condvar,
    /// Whether all invocations have the same trace id.
    pub(super) repeats_trace_id: AtomicBool,
}

/// An event for the process.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Duration,
}

#[derive(Debug, Default)]
struct Known {
    start: Option<Start>,
    ended: Option<String>,
    invocations: u64,
    awaited: HashMap<String, Awaited>,
}

#[derive(Debug)]
struct Awaited {
    since: Instant,
    to: Sender<Answer>,
}

impl Awaited {
    fn end(self, outcome: Outcome) {
        let at = Instant::now();
        let took = at.duration_since(self.since);
        // The receiver may have been dropped.
        let _gone = self.to.send(Answer { outcome, took, at });
    }
}

impl State {
    pub(super) fn new() -> Self {
        let (events, queue) = unbounded_channel();
        Self {
            events,
            queue: tokio::sync::Mutex::new(queue),
            known: Mutex::default(),
            has_started: Condvar::new(),
            repeats_trace_id: AtomicBool::new(false),
        }
    }

    pub(super) fn enqueue(&self, body: Vec<u8>, timeout: Duration) -> (String, Receiver<Answer>) {
        let (to, answer) = channel();
        let since = Instant::now();
        let awaited = Awaited { since, to };
        let mut known = self.known();
        known.invocations = known.invocations.wrapping_add(1);
        let request_id = format!("8476a536-e9f4-11e8-9739-{:012x}", known.invocations);
        if let Some(how) = &known.ended {
            awaited.end(Outcome::Ended(how.clone()));
        } else {
            known.awaited.insert(request_id.clone(), awaited);
            let event = Event {
                request_id: request_id.clone(),
                body,
                timeout,
            };
            self.events.send(event).expect("the queue is ours too");
        }
        (request_id, answer)
    }

    /// Waits for an event. If the future is dropped, no event is lost.
    pub(super) async fn next_event(&self) -> Event {
        self.set_start(Start::Ready(Instant::now()));
        let mut queue = self.queue.lock().await;
        let event = queue.recv().await.expect("the queue is ours too");
        if let Some(awaited) = self.known().awaited.get_mut(&event.request_id) {
            awaited.since = Instant::now();
        }
        event
    }

    pub(super) fn is_awaited(&self, request_id: &str) -> bool {
        self.known().awaited.contains_key(request_id)
    }

    /// Records an outcome. Only the first of an invocation counts.
    pub(super) fn end(&self, request_id: &str, outcome: Outcome) {
        let awaited = self.known().awaited.remove(request_id);
        if let Some(awaited) = awaited {
            awaited.end(outcome);
        }
    }

    /// Records the start. Only the first counts.
    pub(super) fn set_start(&self, start: Start) {
        self.known().start.get_or_insert(start);
        self.has_started.notify_all();
    }

    pub(super) fn wait_for_start(&self) -> Start {
        let known = self.known();
        let waited = self.has_started.wait_while(known, |it| it.start.is_none());
        let known = waited.unwrap_or_else(PoisonError::into_inner);
        known.start.clone().expect("it has been waited for")
    }

    pub(super) fn process_has_ended(&self, how: &str) {
        self.set_start(Start::Ended(how.to_owned()));
        let mut known = self.known();
        known.ended = Some(how.to_owned());
        for (_, awaited) in known.awaited.drain() {
            awaited.end(Outcome::Ended(how.to_owned()));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
