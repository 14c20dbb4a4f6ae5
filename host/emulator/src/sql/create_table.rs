//! Parsing of `CREATE TABLE`, into SQLite's statement and the entry for the catalog.

mod column;

use super::catalog::{Column, Table};
use super::expression::refused;
use super::kind::Kind;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::quote;
use super::scope::Scope;
use crate::collation::Collation;

/// A parsed `CREATE TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewTable {
    pub(crate) table: Table,
    /// The statement for SQLite.
    pub(crate) sql: String,
    pub(super) if_not_exists: bool,
    /// The first value of `AUTO_INCREMENT`, if the table's options state it.
    pub(crate) first_id: Option<i64>,
}

/// The keys, checks and foreign keys of a table.
#[derive(Default)]
pub(super) struct Constraints {
    /// Primary keys (`true`) and unique keys, with the names of their columns.
    keys: Vec<(bool, Vec<String>)>,
    /// The positions of the `CHECK` expressions, which are parsed once all columns are known.
    checks: Vec<usize>,
    /// Foreign keys, in SQLite's dialect.
    foreign: Vec<String>,
}

impl Parser<'_> {
    /// Parses what follows `CREATE`.
    pub(super) fn create_table(&mut self) -> Result<NewTable> {
        if self.is_word(0, "TEMPORARY") {
            return refused("CREATE TEMPORARY TABLE");
        }
        self.expect(&["TABLE"])?;
        let if_not_exists = self.take(&["IF", "NOT", "EXISTS"]);
        let name = self.table_name()?;
        if !self.take_other('(') || self.is_word(0, "SELECT") || self.is_word(0, "LIKE") {
            return refused("CREATE TABLE … LIKE and CREATE TABLE … SELECT");
        }
        let (mut columns, constraints) = self.definitions()?;
        self.expect_other(')')?;
        let (first_id, collation) = self.table_options()?;
        for column in &mut columns {
            if column::is_text(&column.declared) && column.collation.is_none() {
                column.collation = Some(collation.clone());
            }
        }
        for (is_primary, names) in &constraints.keys {
            mark_key(&mut columns, *is_primary, names)?;
        }
        let table = Table { name, columns };
        if let Some(id) = table.id()
            && id.key != "PRI"
        {
            return refused("AUTO_INCREMENT on a column that is not the primary key");
        }
        let checks = self.checks(&table, &constraints)?;
        let sql = create_statement(&table, &constraints, &checks);
        Ok(NewTable {
            table,
            sql,
            if_not_exists,
            first_id,
        })
    }

    /// Parses the columns and constraints in the parentheses, in any order.
    fn definitions(&mut self) -> Result<(Vec<Column>, Constraints)> {
        let mut columns: Vec<Column> = Vec::new();
        let mut constraints = Constraints::default();
        self.comma_separated(|parser| {
            if !parser.constraint(&mut columns, &mut constraints)? {
                columns.push(parser.column_definition(&mut constraints)?);
            }
            Ok(())
        })?;
        Ok((columns, constraints))
    }

    /// Parses a key or a check. Returns whether there was one.
    fn constraint(
        &mut self,
        columns: &mut [Column],
        constraints: &mut Constraints,
    ) -> Result<bool> {
        let start = self.position();
        if self.take(&["CONSTRAINT"]) {
            let kinds = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"];
            if self.word_among(&kinds).is_none() {
                self.name()?;
            }
        }
        if self.take(&["PRIMARY", "KEY"]) {
            let names = self.key_columns(true)?;
            constraints.keys.push((true, names));
        } else if self.take(&["UNIQUE"]) {
            let _is_present = self.take(&["KEY"]) || self.take(&["INDEX"]);
            let names = self.key_columns(true)?;
            constraints.keys.push((false, names));
        } else if self.take(&["FOREIGN", "KEY"]) {
            let foreign = self.foreign_key()?;
            constraints.foreign.push(foreign);
        } else if self.take(&["CHECK"]) {
            constraints.checks.push(self.position());
            self.skip_parentheses()?;
            self.take(&["ENFORCED"]);
        } else if self.position() != start {
            return Err(self.unexpected());
        } else if self.word_among(&["FULLTEXT", "SPATIAL"]).is_some() {
            return refused("FULLTEXT and SPATIAL keys");
        } else if self.is_index() {
            self.advance(1);
            let names = self.key_columns(false)?;
            mark_index(columns, &names);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether an index follows. A column may also be named `key` or `index`: then a type follows, without a
    /// parenthesis after a name.
    fn is_index(&self) -> bool {
        (self.is_word(0, "KEY") || self.is_word(0, "INDEX"))
            && (self.is_other(1, '(') || self.is_other(2, '(') || self.is_word(2, "USING"))
    }

    /// Parses `name USING BTREE (a, b)`, and returns the columns.
    fn key_columns(&mut self, is_unique: bool) -> Result<Vec<String>> {
        if !self.is_other(0, '(') && !self.is_word(0, "USING") {
            self.name()?;
        }
        self.using()?;
        self.expect_other('(')?;
        let names = self.comma_separated(|parser| {
            let name = parser.name()?;
            if parser.take_other('(') {
                parser.advance(1);
                parser.expect_other(')')?;
                if is_unique {
                    return refused("a unique key on a prefix of a column");
                }
            }
            let _is_present = parser.take(&["ASC"]) || parser.take(&["DESC"]);
            Ok(name)
        })?;
        self.expect_other(')')?;
        self.using()?;
        if self.take(&["COMMENT"]) {
            self.advance(1);
        }
        Ok(names)
    }

    fn using(&mut self) -> Result<()> {
        if self.take(&["USING"]) && !self.take(&["BTREE"]) && !self.take(&["HASH"]) {
            return Err(self.unexpected());
        }
        Ok(())
    }

    fn foreign_key(&mut self) -> Result<String> {
        let own = self.key_columns(false)?;
        self.expect(&["REFERENCES"])?;
        let table = self.table_name()?;
        let theirs = self.key_columns(false)?;
        let referenced = self.context.catalog.table(&table)?;
        let is_unique = match theirs.as_slice() {
            [name] => matches!(referenced.column(name)?.key.as_str(), "PRI" | "UNI"),
            _ => false,
        };
        if !is_unique || own.len() != 1 {
            return refused("a foreign key that does not reference exactly one unique column");
        }
        let mut sql = format!(
            "FOREIGN KEY ({}) REFERENCES {} ({})",
            quote::names(&own),
            quote::name(&table),
            quote::names(&theirs)
        );
        while self.take(&["ON"]) {
            let action = self.referential_action()?;
            sql.push_str(&action);
        }
        Ok(sql)
    }

    /// Parses `DELETE CASCADE` or a similar action, after the `ON`. Returns the clause for SQLite.
    fn referential_action(&mut self) -> Result<String> {
        let event = self.next_word()?.to_ascii_uppercase();
        let action = [
            &["CASCADE"][..],
            &["RESTRICT"],
            &["SET", "NULL"],
            &["NO", "ACTION"],
        ]
        .into_iter()
        .find(|words| self.take(words))
        .ok_or_else(|| self.unexpected())?;
        if event != "DELETE" && event != "UPDATE" {
            return Err(self.unexpected());
        }
        Ok(format!(" ON {event} {}", action.join(" ")))
    }

    pub(super) fn skip_parentheses(&mut self) -> Result<()> {
        let mut depth = 0_usize;
        loop {
            match self.next() {
                Some(TokenKind::Other('(')) => depth = depth.saturating_add(1),
                Some(TokenKind::Other(')')) => depth = depth.saturating_sub(1),
                Some(_) => {}
                None => return Err(self.unexpected()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn checks(&mut self, table: &Table, constraints: &Constraints) -> Result<Vec<String>> {
        let scope = Scope::of_table(table.name.clone(), table.scope_columns());
        let end = self.position();
        let mut checks = Vec::new();
        for start in &constraints.checks {
            self.go_to(*start);
            let check = self.expression(&scope)?;
            if !matches!(check.kind, Kind::Integer | Kind::Null) {
                return refused("CHECK with this expression");
            }
            // A `CHECK` names only columns of the same table, so the qualifier is not needed.
            let qualifier = format!("{}.", quote::name(&table.name));
            checks.push(check.sql.replace(&qualifier, ""));
        }
        self.go_to(end);
        Ok(checks)
    }

    /// Parses the table options. Returns the first value of `AUTO_INCREMENT`, and the collation of columns that state
    /// none.
    fn table_options(&mut self) -> Result<(Option<i64>, String)> {
        let (mut first_id, mut collation, mut charset) = (None, None, None);
        while self.kind(0).is_some() {
            self.take_other(',');
            self.take(&["DEFAULT"]);
            let mut option = self.next_word()?.to_ascii_uppercase();
            if option == "CHARACTER" {
                self.expect(&["SET"])?;
                "CHARSET".clone_into(&mut option);
            }
            self.take_other('=');
            let value = match self.next() {
                Some(TokenKind::Word(value) | TokenKind::Number(value)) => value,
                Some(TokenKind::Text(value)) => String::from_utf8_lossy(&value).into_owned(),
                _ => return Err(self.unexpected()),
            };
            match option.as_str() {
                "AUTO_INCREMENT" => first_id = value.parse().ok(),
                "COLLATE" => collation = Some(value),
                "CHARSET" => charset = Some(value),
                "ENGINE" | "COMMENT" | "ROW_FORMAT" | "STATS_PERSISTENT" | "AVG_ROW_LENGTH"
                | "MAX_ROWS" | "MIN_ROWS" | "KEY_BLOCK_SIZE" => {}
                _ => return refused(format!("the table option {option}")),
            }
        }
        let collation = collation.unwrap_or_else(|| column::default_collation(charset.as_deref()));
        Ok((first_id, collation))
    }
}

/// Marks the columns of a primary or unique key as `DESCRIBE` shows them.
fn mark_key(columns: &mut [Column], is_primary: bool, names: &[String]) -> Result<()> {
    for column in columns {
        if !names.iter().any(|it| it.eq_ignore_ascii_case(&column.name)) {
            continue;
        }
        if let kind @ Kind::Opaque(_) = column.kind() {
            return refused(format!("a primary or unique key on {}", kind.describe()));
        }
        if is_primary {
            column.is_nullable = false;
            "PRI".clone_into(&mut column.key);
        } else if names.len() == 1 && column.key != "PRI" {
            "UNI".clone_into(&mut column.key);
        } else if column.key.is_empty() && names.first() == Some(&column.name) {
            "MUL".clone_into(&mut column.key);
        }
    }
    Ok(())
}

/// Marks the first column of a non-unique index, as `DESCRIBE` shows it.
fn mark_index(columns: &mut [Column], names: &[String]) {
    let Some(first) = names.first() else {
        return;
    };
    let mut columns = columns.iter_mut();
    if let Some(column) = columns.find(|it| first.eq_ignore_ascii_case(&it.name))
        && column.key.is_empty()
    {
        "MUL".clone_into(&mut column.key);
    }
}

/// Writes the `CREATE TABLE` for SQLite.
fn create_statement(table: &Table, constraints: &Constraints, checks: &[String]) -> String {
    let mut parts = Vec::new();
    for column in &table.columns {
        let (name, kind) = (quote::name(&column.name), column.kind());
        parts.push(match kind {
            Kind::Integer | Kind::Unsigned => format!("{name} INTEGER"),
            Kind::Decimal(_) | Kind::Double => format!("{name} REAL"),
            Kind::Text(collation) => format!("{name} TEXT COLLATE {}", collation.name()),
            Kind::Bytes => format!("{name} BLOB"),
            Kind::Date | Kind::DateTime(_) | Kind::Time(_) => format!("{name} TEXT"),
            // SQLite does not convert the values of a `BLOB` column.
            Kind::Null | Kind::Parameter | Kind::Opaque(_) => format!("{name} BLOB"),
        });
    }
    for (is_primary, names) in &constraints.keys {
        let kind = if *is_primary { "PRIMARY KEY" } else { "UNIQUE" };
        parts.push(format!("{kind} ({})", quote::names(names)));
    }
    parts.extend(checks.iter().map(|check| format!("CHECK ({check})")));
    parts.extend(constraints.foreign.iter().cloned());
    format!(
        "CREATE TABLE {} ({})",
        quote::name(&table.name),
        parts.join(", ")
    )
}

/// The name of MySQL's default collation.
pub(super) fn default_name() -> String {
    Collation::AccentInsensitive.name().to_owned()
}
