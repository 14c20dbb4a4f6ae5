//! Builds the component's core module with a nested cargo.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::toolchain::{TARGET, Toolchain};

const PACKAGE: &str = "rds-bridge-component";
const PROFILE: &str = "component";

pub(crate) fn build(out_dir: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let manifest_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    // host/bridge
    let workspace = manifest_dir
        .ancestors()
        .nth(2)
        .ok_or("the host is not in a workspace")?;
    for source in [
        "component/src",
        "component/Cargo.toml",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
    ] {
        let source = workspace.join(source);
        println!("cargo::rerun-if-changed={}", source.display());
    }

    // <target>/<profile>/build/<package>/out
    let target_dir = out_dir.ancestors().nth(4).unwrap_or(out_dir);
    let target_dir = target_dir.join("wasm-component");
    let toolchain = Toolchain::find()?;
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(workspace)
        .args(["rustc", "--locked", "--lib", "--crate-type", "cdylib"])
        .args(["-p", PACKAGE, "--profile", PROFILE, "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .args(toolchain.build_std())
        .arg("--no-default-features")
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace, &toolchain));
    if env::var_os("CARGO_FEATURE_CLIENT_ED25519").is_some() {
        cargo.args(["--features", "client_ed25519"]);
    } else {
        // Who leaves a method out does so for the size.
        for setting in ["", "package.percent-encoding."] {
            cargo.arg("--config");
            cargo.arg(format!("profile.component.{setting}opt-level=\"z\""));
        }
    }

    let output = cargo.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("The component does not build:\n\n{errors}").into());
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
fn rustflags(workspace: &Path, toolchain: &Toolchain) -> String {
    let mut flags = vec![
        r#"--cfg=getrandom_backend="unsupported""#.to_owned(),
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        // Of WebAssembly 2.0, which every runtime with components has: a signature takes a sixth less
        // time, and the component has 17 KB less.
        "-Ctarget-feature=+simd128".to_owned(),
    ];
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    if let Some(cargo_home) = cargo_home.or(home) {
        flags.push(remap(&cargo_home, "/cargo"));
    }
    flags.push(remap(workspace, "/rds-bridge"));
    if let Some(sysroot) = toolchain.sysroot() {
        flags.push(remap(&sysroot, "/rustc"));
    }
    flags.join("\u{1f}")
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}
