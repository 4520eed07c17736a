//! The registry in small SQLite files: commands write the people and the agents while the server runs, the sessions may
//! be deleted, and the outbox is there only for webhooks.

mod credentials;
mod outbox;
mod people;
mod wishes;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use domain::Timestamp;
use protocol::Scope;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::{Store, StoreError, StoredAgent, StoredSession};

pub use outbox::{NOTICES_FILE, SqliteOutbox};

/// The file of the people in a data folder.
pub const PEOPLE_FILE: &str = "people.db";
/// The file of the agents in a data folder.
pub const AGENTS_FILE: &str = "agents.db";
/// The file of the sessions in a data folder.
pub const SESSIONS_FILE: &str = "sessions.db";

/// How long a command or the server waits for people and agents while another process writes them.
const WRITTEN: Duration = Duration::from_secs(5);
/// How long a new session waits for a file that another process has locked.
const SESSIONS_LOCKED: Duration = Duration::from_millis(100);

/// The registry in SQLite.
pub struct Sqlite {
    people: Mutex<Connection>,
    agents: Mutex<Connection>,
    sessions: Mutex<Connection>,
}

impl Sqlite {
    /// Opens the files in a data folder, or makes them and it.
    ///
    /// A damaged file of sessions is put aside: without it clients initialize anew, and nothing else is lost. One that
    /// cannot be used for another reason, as on a full disk, stays; the sessions live in memory then.
    ///
    /// # Errors
    /// People or agents cannot be used, and the message names their file.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let people = people_in(folder)?;
        let agents = agents_in(folder)?;
        let sessions = open_sessions(&folder.join(SESSIONS_FILE));
        Ok(Self {
            people: people.into(),
            agents: agents.into(),
            sessions: sessions
                .context("a database in memory for the sessions")?
                .into(),
        })
    }

    /// Opens the people in a data folder, or makes file and folder. For a command: all else lives in memory.
    ///
    /// # Errors
    /// They cannot be used, and the message names the file.
    pub fn open_people(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            people: people_in(folder)?.into(),
            agents: connect_agents(Path::new(":memory:"))?.into(),
            sessions: connect_sessions(Path::new(":memory:"))?.into(),
        })
    }

    /// Opens the agents in a data folder, or makes file and folder. For a command: all else lives in memory.
    ///
    /// # Errors
    /// They cannot be used, and the message names the file.
    pub fn open_agents(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self::with_agents(agents_in(folder)?)?)
    }

    /// Opens a file of agents, or makes it. For a command: all else lives in memory.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn open_agents_file(file: &Path) -> Result<Self, StoreError> {
        Ok(Self::with_agents(connect_agents(file)?)?)
    }

    fn with_agents(agents: Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            people: connect_people(Path::new(":memory:"))?.into(),
            agents: agents.into(),
            sessions: connect_sessions(Path::new(":memory:"))?.into(),
        })
    }

    fn people(&self) -> MutexGuard<'_, Connection> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn agents(&self) -> MutexGuard<'_, Connection> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions(&self) -> MutexGuard<'_, Connection> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

fn people_in(folder: &Path) -> anyhow::Result<Connection> {
    file_in(folder, PEOPLE_FILE, connect_people)
}

fn agents_in(folder: &Path) -> anyhow::Result<Connection> {
    file_in(folder, AGENTS_FILE, connect_agents)
}

fn file_in(
    folder: &Path,
    name: &str,
    connect: fn(&Path) -> rusqlite::Result<Connection>,
) -> anyhow::Result<Connection> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join(name);
    connect(&path).with_context(|| format!("{} cannot be used", path.display()))
}

fn connect_people(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(WRITTEN)?;
    people::prepare(&connection)?;
    credentials::prepare(&connection)?;
    wishes::prepare(&connection)?;
    Ok(connection)
}

fn connect_agents(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(WRITTEN)?;
    // No WAL: several commands may make the file at once, and SQLite does not wait for its turn to switch to that.
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS agent (
            name TEXT PRIMARY KEY, scope TEXT NOT NULL, token TEXT NOT NULL UNIQUE, hash BLOB NOT NULL,
            added INTEGER NOT NULL, revoked INTEGER
        ) STRICT;",
    )?;
    Ok(connection)
}

fn open_sessions(path: &Path) -> rusqlite::Result<Connection> {
    let in_memory = || connect_sessions(Path::new(":memory:"));
    let error = match connect_sessions(path) {
        Ok(connection) => return Ok(connection),
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
        return in_memory();
    }
    let aside = path.with_extension("db.damaged");
    tracing::warn!(
        "{} cannot be used ({error}) and is put aside as {}; clients that were connected initialize anew",
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
        let _ = fs::rename(with_suffix(path), with_suffix(&aside));
    }
    connect_sessions(path).or_else(|_| in_memory())
}

fn connect_sessions(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Nobody else writes here. When somebody does, a client must not wait for it: its session then lives in memory.
    connection.busy_timeout(SESSIONS_LOCKED)?;
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
        let known = connection.prepare(&format!("SELECT {column} FROM session"));
        if known.is_err() {
            connection.execute_batch(&format!("ALTER TABLE session ADD COLUMN {column} TEXT"))?;
        }
    }
    Ok(connection)
}

impl Store for Sqlite {
    fn agents_version(&self) -> Result<i64, StoreError> {
        let version = |row: &rusqlite::Row<'_>| row.get(0);
        Ok(self
            .agents()
            .pragma_query_value(None, "data_version", version)?)
    }

    fn agents(&self) -> Result<Vec<StoredAgent>, StoreError> {
        let file = self.agents();
        let mut rows = file
            .prepare("SELECT name, scope, token, hash, added, revoked FROM agent ORDER BY name")?;
        let rows = rows.query_map([], |row| {
            let scope: String = row.get(1)?;
            Ok(StoredAgent {
                name: row.get(0)?,
                // What a newer version may have written is not more than reading here.
                scope: Scope::of(&scope).unwrap_or(Scope::Read),
                token: row.get(2)?,
                hash: row.get(3)?,
                added: Timestamp::from_millis(row.get(4)?),
                revoked: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    fn add_agent(&self, agent: &StoredAgent) -> Result<bool, StoreError> {
        let added = self.agents().execute(
            "INSERT INTO agent (name, scope, token, hash, added) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET scope = ?2, token = ?3, hash = ?4, added = ?5, revoked = NULL
             WHERE revoked IS NOT NULL",
            params![
                agent.name,
                agent.scope.name(),
                agent.token,
                agent.hash,
                agent.added.millis()
            ],
        )?;
        Ok(added > 0)
    }

    fn revoke_agent(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        let revoked = self.agents().execute(
            "UPDATE agent SET revoked = ?2 WHERE name = ?1 AND revoked IS NULL",
            params![name, at.millis()],
        )?;
        Ok(revoked > 0)
    }

    fn remove_agent(&self, token: &str) -> Result<(), StoreError> {
        self.agents()
            .execute("DELETE FROM agent WHERE token = ?1", [token])?;
        Ok(())
    }

    fn session(&self, id: &str) -> Result<Option<StoredSession>, StoreError> {
        let select = "SELECT state, agent, watched FROM session WHERE id = ?1";
        let found = self.sessions().query_row(select, [id], |row| {
            Ok(StoredSession {
                state: row.get(0)?,
                agent: row.get(1)?,
                watched: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }

    fn use_session(&self, id: &str, at: Timestamp) -> Result<Option<String>, StoreError> {
        let update = "UPDATE session SET used = ?2 WHERE id = ?1 RETURNING state";
        let state = self
            .sessions()
            .query_row(update, params![id, at.millis()], |row| row.get(0));
        Ok(state.optional()?)
    }

    fn put_session(
        &self,
        id: &str,
        state: &str,
        at: Timestamp,
        most: usize,
    ) -> Result<(), StoreError> {
        let file = self.sessions();
        file.execute(
            "INSERT INTO session (id, state, used) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET state = ?2, used = ?3",
            params![id, state, at.millis()],
        )?;
        file.execute(
            "DELETE FROM session WHERE id IN (SELECT id FROM session ORDER BY used DESC LIMIT -1 OFFSET ?1)",
            params![most],
        )?;
        Ok(())
    }

    fn bind_session(&self, id: &str, agent: &str) -> Result<(), StoreError> {
        let file = self.sessions();
        let bound = file.execute(
            "UPDATE session SET agent = ?2 WHERE id = ?1",
            params![id, agent],
        );
        if bound.is_err() {
            file.execute("DELETE FROM session WHERE id = ?1", [id])?;
        }
        bound?;
        Ok(())
    }

    fn watch_session(&self, id: &str, watched: &dyn Fn() -> String) -> Result<(), StoreError> {
        let file = self.sessions();
        file.execute(
            "UPDATE session SET watched = ?2 WHERE id = ?1",
            params![id, watched()],
        )?;
        Ok(())
    }

    fn delete_session(&self, id: &str) -> Result<(), StoreError> {
        self.sessions()
            .execute("DELETE FROM session WHERE id = ?1", [id])?;
        Ok(())
    }
}
