//! What the fixtures share.

use std::sync::{Arc, Mutex};

use rmcp::{model::RequestStateCodec, task_manager::TaskManager};
use server::mcp::Sessions;
use tokio::sync::broadcast;

/// A list that changed.
#[derive(Debug, Clone, Copy)]
pub enum Changed {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
}

/// All fixtures. Clones share what lives longer than a request.
#[derive(Clone)]
pub struct Fixtures {
    /// Seals what a client carries from one round of a request to the next.
    pub states: Arc<RequestStateCodec>,
    /// Where tools announce that a list changed.
    pub changes: broadcast::Sender<Changed>,
    /// What was announced since this request asked to be told, until it listens.
    pub heard: Arc<Mutex<Option<broadcast::Receiver<Changed>>>>,
    /// The tasks that tools have begun.
    pub tasks: TaskManager,
    /// The sessions of the endpoint that serves them.
    pub sessions: Arc<Sessions>,
}

impl Fixtures {
    /// The fixtures of a server with these sessions.
    pub fn new(sessions: Arc<Sessions>) -> Self {
        Self {
            states: Arc::new(RequestStateCodec::new(*b"a key of thirty-two bytes, known")),
            changes: broadcast::Sender::new(16),
            heard: Arc::default(),
            tasks: TaskManager::new(),
            sessions,
        }
    }
    /// The fixtures of the next session, or of the next request of the stateless protocol.
    pub fn next(&self) -> Self {
        Self {
            heard: Arc::default(),
            ..self.clone()
        }
    }
}
