//! The confirmation of a decision: that the person is there, and not only the browser in which the person once signed in.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::ProvenBy;
use serde::Deserialize;

use crate::registry::{Kept, NodeStore, StoreError};

/// How long a confirmation is good: a few decisions in a row are asked for once. And of how many devices it is known.
const KEPT: Kept = Kept {
    lasts: Duration::from_secs(5 * 60),
    most: 10_000,
};

/// What confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfirmBy {
    /// The PIN, or a passkey.
    Pin,
    /// A passkey.
    Passkey,
}

impl ConfirmBy {
    /// Its name in settings and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Passkey => "passkey",
        }
    }

    /// Whether this is enough.
    pub fn is_met(self, proven: ProvenBy) -> bool {
        match self {
            Self::Pin => matches!(proven, ProvenBy::Pin | ProvenBy::Passkey),
            Self::Passkey => proven == ProvenBy::Passkey,
        }
    }
}

/// Which decisions are to be confirmed: `[people] confirm` and `confirm_phases`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confirm {
    /// What confirms; nothing has to.
    pub by: Option<ConfirmBy>,
    /// The phases whose end is confirmed; all, where none are named.
    pub phases: Option<BTreeSet<String>>,
}

impl Confirm {
    /// What has to confirm a decision at the end of this phase. In a `framed` board something always has to: a page around it
    /// could lead the clicks of a person.
    pub fn needed(&self, phase: &str, framed: bool) -> Option<ConfirmBy> {
        let named = |phases: &BTreeSet<String>| phases.contains(phase);
        let here = self.phases.as_ref().is_none_or(named);
        self.by
            .filter(|_| here)
            .or(framed.then_some(ConfirmBy::Pin))
    }
}

/// Which devices have confirmed lately, on whichever node. Every call blocks.
pub struct Confirmed(Arc<dyn NodeStore>);

/// Under which name it is kept.
const CONFIRMED: &str = "confirmed";

impl Confirmed {
    /// Those that these nodes know.
    pub fn of(nodes: Arc<dyn NodeStore>) -> Self {
        Self(nodes)
    }

    /// Notes that a person has confirmed on this device.
    ///
    /// # Errors
    /// It cannot be noted.
    pub fn note(&self, device: &str, by: ProvenBy) -> Result<(), StoreError> {
        let by = serde_json::to_string(&by).map_err(|error| StoreError(error.to_string()))?;
        self.0.remember(CONFIRMED, device, &by, KEPT)
    }

    /// What has confirmed on this device, while it is good.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn lately(&self, device: &str) -> Result<Option<ProvenBy>, StoreError> {
        let by = self.0.recall(CONFIRMED, device)?;
        Ok(by.and_then(|by| serde_json::from_str(&by).ok()))
    }

    /// Forgets that this device has confirmed.
    ///
    /// # Errors
    /// It cannot be forgotten.
    pub fn forget(&self, device: &str) -> Result<(), StoreError> {
        self.0.take(CONFIRMED, device).map(drop)
    }

    /// Somebody else has changed people, and may have taken away what somebody has confirmed with: who could not tell it here
    /// makes all of it void.
    ///
    /// # Errors
    /// It cannot be forgotten.
    pub fn changed_elsewhere(&self) -> Result<(), StoreError> {
        if self.0.is_shared() {
            return Ok(());
        }
        self.0.forget_all(CONFIRMED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Alone;

    #[test]
    fn a_confirmation_is_one_of_its_device() {
        let confirmed = Confirmed::of(Arc::new(Alone::default()));
        let lately = |device| confirmed.lately(device).expect("a read");
        confirmed.note("phone", ProvenBy::Pin).expect("noted");
        confirmed.note("laptop", ProvenBy::Passkey).expect("noted");
        assert_eq!(lately("phone"), Some(ProvenBy::Pin));
        assert_eq!(lately("laptop"), Some(ProvenBy::Passkey));
        assert_eq!(lately("tablet"), None);
        confirmed.forget("laptop").expect("forgotten");
        assert_eq!(lately("laptop"), None);
        assert_eq!(lately("phone"), Some(ProvenBy::Pin));
    }

    #[test]
    fn a_frame_and_the_named_phases_are_confirmed() {
        let none = Confirm::default();
        assert_eq!(none.needed("PLAN", false), None);
        assert_eq!(none.needed("PLAN", true), Some(ConfirmBy::Pin));
        let release = Confirm {
            by: Some(ConfirmBy::Passkey),
            phases: Some(["RELEASE".to_owned()].into()),
        };
        assert_eq!(release.needed("PLAN", false), None);
        assert_eq!(release.needed("RELEASE", false), Some(ConfirmBy::Passkey));
        assert_eq!(release.needed("RELEASE", true), Some(ConfirmBy::Passkey));
        assert!(
            ConfirmBy::Pin.is_met(ProvenBy::Passkey) && !ConfirmBy::Passkey.is_met(ProvenBy::Pin)
        );
        assert!(!ConfirmBy::Pin.is_met(ProvenBy::Session));
    }
}
