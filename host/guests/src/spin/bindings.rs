//! What Wasmtime generates from Spin's interface, `wit-spin/`.

wasmtime::component::bindgen!({
    path: "wit-spin",
    world: "imports",
    imports: { default: async | trappable },
    require_store_data_send: true,
    with: { "fermyon:spin/mysql.connection": crate::spin::connection::SpinConnection },
    trappable_error_type: { "fermyon:spin/rdbms-types.error" => crate::spin::error::SpinFailure },
});
