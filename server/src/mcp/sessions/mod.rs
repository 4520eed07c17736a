//! The sessions of clients of the legacy protocol (2025-11-25 and before): bounded in number, and known after a restart.
//!
//! Clients leave sessions open and forget them; some cannot make a new one when theirs is gone. So at
//! most [`MOST`] live in memory, the longest unused one goes first, and any of them comes back from the
//! [`StoredSessions`] when its client calls again.

pub mod event_id;
mod manager;
mod usage;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rmcp::transport::{
    common::server_side_http::SessionId,
    streamable_http_server::session::{SessionManager as _, local::LocalSessionManager},
};

use super::{stored_sessions::StoredSessions, watching::Watched};
use crate::agents::Agents;
pub use manager::RETRY;
use usage::{Counted, Use, lock};

/// Most sessions in memory at once.
const MOST: usize = 1_000;
/// An agent may be silent for as long as a person takes to decide. rmcp's 5 minutes would end its
/// session in the middle of a wait.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Holds the sessions.
pub struct Sessions {
    local: Arc<LocalSessionManager>,
    file: Arc<StoredSessions>,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
    /// Left memory to make room, and their ends are not yet through: rmcp closes them once more then.
    evicted: Mutex<HashSet<SessionId>>,
    /// Held while a session comes in: who makes room takes it.
    entrance: tokio::sync::Mutex<()>,
    most: usize,
    /// Whether a tool waits for a person.
    waits: fn(&str) -> bool,
}

impl Sessions {
    /// No sessions yet; those in the file come back when they are used. `waits` says of a tool whether it waits for a person:
    /// a call of it is begun again where it breaks off.
    pub fn new(file: StoredSessions, waits: fn(&str) -> bool) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(IDLE);
        // Notices to a slow reader, and the progress of parallel waits to one that comes back, must fit; every call
        // and every session takes memory for as many.
        local.session_config.channel_capacity = 64;
        Self {
            local: Arc::new(local),
            file: Arc::new(file),
            used: Arc::default(),
            evicted: Mutex::default(),
            entrance: tokio::sync::Mutex::default(),
            most: MOST,
            waits,
        }
    }

    /// How many there are.
    pub async fn count(&self) -> usize {
        self.local.sessions.read().await.len()
    }

    /// How many there are, without waiting.
    pub fn in_memory(&self) -> usize {
        lock(&self.used).len()
    }

    /// What holds them in memory.
    pub fn local(&self) -> &LocalSessionManager {
        &self.local
    }

    /// Where they are found again.
    pub fn file(&self) -> Arc<StoredSessions> {
        Arc::clone(&self.file)
    }

    fn touch(&self, id: &SessionId) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.last = Instant::now();
        }
    }

    /// Notes under which name the board shows the client of a session.
    pub fn shown_as(&self, id: &str, agents: &Arc<Agents>, name: String) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.shown = Some((Arc::clone(agents), name));
            how.show();
        }
    }

    /// Notes what the client of a session watches; it is watched again when the session comes back.
    pub async fn watch(&self, id: &str, watched: &Arc<Watched>) {
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.watched = Arc::downgrade(watched);
        }
        self.file.watch(id, Arc::clone(watched)).await;
    }

    /// What the client of a session watched before the session left memory; `None` if it watched nothing.
    pub async fn watched(&self, id: &str) -> Option<Vec<String>> {
        self.file.watched(id).await
    }

    /// Whether the event with this id is of the memory of a session that is here.
    pub fn remembers(&self, id: &str, event: &str) -> bool {
        let used = lock(&self.used);
        let how = used.get(id);
        how.is_some_and(|how| event_id::inside(&how.label, event).is_some())
    }

    /// A client that listens anew has missed what was told meanwhile.
    fn listens_anew(&self, id: &SessionId) {
        let watched = lock(&self.used).get(id).map(|how| how.watched.clone());
        if let Some(watched) = watched.and_then(|watched| watched.upgrade()) {
            watched.miss();
        }
    }

    /// Whether a session is the one of this agent; without a token, whether no token began it. One that does not exist
    /// counts as begun without.
    pub async fn belongs_to(&self, id: &SessionId, agent: Option<&str>) -> bool {
        let known = lock(&self.used).get(id).map(|how| how.agent.clone());
        let owner = match known {
            Some(owner) => owner,
            None => self.file.agent(id).await,
        };
        owner.as_deref() == agent
    }

    /// Notes whose a new session is.
    pub async fn bind(&self, id: &SessionId, agent: Arc<str>) {
        self.file.bind(id, &agent).await;
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.agent = Some(agent);
        }
    }

    /// Makes room for one more: the longest unused goes, and of those a client listens to only when
    /// there is no other.
    async fn make_room(&self) {
        while self.count().await >= self.most {
            let oldest = lock(&self.used)
                .iter()
                .min_by_key(|(_, how)| (how.streams > 0, how.last))
                .map(|(id, _)| id.clone());
            let Some(id) = oldest else {
                return;
            };
            tracing::debug!(
                "{} MCP sessions: the longest unused one leaves memory",
                self.most
            );
            lock(&self.used).remove(&id);
            lock(&self.evicted).insert(id.clone());
            // It may have ended by itself a moment ago.
            let _ = self.local.close_session(&id).await;
        }
    }

    /// Counts a stream as open until it is dropped.
    fn counted<S>(&self, id: &SessionId, stream: S, listens: bool) -> Counted<S> {
        self.touch(id);
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.streams += 1;
            how.listening += usize::from(listens);
            how.show();
        }
        Counted {
            stream: Box::pin(stream),
            listens,
            id: id.clone(),
            used: Arc::clone(&self.used),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rmcp::transport::streamable_http_server::session::RestoreOutcome;

    use super::*;
    use crate::registry;

    fn three() -> Sessions {
        let registry = registry::Sqlite::open_agents_file(Path::new(":memory:"));
        let file = StoredSessions::of(Arc::new(registry.expect("a registry")));
        Sessions {
            most: 3,
            ..Sessions::new(file, |_| false)
        }
    }

    async fn come(sessions: &Sessions) -> SessionId {
        let (id, _) = sessions.create_session().await.expect("a session");
        // Two moments that are the same would have no order.
        tokio::time::sleep(Duration::from_millis(2)).await;
        id
    }

    async fn here(sessions: &Sessions, id: &SessionId) -> bool {
        sessions.has_session(id).await.expect("an answer")
    }

    #[tokio::test]
    async fn the_longest_unused_leaves_first_and_whoever_is_listened_to_last() {
        let sessions = three();
        let (listened, called, idle) = (
            come(&sessions).await,
            come(&sessions).await,
            come(&sessions).await,
        );
        let stream = sessions.counted(&listened, futures::stream::pending::<()>(), true);
        sessions.touch(&called);
        let next = come(&sessions).await;
        assert!(!here(&sessions, &idle).await);
        come(&sessions).await;
        assert!(!here(&sessions, &called).await);
        come(&sessions).await;
        assert!(!here(&sessions, &next).await);
        assert!(here(&sessions, &listened).await);
        drop(stream);
        tokio::time::sleep(Duration::from_millis(2)).await;
        for _ in 0..3 {
            come(&sessions).await;
        }
        assert!(!here(&sessions, &listened).await);
        assert_eq!(sessions.count().await, 3);
    }

    #[tokio::test]
    async fn the_late_end_of_one_that_made_room_does_not_end_what_came_back() {
        let sessions = three();
        let first = come(&sessions).await;
        for _ in 0..3 {
            come(&sessions).await;
        }
        assert!(!here(&sessions, &first).await);
        let back = sessions.restore_session(first.clone()).await;
        assert!(matches!(back, Ok(RestoreOutcome::Restored(_))));
        sessions.close_session(&first).await.expect("closed");
        assert!(here(&sessions, &first).await);
        sessions.close_session(&first).await.expect("closed");
        assert!(!here(&sessions, &first).await);
    }

    #[tokio::test]
    async fn one_that_has_gone_is_not_noted_again() {
        let sessions = three();
        let id = come(&sessions).await;
        sessions.close_session(&id).await.expect("closed");
        sessions.touch(&id);
        sessions.bind(&id, "builder".into()).await;
        drop(sessions.counted(&id, futures::stream::pending::<()>(), true));
        assert!(lock(&sessions.used).is_empty());
    }
}
