//! A cold start: from the start of the process to its first answer.

use std::time::Duration;

use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;

use super::{EVENT, Function, check};
use crate::running_process::cpu;

pub struct Cold {
    /// The time until it polled for its first event. It is connected by then.
    pub ready: Duration,
    /// The time until its first answer.
    pub answer: Duration,
    /// The CPU time until then.
    pub cpu: Duration,
}

/// Starts a function and measures it. The event is queued before the function polls for it.
pub fn start(function: &Function) -> Cold {
    let process = function.start();
    let invocation = process.start_invocation(EVENT, LONGEST_TIMEOUT);
    let ready_at = process.wait_for_start().ready_at();
    let answer = invocation.wait_for_answer();
    let cpu = cpu(process.id());
    check(&answer.outcome.response());
    let begun = process.started_at();
    Cold {
        ready: ready_at - begun,
        answer: answer.at - begun,
        cpu,
    }
}
