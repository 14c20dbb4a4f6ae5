//! Recognises queries that leave nothing in their session: no variable, lock or temporary table.

use rds_bridge::mysql::first_keyword;

/// A longer statement is not searched: that would take longer than the reset of a session.
const SCANNED_LENGTH: usize = 4 << 10;

/// Keywords that may precede a parenthesis in a query.
const KEYWORDS: [&str; 26] = [
    "ALL", "AND", "ANY", "AS", "BETWEEN", "BY", "CASE", "DISTINCT", "ELSE", "EXISTS", "FROM",
    "HAVING", "IN", "IS", "JOIN", "LIKE", "NOT", "ON", "OR", "OVER", "SELECT", "THEN", "UNION",
    "USING", "WHEN", "WHERE",
];
/// Functions of the server that have no effect. A stored function may have one, and may have such a name if there is a
/// space before its parenthesis.
const FUNCTIONS: [&str; 38] = [
    "ABS",
    "AVG",
    "CAST",
    "CEIL",
    "CEILING",
    "CHAR_LENGTH",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "COUNT",
    "CURDATE",
    "DATE",
    "DATE_ADD",
    "DATE_FORMAT",
    "DATE_SUB",
    "DAY",
    "FLOOR",
    "GREATEST",
    "GROUP_CONCAT",
    "HOUR",
    "IF",
    "IFNULL",
    "JSON_EXTRACT",
    "LEAST",
    "LENGTH",
    "LOWER",
    "MAX",
    "MIN",
    "MINUTE",
    "MOD",
    "MONTH",
    "NOW",
    "NULLIF",
    "ROUND",
    "SUBSTRING",
    "SUM",
    "UPPER",
    "YEAR",
];
/// Words of queries that write a variable or a file, lock rows, or count for `FOUND_ROWS()`.
const WITH_EFFECT: [&str; 5] = ["INTO", "FOR", "LOCK", "PROCEDURE", "SQL_CALC_FOUND_ROWS"];

/// Whether a statement leaves nothing in its session, by its text. It is a query without stored functions, variables and
/// locks. A view whose stored functions set variables escapes it: therefore another caller never gets the session.
pub(crate) fn leaves_nothing(sql: &str) -> bool {
    // Whatever could be read in several ways: escapes, other quotes and comments.
    const UNCLEAR: [char; 7] = ['\\', '"', '`', '#', '@', ';', '/'];
    sql.len() <= SCANNED_LENGTH
        && !sql.contains(UNCLEAR)
        && !sql.contains("--")
        && first_keyword(sql).is_some_and(|it| it.eq_ignore_ascii_case("SELECT"))
        // Every second part is in a string.
        && sql.split('\'').step_by(2).all(has_no_effect)
}

/// Whether a part of a query, without strings, calls known functions alone, and has no word of [`WITH_EFFECT`].
fn has_no_effect(part: &str) -> bool {
    let is_of_word = |it: char| it.is_alphanumeric() || matches!(it, '_' | '$' | '.');
    let mut before = "";
    let mut rest = part;
    while let Some(begin) = rest.find(|it| is_of_word(it) || it == '(') {
        let (_, found) = rest.split_at(begin);
        let length = found.find(|it| !is_of_word(it)).unwrap_or(found.len());
        if length == 0 {
            let is_right_behind = rest.starts_with('(');
            let is_known =
                is_one_of(before, &KEYWORDS) || is_right_behind && is_one_of(before, &FUNCTIONS);
            if !before.is_empty() && !is_known {
                return false;
            }
            before = "";
            rest = found.get(1..).unwrap_or_default();
            continue;
        }
        let (word, after) = found.split_at(length);
        if is_one_of(word, &WITH_EFFECT) {
            return false;
        }
        // Only white space may be between a name and its parenthesis.
        let is_before_parenthesis = after.trim_start().starts_with('(');
        before = if is_before_parenthesis { word } else { "" };
        rest = after;
    }
    true
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| it.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        for sql in [
            "SELECT name, price FROM points WHERE id = ?",
            " select 'it''s (f(1))', COUNT(*) FROM t WHERE a IN (1, 2) AND (b = 3 OR c IN (SELECT d FROM e))",
            "SELECT a FROM t WHERE b = 'x' ORDER BY a LIMIT 10",
            "SELECT 1 + (2) FROM t WHERE (a = 1)",
            "SELECT IFNULL(MAX(a), 0) FROM t.u",
        ] {
            assert!(leaves_nothing(sql), "{sql}");
        }
    }

    #[test]
    fn whatever_else() {
        for sql in [
            "",
            "INSERT INTO t VALUES (1)",
            "WITH a AS (SELECT 1) SELECT 1",
            "SELECT leaves()",
            "SELECT leaves ()",
            // With a space, it may be a stored function of this name.
            "SELECT COUNT (1)",
            "SELECT 'a', leaves(1) FROM t",
            "SELECT iamtest.count(1)",
            "SELECT GET_LOCK('a', 1)",
            "SELECT LAST_INSERT_ID(7)",
            "SELECT @a := 1",
            "SELECT 1 INTO OUTFILE 'x'",
            "SELECT a FROM t FOR UPDATE",
            "SELECT a FROM t LOCK IN SHARE MODE",
            "SELECT SQL_CALC_FOUND_ROWS a FROM t",
            "SELECT '\\', leaves(), '",
            "SELECT \"a\", leaves()",
            "SELECT /* ' */ leaves() /* ' */",
            "SELECT 1 -- '\n, leaves()",
            "SELECT NEXT VALUE FOR s",
            "SELECT 1; SET @a = 1",
        ] {
            assert!(!leaves_nothing(sql), "{sql}");
        }
        let long = format!("SELECT '{}'", "x".repeat(SCANNED_LENGTH));
        assert!(!leaves_nothing(&long));
    }
}
