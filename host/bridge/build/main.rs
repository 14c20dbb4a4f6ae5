//! Builds the component, and precompiles it for the target: the host embeds both.
//!
//! 1. A nested cargo builds the core module (`core_module`), with the Rust that can (`toolchain`).
//! 2. wit-component turns it into a component.
//! 3. Cranelift compiles that to machine code, which the host only has to map.
//!
//! `RDS_BRIDGE_COMPONENT` may name a component built elsewhere; then there is no step 1 and 2.

mod component_names;
mod core_module;
mod toolchain;

#[path = "../src/component/engine_config.rs"]
mod engine_config;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

/// What every x86-64 processor has had since 2009 (x86-64-v2 of the System V ABI). Without SSSE3 the
/// vector instructions of the hash become calls, and a signature takes four times as long.
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
        // Cargo shows what a failed build script has printed; a panic's backtrace would hide it.
        eprintln!("\n{error}\n");
        std::process::exit(1);
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let out_dir = PathBuf::from(variable("OUT_DIR")?);

    println!("cargo::rerun-if-env-changed={COMPONENT_VARIABLE}");
    let component = match env::var_os(COMPONENT_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => given(Path::new(&path))?,
        None => componentize(&core_module::build(&out_dir)?)?,
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

fn componentize(core_module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let encoder = wit_component::ComponentEncoder::default().validate(true);
    let component = encoder.module(core_module)?.encode()?;
    Ok(component_names::strip(&component).ok_or("the component that was made is not one")?)
}

fn precompile(component: &[u8], target: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut config = engine_config::engine_config();
    // Named even where it is the host's own: otherwise the code would ask for this machine's CPU.
    config.target(target)?;
    if target.starts_with("x86_64") {
        for feature in X86_64_V2 {
            #[expect(
                unsafe_code,
                reason = "Cranelift's flags can make code that the CPU does not know"
            )]
            // SAFETY: the host that loads the code compares its CPU with these, and refuses without.
            unsafe {
                config.cranelift_flag_enable(feature)
            };
        }
    }
    let engine = wasmtime::Engine::new(&config)?;
    Ok(engine.precompile_component(component)?)
}
