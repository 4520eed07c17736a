//! Who has called since the server started. Nothing depends on it: it is for people to see.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::Timestamp;
use protocol::{AgentView, Agents as AgentsView};
use tokio::sync::watch;

use crate::relay::now;

/// Most agents that are remembered: anybody may call under a new name each time.
const MOST: usize = 100;
/// An agent that calls again after this many quiet milliseconds has come anew.
const QUIET: i64 = 5 * 60 * 1000;

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
    /// Who has called other nodes.
    elsewhere: Mutex<AgentsView>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Seen {
    caller: Caller,
    open: u32,
    streams: u32,
    since: Timestamp,
    last_call: Timestamp,
    called: String,
}

impl Presence {
    /// Notes a call. It is open until the answer is dropped.
    pub fn call(&self, caller: Caller, called: &str) -> Open {
        let name = caller.name.clone();
        {
            let mut seen = self.lock();
            let now = now();
            let known = seen.get(&name);
            let here = known.filter(|known| known.is_here(now));
            let noted = Seen {
                caller,
                open: known.map_or(0, |known| known.open) + 1,
                streams: known.map_or(0, |known| known.streams),
                since: here.map_or(now, |known| known.since),
                last_call: now,
                called: called.to_owned(),
            };
            seen.insert(name.clone(), noted);
            if seen.len() > MOST {
                let idle = seen.iter().filter(|(_, known)| known.is_idle());
                let oldest = idle.min_by_key(|(_, known)| known.last_call);
                if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                    seen.remove(&oldest);
                }
            }
        }
        self.opened(name, |seen| &mut seen.open)
    }

    /// Notes that an agent listens, until the answer is dropped. It has called before.
    pub fn listens(&self, name: &str) -> Open {
        if let Some(known) = self.lock().get_mut(name) {
            known.streams += 1;
        }
        self.opened(name.to_owned(), |seen| &mut seen.streams)
    }

    fn opened(&self, name: String, count: fn(&mut Seen) -> &mut u32) -> Open {
        self.touch();
        Open {
            name,
            count,
            seen: Arc::clone(&self.seen),
            changed: self.changed.clone(),
        }
    }

    /// Who has called this node.
    pub fn view(&self) -> Vec<AgentView> {
        self.lock().values().map(Seen::view).collect()
    }

    /// Notes who has called other nodes.
    pub fn elsewhere(&self, agents: AgentsView) {
        let mut known = self.lock_elsewhere();
        if *known != agents {
            *known = agents;
            drop(known);
            self.touch();
        }
    }

    /// Who has called, whichever node, the newest call first.
    pub fn everywhere(&self) -> Vec<AgentView> {
        let mut agents = self.view();
        for there in &self.lock_elsewhere().agents {
            match agents.iter_mut().find(|here| here.name == there.name) {
                Some(here) => add(here, there),
                None => agents.push(there.clone()),
            }
        }
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

    fn lock_elsewhere(&self) -> MutexGuard<'_, AgentsView> {
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds what another node knows of the same agent.
fn add(here: &mut AgentView, there: &AgentView) {
    here.open += there.open;
    here.streams += there.streams;
    here.since = [here.since, there.since].into_iter().flatten().min();
    if there.last_call > here.last_call {
        here.last_call = there.last_call;
        here.called.clone_from(&there.called);
        here.client.clone_from(&there.client);
        here.protocol.clone_from(&there.protocol);
    }
}

impl Seen {
    fn is_idle(&self) -> bool {
        self.open == 0 && self.streams == 0
    }

    fn is_here(&self, now: Timestamp) -> bool {
        !self.is_idle() || now.millis_since(self.last_call) < QUIET
    }

    fn view(&self) -> AgentView {
        AgentView {
            name: self.caller.name.clone(),
            scope: None,
            client: self.caller.client.clone(),
            protocol: self.caller.protocol.clone(),
            open: self.open,
            streams: self.streams,
            since: Some(self.since),
            last_call: Some(self.last_call),
            called: Some(self.called.clone()),
        }
    }
}

/// A call that has not been answered yet, or a stream.
#[derive(Debug)]
pub struct Open {
    name: String,
    count: fn(&mut Seen) -> &mut u32,
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    changed: watch::Sender<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.get_mut(&self.name) {
            let count = (self.count)(known);
            *count = count.saturating_sub(1);
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
    fn who_listens_is_here_and_who_was_quiet_for_long_comes_anew() {
        let presence = Presence::default();
        drop(presence.call(caller("cursor"), "initialize"));
        let stream = presence.listens("cursor");
        let seen = &presence.view()[0];
        assert_eq!((seen.open, seen.streams), (0, 1));
        let since = seen.since.expect("a moment");

        let long_ago = |presence: &Presence| {
            for known in presence.lock().values_mut() {
                known.since = Timestamp::from_millis(since.millis() - 2 * QUIET);
                known.last_call = Timestamp::from_millis(since.millis() - QUIET - 1);
            }
        };
        long_ago(&presence);
        drop(presence.call(caller("cursor"), "get_version"));
        assert!(presence.view()[0].since < Some(since), "it was here");
        drop(stream);
        assert_eq!(presence.view()[0].streams, 0);
        long_ago(&presence);
        drop(presence.call(caller("cursor"), "get_version"));
        assert!(presence.view()[0].since >= Some(since), "it was away");
    }

    #[test]
    fn an_agent_that_calls_two_nodes_is_one() {
        let presence = Presence::default();
        let _wait = presence.call(caller("cursor"), "await_handover_decision");
        let mut elsewhere = presence.view();
        let here = elsewhere[0].last_call.expect("a moment");
        elsewhere[0].last_call = Some(Timestamp::from_millis(here.millis() + 1));
        elsewhere[0].called = Some("get_version".to_owned());
        elsewhere.push(AgentView {
            name: "codex".to_owned(),
            ..elsewhere[0].clone()
        });
        presence.elsewhere(AgentsView { agents: elsewhere });
        let all = presence.everywhere();
        let [codex, cursor] = &all[..] else {
            panic!("{all:?}");
        };
        assert_eq!((&*codex.name, codex.open), ("codex", 1));
        assert_eq!((&*cursor.name, cursor.open), ("cursor", 2));
        assert_eq!(cursor.called.as_deref(), Some("get_version"));
        assert_eq!(presence.view().len(), 1, "what is told is only this node's");
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
