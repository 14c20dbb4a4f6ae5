//! The heap: a part of the memory that is there from the beginning.
//!
//! Rust's own allocator for WebAssembly asks for more memory at its first allocation. To the host that is
//! a change of page protection for every instance, and another when it is made anew; with many threads
//! they wait for each other. Memory that is there and not touched costs nothing.

use std::mem::MaybeUninit;

use talc::wasm::{WasmArenaTalc, new_wasm_arena_allocator};

/// What the host's limit of 4 MiB leaves beside the stack and the data.
const BYTES: usize = 3_584 << 10;

#[global_allocator]
static HEAP: WasmArenaTalc = {
    static mut ARENA: [MaybeUninit<u8>; BYTES] = [MaybeUninit::uninit(); BYTES];
    // SAFETY: nothing else names it, and so nothing but the allocator uses it.
    unsafe { new_wasm_arena_allocator(&raw mut ARENA) }
};
