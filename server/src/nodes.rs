//! This node among others of one database: that it lives, whether it is on duty, who has called the others.
//!
//! On duty is one node at a time. It does what only one should do: writing prompts, carrying out decisions that are due,
//! archiving, telling people outside. All of that is decided by the journal or noted in the outbox, so that two nodes that
//! both believe to be on duty do nothing twice; the duty only saves the work.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::{AgentView, Agents as AgentsView};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    VERSION,
    agents::Agents,
    registry::{Heard, NodeStore, StoreError, Told},
    relay::{Relay, correct_clock},
};

/// For how long a node takes the duty.
pub const TERM: Duration = Duration::from_secs(6);
/// How often it says that it lives, and takes the duty for another term.
pub const BEAT: Duration = Duration::from_millis(1_500);
/// A node that could not say so gives the duty up so long before another one can take it.
const MARGIN: Duration = Duration::from_millis(1_500);
/// Most bytes of what one node tells of those who call it.
const AGENTS_MAX: usize = 64 * 1024;

/// For how long a node believes to be on duty that has asked for it: from the question on, since the database counts from a
/// later moment.
pub fn held_until() -> Duration {
    TERM - MARGIN
}

/// This node.
pub struct Node {
    store: Arc<dyn NodeStore>,
    agents: Arc<Agents>,
    until: watch::Sender<Option<Instant>>,
    others: watch::Sender<Vec<String>>,
}

/// Whether this node is on duty. Cloning is shallow.
#[derive(Debug, Clone)]
pub struct Duty(watch::Receiver<Option<Instant>>);

impl Node {
    /// A node that has said nothing yet.
    pub fn new(store: Arc<dyn NodeStore>, agents: Arc<Agents>) -> Self {
        Self {
            store,
            agents,
            until: watch::Sender::new(None),
            others: watch::Sender::default(),
        }
    }

    /// Whether it is on duty.
    pub fn duty(&self) -> Duty {
        Duty(self.until.subscribe())
    }

    /// The versions of the other nodes that live.
    pub fn others(&self) -> Vec<String> {
        self.others.borrow().clone()
    }

    /// Says for the first time that this node lives.
    pub async fn begin(&self) {
        let begun = Instant::now();
        match self.beat().await {
            Ok(heard) => self.hear(heard, begun),
            Err(error) => tracing::warn!(%error, "other nodes are not known yet: {error}"),
        }
    }

    /// Says that this node lives until `stop` is cancelled, and then that it does not any more.
    pub async fn live(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let left = self.until.borrow().map_or(BEAT, |until| {
                until.saturating_duration_since(begun).max(BEAT)
            });
            match timeout(left, self.beat()).await {
                Ok(Ok(heard)) => self.hear(heard, begun),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "other nodes cannot be told that this one lives: {error}");
                }
                Err(_) => tracing::debug!("other nodes cannot be told that this one lives"),
            }
            self.until.send_if_modified(|until| {
                let over = until.is_some_and(|until| until <= Instant::now());
                if over {
                    *until = None;
                }
                over
            });
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(BEAT) => {}
            }
        }
        self.until.send_replace(None);
        let store = Arc::clone(&self.store);
        if let Ok(Err(error)) = spawn_blocking(move || store.leave()).await {
            tracing::debug!(%error, "other nodes cannot be told that this one stops: {error}");
        }
    }

    async fn beat(&self) -> Result<Heard, StoreError> {
        let agents = serde_json::to_string(&self.agents.presence.view());
        let told = Told {
            version: VERSION.to_owned(),
            // So many that nobody reads them.
            agents: agents
                .ok()
                .filter(|agents| agents.len() <= AGENTS_MAX)
                .unwrap_or_else(|| "[]".to_owned()),
        };
        let store = Arc::clone(&self.store);
        let heard = spawn_blocking(move || store.beat(&told, TERM)).await;
        heard.map_err(|error| StoreError(error.to_string()))?
    }

    fn hear(&self, heard: Heard, begun: Instant) {
        if let Some(now) = heard.now {
            correct_clock(now, begun.elapsed());
        }
        let until = heard.on_duty.then(|| begun + held_until());
        self.until.send_replace(until);
        let agents = heard.others.iter();
        let agents =
            agents.filter_map(|other| serde_json::from_str::<Vec<AgentView>>(&other.agents).ok());
        self.agents.presence.elsewhere(AgentsView {
            agents: agents.flatten().collect(),
        });
        let versions = heard.others.into_iter().map(|other| other.version);
        self.others.send_replace(versions.collect());
    }
}

impl Duty {
    /// Whether this node is on duty now.
    pub fn is_on(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Does `work` while this node is on duty, and begins it anew each time that it comes on duty and each time that the journal
    /// was replaced by another copy of itself. Never ends.
    pub async fn while_on<Work: Future<Output = ()>>(
        mut self,
        relay: Relay,
        work: impl Fn(Relay) -> Work,
    ) {
        let mut restarts = relay.restarts();
        loop {
            restarts.borrow_and_update();
            if self.begins().await.is_err() {
                return;
            }
            tokio::select! {
                // Once it has ended by itself, there is nothing to do until it is begun anew.
                () = async { work(relay.clone()).await; std::future::pending().await } => {}
                ended = self.ends() => if ended.is_err() { return },
                _ = restarts.changed() => {}
            }
        }
    }

    /// Waits until it is on duty.
    ///
    /// # Errors
    /// The node has ended.
    pub async fn begins(&mut self) -> Result<(), watch::error::RecvError> {
        self.0.wait_for(Option::is_some).await.map(drop)
    }

    /// Waits until it is on duty no longer.
    ///
    /// # Errors
    /// The node has ended.
    pub async fn ends(&mut self) -> Result<(), watch::error::RecvError> {
        self.0.wait_for(Option::is_none).await.map(drop)
    }
}
