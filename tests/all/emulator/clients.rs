//! Third-party clients, and rds-bridge's own, with the emulator: accepted, or refused for the right reason.

mod mariadb;
mod mysql2;
mod mysql_async;
mod our_own;
mod pymysql;
