//! What Wasmtime generates from Spin's interface of 3.0. There the types are declared inside the interface. They are
//! those of 2.0, and Wasmtime's linker compares types by their structure.

wasmtime::component::bindgen!({
    path: "wit-spin",
    inline: "
        package spin:mysql@3.0.0;

        interface mysql {
          use fermyon:spin/rdbms-types@2.0.0.{column, row, parameter-value, error};

          resource connection {
            open: static async func(address: string) -> result<connection, error>;
            query: async func(statement: string, params: list<parameter-value>)
              -> result<tuple<list<column>, stream<row>, future<result<_, error>>>, error>;
            execute: async func(statement: string, params: list<parameter-value>) -> result<_, error>;
          }
        }

        world imports {
          import mysql;
        }
    ",
    world: "imports",
    imports: { default: trappable },
    require_store_data_send: true,
    with: { "fermyon:spin/rdbms-types@2.0.0": crate::spin::bindings::fermyon::spin::rdbms_types },
});
