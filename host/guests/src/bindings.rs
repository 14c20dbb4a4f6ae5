//! What Wasmtime generates from the contract, `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "imports",
    imports: { default: async | trappable },
    require_store_data_send: true,
});
