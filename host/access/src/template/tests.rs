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
        ("SELECT a + INTERVAL ? DAY", "SELECT a + INTERVAL -7 DAY"),
        ("SELECT a RLIKE ?", "SELECT a RLIKE - 7"),
        ("SELECT DISTINCT ?", "SELECT DISTINCT -7"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = -7"),
        ("SELECT 1 WHERE a = - :x", "SELECT 1 WHERE a = - .5"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = --7"),
        ("SELECT 1 WHERE a = +?", "SELECT 1 WHERE a = +7"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = -?"),
        ("SELECT 1 WHERE a IN (-?)", "SELECT 1 WHERE a IN (-1, -2)"),
        ("SELECT 1 WHERE a IN (?)", "SELECT 1 WHERE a IN (-1, 2, +3)"),
        ("SELECT a -?", "SELECT a -?"),
        (
            "INSERT INTO t (a, b) VALUES (?, ?)",
            "INSERT INTO t (a, b) VALUES (1, -2), ('x', NULL) , (:c, ?)",
        ),
        (
            "INSERT INTO t VALUES (?, DEFAULT) ON DUPLICATE KEY UPDATE a = ?",
            "INSERT INTO t VALUES (1, DEFAULT), (2, DEFAULT) ON DUPLICATE KEY UPDATE a = 3",
        ),
        (
            "INSERT INTO t VALUES (?), (?)",
            "INSERT INTO t VALUES (1), (2)",
        ),
        (
            "INSERT INTO t VALUES (?, NOW()), (?, ?)",
            "INSERT INTO t VALUES (1, NOW()), (2, 3)",
        ),
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
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = 7"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = +7"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = '-7'"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = -'7'"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = NULL"),
        ("SELECT 1 WHERE a = -?", "SELECT 1 WHERE a = -b"),
        ("SELECT 1 WHERE a = ?", "SELECT 1 WHERE a = -b"),
        ("SELECT 1 WHERE a = ?", "SELECT 1 WHERE a = -?"),
        ("SELECT 1 WHERE a IN (-?)", "SELECT 1 WHERE a IN (-1, 2)"),
        ("SELECT 1 WHERE a IN (?)", "SELECT 1 WHERE a IN (1 -2)"),
        ("SELECT 1 WHERE a IN (?)", "SELECT 1 WHERE a IN (1, -b)"),
        ("SELECT a, ?", "SELECT a -7"),
        ("SELECT @interval ?", "SELECT @interval -7"),
        ("SELECT t.interval ?", "SELECT t.interval -7"),
        ("SELECT `interval` ?", "SELECT `interval` -7"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3)"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3, 4, 5)"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3, (SELECT 4))"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3, NOW())"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3, b)"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3, 4) + 1"),
        ("VALUES (?, ?)", "VALUES (1, 2) (3, 4)"),
        ("VALUES (?, ?)", "VALUES (1, 2), (3 4)"),
        ("VALUES (?), (?)", "VALUES (1), (2), (3)"),
        ("VALUES (?), (?)", "VALUES (1)"),
        ("VALUES (?, 'x')", "VALUES (1, 'x'), (2, 'y')"),
        ("VALUES (?, DEFAULT)", "VALUES (1, DEFAULT), (2, b)"),
        ("VALUES (DEFAULT)", "VALUES (DEFAULT), (DEFAULT)"),
        ("VALUES (1), (2)", "VALUES (1, 2)"),
        ("SELECT value (?)", "SELECT value (1), (2)"),
        ("SELECT t.values (?)", "SELECT t.values (1), (2)"),
        ("SELECT @values (?)", "SELECT @values (1), (2)"),
        (
            "VALUES (a IN (1, 2, 3))",
            "VALUES (a IN (1)), (a IN (2, 3))",
        ),
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

/// Tokens of which rows consist, and some others. A row is likely.
const ROW_TOKENS: &[&str] = &[
    ", (",
    "1 ,",
    "1 )",
    "- 1 ,",
    "'x' )",
    "? )",
    ", ( 1 , 2 )",
    ",",
    "(",
    ")",
    "1",
    "-",
    "a",
    "NULL",
    "DEFAULT",
];

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i32>().prop_map(|it| it.to_string()),
        "'[a-z(), ]{0,5}'",
        Just("NULL".to_owned()),
    ]
}

/// Whether the tokens are further rows of two values, by a parser of their own.
fn are_rows(tokens: &[&str]) -> bool {
    let text = tokens.join(" ");
    let mut tokens = text.split_whitespace().peekable();
    let value = |tokens: &mut std::iter::Peekable<std::str::SplitWhitespace<'_>>| {
        let mut is_signed = false;
        while tokens.next_if_eq(&"-").is_some() {
            is_signed = true;
        }
        match tokens.next() {
            Some("1" | "2") => true,
            Some("'x'" | "?" | "NULL") => !is_signed,
            _ => false,
        }
    };
    while tokens.peek().is_some() {
        let is_row = tokens.next() == Some(",")
            && tokens.next() == Some("(")
            && value(&mut tokens)
            && tokens.next() == Some(",")
            && value(&mut tokens)
            && tokens.next() == Some(")");
        if !is_row {
            return false;
        }
    }
    true
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

    /// A sign belongs to a number, and a template that has one covers numbers with this sign only.
    #[test]
    fn a_number_has_its_sign(number in any::<i64>(), space in " {0,2}") {
        let inlined = number.to_string().replace('-', &format!("-{space}"));
        for before in ["a =", "a BETWEEN 1 AND", "a > 1 +", "b - INTERVAL", "f(", "a,"] {
            let sql = format!("SELECT {before} {inlined}");
            let template = |value: &str| format!("SELECT {before} {value}");
            prop_assert!(covers(&template("?"), &sql));
            prop_assert_eq!(covers(&template("-?"), &sql), number < 0);
        }
        // After a value it is an operator.
        let sql = format!("SELECT 1 {inlined}");
        prop_assert!(!covers("SELECT ?", &sql));
        prop_assert_eq!(covers("SELECT ? - ?", &sql), number < 0);
    }

    /// A row of placeholders covers any number of rows of as many values.
    #[test]
    fn rows_have_as_many_values(
        rows in prop::collection::vec(prop::collection::vec(literal(), 1..4), 1..6),
        columns in 1_usize..4,
    ) {
        let written = rows.iter().map(|row| format!("({})", row.join(", ")));
        let written = written.collect::<Vec<_>>().join(", ");
        let template = format!("INSERT INTO t VALUES ({})", vec!["?"; columns].join(", "));
        let is_alike = rows.iter().all(|row| row.len() == columns);
        prop_assert_eq!(covers(&template, &format!("INSERT INTO t VALUES {written}")), is_alike);
    }

    /// After the rows there is nothing else.
    #[test]
    fn what_is_added_to_rows_is_noticed(
        added in prop::collection::vec(prop::sample::select(ROW_TOKENS), 0..14),
    ) {
        let sql = format!("INSERT INTO t VALUES (1, 2) {}", added.join(" "));
        let is_covered = covers("INSERT INTO t VALUES (?, ?)", &sql);
        prop_assert_eq!(is_covered, are_rows(&added), "{}", sql);
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
