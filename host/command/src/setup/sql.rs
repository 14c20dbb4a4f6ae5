//! The SQL that creates a user who logs in with tokens.

/// Two statements, one on each line.
pub(super) fn create_user(user: &str, database: &str, privileges: &str) -> String {
    let account = format!("{}@'%'", user_name(user));
    let database = granted_database(database);
    // REQUIRE SSL: the token is sent as a clear-text password, so the server must not ask for it outside TLS.
    format!(
        "CREATE USER {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
         GRANT {privileges} ON {database}.* TO {account};\n"
    )
}

/// Quotes a user name as a string, or as an identifier if it contains a backslash: whether a backslash escapes in a
/// string depends on the server's NO_BACKSLASH_ESCAPES.
fn user_name(user: &str) -> String {
    if user.contains('\\') {
        identifier(user)
    } else {
        format!("'{}'", user.replace('\'', "''"))
    }
}

/// Quotes a database name for GRANT, where `_` and `%` are wildcards: `my_db` would also grant `my-db`.
fn granted_database(database: &str) -> String {
    let mut pattern = String::with_capacity(database.len());
    for character in database.chars() {
        if matches!(character, '_' | '%' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    identifier(&pattern)
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_rds_documentation() {
        assert_eq!(
            create_user("lambda-user", "iamtest", "SELECT"),
            "CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
             GRANT SELECT ON `iamtest`.* TO 'lambda-user'@'%';\n"
        );
    }

    #[test]
    fn quotes_users_and_databases() {
        for (user, quoted) in [
            ("o'neil", "'o''neil'"),
            ("a`b\"c", "'a`b\"c'"),
            (r"a\", r"`a\`"),
            (r"a\'`", r"`a\'```"),
        ] {
            assert_eq!(user_name(user), quoted);
        }
        for (database, quoted) in [
            ("iam-test", "`iam-test`"),
            ("my_db", r"`my\_db`"),
            ("100%", r"`100\%`"),
            (r"a\b", r"`a\\b`"),
            ("a`; DROP", "`a``; DROP`"),
        ] {
            assert_eq!(granted_database(database), quoted);
        }
    }
}
