//! The sessions of clients of the older protocol era: bounded in number, and known after a restart.
//!
//! Clients leave sessions open and forget them; some cannot make a new one when theirs is gone. So at
//! most [`MOST`] live in memory, the longest unused one goes first, and any of them comes back from the
//! [`SessionFile`] when its client calls again.

use std::{
    collections::HashMap,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures::Stream;
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::{
        WorkerTransport,
        common::server_side_http::{ServerSseMessage, SessionId},
        streamable_http_server::session::{
            RestoreOutcome, SessionManager,
            local::{LocalSessionManager, LocalSessionManagerError, LocalSessionWorker},
            store::{SessionState, SessionStore, SessionStoreError},
        },
    },
};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::task::spawn_blocking;

/// Most sessions in memory at once.
const MOST: usize = 1_000;
/// Most sessions in the file.
const MOST_STORED: usize = 10_000;
/// An agent may be silent for as long as a person takes to decide. rmcp's 5 minutes would end its
/// session in the middle of a wait.
const IDLE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Holds the sessions.
pub struct Sessions {
    local: LocalSessionManager,
    file: Arc<SessionFile>,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
    /// Held while a session comes in: who makes room takes it.
    entrance: tokio::sync::Mutex<()>,
    most: usize,
}

/// How a session is used.
#[derive(Debug, Clone)]
struct Use {
    last: Instant,
    /// Streams that are open to its client now.
    streams: usize,
    /// The agent whose token began it.
    agent: Option<Arc<str>>,
}

impl Default for Use {
    fn default() -> Self {
        Self {
            last: Instant::now(),
            streams: 0,
            agent: None,
        }
    }
}

impl Sessions {
    /// No sessions yet; those in the file come back when they are used.
    pub fn new(file: Arc<SessionFile>) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(IDLE);
        // Also the replay window of a stream: progress of several parallel waits must fit.
        local.session_config.channel_capacity = 256;
        Self {
            local,
            file,
            used: Arc::default(),
            entrance: tokio::sync::Mutex::default(),
            most: MOST,
        }
    }

    /// How many there are.
    pub async fn count(&self) -> usize {
        self.local.sessions.read().await.len()
    }

    /// What holds them in memory.
    pub fn local(&self) -> &LocalSessionManager {
        &self.local
    }

    fn touch(&self, id: &SessionId) {
        lock(&self.used).entry(id.clone()).or_default().last = Instant::now();
    }

    /// Whether a session is one of this agent, or of anybody without a token. So is one that does not exist.
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
        lock(&self.used).entry(id.clone()).or_default().agent = Some(agent);
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
            // It may have ended by itself a moment ago.
            let _ = self.local.close_session(&id).await;
        }
    }

    /// Counts a stream as open until it is dropped.
    fn counted<S>(&self, id: &SessionId, stream: S) -> Counted<S> {
        self.touch(id);
        if let Some(how) = lock(&self.used).get_mut(id) {
            how.streams += 1;
        }
        Counted {
            stream: Box::pin(stream),
            id: id.clone(),
            used: Arc::clone(&self.used),
        }
    }
}

fn lock(used: &Mutex<HashMap<SessionId, Use>>) -> MutexGuard<'_, HashMap<SessionId, Use>> {
    used.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream to a client, counted while it is open.
struct Counted<S> {
    stream: Pin<Box<S>>,
    id: SessionId,
    used: Arc<Mutex<HashMap<SessionId, Use>>>,
}

impl<S: Stream> Stream for Counted<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

impl<S> Drop for Counted<S> {
    fn drop(&mut self) {
        if let Some(how) = lock(&self.used).get_mut(&self.id) {
            how.streams = how.streams.saturating_sub(1);
            how.last = Instant::now();
        }
    }
}

type Answer<T> = Result<T, LocalSessionManagerError>;

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = WorkerTransport<LocalSessionWorker>;

    async fn create_session(&self) -> Answer<(SessionId, Self::Transport)> {
        let _alone = self.entrance.lock().await;
        self.make_room().await;
        let (id, transport) = self.local.create_session().await?;
        self.touch(&id);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answer<ServerJsonRpcMessage> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Answer<bool> {
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Answer<()> {
        lock(&self.used).remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let stream = self.local.create_stream(id, message).await?;
        Ok(self.counted(id, stream))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Answer<()> {
        self.touch(id);
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let stream = self.local.create_standalone_stream(id).await?;
        Ok(self.counted(id, stream))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Answer<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static> {
        let stream = self.local.resume(id, last_event_id).await?;
        Ok(self.counted(id, stream))
    }

    async fn restore_session(&self, id: SessionId) -> Answer<RestoreOutcome<Self::Transport>> {
        let agent = self.file.agent(&id).await;
        let _alone = self.entrance.lock().await;
        self.make_room().await;
        lock(&self.used).entry(id.clone()).or_default().agent = agent;
        self.touch(&id);
        self.local.restore_session(id).await
    }
}

/// What is needed to bring a session back: how its client introduced itself. No decision depends on
/// it, so it is kept beside the journal and not in it.
pub struct SessionFile(Arc<Mutex<Connection>>);

impl SessionFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// It cannot be used; the message of SQLite says why.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS session (
                id TEXT PRIMARY KEY, state TEXT NOT NULL, used INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX IF NOT EXISTS session_used ON session (used);",
        )?;
        // Files of the first versions know no owners.
        if connection.prepare("SELECT agent FROM session").is_err() {
            connection.execute_batch("ALTER TABLE session ADD COLUMN agent TEXT")?;
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The agent whose token began a session.
    async fn agent(&self, id: &str) -> Option<Arc<str>> {
        let id = id.to_owned();
        let found = self.with(move |connection| {
            let agent: Option<Option<String>> = connection
                .query_row(
                    "SELECT agent FROM session WHERE id = ?1",
                    params![id],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(agent.flatten())
        });
        found.await.ok().flatten().map(Arc::from)
    }

    /// Notes whose a session is. When the file cannot be written, a restart loses the session's owner: then it
    /// loses the session too.
    async fn bind(&self, id: &str, agent: &str) {
        let (id, agent) = (id.to_owned(), agent.to_owned());
        let bound = self.with(move |connection| {
            let bound = connection.execute(
                "UPDATE session SET agent = ?2 WHERE id = ?1",
                params![id, agent],
            );
            if bound.is_err() {
                connection.execute("DELETE FROM session WHERE id = ?1", params![id])?;
            }
            Ok(bound?)
        });
        if let Err(error) = bound.await {
            tracing::warn!("a session will not survive a restart: {error}");
        }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SessionStoreError> + Send + 'static,
    ) -> Result<T, SessionStoreError> {
        let connection = Arc::clone(&self.0);
        spawn_blocking(move || work(&connection.lock().unwrap_or_else(PoisonError::into_inner)))
            .await?
    }
}

#[async_trait::async_trait]
impl SessionStore for SessionFile {
    async fn load(&self, session_id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let id = session_id.to_owned();
        self.with(move |connection| {
            let state: Option<String> = connection
                .query_row(
                    "UPDATE session SET used = ?2 WHERE id = ?1 RETURNING state",
                    params![id, now()],
                    |row| row.get(0),
                )
                .optional()?;
            // A state that a newer version wrote is as good as none: the client makes a new session.
            Ok(state.and_then(|state| serde_json::from_str(&state).ok()))
        })
        .await
    }

    async fn store(&self, session_id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let id = session_id.to_owned();
        let state = serde_json::to_string(state)?;
        self.with(move |connection| {
            connection.execute(
                "INSERT INTO session (id, state, used) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET state = ?2, used = ?3",
                params![id, state, now()],
            )?;
            connection.execute(
                "DELETE FROM session WHERE id IN (SELECT id FROM session ORDER BY used DESC LIMIT -1 OFFSET ?1)",
                params![MOST_STORED as i64],
            )?;
            Ok(())
        })
        .await
    }

    async fn delete(&self, session_id: &str) -> Result<(), SessionStoreError> {
        let id = session_id.to_owned();
        self.with(move |connection| {
            connection.execute("DELETE FROM session WHERE id = ?1", params![id])?;
            Ok(())
        })
        .await
    }
}

/// Milliseconds since 1970, to order sessions by.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
