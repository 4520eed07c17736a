//! A subscriber's place in the live log.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use domain::PipelineId;
use tokio::sync::watch;

use super::{Live, Read, Shared, Signal, Unit};

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

/// A place in the live log that moves on by itself.
pub struct Cursor {
    live: Live,
    position: u64,
    filter: Filter,
    signal: watch::Receiver<Signal>,
    beat: u64,
    _counted: Counted,
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
        let signal = live.signal();
        let beat = signal.borrow().beat;
        let counted = Counted::new(&live.shared);
        Self {
            live,
            position,
            filter,
            signal,
            beat,
            _counted: counted,
        }
    }

    /// Waits for what comes next.
    pub async fn next(&mut self) -> Next {
        loop {
            let signal = *self.signal.borrow_and_update();
            if signal.closing {
                return Next::Closing;
            }
            if signal.head > self.position {
                match self.live.read(self.position, &self.filter) {
                    Read::Gone => return Next::Behind,
                    Read::Frames { bytes, to } => {
                        self.position = to;
                        if bytes.is_empty() {
                            continue;
                        }
                        return Next::Bytes(bytes);
                    }
                }
            }
            if signal.beat != self.beat {
                self.beat = signal.beat;
                return Next::Bytes(self.live.heartbeat(self.position));
            }
            if self.signal.changed().await.is_err() {
                return Next::Closing;
            }
        }
    }
}

/// Counts a subscriber for as long as it lives.
struct Counted(Arc<Shared>);

impl Counted {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.subscribers.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}
