//! Handles, by numbers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

pub(crate) struct Handles<T> {
    all: RefCell<BTreeMap<u32, T>>,
    next: Cell<u32>,
}

impl<T> Handles<T> {
    pub(crate) fn new() -> Self {
        Self {
            all: RefCell::new(BTreeMap::new()),
            next: Cell::new(1),
        }
    }

    pub(crate) fn add(&self, handle: T) -> u32 {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        self.set(number, handle);
        number
    }

    /// Keeps a handle under a number that the test has.
    pub(crate) fn set(&self, number: u32, handle: T) {
        self.all.borrow_mut().insert(number, handle);
    }

    #[expect(clippy::expect_used, reason = "the test names handles that it has")]
    pub(crate) fn take(&self, number: u32) -> T {
        self.all
            .borrow_mut()
            .remove(&number)
            .expect("a handle of this number")
    }

    #[expect(clippy::expect_used, reason = "as above")]
    pub(crate) fn with<R>(&self, number: u32, call: impl FnOnce(&T) -> R) -> R {
        call(
            self.all
                .borrow()
                .get(&number)
                .expect("a handle of this number"),
        )
    }
}
