//! Change notices about resources: which have changed, never how. Whoever is told reads them again, so
//! any number of changes in between may become one notice, and a lost notice loses nothing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};

use super::resource::{self, Resource, UnknownAddress};
use crate::{
    live::{Closing, Signal},
    relay::Relay,
};

/// Between two looks: of a burst of reports the first is told at once, and the others in one.
const PAUSE: Duration = Duration::from_millis(200);

/// Most resources that one client watches.
pub const MOST: usize = 1_000;
/// The mark of what may have changed unseen; nothing has it.
const STALE: u64 = u64::MAX;

/// The resources that one client watches, each with its mark when it was last looked at.
#[derive(Debug, Default)]
pub struct Watched {
    resources: Mutex<BTreeMap<String, (Resource, u64)>>,
    list: Mutex<Option<u64>>,
    stale: Notify,
}

/// Why a resource is not watched.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unwatched {
    /// The address names no resource.
    #[error("There is no such resource. Call resources/list to see what there is.")]
    Unknown,
    /// The client watches too many.
    #[error(
        "{MOST} resources are watched already. Watch \"staffel://pipelines\" instead, or fewer."
    )]
    TooMany,
}

/// What a client is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// These have changed.
    pub updated: Vec<String>,
    /// There is something new.
    pub list_changed: bool,
}

impl Notices {
    fn is_empty(&self) -> bool {
        self.updated.is_empty() && !self.list_changed
    }
}

impl Watched {
    /// Watches a resource from now on.
    ///
    /// # Errors
    /// The address names no resource of Staffel, or there are [`MOST`] already. One that does not exist yet can be
    /// watched.
    pub fn add(&self, relay: &Relay, uri: &str) -> Result<(), Unwatched> {
        let resource: Resource = uri.parse().map_err(|UnknownAddress| Unwatched::Unknown)?;
        let mark = resource::mark(relay, &resource);
        let mut resources = lock(&self.resources);
        if resources.len() >= MOST && !resources.contains_key(uri) {
            return Err(Unwatched::TooMany);
        }
        resources.insert(uri.to_owned(), (resource, mark));
        Ok(())
    }

    /// What is watched.
    pub fn uris(&self) -> Vec<String> {
        lock(&self.resources).keys().cloned().collect()
    }

    /// Anything may have changed without a notice: all of it is told once more.
    pub fn miss(&self) {
        for (_, mark) in lock(&self.resources).values_mut() {
            *mark = STALE;
        }
        if let Some(mark) = lock(&self.list).as_mut() {
            *mark = STALE;
        }
        self.stale.notify_one();
    }

    /// Watches it no longer.
    pub fn remove(&self, uri: &str) {
        lock(&self.resources).remove(uri);
    }

    /// Watches from now on what there is. `true` if it was not watched before.
    pub fn add_list(&self, relay: &Relay) -> bool {
        let mut list = lock(&self.list);
        let new = list.is_none();
        list.get_or_insert_with(|| relay.arrivals());
        new
    }

    /// What has changed since the last look.
    fn look(&self, relay: &Relay) -> Notices {
        let mut notices = Notices::default();
        for (uri, (resource, mark)) in lock(&self.resources).iter_mut() {
            let now = resource::mark(relay, resource);
            if std::mem::replace(mark, now) != now {
                notices.updated.push(uri.clone());
            }
        }
        if let Some(mark) = lock(&self.list).as_mut() {
            let now = relay.arrivals();
            notices.list_changed = std::mem::replace(mark, now) != now;
        }
        notices
    }

    /// Follows what changes from now on.
    pub fn changes<'a>(&'a self, relay: &'a Relay) -> Changes<'a> {
        Changes {
            watched: self,
            relay,
            signal: relay.live().signal(),
            closing: relay.live().closing(),
            next_look: Instant::now(),
        }
    }
}

/// Changes as they come.
pub struct Changes<'a> {
    watched: &'a Watched,
    relay: &'a Relay,
    signal: watch::Receiver<Signal>,
    closing: Closing,
    /// When a change is looked at: at once, unless the one before was just now.
    next_look: Instant,
}

impl Changes<'_> {
    /// Waits for the next ones; `None` when the server stops.
    pub async fn next(&mut self) -> Option<Notices> {
        loop {
            if self.closing.has_begun() {
                return None;
            }
            self.signal.borrow_and_update();
            let notices = self.watched.look(self.relay);
            if !notices.is_empty() {
                return Some(notices);
            }
            tokio::select! {
                changed = self.signal.changed() => changed.ok()?,
                () = self.closing.begun() => return None,
                () = self.watched.stale.notified() => {}
            }
            sleep_until(self.next_look).await;
            self.next_look = Instant::now() + PAUSE;
        }
    }
}

/// Nothing is half done while one of these is held, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
