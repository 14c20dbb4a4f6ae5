//! `AWSAuthenticationPlugin` for MySQL and MariaDB: the plugin that RDS has built in, for the servers of tests.
//!
//! **A test fixture, never shipped.** RDS's DDL works unchanged with it:
//!
//! ```sql
//! CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL
//! ```
//!
//! One library serves both products: each server looks up symbols of its own, in `my_sql` and `maria_db`.
//!
//! The plugin requests `mysql_clear_password` from the client. It checks the token against the settings in the file
//! that the server's environment variable `AWS_AUTHENTICATION_PLUGIN_SETTINGS` names. As with RDS, the client receives
//! only error 1045. The reason is written to the server's error log, and the token is not written anywhere.

mod abi;
mod authenticate;
mod judge;
mod maria_db;
mod my_sql;
mod rate;
mod settings;
