//! The two Lambda functions: the packaged one of rds-bridge, and the original in Python. Each has its own fake of
//! Lambda's Runtime API; the server, the event and the environment are the same, except for the endpoint's name.

pub mod cold;
pub mod package;
pub mod warm;

use std::process::Command;

use rds_bridge_test_support::fake_lambda_runtime::Response;
use rds_bridge_test_support::lambda_function::LambdaFunction;

/// It selects the default statement of both functions: `SELECT * FROM items`.
const EVENT: &str = "{}";

/// A function that can be started.
pub struct Function {
    command: Box<dyn Fn() -> Command>,
}

impl Function {
    pub fn new(command: impl Fn() -> Command + 'static) -> Self {
        let command = Box::new(command);
        Self { command }
    }

    fn start(&self) -> LambdaFunction {
        LambdaFunction::start((self.command)())
    }
}

/// Checks an answer. rds-bridge returns a price as a string, because readers of JSON round numbers; the original
/// returns a number.
fn check(response: &Response) {
    let rows = response.json();
    let rows = rows.as_array().expect("rows").iter().map(|row| {
        let price = &row["price"];
        let price = price.as_f64().or_else(|| price.as_str()?.parse().ok());
        (row["id"].as_u64(), row["name"].as_str(), price)
    });
    let expected = [(1, "apple", 1.25), (2, "bread", 3.5), (3, "cheese", 12.0)];
    let expected = expected.map(|(id, name, price)| (Some(id), Some(name), Some(price)));
    assert!(rows.eq(expected), "{response:?}");
}
