//! Sessions in the registry: what brings one back after it has left memory, or after a restart.

use std::sync::Arc;

use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::session::store::{
        SessionState, SessionStore, SessionStoreError,
    },
};
use tokio::task::spawn_blocking;

use super::watching::Watched;
use crate::{
    registry::{Store, StoreError, StoredSession},
    relay::now,
};

/// Most sessions that are kept. The longest unused are forgotten first.
const KEPT: usize = 10_000;

/// What is needed to bring a session back: how its client introduced itself. No decision depends on
/// it, so it is kept beside the journal and not in it.
pub struct StoredSessions(Arc<dyn Store>);

impl StoredSessions {
    /// The sessions of this registry.
    pub fn of(registry: Arc<dyn Store>) -> Self {
        Self(registry)
    }

    /// The agent whose token began a session.
    pub async fn agent(&self, id: &str) -> Option<Arc<str>> {
        self.find(id).await?.agent.map(Arc::from)
    }

    /// The protocol version that the client of a session asked for.
    pub async fn version(&self, id: &str) -> Option<ProtocolVersion> {
        let state: SessionState = serde_json::from_str(&self.find(id).await?.state).ok()?;
        Some(state.initialize_params.protocol_version)
    }

    /// The addresses of what the client of a session watches.
    pub async fn watched(&self, id: &str) -> Option<Vec<String>> {
        serde_json::from_str(&self.find(id).await?.watched?).ok()
    }

    async fn find(&self, id: &str) -> Option<StoredSession> {
        let id = id.to_owned();
        let found = self.with(move |registry| registry.session(&id)).await;
        found.ok().flatten()
    }

    /// Notes what the client of a session watches. When that cannot be stored, a restart loses it.
    pub async fn watch(&self, id: &str, watched: Arc<Watched>) {
        let id = id.to_owned();
        let uris = move || serde_json::to_string(&watched.uris()).unwrap_or_default();
        let noted = self.with(move |registry| registry.watch_session(&id, &uris));
        if let Err(error) = noted.await {
            tracing::warn!("what a client watches will not survive a restart: {error}");
        }
    }

    /// Notes whose a session is. When that cannot be stored, a restart loses the session's owner: then it
    /// loses the session too.
    pub async fn bind(&self, id: &str, agent: &str) {
        let (id, agent) = (id.to_owned(), agent.to_owned());
        let bound = self.with(move |registry| registry.bind_session(&id, &agent));
        if let Err(error) = bound.await {
            tracing::warn!("a session will not survive a restart: {error}");
        }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, SessionStoreError> {
        let registry = Arc::clone(&self.0);
        Ok(spawn_blocking(move || work(&*registry)).await??)
    }
}

#[async_trait::async_trait]
impl SessionStore for StoredSessions {
    async fn load(&self, session_id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let id = session_id.to_owned();
        let state = self.with(move |registry| registry.use_session(&id, now()));
        // A state that a newer version wrote is as good as none: the client makes a new session.
        let read = |state: String| serde_json::from_str(&state).ok();
        Ok(state.await?.and_then(read))
    }

    async fn store(&self, session_id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let id = session_id.to_owned();
        let state = serde_json::to_string(state)?;
        self.with(move |registry| registry.put_session(&id, &state, now(), KEPT))
            .await
    }

    async fn delete(&self, session_id: &str) -> Result<(), SessionStoreError> {
        let id = session_id.to_owned();
        self.with(move |registry| registry.delete_session(&id))
            .await
    }
}
