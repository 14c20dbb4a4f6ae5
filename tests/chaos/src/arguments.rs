//! The program's arguments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::faults::Fault;

/// How to call the program.
pub(crate) const USAGE: &str = "usage: chaos [--minutes N | --seconds N] [--seed N] [--fault NAME], chaos --black-hole SECONDS, or chaos --check";

/// How long the faults last, and which they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) time: Duration,
    pub(crate) seed: u64,
    /// The only fault, by the name that the program prints.
    pub(crate) fault: Option<Fault>,
}

impl Arguments {
    /// Reads the arguments. `None` if they are wrong.
    pub(crate) fn read(words: &[String]) -> Option<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let mut arguments = Self {
            time: Duration::from_mins(60),
            seed: now.as_secs(),
            fault: None,
        };
        for pair in words.chunks(2) {
            let [name, value] = pair else { return None };
            if name == "--fault" {
                let mut faults = Fault::ALL.into_iter();
                arguments.fault = Some(faults.find(|it| it.name() == value)?);
                continue;
            }
            let value = value.parse().ok()?;
            match name.as_str() {
                "--minutes" => arguments.time = Duration::from_mins(value),
                "--seconds" => arguments.time = Duration::from_secs(value),
                "--seed" => arguments.seed = value,
                _ => return None,
            }
        }
        Some(arguments)
    }

    /// The short form, of the tests, has short faults.
    pub(crate) fn longest_fault(self) -> Duration {
        if self.time < Duration::from_mins(5) {
            Duration::from_secs(2)
        } else {
            Duration::from_secs(20)
        }
    }
}
