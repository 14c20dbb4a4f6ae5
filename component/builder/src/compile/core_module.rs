//! Builds a core module with a separate cargo process: the component's, or that of a guest of the tests.

use std::error::Error;
use std::fs;

use super::Build;
use super::paths::Paths;
use super::toolchain::{TARGET, Toolchain};

const PACKAGE: &str = "rds-bridge-component";
const GUESTS: &str = "rds-bridge-test-guests";
const PROFILE: &str = "component";

pub(super) fn build(
    toolchain: &Toolchain,
    paths: &Paths,
    build: Build,
) -> Result<Vec<u8>, Box<dyn Error>> {
    // This component is optimised for size, also in the packages whose opt-level the profile sets separately.
    let settings = match build {
        Build::Whole => &[][..],
        Build::Client => &["package.'*'.", "package.percent-encoding."],
    };
    let settings = settings
        .iter()
        .map(|setting| format!("profile.component.{setting}opt-level=\"z\""));
    compile(
        toolchain,
        paths,
        PACKAGE,
        build.features(),
        settings.collect(),
    )
}

pub(super) fn build_guest(
    toolchain: &Toolchain,
    paths: &Paths,
    feature: &str,
) -> Result<Vec<u8>, Box<dyn Error>> {
    compile(toolchain, paths, GUESTS, feature, Vec::new())
}

fn compile(
    toolchain: &Toolchain,
    paths: &Paths,
    package: &str,
    features: &str,
    settings: Vec<String>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let target_dir = paths.target_dir.join("wasm-component");
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(&paths.workspace)
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["-p", package, "--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .args(toolchain.build_std())
        .args(["--no-default-features", "--features", features])
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(paths).join("\u{1f}"));
    for setting in settings {
        cargo.args(["--config", &setting]);
    }

    let output = cargo.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cannot build {package}:\n\n{errors}").into());
    }
    let module = package.replace('-', "_");
    let path = target_dir
        .join(TARGET)
        .join(PROFILE)
        .join(format!("{module}.wasm"));
    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A sixteenth of the default, because the host wipes the stack after every use. The linker places the stack at the
/// beginning of the memory, so that an overflow traps and overwrites nothing.
const STACK_BYTES: u32 = 64 << 10;

/// The compiler's flags: no randomness, and no paths of this machine in the component's bytes.
fn rustflags(paths: &Paths) -> Vec<String> {
    let flags = [
        r#"--cfg=getrandom_backend="unsupported""#.to_owned(),
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        // SIMD is part of WebAssembly 2.0, which every runtime with components supports. With it, a signature takes a
        // sixth less time, and the component is 17 KB smaller.
        "-Ctarget-feature=+simd128".to_owned(),
    ];
    flags.into_iter().chain(paths.remap_flags()).collect()
}
