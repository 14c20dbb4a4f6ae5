//! Finds a Rust toolchain that can build for `wasm32-unknown-unknown`: the one in use, or else Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STANDARD_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/std";

const NEITHER: &str = "\
No Rust toolchain here can build the component, which is WebAssembly: the standard library for
wasm32-unknown-unknown is missing. Install it by one of these:

    rustup target add wasm32-unknown-unknown
    apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-22

The second is for Debian and requires root. ./just component runs the one that fits this machine.";

/// A toolchain that can build for [`TARGET`].
pub(super) enum Toolchain {
    /// The toolchain in use, which has the target's standard library.
    InUse { cargo: PathBuf, rustc: PathBuf },
    /// Debian's `rustc-web`, which builds the standard library from its own sources.
    Debian { wasm_ld: String },
}

impl Toolchain {
    /// Finds the toolchain in use if it has the target's standard library, or else Debian's. The error says what to
    /// install.
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

    /// A cargo command that uses this toolchain's compiler. Add [`Self::build_std`] to its arguments.
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
                    // Debian has no compiled standard library for the target. This variable allows `-Z build-std`,
                    // which compiles it, with a stable toolchain.
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", wasm_ld);
                command
            }
        }
    }

    /// The versions of the tools that determine the component's bytes.
    pub(super) fn identity(&self) -> Result<Vec<String>, String> {
        let version = stdout_of(self.rustc(), &["-vV"])?;
        // The binary's name is irrelevant, and the first line contains the date and the release too.
        let repeated = ["binary: ", "commit-date: ", "release: "];
        let is_new = |line: &&str| !repeated.iter().any(|start| line.starts_with(start));
        let mut identity: Vec<String> = version.lines().filter(is_new).map(Into::into).collect();
        let cargo = match self {
            Self::InUse { cargo, .. } => cargo.as_path(),
            Self::Debian { .. } => Path::new(DEBIAN_CARGO),
        };
        identity.push(stdout_of(cargo, &["--version"])?);
        identity.push(match self {
            Self::InUse { .. } => "its own linker and standard library".to_owned(),
            Self::Debian { wasm_ld } => format!(
                "{}, standard library from source",
                stdout_of(Path::new(wasm_ld), &["--version"])?
            ),
        });
        Ok(identity)
    }

    /// The path at which the toolchain installs the sources of its standard library.
    pub(super) fn sources(&self) -> Option<PathBuf> {
        let sysroot = stdout_of(self.rustc(), &["--print", "sysroot"]).ok()?;
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

/// Runs a program and returns what it prints to its standard output, without surrounding white space.
fn stdout_of(program: &Path, arguments: &[&str]) -> Result<String, String> {
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

/// Whether the compiler is not older than the workspace's `rust-version`. Debian's package `rustc` is years older than
/// `rustc-web`, and installs to the same path.
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

/// Debian's linkers have the LLVM release in their names.
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

/// Removes the variables that the outer cargo sets for the compilers it starts: they are not meant for another build,
/// and would change the component's bytes. The user's settings for the network and the registries are kept.
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
