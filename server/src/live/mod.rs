//! The live log: what the outside world sees, in the order of the journal, encoded once.
//!
//! A subscriber is a [`Cursor`], a number in a channel; nothing is queued for it. There is a channel for each filter that
//! somebody has, and an event wakes those who follow a channel that shows it, and nobody else. The log keeps the newest
//! frames within bounds. A cursor that fell out of these bounds learns that it is [`Next::Behind`], and its stream ends: the
//! client comes back with its last id and is told `reset`.

mod channel;
mod closing;
mod cursor;
mod filter;
mod frame;
mod subscribers;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use bytes::Bytes;
use channel::Channel;
use domain::{PipelineId, Timestamp};
use futures::task::AtomicWaker;
use protocol::{Heartbeat, event_name};
use tokio::sync::watch;

pub use closing::Closing;
pub use cursor::{Cursor, Next};
pub use filter::Filter;
pub use frame::{EventId, encode, encode_into};

use crate::metrics::Durations;

/// Most bytes of frames that are kept for resuming.
const KEEP_BYTES: usize = 32 * 1024 * 1024;
/// Most units that are kept for resuming.
const KEEP_UNITS: usize = 16_384;

/// All frames of one append. They are written together, and only the last carries the id: a
/// connection that breaks in between resumes before the whole unit.
#[derive(Debug)]
pub struct Unit {
    /// The newest journal position in it: its SSE id.
    pub position: u64,
    /// The pipeline it is about.
    pub pipeline: PipelineId,
    /// That pipeline's project.
    pub project: Arc<str>,
    /// The frames as they go over the wire.
    pub bytes: Bytes,
}

/// What wakes those who wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signal {
    /// The newest position in the log.
    pub head: u64,
    /// How many heartbeats there were.
    pub beat: u64,
    /// How many notices about agents there were.
    pub notice: u64,
    /// How often all began anew.
    pub restarts: u64,
}

/// The live log. Cloning is shallow.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

struct Shared {
    epoch: RwLock<Arc<str>>,
    /// std's lock: it is held for a look-up and never across an await.
    log: RwLock<Log>,
    signal: watch::Sender<Signal>,
    heartbeat: RwLock<Heartbeats>,
    /// The newest notice about agents.
    agents: RwLock<Bytes>,
    closing: watch::Sender<bool>,
    durations: Durations,
}

#[derive(Default)]
struct Log {
    units: VecDeque<Arc<Unit>>,
    bytes: usize,
    floor: u64,
    head: u64,
    /// Those that somebody follows.
    channels: HashMap<Filter, Arc<Channel>>,
}

/// The newest heartbeat, without its id and with it.
#[derive(Default)]
struct Heartbeats {
    head: u64,
    plain: Bytes,
    marked: Bytes,
}

impl Live {
    /// An empty log of this journal. Positions up to `floor` cannot be resumed after.
    pub fn new(epoch: &str, floor: u64, durations: Durations) -> Self {
        let shared = Shared {
            epoch: RwLock::new(epoch.into()),
            log: RwLock::new(Log::after(floor)),
            signal: watch::Sender::new(Signal {
                head: floor,
                ..Signal::default()
            }),
            heartbeat: RwLock::default(),
            agents: RwLock::default(),
            closing: watch::Sender::new(false),
            durations,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The journal's epoch.
    pub fn epoch(&self) -> Arc<str> {
        let epoch = self.shared.epoch.read();
        Arc::clone(&epoch.unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on in another epoch, in which everything so far is known. Only the relay calls this.
    pub(crate) fn enter(&self, epoch: &str) {
        let mut known = self
            .shared
            .epoch
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *known = epoch.into();
    }

    /// Begins anew at a position of another epoch, which knows other events than those so far: every cursor is
    /// [`Next::Behind`]. Only the relay calls this.
    pub(crate) fn restart(&self, epoch: &str, position: u64) {
        let old = {
            let mut log = self.log_mut();
            self.enter(epoch);
            // With the channels: whoever follows one of these never gets what is of the new epoch.
            std::mem::replace(&mut *log, Log::after(position))
        };
        self.shared.signal.send_modify(|signal| {
            signal.head = position;
            signal.restarts += 1;
        });
        wake(old.channels.into_values());
    }

    /// The oldest position that can be resumed after, and the newest one.
    pub fn bounds(&self) -> (u64, u64) {
        let log = self.log();
        (log.floor, log.head)
    }

    /// The newest position in the epoch that it belongs to.
    pub fn newest_id(&self) -> EventId {
        // Both of one moment: another epoch may begin before this position.
        let log = self.log();
        EventId {
            epoch: self.epoch().to_string(),
            position: log.head,
        }
    }

    /// Wakes on every new unit, heartbeat, and on closing.
    pub fn signal(&self) -> watch::Receiver<Signal> {
        self.shared.signal.subscribe()
    }

    /// How many subscribers there are.
    pub fn subscribers(&self) -> usize {
        let log = self.log();
        log.channels
            .values()
            .map(|channel| channel.subscribers.count())
            .sum()
    }

    /// A cursor that continues after `position`.
    pub fn cursor(&self, position: u64, filter: Filter) -> Cursor {
        Cursor::new(self.clone(), position, filter)
    }

    /// Adds a unit. Only the relay calls this, in the order of positions, after the facts are durable.
    pub(crate) fn push(&self, unit: Unit) {
        let position = unit.position;
        let following = self.log_mut().push(Arc::new(unit));
        // Not before all channels have it: a cursor passes over what its channel does not show.
        self.shared
            .signal
            .send_modify(|signal| signal.head = position);
        wake(following);
    }

    /// Moves on to a position without anything to say. Only the relay calls this.
    pub(crate) fn reach(&self, position: u64) {
        {
            let mut log = self.log_mut();
            if position <= log.head {
                return;
            }
            log.head = position;
        }
        self.shared
            .signal
            .send_modify(|signal| signal.head = position);
    }

    /// Lets every subscriber feel that the server lives.
    pub fn beat(&self, now: Timestamp) {
        let id = self.newest_id();
        let head = id.position;
        let data = Heartbeat { at: now, head };
        let heartbeats = Heartbeats {
            head,
            plain: encode(event_name::HEARTBEAT, None, &data),
            marked: encode(event_name::HEARTBEAT, Some(&id), &data),
        };
        *self
            .shared
            .heartbeat
            .write()
            .unwrap_or_else(PoisonError::into_inner) = heartbeats;
        self.tell_everybody(|signal| signal.beat += 1);
    }

    /// Sends a frame about agents to every subscriber, and to each that comes later as its first one. It is no
    /// fact of the journal: it has no id, and only the newest counts.
    pub fn announce(&self, frame: Bytes) {
        let mut agents = self
            .shared
            .agents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *agents = frame;
        drop(agents);
        self.tell_everybody(|signal| signal.notice += 1);
    }

    /// The newest frame about agents; empty before the first.
    pub fn agents(&self) -> Bytes {
        self.shared
            .agents
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Begins when every stream is told to end.
    pub fn closing(&self) -> Closing {
        Closing::of(&self.shared.closing)
    }

    /// Tells every stream to end.
    pub fn close(&self) {
        self.shared.closing.send_replace(true);
        self.tell_everybody(|_| {});
    }

    fn tell_everybody(&self, change: impl FnOnce(&mut Signal)) {
        self.shared.signal.send_modify(change);
        let channels: Vec<_> = self.log().channels.values().map(Arc::clone).collect();
        wake(channels);
    }

    /// The newest heartbeat, for a cursor that has passed everything up to `passed`, and whose client has been told an id up
    /// to `told`. It carries its id where that goes neither too far nor back, so that a stream whose filter shows nothing
    /// can still be resumed much later.
    fn heartbeat(&self, told: u64, passed: u64) -> Bytes {
        let newest = self
            .shared
            .heartbeat
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if (told..=passed).contains(&newest.head) {
            newest.marked.clone()
        } else {
            newest.plain.clone()
        }
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        let log = self.shared.log.read();
        log.unwrap_or_else(PoisonError::into_inner)
    }

    fn log_mut(&self) -> RwLockWriteGuard<'_, Log> {
        let log = self.shared.log.write();
        log.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// An empty log that has come to this position.
    fn after(position: u64) -> Self {
        Self {
            floor: position,
            head: position,
            ..Self::default()
        }
    }

    /// Adds a unit. Returns the channels that show it.
    fn push(&mut self, unit: Arc<Unit>) -> Vec<Arc<Channel>> {
        let following: Vec<_> = self.channels_of(&unit).map(Arc::clone).collect();
        for channel in &following {
            channel.push(Arc::clone(&unit));
        }
        self.head = unit.position;
        self.bytes += unit.bytes.len();
        self.units.push_back(unit);
        while self.units.len() > KEEP_UNITS || (self.bytes > KEEP_BYTES && self.units.len() > 1) {
            let Some(old) = self.units.pop_front() else {
                break;
            };
            self.channels_of(&old)
                .for_each(|channel| channel.forget(&old));
            self.bytes -= old.bytes.len();
            self.floor = old.position;
        }
        following
    }

    fn channels_of(&self, unit: &Unit) -> impl Iterator<Item = &Arc<Channel>> {
        let filters = Filter::all_that_show(&unit.pipeline, &unit.project);
        filters
            .into_iter()
            .filter_map(|filter| self.channels.get(&filter))
    }

    /// A place among those who follow a filter, in a channel that has everything after `position` that is still kept.
    fn join(&mut self, filter: &Filter, position: u64) -> Place {
        // A new one is empty. How far back it has to reach depends on who needs it.
        let channel = match self.channels.get(filter) {
            Some(channel) => Arc::clone(channel),
            None => {
                let channel = Arc::new(Channel::new(self.head));
                self.channels.insert(filter.clone(), Arc::clone(&channel));
                channel
            }
        };
        let (floor, before) = (position.max(self.floor), channel.floor());
        if floor < before {
            let place_of = |position| self.units.partition_point(|unit| unit.position <= position);
            let missing = self.units.range(place_of(floor)..place_of(before)).rev();
            let shown = missing.filter(|unit| filter.shows(&unit.pipeline, &unit.project));
            channel.reach_back(floor, shown.map(Arc::clone));
        }
        let (number, waker) = channel.subscribers.join();
        Place {
            channel,
            number,
            waker,
        }
    }

    /// Keeps a channel no longer if nobody follows it.
    fn close(&mut self, filter: &Filter, channel: &Arc<Channel>) {
        let known = self.channels.get(filter);
        // After a restart another one has taken its place.
        let is_known = known.is_some_and(|known| Arc::ptr_eq(known, channel));
        if is_known && channel.subscribers.count() == 0 {
            self.channels.remove(filter);
        }
    }
}

/// A subscriber's place among those who follow a filter.
struct Place {
    channel: Arc<Channel>,
    number: usize,
    waker: Arc<AtomicWaker>,
}

/// Wakes all who follow these channels. Not under the lock of the log: who is woken may be dropped, and leaves its channel.
fn wake(channels: impl IntoIterator<Item = Arc<Channel>>) {
    for channel in channels {
        channel.subscribers.wake();
    }
}
