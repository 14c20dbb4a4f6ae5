//! What Wasmtime generates from the contract, `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "imports",
    imports: { default: async | trappable },
    require_store_data_send: true,
    with: {
        "rds:mysql/results.rows": crate::rows::Rows,
        "rds:mysql/client.connection": crate::connection::Connection,
        "rds:mysql/client.transaction": crate::transaction::Transaction,
    },
    trappable_error_type: { "rds:mysql/types.error" => crate::failure::Failure },
});
