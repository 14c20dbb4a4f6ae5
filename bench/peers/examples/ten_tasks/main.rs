//! Ten tasks in rds-bridge, mysql_async and sqlx, as docs/ten-tasks.md shows them. They are compiled but not run.
#![expect(dead_code, reason = "the page shows them, but nothing calls them")]

mod mysql_async;
mod ours;
mod sqlx;

fn main() {}
