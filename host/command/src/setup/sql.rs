//! The SQL that makes a user who logs in with tokens.

/// Two statements, a line each.
pub(super) fn create_user(user: &str, database: &str, privileges: &str) -> String {
    let account = format!("{}@'%'", user_name(user));
    let database = granted_database(database);
    // REQUIRE SSL: the token is sent in the clear inside TLS, and must not be asked for outside it.
    format!(
        "CREATE USER {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
         GRANT {privileges} ON {database}.* TO {account};\n"
    )
}

/// As a string, or as an identifier where a backslash is in it: whether that escapes in a string
/// depends on the server's NO_BACKSLASH_ESCAPES.
fn user_name(user: &str) -> String {
    if user.contains('\\') {
        identifier(user)
    } else {
        format!("'{}'", user.replace('\'', "''"))
    }
}

/// In a GRANT `_` and `%` stand for any character and any characters: `my_db` would grant `my-db` too.
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
    fn is_what_rds_documents() {
        assert_eq!(
            create_user("lambda-user", "iamtest", "SELECT"),
            "CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
             GRANT SELECT ON `iamtest`.* TO 'lambda-user'@'%';\n"
        );
    }

    #[test]
    fn quotes_what_it_is_given() {
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
