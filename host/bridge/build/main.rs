//! Compiles the component for the target. The host embeds the component and its machine code.
//!
//! The component is that of the package `rds-bridge-component`, or the file that `RDS_BRIDGE_COMPONENT` names.
//! Cranelift compiles it to machine code, so that the host needs no compiler.

#[path = "../src/component/engine_config.rs"]
mod engine_config;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use rds_bridge_component::built;
use sha2::{Digest, Sha256};

/// The features of x86-64-v2 (System V ABI), which processors have had since 2009. Without SSSE3, the vector
/// instructions of the hash become calls, and a signature takes four times as long.
const X86_64_V2: [&str; 5] = [
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
];

const COMPONENT_VARIABLE: &str = "RDS_BRIDGE_COMPONENT";

fn main() {
    if let Err(error) = build() {
        // Cargo shows the output of a failed build script. A panic's backtrace would obscure the error.
        eprintln!("\n{error}\n");
        std::process::exit(1);
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);

    println!("cargo::rerun-if-env-changed={COMPONENT_VARIABLE}");
    let component = match env::var_os(COMPONENT_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => given(Path::new(&path))?,
        None => in_package().to_owned(),
    };
    let precompiled = precompile(&component, &variable("TARGET")?)?;

    fs::write(out_dir.join("component.wasm"), &component)?;
    fs::write(out_dir.join("component.cwasm"), precompiled)?;
    println!(
        "cargo::rustc-env=RDS_BRIDGE_COMPONENT_SHA256={}",
        hex::encode(Sha256::digest(&component))
    );
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn given(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read(path)
        .map_err(|error| format!("{COMPONENT_VARIABLE} names {}: {error}", path.display()).into())
}

fn in_package() -> &'static [u8] {
    // One component has all parts that can be omitted, the other one has none of them.
    let optional = [
        "CARGO_FEATURE_CLIENT_ED25519",
        "CARGO_FEATURE_SERVER_HANDSHAKE",
    ];
    if optional
        .iter()
        .any(|feature| env::var_os(feature).is_some())
    {
        built::COMPONENT
    } else {
        built::CLIENT_COMPONENT
    }
}

fn precompile(component: &[u8], target: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut config = engine_config::engine_config();
    // Set even if it is the host's own: the default would use all features of the building machine's CPU.
    config.target(target)?;
    if target.starts_with("x86_64") {
        for feature in X86_64_V2 {
            #[expect(
                unsafe_code,
                reason = "Cranelift's flags can enable instructions that the CPU lacks"
            )]
            // SAFETY: the host that loads the code checks that its CPU has these features, and refuses otherwise.
            unsafe {
                config.cranelift_flag_enable(feature)
            };
        }
    }
    let engine = wasmtime::Engine::new(&config)?;
    Ok(engine.precompile_component(component)?)
}
