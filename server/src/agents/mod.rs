//! Agents have names: the tokens that prove them, and who has called lately.

mod presence;
mod registry;
mod token;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use protocol::{AgentView, Agents as AgentsView, event_name};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::live::{Live, encode};

pub use presence::{Caller, Open, Presence};
pub use protocol::{Token, looks_like_token, parse_name};
pub use registry::{AddError, Identity, Known, Registry};

/// How soon a token takes effect that another process added or revoked.
const LOOK: Duration = Duration::from_millis(500);
/// Between two notices to the boards.
const PAUSE: Duration = Duration::from_secs(1);

/// What the server knows about agents.
pub struct Agents {
    /// Those with a token.
    pub registry: Registry,
    /// Those that called.
    pub presence: Presence,
    /// Who decides at the client of which agent.
    approvers: BTreeMap<String, String>,
}

impl Agents {
    /// With the tokens of this registry; nobody has called yet. `approvers` names, for some agents, the person who
    /// decides at their client.
    pub fn new(registry: Registry, approvers: BTreeMap<String, String>) -> Arc<Self> {
        Arc::new(Self {
            registry,
            presence: Presence::default(),
            approvers,
        })
    }

    /// The person who decides at the client of an agent.
    pub fn approver(&self, agent: &str) -> Option<&str> {
        self.approvers.get(agent).map(String::as_str)
    }

    /// All of them, as boards see them.
    pub fn view(&self) -> AgentsView {
        let mut agents = self.presence.everywhere();
        for known in self.registry.active() {
            match agents.iter_mut().find(|agent| agent.name == known.name) {
                Some(agent) => agent.scope = Some(known.scope),
                None => agents.push(AgentView {
                    name: known.name,
                    scope: Some(known.scope),
                    client: None,
                    protocol: None,
                    open: 0,
                    streams: 0,
                    since: None,
                    last_call: None,
                    called: None,
                }),
            }
        }
        AgentsView { agents }
    }

    /// Tells the boards who calls, and takes in what other processes do to the tokens. Never ends.
    pub async fn follow(self: Arc<Self>, live: Live) {
        tokio::join!(self.look(), self.announce(&live));
    }

    async fn look(self: &Arc<Self>) {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let agents = Arc::clone(self);
            let looked = tokio::task::spawn_blocking(move || agents.registry.refresh()).await;
            match looked {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => self.presence.touch(),
                Ok(Err(error)) => {
                    tracing::warn!("the tokens of the agents cannot be read: {error}")
                }
                Err(error) => tracing::warn!("the tokens of the agents cannot be read: {error}"),
            }
        }
    }

    async fn announce(&self, live: &Live) {
        let mut changed = self.presence.changed();
        let mut told = AgentsView::default();
        loop {
            changed.borrow_and_update();
            let view = self.view();
            if view != told {
                live.announce(encode(event_name::AGENTS, None, &view));
                told = view;
            }
            // All that comes within the pause is told together.
            sleep(PAUSE).await;
            // The sender lives as long as `self`.
            let _ = changed.changed().await;
        }
    }
}
