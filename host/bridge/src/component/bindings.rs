//! Generated from `wit/`: the contract's types, and the calls.

wasmtime::component::bindgen!({
    path: "wit",
    world: "bridge",
    // Arguments are borrowed: no copy of a secret is made on this side of the sandbox.
    additional_derives: [PartialEq, Eq],
    ownership: Borrowing { duplicate_if_necessary: false },
});
