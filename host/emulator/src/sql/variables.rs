//! The system variables that clients read, and their values.

use super::plan::Context;

/// MySQL 8's default, which is as strict as the emulator.
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
                        ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// The value of `@@name`. `None` if the emulator does not know the variable.
pub(super) fn value(name: &str, context: &Context<'_>) -> Option<String> {
    if let Some(value) = context.settings.get(name) {
        return Some(value.clone());
    }
    let fixed = match name {
        "version" => return Some(context.version.to_owned()),
        "autocommit" => return Some(u8::from(context.autocommit).to_string()),
        "transaction_read_only" => {
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
        "sql_mode" => SQL_MODE,
        "sql_auto_is_null" => "0",
        "sql_select_limit" => "18446744073709551615",
        "time_zone" => "SYSTEM",
        "system_time_zone" => "UTC",
        "transaction_isolation" => "SERIALIZABLE",
        "character_set_client"
        | "character_set_connection"
        | "character_set_results"
        | "character_set_server"
        | "character_set_database" => "utf8mb4",
        "character_set_filesystem" => "binary",
        "character_set_system" => "utf8mb3",
        "default_storage_engine" => "InnoDB",
        "lower_case_file_system" | "sql_safe_updates" => "0",
        "foreign_key_checks" | "unique_checks" | "sql_notes" => "1",
        "collation_connection" | "collation_server" | "collation_database" => "utf8mb4_0900_ai_ci",
        "init_connect" | "socket" | "license" => "",
        "auto_increment_increment" | "auto_increment_offset" => "1",
        "require_secure_transport" => "1",
        "innodb_read_only" | "performance_schema" | "read_only" | "super_read_only" => "0",
        "port" | "server_id" => "0",
        "server_uuid" => "00000000-0000-0000-0000-000000000000",
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// Whether a variable is shown as `ON` or `OFF`. Such a variable is a signed number; other numeric ones are unsigned.
pub(super) fn is_switch(name: &str) -> bool {
    const SWITCHES: [&str; 12] = [
        "autocommit",
        "foreign_key_checks",
        "innodb_read_only",
        "lower_case_file_system",
        "performance_schema",
        "read_only",
        "require_secure_transport",
        "sql_auto_is_null",
        "sql_notes",
        "sql_safe_updates",
        "super_read_only",
        "unique_checks",
    ];
    SWITCHES.contains(&name) || name == "transaction_read_only"
}

/// The value in the form of `SHOW VARIABLES`.
pub(super) fn shown(name: &str, context: &Context<'_>) -> Option<String> {
    let value = value(name, context)?;
    Some(match (is_switch(name), value.as_str()) {
        (true, "0") => "OFF".to_owned(),
        (true, "1") => "ON".to_owned(),
        _ => value,
    })
}

/// Whether the emulator knows all variables of MySQL that match the pattern.
pub(super) fn can_list(pattern: &str) -> bool {
    const FAMILIES: [&str; 5] = [
        "character_set_",
        "collation_",
        "lower_case",
        "version_com",
        "transaction_",
    ];
    let plain = pattern.replace("\\_", "_").to_lowercase();
    match plain.contains('%') {
        true => FAMILIES.iter().any(|family| plain.starts_with(family)),
        false => NAMES.contains(&plain.as_str()),
    }
}

/// The names of all variables, for `SHOW VARIABLES`.
pub(super) const NAMES: [&str; 46] = [
    "auto_increment_increment",
    "auto_increment_offset",
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_database",
    "character_set_filesystem",
    "character_set_results",
    "character_set_server",
    "character_set_system",
    "collation_connection",
    "collation_database",
    "collation_server",
    "default_storage_engine",
    "foreign_key_checks",
    "init_connect",
    "innodb_read_only",
    "interactive_timeout",
    "license",
    "lower_case_file_system",
    "lower_case_table_names",
    "max_allowed_packet",
    "net_buffer_length",
    "net_read_timeout",
    "net_write_timeout",
    "performance_schema",
    "port",
    "read_only",
    "require_secure_transport",
    "server_id",
    "sql_auto_is_null",
    "sql_mode",
    "sql_notes",
    "sql_safe_updates",
    "sql_select_limit",
    "super_read_only",
    "system_time_zone",
    "time_zone",
    "transaction_isolation",
    "transaction_read_only",
    "unique_checks",
    "version",
    "version_comment",
    "version_compile_machine",
    "version_compile_os",
    "wait_timeout",
];
