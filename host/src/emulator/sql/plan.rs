//! What is to be done for a statement.

use super::create_table;
use super::lexer::{Token, TokenKind};
use super::statement::Statement;
use super::variables;
use crate::emulator::server_error::ServerError;

/// What a statement depends on besides its text.
pub(crate) struct Context<'a> {
    pub(crate) database: &'a str,
    pub(crate) version: &'a str,
    pub(crate) autocommit: bool,
    pub(crate) read_only: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// SQLite executes this.
    Execute(String),
    /// Nothing, and the client is told that it is done: a setting that does not matter here.
    Nothing,
    Begin {
        read_only: bool,
    },
    Commit,
    Rollback,
    SetAutocommit(bool),
    SetReadOnly(bool),
    Use(String),
    Kill {
        connection_id: u32,
        query_only: bool,
    },
}

pub(crate) fn plan(statement: &Statement, context: &Context<'_>) -> Result<Plan, ServerError> {
    let keywords = statement.keywords();
    let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
    let has = |words: &[&str]| words.iter().all(|word| keywords.contains(word));
    Ok(match keywords.as_slice() {
        ["SET", ..] => set(statement),
        ["START", "TRANSACTION", ..] => Plan::Begin {
            read_only: has(&["READ", "ONLY"]),
        },
        ["BEGIN"] | ["BEGIN", "WORK"] => Plan::Begin { read_only: false },
        ["COMMIT", ..] => Plan::Commit,
        ["ROLLBACK"] | ["ROLLBACK", "WORK"] => Plan::Rollback,
        ["KILL", rest @ ..] => kill(rest)?,
        ["USE", ..] => Plan::Use(name_behind(statement, 1)?),
        ["SHOW", rest @ ..] => show(statement, rest, context)?,
        ["DESCRIBE" | "DESC", ..] => Plan::Execute(columns_of(&name_behind(statement, 1)?)),
        ["LOCK", "TABLES", ..]
        | ["UNLOCK", "TABLES"]
        | ["FLUSH", ..]
        | ["ANALYZE", "TABLE", ..] => Plan::Nothing,
        ["CREATE" | "DROP", "DATABASE" | "SCHEMA", ..] => Plan::Nothing,
        ["CREATE" | "DROP" | "ALTER", "USER", ..] | ["GRANT" | "REVOKE", ..] => {
            let what = "users are given when the emulator is started, and may do everything";
            return Err(ServerError::new(1227, "42000", what));
        }
        ["CREATE", ..] if has(&["TABLE"]) && !create_table::is_from_select(&statement.tokens) => {
            let tokens = create_table::adapt(&statement.tokens);
            Plan::Execute(sqlite(&tokens, context)?)
        }
        _ => Plan::Execute(sqlite(&statement.tokens, context)?),
    })
}

fn set(statement: &Statement) -> Plan {
    let words: Vec<String> = statement
        .tokens
        .iter()
        .filter_map(|token| match &token.kind {
            TokenKind::Word(word) | TokenKind::Variable(word) => Some(word.to_ascii_uppercase()),
            _ => None,
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let follow = |wanted: &[&str]| words.windows(wanted.len()).any(|at| at == wanted);
    if follow(&["TRANSACTION", "READ", "ONLY"]) || follow(&["TRANSACTION_READ_ONLY", "1"]) {
        return Plan::SetReadOnly(true);
    }
    if follow(&["TRANSACTION", "READ", "WRITE"]) || follow(&["TRANSACTION_READ_ONLY", "0"]) {
        return Plan::SetReadOnly(false);
    }
    for (value, on) in [
        ("1", true),
        ("ON", true),
        ("TRUE", true),
        ("0", false),
        ("OFF", false),
    ] {
        if follow(&["AUTOCOMMIT", value]) {
            return Plan::SetAutocommit(on);
        }
    }
    Plan::Nothing
}

fn kill(rest: &[&str]) -> Result<Plan, ServerError> {
    let (query_only, id) = match rest {
        ["QUERY", id] => (true, id),
        ["CONNECTION", id] | [id] => (false, id),
        _ => return Err(ServerError::syntax("KILL what?")),
    };
    let connection_id = id
        .parse()
        .map_err(|_| ServerError::syntax(format!("{id} is no connection")))?;
    Ok(Plan::Kill {
        connection_id,
        query_only,
    })
}

fn show(statement: &Statement, rest: &[&str], context: &Context<'_>) -> Result<Plan, ServerError> {
    let pattern = statement.tokens.iter().find_map(|token| match &token.kind {
        TokenKind::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    });
    let (is_full, rest) = match rest {
        ["FULL" | "SESSION" | "GLOBAL", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    Ok(Plan::Execute(match rest {
        ["TABLES", ..] => format!(
            "SELECT name AS {} FROM sqlite_schema WHERE type IN ('table', 'view') \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name LIKE {} ORDER BY name",
            name(&format!("Tables_in_{}", context.database)),
            literal(pattern.as_deref().unwrap_or("%")),
        ),
        ["DATABASES" | "SCHEMAS", ..] => {
            format!("SELECT {} AS \"Database\"", literal(context.database))
        }
        ["VARIABLES", ..] => {
            let rows = variables::NAMES.iter().map(|name| {
                let value = variables::value(name, context).unwrap_or_default();
                format!("({}, {})", literal(name), literal(&value))
            });
            let rows: Vec<String> = rows.collect();
            format!(
                "SELECT column1 AS Variable_name, column2 AS Value FROM (VALUES {}) \
                 WHERE column1 LIKE {}",
                rows.join(", "),
                literal(pattern.as_deref().unwrap_or("%")),
            )
        }
        ["WARNINGS" | "ERRORS", ..] => {
            "SELECT '' AS Level, 0 AS Code, '' AS Message WHERE 0".to_owned()
        }
        ["STATUS", ..] => "SELECT '' AS Variable_name, '' AS Value WHERE 0".to_owned(),
        ["COLUMNS" | "FIELDS", "FROM" | "IN", ..] => {
            // SHOW, FULL if it is there, COLUMNS, FROM.
            let words = if is_full { 4 } else { 3 };
            columns_of(&name_behind(statement, words)?)
        }
        _ => return Err(ServerError::syntax("SHOW of this kind is not known here")),
    }))
}

fn columns_of(table: &str) -> String {
    format!(
        "SELECT name AS \"Field\", lower(type) AS \"Type\", \
         CASE WHEN \"notnull\" OR pk THEN 'NO' ELSE 'YES' END AS \"Null\", \
         CASE WHEN pk THEN 'PRI' ELSE '' END AS \"Key\", dflt_value AS \"Default\", '' AS \"Extra\" \
         FROM pragma_table_info({})",
        literal(table)
    )
}

/// The name that comes behind so many words.
fn name_behind(statement: &Statement, words: usize) -> Result<String, ServerError> {
    let mut names = statement
        .tokens
        .iter()
        .filter_map(|token| match &token.kind {
            TokenKind::Word(word) | TokenKind::QuotedName(word) => Some(word),
            _ => None,
        })
        .skip(words);
    names
        .next()
        .cloned()
        .ok_or_else(|| ServerError::syntax("a name is missing"))
}

/// The statement in SQLite's dialect.
fn sqlite(tokens: &[Token], context: &Context<'_>) -> Result<String, ServerError> {
    let mut sql = String::new();
    let mut index = 0_usize;
    while let Some(token) = tokens.get(index) {
        let next = tokens.get(index.saturating_add(1)).map(|it| &it.kind);
        index = index.saturating_add(1);
        match &token.kind {
            TokenKind::Word(word) | TokenKind::QuotedName(word)
                if word == context.database && next == Some(&TokenKind::Other('.')) =>
            {
                // The point goes too: SQLite knows the database by no name.
                index = index.saturating_add(1);
            }
            TokenKind::Space => sql.push(' '),
            TokenKind::Word(word) if next == Some(&TokenKind::Other('(')) => {
                sql.push_str(function(word));
            }
            TokenKind::Word(word) => sql.push_str(word),
            TokenKind::QuotedName(quoted) => sql.push_str(&name(quoted)),
            TokenKind::Text(text) => match str::from_utf8(text) {
                Ok(text) if !text.contains('\0') => sql.push_str(&literal(text)),
                Ok(text) => sql.push_str(&format!("CAST({} AS TEXT)", blob(text.as_bytes()))),
                Err(_) => sql.push_str(&blob(text)),
            },
            TokenKind::Bytes(bytes) => sql.push_str(&blob(bytes)),
            TokenKind::Variable(variable) => {
                let Some(value) = variables::value(variable, context) else {
                    let message = format!("Unknown system variable '{variable}'");
                    return Err(ServerError::new(1193, "HY000", message));
                };
                let is_number = !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit());
                match value.parse::<i64>() {
                    Ok(number) if is_number => sql.push_str(&number.to_string()),
                    _ => sql.push_str(&literal(&value)),
                }
                if matches!(next, None | Some(TokenKind::Other(','))) {
                    sql.push_str(&format!(" AS {}", name(&format!("@@{variable}"))));
                }
            }
            TokenKind::Parameter => sql.push('?'),
            TokenKind::End => sql.push(';'),
            TokenKind::Other(character) => sql.push(*character),
        }
    }
    Ok(sql)
}

/// SQLite's name of a function that it has under another.
fn function(word: &str) -> &str {
    const NAMES: [(&str, &str); 5] = [
        ("LAST_INSERT_ID", "last_insert_rowid"),
        ("ROW_COUNT", "changes"),
        ("CHAR_LENGTH", "length"),
        ("LCASE", "lower"),
        ("UCASE", "upper"),
    ];
    let known = NAMES
        .iter()
        .find(|(mysql, _)| word.eq_ignore_ascii_case(mysql));
    known.map_or(word, |(_, sqlite)| sqlite)
}

fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn blob(bytes: &[u8]) -> String {
    let mut text = "x'".to_owned();
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::super::split;
    use super::*;

    const CONTEXT: Context<'_> = Context {
        database: "iamtest",
        version: "8.0.39",
        autocommit: true,
        read_only: false,
    };

    fn planned(sql: &str) -> Plan {
        plan(&split(sql.as_bytes()).unwrap()[0], &CONTEXT).unwrap()
    }

    fn executed(sql: &str) -> String {
        match planned(sql) {
            Plan::Execute(sql) => sql,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_dialect() {
        assert_eq!(
            executed(r#"SELECT 'it\'s', "x", `a` FROM `iamtest`.items, iamtest.other"#),
            r#"SELECT 'it''s', 'x', "a" FROM items, other"#
        );
        assert_eq!(
            executed("SELECT _binary'a\\0' /* c */ , 0xFF"),
            "SELECT x'6100' , x'ff'"
        );
        assert_eq!(
            executed("SELECT @@version"),
            "SELECT '8.0.39' AS \"@@version\""
        );
        assert_eq!(executed("SELECT 1.5, a.b"), "SELECT 1.5, a.b");
    }

    #[test]
    fn tables_of_mysql() {
        assert_eq!(
            executed(
                "CREATE TABLE `items` (`id` INT NOT NULL AUTO_INCREMENT, `n` VARCHAR(64), \
                 PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            ),
            "CREATE TABLE \"items\" (\"id\" INTEGER NOT NULL , \"n\" VARCHAR(64), \
             PRIMARY KEY (\"id\"))"
        );
        for id in ["INT UNSIGNED", "int(11)", "BIGINT(20) UNSIGNED ZEROFILL"] {
            let sql = format!("CREATE TABLE t (id {id} AUTO_INCREMENT PRIMARY KEY, n INT(3))");
            let words: Vec<String> = executed(&sql)
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            assert_eq!(
                words.join(" "),
                "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT(3))",
                "{id}"
            );
        }
        for (select, executed_as) in [
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE t AS SELECT 1"),
            (
                "CREATE TABLE `t` AS SELECT count(*) FROM x",
                "CREATE TABLE \"t\" AS SELECT count(*) FROM x",
            ),
            (
                "CREATE TABLE iamtest.t AS SELECT (1)",
                "CREATE TABLE t AS SELECT (1)",
            ),
        ] {
            assert_eq!(executed(select), executed_as);
        }
    }

    #[test]
    fn sessions() {
        for (sql, expected) in [
            ("SET NAMES utf8mb4", Plan::Nothing),
            ("SET AUTOCOMMIT = 0", Plan::SetAutocommit(false)),
            ("set @@session.autocommit=ON", Plan::SetAutocommit(true)),
            ("SET SESSION TRANSACTION READ ONLY", Plan::SetReadOnly(true)),
            (
                "START TRANSACTION READ ONLY",
                Plan::Begin { read_only: true },
            ),
            ("BEGIN", Plan::Begin { read_only: false }),
            ("USE `iamtest`", Plan::Use("iamtest".into())),
            (
                "KILL QUERY 7",
                Plan::Kill {
                    connection_id: 7,
                    query_only: true,
                },
            ),
        ] {
            assert_eq!(planned(sql), expected, "{sql}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let refused = |sql: &str| plan(&split(sql.as_bytes()).unwrap()[0], &CONTEXT).unwrap_err();
        assert_eq!(refused("SELECT @@nonsense").code, 1193);
        assert_eq!(refused("SHOW MASTER STATUS").code, 1064);
        assert_eq!(refused("CREATE USER a").code, 1227);
        assert_eq!(refused("KILL x").code, 1064);
    }
}
