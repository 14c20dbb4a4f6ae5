//! WebAssembly guests of the tests, each of which a feature selects. On other targets the crate is empty.
#![cfg_attr(
    all(
        target_family = "wasm",
        any(
            feature = "bench",
            feature = "client",
            feature = "client_async",
            feature = "report",
            feature = "signer",
            feature = "spin",
            feature = "spin_async",
            feature = "spin_inline",
            feature = "spin_store"
        )
    ),
    expect(
        unsafe_code,
        reason = "generated: the canonical ABI passes arguments and results by pointer"
    )
)]

#[cfg(all(target_family = "wasm", feature = "bench"))]
mod bench;
#[cfg(all(target_family = "wasm", feature = "client"))]
mod client;
#[cfg(all(target_family = "wasm", feature = "client_async"))]
mod client_async;
#[cfg(all(
    target_family = "wasm",
    any(feature = "client", feature = "client_async")
))]
mod handles;
#[cfg(all(
    target_family = "wasm",
    any(feature = "client", feature = "client_async")
))]
mod memory;
#[cfg(all(target_family = "wasm", feature = "report"))]
mod report;
#[cfg(all(target_family = "wasm", feature = "signer"))]
mod signer;
#[cfg(all(target_family = "wasm", any(feature = "spin", feature = "spin_inline")))]
mod spin;
#[cfg(all(target_family = "wasm", feature = "spin_async"))]
mod spin_async;
#[cfg(all(target_family = "wasm", feature = "spin_store"))]
mod spin_store;
