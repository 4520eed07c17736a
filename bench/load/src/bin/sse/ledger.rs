//! Who got which message: the account of every subscriber, and of every message.

use std::time::{Duration, Instant};

use crate::stream::Seen;

/// What is expected of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Only the newest state counts, and may come as often as the server likes.
    States,
    /// Each message once, those of one slot in their order.
    Events,
    /// Moreover, each with a higher position than the one before.
    Positions,
}

/// The account of all messages and all subscribers.
#[derive(Debug)]
pub struct Ledger {
    /// Message `n` is at `n - 1`.
    messages: Vec<Message>,
    books: Vec<Book>,
    expect: Expect,
    /// How many messages not every subscriber has.
    unfinished: usize,
    /// What went wrong.
    pub faults: Faults,
    /// How many events with a message came in, whether new or not.
    pub events: u64,
}

#[derive(Debug)]
struct Message {
    slot: usize,
    sent: Instant,
    missing: usize,
    last: Option<Instant>,
}

/// One subscriber's account.
#[derive(Debug, Default)]
struct Book {
    /// One bit for each message.
    seen: Vec<u64>,
    /// The newest message of each slot.
    newest: Vec<usize>,
    position: u64,
}

/// What must not happen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Faults {
    /// Events that a subscriber had already.
    pub doubled: u64,
    /// Events that came after a newer one of the same slot, or with a lower position than the last.
    pub reordered: u64,
}

impl Ledger {
    /// No messages yet.
    pub fn new(subscribers: usize, expect: Expect) -> Self {
        Self {
            messages: Vec::new(),
            books: (0..subscribers).map(|_| Book::default()).collect(),
            expect,
            unfinished: 0,
            faults: Faults::default(),
            events: 0,
        }
    }

    /// Opens the account of the next message, and gives its number, from 1.
    pub fn send(&mut self, slot: usize, now: Instant) -> usize {
        self.messages.push(Message {
            slot,
            sent: now,
            missing: self.books.len(),
            last: None,
        });
        self.unfinished += 1;
        self.messages.len()
    }

    /// Enters what a subscriber saw.
    pub fn enter(&mut self, subscriber: usize, seen: Seen, now: Instant) {
        self.events += 1;
        if seen.message == 0 || seen.message > self.messages.len() {
            return;
        }
        let book = &mut self.books[subscriber];
        if self.expect == Expect::States {
            let newest = book.at(0);
            let known = std::mem::replace(newest, seen.message.max(*newest));
            for number in known + 1..=seen.message {
                self.tick_off(number, now);
            }
            return;
        }
        let slot = self.messages[seen.message - 1].slot;
        let position = match self.expect {
            Expect::Positions => seen.position.unwrap_or(0),
            // An id that ends in digits by chance is no position.
            Expect::Events | Expect::States => book.position + 1,
        };
        if book.mark(seen.message) {
            self.faults.doubled += 1;
            return;
        }
        let in_place = position > book.position;
        book.position = position.max(book.position);
        let newest = book.at(slot);
        if *newest > seen.message || !in_place {
            self.faults.reordered += 1;
        }
        *newest = seen.message.max(*newest);
        self.tick_off(seen.message, now);
    }

    fn tick_off(&mut self, number: usize, now: Instant) {
        let message = &mut self.messages[number - 1];
        message.missing -= 1;
        if message.missing == 0 {
            message.last = Some(now);
            self.unfinished -= 1;
        }
    }

    /// How many messages there are.
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    /// How many messages not every subscriber has.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// Whether every subscriber has a message.
    pub fn is_finished(&self, number: usize) -> bool {
        self.messages[number - 1].missing == 0
    }

    /// How many messages subscribers have not got.
    pub fn lost(&self) -> u64 {
        self.messages.iter().map(|m| m.missing as u64).sum()
    }

    /// From the publishing to the last subscriber, for each finished message of a range of numbers.
    pub fn spans(&self, numbers: std::ops::RangeInclusive<usize>) -> Vec<Duration> {
        numbers
            .map(|number| &self.messages[number - 1])
            .filter_map(|message| Some(message.last?.duration_since(message.sent)))
            .collect()
    }
}

impl Book {
    /// Marks a message as seen. Was it already?
    fn mark(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 16, 0);
        }
        let known = self.seen[word] & bit != 0;
        self.seen[word] |= bit;
        known
    }

    fn at(&mut self, slot: usize) -> &mut usize {
        if self.newest.len() <= slot {
            self.newest.resize(slot + 1, 0);
        }
        &mut self.newest[slot]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(expect: Expect, slots: &[usize]) -> Ledger {
        let mut ledger = Ledger::new(2, expect);
        for slot in slots {
            ledger.send(*slot, Instant::now());
        }
        ledger
    }

    fn enter(ledger: &mut Ledger, subscriber: usize, messages: &[(usize, u64)]) {
        for (message, position) in messages {
            let seen = Seen {
                message: *message,
                position: Some(*position),
            };
            ledger.enter(subscriber, seen, Instant::now());
        }
    }

    #[test]
    fn what_comes_once_and_in_order_has_no_faults() {
        let mut ledger = ledger(Expect::Positions, &[0, 1, 0]);
        enter(&mut ledger, 0, &[(2, 1), (1, 2), (3, 3)]);
        enter(&mut ledger, 1, &[(1, 1), (2, 2), (3, 3)]);
        assert_eq!((ledger.lost(), ledger.unfinished()), (0, 0));
        assert_eq!((ledger.faults.doubled, ledger.faults.reordered), (0, 0));
    }

    #[test]
    fn every_fault_is_counted() {
        let mut ledger = ledger(Expect::Positions, &[0, 0, 1]);
        enter(&mut ledger, 0, &[(2, 1), (1, 2), (2, 1), (3, 1)]);
        // The second message overtook the first, came twice, and the third went back in position.
        assert_eq!((ledger.faults.doubled, ledger.faults.reordered), (1, 2));
        assert_eq!((ledger.lost(), ledger.unfinished()), (3, 3));
    }

    #[test]
    fn ids_count_only_where_they_are_positions() {
        let mut ledger = ledger(Expect::Events, &[0, 0]);
        enter(&mut ledger, 0, &[(1, 9), (2, 8)]);
        assert_eq!(ledger.faults.reordered, 0);
    }

    #[test]
    fn a_newer_state_stands_for_the_older_ones() {
        let mut ledger = ledger(Expect::States, &[0, 0, 0]);
        enter(&mut ledger, 0, &[(1, 0), (1, 0), (3, 0), (3, 0)]);
        enter(&mut ledger, 1, &[(2, 0)]);
        assert!(ledger.is_finished(2) && !ledger.is_finished(3));
        assert_eq!((ledger.events, ledger.faults.doubled), (5, 0));
    }
}
