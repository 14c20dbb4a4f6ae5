//! Builds the component's core module with a cargo of its own.

use std::error::Error;
use std::fs;

use super::Methods;
use super::paths::Paths;
use super::toolchain::{TARGET, Toolchain};

const PACKAGE: &str = "rds-bridge-component";
const PROFILE: &str = "component";

pub(super) fn build(
    toolchain: &Toolchain,
    paths: &Paths,
    methods: Methods,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let target_dir = paths.target_dir.join("wasm-component");
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(&paths.workspace)
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["-p", PACKAGE, "--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .args(toolchain.build_std())
        .args(["--no-default-features", "--features", methods.features()])
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(paths).join("\u{1f}"));
    if methods == Methods::WithoutClientEd25519 {
        // A component without a method is meant to be small.
        for setting in ["", "package.percent-encoding."] {
            cargo.arg("--config");
            cargo.arg(format!("profile.component.{setting}opt-level=\"z\""));
        }
    }

    let output = cargo.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the component does not build:\n\n{errors}").into());
    }
    let module = PACKAGE.replace('-', "_");
    let path = target_dir
        .join(TARGET)
        .join(PROFILE)
        .join(format!("{module}.wasm"));
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A sixteenth of the usual: the host wipes it after every use. The linker puts it first, so that one that
/// is too small traps and overwrites nothing.
const STACK_BYTES: u32 = 64 << 10;

/// No randomness, and no path of this machine in the component's bytes.
fn rustflags(paths: &Paths) -> Vec<String> {
    let flags = [
        r#"--cfg=getrandom_backend="unsupported""#.to_owned(),
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        // Of WebAssembly 2.0, which every runtime with components has: a signature takes a sixth less
        // time, and the component has 17 KB less.
        "-Ctarget-feature=+simd128".to_owned(),
    ];
    flags.into_iter().chain(paths.remap_flags()).collect()
}
