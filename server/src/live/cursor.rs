//! A subscriber's place in the live log.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use domain::PipelineId;
use futures::task::AtomicWaker;
use tokio::sync::watch;

use super::{Closing, Live, Read, Signal, Unit};

/// What a subscriber wants to see. Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this pipeline.
    pub pipeline: Option<PipelineId>,
    /// Only pipelines of this project.
    pub project: Option<String>,
}

impl Filter {
    /// Whether a pipeline of this project passes.
    pub fn shows(&self, pipeline: &PipelineId, project: &str) -> bool {
        self.pipeline.as_ref().is_none_or(|only| only == pipeline)
            && self.project.as_ref().is_none_or(|only| only == project)
    }

    pub(super) fn admits(&self, unit: &Unit) -> bool {
        self.shows(&unit.pipeline, &unit.project)
    }
}

/// Of so many subscribers one is measured: what all of them write would be fought for.
const MEASURED: usize = 16;

/// A place in the live log that moves on by itself.
pub struct Cursor {
    live: Live,
    position: u64,
    filter: Filter,
    signal: watch::Receiver<Signal>,
    closing: Closing,
    seen: Signal,
    beat: u64,
    notice: u64,
    restarts: u64,
    waker: Arc<AtomicWaker>,
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
        let mut signal = live.signal();
        let seen = *signal.borrow_and_update();
        let closing = live.closing();
        let (waker, number) = live.shared.subscribers.join();
        Self {
            live,
            position,
            filter,
            signal,
            closing,
            seen,
            beat: seen.beat,
            notice: seen.notice,
            restarts: seen.restarts,
            waker,
            measured: (number % MEASURED == 0).then(Instant::now),
        }
    }

    /// Waits for what comes next.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next> {
        if let Some(next) = self.look() {
            return Poll::Ready(next);
        }
        self.waker.register(context.waker());
        // What came before the waker was there has woken nobody.
        self.look().map_or(Poll::Pending, Poll::Ready)
    }

    fn look(&mut self) -> Option<Next> {
        loop {
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
                match self.live.read(self.position, &self.filter) {
                    Read::Gone => return Some(Next::Behind),
                    Read::Frames { bytes, to } => {
                        self.position = to;
                        if bytes.is_empty() {
                            continue;
                        }
                        if let Some(came) = self.measured {
                            self.live.delivered(to, came);
                        }
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
                return Some(Next::Bytes(self.live.heartbeat(self.position)));
            }
            return None;
        }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.live.shared.subscribers.leave(&self.waker);
    }
}
