//! What serves a session, or one request of the stateless protocol.

use std::{sync::Arc, time::Duration};

use domain::{Actor, Refusal};
use rmcp::{RoleServer, model::CallToolResult, service::RequestContext};

use super::{
    asking::{Asking, OpenForms},
    caller,
    sessions::Sessions,
    tasks::{Remembered, TaskId},
    waiting::UnansweredWaits,
    watching::Watched,
};
use crate::{
    agents::Agents,
    people::People,
    prompt::Writers,
    relay::{Relay, RelayError},
};

/// Serves one session, or one request of the stateless protocol.
#[derive(Clone)]
pub struct Handler {
    pub(super) relay: Relay,
    pub(super) board: Arc<str>,
    pub(super) agents: Arc<Agents>,
    pub(super) people: Arc<People>,
    pub(super) writers: Arc<Writers>,
    pub(super) asking: Arc<Asking>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) unanswered_waits: Arc<UnansweredWaits>,
    pub(super) cancelled: Arc<Remembered<TaskId>>,
    /// What the client watches: for as long as its session lives, or the one request in which it listens.
    pub(super) watched: Arc<Watched>,
    /// What the person at such a client is being asked.
    pub(super) forms: Arc<OpenForms>,
}

pub(super) type Called = Result<CallToolResult, RelayError>;

impl Handler {
    /// The first handler on this relay; [`Handler::next`] gives the others. `secret` is that of this Staffel; `board` is the address of the board, for links in
    /// answers; after `patience` of waiting for a decision an agent is told to end its turn.
    ///
    /// # Errors
    /// The secret makes no key.
    pub fn new(
        relay: &Relay,
        (board, secret): (&str, &[u8; 32]),
        agents: &Arc<Agents>,
        people: &Arc<People>,
        writers: &Arc<Writers>,
        sessions: &Arc<Sessions>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            relay: relay.clone(),
            board: board.into(),
            agents: Arc::clone(agents),
            people: Arc::clone(people),
            writers: Arc::clone(writers),
            asking: Arc::new(Asking::new(secret)?),
            sessions: Arc::clone(sessions),
            unanswered_waits: Arc::new(UnansweredWaits::new(patience)),
            cancelled: Arc::default(),
            watched: Arc::default(),
            forms: Arc::default(),
        })
    }

    /// The handler of another session. What is counted and cancelled is shared by all of them, because a client of the
    /// stateless protocol has none.
    pub fn next(&self) -> Self {
        Self {
            watched: Arc::default(),
            forms: Arc::default(),
            ..self.clone()
        }
    }

    /// Who acts.
    pub(super) fn actor(&self, context: &RequestContext<RoleServer>) -> Result<Actor, Refusal> {
        caller::actor(context, &self.agents)
    }
}
