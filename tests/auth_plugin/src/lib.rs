//! `AWSAuthenticationPlugin` for MySQL and MariaDB: what RDS has built in, for a server of the tests' own.
//!
//! **A test fixture, never shipped.** With it RDS's own DDL works to the letter:
//!
//! ```sql
//! CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL
//! ```
//!
//! One library serves both: each server looks for symbols of its own, in `my_sql` and `maria_db`.
//!
//! It asks the client for `mysql_clear_password`, and judges the token that comes by the settings in
//! the file that the environment variable `AWS_AUTHENTICATION_PLUGIN_SETTINGS` of the server names.
//! The client hears 1045 and nothing else, as with RDS; the true reason goes into the server's error
//! log, and the token goes nowhere.

mod abi;
mod authenticate;
mod judge;
mod maria_db;
mod my_sql;
mod rate;
mod settings;
