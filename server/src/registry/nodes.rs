//! What the nodes of one database share beside facts: who of them lives, which one is on duty, and what has to be known for
//! some minutes.
//!
//! The rules hold for every store: one node at most is on duty, as far as clocks run alike; a node that is silent loses the
//! duty after its term; what is remembered ends by itself, and is taken once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::Timestamp;

use super::StoreError;

/// How long a node counts as living after it was heard of.
pub const LIVES: Duration = Duration::from_secs(10);

/// What a node tells the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The version of its program.
    pub version: String,
    /// Who has called it, as JSON.
    pub agents: String,
}

/// What a node is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Whether it is on duty, for the term that it asked for.
    pub on_duty: bool,
    /// The other nodes that live.
    pub others: Vec<Told>,
    /// The time that all nodes share; `None`: this node's own.
    pub now: Option<Timestamp>,
}

/// For how long something is remembered, and how much of its kind. Beyond that the oldest is forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// How long.
    pub lasts: Duration,
    /// How many of this kind.
    pub most: usize,
}

/// What a store does for nodes. Every call blocks.
pub trait NodeStore: Send + Sync {
    /// Whether what is remembered is the same for other nodes and for commands.
    fn is_shared(&self) -> bool;

    /// Notes that this node lives and takes the duty, for `term`, where nobody has it or this node had it.
    ///
    /// # Errors
    /// It cannot be noted.
    fn beat(&self, told: &Told, term: Duration) -> Result<Heard, StoreError>;

    /// Notes that this node stops: whoever comes next takes the duty.
    ///
    /// # Errors
    /// It cannot be noted. The others find out after the term.
    fn leave(&self) -> Result<(), StoreError>;

    /// Remembers something on all nodes.
    ///
    /// # Errors
    /// It cannot be kept.
    fn remember(&self, kind: &str, id: &str, value: &str, kept: Kept) -> Result<(), StoreError>;

    /// What is remembered.
    ///
    /// # Errors
    /// It cannot be read.
    fn recall(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError>;

    /// What is remembered, and forgets it: of many who ask one gets it.
    ///
    /// # Errors
    /// It cannot be read or forgotten.
    fn take(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError>;

    /// Forgets all of a kind.
    ///
    /// # Errors
    /// It cannot be forgotten.
    fn forget_all(&self, kind: &str) -> Result<(), StoreError>;
}

/// The only node: always on duty, and what it remembers is in memory.
#[derive(Debug, Default)]
pub struct Alone(Mutex<HashMap<String, HashMap<String, Remembered>>>);

#[derive(Debug)]
struct Remembered {
    value: String,
    since: Instant,
    lasts: Duration,
}

impl Remembered {
    fn is_good(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < self.lasts
    }
}

impl Alone {
    /// Nothing is half done while this is held, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, HashMap<String, Remembered>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeStore for Alone {
    fn is_shared(&self) -> bool {
        false
    }

    fn beat(&self, _told: &Told, _term: Duration) -> Result<Heard, StoreError> {
        Ok(Heard {
            on_duty: true,
            others: Vec::new(),
            now: None,
        })
    }

    fn leave(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn remember(&self, kind: &str, id: &str, value: &str, kept: Kept) -> Result<(), StoreError> {
        let now = Instant::now();
        let mut all = self.lock();
        let known = all.entry(kind.to_owned()).or_default();
        known.retain(|_, known| known.is_good(now));
        if known.len() >= kept.most && !known.contains_key(id) {
            let oldest = known.iter().min_by_key(|(_, known)| known.since);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                known.remove(&oldest);
            }
        }
        let value = Remembered {
            value: value.to_owned(),
            since: now,
            lasts: kept.lasts,
        };
        known.insert(id.to_owned(), value);
        Ok(())
    }

    fn recall(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        let all = self.lock();
        let known = all.get(kind).and_then(|known| known.get(id));
        let known = known.filter(|known| known.is_good(Instant::now()));
        Ok(known.map(|known| known.value.clone()))
    }

    fn take(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        let mut all = self.lock();
        let known = all.get_mut(kind).and_then(|known| known.remove(id));
        let known = known.filter(|known| known.is_good(Instant::now()));
        Ok(known.map(|known| known.value))
    }

    fn forget_all(&self, kind: &str) -> Result<(), StoreError> {
        self.lock().remove(kind);
        Ok(())
    }
}
