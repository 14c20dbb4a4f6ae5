//! Splits a text into statements, as far as the command needs it: to number them, and to refuse the mysql client's own
//! commands. The server splits the text itself, so a mistake here changes no statement.

/// A statement of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// The statement with the comments before it, and without its semicolon.
    pub(super) text: &'a str,
    /// Whether it may allow writes in a session that is read-only.
    pub(super) may_allow_writes: bool,
    /// Whether it may have several results: a `CALL`, or MariaDB's `BEGIN NOT ATOMIC`.
    pub(super) may_have_several_results: bool,
}

/// A command of the mysql client, which the server does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientCommand {
    Delimiter,
    /// `\G`
    Vertical,
    /// `\g`
    Go,
}

/// Splits a text at each `;` that is outside of strings, names, comments and the bodies of stored programs.
pub(super) fn split(sql: &str) -> Result<Vec<Statement<'_>>, ClientCommand> {
    let mut statements = Vec::new();
    let mut words = Words::default();
    let mut begin = 0_usize;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let at = sql.len().saturating_sub(rest.len());
        let (token, after) = rest.split_at(token_length(first, rest));
        if first == ';' && words.blocks.is_empty() {
            statements.extend(words.statement(sql.get(begin..at)));
            words = Words::default();
            begin = at.saturating_add(1);
        } else if token == "\\" && after.starts_with('G') {
            return Err(ClientCommand::Vertical);
        } else if token == "\\" && after.starts_with('g') {
            return Err(ClientCommand::Go);
        } else if !is_comment(token) && !first.is_whitespace() {
            words.add(token)?;
        }
        rest = after;
    }
    statements.extend(words.statement(sql.get(begin..)));
    Ok(statements)
}

/// The length of the token with which `rest` begins: a string, a quoted name, a comment, a word or a character.
fn token_length(first: char, rest: &str) -> usize {
    match first {
        '\'' | '"' | '`' => quoted_length(first, rest),
        '#' => line_length(rest),
        '-' if is_dash_comment(rest) => line_length(rest),
        // The server executes the content of /*! … */ and /*M! … */.
        '/' if rest.starts_with("/*!") || rest.starts_with("/*M!") => {
            let version = |character: char| !matches!(character, '/' | '*' | '!' | 'M' | '0'..='9');
            rest.find(version).unwrap_or(rest.len())
        }
        '/' if rest.starts_with("/*") => match rest.get(2..).and_then(|inside| inside.find("*/")) {
            Some(end) => end.saturating_add(4),
            None => rest.len(),
        },
        _ if is_in_word(first) => {
            let end = rest.find(|character| !is_in_word(character));
            end.unwrap_or(rest.len())
        }
        _ => first.len_utf8(),
    }
}

fn is_in_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$' | '@')
}

/// Also true of `/*!50000`, which precedes words that the server executes.
fn is_comment(token: &str) -> bool {
    token.starts_with("/*") || token.starts_with('#') || token.starts_with("--")
}

fn quoted_length(quote: char, rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == '\\' && quote != '`' {
            characters.next();
        } else if character == quote {
            return at.saturating_add(1);
        }
    }
    rest.len()
}

fn is_dash_comment(rest: &str) -> bool {
    let after = rest.strip_prefix("--");
    after.is_some_and(|after| after.chars().next().is_none_or(char::is_whitespace))
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// What the words of a statement say about it.
#[derive(Debug, Default)]
struct Words {
    first: String,
    /// The last token, in upper case.
    last: String,
    tokens: usize,
    /// Whether the statement creates a stored program, or is a block, whose body contains semicolons.
    is_program: bool,
    /// The blocks of the body that are open.
    blocks: Vec<Block>,
    may_allow_writes: bool,
}

/// What `END` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Statements,
    /// A `CASE` that is an expression, within which `IF` is a function.
    CaseExpression,
}

impl Words {
    /// Notes a token that is neither a comment nor a space.
    fn add(&mut self, token: &str) -> Result<(), ClientCommand> {
        let token = token.to_ascii_uppercase();
        if self.tokens == 0 {
            self.first.clone_from(&token);
            if token == "DELIMITER" {
                return Err(ClientCommand::Delimiter);
            }
        }
        self.tokens = self.tokens.saturating_add(1);
        let is_setting = matches!(self.first.as_str(), "SET" | "START");
        self.may_allow_writes |= is_setting && (token == "WRITE" || token.ends_with("READ_ONLY"));
        self.is_program |= match token.as_str() {
            "PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT" | "PACKAGE" => self.first == "CREATE",
            "DO" => self.first == "ALTER",
            "NOT" if self.tokens == 2 && self.first == "BEGIN" => {
                self.blocks.push(Block::Statements);
                true
            }
            _ => false,
        };
        if self.is_program {
            self.note_block(&token);
        }
        self.last = token;
        Ok(())
    }

    fn note_block(&mut self, token: &str) {
        let is_in_expression = self.blocks.last() == Some(&Block::CaseExpression);
        let begins_statement = !is_in_expression
            && matches!(
                self.last.as_str(),
                ";" | ":" | "BEGIN" | "THEN" | "ELSE" | "DO" | "LOOP" | "REPEAT" | "ROW"
            );
        match token {
            "END" => {
                self.blocks.pop();
            }
            // After END they name the block that ends.
            _ if self.last == "END" => {}
            "CASE" if !begins_statement => self.blocks.push(Block::CaseExpression),
            "BEGIN" => self.blocks.push(Block::Statements),
            "CASE" | "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR" if begins_statement => {
                self.blocks.push(Block::Statements);
            }
            _ => {}
        }
    }

    /// The statement that ends here, unless nothing but comments and spaces precedes its end.
    fn statement<'a>(&self, text: Option<&'a str>) -> Option<Statement<'a>> {
        let text = text.filter(|_| self.tokens > 0)?;
        Some(Statement {
            text,
            may_allow_writes: self.may_allow_writes,
            may_have_several_results: self.first == "CALL"
                || self.first == "BEGIN" && self.is_program,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        let statements = split(sql).unwrap();
        statements.iter().map(|it| it.text.trim()).collect()
    }

    #[test]
    fn one_statement() {
        for sql in [
            "SELECT 1",
            "SELECT 1;",
            "SELECT 1; -- done\n ; /* x; y */ # z; a",
            "SELECT 'a;b', \"c;d\", `e;f`, 'it''s;', 'a\\';b'",
            "-- a; b\nSELECT 1",
            "SELECT 1 /* ; */ + 1",
            "SELECT 'unfinished; ",
            "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT CASE a WHEN 1 THEN 2 END; END",
            "CREATE DEFINER = a@b PROCEDURE p() l: LOOP IF a THEN LEAVE l; END IF; END LOOP l;",
            "CREATE FUNCTION f() RETURNS INT BEGIN IF IF(a, b, c) THEN BEGIN RETURN REPEAT('a', 2); END; END IF; END;",
            "CREATE TRIGGER t BEFORE INSERT ON i FOR EACH ROW IF NEW.a THEN SET @a = 1; SET @b = 2; END IF;",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; \
             CASE x WHEN 1 THEN DO CASE 1 WHEN 1 THEN IF(a, b, c) END; END CASE; END",
            "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
        ] {
            assert_eq!(split(sql).unwrap().len(), 1, "{sql}");
        }
        for sql in ["", " ;; ", "-- nothing", "/* SELECT 1; */"] {
            assert_eq!(texts(sql), [""; 0], "{sql}");
        }
    }

    #[test]
    fn several_statements() {
        for (sql, expected) in [
            ("SELECT 1; SELECT 2", &["SELECT 1", "SELECT 2"][..]),
            ("SELECT 1;SELECT 'é;'", &["SELECT 1", "SELECT 'é;'"]),
            ("SELECT 5--1; DO 1;", &["SELECT 5--1", "DO 1"]),
            (
                "SELECT 1; /*!50000 SET a = 1 */; DO 1",
                &["SELECT 1", "/*!50000 SET a = 1 */", "DO 1"],
            ),
            ("BEGIN; DO 1; COMMIT", &["BEGIN", "DO 1", "COMMIT"]),
            (
                "CREATE TABLE event (a INT); DROP PROCEDURE p; DO 1",
                &["CREATE TABLE event (a INT)", "DROP PROCEDURE p", "DO 1"],
            ),
            (
                "CREATE PROCEDURE p() BEGIN DO 1; END; CALL p()",
                &["CREATE PROCEDURE p() BEGIN DO 1; END", "CALL p()"],
            ),
        ] {
            assert_eq!(texts(sql), expected);
        }
    }

    #[test]
    fn calls_may_have_several_results() {
        let statements = split("CALL p(); SELECT 1; BEGIN NOT ATOMIC DO 1; END; BEGIN").unwrap();
        let several: Vec<bool> = statements
            .iter()
            .map(|it| it.may_have_several_results)
            .collect();
        assert_eq!(several, [true, false, true, false]);
    }

    #[test]
    fn statements_that_may_allow_writes() {
        for sql in [
            "SET SESSION TRANSACTION READ WRITE",
            "set @@session.transaction_read_only = 0",
            "/*!40000 SET tx_read_only = 0 */",
            "START TRANSACTION READ WRITE",
        ] {
            assert!(split(sql).unwrap()[0].may_allow_writes, "{sql}");
        }
        for sql in [
            "SET @a = 'READ WRITE'",
            "START TRANSACTION READ ONLY",
            "SELECT `write` FROM t",
        ] {
            assert!(!split(sql).unwrap()[0].may_allow_writes, "{sql}");
        }
    }

    #[test]
    fn commands_of_the_mysql_client() {
        for (sql, command) in [
            ("SELECT 1\\G", ClientCommand::Vertical),
            ("SELECT 1; SELECT 2 \\G", ClientCommand::Vertical),
            ("SELECT 1\\g", ClientCommand::Go),
            ("-- a\ndelimiter //\nSELECT 1//", ClientCommand::Delimiter),
            ("SELECT 1; DELIMITER ;", ClientCommand::Delimiter),
        ] {
            assert_eq!(split(sql), Err(command), "{sql}");
        }
        assert_eq!(texts("SELECT '\\G', delimiter FROM t").len(), 1);
    }
}
