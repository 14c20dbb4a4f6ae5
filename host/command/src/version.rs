//! `rds-bridge version` and `--version`: what a bug report needs to name a build.

use std::sync::LazyLock;

use super::error::Error;
use super::output;
use rds_bridge::component::{COMPONENT, COMPONENT_SHA256};

/// The Cargo features that change what the command can do.
const FEATURES: [(&str, bool); 8] = [
    ("arrow", cfg!(feature = "arrow")),
    ("client_ed25519", cfg!(feature = "client_ed25519")),
    ("emulator", cfg!(feature = "emulator")),
    ("gateway", cfg!(feature = "gateway")),
    ("login", cfg!(feature = "login")),
    ("parquet", cfg!(feature = "parquet")),
    ("proxy", cfg!(feature = "proxy")),
    ("secrets-manager", cfg!(feature = "secrets-manager")),
];

/// The version, the features and the component, one on each line.
pub(super) fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let features = FEATURES.iter().filter(|(_, is_built_in)| *is_built_in);
        let features: Vec<&str> = features.map(|(name, _)| *name).collect();
        let features = match features.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        format!(
            "{}\nfeatures: {features}\ncomponent: {} bytes, SHA-256 {COMPONENT_SHA256}",
            env!("CARGO_PKG_VERSION"),
            COMPONENT.len()
        )
    });
    &LONG
}

pub(super) fn run() -> Result<(), Error> {
    output::print_line(&format!("rds-bridge {}", long()))
}
