//! The heap: an arena inside the component's initial linear memory.
//!
//! Rust's default allocator for WebAssembly grows the memory at its first allocation. The host then changes the page
//! protection of every instance, and again when the instance's memory is reused. With many threads, these system calls
//! wait for each other. Initial memory that is not touched costs nothing.

use std::mem::MaybeUninit;

use talc::wasm::{WasmArenaTalc, new_wasm_arena_allocator};

/// The heap's size: the host's limit of 4 MiB without the stack and the static data.
const BYTES: usize = 3_584 << 10;

#[global_allocator]
static HEAP: WasmArenaTalc = {
    static mut ARENA: [MaybeUninit<u8>; BYTES] = [MaybeUninit::uninit(); BYTES];
    // SAFETY: `ARENA` is only visible in this block, so only the allocator accesses it.
    unsafe { new_wasm_arena_allocator(&raw mut ARENA) }
};
