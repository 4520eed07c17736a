//! Who is woken when there is something new.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Waker,
};

use futures::task::AtomicWaker;

/// The wakers of all cursors. With `watch::Receiver::changed` alone, every poll of every subscriber would
/// take locks that all of them share; here each has a waker of its own.
#[derive(Default)]
pub(super) struct Subscribers {
    wakers: Mutex<Vec<Arc<AtomicWaker>>>,
    joined: AtomicUsize,
}

impl Subscribers {
    /// Adds a subscriber. How many there were before, gone ones too.
    pub(super) fn join(&self) -> (Arc<AtomicWaker>, usize) {
        let waker = Arc::default();
        self.wakers().push(Arc::clone(&waker));
        (waker, self.joined.fetch_add(1, Ordering::Relaxed))
    }

    /// Removes a subscriber.
    pub(super) fn leave(&self, waker: &Arc<AtomicWaker>) {
        let mut wakers = self.wakers();
        if let Some(place) = wakers.iter().position(|other| Arc::ptr_eq(other, waker)) {
            wakers.swap_remove(place);
        }
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
            .filter_map(|waker| waker.take())
            .collect();
        waiting.into_iter().for_each(Waker::wake);
    }

    fn wakers(&self) -> MutexGuard<'_, Vec<Arc<AtomicWaker>>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
