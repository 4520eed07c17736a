//! Change notices about resources: which have changed, never how. Whoever is told reads them again, so
//! any number of changes in between may become one notice, and a lost notice loses nothing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::sleep};

use super::resources::{self, Resource, UnknownAddress};
use crate::{live::Signal, relay::Relay};

/// Between two rounds of notices: a burst of reports becomes one.
const PAUSE: Duration = Duration::from_millis(200);

/// The resources that one client watches, each with its mark when it was last looked at.
#[derive(Debug, Default)]
pub struct Watched {
    resources: Mutex<BTreeMap<String, (Resource, u64)>>,
    list: Mutex<Option<usize>>,
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
    /// The address names no resource of Staffel. One that does not exist yet can be watched.
    pub fn add(&self, relay: &Relay, uri: &str) -> Result<(), UnknownAddress> {
        let resource: Resource = uri.parse()?;
        let mark = resources::mark(relay, &resource);
        lock(&self.resources).insert(uri.to_owned(), (resource, mark));
        Ok(())
    }

    /// Watches it no longer.
    pub fn remove(&self, uri: &str) {
        lock(&self.resources).remove(uri);
    }

    /// Watches from now on what there is. `true` if it was not watched before.
    pub fn add_list(&self, relay: &Relay) -> bool {
        lock(&self.list)
            .replace(resources::list_mark(relay))
            .is_none()
    }

    /// What has changed since the last look.
    fn look(&self, relay: &Relay) -> Notices {
        let mut notices = Notices::default();
        for (uri, (resource, mark)) in lock(&self.resources).iter_mut() {
            let now = resources::mark(relay, resource);
            if std::mem::replace(mark, now) != now {
                notices.updated.push(uri.clone());
            }
        }
        if let Some(mark) = lock(&self.list).as_mut() {
            let now = resources::list_mark(relay);
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
        }
    }
}

/// Changes as they come.
pub struct Changes<'a> {
    watched: &'a Watched,
    relay: &'a Relay,
    signal: watch::Receiver<Signal>,
}

impl Changes<'_> {
    /// Waits for the next ones; `None` when the server stops.
    pub async fn next(&mut self) -> Option<Notices> {
        loop {
            if self.signal.borrow_and_update().closing {
                return None;
            }
            let notices = self.watched.look(self.relay);
            if !notices.is_empty() {
                return Some(notices);
            }
            self.signal.changed().await.ok()?;
            sleep(PAUSE).await;
        }
    }
}

/// Nothing is half done while one of these is held, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
