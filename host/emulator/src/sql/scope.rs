//! The columns that an expression may name.

use super::kind::Kind;
use super::parser::Result;
use super::quote::name as quoted;
use crate::server_error::ServerError;

/// A column that can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScopeColumn {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The type that a client receives.
    pub(super) declared: Option<String>,
    /// Whether the column alone is the primary key, so that the table's other columns depend on it.
    pub(super) is_key: bool,
}

/// A table, a common table expression of a `WITH`, or a derived table of a `FROM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) alias: String,
    pub(super) columns: Vec<ScopeColumn>,
}

/// The position of a column in a [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The nesting level of the `SELECT`; 0 is the innermost one.
    pub(super) level: usize,
    pub(super) source: usize,
    pub(super) column: usize,
}

impl Place {
    /// The same column, as the `SELECT` around this one names it.
    pub(super) fn seen_from_outside(self) -> Self {
        Self {
            level: self.level.saturating_sub(1),
            ..self
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The sources of each `SELECT`, the innermost first.
    pub(super) levels: Vec<Vec<Source>>,
    /// The aliases of the result's columns, where they can be named: name, SQL, and type.
    pub(super) aliases: Vec<(String, String, Kind)>,
    /// The common table expressions of a `WITH`.
    pub(super) views: Vec<Source>,
    /// Whether an aggregate function is allowed.
    pub(super) aggregates_allowed: bool,
}

impl Scope {
    /// A scope in which the columns of one table can be named.
    pub(super) fn of_table(alias: String, columns: Vec<ScopeColumn>) -> Self {
        Self {
            levels: vec![vec![Source { alias, columns }]],
            ..Self::default()
        }
    }

    /// The scope of a `SELECT` within this one.
    pub(super) fn inner(&self) -> Self {
        let mut levels = self.levels.clone();
        levels.insert(0, Vec::new());
        Self {
            levels,
            views: self.views.clone(),
            ..Self::default()
        }
    }

    pub(super) fn sources(&self) -> &[Source] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    pub(super) fn column(&self, table: Option<&str>, name: &str) -> Result<(Place, &ScopeColumn)> {
        for (level, sources) in self.levels.iter().enumerate() {
            let mut found = Vec::new();
            for (source, it) in sources.iter().enumerate() {
                if table.is_some_and(|table| table != it.alias) {
                    continue;
                }
                let columns = it.columns.iter().enumerate();
                let columns = columns.filter(|(_, it)| it.name.eq_ignore_ascii_case(name));
                found.extend(columns.map(|(column, it)| {
                    let place = Place {
                        level,
                        source,
                        column,
                    };
                    (place, it)
                }));
            }
            match found.as_slice() {
                [] => {}
                [one] => return Ok(*one),
                _ => return Err(ServerError::ambiguous_column(name)),
            }
        }
        let name = match table {
            Some(table) => format!("{table}.{name}"),
            None => name.to_owned(),
        };
        Err(ServerError::unknown_column(&name))
    }

    /// The column's qualified name for SQLite.
    pub(super) fn sql(&self, place: Place) -> String {
        let sources = self.levels.get(place.level);
        let source = sources.and_then(|sources| sources.get(place.source));
        let column = source.and_then(|source| source.columns.get(place.column));
        match (source, column) {
            (Some(source), Some(column)) => {
                format!("{}.{}", quoted(&source.alias), quoted(&column.name))
            }
            _ => "NULL".to_owned(),
        }
    }
}
