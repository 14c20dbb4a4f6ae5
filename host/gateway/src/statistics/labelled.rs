//! Counts by label, of which there is a bounded number: what has the labels is sent by clients.

use std::collections::HashMap;

/// What has no label of its own.
const OTHER: &str = "other";

#[derive(Debug)]
pub(super) struct Labelled<T> {
    counts: HashMap<String, T>,
    most: usize,
}

impl<T> Labelled<T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            counts: HashMap::new(),
            most,
        }
    }

    /// The counts of a label, or those of all others if there are too many labels.
    pub(super) fn of(&mut self, label: &str, new: impl FnOnce() -> T) -> &mut T {
        let is_known = self.counts.contains_key(label) || self.counts.len() < self.most;
        let label = if is_known { label } else { OTHER };
        self.counts.entry(label.to_owned()).or_insert_with(new)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.counts.iter().map(|(label, it)| (label.as_str(), it))
    }
}
