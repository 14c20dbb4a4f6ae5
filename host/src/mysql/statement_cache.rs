//! What a connection knows of the statements that it has executed: which ones the server has prepared.

use zeroize::Zeroizing;

use super::prepared::Statement;

/// The statements used last come first. They are few: to look through them costs less than to hash one.
#[derive(Debug)]
pub(super) struct StatementCache {
    known: Vec<(Zeroizing<String>, Known)>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// The server has it.
    Prepared(Statement),
    /// It was executed as text, since its result is known to be short. If it comes again, it is to be prepared.
    OnceAsText,
}

impl StatementCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: Vec::new(),
            capacity,
        }
    }

    pub(super) fn get(&mut self, sql: &str) -> Option<Known> {
        let at = self.position(sql)?;
        let front = self.known.get_mut(..=at)?;
        front.rotate_right(1);
        front.first().map(|(_, known)| *known)
    }

    /// Gives back a statement that there is no room for any more: it is to be closed.
    pub(super) fn insert(&mut self, sql: &str, known: Known) -> Option<Statement> {
        let replaced = self.remove(sql);
        self.known.insert(0, (sql.to_owned().into(), known));
        let dropped = match self.known.len() > self.capacity {
            true => self.known.pop().and_then(|(_, known)| known.prepared()),
            false => None,
        };
        replaced.or(dropped)
    }

    pub(super) fn remove(&mut self, sql: &str) -> Option<Statement> {
        let at = self.position(sql)?;
        self.known.remove(at).1.prepared()
    }

    /// Forgets all of them, and gives those that the server has.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Statement> {
        self.known
            .drain(..)
            .filter_map(|(_, known)| known.prepared())
    }

    fn position(&self, sql: &str) -> Option<usize> {
        self.known.iter().position(|(known, _)| **known == sql)
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
        assert!(cache.insert("a", prepared(1)).is_none());
        assert!(cache.insert("b", prepared(2)).is_none());
        assert_eq!(id(cache.get("a")), Some(1));
        assert_eq!(cache.insert("c", prepared(3)).map(|it| it.id), Some(2));
        assert!(cache.get("b").is_none());
        assert_eq!(id(cache.get("a")), Some(1));
        assert_eq!(id(cache.get("c")), Some(3));
    }

    #[test]
    fn what_was_text_gives_way_to_a_statement() {
        let mut cache = StatementCache::new(2);
        cache.insert("a", Known::OnceAsText);
        assert!(matches!(cache.get("a"), Some(Known::OnceAsText)));
        assert!(cache.insert("a", prepared(1)).is_none());
        assert_eq!(cache.insert("a", prepared(2)).map(|it| it.id), Some(1));
        assert_eq!(cache.remove("a").map(|it| it.id), Some(2));
        assert!(cache.get("a").is_none());
    }
}
