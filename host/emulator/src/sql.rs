//! Translation of MySQL's SQL to SQLite's. The answer is the same as MySQL's, or an error that names the emulator.
//!
//! The parser reads a statement in MySQL's grammar and derives the type of each expression. It translates only what is
//! known to have the same result as in MySQL, and refuses everything else by name.
//!
//! | supported | |
//! |---|---|
//! | strings | backslash escapes, double quotes, `'a' 'b'`, `_binary'…'`, `0x…`, `x'…'` |
//! | comments | `#`, `-- `, `/* … */`; the contents of `/*!40101 … */` are executed |
//! | tables | `CREATE TABLE` as `mysqldump` writes it, `DROP`, `TRUNCATE`, `CREATE INDEX` |
//! | `SELECT` | `JOIN … ON`, `WHERE`, `GROUP BY`, `HAVING`, `ORDER BY`, `LIMIT`, `UNION`, `WITH`, subqueries |
//! | changes | `INSERT`, `UPDATE`, `DELETE`, with values that MySQL would store unchanged |
//! | operators | arithmetic, comparisons of values of one type, `LIKE`, `IN`, `BETWEEN`, `CASE`, logic |
//! | text | `utf8mb4_0900_ai_ci`, which ignores case and accents; `utf8mb4_general_ci` and `utf8mb4_bin` for columns |
//! | functions | of text, numbers and dates (`expression/call`), `COUNT`, `SUM`, `AVG`, `MIN`, `MAX` |
//! | sessions | `SET …`, `USE`, transactions, savepoints, `KILL`, `@@variables` |
//! | `SHOW` | `TABLES`, `DATABASES`, `VARIABLES`, `WARNINGS`, `COLUMNS`, with `FULL`, `LIKE` and `WHERE`; `DESCRIBE` |

mod catalog;
mod create_table;
mod expression;
mod kind;
mod lexer;
mod parser;
mod plan;
mod quote;
mod reserved;
mod scope;
mod select;
mod set;
mod show;
mod statement;
mod variables;
mod write;

pub(super) use catalog::Catalog;
pub(super) use create_table::NewTable;
pub(super) use kind::{arguments, fraction_digits};
pub(super) use plan::{Context, Plan, Query, Setting, plan};
pub(super) use quote::name as quoted_name;
pub(super) use statement::{Statement, line_of, split};
pub(super) use write::Write;
