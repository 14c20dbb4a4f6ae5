//! A cold start: from the process's start to its first answer.

use std::time::Duration;

use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;

use super::{EVENT, Function, check};
use crate::running_process::cpu;

pub struct Cold {
    /// Until it asked for its first event: it is connected by then.
    pub ready: Duration,
    /// Until its first answer.
    pub answer: Duration,
    /// What it took of the processor until then.
    pub cpu: Duration,
}

/// Its event is there before it is.
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
