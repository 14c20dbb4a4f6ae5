//! The statements that a connection has executed, and which of them the server has prepared.
//!
//! A statement is identified by its text and the types of its parameters. Since 8.0.22, MySQL derives a parameter's
//! type from the first execution and keeps it: a statement that was first executed with a number in place of a name
//! would compare later names as numbers. See "Prepared Statements" in the manual: "a parameter … has its type
//! determined when prepared".

use zeroize::Zeroizing;

use crate::protocol::param::{Param, WireType};
use crate::protocol::prepared::Statement;

/// The most recently used statements come first. There are few: a linear search costs less than hashing a text.
#[derive(Debug)]
pub(super) struct StatementCache {
    known: Vec<Entry>,
    capacity: usize,
}

#[derive(Debug)]
struct Entry {
    sql: Zeroizing<String>,
    types: Box<[WireType]>,
    known: Known,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// The server has prepared the statement.
    Prepared(Statement),
    /// The statement was executed as text, since its result is known to be short. It is prepared the next time.
    OnceAsText,
}

impl StatementCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: Vec::new(),
            capacity,
        }
    }

    pub(super) fn get(&mut self, sql: &str, params: &[Param]) -> Option<Known> {
        let at = self.position(sql, params)?;
        let front = self.known.get_mut(..=at)?;
        front.rotate_right(1);
        front.first().map(|entry| entry.known)
    }

    /// The number of a prepared statement's parameters, whatever their types; `None` if it is not prepared.
    pub(super) fn parameters(&self, sql: &str) -> Option<usize> {
        let entries = self.known.iter().filter(|entry| *entry.sql == sql);
        let mut prepared = entries.filter_map(|entry| entry.known.prepared());
        prepared.next().map(|statement| statement.parameters)
    }

    /// Inserts a statement. Returns the prepared statement that it replaces or evicts, which the caller closes.
    pub(super) fn insert(
        &mut self,
        sql: &str,
        params: &[Param],
        known: Known,
    ) -> Option<Statement> {
        let replaced = self.remove(sql, params);
        let entry = Entry {
            sql: sql.to_owned().into(),
            types: params.iter().map(Param::wire_type).collect(),
            known,
        };
        self.known.insert(0, entry);
        let dropped = match self.known.len() > self.capacity {
            true => self.known.pop().and_then(|entry| entry.known.prepared()),
            false => None,
        };
        replaced.or(dropped)
    }

    pub(super) fn remove(&mut self, sql: &str, params: &[Param]) -> Option<Statement> {
        let at = self.position(sql, params)?;
        self.known.remove(at).known.prepared()
    }

    /// Empties the cache, and returns the prepared statements.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Statement> {
        self.known
            .drain(..)
            .filter_map(|entry| entry.known.prepared())
    }

    fn position(&self, sql: &str, params: &[Param]) -> Option<usize> {
        self.known.iter().position(|entry| {
            let types = params.iter().map(Param::wire_type);
            *entry.sql == sql && types.eq(entry.types.iter().copied())
        })
    }
}

impl Known {
    fn prepared(self) -> Option<Statement> {
        match self {
            Self::Prepared(statement) => Some(statement),
            Self::OnceAsText => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(id: u32) -> Known {
        Known::Prepared(Statement {
            id,
            columns: 1,
            parameters: 0,
        })
    }

    fn id(known: Option<Known>) -> Option<u32> {
        known.and_then(Known::prepared).map(|it| it.id)
    }

    #[test]
    fn the_one_not_used_for_longest_goes() {
        let mut cache = StatementCache::new(2);
        assert!(cache.insert("a", &[], prepared(1)).is_none());
        assert!(cache.insert("b", &[], prepared(2)).is_none());
        assert_eq!(id(cache.get("a", &[])), Some(1));
        assert_eq!(cache.insert("c", &[], prepared(3)).map(|it| it.id), Some(2));
        assert!(cache.get("b", &[]).is_none());
        assert_eq!(id(cache.get("a", &[])), Some(1));
        assert_eq!(id(cache.get("c", &[])), Some(3));
    }

    #[test]
    fn what_was_text_gives_way_to_a_statement() {
        let mut cache = StatementCache::new(2);
        cache.insert("a", &[], Known::OnceAsText);
        assert!(matches!(cache.get("a", &[]), Some(Known::OnceAsText)));
        assert!(cache.insert("a", &[], prepared(1)).is_none());
        assert_eq!(cache.insert("a", &[], prepared(2)).map(|it| it.id), Some(1));
        assert_eq!(cache.remove("a", &[]).map(|it| it.id), Some(2));
        assert!(cache.get("a", &[]).is_none());
    }

    #[test]
    fn parameters_of_other_types_are_another_statement() {
        let mut cache = StatementCache::new(3);
        let (number, name) = ([Param::from(0)], [Param::from("zzz")]);
        cache.insert("a", &number, prepared(1));
        assert!(cache.get("a", &name).is_none() && cache.get("a", &[]).is_none());
        assert!(cache.insert("a", &name, prepared(2)).is_none());
        assert_eq!(id(cache.get("a", &[Param::from(7)])), Some(1));
        assert_eq!(id(cache.get("a", &[Param::from("x")])), Some(2));
        assert!(cache.get("a", &[Param::Null]).is_none());
        assert!(cache.get("a", &[Param::from(7_u64)]).is_none());
    }
}
