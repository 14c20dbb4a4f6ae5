//! Which statements templates cover.

use proptest::prelude::*;

use super::*;

fn covers(template: &str, sql: &str) -> bool {
    let mut templates = Templates::default();
    templates.add(&Lexed::read(template).unwrap());
    Lexed::read(sql).is_ok_and(|it| templates.cover(&it))
}

#[test]
fn a_template_covers_its_statement_with_any_values() {
    for (template, sql) in [
        ("SELECT * FROM t WHERE a = ?", "SELECT * FROM t WHERE a = 7"),
        (
            "SELECT * FROM t WHERE a = ?",
            "SELECT * FROM t WHERE a = -7.5e3",
        ),
        (
            "SELECT * FROM t WHERE a = ?",
            "SELECT * FROM t WHERE a = 'it''s'",
        ),
        (
            "SELECT * FROM t WHERE a = ?",
            "SELECT * FROM t WHERE a = 'it\\'s'",
        ),
        (
            "SELECT * FROM t WHERE a = :id",
            "SELECT * FROM t WHERE a = NULL",
        ),
        (
            "SELECT * FROM t WHERE a = :id",
            "SELECT * FROM t WHERE a = ?",
        ),
        (
            "SELECT * FROM t WHERE a=?;",
            "SELECT *\n FROM t -- x\nWHERE a = X'00' /* y */",
        ),
        ("SELECT ? + ?", "SELECT true + 0x1F"),
        ("SELECT a -?", "SELECT a - 5"),
        ("SELECT a - ?", "SELECT a - -5"),
        ("VALUES (?, ?)", "VALUES (-1, b'01')"),
        (
            "SELECT 1 WHERE a IN (?)",
            "SELECT 1 WHERE a IN (1, 'two', NULL)",
        ),
        ("SELECT 1 WHERE a IN (?, ?)", "SELECT 1 WHERE a IN (1, 2)"),
        ("SELECT `a``b` FROM `t`", "SELECT `a``b` FROM `t`"),
        ("SELECT a IS NULL", "SELECT a IS NULL"),
        ("SELECT /*+ NO_MERGE(t) */ 1", "SELECT /*+ NO_MERGE(t) */ 1"),
        ("SELECT 'x'", "SELECT  'x'"),
        ("SELECT N'x', _utf8mb4'y', ?", "SELECT N'x', _utf8mb4'y', 3"),
        ("SELECT t.1a, ü FROM t", "SELECT t.1a, ü FROM t"),
    ] {
        assert!(covers(template, sql), "{template} does not cover {sql}");
    }
}

#[test]
fn and_no_other_statement() {
    for (template, sql) in [
        ("SELECT a FROM t WHERE a = ?", "SELECT a FROM t WHERE a = b"),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1 OR 1 = 1",
        ),
        ("SELECT a FROM t WHERE a = ?", "SELECT a FROM u WHERE a = 1"),
        ("SELECT a FROM t WHERE a = ?", "SELECT a FROM T WHERE a = 1"),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = \"b\"",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = (SELECT 1)",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = '1' '2'",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1; DROP TABLE t",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1 -- x\n OR 1",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1 /*! OR 1 */",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1 /*M! OR 1 */",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = 1--1",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = @a",
        ),
        (
            "SELECT a FROM t WHERE a = ?",
            "SELECT a FROM t WHERE a = @'a'",
        ),
        (
            "SELECT a FROM t WHERE role = 'x'",
            "SELECT a FROM t WHERE role = 'y'",
        ),
        ("SELECT a FROM t LIMIT 1", "SELECT a FROM t LIMIT 1000"),
        ("SELECT a IN (?, ?)", "SELECT a IN (1, 2, 3)"),
        ("SELECT a IN ('x', 'y')", "SELECT a IN ('x', 'z')"),
        ("SELECT f(?)", "SELECT f(1, 2)"),
        ("SELECT a IS NULL", "SELECT a IS TRUE"),
        ("SELECT a IS NOT NULL", "SELECT a IS NOT FALSE"),
        ("SELECT a", "SELECT /*+ NO_MERGE(t) */ a"),
        ("SELECT 'a b'", "SELECT 'a  b'"),
        ("SELECT t.null", "SELECT t.true"),
    ] {
        assert!(!covers(template, sql), "{template} covers {sql}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let long = ",".repeat(1 << 17);
    // Each list becomes one token.
    let list = format!("a IN (1{}) OR ", ", 1".repeat(1000));
    let lists = format!("SELECT {} b", list.repeat(40));
    for (sql, expected) in [
        ("", LexError::Empty),
        (" ; ", LexError::Empty),
        ("SELECT 'a", LexError::NotClosed),
        ("SELECT 'a\\'", LexError::NotClosed),
        ("SELECT `a", LexError::NotClosed),
        ("SELECT 1 /* a", LexError::NotClosed),
        ("SELECT 1 /*!50000 + 1 */", LexError::ExecutableComment),
        ("SELECT 1 /*M!100000 + 1 */", LexError::ExecutableComment),
        ("SELECT \u{1}1", LexError::Character),
        ("SELECT 1 # \0\n", LexError::Character),
        ("SELECT 1a", LexError::Number),
        ("SELECT 0xG", LexError::Number),
        ("SELECT x'G'", LexError::Number),
        ("SELECT 1e", LexError::Number),
        ("SELECT 1.2.3", LexError::Number),
        ("SELECT \"a\\\"\"", LexError::Backslash),
        ("SELECT 1; SELECT 2", LexError::SeveralStatements),
        ("SELECT 1;;", LexError::SeveralStatements),
        ("SELECT @'a'", LexError::QuotedVariable),
        (&long, LexError::TooLong),
        (&lists, LexError::TooLong),
    ] {
        assert_eq!(Lexed::read(sql), Err(expected), "{sql:.40}");
    }
}

proptest! {
    /// What an application inlines by the rules of MySQL stays one value, whatever the text is.
    #[test]
    fn an_escaped_text_is_one_value(text in any::<String>()) {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
        let sql = format!("SELECT a FROM t WHERE a = '{escaped}' AND b = 1");
        prop_assert!(covers("SELECT a FROM t WHERE a = ? AND b = 1", &sql));
        let doubled = text.replace('\\', "\\\\").replace('\'', "''");
        let sql = format!("SELECT a FROM t WHERE a = '{doubled}' AND b = 1");
        prop_assert!(covers("SELECT a FROM t WHERE a = ? AND b = 1", &sql));
    }

    /// Outside of quotes, only a literal counts as a value.
    #[test]
    fn what_is_added_is_noticed(text in "[a-z0-9'\"`\\\\ ;#*/!=(),.@-]{0,12}") {
        let sql = format!("SELECT a FROM t WHERE a = 1 {text}");
        let tokens = |sql: &str| Lexed::read(sql).map(|it| it.tokens);
        if covers("SELECT a FROM t WHERE a = ?", &sql) {
            // Only white space, comments and a last semicolon were added.
            prop_assert_eq!(tokens(&sql), tokens("SELECT a FROM t WHERE a = 1"));
        }
    }

    #[test]
    fn no_text_panics(sql in any::<String>()) {
        if let Ok(lexed) = Lexed::read(&sql) {
            let mut templates = Templates::default();
            templates.add(&lexed);
            prop_assert!(templates.cover(&lexed));
        }
    }

    #[test]
    fn a_prefix_does_not_panic(cut in 0_usize..200) {
        let sql = "SELECT /* c */ 'a\\'b', \"d\"\"e\", `f``g`, x'0F', b'1', 0x1f, 0b1, N'h', -1.5e+3, :i, ? -- j\n # k\n;";
        if let Some(prefix) = sql.get(..cut) {
            let _read = Lexed::read(prefix);
        }
    }
}
