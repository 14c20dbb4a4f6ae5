//! The component as bytes, built from this crate's source. A program can embed it without a WebAssembly toolchain.

/// The component with every authentication method and both sides of the handshake: package `rds:bridge@0.2.0`, world
/// `bridge`.
pub const COMPONENT: &[u8] = include_bytes!("../built/rds_bridge.wasm");

/// The component without MariaDB's `client_ed25519` and without the server's side of the handshake, optimised for size:
/// package `rds:bridge@0.2.0`, world `client`.
pub const CLIENT_COMPONENT: &[u8] = include_bytes!("../built/rds_bridge_client.wasm");

/// The record of the build, as JSON: the SHA-256 of both components, the compiler, the version of wit-component, and
/// the SHA-256 of every source that determines their bytes.
pub const RECORD: &str = include_str!("../built/built.json");

#[cfg(all(test, feature = "source"))]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_record_is_of_these_bytes() {
        for (name, bytes) in [
            ("rds_bridge.wasm", COMPONENT),
            ("rds_bridge_client.wasm", CLIENT_COMPONENT),
        ] {
            let sha256 = hex::encode(Sha256::digest(bytes));
            let entry = format!("\"{name}\": \"{sha256}\"");
            assert!(RECORD.contains(&entry), "{entry} is not in {RECORD}");
        }
    }
}
