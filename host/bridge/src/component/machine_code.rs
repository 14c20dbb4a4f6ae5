//! The component's machine code, compiled when this crate was built.
//!
//! On Linux, Android and Apple systems it is linked into the program's own code section, which is executable and
//! read-only. It is then neither copied nor made executable at the start, which saves a millisecond, and the process
//! needs no permission to make memory executable. Wasmtime identifies code by its address, so only the first engine of
//! the process can use it in place; any further engine runs a copy.

use wasmtime::component::Component;
use wasmtime::{Config, Engine, Result};

/// The machine code that an engine runs.
pub(super) enum MachineCode {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    AmongTheProgramsOwn,
    Copy,
}

impl MachineCode {
    /// Chooses the code in place if it is free, else a copy, and configures the engine accordingly.
    pub(super) fn choose(config: &mut Config) -> Self {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        if in_place::take() {
            config.with_custom_code_memory(Some(std::sync::Arc::new(in_place::IsExecutable)));
            return Self::AmongTheProgramsOwn;
        }
        // Wasmtime's default: it copies the code and makes the copy executable.
        config.with_custom_code_memory(None);
        Self::Copy
    }

    #[expect(
        unsafe_code,
        reason = "machine code runs unchecked: it must come unchanged from Wasmtime's own compiler"
    )]
    pub(super) fn load(self, engine: &Engine) -> Result<Component> {
        // SAFETY: the build script of this crate got the bytes from `precompile_component`. They are a part of the
        // program, which is never changed or unloaded while it runs. Wasmtime checks that its own version compiled
        // them, with settings that are compatible with this engine.
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

    /// Aligned to 4 KiB, the smallest page size of the supported processors.
    #[repr(C, align(4096))]
    struct PageAligned<T>(T);

    #[expect(
        unsafe_code,
        reason = "the section places the machine code among the program's code"
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

    /// Claims the code in place for the caller's engine. It is never released: there is no notice of when an engine
    /// ends.
    pub(super) fn take() -> bool {
        !IS_TAKEN.swap(true, Ordering::Relaxed) && is_executable()
    }

    pub(super) fn bytes() -> &'static [u8] {
        &MACHINE_CODE.0
    }

    pub(super) fn machine_code() -> NonNull<[u8]> {
        NonNull::from(bytes())
    }

    /// Whether the code was loaded into executable memory. If a linker script has moved it elsewhere, a copy is used.
    #[cfg(not(target_vendor = "apple"))]
    fn is_executable() -> bool {
        super::super::segments::is_executable(bytes())
    }

    /// Always true: `link_section` names the executable segment.
    #[cfg(target_vendor = "apple")]
    fn is_executable() -> bool {
        true
    }

    #[cfg(test)]
    #[test]
    fn the_linker_puts_it_among_the_code() {
        assert!(is_executable());
    }

    /// Tells Wasmtime that the code is executable already.
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
