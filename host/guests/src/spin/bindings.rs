//! What Wasmtime generates from Spin's interface, whose functions and types are those of Spin 2.0.

wasmtime::component::bindgen!({
    inline: "
        package fermyon:spin@2.0.0;

        interface rdbms-types {
          variant error {
            connection-failed(string),
            bad-parameter(string),
            query-failed(string),
            value-conversion-failed(string),
            other(string),
          }

          enum db-data-type {
            boolean,
            int8,
            int16,
            int32,
            int64,
            uint8,
            uint16,
            uint32,
            uint64,
            floating32,
            floating64,
            str,
            binary,
            other,
          }

          variant db-value {
            boolean(bool),
            int8(s8),
            int16(s16),
            int32(s32),
            int64(s64),
            uint8(u8),
            uint16(u16),
            uint32(u32),
            uint64(u64),
            floating32(f32),
            floating64(f64),
            str(string),
            binary(list<u8>),
            db-null,
            unsupported,
          }

          variant parameter-value {
            boolean(bool),
            int8(s8),
            int16(s16),
            int32(s32),
            int64(s64),
            uint8(u8),
            uint16(u16),
            uint32(u32),
            uint64(u64),
            floating32(f32),
            floating64(f64),
            str(string),
            binary(list<u8>),
            db-null,
          }

          record column {
            name: string,
            data-type: db-data-type,
          }

          type row = list<db-value>;

          record row-set {
            columns: list<column>,
            rows: list<row>,
          }
        }

        interface mysql {
          use rdbms-types.{parameter-value, row-set, error};

          resource connection {
            open: static func(address: string) -> result<connection, error>;
            query: func(statement: string, params: list<parameter-value>) -> result<row-set, error>;
            execute: func(statement: string, params: list<parameter-value>) -> result<_, error>;
          }
        }

        world imports {
          import rdbms-types;
          import mysql;
        }
    ",
    world: "imports",
    imports: { default: async | trappable },
    require_store_data_send: true,
    with: { "fermyon:spin/mysql.connection": crate::spin::connection::SpinConnection },
    trappable_error_type: { "fermyon:spin/rdbms-types.error" => crate::spin::error::SpinFailure },
});
