//! HTTP servers as processes of their own, and a client that keeps its connection: the gateway, and its peers.

pub mod client;
pub mod point_selects;
mod program;
pub mod streams;

pub use program::Program;
