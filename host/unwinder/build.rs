//! Checks whether the C compiler has the panic unwinder as an archive.

use std::env;
use std::path::Path;
use std::process::Command;

const ARCHIVE: &str = "libgcc_eh.a";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(unwinder_within)");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if is_for(&[("OS", "linux"), ("ENV", "gnu")])
        && env::var("HOST") == env::var("TARGET")
        && has_archive()
    {
        println!("cargo::rustc-cfg=unwinder_within");
    }
}

fn is_for(target: &[(&str, &str)]) -> bool {
    let mut all = target.iter();
    all.all(|(name, value)| env::var(format!("CARGO_CFG_TARGET_{name}")).as_deref() == Ok(value))
}

/// Queries only the default C compiler, because another linker may not accept the archive. For a file that it does not
/// have, the compiler prints the bare name.
fn has_archive() -> bool {
    if env::var_os("RUSTC_LINKER").is_some() {
        return false;
    }
    let asked = Command::new("cc")
        .arg(format!("-print-file-name={ARCHIVE}"))
        .output();
    asked.is_ok_and(|answer| {
        let path = String::from_utf8_lossy(&answer.stdout);
        answer.status.success() && Path::new(path.trim_end()).is_absolute()
    })
}
