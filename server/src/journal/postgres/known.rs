//! What a node knows of the journal: its epochs, and the newest position.

use std::sync::Arc;

use tokio::sync::watch;

use crate::journal::Epoch;

/// What is known, for whoever wants to hear of it.
pub struct Known {
    /// The epochs, the current one last.
    pub epochs: watch::Sender<Arc<[Epoch]>>,
    /// The newest position, whoever wrote it.
    pub newest: watch::Sender<u64>,
    /// The newest position that this node wrote.
    pub own: watch::Sender<u64>,
}

impl Known {
    /// What is known at the start.
    pub fn new(epochs: Vec<Epoch>, newest: u64) -> Self {
        Self {
            epochs: watch::Sender::new(epochs.into()),
            newest: watch::Sender::new(newest),
            own: watch::Sender::new(newest),
        }
    }

    /// Notes what this node has written.
    pub fn committed(&self, position: u64) {
        self.reached(position);
        self.own.send_replace(position);
    }

    /// Notes what some node has written.
    pub fn reached(&self, position: u64) {
        self.newest.send_if_modified(|newest| {
            let is_new = position > *newest;
            *newest = position.max(*newest);
            is_new
        });
    }

    /// Notes what a new connection has found. A restored backup may have less than was known.
    pub fn entered(&self, epochs: Vec<Epoch>, position: u64) {
        self.begun(epochs);
        self.newest.send_replace(position);
    }

    /// Notes which epochs there are. What another connection has read earlier is passed over: epochs are only added.
    pub fn begun(&self, epochs: Vec<Epoch>) {
        self.epochs.send_if_modified(|known| {
            let is_new = epochs
                .last()
                .is_some_and(|newest| known.iter().all(|known| known.name != newest.name));
            if is_new {
                *known = epochs.into();
            }
            is_new
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_that_were_read_earlier_are_passed_over() {
        let epochs = |names: &str| -> Vec<Epoch> {
            let names = names.chars().map(|name| Epoch {
                name: name.to_string(),
                start: 0,
            });
            names.collect()
        };
        let known = Known::new(epochs("ab"), 0);
        // "c" was begun by one connection while another one had just read what was before it.
        for (heard, then) in [("abc", "abc"), ("ab", "abc"), ("", "abc"), ("ad", "ad")] {
            known.begun(epochs(heard));
            assert_eq!(**known.epochs.borrow(), *epochs(then), "{heard:?}");
        }
    }
}
