//! The list of a `SELECT`: the columns of the result.

use crate::server_error::ServerError;
use crate::sql::expression::Expression;
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};
use crate::sql::reserved::is_reserved;
use crate::sql::scope::{Place, Scope, ScopeColumn};

/// A column of the result.
pub(super) struct Item {
    pub(super) expression: Expression,
    pub(super) name: String,
    pub(super) has_alias: bool,
    pub(super) declared: Option<String>,
}

impl Item {
    /// The column as an outer statement names it.
    pub(super) fn scope_column(&self) -> ScopeColumn {
        ScopeColumn {
            name: self.name.clone(),
            kind: self.expression.kind.clone(),
            declared: self.declared.clone(),
            is_key: false,
        }
    }
}

impl Parser<'_> {
    pub(super) fn items(&mut self, scope: &Scope) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            if self.take_other('*') {
                expand_wildcard(scope, None, &mut items)?;
            } else if self.is_other(1, '.') && self.is_other(2, '*') {
                let table = self.name()?;
                self.advance(2);
                expand_wildcard(scope, Some(&table), &mut items)?;
            } else {
                items.push(self.item(scope)?);
            }
            if !self.take_other(',') {
                return Ok(items);
            }
        }
    }

    fn item(&mut self, scope: &Scope) -> Result<Item> {
        let start = self.position();
        let first = self.kind(0).cloned();
        let expression = self.expression(scope)?;
        let mut name = self.text_from(start);
        let is_one_token = self.position() == start.saturating_add(1);
        if let (Some(TokenKind::Text(text)), true) = (&first, expression.constant.is_some()) {
            name = String::from_utf8_lossy(text).trim_start().to_owned();
        }
        if let (Some(TokenKind::Bytes(bytes)), true, true) =
            (&first, is_one_token, name.starts_with('_'))
        {
            name = String::from_utf8_lossy(bytes).into_owned();
        }
        if let (Some(TokenKind::QuotedName(quoted)), true) = (&first, is_one_token) {
            name.clone_from(quoted);
        }
        let mut declared = expression.kind.declaration();
        if let Some(place) = expression.column {
            if let Some(column) = column_at(scope, place) {
                declared.clone_from(&column.declared);
            }
            if let Some((_, last)) = name.rsplit_once('.') {
                name = last.trim().trim_matches('`').to_owned();
            }
        }
        // MySQL's names are `utf8mb3`: a character of four bytes becomes `?`.
        name = name.replace(|character| character > '\u{FFFF}', "?");
        let has_alias = match self.alias()? {
            Some(alias) => {
                name = alias;
                true
            }
            None => false,
        };
        Ok(Item {
            expression,
            name,
            has_alias,
            declared,
        })
    }

    /// Parses an alias, with or without `AS`.
    fn alias(&mut self) -> Result<Option<String>> {
        let has_as = self.take(&["AS"]);
        match self.kind(0).cloned() {
            Some(TokenKind::Text(text)) => {
                self.advance(1);
                Ok(Some(String::from_utf8_lossy(&text).into_owned()))
            }
            Some(TokenKind::QuotedName(_)) => self.name().map(Some),
            Some(TokenKind::Word(word)) if has_as || !is_reserved(&word) => self.name().map(Some),
            _ if has_as => Err(self.unexpected()),
            _ => Ok(None),
        }
    }
}

pub(super) fn column_at(scope: &Scope, place: Place) -> Option<&ScopeColumn> {
    let source = scope.levels.get(place.level)?.get(place.source)?;
    source.columns.get(place.column)
}

fn expand_wildcard(scope: &Scope, table: Option<&str>, items: &mut Vec<Item>) -> Result<()> {
    let before = items.len();
    for (source, it) in scope.sources().iter().enumerate() {
        if table.is_some_and(|table| table != it.alias) {
            continue;
        }
        for (column, it) in it.columns.iter().enumerate() {
            let place = Place {
                level: 0,
                source,
                column,
            };
            let mut expression = Expression::new(scope.sql(place), it.kind.clone());
            expression.columns.push(place);
            expression.column = Some(place);
            items.push(Item {
                expression,
                name: it.name.clone(),
                has_alias: false,
                declared: it.declared.clone(),
            });
        }
    }
    match (items.len() == before, table) {
        (true, Some(table)) => Err(ServerError::new(
            1051,
            "42S02",
            format!("Unknown table '{table}'"),
        )),
        (true, None) => Err(ServerError::new(1096, "HY000", "No tables used")),
        (false, _) => Ok(()),
    }
}
