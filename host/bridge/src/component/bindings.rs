//! The types and functions that are generated from `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "bridge",
    // Arguments are borrowed, so that the host makes no copy of a secret.
    additional_derives: [PartialEq, Eq],
    ownership: Borrowing { duplicate_if_necessary: false },
});
