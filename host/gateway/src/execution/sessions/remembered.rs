//! The settings of sessions without a connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::execution::settings::Settings;
use crate::execution::token::Id;

/// How many are remembered. One has some kilobytes at the most.
const MOST: usize = 1000;

/// The settings of sessions, of which those that were used last are remembered.
#[derive(Default)]
pub(super) struct Remembered(Mutex<HashMap<Id, Entry>>);

struct Entry {
    settings: Settings,
    last_used: Instant,
}

impl Remembered {
    pub(super) fn insert(&self, id: Id, settings: Settings) {
        let mut entries = self.lock();
        if entries.len() >= MOST && !entries.contains_key(&id) {
            let oldest = entries.iter().min_by_key(|(_, it)| it.last_used);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                entries.remove(&oldest);
            }
        }
        let last_used = Instant::now();
        entries.insert(
            id,
            Entry {
                settings,
                last_used,
            },
        );
    }

    pub(super) fn find(&self, id: &Id) -> Option<Settings> {
        let mut entries = self.lock();
        let entry = entries.get_mut(id)?;
        entry.last_used = Instant::now();
        Some(entry.settings.clone())
    }

    pub(super) fn forget_older_than(&self, limit: Duration) {
        self.lock().retain(|_, it| it.last_used.elapsed() < limit);
    }

    /// A poisoned lock is used as it is, since no code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::settings::Setting;

    #[tokio::test(start_paused = true)]
    async fn those_used_last_are_remembered() {
        let remembered = Remembered::default();
        let id = |number: usize| {
            let mut id = Id::default();
            id[..8].copy_from_slice(&number.to_be_bytes());
            id
        };
        let mut settings = Settings::default();
        assert!(settings.add(Setting::read("SET @a = 1").unwrap()));
        for number in 0..MOST {
            remembered.insert(id(number), settings.clone());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(remembered.find(&id(0)), Some(settings.clone()));
        remembered.insert(id(MOST), settings.clone());
        assert_eq!(remembered.find(&id(1)), None);
        assert_eq!(remembered.find(&id(0)), Some(settings));
        tokio::time::advance(Duration::from_secs(10)).await;
        remembered.forget_older_than(Duration::from_secs(9));
        assert_eq!(remembered.find(&id(0)), None);
    }
}
