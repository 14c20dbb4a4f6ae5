//! Handles, by numbers.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

pub(super) struct Handles<T> {
    all: RefCell<BTreeMap<u32, T>>,
    next: Cell<u32>,
}

impl<T> Handles<T> {
    pub(super) fn new() -> Self {
        Self {
            all: RefCell::new(BTreeMap::new()),
            next: Cell::new(1),
        }
    }

    pub(super) fn add(&self, handle: T) -> u32 {
        let number = self.next.get();
        self.next.set(number.wrapping_add(1));
        self.all.borrow_mut().insert(number, handle);
        number
    }

    #[expect(clippy::expect_used, reason = "the test names handles that it has")]
    pub(super) fn take(&self, number: u32) -> T {
        self.all
            .borrow_mut()
            .remove(&number)
            .expect("a handle of this number")
    }

    #[expect(clippy::expect_used, reason = "as above")]
    pub(super) fn with<R>(&self, number: u32, call: impl FnOnce(&T) -> R) -> R {
        call(
            self.all
                .borrow()
                .get(&number)
                .expect("a handle of this number"),
        )
    }
}
