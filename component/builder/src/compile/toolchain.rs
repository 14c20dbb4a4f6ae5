//! Which Rust can build for `wasm32-unknown-unknown`: the one in use, or else Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STANDARD_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std";

const NEITHER: &str = "\
The component is WebAssembly, and no Rust here can build it: there is no standard library for
wasm32-unknown-unknown. Either one of these installs what is missing:

    rustup target add wasm32-unknown-unknown
    apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22

The second is for Debian and needs root. ./just component does the one that fits this machine.";

/// A Rust that can.
pub(super) enum Toolchain {
    /// The one in use has the target's standard library.
    InUse { cargo: PathBuf, rustc: PathBuf },
    /// Debian's `rustc-web`, which builds the standard library from its own sources.
    Debian { wasm_ld: String },
}

impl Toolchain {
    /// The one in use if it can, else Debian's, else what to install.
    pub(super) fn find() -> Result<Self, String> {
        let rustc = PathBuf::from(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        if has_standard_library(&rustc) {
            let cargo = env::var_os("CARGO")
                .unwrap_or_else(|| "cargo".into())
                .into();
            return Ok(Self::InUse { cargo, rustc });
        }
        let is_there = |path| Path::new(path).exists();
        match newest_wasm_ld() {
            Some(wasm_ld)
                if is_there(DEBIAN_CARGO)
                    && is_there(DEBIAN_STANDARD_LIBRARY)
                    && is_new_enough(Path::new(DEBIAN_RUSTC)) =>
            {
                Ok(Self::Debian { wasm_ld })
            }
            Some(_) | None => Err(NEITHER.to_owned()),
        }
    }

    /// Its cargo, told which compiler to use; [`Self::build_std`] goes with its arguments.
    pub(super) fn cargo(&self) -> Command {
        match self {
            Self::InUse { cargo, rustc } => {
                let mut command = Command::new(cargo);
                clean_environment(&mut command);
                command.env("RUSTC", rustc);
                command
            }
            Self::Debian { wasm_ld } => {
                let mut command = Command::new(DEBIAN_CARGO);
                clean_environment(&mut command);
                command
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env("RUSTC", DEBIAN_RUSTC)
                    // Debian has no standard library for the target: it is built, with `-Z build-std`.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", wasm_ld);
                command
            }
        }
    }

    /// What it is, as far as it can change the bytes that it builds.
    pub(super) fn identity(&self) -> Result<Vec<String>, String> {
        let version = said_by(self.rustc(), &["-vV"])?;
        // The name of the program, and the day that is in the first line too.
        let repeated = ["binary: ", "commit-date: ", "release: "];
        let is_new = |line: &&str| !repeated.iter().any(|start| line.starts_with(start));
        let mut identity: Vec<String> = version.lines().filter(is_new).map(Into::into).collect();
        let cargo = match self {
            Self::InUse { cargo, .. } => cargo.as_path(),
            Self::Debian { .. } => Path::new(DEBIAN_CARGO),
        };
        identity.push(said_by(cargo, &["--version"])?);
        identity.push(match self {
            Self::InUse { .. } => "its own linker and standard library".to_owned(),
            Self::Debian { wasm_ld } => format!(
                "{}, standard library from source",
                said_by(Path::new(wasm_ld), &["--version"])?
            ),
        });
        Ok(identity)
    }

    /// Where its standard library's sources are, if it has them.
    pub(super) fn sources(&self) -> Option<PathBuf> {
        let sysroot = said_by(self.rustc(), &["--print", "sysroot"]).ok()?;
        Some(PathBuf::from(sysroot).join("lib/rustlib/src/rust"))
    }

    fn rustc(&self) -> &Path {
        match self {
            Self::InUse { rustc, .. } => rustc,
            Self::Debian { .. } => Path::new(DEBIAN_RUSTC),
        }
    }

    pub(super) fn build_std(&self) -> &'static [&'static str] {
        match self {
            Self::InUse { .. } => &[],
            Self::Debian { .. } => &["-Z", "build-std=std,panic_abort"],
        }
    }
}

fn said_by(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn has_standard_library(rustc: &Path) -> bool {
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let Ok(output) = output else {
        return false;
    };
    let directory = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with("libstd-"))
}

/// Debian's other Rust, `rustc`, is years older than `rustc-web`, and has the same path.
fn is_new_enough(rustc: &Path) -> bool {
    let minor = |version: &str| version.split('.').nth(1)?.parse::<u32>().ok();
    let Ok(output) = Command::new(rustc).arg("--version").output() else {
        return false;
    };
    // `rustc 1.96.0 (…)`
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let own = text.split(' ').nth(1).and_then(minor);
    own >= minor(env!("CARGO_PKG_RUST_VERSION")) && own.is_some()
}

/// Debian's linkers are named for the release of LLVM that they are of.
fn newest_wasm_ld() -> Option<String> {
    let releases = fs::read_dir("/usr/bin")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix("wasm-ld-")?.parse::<u32>().ok()
        });
    releases.max().map(|release| format!("wasm-ld-{release}"))
}

/// What the outer cargo says to the compilers it starts is not meant for another build, and would
/// change the component's bytes. What the user says of the network and the registries stays.
fn clean_environment(command: &mut Command) {
    const LEAKS: [&str; 11] = [
        "TARGET",
        "HOST",
        "OUT_DIR",
        "PROFILE",
        "DEBUG",
        "OPT_LEVEL",
        "NUM_JOBS",
        "LD_LIBRARY_PATH",
        "RUSTFLAGS",
        "RUSTC_BOOTSTRAP",
        "RUST_TARGET_PATH",
    ];
    const LEAKING_PREFIXES: [&str; 4] = ["CARGO", "RUSTC", "RUSTDOC", "DEP_"];
    const KEPT: [&str; 3] = ["CARGO_HOME", "CARGO_MAKEFLAGS", "CARGO_TERM_COLOR"];
    const KEPT_PREFIXES: [&str; 4] = [
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
    ];

    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let begins_with = |prefixes: &[&str]| prefixes.iter().any(|p| text.starts_with(p));
        let kept = KEPT.contains(&&*text) || begins_with(&KEPT_PREFIXES);
        if LEAKS.contains(&&*text) || (begins_with(&LEAKING_PREFIXES) && !kept) {
            command.env_remove(&name);
        }
    }
}
