//! The component's machine code, compiled when this crate was built.
//!
//! Where it can, it lies among the program's own code: the processor may run it and nobody can write to it.
//! So it is neither copied nor made executable at the start, which took a millisecond, and the process needs
//! no way to make memory executable. Wasmtime knows code by its address: that is for the first engine of
//! the process, and any further one runs a copy.

use wasmtime::component::Component;
use wasmtime::{Config, Engine, Result};

/// Which code an engine is going to run.
pub(super) enum MachineCode {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    AmongTheProgramsOwn,
    Copy,
}

impl MachineCode {
    /// Chooses, and says so in the engine's settings.
    pub(super) fn choose(config: &mut Config) -> Self {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        if in_place::take() {
            config.with_custom_code_memory(Some(std::sync::Arc::new(in_place::IsExecutable)));
            return Self::AmongTheProgramsOwn;
        }
        // Wasmtime's default: memory of its own, made executable.
        config.with_custom_code_memory(None);
        Self::Copy
    }

    #[expect(
        unsafe_code,
        reason = "machine code is run as it is: it must come from Wasmtime's own compiler, unchanged"
    )]
    pub(super) fn load(self, engine: &Engine) -> Result<Component> {
        // SAFETY: the bytes are what the build script of this crate got from `precompile_component`, and
        // are part of the program, as immutable and as lasting as its own code. Wasmtime checks that they
        // were made by its own version, with settings that fit this engine.
        unsafe {
            match self {
                #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
                Self::AmongTheProgramsOwn => {
                    Component::deserialize_raw(engine, in_place::machine_code())
                }
                Self::Copy => Component::deserialize(engine, bytes()),
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn bytes() -> &'static [u8] {
    in_place::bytes()
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn bytes() -> &'static [u8] {
    include_bytes!(concat!(env!("OUT_DIR"), "/component.cwasm"))
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod in_place {
    use std::ptr::NonNull;
    use std::sync::atomic::{AtomicBool, Ordering};

    use wasmtime::{CustomCodeMemory, Result};

    const LENGTH: usize = include_bytes!(concat!(env!("OUT_DIR"), "/component.cwasm")).len();

    /// Every processor's pages are a multiple of it.
    #[repr(C, align(4096))]
    struct PageAligned<T>(T);

    #[expect(
        unsafe_code,
        reason = "the linker puts it where code is, which is what it is"
    )]
    #[cfg_attr(
        not(target_vendor = "apple"),
        unsafe(link_section = ".text.rds_bridge_component")
    )]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__TEXT,__rds_bridge"))]
    static MACHINE_CODE: PageAligned<[u8; LENGTH]> = PageAligned(*include_bytes!(concat!(
        env!("OUT_DIR"),
        "/component.cwasm"
    )));

    static IS_TAKEN: AtomicBool = AtomicBool::new(false);

    /// Whether it is the caller's, for good: engines outlive what could tell that they are gone.
    pub(super) fn take() -> bool {
        !IS_TAKEN.swap(true, Ordering::Relaxed) && is_executable()
    }

    pub(super) fn bytes() -> &'static [u8] {
        &MACHINE_CODE.0
    }

    pub(super) fn machine_code() -> NonNull<[u8]> {
        NonNull::from(bytes())
    }

    /// A linker script may have put it elsewhere: then a copy is run.
    #[cfg(not(target_vendor = "apple"))]
    fn is_executable() -> bool {
        super::super::segments::is_executable(bytes())
    }

    /// Its segment is named above.
    #[cfg(target_vendor = "apple")]
    fn is_executable() -> bool {
        true
    }

    #[cfg(test)]
    #[test]
    fn the_linker_puts_it_among_the_code() {
        assert!(is_executable());
    }

    /// There is nothing to do to make it so.
    pub(super) struct IsExecutable;

    impl CustomCodeMemory for IsExecutable {
        fn required_alignment(&self) -> usize {
            1
        }

        fn publish_executable(&self, _code: *const u8, _length: usize) -> Result<()> {
            Ok(())
        }

        fn unpublish_executable(&self, _code: *const u8, _length: usize) -> Result<()> {
            Ok(())
        }
    }
}
