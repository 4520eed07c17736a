//! What is in memory of the people, and how it stays what the registry says.
//!
//! Commands and other servers write the registry meanwhile, so it is looked at again and again.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLockReadGuard},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::People;
use crate::registry::{StoreError, StoredDevice, StoredPerson, StoredToken};

/// How soon takes effect what another process does.
const LOOK: Duration = Duration::from_millis(500);

/// What is in memory of the registry.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) version: i64,
    pub(super) people: Vec<StoredPerson>,
    /// By their ids.
    pub(super) devices: HashMap<String, (StoredDevice, CancellationToken)>,
    /// By their ids.
    pub(super) tokens: HashMap<String, (StoredToken, CancellationToken)>,
}

impl Memory {
    pub(super) fn person(&self, name: &str) -> Option<&StoredPerson> {
        self.people.iter().find(|person| person.name == name)
    }
}

impl People {
    /// Takes in what another process has written. `true` if there was something. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn refresh(&self) -> Result<bool, StoreError> {
        let changed = self.store.people_version()? != self.memory().version;
        if changed {
            self.load()?;
            self.confirmed.changed_elsewhere()?;
        }
        Ok(changed)
    }

    /// Takes in what other processes write. Never ends.
    pub async fn follow(self: Arc<Self>) {
        let mut tick = interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let people = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || people.refresh()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!("the people cannot be read: {error}"),
                Err(error) => tracing::warn!("the people cannot be read: {error}"),
            }
        }
    }

    /// Takes in all of it.
    pub(super) fn load(&self) -> Result<(), StoreError> {
        let _turn = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        // The version first: what is written between the two is found by the next look.
        let mut memory = Memory {
            version: self.store.people_version()?,
            people: self.store.people()?,
            ..Memory::default()
        };
        let (devices, tokens) = (self.store.devices()?, self.store.tokens()?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for device in devices {
            let in_again = memory
                .person(&device.person)
                .is_some_and(|person| person.disabled.is_none());
            if in_again {
                let ended = known.devices.remove(&device.id).map(|(_, ended)| ended);
                let entry = (device, ended.unwrap_or_default());
                memory.devices.insert(entry.0.id.clone(), entry);
            }
        }
        for token in tokens {
            let ended = known.tokens.remove(&token.id).map(|(_, ended)| ended);
            memory
                .tokens
                .insert(token.id.clone(), (token, ended.unwrap_or_default()));
        }
        let before = std::mem::replace(&mut *known, memory);
        drop(known);
        // What is left there proves nobody any longer.
        let ended = before.devices.into_values().map(|(_, ended)| ended);
        for ended in ended.chain(before.tokens.into_values().map(|(_, ended)| ended)) {
            ended.cancel();
        }
        Ok(())
    }

    pub(super) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}
