//! The settings of sessions without a connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::execution::settings::Settings;
use crate::execution::token::Id;

/// How many are remembered, of all callers. One has 16 KiB at the most.
const MOST: usize = 1000;

/// The settings of sessions. When there are too many, the caller that has most of them loses those that it used least
/// recently: its sessions do not displace those of other callers.
#[derive(Default)]
pub(super) struct Remembered(Mutex<HashMap<Id, Entry>>);

struct Entry {
    caller: String,
    settings: Settings,
    last_used: Instant,
}

impl Remembered {
    pub(super) fn insert(&self, id: Id, caller: &str, settings: Settings) {
        let mut entries = self.lock();
        if entries.len() >= MOST
            && !entries.contains_key(&id)
            && let Some(id) = to_forget(&entries, caller)
        {
            entries.remove(&id);
        }
        entries.insert(
            id,
            Entry {
                caller: caller.to_owned(),
                settings,
                last_used: Instant::now(),
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

/// The least recently used settings of the caller that has most of them, with those that `caller` adds.
fn to_forget(entries: &HashMap<Id, Entry>, caller: &str) -> Option<Id> {
    let mut numbers = HashMap::from([(caller, 1_usize)]);
    for entry in entries.values() {
        let number = numbers.entry(&entry.caller).or_default();
        *number = number.saturating_add(1);
    }
    // Of callers with the same number it is the one that adds.
    let (most, _) = numbers
        .into_iter()
        .max_by_key(|(name, number)| (*number, *name == caller))?;
    let of_most = entries.iter().filter(|(_, it)| it.caller == most);
    let oldest = of_most.min_by_key(|(_, it)| it.last_used);
    oldest.map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::settings::Setting;

    fn id(number: usize) -> Id {
        let mut id = Id::default();
        id[..8].copy_from_slice(&number.to_be_bytes());
        id
    }

    fn settings() -> Settings {
        let mut settings = Settings::default();
        assert!(settings.add(Setting::read("SET @a = 1").unwrap()));
        settings
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_displaces_its_own() {
        let remembered = Remembered::default();
        remembered.insert(id(0), "quiet", settings());
        for number in 1..3 * MOST {
            tokio::time::advance(Duration::from_millis(1)).await;
            remembered.insert(id(number), "busy", settings());
        }
        assert_eq!(remembered.find(&id(0)), Some(settings()));
        assert_eq!(remembered.find(&id(MOST)), None);
        assert_eq!(remembered.find(&id(3 * MOST - 1)), Some(settings()));
        // Those that a new caller adds take the place of the busy one's.
        for number in 0..10 {
            remembered.insert(id(5 * MOST + number), "new", settings());
        }
        assert_eq!(remembered.find(&id(5 * MOST)), Some(settings()));
        assert_eq!(remembered.find(&id(0)), Some(settings()));
        assert_eq!(remembered.lock().len(), MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn those_used_last_are_remembered() {
        let remembered = Remembered::default();
        let settings = settings();
        for number in 0..MOST {
            remembered.insert(id(number), "app", settings.clone());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(remembered.find(&id(0)), Some(settings.clone()));
        remembered.insert(id(MOST), "app", settings.clone());
        assert_eq!(remembered.find(&id(1)), None);
        assert_eq!(remembered.find(&id(0)), Some(settings));
        tokio::time::advance(Duration::from_secs(10)).await;
        remembered.forget_older_than(Duration::from_secs(9));
        assert_eq!(remembered.find(&id(0)), None);
    }
}
