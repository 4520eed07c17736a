//! Who has called since the server started. Nothing depends on it: it is for people to see.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Timestamp, view::AgentView};
use tokio::sync::watch;

use crate::relay::now;

/// Most agents that are remembered: anybody may call under a new name each time.
const MOST: usize = 100;

/// An agent as one call shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name.
    pub name: String,
    /// Its client, with the version.
    pub client: Option<String>,
    /// The protocol version it speaks.
    pub protocol: Option<String>,
}

/// Who has called.
#[derive(Debug, Default)]
pub struct Presence {
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Seen {
    caller: Caller,
    open: u32,
    last_call: Timestamp,
    called: String,
}

impl Presence {
    /// Notes a call. It is open until the answer is dropped.
    pub fn call(&self, caller: Caller, called: &str) -> OpenCall {
        let name = caller.name.clone();
        {
            let mut seen = self.lock();
            let open = seen.get(&name).map_or(0, |known| known.open);
            let now = Seen {
                caller,
                open: open + 1,
                last_call: now(),
                called: called.to_owned(),
            };
            seen.insert(name.clone(), now);
            if seen.len() > MOST {
                let idle = seen.iter().filter(|(_, known)| known.open == 0);
                let oldest = idle.min_by_key(|(_, known)| known.last_call);
                if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                    seen.remove(&oldest);
                }
            }
        }
        self.touch();
        OpenCall {
            name,
            seen: Arc::clone(&self.seen),
            changed: self.changed.clone(),
        }
    }

    /// Who has called, the newest call first.
    pub fn view(&self) -> Vec<AgentView> {
        let seen = self.lock();
        let mut agents: Vec<_> = seen.values().map(Seen::view).collect();
        agents.sort_by(|a, b| b.last_call.cmp(&a.last_call).then(a.name.cmp(&b.name)));
        agents
    }

    /// Says when there is something new.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Says that there is something new.
    pub fn touch(&self) {
        self.changed.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn view(&self) -> AgentView {
        AgentView {
            name: self.caller.name.clone(),
            scope: None,
            client: self.caller.client.clone(),
            protocol: self.caller.protocol.clone(),
            open: self.open,
            last_call: Some(self.last_call),
            called: Some(self.called.clone()),
        }
    }
}

/// A call that has not been answered yet.
#[derive(Debug)]
pub struct OpenCall {
    name: String,
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    changed: watch::Sender<()>,
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.get_mut(&self.name) {
            known.open = known.open.saturating_sub(1);
        }
        drop(seen);
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Caller {
        Caller {
            name: name.to_owned(),
            client: Some("Cursor 2.4".to_owned()),
            protocol: Some("2025-11-25".to_owned()),
        }
    }

    #[test]
    fn open_calls_are_counted_until_they_are_answered() {
        let presence = Presence::default();
        let wait = presence.call(caller("cursor"), "await_handover_decision");
        drop(presence.call(caller("cursor"), "get_version"));
        let seen = presence.view();
        assert_eq!(
            (seen.len(), seen[0].open, seen[0].called.as_deref()),
            (1, 1, Some("get_version"))
        );
        drop(wait);
        assert_eq!(presence.view()[0].open, 0);
    }

    #[test]
    fn of_very_many_names_the_idle_ones_are_forgotten() {
        let presence = Presence::default();
        let waiting = presence.call(caller("patient"), "await_handover_decision");
        for n in 0..1_000 {
            drop(presence.call(caller(&format!("agent {n}")), "ping"));
        }
        let seen = presence.view();
        assert_eq!(seen.len(), MOST);
        assert!(seen.iter().any(|agent| agent.name == "patient"));
        drop(waiting);
    }
}
