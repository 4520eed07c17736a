//! The file of MCP sessions: what brings a session back after it has left memory, or after a restart.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::session::store::{
        SessionState, SessionStore, SessionStoreError,
    },
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use tokio::task::spawn_blocking;

use super::watching::Watched;

/// Most sessions in the file.
const MOST_STORED: usize = 10_000;
/// How long a new session waits for a file that another process has locked.
const LOCKED: Duration = Duration::from_millis(100);

/// What is needed to bring a session back: how its client introduced itself. No decision depends on
/// it, so it is kept beside the journal and not in it.
pub struct SessionFile(Arc<Mutex<Connection>>);

impl SessionFile {
    /// Opens the file, or makes it. A damaged file is put aside: without it clients shake hands anew, and nothing else is
    /// lost. One that cannot be used for another reason, as on a full disk, stays; the sessions live in memory then.
    ///
    /// # Errors
    /// SQLite cannot make a database even in memory.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let error = match Self::try_open(path) {
            Ok(file) => return Ok(file),
            Err(error) => error,
        };
        let damaged = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
        );
        if !damaged {
            tracing::warn!(
                "{} cannot be used now ({error}); the sessions of clients live in memory until the next start",
                path.display()
            );
            return Self::try_open(Path::new(":memory:"));
        }
        let aside = path.with_extension("db.damaged");
        tracing::warn!(
            "{} cannot be used ({error}) and is put aside as {}; clients that were connected shake hands anew",
            path.display(),
            aside.display()
        );
        for suffix in ["", "-wal", "-shm"] {
            let with_suffix = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            };
            // A part that is not there, or cannot be moved: opening says so below.
            let _ = std::fs::rename(with_suffix(path), with_suffix(&aside));
        }
        Self::try_open(path).or_else(|_| Self::try_open(Path::new(":memory:")))
    }

    fn try_open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        // Nobody else writes here. When somebody does, a client must not wait for it: its session then lives in memory.
        connection.busy_timeout(LOCKED)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS session (
                id TEXT PRIMARY KEY, state TEXT NOT NULL, used INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX IF NOT EXISTS session_used ON session (used);",
        )?;
        // Files of the first versions know neither.
        for column in ["agent", "watched"] {
            if connection
                .prepare(&format!("SELECT {column} FROM session"))
                .is_err()
            {
                connection
                    .execute_batch(&format!("ALTER TABLE session ADD COLUMN {column} TEXT"))?;
            }
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The agent whose token began a session.
    pub async fn agent(&self, id: &str) -> Option<Arc<str>> {
        self.text("SELECT agent FROM session WHERE id = ?1", id)
            .await
            .map(Arc::from)
    }

    /// The protocol version that the client of a session asked for.
    pub async fn version(&self, id: &str) -> Option<ProtocolVersion> {
        let state = self.text("SELECT state FROM session WHERE id = ?1", id);
        let state: SessionState = serde_json::from_str(&state.await?).ok()?;
        Some(state.initialize_params.protocol_version)
    }

    /// The addresses of what the client of a session watches.
    pub async fn watched(&self, id: &str) -> Option<Vec<String>> {
        let watched = self.text("SELECT watched FROM session WHERE id = ?1", id);
        serde_json::from_str(&watched.await?).ok()
    }

    /// A text of a session, if it has it.
    async fn text(&self, query: &'static str, id: &str) -> Option<String> {
        let id = id.to_owned();
        let found = self.with(move |connection| {
            let found: Option<Option<String>> = connection
                .query_row(query, params![id], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        });
        found.await.ok().flatten()
    }

    /// Notes what the client of a session watches. When the file cannot be written, a restart loses that.
    pub async fn watch(&self, id: &str, watched: Arc<Watched>) {
        let id = id.to_owned();
        let noted = self.with(move |connection| {
            // Looked at under the lock of the file: of two notes the later one has all.
            let watched = serde_json::to_string(&watched.uris())?;
            let note = "UPDATE session SET watched = ?2 WHERE id = ?1";
            Ok(connection.execute(note, params![id, watched])?)
        });
        if let Err(error) = noted.await {
            tracing::warn!("what a client watches will not survive a restart: {error}");
        }
    }

    /// Notes whose a session is. When the file cannot be written, a restart loses the session's owner: then it
    /// loses the session too.
    pub async fn bind(&self, id: &str, agent: &str) {
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
