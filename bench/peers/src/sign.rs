//! Tokens, as those sign who do not use ours.

pub mod by_hand;
pub mod sdk;
