//! A subscriber's place in the live log.

use std::{
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use tokio::sync::watch;

use super::{Closing, Filter, Live, Place, Signal, channel::Read};

/// Of so many subscribers one is measured: what all of them write would be fought for.
const MEASURED: usize = 16;

/// A place in the live log that moves on by itself.
pub struct Cursor {
    live: Live,
    filter: Filter,
    place: Place,
    /// It has passed everything up to here.
    position: u64,
    /// The last id that its client was told.
    told: u64,
    signal: watch::Receiver<Signal>,
    closing: Closing,
    seen: Signal,
    beat: u64,
    notice: u64,
    restarts: u64,
    /// When it came, where it is measured how long this one takes.
    measured: Option<Instant>,
}

/// What comes next for a subscriber.
pub enum Next {
    /// Bytes to be sent.
    Bytes(Bytes),
    /// The reader was too slow: the stream ends, the client resumes by id.
    Behind,
    /// The server stops.
    Closing,
}

impl Cursor {
    pub(super) fn new(live: Live, position: u64, filter: Filter) -> Self {
        // Before it has a channel: one of before a restart says nothing any more, and then this tells of the restart.
        let mut signal = live.signal();
        let seen = *signal.borrow_and_update();
        let closing = live.closing();
        let place = live.log_mut().join(&filter, position);
        let is_measured = place.number.is_multiple_of(MEASURED);
        Self {
            live,
            filter,
            place,
            position,
            told: position,
            signal,
            closing,
            seen,
            beat: seen.beat,
            notice: seen.notice,
            restarts: seen.restarts,
            measured: is_measured.then(Instant::now),
        }
    }

    /// Waits for what comes next.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        if let Some(next) = self.look() {
            return Poll::Ready(next);
        }
        self.place.waker.register(context.waker());
        // What came before the waker was there has woken nobody.
        self.look().map_or(Poll::Pending, Poll::Ready)
    }

    fn look(&mut self) -> Option<Next> {
        // hyper asks three times for each event. Looking for a change takes no lock, borrowing does.
        if self.signal.has_changed().unwrap_or(true) {
            self.seen = *self.signal.borrow_and_update();
        }
        if self.closing.has_begun() {
            return Some(Next::Closing);
        }
        if self.seen.restarts != self.restarts {
            return Some(Next::Behind);
        }
        if self.seen.head > self.position {
            match self.place.channel.read(self.position) {
                Read::Gone => return Some(Next::Behind),
                Read::Nothing => self.position = self.seen.head,
                Read::Frames { bytes, last, came } => {
                    self.position = last;
                    self.told = last;
                    self.note_delivery(came);
                    return Some(Next::Bytes(bytes));
                }
            }
        }
        if self.seen.notice != self.notice {
            self.notice = self.seen.notice;
            return Some(Next::Bytes(self.live.agents()));
        }
        if self.seen.beat != self.beat {
            self.beat = self.seen.beat;
            let heartbeat = self.live.heartbeat(self.told, self.position);
            return Some(Next::Bytes(heartbeat));
        }
        None
    }

    /// What was there before this subscriber says nothing.
    fn note_delivery(&self, came: Option<Instant>) {
        if let (Some(unit), Some(subscriber)) = (came, self.measured)
            && unit >= subscriber
        {
            self.live.shared.durations.delivered(unit.elapsed());
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let channel = &self.place.channel;
        channel.subscribers.leave(self.place.number);
        if channel.subscribers.count() == 0 {
            self.live.log_mut().close(&self.filter, channel);
        }
    }
}
