//! One channel: what one filter shows of the live log, and who follows that.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Instant,
};

use bytes::{Bytes, BytesMut};

use super::{Unit, subscribers::Subscribers};

/// Most bytes handed to a subscriber at once; the rest follows when these are written.
const CHUNK: usize = 256 * 1024;

/// An event wakes only those who follow a channel that shows it.
pub(super) struct Channel {
    window: RwLock<Window>,
    /// The newest chunk of several units: in a burst most cursors ask for the same one.
    joined: Mutex<Option<Joined>>,
    /// Who follows it.
    pub(super) subscribers: Subscribers,
}

/// What can be resumed.
struct Window {
    units: VecDeque<Arc<Unit>>,
    /// All units of this channel after this position are here.
    floor: u64,
    /// Since when the newest unit is there.
    since: Option<Instant>,
}

struct Joined {
    after: u64,
    last: u64,
    bytes: Bytes,
    came: Option<Instant>,
}

/// What a cursor finds.
#[derive(Debug)]
pub(super) enum Read {
    /// Nothing that is new.
    Nothing,
    /// Frames.
    Frames {
        /// Ready to be sent.
        bytes: Bytes,
        /// The position of the last.
        last: u64,
        /// When it came, if it is the newest of the channel.
        came: Option<Instant>,
    },
    /// The next frame is not kept any more.
    Gone,
}

impl Channel {
    /// A channel without units, of which there was none after `floor`.
    pub(super) fn new(floor: u64) -> Self {
        Self {
            window: RwLock::new(Window {
                units: VecDeque::new(),
                floor,
                since: None,
            }),
            joined: Mutex::default(),
            subscribers: Subscribers::default(),
        }
    }

    /// The position after which everything is here.
    pub(super) fn floor(&self) -> u64 {
        self.window().floor
    }

    /// Adds what came before, newest first, so that everything after `floor` is here.
    pub(super) fn reach_back(&self, floor: u64, units: impl Iterator<Item = Arc<Unit>>) {
        let mut window = self.window_mut();
        units.for_each(|unit| window.units.push_front(unit));
        window.floor = floor;
    }

    /// Adds the newest unit.
    pub(super) fn push(&self, unit: Arc<Unit>) {
        let mut window = self.window_mut();
        window.units.push_back(unit);
        window.since = Some(Instant::now());
    }

    /// Forgets the oldest unit.
    pub(super) fn forget(&self, unit: &Unit) {
        let mut window = self.window_mut();
        if unit.position > window.floor {
            window.units.pop_front();
            window.floor = unit.position;
        }
    }

    /// What there is after a position.
    pub(super) fn read(&self, after: u64) -> Read {
        let window = self.window();
        if after < window.floor {
            return Read::Gone;
        }
        let first = window.units.partition_point(|unit| unit.position <= after);
        // Nearly always a cursor asks for the newest unit and no other.
        if window.units.len() - first <= 1 {
            return match window.units.get(first) {
                None => Read::Nothing,
                Some(unit) => Read::Frames {
                    bytes: unit.bytes.clone(),
                    last: unit.position,
                    came: window.since,
                },
            };
        }
        if let Some(hit) = self.joined(after) {
            return hit;
        }
        let (mut size, mut last, mut units) = (0, after, Vec::new());
        for unit in window.units.range(first..) {
            if size >= CHUNK {
                break;
            }
            size += unit.bytes.len();
            last = unit.position;
            units.push(Arc::clone(unit));
        }
        let is_newest = first + units.len() == window.units.len();
        let came = window.since.filter(|_| is_newest);
        drop(window);
        let mut bytes = BytesMut::with_capacity(size);
        units
            .iter()
            .for_each(|unit| bytes.extend_from_slice(&unit.bytes));
        let bytes = bytes.freeze();
        let joined = Joined {
            after,
            last,
            bytes: bytes.clone(),
            came,
        };
        *self.joined.lock().unwrap_or_else(PoisonError::into_inner) = Some(joined);
        Read::Frames { bytes, last, came }
    }

    fn joined(&self, after: u64) -> Option<Read> {
        let joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        let hit = joined.as_ref().filter(|joined| joined.after == after)?;
        Some(Read::Frames {
            bytes: hit.bytes.clone(),
            last: hit.last,
            came: hit.came,
        })
    }

    /// The position of the oldest unit.
    #[cfg(test)]
    pub(super) fn oldest(&self) -> Option<u64> {
        self.window().units.front().map(|unit| unit.position)
    }

    // std's lock: it is held for a look-up and never across an await.
    fn window(&self) -> RwLockReadGuard<'_, Window> {
        self.window.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn window_mut(&self) -> RwLockWriteGuard<'_, Window> {
        self.window.write().unwrap_or_else(PoisonError::into_inner)
    }
}
