//! The registry: who is known beside the pipelines. People, agents with a token, the sessions of MCP clients, and the
//! receivers of webhooks with what waits for them.
//!
//! Its rules hold for every engine behind it: a name has one valid token, and a revoked agent keeps its name, so that
//! nobody goes on in it without a token; what one process writes another one sees; a session that is used often is
//! forgotten last. Every call blocks: on a thread that serves requests it goes through `spawn_blocking`.

mod credentials;
mod nodes;
mod outbox;
mod people;
mod postgres;
mod sqlite;
mod wishes;

use domain::Timestamp;
use protocol::Scope;

pub use credentials::{CredentialStore, SecretKind, StoredPasskey, StoredToken};
pub use nodes::{Alone, Heard, Kept, LIVES, NodeStore, Told};
pub use outbox::{ENDED_KEPT, Followed, NewNotice, NoticeEnd, Outbox, Reached, StoredNotice};
pub use people::{
    AUDIT_KEPT, Changed, CodeFor, FROM_TERMINAL, Noted, PeopleStore, StoredCode, StoredDevice,
    StoredPerson,
};
pub use postgres::Postgres;
pub use sqlite::{AGENTS_FILE, NOTICES_FILE, PEOPLE_FILE, SESSIONS_FILE, Sqlite, SqliteOutbox};
pub use wishes::{StoredPush, WishStore};

/// An agent with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAgent {
    /// Its name.
    pub name: String,
    /// What its token allows.
    pub scope: Scope,
    /// Which token it is; not secret.
    pub token: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// When it was added.
    pub added: Timestamp,
    /// Since when its token is void.
    pub revoked: Option<Timestamp>,
}

/// A session of an MCP client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredSession {
    /// How its client introduced itself, as JSON.
    pub state: String,
    /// The agent whose token began it.
    pub agent: Option<String>,
    /// What its client watches, as JSON.
    pub watched: Option<String>,
}

/// The registry cannot be read or written: what the engine says about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// What an engine keeps.
pub trait Store: Send + Sync {
    /// Another number when somebody else, in this process or in another, has changed an agent.
    ///
    /// # Errors
    /// It cannot be read.
    fn agents_version(&self) -> Result<i64, StoreError>;

    /// All agents by name, revoked ones too.
    ///
    /// # Errors
    /// It cannot be read.
    fn agents(&self) -> Result<Vec<StoredAgent>, StoreError>;

    /// Adds an agent, or gives a revoked one a new token. `false`: one with a valid token has this name.
    ///
    /// # Errors
    /// It cannot be written.
    fn add_agent(&self, agent: &StoredAgent) -> Result<bool, StoreError>;

    /// Makes the token of an agent void. `false` if there is none with a valid one.
    ///
    /// # Errors
    /// It cannot be written.
    fn revoke_agent(&self, name: &str, at: Timestamp) -> Result<bool, StoreError>;

    /// Takes out the agent with this token: its name is free again.
    ///
    /// # Errors
    /// It cannot be written.
    fn remove_agent(&self, token: &str) -> Result<(), StoreError>;

    /// A session.
    ///
    /// # Errors
    /// It cannot be read.
    fn session(&self, id: &str) -> Result<Option<StoredSession>, StoreError>;

    /// Notes that a session is used, and gives its state.
    ///
    /// # Errors
    /// It cannot be written.
    fn use_session(&self, id: &str, at: Timestamp) -> Result<Option<String>, StoreError>;

    /// Stores the state of a session, new or known. Beyond `most` the longest unused ones are forgotten.
    ///
    /// # Errors
    /// It cannot be written.
    fn put_session(
        &self,
        id: &str,
        state: &str,
        at: Timestamp,
        most: usize,
    ) -> Result<(), StoreError>;

    /// Notes whose a session is.
    ///
    /// # Errors
    /// It cannot be written. The session may be forgotten then: without its owner nobody must use it.
    fn bind_session(&self, id: &str, agent: &str) -> Result<(), StoreError>;

    /// Notes what the client of a session watches. `watched` is asked when nobody else writes: of two notes the later
    /// one has all.
    ///
    /// # Errors
    /// It cannot be written.
    fn watch_session(&self, id: &str, watched: &dyn Fn() -> String) -> Result<(), StoreError>;

    /// Forgets a session.
    ///
    /// # Errors
    /// It cannot be written.
    fn delete_session(&self, id: &str) -> Result<(), StoreError>;
}
