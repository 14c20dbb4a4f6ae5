//! Tokens, signed without rds-bridge.

pub mod by_hand;
pub mod sdk;
