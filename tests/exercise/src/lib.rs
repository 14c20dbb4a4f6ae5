//! Puts any bytes through the parts of the component that read what others wrote, and checks what
//! must always hold. The fuzz targets call this, and so do the ordinary tests.
#![expect(clippy::expect_used, reason = "a test: to panic is how it fails")]

mod driver;
mod handshake;
mod token;

pub use driver::{Event, Transcript, drive};
pub use handshake::{IAM_TOKEN, PASSWORD, config, handshake};
pub use token::{inspect, verify};
