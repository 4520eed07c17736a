//! The confirmation of a decision: that the person is there, and not only the browser in which the person once signed in.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ProvenBy;
use serde::Deserialize;

/// How long a confirmation is good: a few decisions in a row are asked for once.
pub const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

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

/// Which devices have confirmed lately. After a restart none has.
#[derive(Debug, Default)]
pub struct Confirmed(Mutex<HashMap<String, (ProvenBy, Instant)>>);

impl Confirmed {
    /// Notes that a person has confirmed on this device.
    pub fn note(&self, device: &str, by: ProvenBy, now: Instant) {
        let mut known = self.lock();
        known.retain(|_, (_, at)| now.saturating_duration_since(*at) < GOOD_FOR);
        known.insert(device.to_owned(), (by, now));
    }

    /// What has confirmed on this device, while it is good.
    pub fn lately(&self, device: &str, now: Instant) -> Option<ProvenBy> {
        let known = self.lock();
        let (by, at) = known.get(device)?;
        (now.saturating_duration_since(*at) < GOOD_FOR).then_some(*by)
    }

    /// Forgets that this device has confirmed.
    pub fn forget(&self, device: &str) {
        self.lock().remove(device);
    }

    /// Forgets what was confirmed on any device.
    pub fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (ProvenBy, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_ends() {
        let confirmed = Confirmed::default();
        let now = Instant::now();
        confirmed.note("phone", ProvenBy::Pin, now);
        let almost = now + GOOD_FOR - Duration::from_millis(1);
        assert_eq!(confirmed.lately("phone", almost), Some(ProvenBy::Pin));
        assert_eq!(confirmed.lately("phone", now + GOOD_FOR), None);
        assert_eq!(confirmed.lately("laptop", now), None);
        confirmed.note("laptop", ProvenBy::Passkey, now + GOOD_FOR);
        assert_eq!(confirmed.lock().len(), 1, "what is over is forgotten");
        confirmed.forget("laptop");
        assert_eq!(confirmed.lately("laptop", now + GOOD_FOR), None);
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
