//! What a server of a version can do.

/// Whether commands can be pipelined to a server of this version. Aurora MySQL 2, whose version is 5.7, hangs if
/// several commands arrive at once: MySqlConnector's issues 486 and 1088
/// (<https://github.com/mysql-net/MySqlConnector/issues/1088>). Aurora MySQL 3, whose version is 8.0, does not.
///
/// The version is from the greeting, before TLS. Altering it can only make a connection hang, which anyone on the path
/// can do in other ways, or cost another round trip.
pub(in crate::connection) fn can_pipeline(server_version: &str) -> bool {
    let major = server_version.split('.').next();
    let major = major.and_then(|major| major.parse::<u32>().ok());
    server_version.contains("MariaDB") || major.is_some_and(|major| major >= 8)
}

/// Whether a server of this version may have roles. MariaDB's older versions refuse the question.
pub(super) fn may_have_roles(server_version: &str) -> bool {
    // Those of MySQL that cannot pipeline have none.
    can_pipeline(server_version)
}
