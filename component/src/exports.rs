//! The component's exports: the only code that knows wit-bindgen.
#![cfg_attr(
    target_family = "wasm",
    expect(
        unsafe_code,
        reason = "generated: the canonical ABI passes arguments and results by pointer"
    )
)]

mod handshake;
#[cfg(target_family = "wasm")]
mod heap;
mod presign;

wit_bindgen::generate!({
    path: "wit",
    world: "bridge",
});

struct Component;

// Only there: native linkers refuse the `:` in these names, as soon as a shared library is made of
// this crate.
#[cfg(target_family = "wasm")]
export!(Component);

/// A length or an offset as the contract has it.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
