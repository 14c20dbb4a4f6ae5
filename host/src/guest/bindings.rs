//! Generated from `wit/`: the contract's types, and the calls.
#![expect(
    clippy::allow_attributes_without_reason,
    reason = "generated code; the contract is documented in wit/"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "bridge",
    // Arguments are borrowed: no copy of a secret is made on this side of the sandbox.
    ownership: Borrowing { duplicate_if_necessary: false },
});
