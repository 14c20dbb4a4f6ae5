//! Guests of `rds:mysql@0.3.0`, whose functions are asynchronous.

mod at_once;
mod limits;
mod streams;
mod transactions;
mod values;
