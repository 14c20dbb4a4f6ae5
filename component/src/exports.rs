//! The component's exports. Only this module uses wit-bindgen.
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
#[cfg(feature = "server_handshake")]
mod server_handshake;

#[cfg(feature = "server_handshake")]
wit_bindgen::generate!({
    path: "wit",
    world: "bridge",
});

#[cfg(not(feature = "server_handshake"))]
wit_bindgen::generate!({
    path: "wit",
    world: "client",
});

struct Component;

// Only for WebAssembly: native linkers reject the `:` in the exports' names when a shared library contains this crate.
#[cfg(target_family = "wasm")]
export!(Component);

/// Converts a length or an offset to the contract's `u32`.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
