//! System variables that clients ask for, and what they are told.

use super::plan::Context;

/// The value of `@@name`; none for one that is not known.
pub(super) fn value(name: &str, context: &Context<'_>) -> Option<String> {
    let fixed = match name {
        "version" => return Some(context.version.to_owned()),
        "autocommit" => return Some(u8::from(context.autocommit).to_string()),
        "transaction_read_only" | "tx_read_only" => {
            return Some(u8::from(context.read_only).to_string());
        }
        "max_allowed_packet" => return Some(super::super::wire::PAYLOAD_LIMIT.to_string()),
        "version_comment" => "rds-bridge emulator",
        "version_compile_os" => "Linux",
        "version_compile_machine" => "x86_64",
        "wait_timeout" | "interactive_timeout" => "28800",
        "net_write_timeout" => "60",
        "net_read_timeout" => "30",
        "net_buffer_length" => "16384",
        "lower_case_table_names" => "0",
        "sql_mode" => "NO_ENGINE_SUBSTITUTION",
        "sql_auto_is_null" => "0",
        "sql_select_limit" => "18446744073709551615",
        "time_zone" => "SYSTEM",
        "system_time_zone" => "UTC",
        "transaction_isolation" | "tx_isolation" => "SERIALIZABLE",
        "character_set_client"
        | "character_set_connection"
        | "character_set_results"
        | "character_set_server"
        | "character_set_database" => "utf8mb4",
        "collation_connection" | "collation_server" | "collation_database" => "utf8mb4_0900_ai_ci",
        "init_connect" | "socket" | "license" => "",
        "auto_increment_increment" | "auto_increment_offset" => "1",
        "require_secure_transport" => "1",
        "performance_schema" | "query_cache_size" | "read_only" | "super_read_only" => "0",
        "port" | "server_id" => "0",
        "server_uuid" => "00000000-0000-0000-0000-000000000000",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// All names, for `SHOW VARIABLES`.
pub(super) const NAMES: [&str; 20] = [
    "autocommit",
    "auto_increment_increment",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "character_set_server",
    "collation_connection",
    "collation_server",
    "init_connect",
    "interactive_timeout",
    "lower_case_table_names",
    "max_allowed_packet",
    "net_write_timeout",
    "require_secure_transport",
    "sql_mode",
    "time_zone",
    "transaction_isolation",
    "transaction_read_only",
    "version",
    "wait_timeout",
];
