//! The audit: who did what, and from where.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{IsTerminal, stdin},
    sync::Arc,
};

use domain::{HandoverId, PhaseName, PipelineId, Policy, Proposal, TripWires};
use protocol::{Audit, AuditEntry, Happened};

use super::People;
use crate::{
    registry::{FROM_TERMINAL, Noted, StoreError},
    relay::now,
};

/// Most links that are said to be made until somebody has seen them.
const UNSEEN: usize = 20;

/// Who does something, and from where, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The name; nobody where that is not known.
    pub who: Option<String>,
    /// An address, or what else it is: `terminal`, `command`, `client`.
    pub from: String,
}

impl By {
    /// A command on the machine itself: at a terminal a person, else whatever runs it.
    pub fn command() -> Self {
        let from = if stdin().is_terminal() {
            FROM_TERMINAL
        } else {
            "command"
        };
        Self {
            who: None,
            from: from.to_owned(),
        }
    }
}

impl People {
    /// Adds a line to the audit. What happened has happened: a line that cannot be written is said in the log. Blocks.
    pub fn note(&self, by: &By, what: Happened, about: &str) {
        let noted = Noted {
            at: now(),
            who: by.who.clone(),
            from: by.from.clone(),
            what,
            about: about.to_owned(),
        };
        if let Err(error) = self.store.note(&noted) {
            tracing::error!("the audit misses a line: {error}");
        }
    }

    /// Adds to the audit which settings are not those of the last start. `now` has a hash of each table. Blocks.
    ///
    /// # Errors
    /// The registry cannot be used.
    pub fn note_settings(&self, now: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let text = serde_json::to_string(now).map_err(|error| StoreError(error.to_string()))?;
        let before = self.store.settings()?;
        if before.as_ref() == Some(&text) {
            return Ok(());
        }
        let by = By {
            who: None,
            from: "start".to_owned(),
        };
        let known: Option<BTreeMap<String, String>> =
            before.and_then(|before| serde_json::from_str(&before).ok());
        if let Some(known) = known {
            let names: BTreeSet<_> = known.keys().chain(now.keys()).collect();
            let changed = names
                .into_iter()
                .filter(|name| known.get(*name) != now.get(*name));
            let changed: Vec<_> = changed.map(String::as_str).collect();
            self.note(&by, Happened::SettingsChanged, &changed.join(", "));
        }
        self.store.put_settings(&text)
    }

    /// Adds a decision to the audit, wherever it came in.
    pub async fn note_decision(self: &Arc<Self>, by: By, decided: &Proposal) {
        let Proposal {
            handover,
            revision,
            decision,
            ..
        } = decided;
        let about = format!("{handover}, revision {revision}: {}", decision.name());
        self.note_later(by, Happened::Decided, about).await;
    }

    /// Adds to the audit that somebody took a decision back.
    pub async fn note_taken_back(self: &Arc<Self>, by: By, handover: &HandoverId, revision: u32) {
        let about = format!("{handover}, revision {revision}");
        self.note_later(by, Happened::TakenBack, about).await;
    }

    /// Notes in the audit how the handovers of a phase come to their decisions from now on.
    pub async fn note_policy(
        self: &Arc<Self>,
        by: By,
        pipeline: &PipelineId,
        phase: &PhaseName,
        policy: Policy,
    ) {
        let how = match policy {
            Policy::Ask => "ask".to_owned(),
            Policy::TwoPeople => "two_people".to_owned(),
            Policy::AcceptUnless(TripWires {
                max_files,
                needs_tests,
            }) => format!("accept_unless, max_files {max_files}, needs_tests {needs_tests}"),
        };
        self.note_later(
            by,
            Happened::PolicySet,
            format!("{pipeline}, {phase}: {how}"),
        )
        .await;
    }

    /// Adds a line to the audit where nothing may block.
    async fn note_later(self: &Arc<Self>, by: By, what: Happened, about: String) {
        let people = Arc::clone(self);
        let noting = move || people.note(&by, what, &about);
        if let Err(error) = tokio::task::spawn_blocking(noting).await {
            tracing::error!("the audit misses a line: {error}");
        }
    }

    /// The links that were made at a terminal and that this person has not seen yet, the newest first. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn unseen_links(&self, person: &str) -> Result<Vec<AuditEntry>, StoreError> {
        self.store.unseen_links(person, UNSEEN)
    }

    /// Notes that a person has seen the lines of the audit up to this number. Blocks.
    ///
    /// # Errors
    /// The registry cannot be written.
    pub fn see(&self, person: &str, number: u64) -> Result<(), StoreError> {
        self.store.see(person, number)
    }

    /// A page of the audit, the newest first. Blocks.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn audit(&self, before: Option<u64>, most: usize) -> Result<Audit, StoreError> {
        let entries = self.store.audit(before, most)?;
        let full = entries.len() == most;
        let oldest = entries.last().map(|entry| entry.number);
        Ok(Audit {
            next: oldest.filter(|oldest| full && *oldest > 1),
            entries,
        })
    }
}
