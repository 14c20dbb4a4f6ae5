//! Links the panic unwinder into a program statically.
//!
//! The program then loads one shared library fewer, which matters if it runs for only a few milliseconds.
//!
//! The program only has to name this crate:
//!
//! ```
//! use rds_bridge_unwinder as _;
//! ```
//!
//! If the C compiler has no archive of the unwinder, the program loads `libgcc_s.so` as usual.

// With this archive, the linker does not need `libgcc_s.so`.
#[cfg(unwinder_within)]
#[expect(
    unsafe_code,
    reason = "the block names an archive and declares nothing"
)]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}
