//! The two functions: ours as it is packaged, and the original, in Python. Each at a fake of Lambda's Runtime API
//! of its own, on the same server, with the same environment and the same event.

pub mod cold;
pub mod package;
pub mod warm;

use std::process::Command;

use rds_bridge_test_support::fake_lambda_runtime::Response;
use rds_bridge_test_support::lambda_function::LambdaFunction;

/// It asks for the statement that both have without being told: `SELECT * FROM items`.
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

/// What every answer has to be. A price is a text of ours, since readers round numbers, and a number of the
/// original's.
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
