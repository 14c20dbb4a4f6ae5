//! The component's machine code, compiled when this crate was built.
//!
//! Where it can, it lies among the program's own code: the processor may run it and nobody can write to it.
//! So it is neither copied nor made executable at the start, which was a third of a millisecond, and the
//! process needs no way to make memory executable at all.

use wasmtime::component::Component;
use wasmtime::{Config, Engine, Result};

pub(super) use place::{load, prepare};

const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/component.cwasm"));

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod place {
    use std::ptr::NonNull;
    use std::sync::Arc;

    use wasmtime::CustomCodeMemory;

    use super::{BYTES, Component, Config, Engine, Result};

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
    static MACHINE_CODE: PageAligned<[u8; BYTES.len()]> = PageAligned(*include_bytes!(concat!(
        env!("OUT_DIR"),
        "/component.cwasm"
    )));

    /// The code is executable already.
    struct AmongTheProgramsOwn;

    impl CustomCodeMemory for AmongTheProgramsOwn {
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

    /// Settings of the engine that runs it, and no other code.
    pub(in super::super) fn prepare(config: &mut Config) {
        config.with_custom_code_memory(Some(Arc::new(AmongTheProgramsOwn)));
    }

    #[expect(
        unsafe_code,
        reason = "machine code is run as it is: it must come from Wasmtime's own compiler, unchanged"
    )]
    pub(in super::super) fn load(engine: &Engine) -> Result<Component> {
        let code = NonNull::from(MACHINE_CODE.0.as_slice());
        // SAFETY: the bytes are what the build script of this crate got from `precompile_component`, and
        // are part of the program, as immutable and as lasting as its own code. Wasmtime checks that they
        // were made by its own version, with settings that fit this engine.
        unsafe { Component::deserialize_raw(engine, code) }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod place {
    use super::{BYTES, Component, Config, Engine, Result};

    pub(in super::super) fn prepare(_config: &mut Config) {}

    #[expect(
        unsafe_code,
        reason = "machine code is run as it is: it must come from Wasmtime's own compiler, unchanged"
    )]
    pub(in super::super) fn load(engine: &Engine) -> Result<Component> {
        // SAFETY: the bytes are what the build script of this crate got from `precompile_component`, and
        // are part of the program. Wasmtime checks that they were made by its own version, with settings
        // that fit this engine.
        unsafe { Component::deserialize(engine, BYTES) }
    }
}
