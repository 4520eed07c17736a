//! What serves a session, or one request of the stateless protocol.

use std::sync::Arc;

use domain::{Actor, Refusal};
use rmcp::{RoleServer, model::CallToolResult, service::RequestContext};

use super::{
    asking::{Asking, OpenQuestions},
    caller,
    sessions::Sessions,
    tasks::Remembered,
    waiting::UnansweredWaits,
    watching::Watched,
};
use crate::{
    agents::Agents,
    relay::{Relay, RelayError},
};

/// Serves one session, or one request of the stateless protocol.
#[derive(Clone)]
pub struct Handler {
    pub(super) relay: Relay,
    pub(super) board: Arc<str>,
    pub(super) agents: Arc<Agents>,
    pub(super) asking: Arc<Asking>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) unanswered_waits: Arc<UnansweredWaits>,
    pub(super) cancelled: Arc<Remembered>,
    /// What a client of the legacy protocol watches: its subscriptions live as long as its session.
    pub(super) watched: Arc<Watched>,
    /// What the person at such a client is being asked.
    pub(super) questions: Arc<OpenQuestions>,
}

pub(super) type Called = Result<CallToolResult, RelayError>;

impl Handler {
    /// A handler on this relay. `board` is the address of the board; what is counted and cancelled is
    /// shared by all sessions, because a client of the stateless protocol has none.
    pub fn new(
        relay: Relay,
        board: Arc<str>,
        unanswered_waits: Arc<UnansweredWaits>,
        cancelled: Arc<Remembered>,
        agents: Arc<Agents>,
        asking: Arc<Asking>,
        sessions: Arc<Sessions>,
    ) -> Self {
        Self {
            relay,
            board,
            agents,
            asking,
            sessions,
            unanswered_waits,
            cancelled,
            watched: Arc::default(),
            questions: Arc::default(),
        }
    }

    /// Who acts.
    pub(super) fn actor(&self, context: &RequestContext<RoleServer>) -> Result<Actor, Refusal> {
        caller::actor(context, &self.agents)
    }
}
