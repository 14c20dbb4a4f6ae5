//! State that a statement leaves in a session, where the session's next user must not find it.

/// A statement, a question to the next session, and the answer of a new session.
pub(crate) type Left = (&'static str, &'static str, i64);

/// State that the text of the statement shows.
pub(crate) const LEFT: [Left; 7] = [
    ("SET @mine = 7", "SELECT @mine IS NOT NULL", 0),
    ("SELECT 7 INTO @mine", "SELECT @mine IS NOT NULL", 0),
    ("SELECT GET_LOCK('x', 0)", "SELECT IS_FREE_LOCK('x')", 1),
    ("SELECT LAST_INSERT_ID(7)", "SELECT LAST_INSERT_ID()", 0),
    (
        "SET time_zone = '+05:00'",
        "SELECT @@time_zone = '+05:00'",
        0,
    ),
    ("USE mysql", "SELECT DATABASE() = 'mysql'", 0),
    (
        "CREATE TEMPORARY TABLE items (id INT)",
        "SELECT COUNT(*) = 0 FROM items",
        0,
    ),
];
