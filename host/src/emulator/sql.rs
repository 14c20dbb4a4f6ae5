//! From what MySQL clients send to what SQLite executes.
//!
//! | seen to | |
//! |---|---|
//! | strings | backslash escapes, double quotes, `_binary'…'`, `0x…`, `x'…'` |
//! | comments | `#` and `-- ` to the line's end, `/* … */` |
//! | names | backticks, and the database's name before a table's |
//! | `CREATE TABLE` | as `mysqldump` writes it: `AUTO_INCREMENT`, `ENUM`, keys, `COLLATE`, `ENGINE=…` |
//! | sessions | `SET …`, `USE`, `START TRANSACTION`, `COMMIT`, `ROLLBACK`, `KILL`, `@@variables` |
//! | `SHOW` | `TABLES`, `DATABASES`, `VARIABLES LIKE`, `WARNINGS`, `COLUMNS FROM`, and `DESCRIBE` |
//! | functions | `NOW`, `DATABASE`, `VERSION`, `USER`, `CONNECTION_ID`, `LAST_INSERT_ID`, `SLEEP` and few more |
//!
//! What is not listed is SQLite's.

mod create_table;
mod lexer;
mod plan;
mod statement;
mod variables;

pub(super) use plan::{Context, Plan, plan};
pub(super) use statement::{Statement, line_of, split};
