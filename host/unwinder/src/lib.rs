//! Links the unwinder of panics into a program: a program of a few milliseconds has one shared library less to load.
//!
//! A program names this crate, and calls nothing of it:
//!
//! ```
//! use rds_bridge_unwinder as _;
//! ```
//!
//! Where the C compiler has no archive of the unwinder, the program loads `libgcc_s.so` as any other.

// The linker takes the unwinder from here, and not from `libgcc_s.so`.
#[cfg(unwinder_within)]
#[expect(unsafe_code, reason = "it names an archive, and declares nothing")]
#[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {}
