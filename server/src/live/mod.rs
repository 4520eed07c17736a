//! The live log: what the outside world sees, in the order of the journal, encoded once.
//!
//! A subscriber is a [`Cursor`], a number and a filter; nothing is queued for it. The log keeps the
//! newest frames within bounds. A cursor that fell out of these bounds learns that it is
//! [`Read::Gone`], and its stream ends: the client comes back with its last id and is told `reset`.

mod closing;
mod cursor;
mod frame;
mod subscribers;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use domain::{PipelineId, Timestamp};
use protocol::{Heartbeat, event_name};
use tokio::sync::watch;

pub use closing::Closing;
pub use cursor::{Cursor, Filter, Next};
pub use frame::{EventId, encode, encode_into};
use subscribers::Subscribers;

use crate::metrics::Durations;

/// Most bytes of frames that are kept for resuming.
const KEEP_BYTES: usize = 32 * 1024 * 1024;
/// Most units that are kept for resuming.
const KEEP_UNITS: usize = 16_384;
/// Most bytes handed to a subscriber at once; the rest follows when these are written.
const CHUNK: usize = 256 * 1024;

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

impl Unit {
    /// A unit that says nothing.
    pub fn empty(position: u64, pipeline: PipelineId) -> Self {
        Self {
            position,
            pipeline,
            project: Arc::from(""),
            bytes: Bytes::new(),
        }
    }
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
    ring: RwLock<Ring>,
    signal: watch::Sender<Signal>,
    heartbeat: RwLock<(u64, Bytes, Bytes)>,
    /// The newest notice about agents.
    agents: RwLock<Bytes>,
    /// The newest chunk of several units: in a burst most cursors ask for the same one.
    joined: Mutex<Option<Joined>>,
    subscribers: Subscribers,
    closing: watch::Sender<bool>,
    durations: Durations,
}

#[derive(Default)]
struct Ring {
    units: VecDeque<Arc<Unit>>,
    bytes: usize,
    floor: u64,
    head: u64,
    /// Since when the newest unit is there.
    since: Option<Instant>,
}

struct Joined {
    after: u64,
    filter: Filter,
    to: u64,
    bytes: Bytes,
}

/// What a cursor finds.
#[derive(Debug)]
pub enum Read {
    /// Frames up to a position. Empty when there was nothing for this filter.
    Frames {
        /// The frames, ready to be sent.
        bytes: Bytes,
        /// The position that the cursor has reached.
        to: u64,
    },
    /// The next frame is not kept any more.
    Gone,
}

impl Live {
    /// An empty log of this journal. Positions up to `floor` cannot be resumed after.
    pub fn new(epoch: &str, floor: u64, durations: Durations) -> Self {
        let shared = Shared {
            epoch: RwLock::new(epoch.into()),
            ring: RwLock::new(Ring {
                floor,
                head: floor,
                ..Ring::default()
            }),
            signal: watch::Sender::new(Signal {
                head: floor,
                ..Signal::default()
            }),
            heartbeat: RwLock::default(),
            agents: RwLock::default(),
            joined: Mutex::default(),
            subscribers: Subscribers::default(),
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
    /// [`Read::Gone`]. Only the relay calls this.
    pub(crate) fn restart(&self, epoch: &str, position: u64) {
        self.enter(epoch);
        *self
            .shared
            .ring
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Ring {
            floor: position,
            head: position,
            ..Ring::default()
        };
        *self
            .shared
            .joined
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
        self.wake(|signal| {
            signal.head = position;
            signal.restarts += 1;
        });
    }

    /// The oldest position that can be resumed after, and the newest one.
    pub fn bounds(&self) -> (u64, u64) {
        let ring = self
            .shared
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        (ring.floor, ring.head)
    }

    /// Wakes on every new unit, heartbeat, and on closing.
    pub fn signal(&self) -> watch::Receiver<Signal> {
        self.shared.signal.subscribe()
    }

    /// How many subscribers there are.
    pub fn subscribers(&self) -> usize {
        self.shared.subscribers.count()
    }

    /// A cursor that continues after `position`.
    pub fn cursor(&self, position: u64, filter: Filter) -> Cursor {
        Cursor::new(self.clone(), position, filter)
    }

    /// Adds a unit. Only the relay calls this, in the order of positions, after the facts are durable.
    pub(crate) fn push(&self, unit: Unit) {
        let position = unit.position;
        {
            let mut ring = self
                .shared
                .ring
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            ring.head = position;
            ring.since = Some(Instant::now());
            ring.bytes += unit.bytes.len();
            ring.units.push_back(Arc::new(unit));
            while ring.units.len() > KEEP_UNITS || (ring.bytes > KEEP_BYTES && ring.units.len() > 1)
            {
                if let Some(old) = ring.units.pop_front() {
                    ring.bytes -= old.bytes.len();
                    ring.floor = old.position;
                }
            }
        }
        self.wake(|signal| signal.head = position);
    }

    /// Moves on to a position without anything to say. Only the relay calls this.
    pub(crate) fn reach(&self, position: u64) {
        {
            let mut ring = self
                .shared
                .ring
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            if position <= ring.head {
                return;
            }
            ring.head = position;
        }
        self.wake(|signal| signal.head = position);
    }

    /// Lets every subscriber feel that the server lives.
    pub fn beat(&self, now: Timestamp) {
        let (_, head) = self.bounds();
        let data = Heartbeat { at: now, head };
        let id = EventId {
            epoch: self.epoch().to_string(),
            position: head,
        };
        let plain = encode(event_name::HEARTBEAT, None, &data);
        let marked = encode(event_name::HEARTBEAT, Some(&id), &data);
        *self
            .shared
            .heartbeat
            .write()
            .unwrap_or_else(PoisonError::into_inner) = (head, plain, marked);
        self.wake(|signal| signal.beat += 1);
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
        self.wake(|signal| signal.notice += 1);
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
        self.wake(|_| {});
    }

    fn wake(&self, change: impl FnOnce(&mut Signal)) {
        self.shared.signal.send_modify(change);
        self.shared.subscribers.wake();
    }

    /// The newest heartbeat for a cursor at `position`. It carries the id for a cursor that has seen
    /// everything, so that a filtered stream with nothing to say can still be resumed much later.
    fn heartbeat(&self, position: u64) -> Bytes {
        let (head, plain, marked) = &*self
            .shared
            .heartbeat
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if *head == position {
            marked.clone()
        } else {
            plain.clone()
        }
    }

    /// Notes that a subscriber that has come so far takes what is new now. What was there before it came says nothing.
    fn delivered(&self, to: u64, came: Instant) {
        let ring = self
            .shared
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let newest = ring.since.filter(|since| ring.head == to && *since >= came);
        drop(ring);
        if let Some(since) = newest {
            self.shared.durations.delivered(since.elapsed());
        }
    }

    fn read(&self, after: u64, filter: &Filter) -> Read {
        let ring = self
            .shared
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if after < ring.floor {
            return Read::Gone;
        }
        let first = ring.units.partition_point(|unit| unit.position <= after);
        // Nearly always a cursor asks for the newest unit and no other.
        if ring.units.len() - first == 1 {
            let unit = &ring.units[first];
            let bytes = if filter.admits(unit) {
                unit.bytes.clone()
            } else {
                Bytes::new()
            };
            return Read::Frames {
                bytes,
                to: unit.position,
            };
        }
        if let Some(hit) = self.joined(after, filter) {
            return hit;
        }
        let (mut size, mut to, mut found) = (0, ring.head, Vec::new());
        for unit in ring.units.range(first..) {
            if size >= CHUNK {
                break;
            }
            to = unit.position;
            if filter.admits(unit) {
                size += unit.bytes.len();
                found.push(Arc::clone(unit));
            }
        }
        drop(ring);
        let bytes = match found.as_slice() {
            [] => Bytes::new(),
            [unit] => unit.bytes.clone(),
            units => {
                let mut joined =
                    BytesMut::with_capacity(units.iter().map(|unit| unit.bytes.len()).sum());
                units
                    .iter()
                    .for_each(|unit| joined.extend_from_slice(&unit.bytes));
                let bytes = joined.freeze();
                let joined = Joined {
                    after,
                    filter: filter.clone(),
                    to,
                    bytes: bytes.clone(),
                };
                *self
                    .shared
                    .joined
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(joined);
                bytes
            }
        };
        Read::Frames { bytes, to }
    }

    fn joined(&self, after: u64, filter: &Filter) -> Option<Read> {
        let joined = self
            .shared
            .joined
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let hit = joined
            .as_ref()
            .filter(|joined| joined.after == after && joined.filter == *filter)?;
        Some(Read::Frames {
            bytes: hit.bytes.clone(),
            to: hit.to,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use super::*;

    fn unit(position: u64, pipeline: &PipelineId, size: usize) -> Unit {
        Unit {
            position,
            pipeline: pipeline.clone(),
            project: "p".into(),
            bytes: vec![b'x'; size].into(),
        }
    }

    fn id(n: u16) -> PipelineId {
        PipelineId::new(Timestamp::from_millis(1_800_000_000_000), n)
    }

    #[test]
    fn a_cursor_that_fell_out_of_the_bounds_is_told_so() {
        let live = Live::new("e", 0, Durations::default());
        (1..=40).for_each(|n| live.push(unit(n, &id(1), 1024 * 1024)));
        let (floor, head) = live.bounds();
        assert_eq!((floor, head), (8, 40), "32 MiB are kept");
        assert!(matches!(live.read(7, &Filter::default()), Read::Gone));
        assert!(matches!(
            live.read(8, &Filter::default()),
            Read::Frames { to: 9, .. }
        ));
        assert!(
            matches!(live.read(40, &Filter::default()), Read::Frames { to: 40, bytes } if bytes.is_empty())
        );
    }

    #[test]
    fn a_cursor_from_before_a_restart_is_told_so_wherever_it_is() {
        let live = Live::new("e", 0, Durations::default());
        live.push(unit(5, &id(1), 1));
        let waker = futures::task::noop_waker();
        let mut context = Context::from_waker(&waker);
        let mut cursors = [2, 5].map(|position| live.cursor(position, Filter::default()));
        live.restart("f", 3);
        assert_eq!((&*live.epoch(), live.bounds()), ("f", (3, 3)));
        for cursor in &mut cursors {
            let next = cursor.poll_next(&mut context);
            assert!(matches!(next, Poll::Ready(Next::Behind)));
        }
        let mut later = live.cursor(3, Filter::default());
        assert!(later.poll_next(&mut context).is_pending());
        live.push(unit(4, &id(1), 1));
        let next = later.poll_next(&mut context);
        assert!(matches!(next, Poll::Ready(Next::Bytes(bytes)) if bytes.len() == 1));
    }

    #[test]
    fn a_filter_skips_the_frames_of_others_but_moves_on() {
        let live = Live::new("e", 0, Durations::default());
        live.push(unit(2, &id(1), 1));
        live.push(unit(3, &id(2), 2));
        live.push(unit(5, &id(1), 4));
        let only = Filter {
            pipeline: Some(id(1)),
            project: None,
        };
        assert!(matches!(live.read(0, &only), Read::Frames { bytes, to: 5 } if bytes.len() == 5));
        let none = Filter {
            pipeline: None,
            project: Some("other".to_owned()),
        };
        assert!(matches!(live.read(0, &none), Read::Frames { bytes, to: 5 } if bytes.is_empty()));
    }
}
