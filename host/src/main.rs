//! The command `rds-bridge`.

use std::process::ExitCode;

// The linker takes the unwinder from here, and not from `libgcc_s.so`: `build/unwinder.rs` says why.
#[cfg(unwinder_within)]
#[expect(unsafe_code, reason = "it names an archive, and declares nothing")]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}

fn main() -> ExitCode {
    rds_bridge::cli::run()
}
