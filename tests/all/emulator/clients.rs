//! Clients that others wrote, and our own, against the emulator: let in, or refused for the right reason.

mod mariadb;
mod mysql2;
mod mysql_async;
mod our_own;
mod pymysql;
