//! The state that a statement may leave in its session, where the session's next user would find it.

use crate::protocol::text_or_binary::{first_keyword, may_change_session};

/// The state that a session may have gained since it began, other than a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leftovers {
    #[default]
    None,
    /// Variables, locks or temporary tables, which `COM_RESET_CONNECTION` clears.
    Session,
    /// Also another default database, which `COM_RESET_CONNECTION` keeps.
    Database,
    /// Also other roles, which `COM_RESET_CONNECTION` keeps too.
    Roles,
}

/// Texts in statements that may leave state, whatever keyword they begin with.
const SIGNS: [&str; 7] = [
    // A user variable, or an assignment to a system variable.
    "@",
    "GET_LOCK",
    "LAST_INSERT_ID",
    "SQL_CALC_FOUND_ROWS",
    "SETVAL",
    // Comments whose content the server executes.
    "/*!",
    "/*M!",
];

/// A longer statement is not searched: that would take longer than the reset of a session.
const SCANNED_LENGTH: usize = 4 << 10;

impl Leftovers {
    /// The state that a statement may leave, by its text. It overestimates: one of [`SIGNS`] may be in a string. It
    /// does not see the variables that a stored function in a query sets, and no roles that a procedure or a function
    /// sets: a reset of a pool's session compares those.
    pub(crate) fn after(sql: &str) -> Self {
        let keyword = first_keyword(sql).unwrap_or_default().to_ascii_uppercase();
        match keyword.as_str() {
            // The text does not show the statement that is executed.
            "EXECUTE" => Self::Roles,
            _ if may_change_session(sql) && (contains(sql, "ROLE") || contains(sql, "EXECUTE")) => {
                Self::Roles
            }
            "USE" | "" => Self::Database,
            _ if sql.len() > SCANNED_LENGTH => Self::Session,
            _ if may_change_session(sql) || has_sign(sql) => Self::Session,
            _ => Self::None,
        }
    }
}

/// Whether the statement has one of [`SIGNS`]. It searches in one pass, since this is called for every statement.
fn has_sign(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let may_begin = matches!(byte.to_ascii_uppercase(), b'@' | b'G' | b'L' | b'S' | b'/');
        may_begin && SIGNS.iter().any(|sign| is_at(bytes, at, sign))
    })
}

fn is_at(bytes: &[u8], at: usize, sign: &str) -> bool {
    let end = at.saturating_add(sign.len());
    let part = bytes.get(at..end);
    part.is_some_and(|part| part.eq_ignore_ascii_case(sign.as_bytes()))
}

fn contains(sql: &str, sign: &str) -> bool {
    let mut windows = sql.as_bytes().windows(sign.len());
    windows.any(|part| part.eq_ignore_ascii_case(sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_found_wherever_it_is() {
        for sign in SIGNS {
            for sql in [
                format!("SELECT {sign}"),
                format!("SELECT 1, {}(7)", sign.to_lowercase()),
            ] {
                assert_eq!(Leftovers::after(&sql), Leftovers::Session, "{sql}");
            }
        }
        assert!(!has_sign("SELECT lag, gets, / FROM s"));
    }

    #[test]
    fn of_statements() {
        for (sql, leftovers) in [
            ("SELECT name FROM items WHERE id = ?", Leftovers::None),
            ("INSERT INTO items VALUES (1)", Leftovers::None),
            ("START TRANSACTION", Leftovers::None),
            ("SELECT get_lock('x', 0)", Leftovers::Session),
            ("SELECT 1 INTO @a", Leftovers::Session),
            ("SELECT LAST_INSERT_ID(7)", Leftovers::Session),
            ("SELECT /*!80000 @a := */ 1", Leftovers::Session),
            ("SET @a = 1", Leftovers::Session),
            ("CALL p()", Leftovers::Session),
            ("CREATE TEMPORARY TABLE t (id INT)", Leftovers::Session),
            ("use mysql", Leftovers::Database),
            ("/*!80000 SET ROLE admin */", Leftovers::Roles),
            ("EXECUTE IMMEDIATE 'USE other'", Leftovers::Roles),
            ("BEGIN", Leftovers::None),
            (
                "BEGIN NOT ATOMIC SET SESSION sql_mode = 'ANSI'; END",
                Leftovers::Session,
            ),
            (
                "BEGIN NOT ATOMIC EXECUTE IMMEDIATE CONCAT('US', 'E other'); END",
                Leftovers::Roles,
            ),
            ("/*!50000 USE mysql */", Leftovers::Database),
            ("SET ROLE r", Leftovers::Roles),
        ] {
            assert_eq!(Leftovers::after(sql), leftovers, "{sql}");
        }
    }
}
