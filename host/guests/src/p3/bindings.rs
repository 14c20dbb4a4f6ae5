//! What Wasmtime generates from the contract with asynchronous functions, `wit-async/`. Its types are those of `wit/`.

wasmtime::component::bindgen!({
    path: "wit-async",
    world: "imports",
    imports: {
        "rds:mysql/client@0.3.0.[drop]transaction": async | store | trappable,
        "rds:mysql/results@0.3.0.[static]rows.read": store | trappable,
        default: trappable,
    },
    require_store_data_send: true,
    with: { "rds:mysql/types@0.3.0": crate::bindings::rds::mysql::types },
});
