//! Warm invocations: sequential invocations of a process that has started and is connected.

use std::time::Duration;

use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;
use rds_bridge_test_support::lambda_function::LambdaFunction;

use super::{EVENT, Function, check};
use crate::measure::percentile;
use crate::running_process::{cpu, peak_kib};

/// How many invocations precede the measurement.
const FIRST: usize = 200;

pub struct Warm {
    process: LambdaFunction,
}

/// The figures of a block of invocations of one process.
pub struct Block {
    pub p50_microseconds: f64,
    pub p99_microseconds: f64,
    /// The CPU time of each invocation.
    pub cpu_microseconds: f64,
    /// The process's peak memory since its start.
    pub peak_megabytes: f64,
}

impl Warm {
    pub fn start(function: &Function) -> Self {
        let process = function.start();
        let warm = Self { process };
        for _ in 0..FIRST {
            warm.invoke();
        }
        warm
    }

    pub fn block(&self, invocations: usize) -> Block {
        let id = self.process.id();
        let before = cpu(id);
        let mut took: Vec<_> = (0..invocations).map(|_| self.invoke()).collect();
        let cpu = cpu(id) - before;
        Block {
            p50_microseconds: percentile(&mut took, 50),
            p99_microseconds: percentile(&mut took, 99),
            cpu_microseconds: cpu.as_secs_f64() * 1e6 / invocations as f64,
            peak_megabytes: peak_kib(id) as f64 / 1024.0,
        }
    }

    /// Invokes the function. Returns the microseconds between event and answer.
    fn invoke(&self) -> f64 {
        let invocation = self.process.start_invocation(EVENT, LONGEST_TIMEOUT);
        let answer = invocation.wait_for_answer();
        check(&answer.outcome.response());
        Duration::as_secs_f64(&answer.took) * 1e6
    }
}
