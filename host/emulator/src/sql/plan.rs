//! The plan of a statement: what the session has to do for it.

use std::collections::HashMap;

use rusqlite::types::Value;

use super::catalog::Catalog;
use super::create_table::NewTable;
use super::expression::refused;
use super::lexer::TokenKind;
use super::parser::{Parser, Result};
use super::scope::Scope;
use super::statement::Statement;
use super::write::Write;
use crate::server_error::ServerError;

/// What a statement depends on besides its text.
pub(crate) struct Context<'a> {
    pub(crate) database: &'a str,
    pub(crate) version: &'a str,
    pub(crate) autocommit: bool,
    pub(crate) read_only: bool,
    /// The system variables that the session has set.
    pub(crate) settings: &'a HashMap<String, String>,
    pub(crate) catalog: &'a Catalog<'a>,
}

/// A statement that returns rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) sql: String,
    /// Each column's name and type. Without a type, the value decides.
    pub(crate) columns: Vec<(String, Option<String>)>,
    pub(crate) parameters: usize,
}

/// What a session does for a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// SQLite executes the statement, and its rows are the reply.
    Read(Query),
    /// SQLite executes the statement, and the reply contains the number of changed rows. The second field is the
    /// number of parameters.
    Write(Write, usize),
    CreateTable(NewTable),
    DropTables(Vec<String>),
    Truncate(String),
    /// An index of this table that begins with this column. It changes only what `DESCRIBE` shows.
    CreateIndex(String, String),
    /// Nothing is done, and the client receives an OK: for a statement without effect in the emulator.
    Nothing,
    Begin {
        read_only: bool,
    },
    Commit,
    Rollback,
    /// `SAVEPOINT`, `ROLLBACK TO` or `RELEASE`, in SQLite's dialect.
    Savepoint(String),
    Set(Vec<Setting>),
    Use(String),
    Kill {
        connection_id: u32,
        query_only: bool,
    },
}

/// An assignment of a `SET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Autocommit(bool),
    ReadOnly(bool),
    /// A system variable, by name and value, that can be read back.
    Variable(String, String),
}

/// Plans a statement. `values` are the values of the `?` parameters, if they are known.
pub(crate) fn plan(
    statement: &Statement,
    context: &Context<'_>,
    values: Option<&[Value]>,
) -> Result<Plan> {
    let mut parser = Parser::new(statement, context, values);
    let parameters = parser.parameter_count();
    let plan = parser.statement()?;
    parser.end()?;
    let takes_parameters = matches!(plan, Plan::Read(_) | Plan::Write(..));
    match parameters > 0 && !takes_parameters {
        true => refused("? in this kind of statement"),
        false => Ok(plan),
    }
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<Plan> {
        if self.is_query() {
            let select = self.subquery(&Scope::default())?;
            let columns = select.columns.into_iter();
            return Ok(Plan::Read(Query {
                sql: select.sql,
                columns: columns.map(|it| (it.name, it.declared)).collect(),
                parameters: self.parameter_count(),
            }));
        }
        let start = self.position();
        let Some(TokenKind::Word(word)) = self.next() else {
            self.go_to(start);
            return Err(self.unexpected());
        };
        let count = self.parameter_count();
        match word.to_ascii_uppercase().as_str() {
            "INSERT" => Ok(Plan::Write(self.insert()?, count)),
            "UPDATE" => Ok(Plan::Write(self.update()?, count)),
            "DELETE" => Ok(Plan::Write(self.delete()?, count)),
            "SHOW" => Ok(Plan::Read(self.show()?)),
            "DESCRIBE" | "DESC" | "EXPLAIN" => Ok(Plan::Read(self.describe()?)),
            "SET" => self.set(),
            "START" => self.start_transaction(),
            "BEGIN" => {
                self.take(&["WORK"]);
                Ok(Plan::Begin { read_only: false })
            }
            "COMMIT" => Ok(self.commit()),
            "ROLLBACK" => self.rollback(),
            "SAVEPOINT" | "RELEASE" => self.savepoint(&word),
            "KILL" => self.kill(),
            "USE" => Ok(Plan::Use(self.name()?)),
            "CREATE" => self.create(),
            "DROP" => self.drop_tables(),
            "TRUNCATE" => {
                self.take(&["TABLE"]);
                let name = self.table_name()?;
                let table = self.context.catalog.table(&name)?;
                Ok(Plan::Truncate(table.name))
            }
            "ALTER" => self.alter(),
            "LOCK" | "UNLOCK" | "FLUSH" | "ANALYZE" => {
                self.skip_all();
                Ok(Plan::Nothing)
            }
            "GRANT" | "REVOKE" => Err(users()),
            known @ ("REPLACE" | "CALL" | "DO" | "HANDLER" | "LOAD" | "PREPARE" | "EXECUTE"
            | "DEALLOCATE" | "TABLE" | "VALUES" | "RENAME" | "CHECKSUM" | "CHECK"
            | "OPTIMIZE" | "REPAIR" | "XA" | "HELP" | "INSTALL" | "RESET" | "PRAGMA"
            | "ATTACH" | "DETACH" | "VACUUM" | "REINDEX") => refused(known),
            _ => {
                self.go_to(start);
                Err(self.unexpected())
            }
        }
    }

    /// Skips the rest of the statement.
    pub(super) fn skip_all(&mut self) {
        while self.next().is_some() {}
    }

    fn start_transaction(&mut self) -> Result<Plan> {
        self.expect(&["TRANSACTION"])?;
        let mut read_only = false;
        while self.kind(0).is_some() {
            if self.take(&["READ", "ONLY"]) {
                read_only = true;
            } else if !self.take(&["READ", "WRITE"])
                && !self.take(&["WITH", "CONSISTENT", "SNAPSHOT"])
            {
                return Err(self.unexpected());
            }
            self.take_other(',');
        }
        Ok(Plan::Begin { read_only })
    }

    fn commit(&mut self) -> Plan {
        self.take(&["WORK"]);
        self.completion();
        Plan::Commit
    }

    /// What the emulator does after every transaction: `AND CHAIN` and `RELEASE` are refused as unexpected words.
    fn completion(&mut self) {
        self.take(&["AND", "NO", "CHAIN"]);
        self.take(&["NO", "RELEASE"]);
    }

    fn rollback(&mut self) -> Result<Plan> {
        self.take(&["WORK"]);
        if !self.take(&["TO"]) {
            self.completion();
            return Ok(Plan::Rollback);
        }
        self.take(&["SAVEPOINT"]);
        let name = super::quote::name(&self.name()?);
        Ok(Plan::Savepoint(format!("ROLLBACK TO {name}")))
    }

    fn savepoint(&mut self, word: &str) -> Result<Plan> {
        let is_release = word.eq_ignore_ascii_case("RELEASE");
        if is_release {
            self.expect(&["SAVEPOINT"])?;
        }
        let name = super::quote::name(&self.name()?);
        Ok(Plan::Savepoint(match is_release {
            true => format!("RELEASE {name}"),
            false => format!("SAVEPOINT {name}"),
        }))
    }

    fn kill(&mut self) -> Result<Plan> {
        let query_only = self.take(&["QUERY"]);
        if !query_only {
            self.take(&["CONNECTION"]);
        }
        let connection_id = match self.next() {
            Some(TokenKind::Number(id)) => id.parse().ok(),
            _ => None,
        };
        let connection_id = connection_id
            .ok_or_else(|| ServerError::syntax("KILL needs the id of a connection"))?;
        Ok(Plan::Kill {
            connection_id,
            query_only,
        })
    }

    fn create(&mut self) -> Result<Plan> {
        if self.take(&["DATABASE"]) || self.take(&["SCHEMA"]) {
            self.skip_all();
            return Ok(Plan::Nothing);
        }
        if self.is_word(0, "USER") {
            return Err(users());
        }
        if self.take(&["INDEX"]) {
            return self.create_index();
        }
        if self.word_among(&["TABLE", "TEMPORARY"]).is_none() {
            let what = self.next_word()?.to_ascii_uppercase();
            return refused(format!("CREATE {what}"));
        }
        let table = self.create_table()?;
        if self.context.catalog.has(&table.table.name)? {
            return match table.if_not_exists {
                true => Ok(Plan::Nothing),
                false => Err(ServerError::table_exists(&table.table.name)),
            };
        }
        Ok(Plan::CreateTable(table))
    }

    fn create_index(&mut self) -> Result<Plan> {
        self.name()?;
        if self.take(&["USING"]) {
            self.advance(1);
        }
        self.expect(&["ON"])?;
        let name = self.table_name()?;
        let table = self.context.catalog.table(&name)?;
        self.expect_other('(')?;
        let column = table.column(&self.name()?)?.name.clone();
        self.skip_all();
        Ok(Plan::CreateIndex(name, column))
    }

    fn drop_tables(&mut self) -> Result<Plan> {
        if self.take(&["DATABASE"]) || self.take(&["SCHEMA"]) {
            self.skip_all();
            return Ok(Plan::Nothing);
        }
        if self.is_word(0, "USER") {
            return Err(users());
        }
        if !self.take(&["TABLE"]) {
            let what = self.next_word()?.to_ascii_uppercase();
            return refused(format!("DROP {what}"));
        }
        let if_exists = self.take(&["IF", "EXISTS"]);
        let mut names = Vec::new();
        self.comma_separated(|parser| {
            let name = parser.table_name()?;
            if parser.context.catalog.has(&name)? {
                names.push(name);
            } else if !if_exists {
                return Err(ServerError::unknown_table(parser.context.database, &name));
            }
            Ok(())
        })?;
        let _is_present = self.take(&["RESTRICT"]) || self.take(&["CASCADE"]);
        Ok(Plan::DropTables(names))
    }

    /// Parses the `ALTER TABLE … KEYS` that `mysqldump` writes around a table's rows.
    fn alter(&mut self) -> Result<Plan> {
        if self.is_word(0, "USER") {
            return Err(users());
        }
        self.expect(&["TABLE"])?;
        self.table_name()?;
        match self.take(&["DISABLE", "KEYS"]) || self.take(&["ENABLE", "KEYS"]) {
            true => Ok(Plan::Nothing),
            false => refused("ALTER TABLE"),
        }
    }
}

fn users() -> ServerError {
    ServerError::not_emulated(
        "statements on users and privileges; users are set when the emulator starts, and have all privileges",
    )
}
