//! Who is woken when there is something new.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
};

use futures::task::AtomicWaker;
use slab::Slab;

/// The wakers of the cursors in a channel. With `watch::Receiver::changed` alone, every poll of every subscriber would
/// take locks that all of them share; here each has a waker of its own.
#[derive(Default)]
pub(super) struct Subscribers {
    wakers: Mutex<Slab<Arc<AtomicWaker>>>,
}

impl Subscribers {
    /// Adds a subscriber, under a number that only it has while it is here.
    pub(super) fn join(&self) -> (usize, Arc<AtomicWaker>) {
        let waker = Arc::default();
        let number = self.wakers().insert(Arc::clone(&waker));
        (number, waker)
    }

    /// Removes a subscriber.
    pub(super) fn leave(&self, number: usize) {
        self.wakers().try_remove(number);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.wakers().len()
    }

    /// Wakes all who wait.
    pub(super) fn wake(&self) {
        // Not under the lock: a waker may drop what it wakes, and that comes here to leave.
        let waiting: Vec<_> = self
            .wakers()
            .iter()
            .filter_map(|(_, waker)| waker.take())
            .collect();
        waiting.into_iter().for_each(Waker::wake);
    }

    fn wakers(&self) -> MutexGuard<'_, Slab<Arc<AtomicWaker>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
